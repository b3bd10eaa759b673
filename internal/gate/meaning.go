package gate

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/graph"
	"tenon.dev/tenon/internal/graph/access"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/typed"
	"tenon.dev/tenon/internal/veil"
)

// meaning collects what a change leads to, as the rules about changes see it: lists of items by what
// they are about. An item that several targets have is one with all of them.
type meaning struct {
	items map[string][]map[string]any
	known map[string]map[string]any
}

// item says one thing that is different; the keys that it has are in docs/gate.md.
type item map[string]any

func newMeaning() *meaning {
	return &meaning{items: map[string][]map[string]any{}, known: map[string]map[string]any{}}
}

// lists are the names of all lists, so that rules may count on each.
var lists = []string{"objects", "rights", "reach", "images", "costs", "rollout", "refused", "restarts", "trust", "sources", "power", "automation", "runners", "others"}

// document is what the rules see as input.change.
func (m *meaning) document() map[string]any {
	all := map[string]any{}
	for _, name := range lists {
		items := []any{}
		for _, i := range m.items[name] {
			items = append(items, map[string]any(i))
		}
		all[name] = items
	}
	return all
}

// add puts an item on a list, or its target to the same item of another target. No rule would see one of another list.
func (m *meaning) add(list string, i item, target finding.Target) {
	if !slices.Contains(lists, list) {
		panic("no list of changes is called " + list)
	}
	text, _ := json.Marshal(i)
	id := list + string(text)
	known, again := m.known[id]
	if !again {
		known = plain(i)
		m.known[id] = known
		m.items[list] = append(m.items[list], known)
	}
	if target != (finding.Target{}) {
		targets, _ := known["targets"].([]any)
		known["targets"] = append(targets, plain(target))
	}
}

// plain turns a value into what JSON has, which rules can read.
func plain(value any) map[string]any {
	var all map[string]any
	text, err := json.Marshal(value)
	if err == nil {
		_ = json.Unmarshal(text, &all)
	}
	return all
}

// target adds what is different in one target.
func (m *meaning) target(t finding.Target, before, after []manifest.Object) {
	m.rights(t, before, after)
	m.reach(t, before, after)
	m.images(t, before, after)
	m.quotas(t, before, after)
	m.updates(t, before, after)
}

// anew adds what a new target gives beyond what a target of the base does.
func (m *meaning) anew(t finding.Target, like, after []manifest.Object) {
	m.rights(t, like, after)
	m.opened(t, like, after)
	m.images(t, like, after)
}

// guards adds what changes about who must have signed, where things come from, and what decides about the
// rights of others. elsewhere says that before are the objects of another target.
func (m *meaning) guards(t finding.Target, known baseline, before, after []manifest.Object, elsewhere bool) {
	differing := diff.Objects(before, after)
	m.signing(t, before, differing, elsewhere)
	m.sources(t, known, differing, elsewhere)
	m.power(t, known, after, differing, elsewhere)
	m.runners(t, before, differing, !elsewhere || known.environments[t.Environment] != nil)
}

// objects adds the differences themselves.
func (m *meaning) objects(changes []diff.Object, all int) {
	for _, o := range changes {
		i := item{"op": o.Op, "object": o.Object, "changes": o.Changes, "of": all, "hook": slices.ContainsFunc(o.Versions(), isHook), "claims": slices.ContainsFunc(o.Versions(), deletesClaims)}
		if o.Source != nil && o.Op == diff.Removed { // a line of the base
			i["was"] = o.Source.String()
		} else if o.Source != nil {
			i["source"] = o.Source
		}
		added := plain(i)
		targets := []any{}
		for _, t := range o.Targets {
			targets = append(targets, plain(t))
		}
		added["targets"] = targets
		m.items["objects"] = append(m.items["objects"], added)
	}
}

// lost adds the objects that are not on a cluster any more where another phase is deployed to it.
func (m *meaning) lost(t finding.Target, differing []diff.Object) {
	for _, o := range differing {
		if o.Op == diff.Removed {
			added := plain(item{"op": o.Op, "object": o.Object, "changes": []diff.Change{}, "of": 1, "hook": isHook(o), "before": o.Before.Value})
			added["targets"] = []any{plain(t)}
			m.items["objects"] = append(m.items["objects"], added)
		}
	}
}

