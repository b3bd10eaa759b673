package gate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
)

// quotas compares what namespaces may ask for, and what claims keep.
func (m *meaning) quotas(t finding.Target, before, after []manifest.Object) {
	old, now := amounts(before), amounts(after)
	for _, id := range slices.Sorted(maps.Keys(now)) {
		if was, known := old[id]; known && was.quantity.Cmp(now[id].quantity) != 0 {
			m.cost(t, now[id], was.quantity, now[id].quantity)
		}
	}
}

// cost adds one amount that differs.
func (m *meaning) cost(t finding.Target, a amount, before, after resource.Quantity) {
	i := item{"what": a.what, "resource": a.resource, "before": before.String(), "after": after.String(), "grows": after.Cmp(before) > 0}
	if b := before.AsApproximateFloat64(); b > 0 {
		i["factor"] = after.AsApproximateFloat64() / b
	} else if more := after.AsApproximateFloat64(); more > 0 { // of none any is a multiple
		i["factor"] = max(more, 2)
		if more >= mebibyte {
			i["factor"] = max(more/gibibyte, 2)
		}
	}
	if a.object != nil {
		i["object"], i["field"] = a.object, a.field
	}
	if a.source.Line > 0 {
		i["source"] = a.source
	}
	m.add("costs", i, t)
}

// mebibyte is what a quantity of memory or storage has more than, which people count in gibibytes.
const (
	mebibyte = 1 << 20
	gibibyte = 1 << 30
)

// count is a cost that the team states as a whole number.
func (m *meaning) count(t finding.Target, a amount, before, after int) {
	if before != after {
		m.cost(t, a, *resource.NewQuantity(int64(before), resource.DecimalSI), *resource.NewQuantity(int64(after), resource.DecimalSI))
	}
}

type amount struct {
	what, resource, field string
	object                *finding.Object
	source                finding.Position
	quantity              resource.Quantity
}

func amounts(objects []manifest.Object) map[string]amount {
	all := map[string]amount{}
	for _, o := range objects {
		at, what := manifest.Path{"spec", "hard"}, "the quota"
		if o.Kind == "PersistentVolumeClaim" {
			at, what = manifest.Path{"spec", "resources", "requests"}, "the claim"
		} else if o.Kind != "ResourceQuota" {
			continue
		}
		value, _ := manifest.Lookup(o.Value, at)
		hard, _ := value.(map[string]any)
		for name, text := range hard {
			if quantity, err := manifest.ParseQuantity(fmt.Sprint(text)); err == nil {
				all[o.Kind+"\n"+o.Namespace+"\n"+o.Name+"\n"+name] = amount{
					what: what + " " + o.Name, resource: name, field: at.Append(name).String(), object: o.Ref(), quantity: quantity,
				}
			}
		}
	}
	return all
}

// pools compares how many nodes and GPUs the pools may grow to, and which GPUs these are.
func (m *meaning) pools(before, after check.Environment) {
	where := finding.Target{Environment: after.Name}
	for _, name := range slices.Sorted(maps.Keys(after.State.Pools)) {
		was, now := before.State.Pools[name], after.State.Pools[name]
		of := func(what, at string) amount {
			return amount{what: "pool " + name, resource: what, source: after.Place(fmt.Sprintf("pools.%q.%s", name, at))}
		}
		if was.Nodes.Max != now.Nodes.Max {
			m.count(where, of("nodes at most", "nodes.max"), was.Nodes.Max, now.Nodes.Max)
		}
		if was.Nodes.Min != now.Nodes.Min {
			m.count(where, of("nodes at least", "nodes.min"), was.Nodes.Min, now.Nodes.Min)
		}
		if was.GPU != nil && now.GPU != nil && was.GPU.PerNode != now.GPU.PerNode && gpusAtMost(was) == gpusAtMost(now) {
			m.count(where, of("GPUs of a node", "gpu.perNode"), was.GPU.PerNode, now.GPU.PerNode)
		}
		if old, gpus := gpusAtMost(was), gpusAtMost(now); old != gpus {
			at := "nodes.max"
			if was.Nodes.Max == now.Nodes.Max {
				at = "gpu.perNode"
			}
			m.count(where, of("GPUs at most", at), old, gpus)
		}
		if was.GPU != nil && now.GPU != nil && was.GPU.Model != now.GPU.Model {
			m.add("costs", item{
				"what": "pool " + name, "resource": "GPU model", "before": was.GPU.Model, "after": now.GPU.Model,
				"source": after.Place(fmt.Sprintf("pools.%q.gpu.model", name)),
			}, where)
		}
	}
}

func gpusAtMost(p platform.Pool) int {
	if p.GPU == nil {
		return 0
	}
	return p.Nodes.Max * p.GPU.PerNode
}

// costsAs tells whether a change of how much a pool, or a queue of one, may take is told as what that pool costs: by no
// larger factor than that grows.
func (m *meaning) costsAs(o diff.Object, c diff.Change) bool {
	before, beforeErr := manifest.ParseQuantity(fmt.Sprint(c.Before))
	after, afterErr := manifest.ParseQuantity(fmt.Sprint(c.After))
	if beforeErr != nil || afterErr != nil || c.Before == nil || c.After == nil {
		return false
	}
	return slices.ContainsFunc(m.items["costs"], func(i map[string]any) bool {
		name, ofPool := strings.CutPrefix(fmt.Sprint(i["what"]), "pool ")
		if !ofPool || !isOfPool(o, c, name) {
			return false
		}
		factor, known := i["factor"].(float64)
		if grows, _ := i["grows"].(bool); !grows || !known {
			return after.Cmp(before) <= 0
		}
		return after.AsApproximateFloat64() <= before.AsApproximateFloat64()*factor*1.05 // what the system of a node takes is no multiple
	})
}

// isOfPool tells whether a change is in the object, or in the flavor, of a pool: both are called by the platform and the pool.
func isOfPool(o diff.Object, c diff.Change, name string) bool {
	return o.Object.Kind == "NodePool" && (o.Object.Name == name || strings.HasSuffix(o.Object.Name, "-"+name)) ||
		o.Object.Kind == "ClusterQueue" && (strings.Contains(c.Field, "[name="+name+"]") || strings.Contains(c.Field, "-"+name+"]"))
}
