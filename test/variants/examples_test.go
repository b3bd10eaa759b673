package variants

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tenon.dev/tenon/internal/cli"
)

// TestExamples: a new platform with the files of an example renders, and nothing is wrong with it.
func TestExamples(t *testing.T) {
	folders, err := filepath.Glob(root + "/docs/examples/*")
	if err != nil || len(folders) == 0 {
		t.Fatal("no examples", err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			dir := t.TempDir()
			tenon := func(args ...string) string {
				t.Helper()
				var stdout, stderr bytes.Buffer
				if code := cli.Main(args, nil, &stdout, &stderr); code != 0 {
					t.Fatalf("tenon %s: exit code %d\n%s%s", strings.Join(args, " "), code, &stdout, &stderr)
				}
				return stdout.String()
			}
			tenon("init", dir)
			// The digests are stand-ins, whatever registry the example names.
			lock := filepath.Join(dir, "cue/platform/images.lock.cue")
			text, err := os.ReadFile(lock)
			if err == nil {
				err = os.WriteFile(lock, regexp.MustCompile(`, image: "[^"]*"`).ReplaceAll(text, nil), 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			lines := 0
			for _, file := range []string{"platform.cue", "prod/prod.cue"} {
				data, err := os.ReadFile(filepath.Join(folder, file))
				if err != nil {
					t.Fatal(err)
				}
				lines += bytes.Count(data, []byte("\n"))
				if err := os.WriteFile(filepath.Join(dir, "cue/platform", file), data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if lines > 85 {
				t.Errorf("it has %d lines", lines)
			}
			tenon("-C", dir, "render")
			if said := tenon("-C", dir, "check"); !strings.Contains(said, "0 errors, 0 warnings") {
				t.Error(said)
			}
		})
	}
}
