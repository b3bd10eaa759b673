package policy

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/script"
	"tenon.dev/tenon/internal/typed"
)

// Evaluate runs every rule over an object. Several objects may be evaluated at a time.
func (s *Set) Evaluate(ctx context.Context, o manifest.Object) ([]finding.Finding, error) {
	found, err := s.evaluate(ctx, o)
	if err != nil {
		return found, fmt.Errorf("evaluating rules on %s %s: %w", o.Kind, o.Name, err)
	}
	return found, nil
}

func (s *Set) evaluate(ctx context.Context, o manifest.Object) ([]finding.Finding, error) {
	o.Value = declared(o)
	found, err := s.run(ctx, oneObject, o, Input(o))
	more, moreErr := s.run(ctx, bareObject, o, o.Value)
	return append(found, more...), errors.Join(err, moreErr)
}

// Counted is how many rules are evaluated over objects and, where two revisions are compared, over the
// change.
func (s *Set) Counted(compared bool) int {
	n := 0
	for _, r := range s.Rules {
		if compared || r.sees != change {
			n++
		}
	}
	return n
}

// Change runs the rules about changes over what differs between two revisions, as input.change. What
// they find is located by the item of the change that they name.
func (s *Set) Change(ctx context.Context, document map[string]any) ([]finding.Finding, error) {
	found, err := s.run(ctx, change, manifest.Object{}, map[string]any{"change": document})
	if err != nil {
		return nil, fmt.Errorf("evaluating rules on the change: %w", err)
	}
	return found, nil
}

func (s *Set) run(ctx context.Context, sees input, o manifest.Object, input map[string]any) ([]finding.Finding, error) {
	rules := s.over(sees, input)
	if len(rules) == 0 {
		return nil, nil
	}
	query, err := s.queryOf(ctx, rules)
	if err != nil {
		return nil, err
	}
	value, err := ast.InterfaceToValue(input)
	if err != nil {
		return nil, err
	}
	result, err := confine.Eval(ctx, query, rego.EvalParsedInput(value))
	if err == nil && len(result) == 0 {
		err = fmt.Errorf("the rules gave no result")
	}
	if err != nil {
		return s.oneByOne(ctx, rules, o, value)
	}
	sets, _ := result[0].Bindings["x"].([]any)
	let, err := s.letOff(ctx, sees, value)
	if err != nil {
		return nil, err
	}
	var found []finding.Finding
	for i, r := range rules {
		for _, verdict := range sets[i].([]any) {
			if let[r.Package()+"/"+r.suffix()] {
				continue
			}
			found = append(found, r.finding(o, verdict))
		}
	}
	return found, nil
}

// maxAlone is how long one rule may take where all of them together did not end well.
const maxAlone = 3 * time.Second

// oneByOne evaluates the rules each for itself: one that fails or does not end must not hide what the
// others find. What is wrong with it is an error beside what was found.
func (s *Set) oneByOne(ctx context.Context, rules []Rule, o manifest.Object, value ast.Value) ([]finding.Finding, error) {
	// The time is up by which all of them should have ended; each has some of its own.
	ctx = context.WithoutCancel(ctx)
	var found []finding.Finding
	var errs []error
	for _, r := range rules {
		within, cancel := context.WithTimeout(ctx, maxAlone)
		verdicts, err := s.alone(within, r, value)
		cancel()
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", r.ID, err))
			continue
		}
		for _, verdict := range verdicts {
			found = append(found, r.finding(o, verdict))
		}
	}
	if len(errs) == 0 { // each for itself they end
		return found, nil
	}
	return found, errors.Join(errs...)
}

func (s *Set) alone(ctx context.Context, r Rule, value ast.Value) ([]any, error) {
	query, err := s.queryOf(ctx, []Rule{r})
	if err != nil {
		return nil, err
	}
	result, err := confine.Eval(ctx, query, rego.EvalParsedInput(value))
	if err != nil {
		return nil, err
	}
	if len(result) == 0 {
		return nil, nil
	}
	sets, _ := result[0].Bindings["x"].([]any)
	verdicts, _ := sets[0].([]any)
	return verdicts, nil
}

