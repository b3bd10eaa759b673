package kustomization_test

import (
	"fmt"
	"strings"
	"testing"
)

const (
	pod     = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: a}\nspec: {containers: [{name: a, image: ghcr.io/x/b:v1}]}\n"
	hostPID = "- target: {kind: Pod%s}\n  patch: |-\n    - {op: add, path: /spec/hostPID, value: true}\n"
)

// TestTricks: what kustomize makes of a folder is what is checked, however it is written.
func TestTricks(t *testing.T) {
	patched := fmt.Sprintf(hostPID, "")
	for _, test := range []struct {
		name  string
		files map[string]string
		wants string
		// beside are files that are read as manifests too.
		beside []string
	}{
		{"a patch of what has no origin", map[string]string{
			"kustomization.yaml": "resources: [pod.yaml]\npatches:\n" + fmt.Sprintf(hostPID, `, annotationSelector: "!config.kubernetes.io/origin"`), "pod.yaml": pod,
		}, "hostPID", nil},
		{"an object deleted by its origin", map[string]string{
			"kustomization.yaml": "resources: [pod.yaml]\npatches:\n- target: {annotationSelector: config.kubernetes.io/origin}\n  patch: |-\n    $patch: delete\n    kind: Pod\n    metadata: {name: p}\n", "pod.yaml": pod,
		}, "ghcr.io/x/b", nil},
		{"a component that nobody uses", map[string]string{
			"kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [pod.yaml]\npatches:\n" + patched, "pod.yaml": pod,
		}, "hostPID", nil},
		{"a component of a patch alone", map[string]string{
			"kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches: [{path: pod.yaml}]\n", "pod.yaml": pod,
		}, "", []string{"pod.yaml"}},
		{"files of another folder", map[string]string{
			"a/kustomization.yaml": "resources: [../b/pod.yaml]\npatches:\n- target: {kind: Pod}\n  patch: |-\n    $patch: delete\n    kind: Pod\n    metadata: {name: p}\n", "b/pod.yaml": pod,
		}, "", []string{"b/pod.yaml"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			built := build(test.files)
			text := ""
			for _, o := range built.Objects {
				text += fmt.Sprintln(o.Value)
			}
			if !strings.Contains(text, test.wants) {
				t.Errorf("built is %s, which lacks %s: %v", text, test.wants, built.Findings)
			}
			for _, file := range test.beside {
				if built.Read[file] {
					t.Errorf("%s is not read as a manifest", file)
				}
			}
		})
	}
}

// TestRemotePlugins: what the configuration of a plugin takes from elsewhere is as remote as a resource.
func TestRemotePlugins(t *testing.T) {
	for name, text := range map[string]string{
		"transformer":  "transformers:\n- |-\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: {name: x}\n  path: http://example.com/a.yaml\n",
		"generator":    "generators:\n- |-\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: x}\n  FILES: [\"a=http://example.com/a.yaml\"]\n",
		"replacements": "transformers:\n- |-\n  apiVersion: builtin\n  kind: ReplacementTransformer\n  metadata: {name: x}\n  replacements: [{path: http://example.com/a.yaml}]\n",
	} {
		t.Run(name, func(t *testing.T) {
			built := build(map[string]string{"kustomization.yaml": "resources: [pod.yaml]\n" + text, "pod.yaml": pod})
			if len(built.Findings) != 1 || !strings.Contains(built.Findings[0].Message, "from the network") || built.Read["pod.yaml"] {
				t.Error(built.Findings)
			}
		})
	}
}

// TestErrorsWithoutSecrets: kustomize quotes what it cannot read; what may be a secret is left out.
func TestErrorsWithoutSecrets(t *testing.T) {
	const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: a}\nstringData: {password: hunter2-Zx9}\n"
	for name, files := range map[string]map[string]string{
		"literal":     {"kustomization.yaml": "secretGenerator: [{name: a, literals: [hunter2-Zx9]}]\n"},
		"patch":       {"kustomization.yaml": "resources: [pod.yaml]\npatches: [{patch: \"stringData: {password: hunter2-Zx9}\"}]\n", "pod.yaml": pod},
		"replacement": {"kustomization.yaml": "resources: [s.yaml]\nreplacements: [{source: {kind: Secret, fieldPath: stringData.password, options: {delimiter: \";\", index: 7}}, targets: [{select: {kind: Secret}, fieldPaths: [stringData.b]}]}]\n", "s.yaml": secret},
	} {
		t.Run(name, func(t *testing.T) {
			built := build(files)
			if len(built.Findings) != 1 || built.Findings[0].Rule != "input/kustomize" || strings.Contains(built.Findings[0].Message, "hunter2") {
				t.Error(built.Findings)
			}
		})
	}
}

// TestTooManyFolders: a kustomization that is not built is said.
func TestTooManyFolders(t *testing.T) {
	files := map[string]string{}
	for i := range 5002 {
		files[fmt.Sprintf("d%d/kustomization.yaml", i)] = "configMapGenerator: [{name: a}]\n"
	}
	if found := build(files).Findings; len(found) != 2 || found[0].Rule != "input/not-read" {
		t.Error(len(found))
	}
}
