package gate

import (
	"path"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/pattern"
)

// include is the label of a namespace that policy-controller looks at
// (https://docs.sigstore.dev/policy-controller/overview/#configure-policy-controller-for-namespaces).
const include, exclude = "policy.sigstore.dev/include", "policy.sigstore.dev/exclude"

// signing adds what changes about which images may run: policies that came, went or ask for something
// else, and namespaces that are no longer looked at. elsewhere says that the changes are against another
// target, whose namespaces may be called otherwise.
func (m *meaning) signing(t finding.Target, before []manifest.Object, changes []diff.Object, elsewhere bool) {
	for _, o := range changes {
		switch o.Object.Kind {
		case "ClusterImagePolicy", "TrustRoot":
			m.policy(t, before, o)
		case "File":
			if path.Base(o.Object.Name) == "trusted_root.json" { // certificates and logs are trusted by it
				m.add("trust", item{"what": "signing", "op": o.Op, "name": "the root of trust " + o.Object.Name, "field": "", "object": o.Object}, t)
			}
		case "Namespace":
			m.optIn(t, o)
			if o.Op == diff.Added && labelOf(*o.After, exclude) == "true" && slices.ContainsFunc(before, verified) {
				m.weaker(t, o, exclude, "there, as it is on no other namespace")
			}
			if o.Op == diff.Added && !elsewhere && labelOf(*o.After, include) != "true" && slices.ContainsFunc(before, verified) {
				m.weaker(t, o, include, "not there, as it is on other namespaces")
			}
			if elsewhere && o.Op == diff.Added && slices.ContainsFunc(changes, isIncluded) && labelOf(*o.After, include) != "true" {
				m.weaker(t, o, include, "changed")
			}
		}
	}
}

// verified tells whether an object is a namespace whose images are looked at.
func verified(o manifest.Object) bool {
	return o.Kind == "Namespace" && o.APIVersion == "v1" && labelOf(o, include) == "true" && labelOf(o, exclude) != "true"
}

// isIncluded tells whether a namespace that went was looked at.
func isIncluded(o diff.Object) bool { return o.Op == diff.Removed && verified(*o.Before) }

func labelOf(o manifest.Object, name string) any {
	value, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "labels", name})
	return value
}

func (m *meaning) weaker(t finding.Target, o diff.Object, label, op string) {
	field := manifest.Path{"metadata", "labels", label}.String()
	m.add("trust", item{"what": "signing", "op": op, "name": "Namespace " + o.Object.Name, "field": field, "object": o.Object}, t)
}

func (m *meaning) policy(t finding.Target, before []manifest.Object, o diff.Object) {
	add := func(op string, field string) {
		m.add("trust", item{"what": "signing", "op": op, "name": o.Object.Kind + " " + o.Object.Name, "field": field, "object": o.Object}, t)
	}
	switch o.Op {
	case diff.Removed:
		add("removed", "")
		return
	case diff.Added:
		switch {
		case letsPass(*o.After):
			add("added", "spec.authorities")
		case letsMore(before, *o.After):
			add("added", "spec.images")
		}
		leaves(o.After.Value, "", func(field string) {
			if takenAway.MatchString(field) {
				add("added", field)
			}
		})
		return
	}
	for _, c := range o.Changes {
		matters := strings.HasPrefix(c.Field, "spec") || strings.HasPrefix(c.Field, "metadata.ownerReferences") || takenAway.MatchString(c.Field)
		for _, value := range []any{c.Before, c.After} {
			leaves(value, c.Field, func(field string) { matters = matters || takenAway.MatchString(field) })
		}
		if !matters {
			continue
		}
		op := "changed"
		if c.Field == "spec.mode" && (c.After == "enforce" || c.After == nil) {
			op = "strengthened"
		}
		add(op, c.Field)
	}
}

// takenAway fits annotations by which Argo CD does not apply an object, or takes it away again.
var takenAway = pattern.New(`annotations.*(argocd\.argoproj\.io/(hook|hook-delete-policy|sync-options|compare-options|skip-reconcile)|helm\.sh/hook|config\.kubernetes\.io/local-config)`)

// letsMore tells whether a new policy lets images run that were refused so far, where images are looked at: those of no
// policy are refused, and those of several need each (https://docs.sigstore.dev/policy-controller/overview/).
func letsMore(before []manifest.Object, o manifest.Object) bool {
	if !slices.ContainsFunc(before, verified) {
		return false
	}
	mode, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "mode"})
	var demanded []string
	for _, b := range before {
		if m, _ := manifest.Lookup(b.Value, manifest.Path{"spec", "mode"}); b.Kind == "ClusterImagePolicy" && m != "warn" && !letsPass(b) && b.Name != o.Name && !isMatched(b) {
			demanded = append(demanded, globsOf(b)...)
		}
	}
	return mode == "warn" || slices.ContainsFunc(globsOf(o), func(glob string) bool {
		return !slices.Contains(demanded, glob) && !slices.Contains(demanded, "**")
	})
}

// isMatched tells whether a policy is about objects of some kinds alone.
func isMatched(o manifest.Object) bool {
	value, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "match"})
	match, _ := value.([]any)
	return len(match) > 0
}

func globsOf(o manifest.Object) []string {
	value, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "images"})
	images, _ := value.([]any)
	var globs []string
	for _, image := range images {
		glob, _ := manifest.Lookup(image, manifest.Path{"glob"})
		text, _ := glob.(string)
		globs = append(globs, text)
	}
	return globs
}

// letsPass tells whether a policy lets images run that nobody signed.
func letsPass(o manifest.Object) bool {
	value, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "authorities"})
	authorities, _ := value.([]any)
	return slices.ContainsFunc(authorities, func(a any) bool {
		action, _ := manifest.Lookup(a, manifest.Path{"static", "action"})
		return action == "pass"
	})
}

// optIn finds a namespace that was looked at and is not any more.
func (m *meaning) optIn(t finding.Target, o diff.Object) {
	if o.Before == nil || o.After == nil {
		return
	}
	for _, name := range []string{include, exclude} {
		before, after := labelOf(*o.Before, name), labelOf(*o.After, name)
		if before == after {
			continue
		}
		op := "changed"
		if name == include && after == "true" || name == exclude && before == "true" {
			op = "strengthened"
		}
		m.weaker(t, o, name, op)
	}
}
