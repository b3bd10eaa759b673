package faults_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSameBytes: the same input gives the same bytes, whatever the processors, the order of files, the time
// zone and the language.
func TestSameBytes(t *testing.T) {
	dir := starter(t)
	var names []string
	defects := "../../testdata/defects"
	err := filepath.WalkDir(defects, func(file string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(file) != ".diff" || len(names) == 120 {
			return err
		}
		data, err := os.ReadFile(file)
		var wrong strings.Builder
		for _, line := range strings.Split(string(data), "\n") {
			if line != "" && line[0] != '+' {
				wrong.WriteString(line[1:] + "\n")
			}
		}
		name := fmt.Sprintf("m/%03d.yaml", len(names))
		if err == nil {
			err = os.MkdirAll(filepath.Join(dir, "m"), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), []byte(wrong.String()), 0o600)
		}
		names = append(names, name)
		return err
	})
	if err != nil || len(names) < 100 {
		t.Fatal(len(names), err)
	}
	runs := times(6, 20, 100)
	for what, args := range map[string][]string{
		"files as JSON": append([]string{"check", "--now", "2026-01-01", "-o", "json"}, names...), "files as text": append([]string{"check", "--now", "2026-01-01"}, names...),
		"a platform": {"check", "--now", "2026-01-01", "-o", "sarif"}, "a target": {"render", "--target", "prod/phase1", "-o", "-"},
	} {
		var first []byte
		for i := range runs {
			call := slices.Clone(args)
			if strings.HasPrefix(what, "files") {
				files := call[len(call)-len(names):]
				rand.Shuffle(len(files), func(a, b int) { files[a], files[b] = files[b], files[a] })
			}
			cmd := tenon(dir, call...)
			cmd.Env = append(cmd.Env, fmt.Sprintf("GOMAXPROCS=%d", []int{1, 8}[i%2]), "TZ="+[]string{"UTC", "Asia/Tokyo", "America/New_York"}[i%3], "LC_ALL="+[]string{"C", "tr_TR.UTF-8", "de_DE.UTF-8"}[i%3], "LANG=tr_TR.UTF-8")
			out, _ := cmd.Output()
			if len(out) == 0 {
				t.Fatalf("%s: no output", what)
			}
			if first == nil {
				first = out
			}
			if !bytes.Equal(first, out) {
				t.Fatalf("%s, run %d: other bytes than the first:\n%s", what, i, differing(first, out))
			}
		}
	}
}

// differing shows where two outputs part.
func differing(a, b []byte) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	from := max(0, i-200)
	return fmt.Sprintf("%s\n---\n%s", a[from:min(len(a), i+200)], b[from:min(len(b), i+200)])
}
