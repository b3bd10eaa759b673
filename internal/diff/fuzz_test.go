package diff_test

import (
	"testing"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/manifest"
)

// FuzzDiff: two versions of anything can be compared, and two that are the same do not differ.
func FuzzDiff(f *testing.F) {
	f.Add("apiVersion: v1\nkind: X\nmetadata: {name: a}\nspec: {a: [{name: b}], c: 1Gi}\n", "apiVersion: v1\nkind: X\nmetadata: {name: a}\nspec: {a: [{name: c}, {name: b}], c: 1024Mi}\n")
	f.Add("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: b}\n", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: [a]\n")
	f.Fuzz(func(t *testing.T, before, after string) {
		old, now := manifest.Parse("f", []byte(before)).Objects, manifest.Parse("f", []byte(after)).Objects
		all := diff.Objects(old, now)
		diff.Locate(all, 100)
		diff.Live(old, now)
		if len(old) == 1 {
			if same := diff.Values(old[0], old[0]); len(same) > 0 {
				t.Errorf("an object differs from itself: %+v", same)
			}
		}
	})
}