// letOff names the conftest rules, by package and what follows the underscore of their names, that
// exceptions let off on an object.
func (s *Set) letOff(ctx context.Context, sees input, input ast.Value) (map[string]bool, error) {
	let := map[string]bool{}
	if sees != bareObject {
		return let, nil
	}
	for pkg, query := range s.exceptions {
		result, err := confine.Eval(ctx, query, rego.EvalParsedInput(input))
		if err != nil {
			return nil, err
		}
		for _, r := range result {
			names, _ := r.Bindings["x"].([]any)
			for _, name := range names {
				let[fmt.Sprintf("%s/%v", pkg, name)] = true
			}
		}
	}
	return let, nil
}

// suffix is what follows the first underscore in the name of a conftest rule.
func (r Rule) suffix() string {
	_, suffix, _ := strings.Cut(r.ref[strings.LastIndexByte(r.ref, '.')+1:], "_")
	return suffix
}

// finding makes a finding of what a rule says: a text, or an object with msg, path and text, the part of
// the value that breaks the rule, and evidence, all that does, where neither msg nor path tell it.
func (r Rule) finding(o manifest.Object, verdict any) finding.Finding {
	f := finding.Finding{Rule: r.ID, Severity: r.Severity, Remedy: r.Remedy}
	if r.sees != change {
		f.Object = o.Ref()
	}
	switch v := verdict.(type) {
	case string:
		f.Message = v
	case map[string]any:
		f.Message, _ = v["msg"].(string)
		if remedy, ok := v["remedy"].(string); ok {
			f.Remedy = remedy
		}
		f.Text, _ = v["text"].(string)
		f.Quote = f.Text
		if broke, ok := v["evidence"]; ok {
			text, _ := json.Marshal(broke)
			f.Broke = string(text)
		}
		if line, ok := v["line"].(json.Number); ok {
			n, _ := line.Int64()
			f.Line = int(n)
		}
		if at, ok := v["_loc"].(map[string]any); ok {
			f.Source = location(o, at)
		}
		elements, _ := v["path"].([]any)
		f.Field = fieldPath(elements).String()
		if item, ok := v["item"].(map[string]any); ok {
			locate(&f, item)
		}
	}
	return f
}

// locate takes over where an item of a change is: its object, field, source, other places and targets.
func locate(f *finding.Finding, item map[string]any) {
	var at struct {
		Object  *finding.Object
		Field   string
		Source  *finding.Position
		Related []finding.Position
		Targets []finding.Target
	}
	text, err := json.Marshal(item)
	if err != nil || json.Unmarshal(text, &at) != nil {
		return
	}
	f.Object, f.Field, f.Targets, f.Related = at.Object, cmp.Or(f.Field, at.Field), at.Targets, at.Related
	if at.Source != nil && at.Source.File != "" {
		f.Source = at.Source
	}
}

// location reads where conftest policies say that a finding is.
func location(o manifest.Object, at map[string]any) *finding.Position {
	p := &finding.Position{File: o.File}
	if file, ok := at["file"].(string); ok && file != "" {
		p.File = file
	}
	if line, ok := at["line"].(json.Number); ok {
		n, _ := line.Int64()
		p.Line = int(n)
	}
	return p
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
	input["tenon"] = map[string]any{"scripts": scriptsOf(o), "dockerfiles": dockerfiles(o), "templates": templates(o)}
	return input
}

