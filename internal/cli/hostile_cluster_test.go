package cli_test

import (
	"maps"
	"slices"
	"strings"
)

// pullsOfClusters change what a cluster has by what takes its place: another phase, another environment, an object
// elsewhere. They bring with a new object what an old one would be asked about, and say in other words what is refused.
func pullsOfClusters() []pull {
	return slices.Concat(pullsOfPlaces(), pullsOfArgoCD(), pullsOfImages(), pullsOfRoles(), pullsOfObjects(), pullsOfParts(), pullsOfWords())
}

// powerChanged is the rule that tells who may do more.
const powerChanged = "change/power-changed"

const (
	ofPlatform = "cue/platform/platform.cue"
	ofTargets  = "cue/platform/targets.cue"
	ofArgoCD   = "cue/platform/own.cue"
	ofLive     = "cue/platform/live/live.cue"
	// live is an environment on the cluster of prod.
	live = "package platform\nplatform: {environment: \"live\", environments: live: {cluster: \"prod\", phase: \"phase3\"}}\n"
	// rendered is the line to replace for what Argo CD itself reads, and emptied what is left of one's own objects.
	rendered = "argocd: render.#ArgoCD & {#platform: platform}=>"
	emptied  = "package platform\nargocd: {}\n"
)

// becoming is a text of prod that becomes another.
func becoming(kind, name, before, after string, wants ...string) pull {
	return pull{kind: kind, name: name, exit: -1, wants: wants, base: map[string]string{prod: together(before)}, head: map[string]string{prod: together(after)}}
}

// coming is a text of prod that there was not.
func coming(kind, name, text string, wants ...string) pull {
	return pull{kind: kind, name: name, exit: -1, wants: wants, head: map[string]string{prod: together(text)}}
}

// refused is the same with an error.
func refused(p pull) pull {
	p.exit = 1
	return p
}

// together is the CUE of several texts.
func together(texts ...string) string {
	return "package platform\n" + strings.ReplaceAll(strings.Join(texts, ""), "package platform\n", "")
}

// everywhere has all phases have what phase1 has.
func everywhere(text string) string {
	return strings.ReplaceAll(text, "targets: phase1:", "targets: [string]:")
}

// outside has Argo CD read what phase1 has, beside all targets.
func outside(texts ...string) map[string]string {
	return map[string]string{ofTargets: rendered + "argocd: _", ofArgoCD: strings.ReplaceAll(together(texts...), "targets: phase1:", "argocd:")}
}

// pair is a platform of two environments, and more.
func pair(more map[string]string) map[string]string {
	files := map[string]string{"cue/platform/dev/dev.cue": two + "}\n", ofPlatform: statusOfOne}
	maps.Copy(files, more)
	return files
}

// objectOf is an object of phase1; one of the whole cluster has no namespace.
func objectOf(version, kind, namespace, name, fields string) string {
	metadata, key := `name: "`+name+`"`, name
	if namespace != "" {
		metadata, key = metadata+`, namespace: "`+namespace+`"`, namespace+"/"+name
	}
	return inTarget(kind, `"`+key+`"`, `{apiVersion: "`+version+`", kind: "`+kind+`", metadata: {`+metadata+`}, `+fields+`}`)
}

const rbacV1 = "rbac.authorization.k8s.io/v1"

// bound gives a role of the whole cluster to somebody.
func bound(role, subject string) string {
	return objectOf(rbacV1, "ClusterRoleBinding", "", "x", `roleRef: {apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "`+role+`"}, subjects: [`+subject+`]`)
}

// readers are a group that may read all secrets.
func readers(name string) string {
	return bound("x", aGroup(name)) + objectOf(rbacV1, "ClusterRole", "", "x", readsSecrets)
}

// aGroup is a subject of a binding.
func aGroup(name string) string {
	return `{kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: "` + name + `"}`
}

const (
	readsSecrets = `rules: [{apiGroups: [""], resources: ["secrets"], verbs: ["get"]}]`
	readsNodes   = `rules: [{apiGroups: [""], resources: ["nodes/proxy"], verbs: ["get"]}]`
)

