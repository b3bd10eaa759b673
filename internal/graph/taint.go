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
			g.scriptsWith(s, into, reported)
		}
	}
}

// harmlessFields of events cannot hold what a stranger writes: numbers, digests and what the
// forge itself makes.
var harmlessFields = regexp.MustCompile(`(?i)(^|[._])(after|before|sha|id|node_id|number|commit_id|created_at|updated_at|action|size|default_branch|clone_url|ssh_url|git_url|full_name)$|^body\.repository\.(name|url|html_url)$`)

var eventField = regexp.MustCompile(`\$\(((?:body|header|extensions)[.\[][^)]*)\)`)

// taintSources lists, for each TriggerTemplate, the parameters that bindings fill with what
// strangers write, with the field that it comes from.
func (g *graph) taintSources() map[string]map[string]string {
	sources := map[string]map[string]string{}
	w := newWiring(g.Objects)
	for template, triggers := range w.triggers {
		for _, t := range triggers {
			key := t.in.Namespace + "/" + template
			for _, p := range w.params(t) {
				m := eventField.FindStringSubmatch(p.Value)
				if m == nil || harmlessFields.MatchString(m[1]) {
					continue
				}
				if sources[key] == nil {
					sources[key] = map[string]string{}
				}
				sources[key][p.Name] = m[1]
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

func (g *graph) scriptsWith(s step, dirty map[string]string, reported map[string]bool) {
	for i, container := range s.task.Steps {
		texts := map[string]string{"script": container.Script}
		if len(container.Command) > 0 && slices.Contains(append(slices.Clone(container.Command), container.Args...), "-c") {
			texts["args"] = strings.Join(container.Args, "\n")
		}
		for _, field := range slices.Sorted(maps.Keys(texts)) {
			within := textsOf(texts[field])
			for _, name := range slices.Sorted(maps.Keys(dirty)) {
				if !within.refersTo("params", name) {
					continue
				}
				at := s.taskAt.Append("steps", i, field)
				id := s.in.Kind + s.in.Name + s.in.File + at.String() + name
				if reported[id] {
					continue
				}
				reported[id] = true
				f := g.add(s.in, "graph/script-injection", finding.Error, at,
					fmt.Sprintf("parameter %s comes from %s of a webhook and is put into the script as text: whoever writes it runs commands here", name, dirty[name]),
					"hand it over in an environment variable, and use that in quotes")
				f.Quote = "$(params." + name
			}
		}
	}
}
