// Command bench measures tenon beside the tools that a team would chain today, in one run, and
// prints medians and ratios. Each command is a whole process; the runs take turns, since a
// machine's speed drifts.
//
// kubeconform takes its schemas from the network and has none here: it parses and skips, so the
// chain is cheaper than it would be.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// runs of each command that count; one before them does not.
const runs = 5

type measured struct {
	name    string
	command string
	cpu     []float64 // seconds, user and system, children included
	wall    []float64 // seconds
	memory  []float64 // MiB, of the largest process
}

func main() {
	if err := bench(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(3)
	}
}

func bench() error {
	targets, err := targets()
	if err != nil {
		return err
	}
	commands := []*measured{
		{name: "tenon check (nine targets)", command: "bin/tenon check"},
		{name: "the chain (nine targets)", command: each(targets, chain)},
		{name: "cue export", command: each(targets, cueExport)},
		{name: "kustomize build", command: each(targets, kustomizeBuild)},
		{name: "kubeconform", command: each(targets, kubeconform)},
		{name: "conftest test", command: each(targets, conftest)},
		{name: "tenon render --check", command: "bin/tenon render --check"},
		{name: "tenon gate, one environment changed", command: gate("runs")},
		{name: "tenon gate, all environments changed", command: gate("notebook")},
		{name: "tenon --help", command: "bin/tenon --help"},
		{name: "tenon check, one small file", command: "bin/tenon check bin/corpus-1/00001.yaml >/dev/null"},
		{name: "tenon check, 1,000 documents", command: "bin/tenon check bin/corpus-1000 >/dev/null"},
		{name: "kubeconform, 1,000 documents", command: corpusForm("bin/corpus-1000")},
		{name: "tenon check, 20,000 documents, one core", command: "GOMAXPROCS=1 bin/tenon check bin/corpus-20000 >/dev/null"},
		{name: "tenon check, 20,000 documents, two cores", command: "GOMAXPROCS=2 bin/tenon check bin/corpus-20000 >/dev/null"},
		{name: "tenon check -, a list of 20,000 objects", command: "bin/tenon check - <bin/corpus-20000.list >/dev/null"},
		{name: "kubeconform, 20,000 documents", command: corpusForm("bin/corpus-20000")},
	}
	for _, n := range []int{1, 1000, 20000} {
		if err := corpus(fmt.Sprintf("bin/corpus-%d", n), n); err != nil {
			return err
		}
	}
	if err := list("bin/corpus-20000", "bin/corpus-20000.list"); err != nil {
		return err
	}
	if out, err := exec.Command("sh", "-c", "rm -rf bin/changes && sh testdata/changes/build.sh \"$PWD\" bin/changes").CombinedOutput(); err != nil {
		return fmt.Errorf("building a repository of changes: %w\n%s", err, out)
	}
	for run := range runs + 1 {
		for _, m := range commands {
			if err := m.run(run > 0); err != nil {
				return err
			}
		}
	}
	print(commands)
	return nil
}

func targets() ([]string, error) {
	entries, err := os.ReadDir("overlays")
	if err != nil {
		return nil, fmt.Errorf("listing targets: %w", err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() || e.Name() == "base" || e.Name() == "argocd" {
			continue
		}
		phases, err := os.ReadDir("overlays/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("listing targets: %w", err)
		}
		for _, p := range phases {
			if p.Name() != "base" {
				names = append(names, e.Name()+"/"+p.Name())
			}
		}
	}
	return names, nil
}

// each repeats a command for every target.
func each(targets []string, command func(environment, phase string) string) string {
	var all []string
	for _, t := range targets {
		environment, phase, _ := strings.Cut(t, "/")
		all = append(all, command(environment, phase))
	}
	return strings.Join(all, " && ")
}

func cueExport(environment, phase string) string {
	return fmt.Sprintf("(cd cue && ../bin/cue export ./platform/%s -e targets.%s --out yaml >/dev/null)", environment, phase)
}

func kustomizeBuild(environment, phase string) string {
	return fmt.Sprintf("bin/kustomize build overlays/%s/%s >/dev/null", environment, phase)
}

// built is where the overlay of a target lies as one stream.
func built(environment, phase string) string {
	return fmt.Sprintf("bin/built-%s-%s.yaml", environment, phase)
}

func kubeconform(environment, phase string) string {
	return fmt.Sprintf("{ bin/kubeconform -ignore-missing-schemas -schema-location /nonexistent %s >/dev/null 2>&1 || true; }", built(environment, phase))
}

func corpusForm(folder string) string {
	return "bin/kubeconform -strict -ignore-missing-schemas -schema-location /nonexistent " + folder + " >/dev/null"
}

func conftest(environment, phase string) string {
	return fmt.Sprintf("bin/conftest test --all-namespaces -p policies %s >/dev/null", built(environment, phase))
}

func chain(environment, phase string) string {
	return strings.Join([]string{
		cueExport(environment, phase),
		fmt.Sprintf("bin/kustomize build overlays/%s/%s > %s", environment, phase, built(environment, phase)),
		kubeconform(environment, phase),
		conftest(environment, phase),
	}, " && ")
}

// gate judges a branch of testdata/changes, which changes one line.
func gate(branch string) string {
	return fmt.Sprintf("bin/tenon gate -C bin/changes --base %s~1 --head %s >/dev/null", branch, branch)
}

func (m *measured) run(counts bool) error {
	cmd := exec.Command("sh", "-c", m.command)
	started := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", m.name, err, out)
	}
	if !counts {
		return nil
	}
	m.wall = append(m.wall, time.Since(started).Seconds())
	m.cpu = append(m.cpu, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds())
	m.memory = append(m.memory, float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)/1024)
	return nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// print writes a row for each command, and its CPU time as a multiple of the first command's.
func print(commands []*measured) {
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "command\tCPU s\twall s\tpeak MiB\tCPU / tenon check\t")
	for _, m := range commands {
		ratios := make([]float64, runs)
		for i := range ratios {
			ratios[i] = m.cpu[i] / commands[0].cpu[i]
		}
		fmt.Fprintf(table, "%s\t%.2f\t%.2f\t%.0f\t%.2f\t\n", m.name, median(m.cpu), median(m.wall), median(m.memory), median(ratios))
	}
	table.Flush()
}