// others adds the objects that change, or come, and that no other item is about: somebody has to read the difference.
func (m *meaning) others(known baseline, changes []diff.Object) {
	told := map[[3]string]bool{}
	for list, items := range m.items {
		for _, i := range items {
			unsaid := list == "images" && i["op"] == "removed" // no rule speaks of it
			if o, ok := i["object"].(map[string]any); ok && list != "objects" && !unsaid {
				namespace, _ := o["namespace"].(string)
				told[[3]string{fmt.Sprint(o["kind"]), namespace, fmt.Sprint(o["name"])}] = true
			}
		}
	}
	for _, o := range changes {
		var unclear []string
		follows := o.Op == diff.Changed
		for _, version := range o.Versions() { // a change that is the same in several targets is of objects that may differ otherwise
			unclear = append(unclear, m.unclear(known, version)...)
			follows = follows && !slices.ContainsFunc(o.Changes, func(c diff.Change) bool { return !m.follows(known, version, c) })
		}
		slices.Sort(unclear)
		unclear = slices.Compact(unclear)
		said := told[[3]string{o.Object.Kind, o.Object.Namespace, o.Object.Name}] || follows
		if o.Op == diff.Removed || said && len(unclear) == 0 {
			continue
		}
		i := item{"op": o.Op, "object": o.Object}
		if len(unclear) > 0 {
			i["field"], i["fields"] = unclear[0], some(unclear)
			i["leaf"] = leafOf(unclear[0])
		}
		targets := slices.Clone(o.Targets)
		slices.SortFunc(targets, func(a, b finding.Target) int { return strings.Compare(a.String(), b.String()) })
		for _, t := range targets {
			m.add("others", i, t)
		}
	}
}

// follows tells whether a change of an object is told as what follows from it: the share of a phase, the phase of an
// environment, the size of a pool, the rights of a role that is bound here, the connections that a policy lets through.
func (m *meaning) follows(known baseline, o diff.Object, c diff.Change) bool {
	if o.Op != diff.Changed {
		return false
	}
	switch field := plainField(c.Field); o.Object.Kind {
	case "ApplicationSet":
		return len(diff.Values(known.settled(*o.Before, known.before), known.settled(*o.After, known.after))) == 0
	case "EventListener", "File":
		return slices.ContainsFunc(o.Targets, func(t finding.Target) bool { return isShare(*o.After, c, known.shares(t)) })
	case "NodePool":
		return strings.HasPrefix(field, "spec.limits") && m.costsAs(o, c)
	case "ClusterQueue":
		return strings.HasPrefix(field, "spec.resourceGroups") && m.costsAs(o, c)
	case "Role", "ClusterRole":
		return strings.HasPrefix(field, "rules") && slices.ContainsFunc(subjectsOf(known.objects, *o.Before), m.hasRights)
	case "RoleBinding", "ClusterRoleBinding":
		return len(m.items["rights"]) > 0 && (strings.HasPrefix(field, "subjects") || strings.HasPrefix(field, "roleRef"))
	case "NetworkPolicy":
		selects := strings.HasPrefix(field, "spec.podSelector") || strings.HasPrefix(field, "spec.policyTypes")
		if isNarrowed(o, c) {
			return true
		}
		return strings.HasPrefix(field, "spec") && slices.ContainsFunc(m.items["reach"], func(i map[string]any) bool {
			policy, _ := i["object"].(map[string]any)
			if policy == nil { // no policy selects the pods any more
				return selects && i["op"] == "opened"
			}
			return policy["name"] == o.Object.Name && policy["namespace"] == o.Object.Namespace && i["op"] == "opened"
		})
	}
	return false
}

