package graph

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// variables checks variables of Tekton and Triggers that nobody fills in: the text stays as it
// is, and a shell takes $(...) for a command (https://tekton.dev/docs/pipelines/variables/).
func (g *graph) variables() {
	for _, o := range g.Objects {
		spec, _ := o.Value["spec"].(map[string]any)
		switch {
		case o.Kind == "Task" && isTekton(o.APIVersion):
			g.taskVariables(o, spec)
		case o.Kind == "Pipeline" && isTekton(o.APIVersion):
			g.eachVariable(o, spec, manifest.Path{"spec"}, g.misnamed)
			g.displayNames(o, spec)
		case o.Kind == "TriggerTemplate":
			g.templateVariables(o, spec)
		case o.Kind == "TriggerBinding" || o.Kind == "ClusterTriggerBinding":
			each(spec, manifest.Path{"params"}, func(i int, p map[string]any) { g.bindingValue(o, p, manifest.Path{"spec", "params", i, "value"}) })
		}
	}
}

var variableForm = regexp.MustCompile(`\$\(([a-zA-Z]+)\.([^()\s$]*)\)`)

// eachVariable visits the variables in the texts of a value, and reports what check says of one.
func (g *graph) eachVariable(o manifest.Object, value any, at manifest.Path, check func(root, rest string) string) {
	seen := map[string]bool{}
	for _, m := range variableForm.FindAllStringSubmatch(textOf(value), -1) {
		if seen[m[0]] {
			continue
		}
		seen[m[0]] = true
		if wrong := check(m[1], m[2]); wrong != "" {
			f := g.add(o, "graph/variable-unknown", finding.Error, at, fmt.Sprintf("%s is filled in by nobody: %s", m[0], wrong), "see https://tekton.dev/docs/pipelines/variables/ for the variables that there are")
			f.Quote = m[0]
		}
	}
}

// contexts are the variables of a run's surroundings.
var contexts = []string{
	"taskRun.name", "taskRun.namespace", "taskRun.uid", "task.name", "task.retry-count", "pipelineRun.name",
	"pipelineRun.namespace", "pipelineRun.uid", "pipeline.name", "pipelineTask.retries",
}

// misnamed tells variables apart that no object has, whatever it declares.
func (g *graph) misnamed(root, rest string) string {
	switch root {
	case "param", "workspace", "result", "task", "contexts":
		plural := map[string]string{"param": "params", "workspace": "workspaces", "result": "results", "task": "tasks", "contexts": "context"}
		return "write " + plural[root]
	case "context":
		if !slices.Contains(contexts, rest) {
			return "the variables of a run are " + strings.Join(contexts, ", ")
		}
	case "tasks":
		_, after, more := strings.Cut(rest, ".")
		what, _, _ := strings.Cut(after, ".")
		if more && !slices.Contains([]string{"results", "status", "reason", "outputs", "matrix"}, what) {
			return "a result of a task is $(tasks.<task>.results.<result>)"
		}
	case "workspaces":
		name, what, more := strings.Cut(rest, ".")
		if more && !slices.Contains(ofWorkspace, what) {
			return "of a workspace there are " + strings.Join(ofWorkspace, ", ") + ", as in $(workspaces." + name + ".path)"
		}
	}
	return ""
}

// ofWorkspace is what a variable of a workspace may ask for
// (https://tekton.dev/docs/pipelines/variables/#variables-available-in-a-task).
var ofWorkspace = []string{"path", "bound", "claim", "volume"}

// taskVariables also knows what the task declares: Tekton looks at the parameters of its steps
// only.
func (g *graph) taskVariables(o manifest.Object, spec map[string]any) {
	declared := func(list string) []string {
		var names []string
		each(spec, manifest.Path{list}, func(_ int, d map[string]any) {
			name, _ := d["name"].(string)
			names = append(names, name)
		})
		return names
	}
	params, results := declared("params"), declared("results")
	stepResults := len(results) == 0 && strings.Contains(textOf(spec), "$(step.results.")
	g.eachVariable(o, withoutComments(without(spec, "description")), manifest.Path{"spec"}, func(root, rest string) string {
		if old, ok := strings.CutPrefix(rest, "params."); ok && root == "inputs" { // as v1alpha1 had it: still filled in
			root, rest = "params", old
		}
		name := firstName(rest)
		switch {
		case root == "params" && name != "" && !slices.Contains(params, name) && !strings.Contains(rest, "."):
			return "the task declares no parameter " + name
		case root == "steps":
			return unknownStep(spec, rest)
		case root == "results" && name != "" && !slices.Contains(results, name) && !stepResults:
			return "the task declares no result " + name
		}
		return g.misnamed(root, rest)
	})
}

