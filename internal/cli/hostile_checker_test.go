package cli_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// hostileChecker are manifests that hide from the checker, that have it show a secret, or that have it say far too much.
func hostileChecker() []trial {
	return slices.Concat(hostileUnnamed(), hostileTwins(), hostileCredentials(), hostileUnread(), hostileEvents(), hostileWaivers(), hostileLimits(), hostileBehind(), hostileNested())
}

// checking is a check of one file.
func checking(kind, name, text string, exit int, wants ...string) trial {
	return trial{kind: kind, name: name, files: map[string]string{"a.yaml": text}, args: []string{"check", "a.yaml"}, exit: exit, wants: wants}
}

// hostileUnnamed are objects that the API server names: a rule whose message lacks a name must not be silent.
func hostileUnnamed() []trial {
	const role = "apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {@@}, rules: [{apiGroups: [%s], resources: [%s], verbs: [%s]}]"
	const ingress = "apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {@@, namespace: b}, spec: {defaultBackend: {service: {name: a, port: {number: 80}}}}"
	const listener = "apiVersion: triggers.tekton.dev/v1beta1, kind: EventListener, metadata: {@@, namespace: b}, spec: {resources: {kubernetesResource: {serviceType: LoadBalancer}}, " +
		"triggers: [{name: a, bindings: [{ref: t}], template: {ref: t}}]}"
	const job = `apiVersion: batch/v1, kind: CronJob, metadata: {@@, namespace: b}, spec: {schedule: "0 1 * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}}}`
	const synced = "apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {@@, namespace: argocd}, spec: {project: x, destination: {name: x, namespace: x}, " +
		`source: {repoURL: "https://github.com/example/gpu", path: x, targetRevision: HEAD}, syncPolicy: {automated: {prune: true, allowEmpty: true}}}`
	var all []trial
	for told, object := range map[string]string{
		"error secrets/in-manifest":             "apiVersion: v1, kind: Secret, metadata: {@@, namespace: b}, stringData: {password: hunter2hunter2}",
		"error rbac/wildcard":                   fmt.Sprintf(role, `"*"`, `"*"`, `"*"`),
		"error rbac/cluster-wide-secrets":       fmt.Sprintf(role, `""`, "secrets", "get, list"),
		"error rbac/escalation":                 fmt.Sprintf(role, "rbac.authorization.k8s.io", "clusterroles", "escalate, bind"),
		"error rbac/cluster-wide-workloads":     fmt.Sprintf(role, "apps", "daemonsets", "create"),
		"error rbac/admin-binding":              strings.Replace(strings.Trim(admin, "{}"), "name: evil", "@@", 1),
		"warning rbac/long-lived-token":         "apiVersion: v1, kind: Secret, type: kubernetes.io/service-account-token, metadata: {@@, namespace: b, annotations: {kubernetes.io/service-account.name: a}}",
		"error network/open-egress":             "apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {@@, namespace: b}, spec: {podSelector: {}, policyTypes: [Egress], egress: [{}]}",
		"error network/ingress-without-tls":     ingress,
		"warning network/ingress-without-class": ingress,
		"error triggers/unsigned-events":        listener,
		"warning network/exposed-listener":      listener,
		"warning storage/host-path":             "apiVersion: v1, kind: PersistentVolume, metadata: {@@}, spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /}}",
		"info operations/overlapping-jobs":      job,
		"error pipeline/no-tasks":               "apiVersion: tekton.dev/v1, kind: Pipeline, metadata: {@@, namespace: b}, spec: {tasks: []}",
		"error rollout/empty-sync":              synced,
		"warning rollout/floating-revision":     synced,
	} {
		for name, metadata := range map[string]string{"a name that the server makes": "generateName: e-", "no name at all": "labels: {a: b}"} {
			exit := -1
			if strings.HasPrefix(told, "error") {
				exit = 1
			}
			all = append(all, checking("unnamed", told+", "+name, "{"+strings.Replace(object, "@@", metadata, 1)+"}\n", exit, told))
		}
	}
	return all
}

// definition is a kind of one's own, as JSON: A, whose spec has some properties.
func definition(properties string) string {
	return `{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"as.b.example.com"},"spec":{"group":"b.example.com","scope":"Namespaced",` +
		`"names":{"kind":"A","plural":"as","singular":"a","listKind":"AList"},"versions":[{"name":"v1","served":true,"storage":true,` +
		`"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","properties":{` + properties + `}}}}}}]}}`
}

