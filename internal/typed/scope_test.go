package typed

import (
	"encoding/json"
	"io/fs"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tenon.dev/tenon/internal/manifest"
)

// TestScopes holds what manifest knows of scopes to what the API server and the definitions that tenon holds say.
func TestScopes(t *testing.T) {
	for gk, kind := range builtins {
		if manifest.IsClusterScoped(gk) != kind.clusterScoped {
			t.Errorf("%s: in no namespace: %v", gk, kind.clusterScoped)
		}
	}
	files, err := fs.Glob(definitions, "crds/*.json")
	if err != nil || len(files) < 10 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		text, err := definitions.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d definition
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		gk := schema.GroupKind{Group: d.Group, Kind: d.Kind}
		if manifest.IsClusterScoped(gk) != (d.Scope == apiextensions.ClusterScoped) {
			t.Errorf("%s: its scope is %s", gk, d.Scope)
		}
	}
}