// templates are the pods that a custom resource makes: whatever has containers below a template's spec. Tekton's
// default-pod-template is one of every run (https://tekton.dev/docs/pipelines/podtemplates/).
func templates(o manifest.Object) []any {
	found := defaultTemplates(o)
	if slices.Contains(podKinds, o.Kind) || !strings.Contains(o.GroupKind().Group, ".") || strings.HasSuffix(o.GroupKind().Group, "tekton.dev") {
		return found
	}
	if spec, ok := podIn(o.Value); ok { // of an operator that puts containers beside its own
		found = append(found, map[string]any{"path": []any{"spec"}, "spec": spec})
	}
	var visit func(value any, at manifest.Path)
	visit = func(value any, at manifest.Path) {
		switch v := value.(type) {
		case map[string]any:
			if spec := ofWorkflow(o, v); spec != nil {
				found = append(found, map[string]any{"path": []any(at), "spec": spec})
			}
			for _, key := range slices.Sorted(maps.Keys(v)) {
				if spec, ok := podIn(v[key]); ok && strings.HasSuffix(strings.ToLower(key), "template") {
					found = append(found, map[string]any{"path": []any(at.Append(key, "spec")), "spec": spec})
					continue
				}
				visit(v[key], at.Append(key))
			}
		case []any:
			for i, item := range v {
				visit(item, at.Append(i))
			}
		}
	}
	visit(o.Value["spec"], manifest.Path{"spec"})
	return found
}

// ofWorkflow is the pod of a template of Argo Workflows, which has one container by another name
// (https://argo-workflows.readthedocs.io/en/latest/fields/#template).
func ofWorkflow(o manifest.Object, template map[string]any) map[string]any {
	if o.GroupKind().Group != "argoproj.io" || !strings.Contains(o.Kind, "Workflow") {
		return nil
	}
	containers := []any{}
	for _, key := range []string{"container", "script"} {
		if c, ok := template[key].(map[string]any); ok && c["image"] != nil {
			containers = append(containers, c)
		}
	}
	if len(containers) == 0 {
		return nil
	}
	spec := map[string]any{"containers": containers}
	for _, key := range []string{"hostNetwork", "volumes", "securityContext", "serviceAccountName", "initContainers", "sidecars"} {
		if template[key] != nil {
			spec[key] = template[key]
		}
	}
	return spec
}

// defaultTemplates are the templates of pods that Tekton's settings hold as texts.
func defaultTemplates(o manifest.Object) []any {
	found := []any{}
	holder := manifest.Path{"data"}
	switch {
	case typed.IsTektonConfig(o):
	case o.Kind == "TektonConfig" && o.GroupKind().Group == "operator.tekton.dev":
		holder = manifest.Path{"spec", "pipeline"}
	default:
		return found
	}
	for _, key := range []string{"default-pod-template", "default-affinity-assistant-pod-template"} {
		value, _ := manifest.Lookup(o.Value, holder.Append(key))
		text, _ := value.(string)
		var spec map[string]any
		if err := yaml.Unmarshal([]byte(text), &spec); err == nil && spec != nil {
			found = append(found, map[string]any{"path": []any(holder.Append(key)), "spec": spec})
		}
	}
	return found
}

// podIn is the spec of a template of pods.
func podIn(value any) (map[string]any, bool) {
	template, _ := value.(map[string]any)
	spec, _ := template["spec"].(map[string]any)
	containers, ok := spec["containers"].([]any)
	return spec, ok && len(containers) > 0
}

// Rendered gives objects by kind and name as rules see them, for tests of rules.
func Rendered(objects []manifest.Object) map[string]map[string]any {
	rendered := map[string]map[string]any{}
	for _, o := range objects {
		if rendered[o.Kind] == nil {
			rendered[o.Kind] = map[string]any{}
		}
		rendered[o.Kind][o.Name] = Input(o)
	}
	return rendered
}

// dockerfiles reads those that a ConfigMap holds.
func dockerfiles(o manifest.Object) []any {
	found := []any{}
	for _, key := range image.DockerfileKeys(o) {
		text, _ := manifest.Lookup(o.Value, manifest.Path{"data", key})
		found = append(found, map[string]any{"key": key, "path": []any{"data", key}, "facts": image.ParseDockerfile(fmt.Sprint(text))})
	}
	return found
}

// scriptsOf gives Rego what is known of the object's scripts.
func scriptsOf(o manifest.Object) []any {
	found := []any{}
	for _, s := range script.Of(o) {
		found = append(found, map[string]any{
			"container": []any(s.Container), "path": []any(s.Path), "text": s.Text, "facts": s.Facts,
		})
	}
	return found
}