// custom is an object of that kind.
func custom(metadata, spec string) string {
	return `{"apiVersion":"b.example.com/v1","kind":"A","metadata":{` + metadata + `"namespace":"b"},"spec":{` + spec + `}}`
}

// hostileTwins are items of one list with one name: what is known of one must not be taken for the other.
func hostileTwins() []trial {
	var all []trial
	kind := definition(`"password":{"type":"string","pattern":"^x$"}`)
	for name, metadata := range map[string]string{"a name that the server makes": `"generateName":"a-",`, "one name": `"name":"a",`, "no name": ""} {
		first, second := custom(metadata, `"password":"`+marker+`"`), custom(metadata, `"password":"x"`)
		for where, text := range map[string]string{
			"in a list":         `{"apiVersion":"v1","kind":"List","items":[` + kind + "," + first + "," + second + "]}",
			"the other first":   `{"apiVersion":"v1","kind":"List","items":[` + kind + "," + second + "," + first + "]}",
			"in a list of them": `{"apiVersion":"b.example.com/v1","kind":"AList","items":[` + first + "," + second + "]}\n" + kind,
		} {
			all = append(all, trial{kind: "secret", name: "two of " + name + ", " + where, files: map[string]string{"a.json": text}, args: []string{"check", "a.json"}, all: true, exit: 1})
		}
	}
	// What follows from a mistake of the one is no consequence in the other.
	const image = "{apiVersion: v1, kind: Pod, metadata: {%s, namespace: b}, spec: {containers: [{name: a, image: %q}]}}"
	for name, metadata := range map[string]string{"a name that the server makes": "generateName: a-", "one name": "name: a"} {
		text := "apiVersion: v1\nkind: List\nitems: [" + fmt.Sprintf(image, metadata, "A:B:C") + ",\n" + fmt.Sprintf(image, metadata, "nginx") + "]\n"
		all = append(all, checking("items", "two of "+name, text, 1, "supply-chain/unqualified-image: image nginx"))
	}
	return all
}

// hostileCredentials are images that are named with who logs in.
func hostileCredentials() []trial {
	const digest = "@sha256:1111111111111111111111111111111111111111111111111111111111111111"
	var all []trial
	for name, reference := range map[string]string{
		"with a scheme": "https://u:M@r.example.com/a/b:v1", "without one": "u:M@r.example.com/a/b:v1", "with a digest": "u:M@r.example.com/a/b" + digest,
		"a token alone": "M@localhost:5000/b", "no domain": "u:M@localhost/b:v1",
	} {
		files := map[string]string{"a.yaml": strings.Replace(pod(""), "reg.example.com/repo/a:v1", "'"+strings.Replace(reference, "M", marker, 1)+"'", 1)}
		all = append(all,
			trial{kind: "secret", name: "credentials of an image, " + name + ", listed", files: files, args: []string{"image", "list", "a.yaml"}, exit: 0, wants: []string{"Pod/a"}},
			trial{kind: "secret", name: "credentials of an image, " + name + ", as JSON", files: files, args: []string{"image", "list", "-o", "json", "a.yaml"}, exit: 0, wants: []string{"Pod/a"}},
		)
	}
	return all
}

// hostileUnread are manifests where a checker does not look, and others do.
func hostileUnread() []trial {
	binding := custom(`"name":"a",`, "")
	const chart = "apiVersion: v2\nname: x\nversion: 0.1.0\n"
	var all []trial
	unread := func(name, file, text string, told ...string) {
		all = append(all, trial{kind: "unread", name: name, files: map[string]string{"m/a.yaml": harmless, "m/Chart.yaml": chart, file: text}, args: []string{"check", "m"}, exit: 0, wants: append(told, "input/not-read")})
	}
	for _, folder := range []string{"node_modules", ".venv", ".terraform", ".cache"} {
		unread("JSON below "+folder, "m/"+folder+"/x/b.json", binding, "m/"+folder)
	}
	unread("JSON below node_modules, far behind blanks", "m/node_modules/x/b.json", strings.Repeat(" ", 70_000)+binding, "m/node_modules")
	for _, file := range []string{"templates/evil.txt", "templates/x/evil", "templates/evil.yaml.gotmpl", "charts/evil.tgz", "charts/x/templates/evil.txt"} {
		one := trial{kind: "unread", name: "a chart's " + file, args: []string{"check", "m"}, exit: 0, wants: []string{"input/not-read", "m/" + file}}
		one.files = map[string]string{"m/a.yaml": harmless, "m/Chart.yaml": chart, "m/charts/x/Chart.yaml": chart, "m/" + file: admin}
		all = append(all, one)
	}
	silent := func(name string, files map[string]string) {
		files["m/a.yaml"] = harmless
		all = append(all, trial{kind: "unread", name: name, files: files, args: []string{"check", "m"}, exit: 0, never: []string{"input/not-read"}})
	}
	silent("no chart", map[string]string{"m/templates/x.txt": "x"})
	silent("what a chart says", map[string]string{"m/Chart.yaml": chart, "m/templates/NOTES.txt": "x", "m/templates/_x.tpl": "x"})
	return all
}

