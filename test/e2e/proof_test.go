//go:build e2e

package e2e

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// proofFile is where the tables are kept.
const proofFile = root + "/docs/proof.md"

// prove prints a table and compares it with what docs/proof.md keeps between the marks of a section;
// with TENON_UPDATE=1 it writes it there.
func prove(t *testing.T, section, table string) {
	t.Helper()
	t.Log("\n" + table)
	file, err := os.Open(proofFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	// The tests that write the other sections run as processes beside this one.
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(proofFile)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+section+": written by test/e2e -->\n", "<!-- end of "+section+" -->"
	before, rest, found := strings.Cut(string(data), begin)
	kept, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no section %s", proofFile, section)
	}
	if kept == table {
		return
	}
	if os.Getenv("TENON_UPDATE") == "" {
		t.Errorf("docs/proof.md keeps another table of %s\n  try: TENON_UPDATE=1 make proof", section)
		return
	}
	if t.Failed() {
		t.Errorf("the table of %s is not kept, since the test failed", section)
		return
	}
	if err := os.WriteFile(proofFile, []byte(before+begin+table+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// nodeInputs are the folders that decide what TestNode does: what it applies, and what it is made of.
var nodeInputs = []string{"cue", "overlays/base", "overlays/dev", "docs/examples/single-cell", "test/e2e", "test/controlplane"}

// nodeIsProven tells whether TestNode need not run: docs/proof.md keeps the digest of the inputs over which it ran last.
// It takes half an hour, so that it runs where these have changed, where it is asked for, and where its table is written.
func nodeIsProven() bool {
	if os.Getenv("TENON_UPDATE") != "" || strings.Contains(flag.Lookup("test.run").Value.String(), "Node") {
		return false
	}
	digest, err := digestOfInputs()
	if err != nil {
		return false
	}
	kept, err := os.ReadFile(proofFile)
	return err == nil && strings.Contains(string(kept), digestLine(digest))
}

func digestLine(digest string) string { return "It ran over inputs of digest `" + digest + "`.\n" }

// digestOfInputs is the digest of the names and texts of all files of nodeInputs.
func digestOfInputs() (string, error) {
	sum := sha256.New()
	for _, folder := range nodeInputs {
		err := filepath.WalkDir(filepath.Join(root, folder), func(name string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(name)
			fmt.Fprintf(sum, "%s %d\n", filepath.ToSlash(name), len(data))
			sum.Write(data)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("sha256:%x", sum.Sum(nil)), nil
}

// proveNode is prove for the tests on the node, which also writes the digest of what they ran over.
func proveNode(t *testing.T, table string) {
	t.Helper()
	prove(t, "node", table)
	if os.Getenv("TENON_UPDATE") == "" {
		return
	}
	digest, err := digestOfInputs()
	if err != nil {
		t.Fatal(err)
	}
	prove(t, "inputs", digestLine(digest))
}

// cell is text that fits into a cell of a table, on one line and not too long.
func cell(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	text = strings.NewReplacer("|", "\\|", "`", "'").Replace(text)
	if runes := []rune(text); len(runes) > 160 {
		text = string(runes[:157]) + "..."
	}
	return text
}
