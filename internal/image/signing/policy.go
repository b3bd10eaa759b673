// Package signing knows signatures and attestations of images: the policies that ask for them, with
// the meaning that sigstore's policy-controller gives these, the evidence that a registry or a folder
// holds, and the verdict. It asks no transparency log and fetches no root of trust.
package signing

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/lru"

	"tenon.dev/tenon/internal/manifest"
)

// Policy is a ClusterImagePolicy
// (https://docs.sigstore.dev/policy-controller/overview/#configuring-image-patterns).
type Policy struct {
	Name string
	Spec Spec
	// Malformed says why the policy cannot be read; empty if it can.
	Malformed string
	// configMaps hold policies that others refer to.
	configMaps []manifest.Object
	// own marks the policy that a key on the command line makes, which no cluster has.
	own bool
}

// Spec is the spec of a ClusterImagePolicy, as policy.sigstore.dev/v1beta1 and v1alpha1 have it.
type Spec struct {
	Images []struct {
		Glob string `json:"glob"`
	} `json:"images"`
	Authorities []Authority `json:"authorities"`
	Policy      *Predicate  `json:"policy"`
	// Mode is enforce, the default, or warn.
	Mode  string  `json:"mode"`
	Match []Match `json:"match"`
}

// Match limits a policy to objects of a kind.
type Match struct {
	metav1.GroupVersionResource `json:",inline"`
	Selector                    *metav1.LabelSelector `json:"selector"`
}

// Authority is somebody whose word is enough.
type Authority struct {
	Name    string   `json:"name"`
	Key     *KeyRef  `json:"key"`
	Keyless *Keyless `json:"keyless"`
	Static  *struct {
		Action  string `json:"action"`
		Message string `json:"message"`
	} `json:"static"`
	Sources          []Source      `json:"source"`
	CTLog            *TrustRef     `json:"ctlog"`
	RFC3161Timestamp *TrustRef     `json:"rfc3161timestamp"`
	Attestations     []Attestation `json:"attestations"`
	// SignatureFormat is legacy, the default, or bundle.
	SignatureFormat string `json:"signatureFormat"`
}

// KeyRef is a public key, or where the cluster finds it.
type KeyRef struct {
	Data          string           `json:"data"`
	SecretRef     *json.RawMessage `json:"secretRef"`
	KMS           string           `json:"kms"`
	HashAlgorithm string           `json:"hashAlgorithm"`
}

// Keyless asks for a certificate of an identity.
type Keyless struct {
	URL               string     `json:"url"`
	Identities        []Identity `json:"identities"`
	TrustRootRef      string     `json:"trustRootRef"`
	InsecureIgnoreSCT bool       `json:"insecureIgnoreSCT"`
}

// Identity that a certificate names.
type Identity struct {
	Issuer        string `json:"issuer,omitempty"`
	Subject       string `json:"subject,omitempty"`
	IssuerRegExp  string `json:"issuerRegExp,omitempty"`
	SubjectRegExp string `json:"subjectRegExp,omitempty"`
}

// TrustRef is a service and the root that it is trusted by.
type TrustRef struct {
	URL          string `json:"url"`
	TrustRootRef string `json:"trustRootRef"`
}

// Source is another repository that signatures are kept in.
type Source struct {
	OCI       string `json:"oci"`
	TagPrefix string `json:"tagPrefix"`
}

// Attestation that an authority must have made.
type Attestation struct {
	Name          string     `json:"name"`
	PredicateType string     `json:"predicateType"`
	Policy        *Predicate `json:"policy"`
}

// Predicate is a policy in CUE or Rego about what is attested.
type Predicate struct {
	Type            string `json:"type"`
	Data            string `json:"data"`
	FetchConfigFile bool   `json:"fetchConfigFile"`
	IncludeSpec     bool   `json:"includeSpec"`
	IncludeMeta     bool   `json:"includeObjectMeta"`
	IncludeTypeMeta bool   `json:"includeTypeMeta"`
	Remote          *struct {
		URL string `json:"url"`
	} `json:"remote"`
	ConfigMapRef *struct {
		Name, Namespace, Key string
	} `json:"configMapRef"`
}

// group of policy-controller's API.
const group = "policy.sigstore.dev"

// Policies reads the policies among objects. One that cannot be read is kept, so that what it covers
// is not taken for verified.
func Policies(objects []manifest.Object) []Policy {
	var policies []Policy
	var configMaps []manifest.Object
	for _, o := range objects {
		if o.Kind == "ConfigMap" {
			configMaps = append(configMaps, o)
		}
	}
	for _, o := range objects {
		if o.Kind != "ClusterImagePolicy" || o.GroupKind().Group != group {
			continue
		}
		p := Policy{Name: o.Name, configMaps: configMaps}
		text, err := json.Marshal(o.Value["spec"])
		if err == nil {
			err = json.Unmarshal(text, &p.Spec)
		}
		if err != nil {
			p.Malformed = err.Error()
		}
		for i := range p.Spec.Authorities {
			if a := &p.Spec.Authorities[i]; a.Name == "" {
				a.Name = fmt.Sprintf("authority-%d", i)
			}
		}
		policies = append(policies, p)
	}
	return policies
}

