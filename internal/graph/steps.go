package graph

import (
	"slices"
	"strings"
	"sync"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/typed"
)

// ofContainers are the checks of Pod Security restricted that only a step itself can meet: what the pod says for all of its
// containers may come from the podTemplate of a run, or from Tekton's defaults.
var ofContainers = sync.OnceValues(func() (policy.Evaluator, error) {
	only := slices.DeleteFunc(policy.DefaultChecks(), func(c policy.Check) bool {
		return c.ID != "allowPrivilegeEscalation" && c.ID != "capabilities_restricted"
	})
	return policy.NewEvaluator(only, nil)
})

// stepLevels says of Tasks what keeps their steps out of a namespace that enforces Pod Security restricted.
func (g *graph) stepLevels() {
	check, err := ofContainers()
	if err != nil {
		return
	}
	decided := map[string]bool{} // namespaces that state a level, to which the pods of runs are held
	for _, o := range g.ofKind("Namespace") {
		decided[o.Name] = labelsAt(o, "metadata", "labels")[enforceLabel] != ""
	}
	for _, o := range g.ofKind("Task") {
		if decided[o.Namespace] {
			continue
		}
		spec, ok := as[pipelinev1.TaskSpec](o.Value["spec"])
		if !ok || !isTekton(o.APIVersion) || len(spec.Steps) == 0 {
			continue
		}
		pod := typed.TaskPod(&spec)
		var reasons []string
		for _, result := range check.EvaluatePod(api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}, &metav1.ObjectMeta{}, &pod) {
			if !result.Allowed {
				reasons = append(reasons, result.ForbiddenReason)
			}
		}
		if len(reasons) > 0 {
			g.add(o, "graph/pod-restricted", finding.Info, manifest.Path{"spec", "steps"}, "Pod Security restricted would refuse each run of it: "+strings.Join(reasons, ", "),
				"set allowPrivilegeEscalation false and capabilities drop ALL in securityContext of stepTemplate, and of sidecars")
		}
	}
}
