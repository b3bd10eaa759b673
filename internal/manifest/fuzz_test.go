package manifest_test

import (
	"testing"

	"tenon.dev/tenon/internal/manifest"
)

// FuzzPath: what is read as a path is written so that it reads the same.
func FuzzPath(f *testing.F) {
	for _, text := range []string{"spec.steps[0].image", `limits["nvidia.com/gpu"]`, "a[-1]", "a[", `a["`, "a..b", "[99999999999999999999]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path := manifest.ParsePath(text)
		if again := manifest.ParsePath(path.String()); again.String() != path.String() {
			t.Errorf("%q: written as %q, read back as %q", text, path.String(), again.String())
		}
		value := map[string]any{"a": []any{map[string]any{"b": "c"}}}
		manifest.Lookup(value, path)
		manifest.Anchor(value, path)
	})
}

// FuzzQuantity: a quantity is read, or refused, soon, and can be compared.
func FuzzQuantity(f *testing.F) {
	for _, text := range []string{"1", "1Gi", "1e3", "1e-3", "1E1000000000", "0.5m", "-1", "9999999999999999999999", ".5e123456", "1e0000000000000009"} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		if q, err := manifest.ParseQuantity(text); err == nil {
			q.Cmp(q.DeepCopy())
			q.MilliValue()
		}
	})
}
