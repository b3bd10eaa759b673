// Package monitoring runs the rendered rules through Prometheus' own promtool: that they are
// rules, and that every alert fires when it must and stays silent when it must.
package monitoring

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/manifest"
)

const root = "../.."

func promtool(t *testing.T, args ...string) {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(root, "bin", "promtool"))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
		t.Errorf("promtool %v: %v\n%s", args, err, out)
	} else {
		t.Logf("%s", out)
	}
}

func TestAlerts(t *testing.T) {
	file := root + "/overlays/base/prometheusrule-scientific-computing.yaml"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	objects := manifest.Parse(file, data).Objects
	if len(objects) != 1 {
		t.Fatalf("%d objects in %s", len(objects), file)
	}
	rules, err := yaml.Marshal(objects[0].Value["spec"])
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rules.yaml"), rules, 0o666); err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile("testdata/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "alerts.yaml"), tests, 0o666); err != nil {
		t.Fatal(err)
	}
	promtool(t, "check", "rules", filepath.Join(dir, "rules.yaml"))
	promtool(t, "test", "rules", filepath.Join(dir, "alerts.yaml"))
}
