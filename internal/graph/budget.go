package graph

import (
	"fmt"
	"path"
	"slices"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// disruptionBudget checks that a budget protects pods, and lets them be evicted.
func (g *graph) disruptionBudget(o manifest.Object, b policyv1.PodDisruptionBudget) {
	if b.Spec.MinAvailable == nil && b.Spec.MaxUnavailable == nil {
		g.add(o, "graph/budget-selects-nothing", finding.Warning, manifest.Path{"spec"}, "the budget says neither minAvailable nor maxUnavailable: it protects nothing", "write maxUnavailable: 1")
	}
	if policy := b.Spec.UnhealthyPodEvictionPolicy; policy == nil || *policy != policyv1.AlwaysAllow {
		g.add(o, "graph/budget-blocks-drains", finding.Info, manifest.Path{"spec"}, "a pod that is broken counts as one that must not be evicted: while too few are ready its node is never drained",
			"write unhealthyPodEvictionPolicy: AlwaysAllow")
	}
	selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
	switch {
	case b.Spec.Selector == nil:
		g.add(o, "graph/budget-selects-nothing", finding.Warning, manifest.Path{"spec"}, "the budget has no selector: it protects nothing", "select labels that pods have")
		g.alwaysBlocks(o, b)
	case err == nil:
		g.selectsPods(o, "graph/budget-selects-nothing", selector, "the budget protects nothing")
		g.budget(o, b, selector)
		g.budgetTwice(o, selector)
	}
}

// budgetTwice reports pods that two budgets are for: the eviction API refuses to evict them at all
// (https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/registry/core/pod/storage/eviction.go).
func (g *graph) budgetTwice(o manifest.Object, selector labels.Selector) {
	for _, other := range g.ofKind("PodDisruptionBudget") {
		if other.Namespace != o.Namespace || other.Name <= o.Name || path.Dir(other.File) != path.Dir(o.File) {
			continue
		}
		b, ok := as[policyv1.PodDisruptionBudget](other.Value)
		too, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
		if !ok || err != nil || b.Spec.Selector == nil {
			continue
		}
		for _, p := range g.allPods() {
			if of := labels.Set(p.meta.Labels); !p.tekton && p.namespace == o.Namespace && selector.Matches(of) && too.Matches(of) {
				g.add(other, "graph/budget-blocks-drains", finding.Warning, manifest.Path{"spec", "selector"},
					fmt.Sprintf("PodDisruptionBudget %s is for the %s of %s, too: the eviction API evicts no pod that two budgets are for", o.Name, p.who, p.in.Ref()), "select each pod by one budget")
				break
			}
		}
	}
}

// budget reports a disruption budget that lets no pod be evicted: nodes are drained for ever.
func (g *graph) budget(o manifest.Object, b policyv1.PodDisruptionBudget, selector labels.Selector) {
	replicas, known := g.replicasOf(o, selector)
	if !known {
		g.alwaysBlocks(o, b)
		return
	}
	field, value, allowed := "maxUnavailable", b.Spec.MaxUnavailable, 0
	switch {
	case b.Spec.MaxUnavailable != nil:
		allowed, known = scaled(*b.Spec.MaxUnavailable, replicas)
	case b.Spec.MinAvailable != nil:
		field, value = "minAvailable", b.Spec.MinAvailable
		allowed, known = scaled(*b.Spec.MinAvailable, replicas)
		allowed = replicas - allowed
	default:
		return
	}
	if known && allowed <= 0 && replicas > 0 {
		g.add(o, "graph/budget-blocks-drains", finding.Warning, manifest.Path{"spec", field},
			fmt.Sprintf("%s is %s of %d: no pod may be evicted, and a node with one is never drained", field, value.String(), replicas),
			"let at least one pod be away: fewer minAvailable, maxUnavailable 1, or one replica more")
	}
}

// alwaysBlocks reports a budget that lets no pod be evicted however many there are.
func (g *graph) alwaysBlocks(o manifest.Object, b policyv1.PodDisruptionBudget) {
	most, least := b.Spec.MaxUnavailable, b.Spec.MinAvailable
	field := "maxUnavailable"
	switch {
	case most != nil && (most.String() == "0" || most.String() == "0%"):
	case least != nil && least.String() == "100%":
		field = "minAvailable"
	default:
		return
	}
	g.add(o, "graph/budget-blocks-drains", finding.Warning, manifest.Path{"spec", field},
		"the budget lets no pod be evicted, however many there are: a node with one is never drained", "let at least one pod be away")
}

// isBudgeted tells whether a budget is for a pod.
func (g *graph) isBudgeted(p somePod) bool {
	for _, o := range g.ofKind("PodDisruptionBudget") {
		if o.Namespace != p.namespace {
			continue
		}
		b, ok := as[policyv1.PodDisruptionBudget](o.Value)
		if selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector); ok && err == nil && selector.Matches(labels.Set(p.meta.Labels)) {
			return true
		}
	}
	return false
}

// scaled is a number of pods, or a share of them, rounded up as the disruption controller does.
func scaled(value intstr.IntOrString, of int) (int, bool) {
	n, err := intstr.GetScaledValueFromIntOrPercent(&value, of, true)
	return n, err == nil
}

// replicasOf is how many pods the workloads have at least that a selector matches.
func (g *graph) replicasOf(budget manifest.Object, selector labels.Selector) (n int, known bool) {
	for _, o := range slices.Concat(g.ofKind("Deployment"), g.ofKind("StatefulSet"), g.ofKind("ReplicaSet")) {
		if o.Namespace != budget.Namespace {
			continue
		}
		if !selector.Matches(labels.Set(labelsAt(o, "spec", "template", "metadata", "labels"))) {
			continue
		}
		n, known = n+g.least(o), true
	}
	return n, known
}

// least is how many pods a workload has at least: what scales it goes before its own replicas.
func (g *graph) least(o manifest.Object) int {
	for _, scaler := range slices.Concat(g.ofKind("HorizontalPodAutoscaler"), g.ofKind("ScaledObject")) {
		field := map[string]string{"HorizontalPodAutoscaler": "minReplicas", "ScaledObject": "minReplicaCount"}[scaler.Kind]
		if scaler.Namespace != o.Namespace {
			continue
		}
		target, _ := lookupMap(scaler.Value, "spec", "scaleTargetRef")
		kind, _ := target["kind"].(string)
		if target["name"] != o.Name || kind != o.Kind && (kind != "" || o.Kind != "Deployment") {
			continue
		}
		return numberAt(scaler, map[string]int{"HorizontalPodAutoscaler": 1, "ScaledObject": 0}[scaler.Kind], "spec", field)
	}
	return numberAt(o, 1, "spec", "replicas")
}

func numberAt(o manifest.Object, otherwise int, at ...any) int {
	value, _ := manifest.Lookup(o.Value, manifest.Path(at))
	if n, ok := value.(int64); ok {
		return int(n)
	}
	return otherwise
}
