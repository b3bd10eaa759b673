package cli_test

import (
	"fmt"
	"slices"
	"strings"
)

// pullsOfIdentity say of an object that it is another one, or put one in the place of what others trust.
func pullsOfIdentity() []pull {
	return slices.Concat(pullsOfScopes(), pullsOfOverwritten(), pullsOfLabels(), pullsOfClaims(), pullsOfCallers(), pullsOfLists())
}

func pullsOfScopes() (all []pull) {
	const role = `targets: [string]: ClusterRole: r: {apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: name: "r", rules: [{apiGroups: [""], resources: ["pods"], verbs: ["get"]}]}
targets: [string]: ClusterRoleBinding: b: {apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", metadata: name: "b", roleRef: {apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "r"}, subjects: [{kind: "ServiceAccount", name: "preflight", namespace: "notebook-ci"}]}
`
	const space = `targets: [string]: Namespace: x: {apiVersion: "v1", kind: "Namespace", metadata: {name: "x", labels: "pod-security.kubernetes.io/enforce": "restricted"}}
`
	for name, texts := range map[string][2]string{
		"a role":            {role, `targets: [string]: ClusterRole: "foo/r": {apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: {name: "r", namespace: "foo"}, rules: [{apiGroups: [""], resources: ["configmaps"], verbs: ["update"]}]}`},
		"a namespace":       {space, `targets: [string]: Namespace: "foo/x": {apiVersion: "v1", kind: "Namespace", metadata: {name: "x", namespace: "foo", labels: "pod-security.kubernetes.io/enforce": "baseline"}}`},
		"a class":           {"", `targets: [string]: PriorityClass: {a: {apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: name: "a", value: 1}, "foo/a": {apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: {name: "a", namespace: "foo"}, value: 1000}}`},
		"an operator's own": {"", `targets: [string]: ClusterQueue: {a: {apiVersion: "kueue.x-k8s.io/v1beta2", kind: "ClusterQueue", metadata: name: "a", spec: {}}, "foo/a": {apiVersion: "kueue.x-k8s.io/v1beta2", kind: "ClusterQueue", metadata: {name: "a", namespace: "foo"}, spec: {}}}`},
	} {
		all = append(all, pull{kind: "identity", name: name, exit: 1, wants: []string{"graph/duplicate-object"}, base: map[string]string{prod: "package platform\n" + texts[0]}, head: map[string]string{prod: "package platform\n" + texts[0] + texts[1] + "\n"}})
	}
	return all
}

func pullsOfOverwritten() (all []pull) {
	for _, value := range []string{"", "xxx", "<token>", "REPLACE_ME", "${TOKEN}"} {
		all = append(all, pull{kind: "identity", name: fmt.Sprintf("a Secret with %q", value), exit: -1, wants: []string{"change/power-changed", "Secret"},
			head: map[string]string{prod: fmt.Sprintf("package platform\nplatform: objects: [{apiVersion: \"v1\", kind: \"Secret\", metadata: {name: \"github-webhook\", namespace: \"notebook-ci\"}, stringData: token: %q}]\n", value)}})
	}
	return append(all,
		pull{kind: "identity", name: "pods without a bound", exit: -1, wants: []string{"change/power-changed", "maxReplicaCount"}, head: map[string]string{prod: inTarget("ScaledObject", "a", `{apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject", metadata: {name: "a", namespace: "notebook-ci"}, spec: {scaleTargetRef: name: "a", triggers: [{type: "cron", metadata: {timezone: "Etc/UTC", start: "0 1 * * *", end: "0 2 * * *", desiredReplicas: "50"}}]}}`)}},
	)
}

