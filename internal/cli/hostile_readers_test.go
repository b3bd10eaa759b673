package cli_test

import (
	"fmt"
	"strings"
)

// hostileReaders are repositories whose kustomizations, runs of Pipelines-as-Code, charts and scripts are read by other
// programs otherwise than they look.
func hostileReaders() []trial {
	var all []trial
	for _, some := range [][]trial{filledTwice(), copiedNumbers(), untoldBuilds(), foresightedCharts(), otherShells(), unreadFolders()} {
		all = append(all, some...)
	}
	return all
}

// reading checks a folder.
func reading(kind, name string, exit int, files map[string]string, wants ...string) trial {
	for file, text := range files {
		files[file] = strings.ReplaceAll(text, "EVIL", wrongPod)
	}
	return trial{kind: kind, name: name, args: []string{"check", "."}, exit: exit, files: files, wants: wants}
}

const pacRun = "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: r, annotations: {pipelinesascode.tekton.dev/on-event: '[pull_request]', pipelinesascode.tekton.dev/on-target-branch: '[main]'}}\nspec:\n  pipelineSpec:\n    tasks:\n    - name: a\n      taskSpec:\n        steps:\n        - name: s\n          image: ghcr.io/x/y:v1\n"

// filledTwice are runs that are something else after Pipelines-as-Code has filled them in.
func filledTwice() []trial {
	var all []trial
	add := func(name, field, want string) {
		all = append(all, reading("fillings", name, -1, map[string]string{".tekton/a.yaml": pacRun + field}, want))
	}
	all = append(all, reading("fillings", "over two files", -1, map[string]string{".tekton/a.yaml": pacRun + "# {{ cel: r'''\n", ".tekton/b.yaml": "# ''' + body.nope }}\n" + pacRun}, "pac/not-filled"))
	add("escaped braces", `          workingDir: "\x7b\x7b cel: '\",\"script\":\"' + body.pull_request.title + '' \x7d\x7d"`+"\n", "pac/not-filled")
	add("braces over two fields", `          workingDir: "\x7b\x7b cel: r'''"`+"\n"+`          script: "''' + '' \x7d\x7d"`+"\n", "pac/not-filled")
	add("a field that is named", "          \"{{ cel: has(body.nope) ? 'a' : 'script' }}\": echo {{ source_branch }}\n", "pac/not-filled")
	add("a field that is misspelt", "          scriptt: \"{{ revision }}\"\n", "types/unknown-field")
	for _, field := range []string{"kind", "apiVersion"} {
		value := map[string]string{"kind": "PipelineRun", "apiVersion": "v1"}[field]
		all = append(all, reading("fillings", field, -1, map[string]string{".tekton/a.yaml": strings.Replace(pacRun, value, "{{ cel: has(body.nope) ? 'Task' : '"+value+"' }}", 1)}, "pac/not-filled"))
	}
	add("a list that holds what is known", "          workingDir: \"{{ cel: (has(body.nope) ? ['/'] : ['/'])[0] }}\"\n", "pac/not-filled")
	add("a variable of an expression", "          script: \"echo {{ cel: trigger_comment }}\"\n", "pac/script-injection")
	add("a description in a comment", "# {{ body.pull_request.body }}\n", "pac/yaml-injection")
	all = append(all, reading("fillings", "a large file", -1, map[string]string{".tekton/a.yaml": pacRun + strings.Repeat("---\n# "+strings.Repeat("a", 1<<20)+"\n", 11)}, "pac/not-filled"))
	secret := reading("fillings", "a credential in an expression", -1, map[string]string{".tekton/a.yaml": pacRun + "          workingDir: \"{{ cel: has(body.nope) ? 'a,' : '" + marker + "' }}\"\n"}, "pac/not-filled")
	secret.never = []string{marker}
	return append(all, secret)
}

