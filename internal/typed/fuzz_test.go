package typed_test

import (
	"encoding/json"
	"testing"

	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/typed"
)

// FuzzTyped: upstream's decoders and validators give a verdict on any object.
func FuzzTyped(f *testing.F) {
	checker, err := typed.New(typed.Settings{}, nil)
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{
		`{"apiVersion":"tekton.dev/v1","kind":"Pipeline","metadata":{"name":"a"},"spec":{"tasks":[{"name":"a","taskRef":{"name":"b"},"when":[{"cel":"'a' == 'b'"}]}]}}`,
		`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"a","image":"b"}]}}}}`,
		`{"apiVersion":"triggers.tekton.dev/v1beta1","kind":"EventListener","metadata":{"name":"a"},"spec":{"triggers":[{"interceptors":[{"cel":{"filter":"body.a == 1"}}]}]}}`,
		`{"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"a"},"spec":{"schedule":"* * * * *"}}`,
		`{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"as.b.c"},"spec":{"group":"b.c","scope":"Cluster","names":{"kind":"A","plural":"as"},"versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-validations":[{"rule":"true"}]}}}]}}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var value map[string]any
		if len(text) > 5000 || json.Unmarshal([]byte(text), &value) != nil || manifest.Deeper(value, 200) {
			return
		}
		o, ok := manifest.New(value, nil)
		if !ok {
			return
		}
		o = manifest.Tame(o)
		for _, found := range checker.Check(o) {
			if found.Internal() {
				t.Errorf("%s: %s", found.Rule, found.Message)
			}
		}
		typed.Upgrade(typed.Readable(o))
		typed.NewDefinitions([]manifest.Object{o})
	})
}