// pullsOfPlaces have another phase or environment take the place of what a cluster has.
func pullsOfPlaces() []pull {
	claim := objectOf("v1", "PersistentVolumeClaim", "notebook-ci", "x", `spec: {accessModes: ["ReadWriteMany"], storageClassName: "shared", resources: requests: storage: "100Gi"}`)
	limits := objectOf("v1", "LimitRange", "notebook-ci", "x", `spec: limits: [{type: "Container", max: cpu: "4"}]`)
	project := objectOf("argoproj.io/v1alpha1", "AppProject", "argocd", "x", `spec: {sourceRepos: ["*"], destinations: [{server: "*", namespace: "*"}], clusterResourceWhitelist: [{group: "*", kind: "*"}]}`)
	account := objectOf("v1", "ServiceAccount", "notebook-ci", "x", `metadata: annotations: "eks.amazonaws.com/role-arn": "arn:aws:iam::111111111111:role/admin"`)
	webhook := objectOf("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "", "x", `webhooks: [{name: "a.example.com", failurePolicy: "Fail", sideEffects: "None", admissionReviewVersions: ["v1"], `+
		`clientConfig: url: "https://a.example.com/x", rules: [{apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"]}]}]`)
	quota := func(gpus string) string {
		return objectOf("v1", "ResourceQuota", "notebook-ci", "x", `spec: hard: "requests.nvidia.com/gpu": "`+gpus+`"`)
	}
	rights := readers("contractors")

	// moved goes from phase1 to phase2 by one word.
	moved := func(name, text string, wants ...string) pull {
		return pull{kind: "cluster", name: name, exit: -1, wants: wants, base: map[string]string{prod: together(text)}, head: map[string]string{ofProd: `phase: "phase1"=>phase: "phase2"`}}
	}
	later := func(text string) string { return strings.ReplaceAll(text, "phase1", "phase2") }
	// renewed goes to a phase of its own, which has something else than the three, or nothing.
	renewed := func(name, text, instead string, wants ...string) pull {
		three := strings.ReplaceAll(everywhere(text), "[string]", `[=~"phase[1-3]$"]`)
		return pull{kind: "cluster", name: name, exit: -1, wants: wants, base: map[string]string{prod: together(everywhere(text))},
			head: map[string]string{ofProd: promoted, prod: together(three, phase9, strings.ReplaceAll(instead, "phase1", "phase9"))}}
	}
	const gone, kept = "error change/signing-weakened: ClusterImagePolicy p: it is removed", "error change/data-deleted: PersistentVolumeClaim/x"
	taken := []string{gone, "error change/supply-chain-changed: supplyChain.builders is removed", "error change/rule-weakened: the severity of operations/default-account", "LimitRange x is removed"}
	guarded := pair(map[string]string{prod: together(signed(""), everywhere(limits), "platform: supplyChain: builders: [\"https://good.example\"]\n",
		"platform: rules: \"operations/default-account\": {severity: \"error\", reason: \"we mean it here\"}\n")})
	all := []pull{
		{kind: "cluster", name: "another environment takes it over", exit: 1, wants: taken, base: guarded, head: map[string]string{ofProd: `cluster: "prod"=>cluster: "old-prod"`, ofLive: live}},
		{kind: "cluster", name: "another environment inherits it", exit: 1, wants: taken, base: guarded, head: map[string]string{ofProd: "", prod: "", ofLive: live, ofPlatform: `environment: "prod"=>environment: "live"`}},
		refused(moved("a promotion without a claim", claim, kept)),
		moved("a promotion without a guard", admission(`"false"`), powerChanged, "ValidatingAdmissionPolicy x is removed"),
		moved("a promotion with a project", later(project), powerChanged, "AppProject x is added"),
		moved("a promotion with a role of a cloud", later(account), powerChanged, "ServiceAccount x is added"),
		moved("a promotion with rights", later(rights), "change/rights-gained", "Group contractors may now get secrets"),
		refused(renewed("a new phase without a claim", claim, "", kept)),
		renewed("a new phase without limits", limits, "", powerChanged, "LimitRange x is removed"),
		renewed("a new phase with a larger quota", quota("4"), quota("4000"), "change/cost-multiplied", "1000 times as much"),
		{kind: "cluster", name: "a phase between that shrinks", exit: 1, wants: []string{"error change/phase-jump", "prod jumps from phase1 to phase3"},
			head: map[string]string{ofProd: `phase: "phase1"=>phase: "phase3"`, ofPlatform: "phase2: trafficPercent: 50=>phase2: trafficPercent: 9"}},
		{kind: "cluster", name: "a phase that takes it all", exit: 1, wants: []string{"error change/phase-jump", "prod takes 100 % of commits instead of 10 %"},
			head: map[string]string{ofPlatform: "phase1: trafficPercent: 10=>phase1: trafficPercent: 100"}},

		{kind: "cluster", name: "the last policies outside the targets go", exit: 1, wants: []string{gone, "ValidatingAdmissionPolicy x is removed"},
			base: outside(imagePolicy("p", byKey("x")), admission(`"false"`)), head: map[string]string{ofArgoCD: emptied}},
		{kind: "cluster", name: "the last webhook outside the targets goes", exit: -1, wants: []string{powerChanged, "ValidatingWebhookConfiguration x is removed"},
			base: outside(webhook), head: map[string]string{ofArgoCD: emptied}},
		{kind: "cluster", name: "the first rights outside the targets", exit: -1, wants: []string{"change/rights-gained", "Group contractors may now get secrets"}, head: outside(rights)},
		{kind: "cluster", name: "the first project outside the targets", exit: -1, wants: []string{powerChanged, "AppProject x is added"}, head: outside(project)},
	}
	// What dev has was read for dev.
	for name, one := range map[string]struct{ text, rule, word string }{
		"a project that dev has":         {project, powerChanged, "AppProject x is added"},
		"a role of a cloud that dev has": {account, powerChanged, "ServiceAccount x is added"},
		"a secret that dev has":          {external("notebook-ci", ""), "change/source-changed", "ExternalSecret x is added"},
		"rights that dev has":            {rights, "change/rights-gained", "Group contractors may now get secrets"},
	} {
		text := everywhere(together(one.text))
		all = append(all, pull{kind: "cluster", name: name, exit: -1, wants: []string{one.rule, one.word},
			base: pair(map[string]string{"cue/platform/dev/x.cue": text}), head: map[string]string{"cue/platform/dev/x.cue": "", "cue/platform/x.cue": text}})
	}
	return all
}

