// Command corpus checks repositories that nobody here wrote, and compares each error with the verdict that somebody gave
// it after reading the manifest: verdicts.csv. It fails on an error that has no verdict, on a defect that is no longer
// found, and where more than 2 % of the errors are false or more than 10 % noise.
//
// False: a server takes it and it works. Noise: it is true, and no reason to stop a merge. True: it is one.
package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Bounds on the shares of errors, in percent.
const mostFalse, mostNoise = 2, 10

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "corpus: give the folder of the repositories: they are fetched into it where they are not there")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "corpus:", err)
		os.Exit(1)
	}
}

// verdict is what somebody said of one error.
type verdict struct {
	repository, path, rule string
	line                   int
	verdict, reason        string
	// defect says that it must be found, at whatever severity.
	defect bool
	seen   bool
}

// found is one finding, as tenon's JSON has it.
type found struct {
	Rule, Severity, Message string
	Source                  *struct {
		File string
		Line int
	}
	Repeats []any
}

func run(dir string) error {
	verdicts, err := read("test/corpus/verdicts.csv")
	if err != nil {
		return err
	}
	repositories, err := rows("test/corpus/repositories.csv")
	if err != nil {
		return err
	}
	counts := map[string]int{}
	var wrong []error
	for _, r := range repositories {
		at := filepath.Join(dir, strings.ReplaceAll(r[0], "/", "+"))
		if err := fetch(at, r[0], r[1]); err != nil {
			return err
		}
		all, err := check(filepath.Join(at, r[2]))
		if err != nil {
			return fmt.Errorf("%s: %w", r[0], err)
		}
		wrong = append(wrong, judge(r[0], all, verdicts, counts)...)
	}
	for _, v := range verdicts {
		if v.defect && !v.seen {
			wrong = append(wrong, fmt.Errorf("%s %s:%d: the defect is no longer found: %s (%s)", v.repository, v.path, v.line, v.rule, v.reason))
		}
	}
	total := counts["true"] + counts["noise"] + counts["false"]
	fmt.Printf("%d errors: %d true, %d noise, %d false\n", total, counts["true"], counts["noise"], counts["false"])
	if counts["false"]*100 > total*mostFalse || counts["noise"]*100 > total*mostNoise {
		wrong = append(wrong, fmt.Errorf("at most %d %% may be false and %d %% noise", mostFalse, mostNoise))
	}
	return errors.Join(wrong...)
}

// judge counts the errors of a repository by their verdicts.
func judge(repository string, all []found, verdicts []*verdict, counts map[string]int) []error {
	var wrong []error
	for _, f := range all {
		path, line := "", 0
		if f.Source != nil {
			path, line = f.Source.File, f.Source.Line
		}
		i := slices.IndexFunc(verdicts, func(v *verdict) bool {
			return v.repository == repository && v.path == path && v.line == line && v.rule == f.Rule
		})
		if i >= 0 {
			verdicts[i].seen = true
		}
		switch {
		case f.Severity != "error":
		case i < 0:
			wrong = append(wrong, fmt.Errorf("%s %s:%d: %s has no verdict: %s", repository, path, line, f.Rule, f.Message))
		default:
			counts[verdicts[i].verdict]++
		}
	}
	return wrong
}

// check runs tenon over a folder, with no facts and no flags.
func check(folder string) ([]found, error) {
	tenon, err := filepath.Abs("bin/tenon")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(tenon, "check", ".", "-o", "json")
	cmd.Dir, cmd.Stderr = folder, os.Stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		return nil, err
	}
	var report struct{ Findings []found }
	return report.Findings, json.Unmarshal(out, &report)
}

// fetch gets a repository at a commit where it is not there.
func fetch(at, repository, commit string) error {
	if _, err := os.Stat(at); err == nil {
		return nil
	}
	for _, args := range [][]string{
		{"init", "-q", at}, {"-C", at, "fetch", "-q", "--depth=1", "https://github.com/" + repository, commit}, {"-C", at, "checkout", "-q", "FETCH_HEAD"},
	} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("fetching %s: %w\n%s", repository, err, out)
		}
	}
	return nil
}

func rows(file string) ([][]string, error) {
	text, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer text.Close()
	all, err := csv.NewReader(text).ReadAll()
	if err != nil || len(all) == 0 {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return all[1:], nil
}

func read(file string) ([]*verdict, error) {
	all, err := rows(file)
	if err != nil {
		return nil, err
	}
	var verdicts []*verdict
	for _, r := range all {
		line, err := strconv.Atoi(r[2])
		if err != nil || !slices.Contains([]string{"true", "noise", "false"}, r[4]) {
			return nil, fmt.Errorf("%s: %v", file, r)
		}
		verdicts = append(verdicts, &verdict{repository: r[0], path: r[1], line: line, rule: r[3], verdict: r[4], defect: r[5] == "yes", reason: r[6]})
	}
	return verdicts, nil
}