// pullsOfLabels take pods out of what isolates them by labels that controllers give them.
func pullsOfLabels() (all []pull) {
	const pods = `template: {metadata: labels: app: "j", spec: {automountServiceAccountToken: false, containers: [{name: "m", image: "a@sha256:1111111111111111111111111111111111111111111111111111111111111111"}]}}`
	workload := map[string]string{
		"Job":         `{apiVersion: "batch/v1", kind: "Job", metadata: {name: "j", namespace: "notebook-ci-x"}, spec: {` + strings.Replace(pods, "spec: {", `spec: {restartPolicy: "Never", `, 1) + `}}`,
		"Deployment":  `{apiVersion: "apps/v1", kind: "Deployment", metadata: {name: "j", namespace: "notebook-ci-x"}, spec: {selector: matchLabels: app: "j", ` + pods + `}}`,
		"StatefulSet": `{apiVersion: "apps/v1", kind: "StatefulSet", metadata: {name: "j", namespace: "notebook-ci-x"}, spec: {serviceName: "j", selector: matchLabels: app: "j", ` + pods + `}}`,
		"DaemonSet":   `{apiVersion: "apps/v1", kind: "DaemonSet", metadata: {name: "j", namespace: "notebook-ci-x"}, spec: {selector: matchLabels: app: "j", ` + pods + `}}`,
		"Task":        `{apiVersion: "tekton.dev/v1", kind: "Task", metadata: {name: "j", namespace: "notebook-ci-x"}, spec: steps: [{name: "a", image: "a@sha256:1111111111111111111111111111111111111111111111111111111111111111", command: ["true"]}]}`,
	}
	for _, x := range [][2]string{
		{"Task", "tekton.dev/taskRun"}, {"Task", "tekton.dev/taskRunUID"}, {"Task", "tekton.dev/pipelineRun"}, {"Task", "triggers.tekton.dev/triggers-eventid"},
		{"Job", "job-name"}, {"Job", "batch.kubernetes.io/controller-uid"}, {"Deployment", "pod-template-hash"}, {"StatefulSet", "apps.kubernetes.io/pod-index"}, {"DaemonSet", "controller-revision-hash"},
	} {
		kind, label := x[0], x[1]
		policy := func(name, selector string) string {
			return fmt.Sprintf("package platform\ntargets: [string]: %s: \"notebook-ci-x/j\": %s\ntargets: [string]: NetworkPolicy: \"notebook-ci-x/%s\": {apiVersion: \"networking.k8s.io/v1\", kind: \"NetworkPolicy\", metadata: {name: %[3]q, namespace: \"notebook-ci-x\"}, spec: {podSelector: %s, policyTypes: [\"Ingress\", \"Egress\"]}}\n", kind, workload[kind], name, selector)
		}
		all = append(all, pull{kind: "labels", name: kind + " by " + label, exit: -1, wants: []string{"change/network-opened"},
			base: map[string]string{prod: policy("deny", "{}")}, head: map[string]string{prod: policy("deny-all", fmt.Sprintf(`matchExpressions: [{key: %q, operator: "DoesNotExist"}]`, label))}})
	}
	return all
}

// pullsOfClaims delete what a StatefulSet holds.
func pullsOfClaims() []pull {
	store := func(policy string, replicas int) string {
		return inTarget("StatefulSet", "s", fmt.Sprintf(`{apiVersion: "apps/v1", kind: "StatefulSet", metadata: {name: "s", namespace: "notebook-ci"}, spec: {serviceName: "s", replicas: %d, persistentVolumeClaimRetentionPolicy: {%s}, selector: matchLabels: app: "s", template: {metadata: labels: app: "s", spec: containers: [{name: "m", image: "a@sha256:1111111111111111111111111111111111111111111111111111111111111111"}]}, volumeClaimTemplates: [{metadata: name: "d", spec: {accessModes: ["ReadWriteOnce"], resources: requests: storage: "1Gi"}}]}}`, replicas, policy))
	}
	const deletes, keeps = `whenDeleted: "Delete", whenScaled: "Delete"`, `whenDeleted: "Retain", whenScaled: "Retain"`
	return []pull{
		{kind: "data", name: "with the set", exit: 1, wants: []string{"change/data-deleted"}, base: map[string]string{prod: store(deletes, 3)}, head: map[string]string{prod: ""}},
		{kind: "data", name: "of the last pods", exit: 1, wants: []string{"change/data-deleted"}, base: map[string]string{prod: store(deletes, 3)}, head: map[string]string{prod: store(deletes, 0)}},
		{kind: "data", name: "by a policy that comes with it", exit: 1, wants: []string{"change/data-deleted"}, base: map[string]string{prod: store(keeps, 3)}, head: map[string]string{prod: store(deletes, 1)}},
		{kind: "data", name: "that is kept is none", exit: -1, never: []string{"change/data-deleted"}, base: map[string]string{prod: store(keeps, 3)}, head: map[string]string{prod: store(keeps, 0)}},
	}
}

