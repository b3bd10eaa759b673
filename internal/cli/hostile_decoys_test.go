package cli_test

import "strings"

// pullsOfDecoys hide a change behind what the base has elsewhere, behind another change, or behind a comparison that takes
// it for none.
func pullsOfDecoys() []pull {
	const dev = "cue/platform/dev/x.cue"
	both := map[string]string{"cue/platform/dev/dev.cue": two + "}", "cue/platform/platform.cue": statusOfOne}
	with := func(files map[string]string) map[string]string {
		all := map[string]string{}
		for _, some := range []map[string]string{both, files} {
			for name, text := range some {
				all[name] = text
			}
		}
		return all
	}
	ofAll := func(object string) string {
		return strings.Replace(object, "targets: phase1:", "targets: [string]:", 1)
	}
	policy := func(name, authority string) string {
		return `{apiVersion: "policy.sigstore.dev/v1beta1", kind: "ClusterImagePolicy", metadata: name: "` + name + `", spec: {mode: "enforce", images: [{glob: "registry.example.com/**"}], authorities: [` + authority + `]}}`
	}
	lax := inTarget("ClusterImagePolicy", "lax", policy("lax", `{name: "a", static: action: "pass"}`))
	queue := func(gpus string) string {
		return inTarget("ClusterQueue", "x", `{apiVersion: "kueue.x-k8s.io/v1beta2", kind: "ClusterQueue", metadata: name: "x", spec: {namespaceSelector: matchLabels: a: "b", resourceGroups: [{coveredResources: ["nvidia.com/gpu"], flavors: [{name: "f", resources: [{name: "nvidia.com/gpu", nominalQuota: `+gpus+`}]}]}]}}`)
	}
	quota := func(cpus string) string {
		return strings.TrimPrefix(inTarget("ResourceQuota", "q", `{apiVersion: "v1", kind: "ResourceQuota", metadata: {name: "q", namespace: "notebook-ci"}, spec: hard: `+cpus+`}`), "package platform\n")
	}
	order := func(first, second string) string {
		return inTarget("HTTPRoute", "x", `{apiVersion: "gateway.networking.k8s.io/v1", kind: "HTTPRoute", metadata: {name: "x", namespace: "notebook-ci"}, spec: {parentRefs: [{name: "g"}], rules: [{backendRefs: [{name: "`+first+`", port: 80}]}, {backendRefs: [{name: "`+second+`", port: 80}]}]}}`)
	}
	set := func(memory string) string {
		return inTarget("ApplicationSet", "y", `{apiVersion: "argoproj.io/v1alpha1", kind: "ApplicationSet", metadata: {name: "y", namespace: "argocd"}, spec: {goTemplate: true, generators: [{list: elements: [{name: "a", memory: "`+memory+`"}]}], template: {metadata: name: "y-{{.name}}", spec: {project: "x", destination: {name: "x", namespace: "x"}, source: {repoURL: "https://github.com/example/gpu", targetRevision: "main", path: "apps/{{.memory}}"}}}}}`)
	}
	filter := func(text string) string {
		return inTarget("EventListener", "x", `{apiVersion: "triggers.tekton.dev/v1beta1", kind: "EventListener", metadata: {name: "x", namespace: "notebook-ci"}, spec: {serviceAccountName: "a", triggers: [{name: "push", interceptors: [{ref: {name: "github", kind: "ClusterInterceptor"}}, {ref: {name: "cel", kind: "ClusterInterceptor"}, params: [{name: "filter", value: "`+text+`"}]}], template: ref: "x"}]}}`)
	}
	alert := func(more string) string {
		return inTarget("PrometheusRule", "x", `{apiVersion: "monitoring.coreos.com/v1", kind: "PrometheusRule", metadata: {name: "x", namespace: "notebook-ci"}, spec: groups: [{name: "g", rules: [{record: "a:b:c", expr: "avg(up)"}, {alert: "A", expr: "a:b:c < 0.9"}]}`+more+`]}`)
	}
	const share = "body.after.lowerAscii() < '19999999'"
	role := `{apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: name: "agg", aggregationRule: clusterRoleSelectors: [{matchLabels: "rbac.authorization.k8s.io/aggregate-to-admin": "true"}], rules: []}`
	binding := `{apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", metadata: name: "b", roleRef: {apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "agg"}, subjects: [{kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: "contractors"}]}`
	const bad = `{apiVersion: "tekton.dev/v1", kind: "Task", metadata: {name: "bad", namespace: "notebook-ci"}, spec: steps: [{name: "a", image: "registry.example.com/x:latest", securityContext: privileged: true, script: "id"}]}`
	hook := func(policy string) string {
		return inTarget("PersistentVolumeClaim", "x", `{apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: {name: "x", namespace: "notebook-ci", annotations: {"argocd.argoproj.io/hook": "PreSync", "argocd.argoproj.io/hook-delete-policy": "`+policy+`"}}, spec: {accessModes: ["ReadWriteMany"], storageClassName: "shared", resources: requests: storage: "100Gi"}}`)
	}
	peer := strings.TrimPrefix(inTarget("NetworkPolicy", "db", `{apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: {name: "db", namespace: "notebook-ci"}, spec: {podSelector: matchLabels: app: "db", policyTypes: ["Ingress"], ingress: [{from: [{namespaceSelector: matchLabels: "example.com/client": "true"}]}]}}`), "package platform\n")
	return []pull{
		{kind: "decoys", name: "a policy that another environment has", exit: 1, wants: []string{"change/signing-weakened"}, base: with(map[string]string{dev: ofAll(lax)}), head: map[string]string{prod: lax}},
		{kind: "decoys", name: "a policy of another phase", exit: 1, wants: []string{"change/signing-weakened"}, base: map[string]string{prod: strings.Replace(lax, "phase1", "phase3", 1)}, head: map[string]string{prod: ofAll(lax)}},
		{kind: "decoys", name: "a queue beside a quota", exit: -1, wants: []string{"change/effect-unknown", "nominalQuota"}, base: map[string]string{prod: queue("4") + quota(`cpu: "100"`)}, head: map[string]string{prod: queue("4000") + quota(`cpu: "101"`)}},
		{kind: "decoys", name: "a quota of none", exit: -1, wants: []string{"change/cost-multiplied"}, base: map[string]string{prod: "package platform\n" + quota(`"requests.nvidia.com/gpu": "0"`)}, head: map[string]string{prod: "package platform\n" + quota(`"requests.nvidia.com/gpu": "1000"`)}},
		{kind: "decoys", name: "another order of rules", exit: -1, wants: []string{"change/power-changed"}, base: map[string]string{prod: order("good", "evil")}, head: map[string]string{prod: order("evil", "good")}},
		{kind: "decoys", name: "a text like a quantity", exit: 1, wants: []string{"change/sync-moved"}, base: map[string]string{prod: set("1")}, head: map[string]string{prod: set("1.0")}},
		{kind: "decoys", name: "a share behind an alternative", exit: -1, wants: []string{"change/power-changed"}, base: map[string]string{prod: filter("(body.a == 'x' || body.b == 'y') && " + share)}, head: map[string]string{prod: filter("(body.a == 'x' || body.b == 'y' && " + share + ")")}},
		{kind: "decoys", name: "a phase that is new", exit: 1, wants: []string{"change/phase-jump"}, head: map[string]string{ofProd: `phase: "phase1"=>phase: "all"`, "cue/platform/platform.cue": "phase2: trafficPercent: 50=>phase2: trafficPercent: 5, all: trafficPercent: 100"}},
		{kind: "decoys", name: "a share beyond that of the next phase", exit: 1, wants: []string{"change/phase-jump"}, head: map[string]string{"cue/platform/platform.cue": "phase1: trafficPercent: 10=>phase1: trafficPercent: 99"}},
		{kind: "decoys", name: "a recording beside another", exit: -1, wants: []string{"what people are told of"}, base: map[string]string{prod: alert("")}, head: map[string]string{prod: alert(`, {name: "h", rules: [{record: "a:b:c", expr: "vector(1)"}]}`)}},
		{kind: "decoys", name: "a role that takes in others", exit: -1, wants: []string{"change/rights-gained", "contractors"}, base: map[string]string{prod: inTarget("ClusterRole", "agg", role)}, head: map[string]string{prod: inTarget("ClusterRole", "agg", role) + strings.TrimPrefix(inTarget("ClusterRoleBinding", "b", binding), "package platform\n")}},
		{kind: "decoys", name: "errors of the next phase", exit: 1, wants: []string{"pipeline/root-step", "blocked"}, base: map[string]string{prod: strings.Replace(inTarget("Task", "bad", bad), "phase1", "phase2", 1)}, head: map[string]string{ofProd: `phase: "phase1"=>phase: "phase2"`}},
		{kind: "decoys", name: "what deletes a hook", exit: -1, wants: []string{"change/power-changed", "hook-delete-policy"}, base: map[string]string{prod: hook("HookFailed")}, head: map[string]string{prod: hook("BeforeHookCreation")}},
		{kind: "decoys", name: "a namespace that is let in", exit: -1, wants: []string{"goes by this label"}, base: map[string]string{prod: "package platform\n" + peer}, head: map[string]string{prod: inTarget("Namespace", `"notebook-ci-n"`, `{apiVersion: "v1", kind: "Namespace", metadata: {name: "notebook-ci-n", labels: {"pod-security.kubernetes.io/enforce": "restricted", "example.com/client": "true"}}}`) + peer}},
		{kind: "decoys", name: "scripts of a folder", exit: 1, wants: []string{"change/gate-changed"},
			base: map[string]string{".github/workflows/gate.yaml": "jobs: {gate: {steps: [{run: 'for f in ci/gate.d/*; do sh $f; done'}, {run: tenon gate}]}}\n", "ci/gate.d/10-a": "tenon check\n"}, head: map[string]string{"ci/gate.d/10-a": "true\n"}},
		{kind: "decoys", name: "a CI of few", exit: 1, wants: []string{"change/gate-changed"}, base: map[string]string{".build.yml": "tasks: [{a: tenon gate}]\n"}, head: map[string]string{".build.yml": "tasks: [{a: 'true'}]\n"}},
	}
}
