package typed

import (
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/manifest"
)

// TestCustomResources has, for each kind of check that the API server makes on a custom
// resource, an object that must be refused and one that must not.
func TestCustomResources(t *testing.T) {
	checker, err := New(Settings{Complete: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	pool := `
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: gpu}
spec:
  limits: {nvidia.com/gpu: 8}
  template:
    spec:
      nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: gpu}
      requirements:
      - {key: karpenter.sh/capacity-type, operator: In, values: [on-demand]}
`
	for name, test := range map[string]struct{ object, rule, field string }{
		"accepted":        {pool, "", ""},
		"unknown field":   {pool + "      taint: []\n", "types/unknown-field", "spec.template.spec.taint"},
		"required":        {strings.Replace(pool, "name: gpu}\n      req", "group: x}\n      req", 1), "types/required", "spec.template.spec.nodeClassRef.name"},
		"enum":            {strings.Replace(pool, "operator: In", "operator: Within", 1), "types/not-supported", "spec.template.spec.requirements[0].operator"},
		"type":            {strings.Replace(pool, "values: [on-demand]", "values: on-demand", 1), "types/invalid", "spec.template.spec.requirements[0].values"},
		"rule in CEL":     {strings.Replace(pool, "values: [on-demand]", "values: []", 1), "types/invalid", "spec.template.spec.requirements"},
		"version":         {strings.Replace(pool, "sh/v1", "sh/v1alpha5", 1), "types/not-validated", "apiVersion"},
		"no such kind":    {strings.Replace(pool, "kind: NodePool", "kind: NodePond", 1), "types/unknown-kind", "kind"},
		"name":            {strings.Replace(pool, "name: gpu}\nspec", "name: GPU}\nspec", 1), "types/invalid", "metadata.name"},
		"scope, too many": {strings.Replace(pool, "{name: gpu}\nspec", "{name: gpu, namespace: ci}\nspec", 1), "types/forbidden", "metadata.namespace"},
	} {
		t.Run(name, func(t *testing.T) {
			var value map[string]any
			if err := yaml.Unmarshal([]byte(test.object), &value); err != nil {
				t.Fatal(err)
			}
			object, ok := manifest.New(value, nil)
			if !ok {
				t.Fatal("not an object")
			}
			var got []string
			for _, f := range checker.Check(object) {
				got = append(got, fmt.Sprintf("%s %s", f.Rule, f.Field))
			}
			want := strings.TrimSpace(test.rule + " " + test.field)
			if strings.Join(got, "\n") != want {
				t.Errorf("found %q, want %q", got, want)
			}
		})
	}
}

// TestDefinitions reads every definition, so that none can fail to load for the first user.
func TestDefinitions(t *testing.T) {
	files, err := definitions.ReadDir("crds")
	if err != nil || len(files) < 16 {
		t.Fatalf("%d definitions: %v", len(files), err)
	}
	for gk, file := range definitionNames() {
		d, _, err := parseDefinition(file)
		if err != nil {
			t.Fatal(err)
		}
		for version := range d.Versions {
			gvk := gk.WithVersion(version)
			gvk.Kind = d.Kind
			if kind, err := d.validator(gvk, true); err != nil || kind == nil {
				t.Errorf("%s: %v", gvk, err)
			}
		}
	}
}
