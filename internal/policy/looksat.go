package policy

import (
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"tenon.dev/tenon/internal/manifest"
)

// looksAt says over which objects a rule can fire. It is read out of the rule: what its body asks first of the kind, or
// goes through, has to be there. Where nothing is found a rule looks at every object.
type looksAt struct {
	everything bool
	kinds      map[string]bool
	// views are those of input.tenon of which one must not be empty.
	views map[string]bool
	// fields are sets of paths: of one set every path has to be there.
	fields [][]manifest.Path
	// versions are prefixes of apiVersion.
	versions []string
}

// podKinds are the kinds that have pods, or make some, by themselves or within: policies/lib/lib.rego.
var podKinds = []string{
	"Pod", "Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "ReplicationController", "PodTemplate", "Job", "CronJob", "EventListener",
	"Task", "ClusterTask", "TaskRun", "Pipeline", "PipelineRun", "TriggerTemplate", "StepAction",
}

// libViews are the sets of policies/lib that are empty for all other kinds.
var libViews = map[string][]string{"containers": podKinds, "pod_specs": podKinds, "task_specs": podKinds, "volumes": podKinds, "pipelines": podKinds}

// lookingAt reads what a rule of a module looks at.
func lookingAt(module *ast.Module, name string) looksAt {
	return reader{module, map[string]bool{}}.rule(name)
}

// reader follows the sets of one module; seen are those that are being read.
type reader struct {
	module *ast.Module
	seen   map[string]bool
}

var anything = looksAt{everything: true}

func (r reader) rule(name string) looksAt {
	if r.seen[name] {
		return anything
	}
	r.seen[name] = true
	defer delete(r.seen, name)
	all := looksAt{kinds: map[string]bool{}, views: map[string]bool{}}
	found := false
	for _, rule := range r.module.Rules {
		if rule.Head.Ref().String() != name && (len(rule.Head.Ref()) == 0 || rule.Head.Ref()[0].String() != name) {
			continue
		}
		found = true
		for ; rule != nil; rule = rule.Else {
			all = all.or(r.body(rule.Body))
		}
	}
	if !found {
		return anything
	}
	return all
}

// body is what the narrowest of the conditions of a body looks at: all of them have to hold.
func (r reader) body(body ast.Body) looksAt {
	best := anything
	var fields []manifest.Path
	scope := scope{bodies: map[string]bool{}, locals: map[string]bool{}}
	for _, e := range body {
		if call, ok := e.Terms.([]*ast.Term); ok && len(call) == 3 && call[0].String() == "assign" {
			scope.locals[call[1].String()] = true
		}
		if e.Negated || len(e.With) > 0 {
			continue
		}
		fields = append(fields, read(e)...)
		if at := r.expression(e, scope); best.everything || !at.everything && at.width() < best.width() {
			best = at
		}
	}
	if best.everything && len(fields) > 0 && !scope.locals["input"] {
		return looksAt{kinds: map[string]bool{}, views: map[string]bool{}, fields: [][]manifest.Path{fields}}
	}
	return best
}

// common are fields that nearly every object has, so that to ask for them says little.
var common = []string{"apiVersion", "kind", "metadata", "metadata.name", "spec"}

// read lists the fields of input that have to be there for an expression to hold: Rego's calls are undefined where an
// operand is. What a comprehension or every reads may be missing.
func read(e *ast.Expr) []manifest.Path {
	if _, every := e.Terms.(*ast.Every); every {
		return nil
	}
	var found []manifest.Path
	ast.NewGenericVisitor(func(x any) bool {
		switch v := x.(type) {
		case *ast.ArrayComprehension, *ast.ObjectComprehension, *ast.SetComprehension:
			return true
		case ast.Ref:
			if path := constant(v); len(path) > 0 && !slices.Contains(common, path.String()) {
				found = append(found, path)
			}
		}
		return false
	}).Walk(e)
	return found
}

// constant is the path below input that a reference names without variables.
func constant(ref ast.Ref) manifest.Path {
	if len(ref) == 0 || ref[0].String() != "input" {
		return nil
	}
	var path manifest.Path
	for _, term := range ref[1:] {
		name, ok := term.Value.(ast.String)
		if !ok {
			break
		}
		path = append(path, string(name))
	}
	if len(path) > 0 && path[0] == "tenon" {
		return nil
	}
	return path
}

func (l looksAt) width() int { return len(l.kinds) + len(l.views) + len(l.fields) + len(l.versions) }

func (l looksAt) or(other looksAt) looksAt {
	if l.everything || other.everything {
		return anything
	}
	maps.Copy(l.kinds, other.kinds)
	maps.Copy(l.views, other.views)
	l.fields, l.versions = append(l.fields, other.fields...), append(l.versions, other.versions...)
	return l
}