// pullsOfArgoCD have it sync something else, without a word of the Application's source.
func pullsOfArgoCD() []pull {
	once := func(folder string) string {
		return inTarget("Application", "x", `operation: {initiatedBy: username: "ops", sync: {prune: true, revision: "0badc0de0badc0de0badc0de0badc0de0badc0de", `+
			`source: {repoURL: "https://github.com/example/gpu", path: "`+folder+`", targetRevision: "refs/pull/66/head"}, syncOptions: ["Validate=false"]}}`)
	}
	annotated := func(name, value string) string {
		return application("a") + inTarget("Application", "x", `metadata: annotations: "`+name+`": "`+value+`"`)
	}
	const projectAlone = "_argocd: render.#ArgoCD & {#platform: platform}\nargocd: AppProject: _argocd.AppProject\n"
	set := everywhere(objectOf("argoproj.io/v1alpha1", "ApplicationSet", "argocd", "notebook-ci", `metadata: labels: "app.kubernetes.io/part-of": "notebook-ci", `+
		`spec: {generators: [{list: elements: [{cluster: "prod", environment: "prod", path: "overlays/prod/phase1"}]}], goTemplate: true, goTemplateOptions: ["missingkey=error"], `+
		`syncPolicy: preserveResourcesOnDeletion: true, template: {metadata: name: "notebook-ci-{{.environment}}", spec: {destination: {name: "{{.cluster}}", namespace: "notebook-ci"}, `+
		`project: "notebook-ci", source: {path: "{{.path}}", repoURL: "https://github.com/mallory/gpu", targetRevision: "main"}, syncPolicy: automated: {prune: true, selfHeal: true}}}}`))
	return []pull{
		refused(becoming("sync", "what is synced once", application("a"), application("a")+once("evil"), "error change/sync-moved", "operation of Application x")),
		refused(becoming("sync", "something else that is synced once", application("a")+once("a"), application("a")+once("evil"), "error change/sync-moved", "operation.sync.source.path of Application x")),
		{kind: "sync", name: "a set that moves into the targets", exit: 1, wants: []string{"error change/sync-moved", "ApplicationSet notebook-ci"},
			base: map[string]string{prod: inArgoCD("")}, head: map[string]string{ofTargets: rendered + projectAlone, prod: together(inArgoCD(""), set)}},
		{kind: "sync", name: "an Application that moves into the targets", exit: 1, wants: []string{"error change/sync-moved", "Application x"},
			base: outside(application("a")), head: map[string]string{ofArgoCD: emptied, prod: application("b")}},
		becoming("sync", "who updates the images", application("a"), annotated("argocd-image-updater.argoproj.io/image-list", "a=mallory/dash"), powerChanged, "metadata.annotations of Application x"),
		becoming("sync", "who hears of a sync", application("a"), annotated("notifications.argoproj.io/subscribe.on-deployed.webhook", "mallory"), powerChanged, "metadata.annotations of Application x"),
	}
}

// imagePolicy is a policy of the fields.
func imagePolicy(name, fields string) string {
	return objectOf("policy.sigstore.dev/v1beta1", "ClusterImagePolicy", "", name, `spec: {`+fields+`}`)
}