// copiedNumbers are replacements that make one object look like another that was taken away.
func copiedNumbers() []trial {
	var all []trial
	const deleted = "patches:\n- patch: |-\n    $patch: delete\n    apiVersion: v1\n    kind: Pod\n    metadata: {name: evil, namespace: x}\n"
	wide := func(path string) string {
		return "{kind: Pod, name: evil, fieldPath: " + path + "}\n  targets: [{select: {kind: ConfigMap}, fieldPaths: [metadata.annotations], options: {create: true}}]\n"
	}
	encoded := func(text string) string {
		var out strings.Builder
		out.WriteString("\xff\xfe")
		for _, c := range text {
			out.WriteString(string(byte(c)) + "\x00")
		}
		return out.String()
	}
	for name, text := range map[string]string{
		"by a path with an end": "- source: " + wide("metadata.annotations."), "by a path in brackets": "- source: " + wide("metadata.[annotations]"), "with what is doubled": "- source: {kind: Pod, " + wide("metadata.annotations")[1:],
		"in another encoding": encoded("- source: " + wide("metadata.annotations")), "by an escape": `- source: {kind: Pod, name: evil, "field\x50ath": metadata.annotations}` + "\n" + strings.SplitN(wide("a"), "\n", 2)[1],
	} {
		all = append(all, reading("numbers", name, 1, map[string]string{
			"kustomization.yaml": "resources: [evil.yaml, cm.yaml]\nreplacements: [{path: r.yaml}]\n" + deleted, "r.yaml": text, "cm.yaml": harmless, "evil.yaml": strings.Replace(wrongPod, "namespace: x}", "namespace: x, annotations: {a: b}}", 1),
		}))
	}
	return all
}

// untoldBuilds are kustomizations that are not built here, or whose bases are patched away, for reasons that others hide.
func untoldBuilds() []trial {
	const component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
	deep := strings.Repeat(`{"f:a":`, 150) + "{}" + strings.Repeat("}", 150)
	fields := ", managedFields: [{manager: a, operation: Update, apiVersion: v1, fieldsType: FieldsV1, fieldsV1: " + deep + "}]}"
	tooDeep := "resources: [pod.yaml, cm.yaml]\npatches:\n- target: {kind: Pod}\n  patch: |-\n    - op: add\n      path: /metadata/managedFields/0/fieldsV1" + strings.Repeat("/f:a", 149) + "/b\n      value: " + deep + "\n"
	pod := strings.Replace(wrongPod, "namespace: x}", "namespace: x"+fields, 1)
	return []trial{
		reading("builds", "behind a warning", 1, map[string]string{"kustomization.yaml": tooDeep, "pod.yaml": pod, "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata: {y: b}\n"}, "input/kustomize"),
		reading("builds", "a base that is not built", -1, map[string]string{"base/kustomization.yaml": tooDeep, "base/pod.yaml": pod, "base/cm.yaml": harmless, "o/kustomization.yaml": "resources: [../base]\npatches:\n- patch: |-\n    $patch: delete\n    apiVersion: v1\n    kind: Pod\n    metadata: {name: evil, namespace: x}\n"}, "input/not-read"),
		reading("builds", "a component of what is elsewhere", -1, map[string]string{"c/kustomization.yaml": component + "resources: ['https://example.com/x//deploy?ref=main']\n", "cm.yaml": harmless}, "input/not-read"),
		reading("builds", "a component of a chart", -1, map[string]string{"c/kustomization.yaml": component + "helmCharts: [{name: h, repo: 'https://example.com', version: 1.0.0}]\n", "cm.yaml": harmless}, "input/not-read"),
		reading("builds", "a component that is patched", -1, map[string]string{"comp/kustomization.yaml": component + "resources: [evil.yaml]\n", "comp/evil.yaml": "EVIL", "zzz/kustomization.yaml": "components: [../comp]\npatches:\n- target: {kind: Pod}\n  patch: |-\n    - {op: replace, path: /spec, value: {containers: [{name: a, image: 'ghcr.io/x/y:v1'}]}}\n"}, "types/invalid"),
		reading("builds", "a folder of transformers", -1, map[string]string{"kustomization.yaml": "resources: [cm.yaml]\ntransformers: [t]\n", "t/kustomization.yaml": "resources: [p.yaml]\n", "t/p.yaml": harmless, "cm.yaml": harmless}, "input/not-read"),
	}
}

