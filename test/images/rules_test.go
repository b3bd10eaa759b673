package images

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/internal/policy"
)

// TestAttestationRules lets rules see what was attested, and only where that was verified.
func TestAttestationRules(t *testing.T) {
	l := newLab(t)
	good, laptop, forged := l.image(), l.image(), l.image()
	l.attachAttestation(good, l.attestedByKey(l.builder, statementOf(l, good, provenanceType, provenance(builderID))))
	l.attachAttestation(laptop, l.attestedByKey(l.builder, statementOf(l, laptop, provenanceType, provenance("https://example.com/laptop"))))
	l.attachAttestation(forged, l.attestedByKey(l.stranger, statementOf(l, forged, provenanceType, provenance(builderID))))
	spec := object{"authorities": []any{object{"key": object{"data": string(l.builder.public)},
		"attestations": []any{object{"name": "provenance", "predicateType": "slsaprovenance1"}}}}}
	pod, err := json.Marshal(object{"apiVersion": "v1", "kind": "Pod", "metadata": object{"name": "p", "namespace": "ci"}, "spec": object{"containers": []any{
		object{"name": "a", "image": good.String()}, object{"name": "b", "image": laptop.String()}, object{"name": "c", "image": forged.String()},
	}}})
	l.must(err)
	objects := manifest.Parse("pod.json", []byte(policyText(l, "builder", spec)+"\n"+string(pod))).Objects
	subject := check.ImageSubject{Objects: objects, Expected: platform.SupplyChain{Builders: []string{builderID}, Sources: []string{"git+https://github.com/example/"}}}
	set, err := policy.Load(context.Background(), policy.Source{Name: "tenon", FS: tenon.Policies})
	l.must(err)
	verdicts := check.VerifyImages(context.Background(), image.Client{}, []check.ImageSubject{subject}, check.Trust{})
	found, err := check.New(set).ImageFindings(context.Background(), verdicts, true)
	l.must(err)
	if len(found) != 2 {
		t.Fatalf("%d findings: %v", len(found), found)
	}
	for _, f := range found {
		field := map[string]string{"attestations/builder": "spec.containers[1].image", "image/signature-failed": "spec.containers[2].image"}[f.Rule]
		if field == "" || f.Field != field || f.Source == nil {
			t.Errorf("%s at %s %v: %s", f.Rule, f.Field, f.Source, f.Message)
		}
		if f.Rule == "attestations/builder" && !strings.Contains(f.Message, "was built by https://example.com/laptop") {
			t.Error(f.Message)
		}
	}
}
