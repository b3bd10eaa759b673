package check

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/image/signing"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
)

// include is the label by which policy-controller looks at the pods of a namespace.
var include = manifest.Path{"metadata", "labels", "policy.sigstore.dev/include"}

// uncovered finds images that no policy covers, in namespaces whose pods are looked at: policy-controller denies
// what no policy matches, unless its setting no-match-policy says otherwise
// (https://docs.sigstore.dev/policy-controller/overview/#configuring-policy-controller-components).
func uncovered(s Subject, uses []image.Use) []finding.Finding {
	policies := signing.Policies(s.Objects)
	if len(policies) == 0 || letsThrough(s.Objects) {
		return nil // those that count are elsewhere
	}
	severity := finding.Warning
	if s.Complete {
		severity = finding.Error
	}
	var found []finding.Finding
	for _, namespace := range s.Objects {
		if label, _ := manifest.Lookup(namespace.Value, include); namespace.Kind != "Namespace" || label != "true" {
			continue
		}
		within := inNamespace(s.Objects, namespace.Name)
		said := map[string]bool{}
		for _, use := range uses {
			if use.Object.Namespace != namespace.Name || said[use.Image] || strings.Contains(use.Image, "$(") || isCovered(policies, use.Image, admitted(use)) {
				continue
			}
			said[use.Image] = true
			found = append(found, finding.Finding{
				Rule: "image/policy-missing", Severity: severity, Object: use.Object.Ref(), Field: use.At.String(),
				Message: fmt.Sprintf("no image policy covers %s, and namespace %s has its images verified: the pod is denied", use.Image, namespace.Name),
				Remedy:  "add its name to the globs of a policy",
			})
		}
		for _, i := range injections(within, s.Facts) {
			if isCovered(policies, digested(i.image), admitted(image.Use{Object: i.by})) {
				continue
			}
			found = append(found, finding.Finding{
				Rule: "image/policy-missing", Severity: severity, Object: namespace.Ref(), Field: include.String(),
				Message: fmt.Sprintf("no image policy covers %s, which Tekton puts into pods by itself (%s, as for %s %s): all of these are denied", i.image, i.why, i.by.Kind, i.by.Name),
				Remedy:  "add its name to the globs of a policy, or state in facts.tekton.images what the controllers' arguments name instead",
			})
		}
	}
	return found
}

// letsThrough tells whether policy-controller is told to let images pass that no policy covers.
func letsThrough(objects []manifest.Object) bool {
	return slices.ContainsFunc(objects, func(o manifest.Object) bool {
		setting, _ := manifest.Lookup(o.Value, manifest.Path{"data", "no-match-policy"})
		return o.Kind == "ConfigMap" && o.Name == "config-policy-controller" && (setting == "allow" || setting == "warn")
	})
}

func inNamespace(objects []manifest.Object, namespace string) []manifest.Object {
	var all []manifest.Object
	for _, o := range objects {
		if o.Namespace == namespace {
			all = append(all, o)
		}
	}
	return all
}

func isCovered(policies []signing.Policy, name string, admitted []signing.Admitted) bool {
	return slices.ContainsFunc(policies, func(p signing.Policy) bool {
		covers, err := p.Covers(name, admitted)
		return covers || err != nil
	})
}

// digested is an image as policies see it: they are asked once its tag is resolved.
func digested(name string) string {
	if strings.Contains(name, "@") {
		return name
	}
	return name + "@sha256:" + strings.Repeat("0", 64)
}

// injection is an image that Tekton puts into pods, and an object whose pods get it.
type injection struct {
	image, why string
	by         manifest.Object
}

// injections lists what Tekton puts into the pods of objects
// (https://github.com/tektoncd/pipeline/blob/v1.15.0/pkg/pod/pod.go).
func injections(objects []manifest.Object, facts platform.Facts) []injection {
	var all []injection
	add := func(what, why string, by manifest.Object) {
		name := facts.Tekton.Images[what]
		if name != "" && !slices.ContainsFunc(all, func(i injection) bool { return i.image == name }) {
			all = append(all, injection{name, why, by})
		}
	}
	for _, o := range objects {
		if o.Kind == "EventListener" {
			add("listener", "it takes the events", o)
		}
		if !strings.HasPrefix(o.APIVersion, "tekton.dev/") && o.Kind != "TriggerTemplate" {
			continue
		}
		steps := stepsWithin(o.Value)
		if len(steps) == 0 {
			continue
		}
		add("entrypoint", "it starts each step", o)
		if facts.Tekton.FeatureFlags["results-from"] == "sidecar-logs" {
			add("sidecarLogResults", "it hands on results", o)
		}
		if facts.Tekton.Coschedule != "disabled" {
			add("nop", "affinity assistants run it", o)
		}
		for _, s := range steps {
			if text, _ := s["script"].(string); text != "" {
				add("shell", "it writes the scripts of steps", o)
			}
			if dir, _ := s["workingDir"].(string); dir != "" && !path.IsAbs(dir) {
				add("workingDirInit", "it makes the working folders of steps", o)
			}
		}
	}
	return all
}

// stepsWithin are the steps and sidecars of tasks, wherever they stand in an object.
func stepsWithin(value any) []map[string]any {
	var all []map[string]any
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if list, ok := inner.([]any); ok && (key == "steps" || key == "sidecars") {
				for _, item := range list {
					if step, ok := item.(map[string]any); ok {
						all = append(all, step)
					}
				}
				continue
			}
			all = append(all, stepsWithin(inner)...)
		}
	case []any:
		for _, inner := range v {
			all = append(all, stepsWithin(inner)...)
		}
	}
	return all
}