// foresightedCharts render something else where they see that they are read by no Helm.
func foresightedCharts() []trial {
	var all []trial
	chart := func(name, template string, wants ...string) {
		all = append(all, trial{kind: "foresight", name: name, args: []string{"check", "--helm", "c"}, exit: -1, wants: wants, files: map[string]string{
			"c/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "c/templates/cm.yaml": harmless, "c/templates/a.yaml": template,
		}})
	}
	for i, condition := range []string{
		`.Capabilities.APIVersions.Has "apps/v1/Deployment"`, `.Capabilities.APIVersions.Has "v1/Pod"`, `eq (toJson (keys dict)) "[]"`, `contains "failed" (bcrypt (repeat 100 "a"))`, `.Capabilities.HelmVersion.GitCommit`,
		`gt (len (genCA (repeat 4000 "a") 365).Cert) 3000`, `contains "cn.example" (regexReplaceAll "-----[A-Z ]+-----|\n" (genSelfSignedCert "cn.example" nil nil 365).Cert "" | b64dec)`,
		`and (regexMatch "[^a-zA-Z0-9]" (randAscii 100)) (hasPrefix "v4" .Capabilities.HelmVersion.Version) (eq .Release.Name "release-name") .Release.IsInstall`,
	} {
		chart(fmt.Sprint("a condition ", i), "{{ if "+condition+" }}\n"+wrongPod+"{{ end }}\n", "types/invalid")
	}
	chart("a long text", "{{ if gt (len (randAlpha 2000000)) 1500000 }}\n"+wrongPod+"{{ end }}\n", "input/helm")
	chart("a number of the upgrade", strings.Replace(wrongPod, "99999", "{{ ternary 77919 71 .Release.IsUpgrade }}", 1), "77919")
	chart("a separator of the upgrade", harmless+"{{ if .Release.IsUpgrade }}\n---{apiVersion: v1, kind: Pod, metadata: {name: evil, namespace: x}}\n{{ end }}\n", "input/document-separator")
	chart("a field of the upgrade", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: b}\ndata: {a: b}\n{{ if .Release.IsUpgrade }}\ndata: {a: c}\n{{ end }}\n", "types/duplicate-field")
	chart("an upgrade that fails", "{{ if .Release.IsUpgrade }}\ndata: {{ (lookup \"v1\" \"Secret\" \"x\" \"s\").data.p | b64dec }}\n{{ end }}\n", "input/not-read", "for an upgrade")
	chart("a line of two severities", "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\nrules: [{apiGroups: [{{ ternary \"''\" \"rbac.authorization.k8s.io\" .Release.IsInstall }}], resources: [{{ ternary \"pods/exec\" \"clusterroles\" .Release.IsInstall }}], verbs: [{{ ternary \"create\" \"escalate\" .Release.IsInstall }}]}]\n", "error rbac/escalation")
	all = append(all, trial{kind: "foresight", name: "a clone", args: []string{"check", "--helm", "."}, exit: 1, wants: []string{"types/invalid"}, files: map[string]string{
		"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", ".git/HEAD": "ref: refs/heads/main\n", "templates/a.yaml": "{{ if .Files.Get \".git/HEAD\" }}\n" + wrongPod + "{{ end }}\n",
	}})
	return append(all, reading("foresight", "a template that is YAML, too", -1, map[string]string{"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "templates/a.yaml": harmless + "# {{ \"\\n---\\n\" }}\n"}, "tenon check --helm CHART"))
}

// otherShells are commands whose script stands where shells, and programs before them, find it.
func otherShells() []trial {
	var all []trial
	for _, command := range []string{
		"[sh, -ce, S]", "[sh, -c, -e, S]", "[bash, -Eec, S]", "[bash, --norc, -o, pipefail, -c, --, S]", "[timeout, '60', sh, -c, S]", "[timeout, -k, '5', '60', sh, -c, S]", "[env, A=b, sh, -c, S]", "[/bin/busybox, sh, -c, S]", "[nice, -n, '5', sh, -c, S]",
		"[python3, -c, S]", "[python3.12, -u, -c, S]", "[perl, -we, S]", "[node, --eval, S]",
	} {
		all = append(all, reading("shells", command, 1, map[string]string{".tekton/a.yaml": pacRun + "          command: " + strings.Replace(command, "S]", "'echo {{ source_branch }}']", 1) + "\n"}, "pac/script-injection"))
	}
	const listener = "---\napiVersion: triggers.tekton.dev/v1beta1\nkind: EventListener\nmetadata: {name: e, namespace: x}\nspec: {serviceAccountName: s, triggers: [{name: t, bindings: [{name: title, value: VALUE}], template: {ref: t}}]}\n"
	const template = "apiVersion: triggers.tekton.dev/v1beta1\nkind: TriggerTemplate\nmetadata: {name: t, namespace: x}\nspec:\n  params: [{name: title}]\n  resourcetemplates:\n  - apiVersion: tekton.dev/v1\n    kind: TaskRun\n    metadata: {generateName: r-, namespace: x}\n    spec:\n      params: [{name: title, value: $(tt.params.title)}]\n      taskSpec: {params: [{name: title}], steps: [{name: s, image: 'ghcr.io/x/y:v1', STEP}]}\n"
	for step, value := range map[string]string{
		"script: 'echo $(params.title)'": "$(body.pull_request.title)", "script: 'echo $(tt.params.title)'": "$(body.pull_request.title)", "command: [sh, -ce], args: ['echo $(params.title)']": "$(body.title)",
		"command: [sh, -c, 'echo $(params.title)']": "'$(body.after)-$(body.title)'", "command: [python3, -c, 'print(\"$(params.title)\")']": "'$(body.commits[?(@.id)].message)'",
	} {
		all = append(all, reading("shells", step, 1, map[string]string{"a.yaml": strings.Replace(template, "STEP", step, 1) + strings.Replace(listener, "VALUE", value, 1)}, "graph/script-injection"))
	}
	for _, folder := range []string{"/.", "/etc/.", "//", "/etc/cron.d", "/root/.ssh", "/proc/1/root"} {
		all = append(all, reading("shells", "a folder "+folder, 1, map[string]string{"a.yaml": "apiVersion: v1\nkind: PodTemplate\nmetadata: {name: a, namespace: x}\ntemplate:\n  spec:\n    volumes: [{name: v, hostPath: {path: " + folder + "}}]\n    containers: [{name: a, image: 'ghcr.io/x/y:v1', volumeMounts: [{name: v, mountPath: /m}]}]\n"}, "storage/sensitive-host-path"))
	}
	return all
}

// unreadFolders hide manifests in folders of tools, from readers that look for a word.
func unreadFolders() []trial {
	var all []trial
	for name, files := range map[string]map[string]string{
		"by an escape": {"vendor/evil.json": `{"\u0061piVersion":"v1","kind":"Pod"}`}, "in another encoding": {"vendor/evil.json": "\xff\xfe{\x00}\x00"},
		"by a symlink": {"vendor/evil.json": "->../../../../etc/hostname"}, "by a program": {"vendor/evil.jsonnet": `{["api"+"Version"]: "v1"}`},
	} {
		files["cm.yaml"] = harmless
		all = append(all, reading("folders of tools", name, -1, files, "input/not-read"))
	}
	return all
}
