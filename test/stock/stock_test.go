// Package stock compares tenon with the tools that teams have: what they make of its CUE and
// its overlays must be what tenon says.
package stock

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"tenon.dev/tenon/internal/cli"
	"tenon.dev/tenon/internal/manifest"
)

const root = "../.."

// tool returns a tool that `make peers` has built of test/peers. Its absence is a failure: a
// comparison that did not happen is no pass.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, "bin", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v\n  try: make peers", err)
	}
	return path
}

func run(t *testing.T, dir, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, &stderr)
	}
	return out
}

func targets(t *testing.T) []string {
	t.Helper()
	dirs, err := filepath.Glob(root + "/overlays/*/phase*")
	if err != nil || len(dirs) != 9 {
		t.Fatalf("found %d overlays, want nine: %v", len(dirs), err)
	}
	var names []string
	for _, dir := range dirs {
		name, err := filepath.Rel(root+"/overlays", dir)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

func rendered(t *testing.T, target string) map[manifest.Key]map[string]any {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := cli.Main([]string{"-C", root, "render", "--target", target, "-o", "-"}, nil, &stdout, &stderr); code != 0 {
		t.Fatalf("tenon render: exit code %d\n%s", code, &stderr)
	}
	return objects(t, stdout.Bytes())
}

func objects(t *testing.T, stream []byte) map[manifest.Key]map[string]any {
	t.Helper()
	parsed := manifest.Parse("", stream)
	if len(parsed.Findings) > 0 || len(parsed.Objects) == 0 {
		t.Fatalf("%d objects, %v", len(parsed.Objects), parsed.Findings)
	}
	byKey := map[manifest.Key]map[string]any{}
	for _, o := range parsed.Objects {
		byKey[o.Key()] = o.Value
	}
	return byKey
}

// TestKustomize builds each overlay with the kustomize command and compares it, object by
// object, with what tenon renders.
func TestKustomize(t *testing.T) {
	kustomize := tool(t, "kustomize")
	for _, target := range targets(t) {
		t.Run(target, func(t *testing.T) {
			built := objects(t, run(t, root, kustomize, "build", filepath.Join("overlays", target)))
			want := rendered(t, target)
			if len(built) != len(want) {
				t.Errorf("kustomize builds %d objects, tenon renders %d", len(built), len(want))
			}
			for key, object := range want {
				if !reflect.DeepEqual(built[key], object) {
					t.Errorf("%v differs:\nkustomize: %v\ntenon: %v", key, built[key], object)
				}
			}
		})
	}
}

// TestCUE exports each environment with the cue command, from the folder that a team works in,
// and compares it with what tenon renders.
func TestCUE(t *testing.T) {
	cue := tool(t, "cue")
	for _, target := range targets(t) {
		environment, phase := filepath.Split(target)
		t.Run(target, func(t *testing.T) {
			out := run(t, root+"/cue", cue, "export", "./platform/"+environment, "-e", "targets."+phase)
			var kinds map[string]map[string]json.RawMessage
			if err := json.Unmarshal(out, &kinds); err != nil {
				t.Fatal(err)
			}
			want := rendered(t, target)
			count := 0
			for _, named := range kinds {
				for name, object := range named {
					count++
					for key, exported := range objects(t, object) {
						if !reflect.DeepEqual(want[key], exported) {
							t.Errorf("%s differs", name)
						}
					}
				}
			}
			if count != len(want) {
				t.Errorf("cue exports %d objects, tenon renders %d", count, len(want))
			}
		})
	}
}
