package images

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/sigstore/cosign/v2/pkg/oci/static"

	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/image/signing"
	"tenon.dev/tenon/internal/manifest"
)

type object = map[string]any

// kind of evidence a case is about.
type kind string

const (
	keySignature       kind = "signature by a key"
	keylessSignature   kind = "keyless signature"
	keyAttestation     kind = "attestation by a key"
	keylessAttestation kind = "keyless attestation"
	bundleAttestation  kind = "attestation in a bundle"
)

// trial is one image, signed well or attacked.
type trial struct {
	kind
	title string
	make  func(*lab) name.Digest
	want  signing.Outcome
	// reason is a piece of what tenon says.
	reason string
}

// trials are what a registry may hold, each kind well signed and attacked.
var trials = []trial{
	{keySignature, "signed", func(l *lab) name.Digest { d := l.image(); return l.attach(d, l.byKey(l.builder, d)) }, signing.Verified, "signed by key SHA256:"},
	{keySignature, "signed twice, once by a stranger", func(l *lab) name.Digest {
		d := l.image()
		l.attach(d, l.byKey(l.stranger, d))
		return l.attach(d, l.byKey(l.builder, d))
	}, signing.Verified, "signed by key SHA256:"},
	{keySignature, "other key", func(l *lab) name.Digest { d := l.image(); return l.attach(d, l.byKey(l.stranger, d)) }, signing.Failed, "it is not by key SHA256:"},
	{keySignature, "no signature", func(l *lab) name.Digest { return l.image() }, signing.Failed, "no signature"},
	{keySignature, "copied from another image", func(l *lab) name.Digest { return l.attach(l.image(), l.byKey(l.builder, l.image())) }, signing.Failed, "it is of another image"},
	{keySignature, "payload altered", func(l *lab) name.Digest { d := l.image(); return l.attach(d, l.altered(l.builder, d)) }, signing.Failed, "or was altered"},
	{keySignature, "signature tag deleted", func(l *lab) name.Digest { d := l.image(); return l.forget(l.attach(d, l.byKey(l.builder, d))) }, signing.Failed, "no signature"},
	{keySignature, "other digest under the tag", func(l *lab) name.Digest { d := l.image(); return l.moved(l.attach(d, l.byKey(l.builder, d))) }, signing.Failed, "no signature"},

	{keylessSignature, "signed", func(l *lab) name.Digest { d := l.image(); return l.attach(d, l.byIdentity(l.trusted(), d)) }, signing.Verified, "signed by " + workflow},
	{keylessSignature, "other identity", func(l *lab) name.Digest {
		d, w := l.image(), l.trusted()
		w.identity = fork
		return l.attach(d, l.byIdentity(w, d))
	}, signing.Failed, "it is by another identity, " + fork},
	{keylessSignature, "other issuer", func(l *lab) name.Digest {
		d, w := l.image(), l.trusted()
		w.issuer = "https://accounts.example.com"
		return l.attach(d, l.byIdentity(w, d))
	}, signing.Failed, "it is by another identity"},
	{keylessSignature, "other authority", func(l *lab) name.Digest {
		d, w := l.image(), l.trusted()
		w.by = l.rogue
		return l.attach(d, l.byIdentity(w, d))
	}, signing.Failed, "log"},
	{keylessSignature, "other authority, in the trusted log", func(l *lab) name.Digest {
		d, w := l.image(), l.trusted()
		w.by, w.log = l.rogue, l.sigstore
		return l.attach(d, l.byIdentity(w, d))
	}, signing.Failed, "its certificate is not by a trusted authority"},
	{keylessSignature, "certificate expired when it was made", func(l *lab) name.Digest {
		d, w := l.image(), l.trusted()
		w.at = 40 * time.Minute
		return l.attach(d, l.byIdentity(w, d))
	}, signing.Failed, "its certificate"},
	{keylessSignature, "log entry missing", func(l *lab) name.Digest {
		d, w := l.image(), l.trusted()
		w.unlogged = true
		return l.attach(d, l.byIdentity(w, d))
	}, signing.Failed, "it has no entry of a transparency log"},
	{keylessSignature, "copied from another image", func(l *lab) name.Digest { return l.attach(l.image(), l.byIdentity(l.trusted(), l.image())) }, signing.Failed, "it is of another image"},
	{keylessSignature, "signed by a key", func(l *lab) name.Digest { d := l.image(); return l.attach(d, l.byKey(l.builder, d)) }, signing.Failed, "log"},

	{keyAttestation, "provenance", func(l *lab) name.Digest { return attested(l, l.builder, nil) }, signing.Verified, "signed by key SHA256:"},
	{keyAttestation, "other key", func(l *lab) name.Digest { return attested(l, l.stranger, nil) }, signing.Failed, "it is not by key SHA256:"},
	{keyAttestation, "of another image", func(l *lab) name.Digest { other := l.image(); return attested(l, l.builder, &other) }, signing.Failed, "it is of another image"},
	{keyAttestation, "none", func(l *lab) name.Digest { return l.image() }, signing.Failed, "no signature"},
	{keyAttestation, "a signature only", func(l *lab) name.Digest { d := l.image(); return l.attach(d, l.byKey(l.builder, d)) }, signing.Failed, "no attestation"},
	{keyAttestation, "of another type", func(l *lab) name.Digest {
		d := l.image()
		return l.attachAttestation(d, l.attestedByKey(l.builder, statementOf(l, d, spdxType, object{"name": "x"})))
	}, signing.Failed, "no attestation of type " + provenanceType},
	{keyAttestation, "refused by the policy's CUE", func(l *lab) name.Digest {
		d := l.image()
		return l.attachAttestation(d, l.attestedByKey(l.builder, statementOf(l, d, provenanceType, provenance("https://example.com/laptop"))))
	}, signing.Failed, "its policy in CUE refuses it"},

	{keylessAttestation, "provenance", func(l *lab) name.Digest { return attestedBy(l, l.trusted(), nil) }, signing.Verified, "signed by " + workflow},
	{keylessAttestation, "other identity", func(l *lab) name.Digest { w := l.trusted(); w.identity = fork; return attestedBy(l, w, nil) }, signing.Failed, "it is by another identity"},
	{keylessAttestation, "of another image", func(l *lab) name.Digest { other := l.image(); return attestedBy(l, l.trusted(), &other) }, signing.Failed, "it is of another image"},
	{keylessAttestation, "log entry missing", func(l *lab) name.Digest { w := l.trusted(); w.unlogged = true; return attestedBy(l, w, nil) }, signing.Failed, "it has no entry of a transparency log"},

	{bundleAttestation, "provenance", func(l *lab) name.Digest { return bundledBy(l, l.trusted(), nil) }, signing.Verified, "signed by " + workflow},
	{bundleAttestation, "other identity", func(l *lab) name.Digest { w := l.trusted(); w.identity = fork; return bundledBy(l, w, nil) }, signing.Failed, "it is by another identity"},
	{bundleAttestation, "other authority", func(l *lab) name.Digest { w := l.trusted(); w.by = l.rogue; return bundledBy(l, w, nil) }, signing.Failed, "log"},
	{bundleAttestation, "of another image", func(l *lab) name.Digest { other := l.image(); return bundledBy(l, l.trusted(), &other) }, signing.Failed, "it is of another image"},
	{bundleAttestation, "log entry missing", func(l *lab) name.Digest { w := l.trusted(); w.unlogged = true; return bundledBy(l, w, nil) }, signing.Failed, "transparency log"},
	{bundleAttestation, "certificate expired when it was made", func(l *lab) name.Digest { w := l.trusted(); w.at = 40 * time.Minute; return bundledBy(l, w, nil) }, signing.Failed, "its certificate"},
	{bundleAttestation, "older format only", func(l *lab) name.Digest { return attestedBy(l, l.trusted(), nil) }, signing.Failed, "in the format that the policy asks for"},
}

