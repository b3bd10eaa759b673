package policy_test

import (
	"context"
	"encoding/json"
	"testing"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/policy"
)

// FuzzInput: the rules can be evaluated over any object.
func FuzzInput(f *testing.F) {
	set, err := policy.Load(context.Background(), policy.Source{Name: "tenon", FS: tenon.Policies, ObjectsOnly: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(`{"apiVersion":"tekton.dev/v1","kind":"Task","metadata":{"name":"a"},"spec":{"steps":[{"image":"a","script":"curl a | sh"}]}}`)
	f.Add(`{"apiVersion":"v1","kind":"ConfigMap","data":{"Dockerfile":"FROM a","a":1}}`)
	f.Add(`{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","rules":[{"verbs":["*"]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var value map[string]any
		if json.Unmarshal([]byte(text), &value) != nil {
			return
		}
		if o, ok := manifest.New(value, nil); ok {
			if _, err := set.Evaluate(context.Background(), o); err != nil {
				t.Errorf("%v", err)
			}
		}
	})
}
