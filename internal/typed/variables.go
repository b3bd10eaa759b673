package typed

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

var (
	// unknownVariable fits what Tekton says of a variable that nothing is put in the place of: the whole text that has it.
	unknownVariable = regexp.MustCompile(`(?s)^non-existent variable (?:.([^"]*). )?in (".*")(: .*)?$`)
	// variableOf fits a variable with the list that it is of, and its name there.
	variableOf = regexp.MustCompile(`\$\((?:inputs\.)?(params|workspaces|results)(?:\.([A-Za-z0-9_-]+)|\[['"]([^'"\]]+)['"]\])[^()\s]*\)`)
)

// legible is what Tekton says of a variable, with the variable in the place of a long text: a script of forty lines says
// nothing about which it is.
func legible(p problem, value map[string]any) problem {
	m := unknownVariable.FindStringSubmatch(p.message)
	if m == nil {
		return p
	}
	text, err := strconv.Unquote(m[2])
	found := variableOf.FindAllString(text, -1)
	if err == nil && p.remedy == "" {
		p.remedy = declaring(text, value, manifest.ParsePath(p.field))
	}
	if err != nil || len(text) <= 80 && !strings.Contains(text, "\n") && len(found) < 2 {
		return p
	}
	named := undeclared(text, value, manifest.ParsePath(p.field))
	if len(named) == 0 {
		named = found
	}
	p.message = fmt.Sprintf("non-existent variable %s%s", finding.Few(named, 6), m[3])
	if len(named) == 0 {
		p.message = "non-existent variable in " + finding.Clip(m[2]) + m[3]
	}
	return p
}

// declaring says how to mend the first variable of a text that nothing declares.
func declaring(text string, value map[string]any, at manifest.Path) string {
	for _, m := range variableOf.FindAllStringSubmatch(text, -1) {
		list, name := m[1], m[2]+m[3]
		if declares(value, at, list, name) {
			continue
		}
		there := declared(value, at, list)
		if len(there) == 0 {
			return fmt.Sprintf("declare %s in %s", name, list)
		}
		return fmt.Sprintf("declare %s in %s, or correct the name: there are %s", name, list, finding.Few(there, 12))
	}
	return ""
}

// declared are the names that the specifications around a field declare.
func declared(value map[string]any, at manifest.Path, list string) []string {
	var names []string
	for i := 0; i <= len(at); i++ {
		within, _ := manifest.Lookup(value, at[:i].Append(list))
		items, _ := within.([]any)
		for _, item := range items {
			fields, _ := item.(map[string]any)
			if name, _ := fields["name"].(string); name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// undeclared are the variables of a text that no specification around its field declares.
func undeclared(text string, value map[string]any, at manifest.Path) []string {
	var named []string
	for _, m := range variableOf.FindAllStringSubmatch(text, -1) {
		if !declares(value, at, m[1], m[2]+m[3]) && !slices.Contains(named, m[0]) {
			named = append(named, m[0])
		}
	}
	return named
}

// declares tells whether one of the specifications that a field stands in declares a name.
func declares(value map[string]any, at manifest.Path, list, name string) bool {
	return slices.Contains(declared(value, at, list), name)
}

// dangling are the references of a pipeline's tasks to tasks that it does not have: Tekton stops at the first, and says
// nothing of them where something else is wrong.
func dangling(spec *pipelinev1.PipelineSpec, at string) []problem {
	if spec == nil {
		return nil
	}
	there := map[string]bool{}
	for _, t := range spec.Tasks {
		there[t.Name] = true
	}
	var problems []problem
	for i, t := range spec.Tasks {
		for j, name := range t.RunAfter {
			if !there[name] && !strings.Contains(name, "$(") {
				problems = append(problems, problem{rule: "types/tekton", field: fmt.Sprintf("%s.tasks[%d].runAfter[%d]", at, i, j), message: fmt.Sprintf("task %s runs after %s, which the pipeline does not have", t.Name, name)})
			}
		}
		for j, p := range t.Params {
			for _, name := range producers(p.Value) {
				if !there[name] {
					problems = append(problems, problem{rule: "types/tekton", field: fmt.Sprintf("%s.tasks[%d].params[%d].value", at, i, j), message: fmt.Sprintf("task %s takes a result of %s, which the pipeline does not have", t.Name, name)})
				}
			}
		}
	}
	return problems
}

// resultOf fits a result of a task.
var resultOf = regexp.MustCompile(`\$\(tasks\.([^.()\s]+)\.results\.`)

// producers are the tasks of which a value takes results.
func producers(value pipelinev1.ParamValue) []string {
	texts := append([]string{value.StringVal}, value.ArrayVal...)
	for _, text := range value.ObjectVal {
		texts = append(texts, text)
	}
	var names []string
	for _, m := range resultOf.FindAllStringSubmatch(strings.Join(texts, "\n"), -1) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	return names
}

// inEmbedded is the path to a field that Tekton names as if the specification of a task stood for itself, where it is
// written into a run or a pipeline: of several the one in which the quoted variable is.
func inEmbedded(o manifest.Object, field, quote string) string {
	path := manifest.ParsePath(field)
	if _, there := manifest.Lookup(o.Value, path); there || len(path) < 2 || path[0] != any("spec") {
		return field
	}
	found := field
	var visit func(value any, at manifest.Path) bool
	visit = func(value any, at manifest.Path) bool {
		switch v := value.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				if key == "taskSpec" || key == "pipelineSpec" {
					rest := counted(v[key], path[1:])
					inner, there := manifest.Lookup(v[key], rest)
					text, isText := inner.(string)
					if there && (quote == "" || !isText || strings.Contains(text, quote)) {
						found = at.Append(key).Append(rest...).String()
						return true
					}
				}
				if visit(v[key], at.Append(key)) {
					return true
				}
			}
		case []any:
			for i, item := range v {
				if visit(item, at.Append(i)) {
					return true
				}
			}
		}
		return false
	}
	visit(o.Value["spec"], manifest.Path{"spec"})
	return found
}

// twiceInEnv finds variables that a step, a sidecar or the template of all steps is given twice, where they are written: what
// Tekton makes of them holds one.
func twiceInEnv(value any, at manifest.Path) []problem {
	var problems []problem
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if list, is := v[key].([]any); is && key == "env" {
				problems = append(problems, namedTwice(list, at.Append(key))...)
			}
			problems = append(problems, twiceInEnv(v[key], at.Append(key))...)
		}
	case []any:
		for i, item := range v {
			problems = append(problems, twiceInEnv(item, at.Append(i))...)
		}
	}
	return problems
}

func namedTwice(list []any, at manifest.Path) []problem {
	var problems []problem
	seen := map[string]bool{}
	for i, item := range list {
		fields, _ := item.(map[string]any)
		name, _ := fields["name"].(string)
		if seen[name] && name != "" {
			problems = append(problems, problem{
				rule: "types/warning", field: at.Append(i).String(), warning: true,
				message: fmt.Sprintf("variable %q is given twice: the later value hides the earlier one", name), remedy: "keep one of them",
			})
		}
		seen[name] = true
	}
	return problems
}
