package image_test

import (
	"testing"

	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/image/signing"
	"tenon.dev/tenon/internal/manifest"
)

// FuzzReference: references of images are read in whatever form.
func FuzzReference(f *testing.F) {
	for _, text := range []string{"a", "reg.example.com/a/b:v1@sha256:1", "a:b:c", "@", "https://u:p@h/a", "$(params.image)", "a@sha256:" + "0123456789012345678901234567890123456789012345678901234567890123"} {
		f.Add(text, "**")
	}
	f.Add("a", "[")
	f.Fuzz(func(_ *testing.T, text, glob string) {
		o, _ := manifest.New(map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "a"},
			"spec": map[string]any{"containers": []any{map[string]any{"name": "a", "image": text}}}}, nil)
		image.CheckPins(image.Uses([]manifest.Object{o}))
		_, _ = signing.MatchGlob(glob, text)
	})
}

// FuzzDockerfile: Dockerfiles are parsed or said not to be.
func FuzzDockerfile(f *testing.F) {
	for _, text := range []string{"FROM a\nRUN b\n", "FROM", "# syntax=x\nFROM a AS b\nCOPY --from=b . .", "RUN <<E\na\nE\n", "ARG a\nFROM ${a:-b}", "FROM a\nRUN pip install x==1 \\\n y", "\x00"} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) { image.ParseDockerfile(text) })
}

// FuzzPolicies: policies of images are read or said not to be.
func FuzzPolicies(f *testing.F) {
	f.Add("apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec: {images: [{glob: '**'}], authorities: [{static: {action: pass}}], policy: {type: cue, data: 'a: 1'}}\n", "a")
	f.Add("apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nmetadata: {name: p}\nspec: {images: [{glob: '**'}], authorities: [{key: {data: x}}], match: [{resource: pods}]}\n", "b")
	f.Fuzz(func(_ *testing.T, text, name string) {
		for _, p := range signing.Policies(manifest.Parse("f", []byte(text)).Objects) {
			_, _ = p.Covers(name, nil)
			p.Who()
			p.Identity()
		}
	})
}