const builderID = "https://github.com/actions/runner/github-hosted"

// subject is the image itself, or another that the attestation is really of.
func subject(d name.Digest, other *name.Digest) name.Digest {
	if other != nil {
		return *other
	}
	return d
}

func attested(l *lab, key keyPair, other *name.Digest) name.Digest {
	d := l.image()
	return l.attachAttestation(d, l.attestedByKey(key, statementOf(l, subject(d, other), provenanceType, provenance(builderID))))
}

func attestedBy(l *lab, w who, other *name.Digest) name.Digest {
	d := l.image()
	return l.attachAttestation(d, l.attestedByIdentity(w, statementOf(l, subject(d, other), provenanceType, provenance(builderID))))
}

func bundledBy(l *lab, w who, other *name.Digest) name.Digest {
	d := l.image()
	return l.bundled(d, w, provenanceType, statementOf(l, subject(d, other), provenanceType, provenance(builderID)))
}

// policyOf is what a kind of evidence is asked for with.
func policyOf(l *lab, k kind) object {
	authority := object{"name": "builder"}
	if k == keySignature || k == keyAttestation {
		authority["key"] = object{"data": string(l.builder.public)}
	} else {
		authority["keyless"] = object{"url": "https://fulcio.sigstore.dev", "insecureIgnoreSCT": true, "trustRootRef": "lab", "identities": []any{object{"issuer": issuer, "subject": workflow}}}
		authority["ctlog"] = object{"url": "https://rekor.sigstore.dev", "trustRootRef": "lab"}
	}
	if k != keySignature && k != keylessSignature {
		authority["attestations"] = []any{object{"name": "provenance", "predicateType": provenanceType,
			"policy": object{"type": "cue", "data": fmt.Sprintf("predicate: runDetails: builder: id: %q", builderID)}}}
	}
	if k == bundleAttestation {
		authority["signatureFormat"] = "bundle"
	}
	return object{"authorities": []any{authority}}
}