// unknownStep says what is wrong with a variable of another step: of exit codes the name of its container is asked for, of
// results its own (https://tekton.dev/docs/pipelines/variables/#variables-available-in-a-task).
func unknownStep(spec map[string]any, rest string) string {
	name, what, _ := strings.Cut(rest, ".")
	known := map[string]bool{}
	each(spec, manifest.Path{"steps"}, func(i int, s map[string]any) {
		own, _ := s["name"].(string)
		known[own], known["step-"+own], known[fmt.Sprintf("step-unnamed-%d", i)] = true, true, true
	})
	switch {
	case what == "exitCode.path" && !strings.HasPrefix(name, "step-"):
		return "write $(steps.step-" + name + ".exitCode.path)"
	case !known[name]:
		return "the task has no step " + strings.TrimPrefix(name, "step-")
	}
	return ""
}

// firstName is the first name of what a variable leads to.
func firstName(rest string) string {
	name, _, _ := strings.Cut(rest, ".")
	name, _, _ = strings.Cut(name, "[")
	return name
}

// commentLine fits a line of a script that no shell runs.
var commentLine = regexp.MustCompile(`(?m)^[ \t]*#[^!\n].*$`)

// withoutComments is a specification with the comments of its scripts left out: what is not filled in there harms nobody.
func withoutComments(value any) any {
	switch v := value.(type) {
	case map[string]any:
		all := make(map[string]any, len(v))
		for key, inner := range v {
			if text, ok := inner.(string); ok && key == "script" {
				all[key] = commentLine.ReplaceAllString(text, "")
				continue
			}
			all[key] = withoutComments(inner)
		}
		return all
	case []any:
		all := make([]any, len(v))
		for i, inner := range v {
			all[i] = withoutComments(inner)
		}
		return all
	}
	return value
}

// templateVariables finds parameters of a pipeline where those of the template are meant: a run
// has none of its own.
func (g *graph) templateVariables(o manifest.Object, spec map[string]any) {
	each(spec, manifest.Path{"resourcetemplates"}, func(i int, run map[string]any) {
		if version, _ := run["apiVersion"].(string); !isTekton(version) {
			g.otherResource(o, run, manifest.Path{"spec", "resourcetemplates", i})
			return
		}
		for _, at := range []manifest.Path{{"metadata"}, {"spec", "params"}, {"spec", "workspaces"}, {"spec", "pipelineRef"}} {
			value, _ := manifest.Lookup(run, at)
			g.eachVariable(o, value, manifest.Path{"spec", "resourcetemplates", i}.Append(at...), func(root, rest string) string {
				if root == "params" {
					return "a parameter of the template is $(tt.params." + rest + ")"
				}
				return ""
			})
		}
	})
}

// wholeParameter fits a text that is a parameter of a pipeline and nothing else.
var wholeParameter = regexp.MustCompile(`^\$\(params\.([A-Za-z0-9_.-]+)\)$`)

// otherResource finds the same in an object that is no run: a text may hold a program that has such variables of its own,
// but not be one.
func (g *graph) otherResource(o manifest.Object, resource map[string]any, at manifest.Path) {
	eachText(resource, at, func(text string, here manifest.Path) {
		if m := wholeParameter.FindStringSubmatch(text); m != nil {
			f := g.add(o, "graph/variable-unknown", finding.Error, here, fmt.Sprintf("%s is filled in by nobody: a parameter of the template is $(tt.params.%s)", text, m[1]),
				"see https://tekton.dev/docs/triggers/triggertemplates/ for the variables that there are")
			f.Quote = text
		}
	})
}

var otherForm = regexp.MustCompile(`\$\{?\{?\s*(body|header|extensions|event)\.[A-Za-z]|\$\(event\.`)

// bindingForm fits what begins a variable of a binding.
var bindingForm = regexp.MustCompile(`\$\(([a-zA-Z]+)[.\[][^()]*\)`)

// bindingValue finds what looks like a field of an event and is written in another form than
// Triggers reads (https://tekton.dev/docs/triggers/triggerbindings/).
func (g *graph) bindingValue(o manifest.Object, param map[string]any, at manifest.Path) {
	value, _ := param["value"].(string)
	if found := otherForm.FindString(value); found != "" {
		g.add(o, "graph/variable-unknown", finding.Error, at,
			fmt.Sprintf("%s is no variable of Triggers: it is handed on as it is", value), "write $(body.field), $(header.Name) or $(extensions.field)")
		return
	}
	for _, m := range bindingForm.FindAllStringSubmatch(value, -1) {
		if !slices.Contains([]string{"body", "header", "extensions", "context"}, m[1]) {
			g.add(o, "graph/variable-unknown", finding.Error, at,
				fmt.Sprintf("%s is found in no event: it begins with body, header, extensions or context", m[0]), "write $(body.field), $(header.Name) or $(extensions.field)")
		}
	}
}
