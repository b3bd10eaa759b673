package typed

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// unvalidated are kinds that the API server serves and that are not validated here.
var unvalidated = map[string][]string{
	"apiregistration.k8s.io": {"APIService"},
}

// unknown says what is known of a kind that is not validated.
func (c *Checker) unknown(o manifest.Object, gvk schema.GroupVersionKind) []finding.Finding {
	f := finding.Finding{Rule: "types/unknown-kind", Severity: finding.Warning, Object: o.Ref(), Field: "kind"}
	served := kindsOf(gvk.Group)
	switch {
	case c.settings.KnownKinds[gvk.Group+"/"+gvk.Kind]:
		return nil
	case slices.Contains(unvalidated[gvk.Group], gvk.Kind):
		f.Rule, f.Severity = "types/not-validated", finding.Info
		f.Message = fmt.Sprintf("%s of %s is not validated: tenon has no types for it", o.Kind, o.APIVersion)
		f.Remedy = "let the API server validate it with a dry run"
	case c.definitions.has(gvk.GroupKind()):
		// The cluster may run another version of the operator.
		f.Rule, f.Severity, f.Field = "types/not-validated", finding.Info, "apiVersion"
		f.Message = fmt.Sprintf("%s of %s is not validated: tenon has the operator's schema for another version", o.Kind, o.APIVersion)
		f.Remedy = "see that the cluster's operator serves it; let the API server validate it with a dry run"
	case o.APIVersion == "builtin":
		f.Rule, f.Severity = "types/not-validated", finding.Info
		f.Message = fmt.Sprintf("%s is a configuration of kustomize's, which no server takes", o.Kind)
		f.Remedy = "name it in generators or transformers of a kustomization"
	case gvk.Group == "" && gvk.Version != "v1":
		f.Severity, f.Field = finding.Error, "apiVersion"
		f.Message = fmt.Sprintf("apiVersion %s names no group, and the core group has only v1", o.APIVersion)
		f.Remedy = "write group/version"
		if group := groupOf(gvk.Kind); group != "" {
			f.Remedy = fmt.Sprintf("write %s/%s", group, gvk.Version)
		}
	case slices.Contains(served, gvk.Kind):
		f.Rule, f.Severity, f.Field = "types/unknown-version", finding.Error, "apiVersion"
		f.Message = fmt.Sprintf("%s is not served in %s", o.Kind, o.APIVersion)
		f.Remedy = "use a current version: see https://kubernetes.io/docs/reference/using-api/deprecation-guide/"
	case served != nil:
		f.Severity = finding.Error
		f.Message = fmt.Sprintf("%s has no kind %s", o.APIVersion, o.Kind)
		f.Remedy = cmp.Or(removed[gvk.GroupKind()], didYouMean(gvk.Kind, served))
	case slices.Contains(operators[gvk.Group], gvk.Kind) && !c.settings.Complete:
		f.Rule, f.Severity = "types/not-validated", finding.Info
		f.Message = fmt.Sprintf("%s of %s is not validated: tenon has no schema of that operator", o.Kind, o.APIVersion)
		f.Remedy = "check its CustomResourceDefinition, too, or let the API server validate it with a dry run"
	default:
		f.Message = fmt.Sprintf("the kind %s of %s is not known", o.Kind, o.APIVersion)
		f.Remedy = "correct apiVersion or kind, or state the operator's kind in facts.customResources as group/Kind"
		if near := finding.Nearest(o.Kind, operators[gvk.Group]); near != "" && near != o.Kind {
			f.Remedy = fmt.Sprintf("is %s meant? Else state the operator's kind in facts.customResources as group/Kind", near)
		}
		if c.settings.Complete {
			f.Severity = finding.Error
		}
	}
	return []finding.Finding{f}
}

// removed are kinds that Tekton once had, with what took their place
// (https://tekton.dev/docs/pipelines/deprecations/).
var removed = map[schema.GroupKind]string{
	{Group: "tekton.dev", Kind: "ClusterTask"}:      "Tekton has removed it: make it a Task, and refer to it from other namespaces by the cluster resolver",
	{Group: "tekton.dev", Kind: "PipelineResource"}: "Tekton has removed it: clone, build and push in tasks that have params, workspaces and results",
	{Group: "tekton.dev", Kind: "Condition"}:        "Tekton has removed it: use `when`, with a task before it that writes a result",
}

// groupOf finds the group of a kind that is known, the first in their order.
func groupOf(kind string) string {
	var groups []string
	for gvk := range external().AllKnownTypes() {
		if gvk.Kind == kind {
			groups = append(groups, gvk.Group)
		}
	}
	for gvk := range tektonKinds {
		if gvk.Kind == kind {
			groups = append(groups, gvk.Group)
		}
	}
	for gk := range definitionNames() {
		if gk.Kind == strings.ToLower(kind) {
			groups = append(groups, gk.Group)
		}
	}
	slices.Sort(groups)
	if len(groups) == 0 {
		return ""
	}
	return groups[0]
}

// kindsOf lists the kinds of an API group that Kubernetes or Tekton serves; nil for others.
func kindsOf(group string) []string {
	kinds := slices.Clone(unvalidated[group])
	for gvk := range external().AllKnownTypes() {
		if gvk.Group == group && !slices.Contains(kinds, gvk.Kind) && !strings.HasSuffix(gvk.Kind, "List") && !strings.HasSuffix(gvk.Kind, "Options") && gvk.Kind != "WatchEvent" {
			kinds = append(kinds, gvk.Kind)
		}
	}
	for gvk := range tektonKinds {
		if gvk.Group == group && !slices.Contains(kinds, gvk.Kind) {
			kinds = append(kinds, gvk.Kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

func didYouMean(kind string, served []string) string {
	best := slices.MinFunc(served, func(a, b string) int {
		return levenshtein.ComputeDistance(strings.ToLower(kind), strings.ToLower(a)) - levenshtein.ComputeDistance(strings.ToLower(kind), strings.ToLower(b))
	})
	if levenshtein.ComputeDistance(strings.ToLower(kind), strings.ToLower(best)) > len(kind)/3 {
		return "the group has: " + strings.Join(served, ", ")
	}
	return "did you mean " + best + "?"
}