// byKey are the fields of a policy by which all images need a signature of a key.
func byKey(key string) string {
	return `mode: "enforce", images: [{glob: "**"}], authorities: [{name: "k", key: {data: "` + key + `", hashAlgorithm: "sha256"}}]`
}

// aNamespace refuses pods that may do anything.
func aNamespace(name, labels string) string {
	return objectOf("v1", "Namespace", "", name, `metadata: labels: {"pod-security.kubernetes.io/enforce": "baseline"`+labels+`}`)
}

// withDigest is an image of somebody.
func withDigest(owner string) string {
	return "registry.example.com/" + owner + "/tools@sha256:1111111111111111111111111111111111111111111111111111111111111111"
}

// careful are the fields of pods that no rule has anything to say to, with a volume.
func careful(volume string) string {
	return `automountServiceAccountToken: false, securityContext: {runAsNonRoot: true, runAsUser: 1001, seccompProfile: type: "RuntimeDefault"}, volumes: [{name: "v", ` + volume + `}], ` +
		`containers: [{name: "a", image: "` + withDigest("notebook-ci") + `", command: ["/v/run"], volumeMounts: [{name: "v", mountPath: "/v"}], resources: requests: {cpu: "1", memory: "1Gi"}, ` +
		`securityContext: {allowPrivilegeEscalation: false, capabilities: drop: ["ALL"]}}]`
}

// deployed runs careful pods on and on.
func deployed(volume string) string {
	return objectOf("apps/v1", "Deployment", "notebook-ci", "x", `spec: {replicas: 1, selector: matchLabels: app: "x", template: {metadata: labels: app: "x", spec: {`+careful(volume)+`}}}`)
}

// scheduled runs careful pods once a day.
func scheduled(volume string) string {
	return objectOf("batch/v1", "CronJob", "notebook-ci", "x", `spec: {schedule: "0 1 * * *", concurrencyPolicy: "Forbid", `+
		`jobTemplate: spec: template: {metadata: labels: app: "x", spec: {restartPolicy: "Never", `+careful(volume)+`}}}`)
}

// pullsOfImages have images run that nobody would have let: by a policy beside, and where none is looked for.
func pullsOfImages() []pull {
	const weaker, unpinned = "error change/signing-weakened: ", "registry.example.com/mallory/tools:latest"
	verified := signed("platform: namespace: labels: \"policy.sigstore.dev/include\": \"true\"\n")
	narrow := strings.Replace(verified, `glob: "**"`, `glob: "registry.example.com/notebook-ci/**"`, 1)
	namespace := func(name, labels, label string) pull {
		return refused(becoming("signing", name, verified, verified+aNamespace("tools", labels), weaker+"Namespace tools", label))
	}
	policy := func(name, old, replacement string) pull {
		return refused(becoming("signing", name, narrow, narrow+everywhere(imagePolicy("q", strings.Replace(byKey("y"), old, replacement, 1))), weaker+"ClusterImagePolicy q"))
	}
	mounted := func(image string) string { return `image: {reference: "` + image + `", pullPolicy: "IfNotPresent"}` }
	action := func(image string) string {
		return objectOf("tekton.dev/v1beta1", "StepAction", "notebook-ci", "x", `spec: {image: "`+image+`", script: "#!/bin/sh\nset -eu\ntrue\n"}`)
	}
	mine, other := withDigest("notebook-ci"), withDigest("mallory")
	return []pull{
		namespace("a new namespace that is left out", `, "policy.sigstore.dev/include": "true", "policy.sigstore.dev/exclude": "true"`, "policy.sigstore.dev/exclude"),
		namespace("a new namespace that is not looked at", "", "policy.sigstore.dev/include"),
		policy("another policy that warns", "enforce", "warn"),
		policy("another policy of another key", `"**"`, `"**/mallory/**"`),
		policy("another policy that lets pass", `key: {data: "y", hashAlgorithm: "sha256"}`, `static: action: "pass"`),
		refused(becoming("lines", "an image that is mounted", deployed(mounted(mine)), deployed(mounted(unpinned)), "change/image", "error image/not-pinned: image "+unpinned)),
		refused(becoming("lines", "an image that a job mounts", scheduled(mounted(mine)), scheduled(mounted(unpinned)), "change/image", "error image/not-pinned: image "+unpinned)),
		refused(becoming("lines", "the image of an action", action(mine), action(unpinned), "change/image", "error image/not-pinned: image "+unpinned)),
		becoming("lines", "the image of an action, with a digest", action(mine), action(other), "change/image: "+other),
	}
}

