package check_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"tenon.dev/tenon/internal/check"
)

// TestPlatform checks the reference platform twice: it is clean, and the verdict is the same.
func TestPlatform(t *testing.T) {
	var reports []any
	for range 2 {
		r, err := check.New(rules(t)).Platform(context.Background(), reference(t), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		if r.Summary.Targets != 9 || r.Summary.Objects < 200 || r.Summary.Errors+r.Summary.Warnings+r.Summary.Infos > 0 {
			t.Errorf("%+v %v", r.Summary, r.Findings)
		}
		reports = append(reports, r)
	}
	if !reflect.DeepEqual(reports[0], reports[1]) {
		t.Error("two runs differ")
	}
}
