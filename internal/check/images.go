package check

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/image/signing"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
)

// ImageSubject are objects whose images are verified together: a target's, or those of files.
type ImageSubject struct {
	// Target is nil for manifests that are not of a platform.
	Target  *finding.Target
	Objects []manifest.Object
	// Expected is what attestations of the images may say.
	Expected platform.SupplyChain
}

// ImageSubjects are the targets of environments.
func ImageSubjects(environments []Environment) []ImageSubject {
	var all []ImageSubject
	for _, e := range environments {
		for _, t := range e.Targets {
			all = append(all, ImageSubject{Target: &t.Target, Objects: t.Objects, Expected: e.State.SupplyChain})
		}
	}
	return all
}

// Trust is what signatures are verified with.
type Trust struct {
	// Roots of trust, for certificates and logs.
	Roots signing.Roots
	// Own takes the place of all policies among the objects; nil leaves these.
	Own *signing.Policy
}

// idlePolicies finds signing policies that cover none of the images of a target: whoever wrote them
// believes that they do. Those that only let images pass may be for what others install.
func idlePolicies(objects []manifest.Object, uses []image.Use) []finding.Finding {
	var found []finding.Finding
	for _, p := range signing.Policies(objects) {
		covers := slices.ContainsFunc(uses, func(u image.Use) bool {
			covered, err := p.Covers(u.Image, admitted(u))
			return covered || err != nil
		})
		static := !slices.ContainsFunc(p.Spec.Authorities, func(a signing.Authority) bool { return a.Static == nil })
		if covers || static || len(uses) == 0 {
			continue
		}
		i := slices.IndexFunc(objects, func(o manifest.Object) bool { return o.Kind == "ClusterImagePolicy" && o.Name == p.Name })
		found = append(found, finding.Finding{
			Rule: "image/policy-covers-nothing", Severity: finding.Warning, Object: objects[i].Ref(), Field: "spec.images[0].glob",
			Message: fmt.Sprintf("policy %s covers none of the images that run here", p.Name),
			Remedy:  "correct its globs: * stays within one segment, ** crosses them, and images are known by digest, not by tag",
		})
	}
	return found
}

// VerifyImages verifies every image that the subjects run, each once for the policies that cover it,
// and returns the verdicts sorted by image together with where each is used.
func VerifyImages(ctx context.Context, client image.Client, subjects []ImageSubject, trust Trust) []ImageVerdict {
	all := collect(subjects, trust, image.Uses)
	image.Each(len(all), func(i int) {
		if v := &all[i]; v.broken != nil {
			v.Verdict = signing.Verdict{Image: v.Image, Outcome: signing.NotVerified, Reason: v.broken.Error()}
		} else {
			v.Verdict = client.Verify(ctx, v.Image, v.policies, trust.Roots)
		}
	})
	return all
}

// ImageVerdict is what is known of one image's signatures, and where it is used.
type ImageVerdict struct {
	signing.Verdict
	policies []signing.Policy
	// broken is why the policies that cover the image are not known.
	broken   error
	expected platform.SupplyChain
	uses     []targetUse
}

type targetUse struct {
	image.Use
	target *finding.Target
}

// collect lists the images with the policies that cover each.
func collect(subjects []ImageSubject, trust Trust, usesOf func([]manifest.Object) []image.Use) []ImageVerdict {
	var all []ImageVerdict
	seen := map[string]int{}
	for _, s := range subjects {
		declared := signing.Policies(s.Objects)
		expected, _ := json.Marshal(s.Expected)
		for _, use := range usesOf(s.Objects) {
			policies, err := covering(declared, trust.Own, use)
			id := use.Image + "\x00" + identity(policies) + string(expected) + fmt.Sprint(err)
			i, known := seen[id]
			if !known {
				i = len(all)
				seen[id] = i
				all = append(all, ImageVerdict{Verdict: signing.Verdict{Image: use.Image}, policies: policies, broken: err, expected: s.Expected})
			}
			all[i].uses = append(all[i].uses, targetUse{use, s.Target})
		}
	}
	slices.SortStableFunc(all, func(a, b ImageVerdict) int { return strings.Compare(a.Image, b.Image) })
	return all
}

// NamedImage is an image with the places that name it and the policies that cover it.
type NamedImage struct {
	Image            string
	Places, Policies []string
}

// ListImages lists every image that the subjects name or build on, each once, sorted.
func ListImages(subjects []ImageSubject) []NamedImage {
	var list []NamedImage
	all := collect(subjects, Trust{}, func(objects []manifest.Object) []image.Use {
		return append(image.Uses(objects), image.Bases(objects)...)
	})
	for _, v := range all {
		if len(list) == 0 || list[len(list)-1].Image != v.Image {
			list = append(list, NamedImage{Image: v.Image})
		}
		named := &list[len(list)-1]
		for _, use := range v.uses {
			if place := use.Object.Kind + "/" + use.Object.Name + " " + use.At.String(); !slices.Contains(named.Places, place) {
				named.Places = append(named.Places, place)
			}
		}
		for _, p := range v.policies {
			if text := p.Name + ": " + p.Who(); !slices.Contains(named.Policies, text) {
				named.Policies = append(named.Policies, text)
			}
		}
	}
	return list
}

