//go:build e2e

package e2e

import (
	"cmp"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/overlay"
	"tenon.dev/tenon/internal/platform"
)

const root = "../.."

// environments loads the reference platform.
func environments(t *testing.T) []check.Environment {
	t.Helper()
	loaded, found, err := check.Load(platform.Folder{FS: os.DirFS(root), Dir: "cue/platform"})
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	return loaded
}

func environment(t *testing.T, name string) check.Environment {
	t.Helper()
	all := environments(t)
	i := slices.IndexFunc(all, func(e check.Environment) bool { return e.State.Environment == name })
	if i < 0 {
		t.Fatalf("there is no environment %s", name)
	}
	return all[i]
}

// overlayOf builds a committed overlay with kustomize, in the order in which Argo CD applies its
// objects: by wave. Within a wave the order is by name, so that nothing leans on Argo CD's own
// order of kinds.
func overlayOf(t *testing.T, path string) []manifest.Object {
	t.Helper()
	return builtOverlay(t, filepath.Join(root, "overlays", path))
}

func builtOverlay(t *testing.T, folder string) []manifest.Object {
	t.Helper()
	objects, err := overlay.Build(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(objects, func(a, b manifest.Object) int {
		return cmp.Or(cmp.Compare(wave(t, a), wave(t, b)), cmp.Compare(a.Name, b.Name))
	})
	return objects
}

func annotation(o manifest.Object, name string) string {
	value, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "annotations", name})
	text, _ := value.(string)
	return text
}

func wave(t *testing.T, o manifest.Object) int {
	t.Helper()
	text := annotation(o, "argocd.argoproj.io/sync-wave")
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s %s: %v", o.Kind, o.Name, err)
	}
	return n
}

// definitions are CustomResourceDefinitions of the operators whose own cannot be had as a module:
// made of the schemas that tenon holds and checks with (internal/typed/crds).
func definitions(t *testing.T) []manifest.Object {
	t.Helper()
	files, err := filepath.Glob(root + "/internal/typed/crds/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no definitions", err)
	}
	var all []manifest.Object
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var held struct {
			Group, Kind, Scope string
			Versions           map[string]any
		}
		if err := json.Unmarshal(data, &held); err != nil {
			t.Fatal(err)
		}
		plural, singular := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Group: held.Group, Kind: held.Kind})
		var versions []any
		for name, s := range held.Versions {
			versions = append(versions, map[string]any{
				"name": name, "served": true, "storage": len(versions) == 0, "schema": map[string]any{"openAPIV3Schema": s},
			})
		}
		value := map[string]any{
			"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
			"metadata": map[string]any{"name": plural.Resource + "." + held.Group, "annotations": approved(held.Group)},
			"spec": map[string]any{
				"group": held.Group, "scope": held.Scope, "versions": versions,
				"names": map[string]any{"kind": held.Kind, "listKind": held.Kind + "List", "plural": plural.Resource, "singular": singular.Resource},
			},
		}
		o, _ := manifest.New(value, nil)
		all = append(all, o)
	}
	return all
}

// approved is the annotation that groups of Kubernetes itself need
// (https://kubernetes.io/docs/reference/labels-annotations-taints/#api-approved-kubernetes-io).
func approved(group string) map[string]any {
	if strings.HasSuffix(group, ".k8s.io") || strings.HasSuffix(group, ".kubernetes.io") {
		return map[string]any{"api-approved.kubernetes.io": "unapproved, a test"}
	}
	return map[string]any{}
}

// featureFlags are Tekton's flags as the platform states them.
func featureFlags(e check.Environment) map[string]string {
	stated := e.State.Facts.Tekton
	flags := maps.Clone(stated.FeatureFlags)
	if flags == nil {
		flags = map[string]string{}
	}
	for name, value := range map[string]string{"coschedule": stated.Coschedule, "enable-api-fields": stated.EnableAPIFields} {
		if value != "" {
			flags[name] = value
		}
	}
	if stated.SetSecurityContext {
		flags["set-security-context"] = "true"
	}
	return flags
}
