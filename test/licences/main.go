// Command licences lists the licences of all modules in a binary of tenon, as docs/licences.md has them. It
// fails where one has none that is known.
package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

func main() {
	if err := run(os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(binary string, out io.Writer) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	folders, err := folders(filepath.Dir(filepath.Dir(binary)))
	if err != nil {
		return err
	}
	var lines, unknown []string
	counts := map[string]int{}
	for _, m := range info.Deps {
		names, err := licencesOf(folders[m.Path])
		if err != nil || len(names) == 0 {
			unknown = append(unknown, m.Path)
			continue
		}
		text := strings.Join(names, ", ")
		counts[text]++
		lines = append(lines, fmt.Sprintf("| %s | %s | %s |", m.Path, m.Version, text))
	}
	fmt.Fprint(out, "# Licences of the modules in the binary\n\nWritten by `make licences` from the texts in the modules.\n\n")
	for _, name := range sorted(counts) {
		fmt.Fprintf(out, "- %s: %d\n", name, counts[name])
	}
	fmt.Fprintf(out, "\n| module | version | licence |\n|---|---|---|\n%s\n", strings.Join(lines, "\n"))
	if len(unknown) > 0 {
		return fmt.Errorf("no licence is known of %s", strings.Join(unknown, ", "))
	}
	return nil
}

func sorted(counts map[string]int) []string {
	var names []string
	for name := range counts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// folders are where the modules lie on this machine.
func folders(root string) (map[string]string, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=Module", "./cmd/tenon")
	cmd.Dir = root
	text, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	for {
		var p struct {
			Module *struct {
				Path, Dir string
			}
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if p.Module != nil {
			all[p.Module.Path] = p.Module.Dir
		}
	}
}

// licencesOf reads what the files of a module say that are called like a licence.
func licencesOf(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || !strings.HasPrefix(name, "LICEN") && !strings.HasPrefix(name, "COPYING") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		for _, m := range licensecheck.Scan(text).Match {
			if !slices.Contains(names, m.ID) {
				names = append(names, m.ID)
			}
		}
	}
	slices.Sort(names)
	return names, nil
}
