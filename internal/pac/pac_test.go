package pac_test

import (
	"strings"
	"testing"

	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/pac"
)

// TestFill: placeholders are filled where Pipelines-as-Code fills them, and nothing moves.
func TestFill(t *testing.T) {
	const text = `apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  name: {{ repo_name }}-pr
spec:
  params:
  - {name: a, value: "{{revision}}"}
  - {name: b, value: {{ body.pull_request.number }}}
  - {name: c, value: "{{ headers['x-a'] }} {{ cel: event == 'push' }}"}
  script: |
    docker inspect -f '{{.Id}} {{ .State }} {{range .A}}{{end}}' {{}} {{ unknown_one }}
`
	filled, found := pac.Fill(".tekton/a.yaml", []byte(text))
	var keys []string
	for _, p := range found {
		keys = append(keys, p.Key)
		line := strings.Split(text, "\n")[p.Position.Line-1]
		if !strings.HasPrefix(line[p.Position.Column-1:], p.Text) {
			t.Errorf("%s is not at %s", p.Text, p.Position)
		}
	}
	if got := strings.Join(keys, "; "); got != "repo_name; revision; body.pull_request.number; headers['x-a']; cel: event == 'push'; end; unknown_one" {
		t.Error(got)
	}
	if len(filled) != len(text) || strings.Count(string(filled), "\n") != strings.Count(text, "\n") || !strings.Contains(string(filled), "{{ .State }} {{range .A}}{{end}}' {{}}") {
		t.Error(string(filled))
	}
	if parsed := manifest.Parse("a.yaml", filled); len(parsed.Findings) > 0 {
		t.Error(parsed.Findings)
	}
	var known pac.Filled
	known.Add(found)
	if back := known.Restore(string(filled)); back != text {
		t.Error(back)
	}
}

// TestUnknown: a Repository's parameters are variables, too.
func TestUnknown(t *testing.T) {
	_, found := pac.Fill("a.yaml", []byte("{{ revision }} {{ revison }} {{ mine }} {{ other }}"))
	objects := manifest.Parse("r.yaml", []byte("apiVersion: pipelinesascode.tekton.dev/v1alpha1\nkind: Repository\nmetadata: {name: a}\nspec: {params: [{name: mine, value: x}]}\n")).Objects
	unknown := pac.Unknown(found, objects)
	if len(unknown) != 2 || unknown[0].Remedy != "is revision meant?" || !strings.Contains(unknown[1].Message, "no variable other") {
		t.Error(unknown)
	}
}

// TestParams: what a Repository states for a parameter is known, and no name that nobody knows.
func TestParams(t *testing.T) {
	for value, told := range map[string]bool{"x": false, "https://example.com/a": false, "'1.2'": false, "true": true, `"a\nkind: Pod"`: true, "/": true, `"a: b"`: true, "'---'": true, "'a b'": true} {
		_, found := pac.Fill("a.yaml", []byte("{{ mine }}"))
		objects := manifest.Parse("r.yaml", []byte("apiVersion: pipelinesascode.tekton.dev/v1alpha1\nkind: Repository\nmetadata: {name: a}\nspec: {params: [{name: mine, value: "+value+"}]}\n")).Objects
		if unknown := pac.Unknown(found, objects); (len(unknown) == 1) != told {
			t.Errorf("%s: %v", value, unknown)
		}
	}
	_, found := pac.Fill("a.yaml", []byte("# {{ end }}"))
	if unknown := pac.Unknown(found, nil); len(unknown) != 0 {
		t.Error(unknown)
	}
	objects := manifest.Parse("r.yaml", []byte("apiVersion: pipelinesascode.tekton.dev/v1alpha1\nkind: Repository\nmetadata: {name: a}\nspec: {params: [{name: end, value: x}]}\n")).Objects
	if unknown := pac.Unknown(found, objects); len(unknown) != 1 {
		t.Error(unknown)
	}
}

// TestRemote: what a folder takes from elsewhere is not looked for in it.
func TestRemote(t *testing.T) {
	run := func(file, annotation string) []manifest.Object {
		return manifest.Parse(file, []byte("apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: a, annotations: {"+annotation+"}}\n")).Objects
	}
	for value, want := range map[string]bool{
		`pipelinesascode.tekton.dev/task: git-clone`: true, `pipelinesascode.tekton.dev/task-1: "[.tekton/a.yaml, 'git-clone:0.9']"`: true, `pipelinesascode.tekton.dev/pipeline: https://example.com/a.yaml`: true,
		`pipelinesascode.tekton.dev/task: "[.tekton/tasks/a.yaml]"`: false, `pipelinesascode.tekton.dev/on-event: push`: false, `a: b`: false,
	} {
		remote := pac.Remote(run("x/.tekton/run.yaml", value))
		if remote("x/.tekton/tasks/a.yaml") != want || remote("y/.tekton/a.yaml") {
			t.Error(value)
		}
	}
}