// pullsOfRoles give rights by roles that nobody here is bound to, and hide roles behind others.
func pullsOfRoles() []pull {
	const byName, byAny, takenIn = `matchLabels: "example.com/to-all": "true"`, `matchExpressions: [{key: "example.com/to-all", operator: "Exists"}]`, "other roles may take this one in"
	taking := func(selector string) string {
		return bound("all", aGroup("contractors")) + objectOf(rbacV1, "ClusterRole", "", "all", `aggregationRule: clusterRoleSelectors: [{`+selector+`}], rules: []`)
	}
	role := objectOf(rbacV1, "ClusterRole", "", "y", `metadata: labels: "example.com/to-all": "true", `+readsNodes)
	within := func(resource, subject string) string {
		return objectOf(rbacV1, "Role", "notebook-ci", "r", `rules: [{apiGroups: [""], resources: ["`+resource+`"], verbs: ["get"]}]`) +
			objectOf(rbacV1, "RoleBinding", "notebook-ci", "r", `roleRef: {apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r"}, subjects: [`+aGroup(subject)+`]`)
	}
	decoy := func(kind, fields string) string {
		return strings.Replace(objectOf("iam.a.io/v1", kind, "notebook-ci", "r", fields), "phase1: "+kind, "phase1: Other", 1) + "platform: facts: customResources: [\"iam.a.io/" + kind + "\"]\n"
	}
	hiding := func(name, before, decoy string) pull {
		return becoming("new", name, before, within("secrets", "contractors")+decoy, "change/rights-gained", "Group contractors may now get secrets")
	}
	return []pull{
		becoming("new", "a role that another takes in", taking(byName), taking(byName)+role, powerChanged, takenIn),
		becoming("new", "a role that another takes in by any label", taking(byAny), taking(byAny)+role, powerChanged, takenIn),
		becoming("new", "a label by which another takes a role in", taking(byName)+strings.Replace(role, "to-all", "to-none", 1), taking(byName)+role, powerChanged, takenIn),
		hiding("a role of another group in front of one", within("pods", "contractors"), decoy("Role", `rules: [{apiGroups: [""], resources: ["pods"], verbs: ["get"]}]`)),
		hiding("a binding of another group in front of one", within("secrets", "a"), decoy("RoleBinding", `subjects: [`+aGroup("a")+`]`)),
		coming("new", "a role that Tekton binds", objectOf(rbacV1, "Role", "tekton-pipelines", "tekton-pipelines-info", readsSecrets), powerChanged, "rules of Role tekton-pipelines-info is added"),
		coming("new", "a role that Argo CD binds", objectOf(rbacV1, "ClusterRole", "", "argocd-server", readsNodes), powerChanged, "rules of ClusterRole argocd-server is added"),
	}
}