// Who says whom a policy asks for.
func (p Policy) Who() string {
	var all []string
	for _, a := range p.Spec.Authorities {
		switch {
		case a.Static != nil:
			all = append(all, "static "+a.Static.Action)
		case a.Keyless != nil:
			for _, id := range a.Keyless.Identities {
				all = append(all, fmt.Sprintf("%s (%s)", cmp.Or(id.Subject, "/"+id.SubjectRegExp+"/"), cmp.Or(id.Issuer, "/"+id.IssuerRegExp+"/")))
			}
		case a.Key != nil:
			keys, err := a.Key.keys()
			if err != nil {
				all = append(all, "a key that is not here")
			}
			for _, k := range keys {
				all = append(all, "key "+k.fingerprint)
			}
		}
	}
	return strings.Join(all, " or ")
}

// Identity tells policies apart by all that decides: what they say, and what they refer to.
func (p Policy) Identity() string {
	spec, _ := json.Marshal(p.Spec)
	texts := []string{p.Name, string(spec), p.Malformed}
	note := func(c *Predicate) {
		if c != nil && c.ConfigMapRef != nil {
			text, err := c.text(p)
			texts = append(texts, text, fmt.Sprint(err))
		}
	}
	note(p.Spec.Policy)
	for _, a := range p.Spec.Authorities {
		for _, wanted := range a.Attestations {
			note(wanted.Policy)
		}
	}
	return strings.Join(texts, "\x00")
}

// Admitted is an object that a cluster would ask about: the pod, or what makes it.
type Admitted struct {
	APIVersion, Kind string
	Labels           map[string]string
}

// Covers tells whether a policy is about an image of any of the objects.
func (p Policy) Covers(image string, admitted []Admitted) (bool, error) {
	if p.Malformed != "" {
		return true, nil // what it covers is not known
	}
	for _, m := range p.Spec.Match {
		if _, err := metav1.LabelSelectorAsSelector(m.Selector); err != nil {
			return false, fmt.Errorf("its selector: %w", err)
		}
	}
	if len(p.Spec.Match) > 0 && !slices.ContainsFunc(admitted, p.matches) {
		return false, nil
	}
	covered := false
	for _, pattern := range p.Spec.Images {
		matched, err := MatchGlob(pattern.Glob, image)
		if err != nil {
			return false, err
		}
		covered = covered || matched
	}
	return covered, nil
}

func (p Policy) matches(o Admitted) bool {
	gv, err := schema.ParseGroupVersion(o.APIVersion)
	if err != nil {
		return false
	}
	resource, _ := meta.UnsafeGuessKindToResource(gv.WithKind(o.Kind))
	return slices.ContainsFunc(p.Spec.Match, func(m Match) bool {
		if m.Resource != resource.Resource || m.Group != resource.Group || m.Version != resource.Version && m.Version != "*" {
			return false
		}
		if m.Selector == nil {
			return true
		}
		selector, err := metav1.LabelSelectorAsSelector(m.Selector)
		return err == nil && selector.Matches(labels.Set(o.Labels))
	})
}

var validGlob = regexp.MustCompile(`^[a-zA-Z0-9-_:\/\*\.@]+$`)

// globs keeps the patterns that were last asked for: each policy is asked about each image.
var globs = lru.New(1024)

func compileGlob(glob string) (*regexp.Regexp, error) {
	if known, ok := globs.Get(glob); ok {
		return known.(*regexp.Regexp), nil
	}
	pattern := regexp.QuoteMeta(glob)
	pattern = strings.ReplaceAll(pattern, `\*\*`, ".*")
	pattern = strings.ReplaceAll(pattern, `\*`, "[^/]*")
	compiled, err := regexp.Compile("^" + pattern + "$")
	if err == nil {
		globs.Add(glob, compiled)
	}
	return compiled, err
}

// MatchGlob tells whether a glob of a policy covers an image: * stays within one segment of a path,
// ** crosses them. Names without a registry are those of Docker Hub; a name without tag and digest
// has the tag latest.
func MatchGlob(glob, image string) (bool, error) {
	switch glob {
	case "*":
		glob = "index.docker.io/library/*"
	case "*/*":
		glob = "index.docker.io/*/*"
	}
	if !validGlob.MatchString(glob) {
		return false, fmt.Errorf("invalid glob %q", glob)
	}
	compiled, err := compileGlob(glob)
	if err != nil {
		return false, fmt.Errorf("glob %q: %w", glob, err)
	}
	ref, err := name.ParseReference(image, name.WeakValidation)
	if err != nil {
		return false, fmt.Errorf("reading image reference: %w", err)
	}
	// policy-controller sees the digest: a glob of a tag covers nothing that is pinned.
	return compiled.MatchString(ref.Name()), nil
}
