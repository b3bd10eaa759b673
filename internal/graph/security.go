package graph

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// evaluator is the code of the Pod Security admission plugin.
var evaluator = sync.OnceValues(func() (policy.Evaluator, error) { return policy.NewEvaluator(policy.DefaultChecks(), nil) })

// unlabelled is what holds where a namespace says nothing.
var unlabelled = api.Policy{Enforce: api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()}}

// podLevels checks every pod against the level that its namespace enforces.
func (g *graph) podLevels() {
	levels := map[string]api.LevelVersion{}
	for _, o := range g.Objects {
		if o.Kind == "Namespace" {
			enforced, errs := api.PolicyToEvaluate(labelsAt(o, "metadata", "labels"), unlabelled)
			if level := enforced.Enforce; len(errs) == 0 && level.Level != "" && level.Level != api.LevelPrivileged {
				levels[o.Name] = level
			}
		}
	}
	check, err := evaluator()
	if err != nil {
		return
	}
	for _, p := range g.allPods() {
		level, enforced := levels[p.namespace]
		if !enforced && !p.tekton {
			g.withoutLevel(check, p)
		}
		if !enforced || p.tekton && level.Level == api.LevelRestricted && !g.Facts.Tekton.SetSecurityContext {
			continue // of the latter podSecurity says that none of them runs, whatever they write
		}
		spec := withVolumes(p.spec)
		results := slices.DeleteFunc(check.EvaluatePod(level, &p.meta, &spec), func(r policy.CheckResult) bool { return r.Allowed })
		if !p.tekton {
			results = g.refusedByOne(p, spec, level, results)
		}
		result := policy.AggregateCheckResults(results)
		if len(results) == 0 {
			continue
		}
		at := p.at
		if p.tekton {
			at = at.Append("steps")
		}
		g.add(p.in, "graph/pod-level", finding.Error, at,
			fmt.Sprintf("namespace %s enforces Pod Security %s and refuses the %s: %s", p.namespace, level.Level, p.who, result.ForbiddenDetail()),
			"set the securityContext of each container, and runAsNonRoot and seccompProfile of the pod, as the level wants")
	}
}

// refusedByOne tells what the checks of baseline refuse, each at its field, and gives what the others do: those of restricted
// want things of every container, and are one finding.
func (g *graph) refusedByOne(p somePod, spec corev1.PodSpec, level api.LevelVersion, results []policy.CheckResult) []policy.CheckResult {
	for _, c := range ofBaseline() {
		said := c.check(&p.meta, &spec)
		i := slices.IndexFunc(results, func(r policy.CheckResult) bool { return r == said })
		if said.Allowed || i < 0 {
			continue
		}
		results = slices.Delete(results, i, i+1)
		g.add(p.in, "graph/pod-level", finding.Error, c.at(p),
			fmt.Sprintf("namespace %s enforces Pod Security %s and refuses the %s: %s (%s)", p.namespace, level.Level, p.who, said.ForbiddenReason, said.ForbiddenDetail), c.remedy())
	}
	return results
}

// withVolumes is a pod as Pod Security sees it: a volume of which no source is written is an emptyDir by then
// (SetDefaults_Volume of k8s.io/kubernetes/pkg/apis/core/v1).
func withVolumes(spec corev1.PodSpec) corev1.PodSpec {
	spec.Volumes = slices.Clone(spec.Volumes)
	for i, v := range spec.Volumes {
		if v.VolumeSource == (corev1.VolumeSource{}) {
			spec.Volumes[i].EmptyDir = &corev1.EmptyDirVolumeSource{}
		}
	}
	return spec
}

// elsewhere are reasons of Pod Security that rules of their own say, at the field and with what follows.
var elsewhere = []string{"privileged", "host namespaces", "hostPath volumes"}

// withoutLevel says what the levels would refuse of a pod whose namespace enforces none: of baseline each reason, of
// restricted that there are some.
func (g *graph) withoutLevel(check policy.Evaluator, p somePod) {
	baseline := map[string]bool{}
	spec := withVolumes(p.spec)
	for _, c := range ofBaseline() {
		result := c.check(&p.meta, &spec)
		if result.Allowed || slices.Contains(elsewhere, result.ForbiddenReason) {
			continue
		}
		baseline[result.ForbiddenReason] = true
		g.add(p.in, "graph/pod-baseline", finding.Warning, c.at(p), fmt.Sprintf("Pod Security baseline refuses the %s: %s (%s)", p.who, result.ForbiddenReason, result.ForbiddenDetail), c.remedy())
	}
	var restricted []string
	for _, result := range check.EvaluatePod(api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}, &p.meta, &spec) {
		if reason := result.ForbiddenReason; !result.Allowed && !slices.Contains(elsewhere, reason) && !baseline[reason] {
			restricted = append(restricted, reason)
		}
	}
	if len(restricted) > 0 {
		g.add(p.in, "graph/pod-restricted", finding.Info, p.at, "Pod Security restricted would refuse it: "+strings.Join(restricted, ", "),
			"set runAsNonRoot and seccompProfile of the pod, and for each container allowPrivilegeEscalation false and capabilities drop ALL")
	}
}

