package gate

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/manifest"
)

// baseline is what the base has in any of its targets.
type baseline struct {
	objects []manifest.Object
	// environments has those of each environment.
	environments map[string][]manifest.Object
	// addresses that the objects name. Finding them reads every text, which is done once for all targets.
	addresses map[string]bool
	// before and after are the environments of base and head.
	before, after []check.Environment
	// owned are the namespaces that base or head make.
	owned map[string]bool
	// images are the repositories of those that the objects run.
	images map[string]bool
	// selected are the labels, as key=value, by which Services select pods and network policies those that may connect.
	selected map[string]bool
	// asked are what pods of the objects ask of nodes, as field=value.
	asked map[string]bool
	// parameters are the ConfigMaps that admission policies take what they allow from, as namespace/name; any
	// namespace where the policy leaves it to the object.
	parameters map[string]bool
	// appsGone says that the head lacks an Application or ApplicationSet of the base.
	appsGone bool
}

func baselineOf(objects []manifest.Object, before, after []check.Environment) baseline {
	b := baseline{objects: objects, environments: map[string][]manifest.Object{}, addresses: map[string]bool{}, before: before, after: after, owned: map[string]bool{}, parameters: map[string]bool{},
		images: map[string]bool{}, selected: map[string]bool{}, asked: map[string]bool{}}
	for _, use := range image.Uses(objects) {
		b.images[image.Repository(use.Image)] = true
	}
	b.appsGone = appsGone(before, after)
	shared, _ := check.ArgoCD(before)
	for _, e := range before {
		for _, t := range e.Targets {
			b.environments[e.Name] = append(b.environments[e.Name], t.Objects...)
		}
		b.environments[e.Name] = append(b.environments[e.Name], shared.Objects...)
	}
	for _, e := range slices.Concat(before, after) {
		for _, t := range e.Targets {
			for _, o := range t.Objects {
				// One that only the head makes may be there already, and somebody else's.
				if o.Kind == "Namespace" && (!systems.MatchString(o.Name) || slices.ContainsFunc(objects, func(l manifest.Object) bool { return l.Kind == o.Kind && l.Name == o.Name })) {
					b.owned[o.Name] = true
				}
			}
		}
	}
	for _, o := range objects {
		b.takesParameters(o)
		b.selects(o)
		asksFor(o, func(_, asked string) { b.asked[asked] = true })
		addresses(o.Value, func(address string) { b.addresses[address] = true })
	}
	return b
}

// takesParameters notes what an admission policy takes from elsewhere
// (https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#parameter-resources,
// https://docs.sigstore.dev/policy-controller/overview/).
func (b baseline) takesParameters(o manifest.Object) {
	var visit func(value any)
	visit = func(value any) {
		switch v := value.(type) {
		case map[string]any:
			for key, inner := range v {
				if ref, is := inner.(map[string]any); is && (key == "paramRef" || key == "configMapRef") {
					namespace, _ := ref["namespace"].(string)
					name, _ := ref["name"].(string)
					b.parameters[namespace+"/"+name] = true
				}
				visit(inner)
			}
		case []any:
			for _, inner := range v {
				visit(inner)
			}
		}
	}
	switch o.Kind {
	case "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicyBinding", "ClusterImagePolicy":
		visit(o.Value)
	}
}

// special fits what a pod may ask for that others have to give way to: nodes, ranks, data.
var special = regexp.MustCompile(`(^|\.)(affinity|priorityClassName|persistentVolumeClaim|nodeSelector)(\.|$)`)

// asksFor visits what an object asks for in this way, as field=value; a toleration counts as a whole.
func asksFor(o manifest.Object, visit func(field, asked string)) {
	if !runs(o) {
		return
	}
	leavesWith(o.Value, "", func(field string, value any) {
		if tolerations, is := value.([]any); is && strings.HasSuffix(field, "tolerations") {
			for _, t := range tolerations {
				text, _ := json.Marshal(t)
				visit(field, "tolerations="+string(text))
			}
		}
		if at := special.FindStringIndex(field); at != nil && isScalar(value) {
			visit(field, fmt.Sprintf("%s=%v", field[at[0]:], value))
		}
	})
}

// selects notes by which labels an object selects pods of others.
func (b baseline) selects(o manifest.Object) {
	note := func(value any) {
		labels, _ := value.(map[string]any)
		for key, text := range labels {
			b.selected[fmt.Sprintf("%s=%v", key, text)] = true
		}
	}
	switch o.Kind {
	case "Service":
		value, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "selector"})
		note(value)
	case "NetworkPolicy":
		for _, list := range [][2]string{{"ingress", "from"}, {"egress", "to"}} {
			value, _ := manifest.Lookup(o.Value, manifest.Path{"spec", list[0]})
			rules, _ := value.([]any)
			for _, rule := range rules {
				value, _ := manifest.Lookup(rule, manifest.Path{list[1]})
				peers, _ := value.([]any)
				for _, peer := range peers {
					value, _ := manifest.Lookup(peer, manifest.Path{"podSelector", "matchLabels"})
					note(value)
				}
			}
		}
	}
}

// only is the same with the objects of one target.
func (b baseline) only(objects []manifest.Object) baseline {
	b.objects, b.environments = objects, nil
	return b
}

// shares are the percentages of commits that base and head state for a target.
func (b baseline) shares(t finding.Target) shares {
	of := func(environments []check.Environment) int {
		if e := environment(environments, t.Environment); e != nil {
			return e.State.Phases[t.Phase].TrafficPercent
		}
		return 0
	}
	return shares{of(b.before), of(b.after)}
}
