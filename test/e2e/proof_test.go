//go:build e2e

package e2e

import (
	"os"
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

// cell is text that fits into a cell of a table, on one line and not too long.
func cell(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	text = strings.NewReplacer("|", "\\|", "`", "'").Replace(text)
	if runes := []rune(text); len(runes) > 160 {
		text = string(runes[:157]) + "..."
	}
	return text
}
