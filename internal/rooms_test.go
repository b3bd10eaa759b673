package internal_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rooms from the lowest to the highest; imports point downwards only. Rooms within a room, such
// as graph/placement, belong to it. docs/architecture.md says what each knows.
var rooms = []string{
	"pattern", "confine", "veil", "revision", "finding", "rules", "manifest", "kustomization", "helm", "diff", "platform", "typed", "image", "script", "graph", "pac", "policy", "overlay", "report", "check", "argocd", "gate", "cli",
}

const module = "tenon.dev/tenon/internal/"

// TestImportsPointDownwards refuses a room that imports one above it. Go itself refuses circles.
func TestImportsPointDownwards(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		words := strings.Fields(line)
		from, ok := room(words[0])
		if !ok {
			continue
		}
		height := slices.Index(rooms, from)
		if height < 0 {
			t.Errorf("%s is no room: give it a place in the order, or move it into one", words[0])
			continue
		}
		seen++
		for _, imported := range words[1:] {
			to, ok := room(imported)
			if ok && slices.Index(rooms, to) > height {
				t.Errorf("%s imports %s, which is above it", from, to)
			}
		}
	}
	if seen < len(rooms) {
		t.Errorf("saw %d packages for %d rooms: a room is missing", seen, len(rooms))
	}
}

func room(path string) (string, bool) {
	below, ok := strings.CutPrefix(path, module)
	if !ok || below == "" || strings.HasPrefix(below, "tools") {
		return "", false
	}
	first, _, _ := strings.Cut(below, "/")
	return first, true
}

// TestPackagesSayWhatTheyKnow wants a package comment on every room.
func TestPackagesSayWhatTheyKnow(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}\t{{.Doc}}", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		path, doc, _ := strings.Cut(line, "\t")
		if _, ok := room(path); ok && !strings.HasPrefix(doc, "Package ") {
			t.Errorf("%s has no package comment", path)
		}
	}
}
