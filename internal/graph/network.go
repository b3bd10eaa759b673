package graph

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"

	"tenon.dev/tenon/internal/manifest"
)

// workload is something whose pods carry known labels.
type workload struct {
	// who makes the pods, as Kind/name.
	who       string
	namespace string
	labels    labels.Set
	// within is the workload of all tasks of the run, where this is one of them with labels of its own.
	within string
	// drawn are keys of labels whose values are made at run time.
	drawn []string
	// always are those of drawn that every pod has.
	always []string
	// callsAPI says who talks to the API server; empty where nothing tells that its pods do.
	callsAPI string
}

// workloads lists what makes pods, with the labels that controllers add
// (tektoncd/pipeline, pkg/pod/pod.go; tektoncd/triggers, pkg/reconciler/eventlistener).
func workloads(objects []manifest.Object) []workload {
	var all []workload
	for _, o := range objects {
		who := o.Ref().String()
		switch {
		case o.Kind == "Pod":
			all = append(all, workload{who: who, namespace: o.Namespace, labels: labelsAt(o, "metadata", "labels"), callsAPI: callsAPI(o)})
		case podTemplates[o.Kind] != nil:
			at := podTemplates[o.Kind]
			at = at[:len(at)-1].Append("metadata", "labels")
			w := workload{who: who, namespace: o.Namespace, labels: labelsAt(o, at...), callsAPI: callsAPI(o)}
			w.always = controlled[o.Kind]
			w.drawn = w.always
			all = append(all, w)
		case isTekton(o.APIVersion) && (o.Kind == "Task" || o.Kind == "Pipeline" || isRun(o)):
			all = append(all, tektonPods(o)...)
			all = append(all, embeddedPods(o)...)
		case o.Kind == "TriggerTemplate":
			all = append(all, templatePods(o)...)
		case o.Kind == "EventListener":
			set := labelsAt(o, "metadata", "labels")
			maps.Copy(set, labelsAt(o, "spec", "resources", "kubernetesResource", "spec", "template", "metadata", "labels"))
			set["eventlistener"] = o.Name
			set["app.kubernetes.io/managed-by"] = "EventListener"
			set["app.kubernetes.io/part-of"] = "Triggers"
			all = append(all, workload{who: who, namespace: o.Namespace, labels: set, drawn: controlled["Deployment"], always: controlled["Deployment"], callsAPI: "EventListener " + o.Name})
		}
	}
	return all
}

// controlled are the labels that controllers give to all pods of a workload, by its kind
// (https://kubernetes.io/docs/reference/labels-annotations-taints/).
var controlled = map[string][]string{
	"Job":         ofJobs,
	"CronJob":     ofJobs,
	"Deployment":  {"pod-template-hash"},
	"ReplicaSet":  nil,
	"StatefulSet": {"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "controller-revision-hash"},
	"DaemonSet":   {"controller-revision-hash", "pod-template-generation"},
}

var ofJobs = []string{"job-name", "batch.kubernetes.io/job-name", "controller-uid", "batch.kubernetes.io/controller-uid"}

func tektonPods(o manifest.Object) []workload {
	set := labelsAt(o, "metadata", "labels")
	set["app.kubernetes.io/managed-by"] = "tekton-pipelines"
	switch o.Kind {
	case "Task":
		set["tekton.dev/task"] = o.Name
	case "Pipeline":
		set["tekton.dev/pipeline"] = o.Name
	}
	drawn := []string{
		"tekton.dev/pipelineRun", "tekton.dev/pipelineRunUID", "tekton.dev/taskRun", "tekton.dev/taskRunUID",
		"tekton.dev/pipelineTask", "tekton.dev/memberOf", "tekton.dev/pipeline", "tekton.dev/task",
		"triggers.tekton.dev/eventlistener", "triggers.tekton.dev/trigger", "triggers.tekton.dev/triggers-eventid",
	}
	assistant := workload{who: "the affinity assistant", namespace: o.Namespace, labels: labels.Set{"app.kubernetes.io/component": "affinity-assistant"},
		drawn: []string{"app.kubernetes.io/instance", "tekton.dev/pipelineRun"}}
	pods := workload{who: o.Ref().String(), namespace: o.Namespace, labels: set, drawn: drawn, always: []string{"tekton.dev/taskRun", "tekton.dev/taskRunUID"}}
	return []workload{pods.filled(), assistant}
}

// filled takes labels whose values are known at run time alone for such as may be any.
func (w workload) filled() workload {
	for _, key := range slices.Sorted(maps.Keys(w.labels)) {
		if strings.Contains(w.labels[key], "$(") {
			delete(w.labels, key)
			w.drawn = append(w.drawn, key)
		}
	}
	return w
}

// templatePods are those of the runs that a template makes.
func templatePods(o manifest.Object) []workload {
	var all []workload
	value, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "resourcetemplates"})
	templates, _ := value.([]any)
	for i, template := range templates {
		fields, _ := template.(map[string]any)
		run, ok := manifest.New(fields, nil)
		if !ok || !isRun(run) {
			continue
		}
		if run.Namespace == "" {
			run.Namespace = o.Namespace
		}
		for _, w := range slices.Concat(tektonPods(run), embeddedPods(run)) {
			prefix := fmt.Sprintf("%s, run %d: ", o.Ref(), i+1)
			w.who = prefix + w.who
			if w.within != "" {
				w.within = prefix + w.within
			}
			all = append(all, w)
		}
	}
	return all
}