func ofKinds(kinds ...string) looksAt {
	at := looksAt{kinds: map[string]bool{}, views: map[string]bool{}}
	for _, kind := range kinds {
		at.kinds[kind] = true
	}
	return at
}

// scope are names of one body: those that it takes out of lib.bodies, and those that it sets itself, whatever rules are
// called so.
type scope struct{ bodies, locals map[string]bool }

func (r reader) expression(e *ast.Expr, s scope) looksAt {
	var call []*ast.Term
	switch terms := e.Terms.(type) {
	case []*ast.Term:
		call = terms
	case *ast.SomeDecl:
		for _, symbol := range terms.Symbols {
			if c, ok := symbol.Value.(ast.Call); ok {
				call = c
			}
		}
	}
	if len(call) < 3 {
		return anything
	}
	switch operator := call[0].String(); operator {
	case "startswith":
		if prefix, ok := call[2].Value.(ast.String); ok && call[1].String() == "input.apiVersion" {
			return looksAt{kinds: map[string]bool{}, views: map[string]bool{}, versions: []string{string(prefix)}}
		}
	case "equal", "eq":
		for i := 1; i <= 2; i++ {
			if kind, ok := call[3-i].Value.(ast.String); ok {
				return ofKind(call[i].String(), s.bodies, string(kind))
			}
		}
	case "internal.member_2", "internal.member_3":
		collection := call[len(call)-1]
		element := call[len(call)-2]
		if kinds, ok := texts(collection); ok {
			return ofKind(element.String(), s.bodies, kinds...)
		}
		if collection.String() == "lib.bodies" && r.importsLib() {
			s.bodies[element.String()] = true
		}
		if s.locals[collection.String()] {
			return anything
		}
		return r.within(collection)
	}
	return anything
}

// ofKind is what a term looks at that has to be one of these.
func ofKind(term string, fromBodies map[string]bool, kinds ...string) looksAt {
	if term == "input.kind" {
		return ofKinds(kinds...)
	}
	if holder, ok := strings.CutSuffix(term, ".kind"); ok && fromBodies[holder] {
		return ofKinds(append(slices.Clone(kinds), "TriggerTemplate")...)
	}
	return anything
}

// within is what somebody looks at who goes through a collection.
func (r reader) within(collection *ast.Term) looksAt {
	switch value := collection.Value.(type) {
	case ast.Ref:
		text := value.String()
		if view, ok := strings.CutPrefix(text, "input.tenon."); ok {
			view, _, _ = strings.Cut(view, ".")
			view, _, _ = strings.Cut(view, "[")
			return looksAt{kinds: map[string]bool{}, views: map[string]bool{view: true}}
		}
		if set, ok := strings.CutPrefix(text, "lib."); ok && libViews[set] != nil && r.importsLib() {
			at := ofKinds(libViews[set]...)
			if set != "task_specs" && set != "pipelines" {
				at.views["templates"] = true // of custom resources
			}
			return at
		}
	case ast.Var:
		return r.rule(string(value))
	}
	return anything
}

// importsLib tells whether lib is tenon's own in the module.
func (r reader) importsLib() bool {
	return slices.ContainsFunc(r.module.Imports, func(i *ast.Import) bool { return i.Path.String() == "data.tenon.lib" && i.Alias == "" })
}

// texts are the elements of a set or list of texts.
func texts(t *ast.Term) ([]string, bool) {
	var all []string
	only := true
	add := func(element *ast.Term) {
		text, ok := element.Value.(ast.String)
		all, only = append(all, string(text)), only && ok
	}
	switch v := t.Value.(type) {
	case ast.Set:
		v.Foreach(add)
	case *ast.Array:
		v.Foreach(add)
	default:
		return nil, false
	}
	return all, only && len(all) > 0
}

// mayFire tells whether a rule can find something in an object, by its input.
func (l looksAt) mayFire(input map[string]any) bool {
	if l.everything {
		return true
	}
	if kind, ok := input["kind"].(string); !ok || l.kinds[kind] {
		return true
	}
	if version, ok := input["apiVersion"].(string); !ok && len(l.versions) > 0 ||
		slices.ContainsFunc(l.versions, func(prefix string) bool { return strings.HasPrefix(version, prefix) }) {
		return true
	}
	there := func(path manifest.Path) bool {
		_, ok := manifest.Lookup(input, path)
		return ok
	}
	if slices.ContainsFunc(l.fields, func(paths []manifest.Path) bool {
		return !slices.ContainsFunc(paths, func(p manifest.Path) bool { return !there(p) })
	}) {
		return true
	}
	tenon, _ := input["tenon"].(map[string]any)
	for view := range l.views {
		if list, is := tenon[view].([]any); !is || len(list) > 0 {
			return true
		}
	}
	return false
}