// hostileEvents have each event make something that is no run.
func hostileEvents() []trial {
	var all []trial
	for name, object := range map[string]string{
		"rights": admin, "rights in a list": "{apiVersion: v1, kind: List, items: [" + admin + "]}",
		"a run of another group": "{apiVersion: example.com/v1, kind: TaskRun, metadata: {name: a}}", "a run of no group": "{kind: PipelineRun, metadata: {name: a}}",
		"a pod of the node": "{apiVersion: v1, kind: Pod, metadata: {name: evil, namespace: kube-system}, spec: {hostPID: true, containers: [{name: a, image: a, securityContext: {privileged: true}}]}}",
		"another template":  "{apiVersion: triggers.tekton.dev/v1beta1, kind: TriggerTemplate, metadata: {name: a}, spec: {resourcetemplates: [" + admin + "]}}",
	} {
		text := "apiVersion: triggers.tekton.dev/v1beta1\nkind: TriggerTemplate\nmetadata: {name: t, namespace: b}\nspec:\n  resourcetemplates:\n" +
			"  - {apiVersion: tekton.dev/v1, kind: PipelineRun, metadata: {generateName: a-}, spec: {pipelineRef: {name: p}}}\n  - " + object + "\n"
		one := checking("event", name, text, -1, "warning triggers/other-objects", "resourcetemplates[1].kind")
		one.never = []string{"resourcetemplates[0].kind"} // which is a run
		all = append(all, one)
	}
	return all
}

// hostileWaivers let off one step of a Task, and have another one run what nobody has reviewed.
func hostileWaivers() []trial {
	const events = "{apiVersion: triggers.tekton.dev/v1beta1, kind: TriggerTemplate, metadata: {name: t, namespace: b}, spec: {params: [{name: z}], resourcetemplates: [" +
		"{apiVersion: tekton.dev/v1, kind: PipelineRun, metadata: {generateName: r-}, spec: {pipelineRef: {name: p}, params: [{name: q, value: $(tt.params.z)}]}}]}}\n---\n" +
		"{apiVersion: triggers.tekton.dev/v1beta1, kind: TriggerBinding, metadata: {name: t, namespace: b}, spec: {params: [{name: z, value: $(body.head_commit.message)}]}}\n---\n" +
		"{apiVersion: triggers.tekton.dev/v1beta1, kind: EventListener, metadata: {name: t, namespace: b}, spec: {triggers: [{name: a, bindings: [{ref: t}], template: {ref: t}}]}}\n---\n" +
		"{apiVersion: tekton.dev/v1, kind: Pipeline, metadata: {name: p, namespace: b}, spec: {params: [{name: q}], tasks: [{name: a, taskRef: {name: a}, params: [{name: p1, value: $(params.q)}, {name: p2, value: x}]}]}}\n"
	const first, second = `{name: a, image: a, script: "#!/bin/sh\necho \"$(params.p1)\"\n"}`, `{name: b, image: a, script: "#!/bin/sh\neval \"$(params.p2)\"\n"}`
	const told = "warning pipeline/param-in-script"
	var all []trial
	waiver := func(name, at, steps string, wants ...string) {
		text := "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: a, namespace: b, annotations: {tenon.dev/waive: \"graph/script-injection" + at + ": this one is reviewed (me)\"}}\n" +
			"spec:\n  params: [{name: p1}, {name: p2}]\n" + steps + "\n"
		all = append(all, trial{kind: "waiver", name: name, files: map[string]string{"a.yaml": text, "b.yaml": events}, args: []string{"check", "."}, exit: 1, wants: wants})
	}
	waiver("of the first step", " spec.steps[0].script", "  steps:\n  - "+first+"\n  - "+second, "a.yaml:7:33: waived error graph/script-injection", "a.yaml:8:33: "+told)
	waiver("of the second step", " spec.steps[1].script", "  steps:\n  - "+second+"\n  - "+first, "a.yaml:8:33: waived error graph/script-injection", "a.yaml:7:33: "+told)
	waiver("of the whole task", "", "  steps:\n  - "+first+"\n  - "+second, "a.yaml:7:33: waived error graph/script-injection", "a.yaml:8:33: "+told)
	waiver("of a step that is none of them", " spec.steps[1].script", "  steps:\n  - "+first+"\n  - "+second, "a.yaml:7:33: error graph/script-injection", "a.yaml:8:33: "+told, "waiver/unused")
	waiver("beside a sidecar", " spec.steps[0].script", "  steps:\n  - "+first+"\n  sidecars:\n  - "+second, "a.yaml:7:33: waived error graph/script-injection", "a.yaml:9:33: "+told)
	return all
}