// isNarrowed tells whether a range of a network policy becomes a part of what it was, or a rule, a peer or a port goes and
// others are left: without any all would be let through.
func isNarrowed(o diff.Object, c diff.Change) bool {
	switch field := plainField(c.Field); {
	case strings.HasSuffix(field, ".ipBlock.cidr"):
		before, errBefore := netip.ParsePrefix(fmt.Sprint(c.Before))
		after, errAfter := netip.ParsePrefix(fmt.Sprint(c.After))
		return errBefore == nil && errAfter == nil && before.Bits() <= after.Bits() && before.Contains(after.Addr())
	case strings.HasSuffix(field, ".ipBlock.except"):
		return c.Op == diff.Added
	}
	list, isItem := strings.CutSuffix(c.Field, "]")
	if c.Op != diff.Removed || !isItem || !strings.HasPrefix(c.Field, "spec.ingress") && !strings.HasPrefix(c.Field, "spec.egress") {
		return false
	}
	left, _ := manifest.Lookup(o.After.Value, manifest.ParsePath(list[:strings.LastIndexByte(list, '[')]))
	return len(asList(left)) > 0
}

// opens tells whether it is told that a policy lets pods reach more, or be reached by more.
func (m *meaning) opens(policy finding.Object) bool {
	return slices.ContainsFunc(m.items["reach"], func(i map[string]any) bool {
		object, _ := i["object"].(map[string]any)
		return i["op"] == "opened" && object["name"] == policy.Name && object["namespace"] == policy.Namespace
	})
}

// hasRights tells whether it is told that a subject has other rights now.
func (m *meaning) hasRights(name string) bool {
	return slices.ContainsFunc(m.items["rights"], func(i map[string]any) bool {
		subject, _ := i["subject"].(string)
		return subject == name || strings.HasSuffix(subject, "/"+name) || strings.HasSuffix(subject, " "+name)
	})
}

// isHook tells whether Argo CD deletes and makes the object anew on each sync.
func isHook(o diff.Object) bool {
	version := o.After
	if version == nil {
		version = o.Before
	}
	return replaced(*version)
}

// replaced tells whether Argo CD puts an object in the place of the older one instead of patching it
// (https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/).
func replaced(o manifest.Object) bool {
	annotation := func(name string) string {
		value, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "annotations", name})
		text, _ := value.(string)
		return text
	}
	options := annotation("argocd.argoproj.io/sync-options")
	return annotation("argocd.argoproj.io/hook") != "" || annotation("helm.sh/hook") != "" || strings.Contains(options, "Replace=true") || strings.Contains(options, "Force=true")
}

func (m *meaning) rights(t finding.Target, before, after []manifest.Object) {
	if sameKinds(before, after, "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding") {
		return
	}
	old, now := access.New(before, access.Shipped{}), access.New(after, access.Shipped{})
	add := func(op string, grants []access.Grant) {
		for _, g := range grants {
			m.add("rights", item{
				"op": op, "subject": g.Subject, "namespace": g.Namespace, "object": g.Binding,
				"rules": append([]rbacv1.PolicyRule{}, g.Rules...), "roles": append([]string{}, g.Unknown...),
			}, t)
		}
	}
	add("gained", now.Gained(old))
	add("lost", old.Gained(now))
}

// sameKinds tells whether the objects of some kinds are the same in both versions.
func sameKinds(before, after []manifest.Object, kinds ...string) bool {
	of := func(objects []manifest.Object) []any {
		var all []any
		for _, o := range objects {
			if slices.Contains(kinds, o.Kind) {
				all = append(all, o.Value)
			}
		}
		return all
	}
	return reflect.DeepEqual(of(before), of(after))
}

func (m *meaning) reach(t finding.Target, before, after []manifest.Object) {
	if sameKinds(before, after, "NetworkPolicy") && sameLabels(before, after) {
		return
	}
	m.opened(t, before, after)
}

// sameLabels tells whether what has pods has the same labels in both versions: policies select by them.
func sameLabels(before, after []manifest.Object) bool {
	of := func(objects []manifest.Object) []string {
		var all []string
		for _, o := range objects {
			labels(o.Value, func(found any) {
				text, _ := json.Marshal(found)
				all = append(all, o.Kind+"/"+o.Namespace+"/"+o.Name+string(text))
			})
		}
		slices.Sort(all)
		return all
	}
	return slices.Equal(of(before), of(after))
}