// embeddedPods are those of tasks that a pipeline or a run gives labels of their own.
func embeddedPods(o manifest.Object) []workload {
	var all []workload
	for _, list := range []manifest.Path{{"spec", "tasks"}, {"spec", "finally"}, {"spec", "pipelineSpec", "tasks"}, {"spec", "pipelineSpec", "finally"}, {"spec", "taskRunSpecs"}} {
		value, _ := manifest.Lookup(o.Value, list)
		tasks, _ := value.([]any)
		for i := range tasks {
			name, _ := manifest.Lookup(o.Value, list.Append(i, "name"))
			own := labelsAt(o, list.Append(i, "taskSpec", "metadata", "labels")...)
			if list[1] == "taskRunSpecs" {
				name, _ = manifest.Lookup(o.Value, list.Append(i, "pipelineTaskName"))
				own = labelsAt(o, list.Append(i, "metadata", "labels")...)
			}
			if len(own) == 0 {
				continue
			}
			w := tektonPods(o)[0]
			w.within = w.who
			w.who += fmt.Sprintf(" task %v", name)
			maps.Copy(w.labels, own)
			all = append(all, w.filled())
		}
	}
	return all
}

// anyRun stands for the pods of runs that are not among the objects.
func anyRun(namespace string) workload {
	return tektonPods(manifest.Object{Kind: "TaskRun", Namespace: namespace, Value: map[string]any{}})[0]
}

func labelsAt(o manifest.Object, at ...any) labels.Set {
	set := labels.Set{}
	value, _ := manifest.Lookup(o.Value, at)
	m, _ := value.(map[string]any)
	for k, v := range m {
		if text, ok := v.(string); ok {
			set[k] = text
		}
	}
	return set
}

// matches tells whether a selector may select the workload's pods.
func (w workload) matches(selector labels.Selector) bool { return w.selected(selector, true) }

// surely tells whether it selects them whatever their labels are at run time.
func (w workload) surely(selector labels.Selector) bool { return w.selected(selector, false) }

// selected takes labels that are made at run time for ones that fit, or for ones that do not.
func (w workload) selected(selector labels.Selector, drawn bool) bool {
	requirements, selectable := selector.Requirements()
	if !selectable {
		return false
	}
	for _, r := range requirements {
		if w.labels.Has(r.Key()) || !slices.Contains(w.drawn, r.Key()) {
			if !r.Matches(w.labels) {
				return false
			}
			continue
		}
		has := slices.Contains(w.always, r.Key())
		switch {
		case has && r.Operator() == selection.Exists:
			continue
		case has && r.Operator() == selection.DoesNotExist, !drawn:
			return false
		}
	}
	return true
}

// networkPolicies reports policies that select no pod: they isolate nothing.
func (g *graph) networkPolicies() {
	for _, o := range g.Objects {
		if o.Kind != "NetworkPolicy" {
			continue
		}
		policy, ok := as[networkingv1.NetworkPolicy](o.Value)
		if !ok {
			continue
		}
		g.policyPeers(o, policy)
		selector, err := metav1.LabelSelectorAsSelector(&policy.Spec.PodSelector)
		if err != nil || g.selects(o.Namespace, selector) || !g.Complete && anyRun(o.Namespace).matches(selector) {
			continue
		}
		g.unresolved(o, "graph/network-policy-selects-nothing", manifest.Path{"spec", "podSelector"},
			fmt.Sprintf("no pod%s matches %s: the policy isolates nothing", within(o.Namespace), selector),
			"select labels that pods have; Tekton labels the pods of runs app.kubernetes.io/managed-by: tekton-pipelines")
	}
}

// isIsolated tells whether a NetworkPolicy in sight selects a pod, in either direction, or one of Cilium or Calico may.
func (g *graph) isIsolated(p somePod) bool {
	if len(g.ofKind("CiliumNetworkPolicy"))+len(g.ofKind("CiliumClusterwideNetworkPolicy"))+len(g.ofKind("GlobalNetworkPolicy")) > 0 {
		return true
	}
	for _, o := range g.ofKind("NetworkPolicy") {
		if o.Namespace != p.namespace {
			continue
		}
		policy, ok := as[networkingv1.NetworkPolicy](o.Value)
		selector, err := metav1.LabelSelectorAsSelector(&policy.Spec.PodSelector)
		if !ok || err != nil || selector.Matches(labels.Set(p.meta.Labels)) {
			return true
		}
	}
	return false
}

// policyPeers finds peers of a policy in its own namespace that are no pod: what they are let do nobody does, and whoever is
// meant is shut out.
func (g *graph) policyPeers(o manifest.Object, policy networkingv1.NetworkPolicy) {
	if !g.Complete && !slices.ContainsFunc(g.pods, func(w workload) bool { return w.namespace == o.Namespace }) {
		return // whoever is meant is elsewhere
	}
	check := func(peers []networkingv1.NetworkPolicyPeer, at manifest.Path) {
		for i, peer := range peers {
			if peer.PodSelector == nil || peer.NamespaceSelector != nil {
				continue
			}
			selector, err := metav1.LabelSelectorAsSelector(peer.PodSelector)
			if err != nil || g.selects(o.Namespace, selector) || anyRun(o.Namespace).matches(selector) {
				continue
			}
			g.unresolved(o, "graph/network-policy-peer-not-found", at.Append(i, "podSelector"),
				fmt.Sprintf("no pod%s matches %s: the policy lets nobody through here", within(o.Namespace), selector),
				"select labels that pods have; for pods of another namespace write namespaceSelector beside podSelector")
		}
	}
	for i, rule := range policy.Spec.Ingress {
		check(rule.From, manifest.Path{"spec", "ingress", i, "from"})
	}
	for i, rule := range policy.Spec.Egress {
		check(rule.To, manifest.Path{"spec", "egress", i, "to"})
	}
}

func (g *graph) selects(namespace string, selector labels.Selector) bool {
	if selector.Empty() {
		return true
	}
	for _, w := range g.pods {
		if w.namespace == namespace && w.matches(selector) {
			return true
		}
	}
	return false
}