// listed are many values of JSON; # is their number.
func listed(n int, form string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("," + strings.ReplaceAll(form, "#", strconv.Itoa(i)))
	}
	return strings.TrimPrefix(b.String(), ",")
}

// strict is a kind that allows some values of a list, and an object with other ones.
func strict(allowed string, n int) string {
	return definition(`"l":{"type":"array","items":{"type":"string",`+allowed+`}}`) + "\n" + custom(`"name":"a",`, `"l":[`+listed(n, `"x"`)+`]`) + "\n"
}

// hostileLimits are small files that would end the run: what others hold must be told all the same.
func hostileLimits() []trial {
	repeat := strings.Repeat
	var all []trial
	limit := func(name, file, text string, exit int, wants ...string) {
		all = append(all, trial{kind: "many", name: name, files: map[string]string{"m/" + file: text, "m/z.yaml": admin}, args: []string{"check", "m"}, exit: exit, wants: append(wants, "rbac/admin-binding")})
	}
	limit("values that each quote all that is allowed", "a.json", strict(`"enum":[`+listed(9000, `"e#"`)+`]`, 9000), 3, "internal/limit")
	limit("values that each quote an expression", "a.json", strict(`"pattern":"^`+repeat("y", 90_000)+`$"`, 9000), 3, "internal/limit")
	limit("directives", "a.yaml", strings.ReplaceAll(listed(200_000, "%TAG !a#! x"), ",", "\n")+"\n---\n"+harmless, 1, "input/too-large")
	limit("a list far below", "a.yaml", "x: "+repeat("{1: ", 9600)+"["+repeat("1,", 800_000)+"]"+repeat("}", 9600)+"\n", 1, "input/too-deep")
	limit("a map far below", "a.yaml", "x: "+repeat("{1: ", 9600)+"{"+strings.ReplaceAll(listed(100_000, "k#: 1"), ",", ", ")+"}"+repeat("}", 9600)+"\n", 1, "input/too-deep")
	limit("names that are like each other", "a.json", definition(`"`+repeat("a", 1_000_000)+`":{"type":"string"}`)+"\n"+custom(`"name":"a",`, `"`+repeat("b", 1_000_000)+`":"x"`), 1, "types/unknown-field")
	return all
}

// ofOther is one more file of a platform.
const ofOther = "cue/platform/y.cue"

// platformOf is a platform of its own, with more.
func platformOf(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "p")
	begin(t, dir)
	change(t, dir, files)
	return dir
}

// copied is a copy of a folder.
func copied(t *testing.T, from string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "p")
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// byPhase is an object whose fields differ by phase: overlays hold them as patches. Fields has the phase as #.
func byPhase(kind, fields string) string {
	var all []string
	for _, phase := range []string{"1", "2", "3"} {
		object := `{apiVersion: "v1", kind: "` + kind + `", metadata: {name: "x", namespace: "notebook-ci"}, ` + strings.ReplaceAll(fields, "#", phase) + `}`
		all = append(all, strings.Replace(inTarget(kind, "x", object), "phase1", "phase"+phase, 1))
	}
	return together(all...)
}

