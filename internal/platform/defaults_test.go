package platform_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/platform"
)

// TestDefaultFacts compares defaults.json with what the schema says. TENON_UPDATE=1 writes it.
func TestDefaultFacts(t *testing.T) {
	want, found, err := platform.ReadFacts(tenon.CUE, "facts.cue", []byte("{}"))
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	text, err := json.MarshalIndent(want, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if os.Getenv("TENON_UPDATE") != "" {
		if err := os.WriteFile("defaults.json", text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile("defaults.json")
	if err != nil || !bytes.Equal(have, text) {
		t.Fatalf("defaults.json is not what the schema says: run TENON_UPDATE=1 go test ./internal/platform -run TestDefaultFacts, and again (%v)", err)
	}
	got, err := platform.DefaultFacts()
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v %v, the schema says %+v", got, err, want)
	}
}