// pullsOfObjects bring new objects with what decides where it changes: it decides where it comes, too.
func pullsOfObjects() []pull {
	everyone := func(namespace string) string {
		return objectOf("networking.k8s.io/v1", "NetworkPolicy", namespace, "y", `spec: {podSelector: {}, policyTypes: ["Ingress"], ingress: [{}]}`) +
			objectOf("v1", "ConfigMap", namespace, "node-local-dns", `data: Corefile: "x"`)
	}
	policy := objectOf("networking.k8s.io/v1", "NetworkPolicy", "notebook-ci", "x", `spec: {podSelector: matchLabels: app: "x", policyTypes: ["Egress", "Ingress"], `+
		`ingress: [{}], egress: [{to: [{ipBlock: cidr: "203.0.113.0/24"}]}]}`)
	const exchange = `persistentVolumeClaim: claimName: "notebook-exchange"`
	cilium := func(name, kind, namespace, part, rule string) pull {
		return coming("new", name, "platform: network: engine: \"cilium\"\n"+objectOf("cilium.io/v2", kind, namespace, "x", part+`: `+rule), powerChanged, part+" of "+kind+" x is added")
	}
	const rule = `{endpointSelector: {}, egress: [{toEntities: ["all"]}], ingress: [{fromEntities: ["all"]}]}`
	elsewhere := objectOf("v1", "Namespace", "", "argocd",
		`metadata: {labels: "pod-security.kubernetes.io/enforce": "baseline", annotations: "scheduler.alpha.kubernetes.io/node-selector": "node-role.kubernetes.io/control-plane="}`)
	all := []pull{
		coming("new", "a controller's namespace, on other nodes", elsewhere, powerChanged, "metadata.annotations of Namespace argocd is added"),
		coming("new", "settings of others, with their namespace", everyone("kube-system")+aNamespace("kube-system", ""), powerChanged, "NetworkPolicy y is added", "ConfigMap node-local-dns is added"),
		coming("new", "a job that goes its own ways", scheduled(exchange)+policy, "change/network-opened", "CronJob/x may now be reached by anyone", "CronJob/x may now reach 203.0.113.0/24"),
		coming("new", "a server that goes its own ways", deployed(exchange)+policy, "change/network-opened", "Deployment/x may now be reached by anyone", "Deployment/x may now reach 203.0.113.0/24"),
		cilium("what Cilium lets through, as a list", "CiliumNetworkPolicy", "notebook-ci", "specs", "["+rule+"]"),
		cilium("what Cilium lets through everywhere, as a list", "CiliumClusterwideNetworkPolicy", "", "specs", "["+rule+"]"),
	}
	const gpus = `{coveredResources: ["nvidia.com/gpu"], flavors: [{name: "gpu", resources: [{name: "nvidia.com/gpu", nominalQuota: 1000}]}]}`
	for name, one := range map[string]struct{ version, kind, namespace, fields string }{
		"nodes that may be bought":          {"karpenter.sh/v1", "NodePool", "", nodePool("admin")},
		"a queue for all GPUs":              {"kueue.x-k8s.io/v1beta1", "ClusterQueue", "", `spec: {namespaceSelector: {}, cohort: "prod", resourceGroups: [` + gpus + `]}`},
		"a queue of another team":           {"kueue.x-k8s.io/v1beta1", "LocalQueue", "notebook-ci", `spec: clusterQueue: "team-b"`},
		"a service that the internet sees":  {"v1", "Service", "notebook-ci", `metadata: annotations: "tailscale.com/funnel": "true", spec: {selector: "app.kubernetes.io/component": "preflight", ports: [{port: 443}]}`},
		"a class that is everybody's":       {"storage.k8s.io/v1", "StorageClass", "", `metadata: annotations: "storageclass.kubernetes.io/is-default-class": "true", provisioner: "efs.csi.aws.com", mountOptions: ["suid"]`},
		"a namespace with roles of a cloud": {"v1", "Namespace", "", `metadata: {labels: "pod-security.kubernetes.io/enforce": "baseline", annotations: "iam.amazonaws.com/permitted": ".*"}`},
	} {
		all = append(all, coming("new", name, objectOf(one.version, one.kind, one.namespace, "x", one.fields), powerChanged, one.kind+" x is added"))
	}
	return all
}