func covering(declared []signing.Policy, own *signing.Policy, use image.Use) ([]signing.Policy, error) {
	if own != nil {
		return []signing.Policy{*own}, nil
	}
	var policies []signing.Policy
	for _, p := range declared {
		covers, err := p.Covers(use.Image, admitted(use))
		if err != nil {
			return nil, fmt.Errorf("policy %s: %w", p.Name, err)
		}
		if covers {
			policies = append(policies, p)
		}
	}
	return policies, nil
}

// identity tells policies apart by what they say: environments repeat each other's.
func identity(policies []signing.Policy) string {
	var b strings.Builder
	for _, p := range policies {
		b.WriteString(p.Identity())
	}
	return b.String()
}

// admitted are the objects with which policy-controller's webhook meets an image: what names it, and
// the pod that comes of it.
func admitted(use image.Use) []signing.Admitted {
	o := use.Object
	labelsAt := func(at manifest.Path) map[string]string {
		found, _ := manifest.Lookup(o.Value, at)
		all, _ := found.(map[string]any)
		labels := map[string]string{}
		for key, value := range all {
			labels[key], _ = value.(string)
		}
		return labels
	}
	own := signing.Admitted{APIVersion: o.APIVersion, Kind: o.Kind, Labels: labelsAt(manifest.Path{"metadata", "labels"})}
	pod := signing.Admitted{APIVersion: "v1", Kind: "Pod", Labels: maps.Clone(own.Labels)}
	if i := slices.Index(use.At, any("template")); i > 0 {
		pod.Labels = labelsAt(slices.Concat(use.At[:i+1], manifest.Path{"metadata", "labels"}))
	}
	if strings.HasPrefix(o.APIVersion, "tekton.dev/") {
		pod.Labels["app.kubernetes.io/managed-by"] = "tekton-pipelines"
	}
	all := []signing.Admitted{own, pod}
	if between, ok := makers[o.Kind]; ok {
		between.Labels = pod.Labels
		all = append(all, between)
	}
	return all
}

// makers are what a workload makes before there is a pod: the webhook meets these, too.
var makers = map[string]signing.Admitted{
	"Deployment": {APIVersion: "apps/v1", Kind: "ReplicaSet"},
	"CronJob":    {APIVersion: "batch/v1", Kind: "Job"},
}

// ImageFindings makes findings of the verdicts that are no pass, and of what the rules say of the
// attestations. What could not be verified is a warning, or an error where verification is required.
func (c *Checker) ImageFindings(ctx context.Context, verdicts []ImageVerdict, required bool) ([]finding.Finding, error) {
	var found []finding.Finding
	for _, v := range verdicts {
		f := finding.Finding{Severity: finding.Error}
		switch {
		case v.Outcome == signing.Verified:
			judged, err := c.policies.Evaluate(ctx, v.object())
			if err != nil {
				return nil, err
			}
			for _, j := range judged {
				found = append(found, v.at(j))
			}
			continue
		case v.Outcome == signing.NotVerified:
			f.Rule = "image/not-verified"
			f.Message = fmt.Sprintf("image %s was not verified: %s", v.Image, v.Reason)
			f.Remedy = "make the registry reachable, give the root of trust, or cover the image by a signing policy"
			if !required {
				f.Severity = finding.Warning
			}
		default:
			f.Rule = "image/signature-failed"
			f.Message = fmt.Sprintf("image %s failed verification: %s", v.Image, v.Reason)
			f.Remedy = "sign the image that is in the registry as the policy asks, or correct the lock"
			if v.Warn {
				f.Severity = finding.Warning
			}
		}
		found = append(found, v.at(f))
	}
	return found, nil
}

// at places a finding where the image is named first.
func (v ImageVerdict) at(f finding.Finding) finding.Finding {
	first := v.uses[0]
	f.Object, f.Field = first.Object.Ref(), first.At.String()
	apply(&f, first.Object.Origin.Trace(first.At, ""))
	for _, use := range v.uses {
		if use.target != nil && !slices.Contains(f.Targets, *use.target) {
			f.Targets = append(f.Targets, *use.target)
		}
	}
	return f
}

// object is what rules see of a verified image, as input.image.
func (v ImageVerdict) object() manifest.Object {
	var value map[string]any
	text, err := json.Marshal(map[string]any{"image": map[string]any{
		"reference": v.Image, "signers": v.Signers, "attestations": v.Attestations, "expected": v.expected,
	}})
	if err == nil {
		err = json.Unmarshal(text, &value)
	}
	if err != nil {
		value = map[string]any{}
	}
	return manifest.Object{APIVersion: "tenon.dev/v1", Kind: "Image", Name: v.Image, Value: value}
}