// ofSecret holds the Secret that all phases have.
const ofSecret = "cue/platform/x.cue"

// TestHostilePlatforms has platforms that do not evaluate, and overlays that are not what is rendered: whatever tells it
// must not show what they hold.
func TestHostilePlatforms(t *testing.T) {
	starter := platformOf(t, map[string]string{ofSecret: byPhase("Secret", `stringData: a: "q"`)})
	if got := tenon(t, starter, "", "render"); got.code != 0 {
		t.Fatal(got.output)
	}
	counts := map[string]int{}
	for _, tr := range slices.Concat(hostileConflicts(), hostileOverlays()) {
		if counts[tr.kind]++; !sampled(counts[tr.kind]) {
			continue
		}
		t.Run(tr.kind+"/"+tr.name, func(t *testing.T) {
			t.Parallel()
			dir := copied(t, starter)
			change(t, dir, tr.files)
			tr.in(t, dir)
		})
		if tr.kind == "conflict" && tr.all {
			t.Run("conflict/"+tr.name+", proposed", func(t *testing.T) {
				t.Parallel()
				pull{head: tr.files, all: true, exit: 1}.run(t, starter)
			})
		}
	}
}

// hostileConflicts are platforms in which a secret is what it must not be: CUE quotes both.
func hostileConflicts() []trial {
	var all []trial
	for name, text := range map[string]string{
		"a password":               `x: password: "M" & int`,
		"a name with a dash":       `x: "db-password": "M" & int`,
		"bytes of a Secret":        inTarget("Secret", "y", `{apiVersion: "v1", kind: "Secret", metadata: {name: "y", namespace: "notebook-ci"}, stringData: {a: 'M' & int}}`),
		"a text of a Secret":       inTarget("Secret", "y", `{apiVersion: "v1", kind: "Secret", metadata: {name: "y", namespace: "notebook-ci"}, data: {a: "M" & int}}`),
		"below the name":           `x: password: value: "M" & int`,
		"in a list":                `x: password: ["M" & int]`,
		"a variable":               `x: [{name: "DB_PASSWORD", value: "M" & int}]`,
		"a variable, by reference": `x: [{name: "DB_PASSWORD", value: "M"}]` + "\ny: x[0].value & int",
		"by reference":             `x: password: "M"` + "\ny: x.password & int",
		"by a definition":          `#password: "M"` + "\ny: #password & int",
		"by a let":                 `let password = "M"` + "\ny: password & int",
		"within another text":      `x: password: "M"` + "\n" + `y: "a\(x.password)" & int`,
		"a map":                    `x: password: {a: "M"} & "q"`,
		"lines":                    "x: password: \"\"\"\n  M\n  M\n  \"\"\" & int",
		"lines of bytes":           "x: password: '''\n  M\n  ''' & int",
		"a raw text":               `x: password: #"M"# & int`,
		"a default":                `x: password: *"M" | "b"` + "\nx: password: int",
		"an expression":            `x: password: =~"^a$"` + "\n" + `x: password: "M"`,
		"another expression":       `x: password: "M"` + "\n" + `y: "a" & =~x.password`,
		"a check":                  "import \"strings\"\nx: password: \"M\" & strings.MaxRunes(3)",
		"an argument":              "import \"strconv\"\nx: password: \"M\"\ny: strconv.Atoi(x.password)",
		"an error of one's own":    `x: password: "M"` + "\n" + `y: error("no: \(x.password)")`,
		"JSON":                     "import \"encoding/json\"\nx: password: json.Marshal({password: \"M\"}) & int",
		"an address":               `x: url: "https://u:M@a.example" & int`,
		"an option":                `x: args: ["--password=M"] & int`,
		"an annotation":            `x: annotations: "example.com/token": "M" & int`,
		"no end":                   `x: password: "M`,
		"an end too much":          `x: password: "M" }`,
		"an unknown field":         `platform: "apiToken": "M"`,
	} {
		text = "package platform\n" + strings.TrimPrefix(strings.ReplaceAll(text, `M`, marker), "package platform\n") + "\n"
		text = strings.NewReplacer("json."+marker, "json.M", "strings."+marker, "strings.M").Replace(text)
		files := map[string]string{ofOther: text}
		all = append(all,
			trial{kind: "conflict", name: name, files: files, args: []string{"check"}, all: true, exit: 1},
			trial{kind: "conflict", name: name + ", rendered", files: files, args: []string{"render"}, exit: 1, wants: []string{ofOther}},
			trial{kind: "conflict", name: name + ", synced", files: files, args: []string{"-C", "overlays/prod/phase1", "argocd", "generate"}, exit: 1, wants: []string{"prod/phase1 is not synced"}},
			trial{kind: "conflict", name: name + ", asked for", files: files, args: []string{"-C", "overlays/prod/phase1", "argocd", "parameters"}, exit: 3, wants: []string{"prod does not render"}},
		)
	}
	return all
}

