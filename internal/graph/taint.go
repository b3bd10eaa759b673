package graph

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/script"
)

// tainted checks what comes from outside, in the body or the headers of a webhook, and ends up as
// text in a script: whoever writes a commit message or names a branch then writes the script
// (https://tekton.dev/docs/pipelines/variables/: Tekton does not escape).
func (g *graph) tainted() {
	sources := g.taintSources()
	if len(sources) == 0 {
		return
	}
	reported := map[string]bool{}
	for _, r := range g.Runs {
		dirty := sources[r.Owner.Namespace+"/"+r.Owner.Name]
		if r.Owner.Kind != "TriggerTemplate" || len(dirty) == 0 {
			continue
		}
		raw, _ := manifest.Lookup(r.Owner.Value, r.At)
		if r.Object.Kind == "TaskRun" {
			run, _ := as[pipelinev1.TaskRun](raw)
			if s, ok := g.taskOf(r, run); ok {
				g.scriptsWith(s, carried(run.Spec.Params, "tt.params", dirty), ofTemplate(s, r, dirty), reported)
			}
			continue
		}
		run, ok := as[pipelinev1.PipelineRun](raw)
		if !ok {
			continue
		}
		params := carried(run.Spec.Params, "tt.params", dirty)
		spec, in, at, _ := g.pipelineOf(r)
		if spec == nil {
			continue
		}
		for _, s := range g.steps(spec, in, at) {
			into := carried(s.Params, "params", params)
			if s.TaskSpec != nil {
				for name, from := range params {
					into[name] = from // what an embedded task does not declare reaches it too
				}
			}
			g.scriptsWith(s, into, ofTemplate(s, r, dirty), reported)
		}
	}
}

// ofTemplate are the parameters of a TriggerTemplate that stand in a task as they are: one that is written in it.
func ofTemplate(s step, r Run, dirty map[string]string) map[string]string {
	if s.in.Kind == r.Owner.Kind && s.in.Name == r.Owner.Name {
		return dirty
	}
	return nil
}

// harmlessFields of events cannot hold what a stranger writes: numbers, digests and what the
// forge itself makes.
var harmlessFields = regexp.MustCompile(`(?i)(^|[._])(after|before|sha|id|node_id|number|commit_id|created_at|updated_at|action|size|default_branch|clone_url|ssh_url|git_url|full_name)$|^body\.repository\.(name|url|html_url)$`)

// eventFields are the expressions of a binding's value that read the event, each to the bracket that closes it: a filter of
// JSONPath has brackets of its own.
func eventFields(value string) []string {
	var fields []string
	for {
		_, rest, found := strings.Cut(value, "$(")
		if !found {
			return fields
		}
		depth, end := 1, len(rest)
		for i, c := range rest {
			switch c {
			case '(':
				depth++
			case ')':
				depth--
			}
			if depth == 0 {
				end = i
				break
			}
		}
		if field := rest[:end]; ofEvent.MatchString(field) {
			fields = append(fields, field)
		}
		value = rest[end:]
	}
}

var ofEvent = regexp.MustCompile(`^(?:body|header|extensions)(?:[.\[]|$)`)

// taintSources lists, for each TriggerTemplate, the parameters that bindings fill with what
// strangers write, with the field that it comes from.
func (g *graph) taintSources() map[string]map[string]string {
	sources := map[string]map[string]string{}
	w := newWiring(g.Objects)
	for template, triggers := range w.triggers {
		for _, t := range triggers {
			key := t.in.Namespace + "/" + template
			for _, p := range w.params(t) {
				fields := slices.DeleteFunc(eventFields(p.Value), harmlessFields.MatchString)
				if len(fields) == 0 {
					continue
				}
				if sources[key] == nil {
					sources[key] = map[string]string{}
				}
				sources[key][p.Name] = fields[0]
			}
		}
	}
	return sources
}

// carried lists the parameters whose values hold one of the dirty variables.
func carried(params pipelinev1.Params, prefix string, dirty map[string]string) map[string]string {
	into := map[string]string{}
	for _, p := range params {
		held := append([]string{p.Value.StringVal}, p.Value.ArrayVal...)
		for _, key := range slices.Sorted(maps.Keys(p.Value.ObjectVal)) {
			held = append(held, p.Value.ObjectVal[key])
		}
		within := textsOf(strings.Join(held, "\n"))
		for _, name := range slices.Sorted(maps.Keys(dirty)) {
			if within.refersTo(prefix, name) {
				into[p.Name] = dirty[name]
			}
		}
	}
	return into
}

// scriptsWith finds the scripts of a task that dirty parameters are put into: those of the task, and those of the template
// around it.
func (g *graph) scriptsWith(s step, dirty, around map[string]string, reported map[string]bool) {
	for i, container := range s.task.Steps {
		scripts := map[string]string{"script": container.Script}
		words := slices.Concat(container.Command, container.Args)
		if at, _ := script.Inline(words); at > 0 {
			field := "command"
			if at >= len(container.Command) {
				field = "args"
			}
			scripts[field] = words[at]
		}
		for _, field := range slices.Sorted(maps.Keys(scripts)) {
			written, _ := manifest.Lookup(s.in.Value, s.taskAt.Append("steps", i, field)) // with the variables of a template
			for _, of := range []struct {
				prefix string
				dirty  map[string]string
				within *texts
			}{{"params", dirty, textsOf(scripts[field])}, {"tt.params", around, textsOf(written)}} {
				for _, name := range slices.Sorted(maps.Keys(of.dirty)) {
					if !of.within.refersTo(of.prefix, name) {
						continue
					}
					at := s.taskAt.Append("steps", i, field)
					id := s.in.Kind + s.in.Name + s.in.File + at.String() + of.prefix + name
					if reported[id] {
						continue
					}
					reported[id] = true
					f := g.add(s.in, "graph/script-injection", finding.Error, at,
						fmt.Sprintf("parameter %s comes from %s of a webhook and is put into the script as text: whoever writes it runs commands here", name, of.dirty[name]),
						"hand it over in an environment variable, and use that in quotes")
					f.Quote = "$(" + of.prefix + "." + name
				}
			}
		}
	}
}
