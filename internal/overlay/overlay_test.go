package overlay_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/overlay"
)

func target(environment, phase string, yaml string) overlay.Rendered {
	return overlay.Rendered{
		Target:    finding.Target{Environment: environment, Phase: phase},
		Namespace: "ci",
		Objects:   manifest.Parse("", []byte(yaml)).Objects,
	}
}

const config = `
apiVersion: v1
kind: ConfigMap
metadata: {name: %s, namespace: ci, labels: {app: ci, tier: web}}
data: {share: %q, mode: fast, "a/b~c": "y"}
---
`

func layout(t *testing.T, targets ...overlay.Rendered) map[string][]byte {
	t.Helper()
	files, err := overlay.Layout(targets)
	if err != nil {
		t.Fatal(err)
	}
	if err := overlay.Prove(files, targets); err != nil {
		t.Fatal(err)
	}
	return files
}

func names(files map[string][]byte) []string { return slices.Sorted(maps.Keys(files)) }

// What differs in a value becomes a patch; what only one environment has stays in its folder;
// nothing is ever deleted.
func TestLayout(t *testing.T) {
	files := layout(t,
		target("prod", "phase1", fmt.Sprintf(config, "a", "10")+fmt.Sprintf(config, "only-prod", "1")),
		target("prod", "phase2", fmt.Sprintf(config, "a", "50")+fmt.Sprintf(config, "only-prod", "1")),
		target("dev", "phase1", fmt.Sprintf(config, "a", "10")),
	)
	want := []string{
		"base/configmap-a.yaml", "base/kustomization.yaml",
		"dev/base/kustomization.yaml", "dev/phase1/kustomization.yaml",
		"prod/base/configmap-only-prod.yaml", "prod/base/kustomization.yaml",
		"prod/phase1/kustomization.yaml", "prod/phase2/configmap-a.json", "prod/phase2/kustomization.yaml",
	}
	if got := names(files); !slices.Equal(got, want) {
		t.Errorf("files:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for name, data := range files {
		for _, word := range []string{"$patch", "namePrefix", "images:"} {
			if strings.Contains(string(data), word) {
				t.Errorf("%s holds %s", name, word)
			}
		}
	}
}

// An object that differs in most of its fields is written whole in each layer.
func TestLayoutMovesDown(t *testing.T) {
	other := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: ci}\ndata: {x: '1', y: '2', z: '3', w: '4', v: '5'}\n"
	files := layout(t, target("prod", "phase1", fmt.Sprintf(config, "a", "10")), target("prod", "phase2", other))
	for _, name := range []string{"prod/phase1/configmap-a.yaml", "prod/phase2/configmap-a.yaml"} {
		if files[name] == nil {
			t.Errorf("%s is missing from %v", name, names(files))
		}
	}
}

func TestLayoutRefuses(t *testing.T) {
	if _, err := overlay.Layout(nil); err == nil {
		t.Error("no targets were laid out")
	}
	if _, err := overlay.Layout([]overlay.Rendered{target("base", "phase1", "")}); err == nil {
		t.Error("an environment named base was laid out")
	}
}

// The proof finds any difference.
func TestProveRefuses(t *testing.T) {
	targets := []overlay.Rendered{target("prod", "phase1", fmt.Sprintf(config, "a", "10"))}
	for name, spoil := range map[string]func(map[string][]byte){
		"a field that differs": func(f map[string][]byte) {
			f["base/configmap-a.yaml"] = []byte(strings.Replace(string(f["base/configmap-a.yaml"]), "fast", "slow", 1))
		},
		"an object that is missing": func(f map[string][]byte) {
			f["base/kustomization.yaml"] = []byte(strings.Replace(string(f["base/kustomization.yaml"]), "- configmap-a.yaml", "[]", 1))
		},
		"a file that is gone": func(f map[string][]byte) { delete(f, "base/configmap-a.yaml") },
	} {
		files := layout(t, targets...)
		spoil(files)
		if err := overlay.Prove(files, targets); err == nil {
			t.Errorf("%s passed the proof", name)
		}
	}
}

func TestWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "overlays")
	old := map[string][]byte{"base/a.yaml": []byte("old"), "prod/b.yaml": []byte("old")}
	next := map[string][]byte{"base/a.yaml": []byte("new"), "base/c.yaml": []byte("new")}
	for _, files := range []map[string][]byte{old, next} {
		if err := overlay.Write(dir, files); err != nil {
			t.Fatal(err)
		}
		if difference, err := overlay.Compare(dir, files); err != nil || len(difference) > 0 {
			t.Fatalf("not what was written: %v\n%s", err, difference)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "prod")); err == nil {
		t.Error("what is no longer rendered was left")
	}
}

// What an interrupted run left beside the overlays is removed, and not taken for them.
func TestWriteAfterInterruption(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "overlays")
	if err := os.MkdirAll(dir+".tenon-new/base", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+".tenon-new/base/half.yaml", []byte("ha"), 0o666); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"base/a.yaml": []byte("new")}
	if err := overlay.Write(dir, files); err != nil {
		t.Fatal(err)
	}
	if difference, err := overlay.Compare(dir, files); err != nil || len(difference) > 0 {
		t.Fatalf("mixed: %v\n%s", err, difference)
	}
	if _, err := os.Stat(dir + ".tenon-new"); err == nil {
		t.Error("what the interrupted run left is still there")
	}
}

// Several renders at once leave one of their trees, whole.
func TestWriteAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "overlays")
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			if err := overlay.Write(dir, tree(fmt.Sprint("version ", i))); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for i := range 8 {
		if difference, err := overlay.Compare(dir, tree(fmt.Sprint("version ", i))); err == nil && len(difference) == 0 {
			return
		}
	}
	t.Error("the overlays are mixed")
}

func TestWriteRefusesForeignFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "overlays")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(dir, "mine.yaml")
	if err := os.WriteFile(mine, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	err := overlay.Write(dir, map[string][]byte{"base/a.yaml": []byte("new")})
	if !errors.Is(err, overlay.ErrForeign) {
		t.Errorf("got %v, want a refusal", err)
	}
	if data, _ := os.ReadFile(mine); string(data) != "mine" {
		t.Error("a file of somebody else was lost")
	}
}