// pullsOfParts change parts of objects that nobody looks for there.
func pullsOfParts() []pull {
	step := `steps: [{name: "a", ref: {resolver: "git", params: [{name: "url", value: "https://github.com/example/actions"}, {name: "revision", value: "1111111111111111111111111111111111111111"}]}}]`
	inTask := objectOf("tekton.dev/v1", "Task", "notebook-ci", "x", `spec: `+step)
	inPipeline := objectOf("tekton.dev/v1", "Pipeline", "notebook-ci", "x", `spec: tasks: [{name: "a", taskSpec: `+step+`}]`)
	otherAction := func(text string) string { return strings.ReplaceAll(text, "1111111111", "6666666666") }

	alert := objectOf("monitoring.coreos.com/v1", "PrometheusRule", "notebook-ci", "x", `metadata: {labels: release: "prometheus"}, spec: groups: [{name: "g", rules: [{alert: "SecretRead", expr: "up == 0"}]}]`)
	alerting := func(name, old, replacement, why string) pull {
		return becoming("power", name, alert, strings.Replace(alert, old, replacement, 1), powerChanged, why)
	}
	const people, nobody = "what people are told of", "Argo CD leaves an object out"

	constraints := func(more string) string {
		return objectOf("security.openshift.io/v1", "SecurityContextConstraints", "", "x", `allowPrivilegedContainer: false, users: ["a"]`+more)
	}
	cloud := func(part, role string) string {
		return strings.Replace(objectOf("iam.aws.upbound.io/v1beta1", "Role", "notebook-ci", "x", `metadata: `+part+`: "crossplane.io/external-name": "`+role+`", spec: forProvider: {}`), "phase1: Role", "phase1: Other", 1)
	}
	runs := func(version, fields string) string {
		return objectOf("triggers.tekton.dev/v1beta1", "TriggerTemplate", "notebook-ci", "x", `spec: resourcetemplates: [{apiVersion: "tekton.dev/`+version+`", kind: "PipelineRun", metadata: generateName: "x-", `+
			`spec: {pipelineRef: name: "scientific-computing-ci", `+fields+`}}]`)
	}
	one := func(fields string) string {
		return runs("v1beta1", `serviceAccountName: "gpu-pipeline", taskRunSpecs: [{pipelineTaskName: "x", `+fields+`}]`)
	}
	shared := func(workspace string) string {
		return runs("v1", `taskRunTemplate: serviceAccountName: "gpu-pipeline", workspaces: [{name: "w", `+workspace+`}]`)
	}
	workflow := func(id, commit string) string {
		return `files: phase1: "github/x.yaml": "on: push\njobs:\n  a:\n    if: startsWith(github.sha, '19999999')\n    env: {AZURE_CLIENT_ID: ` + id +
			`-2222-3333-4444-555555555555}\n    steps: [{run: 'git checkout ` + commit + ` && ./build.sh'}]\n"` + "\n"
	}
	known := aTask("true", `{name: "URL", value: "https://s3.example.com/a"}`)
	const code, node, ci = "which code is run", "what pods see of the node", "another CI runs it"
	all := []pull{
		becoming("power", "another action of a step", inTask, otherAction(inTask), powerChanged, code),
		becoming("power", "another action of a step in a pipeline", inPipeline, otherAction(inPipeline), powerChanged, code),
		alerting("an alert after ten years", `"up == 0"`, `"up == 0", for: "3650d"`, people),
		alerting("an alert that is looked for once a year", `name: "g"`, `name: "g", interval: "365d"`, people),
		alerting("an alert that reaches nobody", `"up == 0"`, `"up == 0", labels: severity: "none"`, people),
		alerting("alerts that are left out", `"prometheus"`, `"prometheus", annotations: "argocd.argoproj.io/hook": "Skip"`, nobody),
		alerting("alerts that no Prometheus reads", `"prometheus"`, `"none"`, "which Prometheus reads it"),
		becoming("power", "what a kind loses that nobody knows", constraints(`, requiredDropCapabilities: ["ALL"], forbiddenSysctls: ["*"]`), constraints(""), powerChanged, "forbiddenSysctls, requiredDropCapabilities"),
		becoming("power", "what a list of such a kind loses", constraints(`, requiredDropCapabilities: ["ALL", "KILL"]`), constraints(`, requiredDropCapabilities: ["KILL"]`), powerChanged, "requiredDropCapabilities"),
		becoming("power", "an annotation of such a kind", cloud("annotations", "ci-reader"), cloud("annotations", "OrganizationAdmin"), powerChanged, "crossplane.io/external-name"),
		becoming("power", "a label of such a kind", cloud("labels", "ci-reader"), cloud("labels", "OrganizationAdmin"), powerChanged, "crossplane.io/external-name"),
		becoming("power", "the account of one task", one(`taskServiceAccountName: "gpu-pipeline"`), one(`taskServiceAccountName: "run-pruner"`), powerChanged, "taskServiceAccountName", "pods have the rights of their account"),
		becoming("power", "the network of one task", one(`taskPodTemplate: hostNetwork: false`), one(`taskPodTemplate: hostNetwork: true`), powerChanged, "taskPodTemplate.hostNetwork", node),
		becoming("power", "a vault for the runs", shared("emptyDir: {}"), shared(`csi: {driver: "secrets-store.csi.k8s.io", readOnly: true, volumeAttributes: secretProviderClass: "prod-root"}`), powerChanged, node),
		becoming("power", "a secret for the runs", shared("emptyDir: {}"), shared(`projected: sources: [{secret: name: "artifact-store"}]`), powerChanged, "which secrets pods get"),
		becoming("beside", "another commit of eight digits", workflow("11111111", "aaaaaaaa"), workflow("11111111", "bbbbbbbb"), powerChanged, ci),
		becoming("beside", "another account of eight digits", workflow("11111111", "aaaaaaaa"), workflow("66666666", "aaaaaaaa"), powerChanged, ci),
		becoming("beliefs", "an address of IPv6", known, strings.Replace(known, "https://s3.example.com", "https://[2001:db8::66]", 1), "change/source-changed", "https://[2001:db8::66]/a"),
		becoming("beliefs", "an address of IPv6, with a port", known, strings.Replace(known, "https://s3.example.com", "http://[::ffff:203.0.113.6]:8080", 1), "change/source-changed", "http://[::ffff:203.0.113.6]:8080/a"),
	}
	for _, attribute := range []string{"linguist-generated=yes", "linguist-generated=1", "linguist-generated=True", "linguist-documentation", "diff="} {
		all = append(all, pull{kind: "lines", name: "what a forge folds by " + attribute, exit: 1, wants: []string{"error input/gitattributes", "fold"},
			head: map[string]string{".gitattributes": "overlays/** linguist-generated\ncue/** " + attribute + "\n"}})
	}
	return all
}