func policies(t *testing.T, texts ...string) []signing.Policy {
	t.Helper()
	parsed := manifest.Parse("policy.json", []byte(strings.Join(texts, "\n")))
	if len(parsed.Findings) > 0 {
		t.Fatal(parsed.Findings)
	}
	return signing.Policies(parsed.Objects)
}

func roots(t *testing.T, l *lab) signing.Roots {
	t.Helper()
	r, err := signing.ReadRoots([]string{"lab=" + l.rootFile})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestTrials prints a table of every trial with tenon's verdict.
func TestTrials(t *testing.T) {
	l := newLab(t)
	trust := roots(t, l)
	attacks := map[kind]int{}
	for _, c := range trials {
		t.Run(string(c.kind)+"/"+c.title, func(t *testing.T) {
			d := c.make(l)
			v := image.Client{Timeout: 20 * time.Second}.Verify(context.Background(), d.String(), policies(t, policyText(l, "builder", policyOf(l, c.kind))), trust)
			t.Logf("%-24s %-38s %-9s %s", c.kind, c.title, v.Outcome, strings.ReplaceAll(v.Reason, l.host, "registry"))
			if v.Outcome != c.want || !strings.Contains(v.Reason, c.reason) {
				t.Errorf("%s, want %s with %q", v.Outcome, c.want, c.reason)
			}
		})
		if c.want == signing.Failed {
			attacks[c.kind]++
		}
	}
	for k, n := range attacks {
		if n < 3 {
			t.Errorf("%s has only %d attacks", k, n)
		}
	}
}

// TestPolicies shows what policies mean together.
func TestPolicies(t *testing.T) {
	l := newLab(t)
	signed := l.image()
	l.attach(signed, l.byKey(l.builder, signed))
	key := func(k keyPair) object { return object{"key": object{"data": string(k.public)}} }
	static := func(action string) object { return object{"static": object{"action": action, "message": "not here"}} }
	of := func(authorities ...any) object { return object{"authorities": authorities} }
	for _, c := range []struct {
		title  string
		specs  []object
		want   signing.Outcome
		reason string
	}{
		{"none", nil, signing.NotVerified, "no signing policy covers it"},
		{"one of two authorities", []object{of(key(l.stranger), key(l.builder))}, signing.Verified, "signed by key"},
		{"none of two authorities", []object{of(key(l.stranger), static("fail"))}, signing.Failed, "disallowed by static policy: not here"},
		{"one of two policies", []object{of(key(l.builder)), of(key(l.stranger))}, signing.Failed, "policy p1"},
		{"both policies", []object{of(key(l.builder)), of(static("pass"))}, signing.Verified, "let through by policy p1 without a signature"},
		{"static only", []object{of(static("pass"))}, signing.Verified, "let through by policy p0 without a signature"},
		{"key in a Secret", []object{of(object{"key": object{"secretRef": object{"name": "k", "namespace": "cosign-system"}}})}, signing.NotVerified, "its key is in a Secret of the cluster"},
		{"key in a Secret, and a failure", []object{of(object{"key": object{"secretRef": object{"name": "k"}}}), of(key(l.stranger))}, signing.Failed, "policy p1"},
		{"key in a Secret, or one that holds", []object{of(object{"key": object{"secretRef": object{"name": "k"}}}, key(l.builder))}, signing.Verified, "signed by key"},
		{"key kept by a service", []object{of(object{"key": object{"kms": "awskms:///alias/k"}})}, signing.NotVerified, "kept by awskms"},
		{"unknown root of trust", []object{of(object{"keyless": object{"url": "https://f.example.com", "trustRootRef": "own", "identities": []any{object{"issuer": issuer, "subject": workflow}}}})}, signing.NotVerified, "TrustRoot own is not at hand"},
		{"anybody", []object{of(object{"keyless": object{"url": "https://f.example.com", "trustRootRef": "lab"}})}, signing.Failed, "anybody could sign"},
		{"no authority", []object{of()}, signing.Failed, "it names no authority"},
		{"key in a bundle", []object{of(object{"key": object{"data": string(l.builder.public)}, "signatureFormat": "bundle"})}, signing.Failed, "keyless authorities only"},
		{"log of a key", []object{of(object{"key": object{"data": string(l.builder.public)}, "ctlog": object{"url": "https://rekor.sigstore.dev", "trustRootRef": "lab"}})}, signing.Failed, "transparency log"},
		{"CUE above all", []object{withPolicy(of(key(l.builder)), "cue", `authorityMatches: "authority-0": signatures: [_, ...]`)}, signing.Verified, "signed by key"},
		{"CUE above all refuses", []object{withPolicy(of(key(l.builder)), "cue", `authorityMatches: "authority-0": signatures: [_, _, ...]`)}, signing.Failed, "refuses it"},
		{"Rego above all refuses", []object{withPolicy(of(key(l.builder)), "rego", "package sigstore\ndefault isCompliant = false\nisCompliant { input.nothing }")}, signing.Failed, "refuses it"},
		{"malformed", []object{{"authorities": "all"}}, signing.NotVerified, "cannot be read"},
	} {
		t.Run(c.title, func(t *testing.T) {
			var texts []string
			for i, spec := range c.specs {
				texts = append(texts, policyText(l, fmt.Sprintf("p%d", i), spec))
			}
			var all []signing.Policy
			if len(texts) > 0 {
				all = policies(t, texts...)
			}
			v := image.Client{}.Verify(context.Background(), signed.String(), all, roots(t, l))
			if v.Outcome != c.want || !strings.Contains(v.Reason, c.reason) {
				t.Errorf("%s: %s; want %s with %q", v.Outcome, v.Reason, c.want, c.reason)
			}
		})
	}
}

func withPolicy(spec object, language, text string) object {
	spec["policy"] = object{"type": language, "data": text}
	return spec
}

// TestCovers shows which images globs and kinds cover.
func TestCovers(t *testing.T) {
	deployment := []signing.Admitted{{APIVersion: "apps/v1", Kind: "Deployment", Labels: map[string]string{"app": "x"}}}
	for _, c := range []struct {
		glob, image string
		match       object
		want        bool
	}{
		{"ghcr.io/example/*", "ghcr.io/example/tool:v1", nil, true},
		{"ghcr.io/example/*", "ghcr.io/example/team/tool:v1", nil, false},
		{"ghcr.io/example/**", "ghcr.io/example/team/tool:v1", nil, true},
		{"ghcr.io/example", "ghcr.io/example/tool", nil, false},
		{"*", "busybox", nil, true},
		{"*/*", "grafana/grafana", nil, true},
		{"index.docker.io/library/*", "busybox:1", nil, true},
		{"ghcr.io.example/*", "ghcrxio.example/tool", nil, false},
		{"**", "ghcr.io/a/b/c@sha256:" + strings.Repeat("1", 64), nil, true},
		{"ghcr.io/example/tool:*", "ghcr.io/example/tool:v1@sha256:" + strings.Repeat("1", 64), nil, false},
		{"**", "ghcr.io/a/b", object{"group": "apps", "version": "v1", "resource": "deployments"}, true},
		{"**", "ghcr.io/a/b", object{"group": "apps", "version": "*", "resource": "deployments"}, true},
		{"**", "ghcr.io/a/b", object{"group": "", "version": "v1", "resource": "pods"}, false},
		{"**", "ghcr.io/a/b", object{"group": "apps", "version": "v1", "resource": "deployments", "selector": object{"matchLabels": object{"app": "y"}}}, false},
	} {
		spec := object{"images": []any{object{"glob": c.glob}}, "authorities": []any{object{"static": object{"action": "pass"}}}}
		if c.match != nil {
			spec["match"] = []any{c.match}
		}
		l := &lab{t: t}
		p := policies(t, policyText(l, "p", spec))[0]
		covers, err := p.Covers(c.image, deployment)
		if err != nil || covers != c.want {
			t.Errorf("%s of %s for %v: %t, %v", c.glob, c.image, c.match, covers, err)
		}
	}
}

// TestCache verifies without a registry what was verified before, and asks again where it was not.
func TestCache(t *testing.T) {
	l := newLab(t)
	d := l.image()
	client := image.Client{Cache: t.TempDir(), Timeout: 5 * time.Second}
	all := policies(t, policyText(l, "builder", policyOf(l, keySignature)))
	if v := client.Verify(context.Background(), d.String(), all, nil); v.Outcome != signing.Failed || v.Cached {
		t.Fatalf("unsigned: %+v", v)
	}
	l.attach(d, l.byKey(l.builder, d))
	if v := client.Verify(context.Background(), d.String(), all, nil); v.Outcome != signing.Verified || v.Cached {
		t.Fatalf("signed since: %+v", v)
	}
	l.forget(d)
	if v := client.Verify(context.Background(), d.String(), all, nil); v.Outcome != signing.Verified || !v.Cached {
		t.Fatalf("from cache: %+v", v)
	}
	other := policies(t, strings.ReplaceAll(policyText(l, "builder", policyOf(l, keySignature)), pemText(l.builder), pemText(l.stranger)))
	if v := client.Verify(context.Background(), d.String(), other, nil); v.Outcome != signing.Failed {
		t.Fatalf("another policy: %+v", v)
	}
	old := time.Now().Add(-25 * time.Hour)
	l.must(os.MkdirAll(client.Cache+"/old", 0o777))
	l.must(os.Chtimes(client.Cache+"/old", old, old))
	again := l.image()
	l.attach(again, l.byKey(l.builder, again))
	client.Verify(context.Background(), again.String(), all, nil)
	entries, err := os.ReadDir(client.Cache)
	if err != nil || len(entries) != 2 || slices.ContainsFunc(entries, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), "new-") }) {
		t.Errorf("the cache holds %v, %v", entries, err)
	}
}