// FuzzFill: whatever stands between braces, lengths and lines stay.
func FuzzFill(f *testing.F) {
	for _, text := range []string{"{{ revision }}", "{{{{a}}}}", "{{\n}}", "{{ cel: }}", "\xff{{ab}}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		filled, found := pac.Fill("a", []byte(text))
		var known pac.Filled
		known.Add(found)
		if len(filled) != len(text) {
			t.Errorf("%q becomes %q", text, filled)
		}
		known.Restore(string(filled))
	})
}

// FuzzAnnotations: an expression or a list never breaks the check.
func FuzzAnnotations(f *testing.F) {
	for _, text := range []string{`event == "push"`, "[", "[a,]", "((((", "\"***\".pathChanged()"} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		all := map[string]any{}
		for _, key := range []string{"on-cel-expression", "on-event", "on-target-branch", "on-path-change", "task-1"} {
			all["pipelinesascode.tekton.dev/"+key] = text
		}
		o, _ := manifest.New(map[string]any{"apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "metadata": map[string]any{"name": "a", "annotations": all}}, nil)
		pac.Annotations(o, []string{text})
	})
}

// TestChosen: whatever an expression does with what the sender of an event writes, it is put into a script.
func TestChosen(t *testing.T) {
	scripts := func(text string) map[string]manifest.Path { return map[string]manifest.Path{text: {"script"}} }
	for text, chosen := range map[string]bool{
		`{{ source_branch }}`: true, "{{\nsource_branch }}": true, "{{ source_branch\u00a0}}": true, `{{ body["pull_request"].title }}`: true, `{{ cel: body.title + "==" }}`: true,
		`{{ cel: body.title + "," }}`: true, `{{ cel: true ? body.title : "" }}`: true, `{{ cel: (body.title) }}`: true, `{{ cel: "" + body.title }}`: true, `{{ cel: body . title }}`: true,
		`{{ cel: pac["source" + "_branch"] }}`: true, `{{ cel: dyn(pac).source_branch }}`: true, `{{ cel: [pac][0].trigger_comment }}`: true, `{{ cel: (true ? pac : pac).source_branch }}`: true, `{{ cel: pac[headers.x] }}`: true,
		`{{ cel: string(pac) }}`: true, `{{ cel: pac["source_branch"] }}`: true, `{{ cel: pac . source_branch }}`: true, `{{ cel: body.labels.map(l, l.name)[0] }}`: true, `{{ cel: body.title.split("-")[0] }}`: true,
		`{{ revision }}`: false, `{{ body.pull_request.number }}`: false, `{{ cel: body.title == "a" }}`: false, `{{ cel: body.action == "opened" ? "a" : "b" }}`: false,
		`{{ cel: has(body.pull_request) }}`: false, `{{ cel: body.commits.exists(c, c.message == "a") }}`: false, `{{ cel: pac.revision }}`: false, `{{ headers["X-Github-Event"] }}`: false, `{{ cel: size(body.title) }}`: false,
	} {
		filled, found := pac.Fill("a.yaml", []byte("echo "+text))
		var known pac.Filled
		known.Add(found)
		if got := len(pac.Injected(scripts(string(filled)), manifest.Object{}, known)) > 0; got != chosen {
			t.Errorf("%s: chosen %v, want %v", text, got, chosen)
		}
	}
}

// TestHidden: a placeholder is a part of one value; what would hide more than that is left as it stands, and so checked.
func TestHidden(t *testing.T) {
	for _, text := range []string{
		"# {{body\rkind: Pod\r# }}", "# {{body\u0085kind: Pod\u0085# }}", "# {{body\u2028kind: Pod\u2028# }}", "{{ revision\r}}",
		`resources: ["pods", "{{body", "*", "}}"]`, `{a: "{{body", command: [sh, -c, "curl"], b: "}}"}`, `{a: {'{{body': '*' }}`,
		`["{{body"]}}`, `['{{body' ]['x' }}`, "a{{body: secret }}", `a: "{{body" # }}`, "a{{cel: b: c}}",
		`# {{ cel: string(b"\n        volumes: [\x7bname: v\x7d]") }}`, `path: '{{ cel: "/" }}'`, `privileged: {{ cel: true }}`, `add: {{ cel: ["SYS_ADMIN"] }}`, `image: 'BAD REF{{ cel: "" }}'`, `{{ cel: "---" }}`,
		`path: '{{ cel: event == "push" ? "/" : "/etc" }}'`, `privileged: '{{ cel: event == "push" ? "true" : "true" }}'`, `{{ cel: event == "push" ? "---" : "---" }}`, `{{ cel: "true" + "" }}`, `{{ cel: dyn(1) }}`,
	} {
		if filled, found := pac.Fill("a.yaml", []byte(text)); string(filled) != text || len(found) != 1 || len(pac.Unknown(found, nil)) != 1 {
			t.Errorf("%q is filled in, or not told: %q", text, filled)
		}
	}
	for _, text := range []string{
		"{{ body.pull_request.user.login }}", `{{ headers["X-Github-Event"] }}`, `{{ cel: body.action == "opened" && !(event == 'push') }}`, "{{ body.commits[0].id }}",
	} {
		if filled, found := pac.Fill("a.yaml", []byte(text)); strings.Contains(string(filled), "{{") || len(found) != 1 {
			t.Errorf("%q is not filled in: %q", text, filled)
		}
	}
}