// hostileOverlays are compared with what is rendered: patches do not say of which kind they are, and a file that does
// not parse does not say what it is.
func hostileOverlays() []trial {
	var all []trial
	stale := func(name string, files map[string]string, never ...string) {
		all = append(all, trial{kind: "overlay", name: name, files: files, args: []string{"render", "--check"}, exit: 1, wants: []string{"overlays is stale"}, never: never})
	}
	for name, fields := range map[string]string{
		"a text":           `stringData: a: "M#"`,
		"a value":          `data: b: "` + base64.StdEncoding.EncodeToString([]byte(marker)) + `AAA#"`,
		"a key with a bar": `stringData: "a/b": "M#"`,
		"another type":     `type: "#", stringData: password: "M#"`,
	} {
		stale("a patch, "+name, map[string]string{ofSecret: byPhase("Secret", strings.ReplaceAll(fields, "M", marker))}, "UzNjcjN0")
	}
	for name, fields := range map[string]string{"a key": `data: password: "M#"`, "a text": `data: "a.ini": "password = M#\n"`, "an annotation": `metadata: annotations: "example.com/token": "M#"`} {
		stale("a patch of a ConfigMap, "+name, map[string]string{ofSecret: byPhase("ConfigMap", strings.ReplaceAll(fields, "M", marker))})
	}
	for name, text := range map[string]string{
		"does not parse":           "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData:\n  a: M\n  b: [\n",
		"is of two kinds":          "kind: Secret\nkind: ConfigMap\nstringData:\n  a: M\n",
		"has other ends of lines":  "a: b\r---\rkind: Secret\rdata: {x: M}\n",
		"is of no kind":            "stringData:\n  a: M\n",
		"does not parse, nor says": "stringData:\n  a: M\n  b: [\n",
		"has a quoted kind":        "\"kind\": \"Secret\"\nstringData:\n  a: M\n  b: [\n",
		"has a tag":                "kind: !!str Secret\nstringData:\n  a: M\n  b: [\n",
		"has an alias":             "x: &a Secret\nkind: *a\ndata:\n  a: M\n",
		"has a letter by number":   "kind: \"S\\u0065cret\"\ndata:\n  a: M\n",
		"is a list":                "apiVersion: v1\nkind: List\nitems:\n- kind: Secret\n  data: {a: M}\n- [\n",
		"is JSON":                  `{"kind": "Secret", "stringData": {"a": "M"}, [`,
		"is merged":                "<<<<<<< HEAD\nkind: Secret\nstringData:\n  a: M\n=======\nstringData:\n  a: x\n>>>>>>> b\n",
	} {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "M", marker), "Config"+marker+"ap", "ConfigMap")
		stale("a file that "+name, map[string]string{"overlays/base/secret-x.yaml": text})
	}
	return all
}

