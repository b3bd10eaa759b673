package check_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/platform"
)

// TestPlatform checks the reference platform, which is clean.
func TestPlatform(t *testing.T) {
	r, err := check.New(rules(t)).Platform(context.Background(), reference(t), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if r.Summary.Targets != 9 || r.Summary.Objects < 200 || len(r.Findings) > 0 {
		t.Errorf("%+v %v", r.Summary, r.Findings)
	}
}

// TestSameVerdict checks all defective manifests together, several times: the same input gives
// the same findings in the same order.
func TestSameVerdict(t *testing.T) {
	facts, _, err := platform.ReadFacts(tenon.CUE, "facts.yaml", read(t, defects+"/facts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for i, file := range defectFiles(t) {
		wrong, _ := sides(t, file)
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%03d.yaml", i)), []byte(wrong), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var first any
	for range 5 {
		r, err := check.New(rules(t)).Files(context.Background(), check.Manifests{Paths: []string{folder}, Facts: facts, Complete: true})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Findings) < 40 {
			t.Fatalf("only %d findings", len(r.Findings))
		}
		if first == nil {
			first = r
		} else if !reflect.DeepEqual(first, r) {
			t.Fatal("two runs differ")
		}
	}
}
