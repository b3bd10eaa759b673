package check

import (
	"testing"

	"tenon.dev/tenon/internal/manifest"
)

// FuzzWaivers: annotations that let rules off are read or said to be none.
func FuzzWaivers(f *testing.F) {
	for _, text := range []string{"image/not-pinned spec.steps[0].image: the mirror pins it (platform team, until 2027-01-31)", "a/b: c", "(((", "a/b x: " + "reason enough (me)"} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		o, _ := manifest.New(map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "a", "annotations": map[string]any{waiveAnnotation: text}}}, none{})
		annotated([]manifest.Object{o})
	})
}

// none is an origin of nothing.
type none struct{}

func (none) Trace(manifest.Path, string) []manifest.Place { return []manifest.Place{{}} }