// labels visits the labels within an object, wherever its pods are.
func labels(value any, visit func(any)) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if key == "labels" {
				visit(inner)
				continue
			}
			labels(inner, visit)
		}
	case []any:
		for _, inner := range v {
			labels(inner, visit)
		}
	}
}

// opened adds connections that came and went.
func (m *meaning) opened(t finding.Target, before, after []manifest.Object) {
	add := func(op string, list []graph.Reach) {
		pods := map[string][]string{}
		first := map[string]graph.Reach{}
		for _, r := range list {
			id := strings.Join([]string{r.Direction, r.Peer, r.Ports, r.Policy.Name}, "\n")
			if first[id].Pods == "" {
				first[id] = r
			}
			if !slices.Contains(pods[id], r.Pods) {
				pods[id] = append(pods[id], r.Pods)
			}
		}
		for _, id := range slices.Sorted(maps.Keys(first)) {
			r := first[id]
			i := item{"op": op, "direction": r.Direction, "peer": r.Peer, "ports": r.Ports, "pods": pods[id]}
			if r.Policy.Name != "" {
				i["object"] = r.Policy
			}
			m.add("reach", i, t)
		}
	}
	add("opened", graph.Opened(before, after))
	add("closed", graph.Opened(after, before))
}

func (m *meaning) images(t finding.Target, before, after []manifest.Object) {
	old, now := imagesOf(before), imagesOf(after)
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if _, had := old[name]; had {
			continue
		}
		i := item{"op": "added", "image": name, "object": now[name].Object.Ref(), "field": now[name].At.String()}
		for _, other := range slices.Sorted(maps.Keys(old)) {
			if _, stays := now[other]; !stays && image.Repository(other) == image.Repository(name) {
				i["op"], i["before"] = "changed", other
			}
		}
		m.add("images", i, t)
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		_, stays := now[name]
		if !stays && !slices.ContainsFunc(slices.Collect(maps.Keys(now)), func(other string) bool { return image.Repository(other) == image.Repository(name) }) {
			m.add("images", item{"op": "removed", "image": name, "object": old[name].Object.Ref()}, t)
		}
	}
}

// imagesOf holds the first use of each image.
func imagesOf(objects []manifest.Object) map[string]image.Use {
	all := map[string]image.Use{}
	for _, use := range image.Uses(objects) {
		if _, known := all[use.Image]; !known {
			all[use.Image] = use
		}
	}
	return all
}

// updates asks of each object that changed whether the API server takes it, and what starts anew.
func (m *meaning) updates(t finding.Target, before, after []manifest.Object) {
	for _, o := range diff.Objects(before, after) {
		if o.Op != diff.Changed || replaced(*o.After) {
			continue
		}
		for _, r := range typed.Update(*o.Before, *o.After) {
			m.add("refused", item{"object": o.Object, "field": written(*o.After, r.Field), "message": veil.Scrub(r.Message, veil.Values(o.Object.Kind, o.After.Value))}, t)
		}
		if pods, ok := podTemplates[o.Object.Kind]; ok && slices.ContainsFunc(o.Changes, func(c diff.Change) bool { return strings.HasPrefix(c.Field, pods) }) {
			m.add("restarts", item{"object": o.Object, "field": pods}, t)
		}
	}
}

// written is the field of an object that a message of the API server means, whose paths have the names
// of internal types in places; the nearest one that there is.
func written(o manifest.Object, field string) string {
	path := manifest.ParsePath(field)
	for len(path) > 0 {
		if _, ok := manifest.Lookup(o.Value, path); ok {
			break
		}
		path = path[:len(path)-1]
	}
	return path.String()
}

// podTemplates are the fields of which a change makes new pods.
var podTemplates = map[string]string{"Deployment": "spec.template", "DaemonSet": "spec.template", "StatefulSet": "spec.template"}
