package overlay

import (
	"testing"
	"testing/fstest"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// FuzzCurrent: a kustomization that somebody wrote by hand is refused, or builds to what is rendered.
func FuzzCurrent(f *testing.F) {
	for _, text := range []string{
		"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../base]\n", "resources: [github.com/a/b]", "resources: [https://a/b]", "patches: [{path: p.json, target: {kind: '('}}]",
		"generators: [a]", "helmCharts: [{name: a}]", "resources: [../base, ../base]", "openapi: {path: x}", "configMapGenerator: [{name: a, files: [/etc/passwd]}]", "&a [*a]",
	} {
		f.Add(text, "[]")
	}
	o, _ := manifest.New(map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "a", "namespace": "b"}}, nil)
	object, err := manifest.Marshal(o)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(_ *testing.T, kustomization, patch string) {
		tree := fstest.MapFS{
			"overlays/prod/phase1/kustomization.yaml": {Data: []byte(kustomization)}, "overlays/prod/phase1/p.json": {Data: []byte(patch)},
			"overlays/prod/base/kustomization.yaml": {Data: []byte("resources: [a.yaml]\n")}, "overlays/prod/base/a.yaml": {Data: object},
		}
		_ = Current(tree, "overlays", Rendered{Target: finding.Target{Environment: "prod", Phase: "phase1"}, Objects: []manifest.Object{o}})
	})
}
