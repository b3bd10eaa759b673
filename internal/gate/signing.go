package gate

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// include is the label of a namespace that policy-controller looks at
// (https://docs.sigstore.dev/policy-controller/overview/#configure-policy-controller-for-namespaces).
const include, exclude = "policy.sigstore.dev/include", "policy.sigstore.dev/exclude"

// signing adds what changes about which images may run: policies that came, went or ask for something
// else, and namespaces that are no longer looked at.
func (m *meaning) signing(t finding.Target, before []manifest.Object, changes []diff.Object) {
	for _, o := range changes {
		switch o.Object.Kind {
		case "ClusterImagePolicy", "TrustRoot":
			if o.Op != diff.Added || !slices.ContainsFunc(before, func(b manifest.Object) bool { return reflect.DeepEqual(b.Value, o.After.Value) }) {
				m.policy(t, o)
			}
		case "Namespace":
			m.optIn(t, o)
		}
	}
}

func (m *meaning) policy(t finding.Target, o diff.Object) {
	add := func(op string, field string) {
		m.add("trust", item{"what": "signing", "op": op, "name": o.Object.Kind + " " + o.Object.Name, "field": field, "object": o.Object}, t)
	}
	switch o.Op {
	case diff.Removed:
		add("removed", "")
		return
	case diff.Added:
		if letsPass(*o.After) {
			add("added", "spec.authorities")
		}
		return
	}
	for _, c := range o.Changes {
		if !strings.HasPrefix(c.Field, "spec") {
			continue
		}
		op := "changed"
		if c.Field == "spec.mode" && (c.After == "enforce" || c.After == nil) {
			op = "strengthened"
		}
		add(op, c.Field)
	}
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
	label := func(o manifest.Object, name string) any {
		value, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "labels", name})
		return value
	}
	for _, name := range []string{include, exclude} {
		before, after := label(*o.Before, name), label(*o.After, name)
		if before == after {
			continue
		}
		op := "changed"
		if name == include && after == "true" || name == exclude && before == "true" {
			op = "strengthened"
		}
		field := manifest.Path{"metadata", "labels", name}.String()
		m.add("trust", item{"what": "signing", "op": op, "name": "Namespace " + o.Object.Name, "field": field, "object": o.Object}, t)
	}
}

// sourceKinds are the kinds that say where secrets and code come from, with the fields that do.
var sourceKinds = map[string][]string{
	"ExternalSecret":     {"spec.data", "spec.dataFrom", "spec.secretStoreRef"},
	"SecretStore":        {"spec"},
	"ClusterSecretStore": {"spec"},
	"Application":        {"spec.source", "spec.sources", "spec.destination", "spec.project"},
	"ApplicationSet":     {"spec.template.spec.source", "spec.template.spec.sources", "spec.template.spec.project"},
	"AppProject":         {"spec.sourceRepos", "spec.clusterResourceWhitelist", "spec.namespaceResourceWhitelist"},
	"Repository":         {"spec"},
}

// sources adds where secrets and code come from, where that is another place than before, and addresses
// that no object of the base names.
func (m *meaning) sources(t finding.Target, before []manifest.Object, changes []diff.Object) {
	known := map[string]bool{}
	for _, o := range before {
		addresses(o.Value, func(address string) { known[address] = true })
	}
	for _, o := range changes {
		if o.After == nil {
			continue
		}
		for _, c := range o.Changes {
			if slices.ContainsFunc(sourceKinds[o.Object.Kind], func(field string) bool {
				return c.Field == field || strings.HasPrefix(c.Field, field+".") || strings.HasPrefix(c.Field, field+"[")
			}) {
				m.add("sources", item{"op": c.Op, "object": o.Object, "field": c.Field, "address": ""}, t)
			}
		}
		seen := map[string]bool{}
		addresses(o.After.Value, func(address string) {
			if !known[address] && !seen[address] {
				seen[address] = true
				m.add("sources", item{"op": "named", "object": o.Object, "field": "", "address": address}, t)
			}
		})
	}
}

// addressForm fits where something is fetched from or sent to: a URL as far as its first two parts of a
// path, a remote of git, or a host with a port.
var addressForm = regexp.MustCompile(`\b(?:https?|ssh|git|s3|gs|smtps?|ftp|wss?|oci)://[^\s"'<>|;,()\[\]{}]+|\bgit@[A-Za-z0-9.-]+:[^\s"';|]+|^[a-z0-9-]+(?:\.[a-z0-9-]+)+:[0-9]{2,5}$|^[a-z0-9-]+(?:\.[a-z0-9-]+){2,}$`)

// addresses visits the addresses within a value.
func addresses(value any, visit func(string)) {
	switch v := value.(type) {
	case string:
		for _, address := range addressForm.FindAllString(v, -1) {
			visit(shortened(address))
		}
	case map[string]any:
		for key, inner := range v {
			if key != "image" && key != "apiVersion" {
				addresses(inner, visit)
			}
		}
	case []any:
		for _, inner := range v {
			addresses(inner, visit)
		}
	}
}

// shortened is an address without credentials and query, as far as the repository.
func shortened(address string) string {
	address, _, _ = strings.Cut(address, "?")
	address, _, _ = strings.Cut(address, "#")
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		return strings.TrimRight(address, ".,:")
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	parts := strings.SplitN(rest, "/", 4)
	return scheme + "://" + strings.TrimRight(strings.Join(parts[:min(3, len(parts))], "/"), ".,:/")
}