// pullsOfCallers empty what calls tenon, where no CI is known to look for it, and write what Argo CD reads.
func pullsOfCallers() (all []pull) {
	for _, file := range []string{"ci/azure-pipelines.yml", ".pipelines/pr.yml", "ci/Jenkinsfile", ".taskcluster.yml", ".cnb.yml", "netlify.toml", "build/pipeline.json"} {
		all = append(all, pull{kind: "ci", name: file, exit: 1, wants: []string{"change/gate-changed"}, base: map[string]string{file: "steps:\n- script: tenon gate --base origin/main\n"}, head: map[string]string{file: "steps:\n- script: true\n"}})
	}
	return append(all,
		pull{kind: "ci", name: "a page that speaks of it is none", exit: 0, never: []string{"change/gate-changed"}, base: map[string]string{"docs/ci.md": "tenon gate --base main\n"}, head: map[string]string{"docs/ci.md": "see there\n"}},
		pull{kind: "ci", name: "parameters of an Application", exit: 1, wants: []string{"overlay/file-name"}, head: map[string]string{".argocd-source.yaml": "plugin: {parameters: [{name: phase, string: phase3}]}\n"}},
	)
}

// pullsOfLists change secrets that stand in lists, maps and patches.
func pullsOfLists() (all []pull) {
	const old, now = "Zq9hunter41", "Zq9hunter72"
	application := func(source string) string {
		return inTarget("Application", "a", `{apiVersion: "argoproj.io/v1alpha1", kind: "Application", metadata: {name: "a", namespace: "argocd"}, spec: {project: "ci", destination: {server: "https://kubernetes.default.svc", namespace: "ci"}, source: {repoURL: "https://github.com/example/p", targetRevision: "v1.0.0", path: "a", `+source+`}}}`)
	}
	step := func(fields string) string {
		return inTarget("Task", "x", `{apiVersion: "tekton.dev/v1", kind: "Task", metadata: {name: "x", namespace: "notebook-ci"}, spec: {params: [{name: "password", type: "string"}], steps: [{name: "a", image: "a@sha256:1111111111111111111111111111111111111111111111111111111111111111", `+fields+`}]}}`)
	}
	for name, text := range map[string]string{
		"an array of a plugin": application(`plugin: parameters: [{name: "password", array: ["SECRET"]}]`), "a map of a plugin": application(`plugin: parameters: [{name: "passwords", map: {a: "SECRET"}}]`),
		"a patch":         application(`kustomize: patches: [{target: kind: "ConfigMap", patch: "- op: add\n  path: /data/password\n  value: SECRET\n"}]`),
		"a patch in JSON": application(`kustomize: patches: [{target: kind: "ConfigMap", patch: "[{\"op\":\"add\",\"path\":\"/data/password\",\"value\":\"SECRET\"}]"}]`),
		"sshpass":         step(`command: ["sshpass", "-pSECRET", "ssh"]`), "sshpass in two words": step(`command: ["sshpass", "-p", "SECRET", "ssh"]`), "redis": step(`command: ["redis-cli", "-a", "SECRET"]`),
		"MinIO": step(`command: ["mc", "alias", "set", "a", "https://s3.example.com", "ACCESS", "SECRET"]`), "arguments of a command": step(`command: ["mysql"], args: ["-u", "a", "-pSECRET"]`),
		"what a parameter is compared with": inTarget("Pipeline", "p", `{apiVersion: "tekton.dev/v1", kind: "Pipeline", metadata: {name: "p", namespace: "notebook-ci"}, spec: {params: [{name: "password"}], tasks: [{name: "a", taskRef: name: "commit-status", when: [{input: "$(params.password)", operator: "in", values: ["SECRET"]}]}]}}`),
	} {
		all = append(all, pull{kind: "secret", name: name, exit: -1, all: true, never: []string{old, now}, base: map[string]string{prod: strings.ReplaceAll(text, "SECRET", old)}, head: map[string]string{prod: strings.ReplaceAll(text, "SECRET", now)}})
	}
	return all
}
