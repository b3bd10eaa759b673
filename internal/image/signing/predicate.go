package signing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/manifest"
)

// predicateTypes are the short names that cosign has for the URIs
// (https://github.com/sigstore/cosign/blob/main/doc/cosign_verify-attestation.md).
var predicateTypes = map[string]string{
	"custom": "https://cosign.sigstore.dev/attestation/v1", "slsaprovenance": "https://slsa.dev/provenance/v0.2",
	"slsaprovenance02": "https://slsa.dev/provenance/v0.2", "slsaprovenance1": "https://slsa.dev/provenance/v1",
	"spdx": "https://spdx.dev/Document", "spdxjson": "https://spdx.dev/Document", "cyclonedx": "https://cyclonedx.org/bom",
	"link": "https://in-toto.io/Link/v1", "vuln": "https://cosign.sigstore.dev/attestation/vuln/v1", "openvex": "https://openvex.dev/ns",
}

// among finds the statements that satisfy what is wanted.
func (w Attestation) among(ctx context.Context, p Policy, statements []Statement) ([]any, error) {
	uri, ok := predicateTypes[w.PredicateType]
	if !ok {
		uri = w.PredicateType
	}
	kept := []any{}
	var others []string
	var why error
	for _, s := range statements {
		if s.PredicateType != uri {
			others = append(others, s.PredicateType)
			continue
		}
		if w.Policy != nil {
			if err := w.Policy.evaluate(ctx, p, s.text); err != nil {
				if why == nil || errors.Is(err, errUndecidable) {
					why = fmt.Errorf("attestation %s: %w", w.Name, err)
				}
				continue
			}
		}
		one := maps.Clone(s.match)
		if one != nil {
			one["predicateType"] = w.PredicateType
		}
		kept = append(kept, one)
	}
	switch {
	case len(kept) > 0:
		return kept, nil
	case why != nil:
		return nil, why
	}
	slices.Sort(others)
	return nil, fmt.Errorf("no attestation of type %s; there are: %s", w.PredicateType, strings.Join(slices.Compact(others), ", "))
}

// evaluate asks a policy in CUE or Rego, as cosign does, but with no more than rules may do: a policy is
// a part of what is judged. What takes more than that is undecidable here.
func (c Predicate) evaluate(ctx context.Context, p Policy, text []byte) error {
	data, err := c.text(p)
	if err != nil {
		return err
	}
	if len(data) > maxPredicate {
		return undecidable("its policy is larger than %d KiB", maxPredicate>>10)
	}
	ctx, cancel := context.WithTimeout(ctx, maxDecision)
	defer cancel()
	switch c.Type {
	case "cue":
		return evaluateCUE(ctx, data, text)
	case "rego":
		return evaluateRego(ctx, data, text)
	}
	return fmt.Errorf("policies are cue or rego, not %s", c.Type)
}

func (c Predicate) text(p Policy) (string, error) {
	switch {
	case c.Data != "":
		return c.Data, nil
	case c.Remote != nil:
		return "", undecidable("its policy is fetched from %s", c.Remote.URL)
	case c.ConfigMapRef != nil:
		ref := *c.ConfigMapRef
		for _, o := range p.configMaps {
			if o.Name == ref.Name && o.Namespace == ref.Namespace {
				if text, ok := manifest.Lookup(o.Value, manifest.Path{"data", ref.Key}); ok {
					return fmt.Sprint(text), nil
				}
			}
		}
		return "", undecidable("its policy is in ConfigMap %s/%s, which is not among the objects", ref.Namespace, ref.Name)
	}
	return "", fmt.Errorf("the policy has no text")
}