// namespaceLevels says which namespaces let every pod in.
func (g *graph) namespaceLevels() {
	for _, o := range g.ofKind("Namespace") {
		if strings.HasPrefix(o.Name, "kube-") {
			continue
		}
		switch level := labelsAt(o, "metadata", "labels")[enforceLabel]; {
		case level == string(api.LevelPrivileged) && !g.Complete: // a platform has decided it, and the gate asks who changes that
			g.add(o, "graph/namespace-level", finding.Info, manifest.Path{"metadata", "labels", enforceLabel}, fmt.Sprintf("namespace %s lets every pod in, those with the node in their hands too", o.Name),
				"enforce baseline, or restricted; nothing, if agents of the nodes run there")
		case level == "":
			g.add(o, "graph/namespace-level", finding.Info, manifest.Path{"metadata"}, fmt.Sprintf("namespace %s enforces no Pod Security level: every pod is let in, those with the node in their hands too", o.Name),
				"label it "+enforceLabel+": baseline, or restricted")
		}
	}
}

const enforceLabel = "pod-security.kubernetes.io/enforce"

// podSecurity checks that runs can start in a namespace that enforces Pod Security restricted.
// Tekton's own init containers and its affinity assistants fit that only with its feature flag
// set-security-context; without it every TaskRun fails.
func (g *graph) podSecurity() {
	if g.Facts.Tekton.SetSecurityContext {
		g.initUsers()
		return
	}
	for _, o := range g.Objects {
		if o.Kind != "Namespace" || labelsAt(o, "metadata", "labels")[enforceLabel] != "restricted" || !g.runsIn(o.Name) {
			continue
		}
		g.add(o, "graph/pod-security", finding.Error, manifest.Path{"metadata", "labels", enforceLabel},
			fmt.Sprintf("namespace %s enforces Pod Security restricted, which Tekton's init containers do not meet by default: every TaskRun fails", o.Name),
			"set set-security-context to true in Tekton's feature-flags and state it in facts.tekton.setSecurityContext")
	}
}

// initUsers checks that Tekton's own init containers have a user. With set-security-context they must not run as
// root, and Tekton names no user for them: what writes the scripts starts only if its image happens to have one
// (https://github.com/tektoncd/pipeline/blob/v1.15.0/pkg/pod/security_context_config.go).
func (g *graph) initUsers() {
	shell, _, _ := strings.Cut(g.Facts.Tekton.Images["shell"], "@")
	if len(g.Facts.Images[shell].UIDs) > 0 {
		return
	}
	for _, r := range g.Runs {
		template, _, at := runTemplate(r)
		if template != nil && template.SecurityContext != nil && (template.SecurityContext.RunAsUser != nil || template.SecurityContext.RunAsNonRoot != nil && !*template.SecurityContext.RunAsNonRoot) {
			continue
		}
		g.add(r.Owner, "graph/init-user", finding.Warning, at.Append("securityContext"),
			"Tekton's init containers must not run as root (set-security-context), and the run names no user for them: with an image that runs as root the pod does not start",
			"set securityContext.runAsUser in the podTemplate of the run; steps may have users of their own")
	}
}

func (g *graph) runsIn(namespace string) bool {
	for _, r := range g.Runs {
		if r.Object.Namespace == namespace {
			return true
		}
	}
	return false
}

// sysctls finds values that hold more than a value: CRI-O before 1.19.6, 1.20.7, 1.21.6, 1.22.3 and 1.23.2 takes what
// follows a plus sign for a kernel setting of the node, whatever it is (CVE-2022-0811).
func (g *graph) sysctls() {
	for _, p := range g.allPods() {
		if p.spec.SecurityContext == nil {
			continue
		}
		for i, s := range p.spec.SecurityContext.Sysctls {
			if strings.ContainsAny(s.Value, "+=") {
				g.add(p.in, "graph/sysctl-value", finding.Error, p.at.Append("securityContext", "sysctls", i, "value"),
					fmt.Sprintf("the value of sysctl %s holds another setting: by it a pod sets what it likes in the kernel of the node, and runs programs there as root (CVE-2022-0811)", s.Name),
					"write the value alone")
			}
		}
	}
}