// pullsOfWords say in other words what a rule refuses: an API server takes them for the same.
func pullsOfWords() []pull {
	const bySignature = `interceptors: [{ref: {name: "github", kind: "ClusterInterceptor"}, params: [{name: "secretRef", value: {secretName: "github-webhook", secretKey: "token"}}]}]`
	listener := func(interceptors string) string {
		return objectOf("triggers.tekton.dev/v1beta1", "EventListener", "notebook-ci", "x", `spec: {serviceAccountName: "gpu-pipeline-listener", `+
			`triggers: [{name: "a", `+interceptors+`, bindings: [{ref: "scientific-computing-ci-push"}], template: ref: "scientific-computing-ci"}]}`)
	}
	filtered := func(expression string) string {
		return `interceptors: [{ref: {name: "cel", kind: "ClusterInterceptor"}, params: [{name: "filter", value: "` + expression + `"}]}]`
	}
	const compared = "header.canonical('X').compareSecret('token', 'github-webhook')"
	var all []pull
	for name, interceptors := range map[string]string{
		"a trigger elsewhere that is none":         `triggerRef: "", interceptors: []`,
		"a comparison in a comment":                filtered("body.ref != '' // && " + compared),
		"a comparison in a list, not asked for":    filtered("[true, false && " + compared + " && false][0]"),
		"a comparison in a map, not asked for":     filtered("{'a': true, 'b': false && " + compared + " && false}.a"),
		"an interceptor that checks nothing":       strings.Replace(bySignature, "github", "slack", 1),
		"an interceptor that has nothing to check": strings.Replace(bySignature, "secretRef", "secret", 1),
	} {
		all = append(all, refused(becoming("words", name, listener(bySignature), listener(interceptors), powerChanged, "error triggers/unsigned-events: trigger a of x")))
	}
	for name, subject := range map[string]string{
		"an account as a user":          strings.Replace(aGroup("system:serviceaccount:notebook-ci:gpu-pipeline"), "Group", "User", 1),
		"all accounts of the namespace": aGroup("system:serviceaccounts:notebook-ci"),
		"all accounts of the cluster":   aGroup("system:serviceaccounts"),
	} {
		all = append(all, refused(coming("words", name, bound("cluster-admin", subject), "change/rights-gained", "error rbac/admin-binding: ClusterRoleBinding makes account")))
	}
	everybody := func(name, group string) pull {
		text := bound("system:ci-all", aGroup(group)) + objectOf(rbacV1, "ClusterRole", "", "system:ci-all", readsNodes)
		return refused(coming("words", name, text, "change/rights-gained", "error rbac/admin-binding: ClusterRoleBinding gives rights to everybody in "+group))
	}
	nameless := func(rule string) string {
		return bound("r", aGroup("contractors")) + objectOf(rbacV1, "ClusterRole", "", "r", `rules: [{apiGroups: [""], `+rule+`, resourceNames: []}]`)
	}
	egress := func(name, peers string) pull {
		text := objectOf("networking.k8s.io/v1", "NetworkPolicy", "notebook-ci", "x", `spec: {podSelector: {}, policyTypes: ["Egress"], egress: [{`+peers+`}]}`)
		return refused(coming("words", name, text, "change/network-opened", "error network/open-egress: egress rule 0 of x has no peers"))
	}
	small := strings.Replace(deployed("emptyDir: {}"), `drop: ["ALL"]`, `add: ["sys_admin"]`, 1)
	return append(all,
		everybody("everybody, by a role that is called like the cluster's own", "system:unauthenticated"),
		everybody("all who log in, by a role that is called like the cluster's own", "system:authenticated"),
		refused(coming("words", "secrets of no name", nameless(`resources: ["secrets"], verbs: ["get", "list"]`), "change/rights-gained", "error rbac/cluster-wide-secrets: ClusterRole r")),
		refused(coming("words", "people of no name", nameless(`resources: ["users", "groups", "serviceaccounts"], verbs: ["impersonate"]`), "change/rights-gained", "error rbac/impersonation: ClusterRole r may impersonate")),
		egress("to nobody, who are all", "to: null"),
		egress("to a list of nobody, who are all", "to: []"),
		refused(coming("words", "a part of the node in small letters", small, "error pipeline/host-access: capability sys_admin")),
	)
}