func pemText(k keyPair) string { return strings.ReplaceAll(string(k.public), "\n", `\n`) }

// TestHostile looks at what a registry may hold to mislead, and at policies that mean less than they seem to.
func TestHostile(t *testing.T) {
	l := newLab(t)
	judge := func(d name.Digest, spec object) signing.Verdict {
		return image.Client{}.Verify(context.Background(), d.String(), policies(t, policyText(l, "p", spec)), roots(t, l))
	}
	key := func(pem string) object { return object{"authorities": []any{object{"key": object{"data": pem}}}} }

	broken := l.image()
	claim := claimOf(l, broken)
	sig, err := static.NewSignature(claim, "AAAA", static.WithAnnotations(map[string]string{"dev.sigstore.cosign/certificate": " "}))
	l.must(err)
	l.attach(broken, sig)
	if v := judge(broken, key(string(l.builder.public))); v.Outcome != signing.Failed || !strings.Contains(v.Reason, "what is attached is no signature") {
		t.Errorf("certificate without content: %s: %s", v.Outcome, v.Reason)
	}
	l.attach(broken, l.byKey(l.builder, broken))
	if v := judge(broken, key(string(l.builder.public))); v.Outcome != signing.Verified {
		t.Errorf("a good signature beside a broken one: %s: %s", v.Outcome, v.Reason)
	}
	if v := judge(broken, key(string(l.stranger.public)+string(l.builder.public))); v.Outcome != signing.Failed || !strings.Contains(v.Reason, "reads the first only") {
		t.Errorf("two keys: %s: %s", v.Outcome, v.Reason)
	}

	keyless := l.image()
	l.attach(keyless, l.byIdentity(l.trusted(), keyless))
	for text, want := range map[string]signing.Outcome{
		fmt.Sprintf("authorityMatches: builder: signatures: [{subject: %q}]", workflow): signing.Verified,
		fmt.Sprintf("authorityMatches: builder: signatures: [{subject: %q}]", fork):     signing.Failed,
		`authorityMatches: builder: signatures: [{id: "other"}]`:                        signing.Failed,
		`authorityMatches: stranger: _`:                                                 signing.Verified,
	} {
		if v := judge(keyless, withPolicy(policyOf(l, keylessSignature), "cue", text)); v.Outcome != want {
			t.Errorf("%s: %s: %s", text, v.Outcome, v.Reason)
		}
	}

	bundled := bundledBy(l, l.trusted(), nil)
	spec := policyOf(l, bundleAttestation)
	delete(spec["authorities"].([]any)[0].(object), "attestations")
	if v := judge(bundled, spec); v.Outcome != signing.Failed || !strings.Contains(v.Reason, "for attestations only") {
		t.Errorf("an attestation for a signature: %s: %s", v.Outcome, v.Reason)
	}
	two := policyOf(l, keylessSignature)
	two["authorities"].([]any)[0].(object)["rfc3161timestamp"] = object{"trustRootRef": "other"}
	if v := judge(keyless, two); v.Outcome != signing.NotVerified || !strings.Contains(v.Reason, "different roots of trust") {
		t.Errorf("roots of timestamps: %s: %s", v.Outcome, v.Reason)
	}
}

// TestMalformedPolicies hides no image: what a policy covers that cannot be read is not known.
func TestMalformedPolicies(t *testing.T) {
	l := newLab(t)
	d := l.image()
	l.attach(d, l.byKey(l.builder, d))
	good := policyText(l, "good", policyOf(l, keySignature))
	bad := policyText(l, "bad", object{"images": object{"glob": "**"}})
	for _, p := range policies(t, good, bad) {
		if covers, err := p.Covers(d.String(), nil); !covers || err != nil {
			t.Errorf("%s covers %t, %v", p.Name, covers, err)
		}
	}
	v := image.Client{}.Verify(context.Background(), d.String(), policies(t, good, bad), nil)
	if v.Outcome != signing.NotVerified || !strings.Contains(v.Reason, "policy bad") {
		t.Errorf("%s: %s", v.Outcome, v.Reason)
	}
}
