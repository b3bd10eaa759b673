package policy

import (
	"context"
	"fmt"
	"maps"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/script"
)

// Evaluate runs every rule over every object, several objects at a time.
func (s *Set) Evaluate(ctx context.Context, objects []manifest.Object) ([]finding.Finding, error) {
	results := make([][]finding.Finding, len(objects))
	errs := make([]error, len(objects))
	var group sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, o := range objects {
		group.Add(1)
		slots <- struct{}{}
		go func() {
			defer func() { <-slots; group.Done() }()
			results[i], errs[i] = s.evaluate(ctx, o)
		}()
	}
	group.Wait()
	var found []finding.Finding
	for i := range objects {
		if errs[i] != nil {
			return nil, fmt.Errorf("evaluating rules on %s %s: %w", objects[i].Kind, objects[i].Name, errs[i])
		}
		found = append(found, results[i]...)
	}
	return found, nil
}

func (s *Set) evaluate(ctx context.Context, o manifest.Object) ([]finding.Finding, error) {
	found, err := s.run(ctx, s.own, false, o, Input(o))
	if err != nil || s.plain == nil {
		return found, err
	}
	more, err := s.run(ctx, *s.plain, true, o, o.Value)
	return append(found, more...), err
}

func (s *Set) run(ctx context.Context, query rego.PreparedEvalQuery, plain bool, o manifest.Object, input map[string]any) ([]finding.Finding, error) {
	value, err := ast.InterfaceToValue(input)
	if err != nil {
		return nil, err
	}
	result, err := query.Eval(ctx, rego.EvalParsedInput(value))
	if err != nil {
		return nil, err
	}
	if len(result) == 0 {
		return nil, fmt.Errorf("the rules gave no result")
	}
	sets, _ := result[0].Bindings["x"].([]any)
	var found []finding.Finding
	i := 0
	for _, r := range s.Rules {
		if r.plain != plain {
			continue
		}
		for _, verdict := range sets[i].([]any) {
			found = append(found, r.finding(o, verdict))
		}
		i++
	}
	return found, nil
}

// finding makes a finding of what a rule says: a text, or an object with msg, path and text,
// the part of the value that breaks the rule.
func (r Rule) finding(o manifest.Object, verdict any) finding.Finding {
	f := finding.Finding{Rule: r.ID, Severity: r.Severity, Remedy: r.Remedy, Object: o.Ref()}
	switch v := verdict.(type) {
	case string:
		f.Message = v
	case map[string]any:
		f.Message, _ = v["msg"].(string)
		f.Text, _ = v["text"].(string)
		elements, _ := v["path"].([]any)
		f.Field = fieldPath(elements).String()
	}
	return f
}

func fieldPath(elements []any) manifest.Path {
	var path manifest.Path
	for _, e := range elements {
		switch x := e.(type) {
		case string:
			path = append(path, x)
		case fmt.Stringer: // json.Number
			path = append(path, manifest.ParsePath("["+x.String()+"]")...)
		}
	}
	return path
}

// Input is what tenon's own rules see of an object: the object itself, and below the key
// tenon what was found out about it.
func Input(o manifest.Object) map[string]any {
	input := make(map[string]any, len(o.Value)+1)
	for key, value := range o.Value {
		input[key] = value
	}
	input["tenon"] = map[string]any{"scripts": scriptsOf(o), "dockerfiles": dockerfiles(o)}
	return input
}

// dockerfiles reads those that a ConfigMap holds, by the names that they commonly have.
func dockerfiles(o manifest.Object) []any {
	found := []any{}
	data, _ := o.Value["data"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(data)) {
		text, ok := data[key].(string)
		if ok && o.Kind == "ConfigMap" && (key == "Dockerfile" || strings.HasSuffix(key, ".Dockerfile") || strings.HasPrefix(key, "Dockerfile.")) {
			found = append(found, map[string]any{"key": key, "path": []any{"data", key}, "facts": image.ParseDockerfile(text)})
		}
	}
	return found
}

// scriptsOf leaves out what only looks like a script: the data of config maps and secrets.
func scriptsOf(o manifest.Object) []any {
	if o.Kind == "ConfigMap" || o.Kind == "Secret" {
		return []any{}
	}
	return scripts(o.Value, nil)
}

// scripts parses every script of the object: those of Tekton's steps, and what containers
// hand to a shell with -c.
func scripts(value any, at manifest.Path) []any {
	found := []any{}
	switch v := value.(type) {
	case map[string]any:
		if text, ok := v["script"].(string); ok {
			found = append(found, described(text, at, at.Append("script")))
		} else if text, where, ok := inline(v); ok {
			found = append(found, described(text, at, at.Append(where...)))
		}
		for key, child := range v {
			found = append(found, scripts(child, at.Append(key))...)
		}
	case []any:
		for i, child := range v {
			found = append(found, scripts(child, at.Append(i))...)
		}
	}
	return found
}

// shells run the word after -c as a script; other interpreters mean a language of their own.
var shells = map[string]bool{"sh": true, "bash": true, "dash": true, "ash": true, "ksh": true, "busybox": true, "env": true}

var shellFlag = regexp.MustCompile(`^-[a-z]*c$`)

// inline finds the script that a container hands to a shell: the word after -c, wherever in
// command and args the two stand.
func inline(container map[string]any) (text string, at manifest.Path, ok bool) {
	type word struct {
		text string
		at   manifest.Path
	}
	var words []word
	for _, list := range []string{"command", "args"} {
		items, _ := container[list].([]any)
		for i, item := range items {
			text, _ := item.(string)
			words = append(words, word{text, manifest.Path{list, i}})
		}
	}
	for i := range words {
		if i > 0 && i+1 < len(words) && shellFlag.MatchString(words[i].text) && shells[path.Base(words[0].text)] {
			return words[i+1].text, words[i+1].at, true
		}
	}
	return "", nil, false
}

func described(text string, container, at manifest.Path) any {
	return map[string]any{
		"container": []any(container.Append()), "path": []any(at), "text": text, "facts": script.Parse(text),
	}
}