// TestHostilePlaces names files and folders by other words, which lead out of the folder that people stand in: nothing is
// read there, and nothing is written.
func TestHostilePlaces(t *testing.T) {
	const refused, unread = "a symlink out of the folder that you stand in", "input/unreadable"
	type place struct {
		name, args string // @@ is the folder
		exit       int
		want       string
	}
	places := []place{
		{"a file by its full name", "check @@/d/x.yaml", 1, unread}, {"a linked file by its full name", "check @@/l.yaml", 1, unread}, {"a file by a longer name", "check @@/../repo//d/x.yaml", 1, unread},
		{"a file by a name from above", "check ../repo/d/x.yaml", 1, unread}, {"a folder by its full name", "check @@/d", 1, refused}, {"an image by its full name", "image list @@/d/x.yaml", 2, "the file cannot be read"},
		{"facts by their full name", "check --facts @@/l.yaml a.yaml", 2, refused}, {"definitions by their full name", "check --definitions @@/d a.yaml", 2, refused},
		{"what is meant to be read", "check ../outside/x.yaml", -1, "outside-text"},
		{"a report by its full name", "check a.yaml -o sarif=@@/d/new", 2, "is not written"}, {"a report below", "check a.yaml -o sarif=s/d/new", 2, "is not written"},
		{"the second report", "check a.yaml -o json=new -o html=d/new", 2, "is not written"},
		{"a report in the place of a link", "check a.yaml -o sarif=l.yaml", 0, ""},
		{"a report by a link within", "check a.yaml -o sarif=w/new", 0, ""},
	}
	for _, format := range formats {
		places = append(places, place{"a report of " + format, "check a.yaml -o " + format + "=d/new", 2, "is not written"})
	}
	const there = "apiVersion: v1\nkind: Pod\nmetadata: {name: outside-text, namespace: b}\nspec: {containers: [{name: a, image: nginx}]}\n"
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			dir := lay(t, map[string]string{"outside/x.yaml": there, "repo/a.yaml": harmless, "repo/d": "->../outside", "repo/l.yaml": "->../outside/x.yaml", "repo/s/d": "->../../outside", "repo/w": "->s"})
			repository := filepath.Join(dir, "repo")
			tr := trial{args: strings.Fields(strings.ReplaceAll(p.args, "@@", repository)), exit: p.exit, wants: []string{p.want}}
			if p.want != "outside-text" {
				tr.never = []string{"outside-text", "image nginx"}
			}
			tr.in(t, repository)
			entries, err := os.ReadDir(filepath.Join(dir, "outside"))
			if err != nil || len(entries) != 1 {
				t.Errorf("outside there is %v: %v", entries, err)
			}
			if text, err := os.ReadFile(filepath.Join(dir, "outside", "x.yaml")); err != nil || string(text) != there {
				t.Errorf("what is outside was changed: %v\n%s", err, text)
			}
		})
	}
}

// hostileBehind are documents that follow one in JSON without a separator at the start of a line: kubectl reads them.
func hostileBehind() []trial {
	const first = `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}`
	var all []trial
	for name, between := range map[string]string{
		"at once": "---\n", "behind a blank": " ---\n", "behind a tab": "\t---\n", "with a carriage return": "---\r\n", "behind a blank that does not break": "\u00a0---\n", "behind a mark": "\n\ufeff---\n",
		"with a comment": "--- # x\n",
	} {
		for _, file := range []string{"a.json", "a.yaml"} {
			all = append(all, trial{kind: "document", name: "behind JSON, " + name + ", in " + file, files: map[string]string{file: first + between + admin + "\n"}, args: []string{"check", file}, exit: 1, wants: []string{"input/document-separator"}})
		}
	}
	return append(all, trial{kind: "document", name: "behind JSON, a comment", files: map[string]string{"a.yaml": first + " # all\n# of it\n"}, args: []string{"check", "a.yaml"}, exit: 0})
}

// hostileNested are texts within texts, and aliases that the bound on them has to see.
func hostileNested() []trial {
	const head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n"
	nested := head + "data:\n"
	for level := range 40 {
		indent := strings.Repeat(" ", level+1)
		nested += fmt.Sprintf("%sa%d: |\n%s token: abcdefgh%d\n", indent, level, indent, level)
	}
	documents := head + "data:\n  a: |\n" + strings.Repeat("    ---\n    a: {token: abcd1234, password: efgh5678}\n", 4000)
	aliases := func(anchor, item, more string) string {
		return head + "x: " + anchor + `"` + strings.Repeat("A", 20000) + "\"\ndata: {b: [" + strings.Repeat(item, 3000) + "x]}\n" + more
	}
	const broken = "spec:\n  script: |\n    cat <<EOF\nfoo: bar: [\nEOF\n    done\n"
	return []trial{
		checking("growth", "texts within texts", nested, 1, "1 object"),
		checking("growth", "documents within a text", documents, -1, "1 object"),
		checking("growth", "aliases behind a separator of lines", aliases("\u2028&a ", "\u2028*a ,", ""), 1),
		checking("growth", "aliases behind a next line", aliases("\u0085&a ", "\u0085*a ,", ""), 1),
		checking("growth", "aliases in what is mended", aliases("&a ", "*a, ", broken), 1),
	}
}
