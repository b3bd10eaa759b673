// Package policy knows Rego: how rules are found, compiled once, evaluated over objects, and
// documented by their METADATA. It does not know what any rule is about.
package policy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
)

// Rule is one rule as its METADATA describes it.
type Rule struct {
	finding.Rule
	// File is where the rule is written.
	File string

	// ref is the set of the rule's results.
	ref string
	// sees says what the rule is evaluated over.
	sees input
	// single marks a rule that is no set, as conftest also takes: it may be undefined.
	single bool
	// at says over which objects it can fire.
	at looksAt
}

// input is what a rule is evaluated over.
type input string

const (
	// oneObject: an object with what was found out about it.
	oneObject input = "object"
	// bareObject: the bare object, which conftest rules see.
	bareObject input = "bare object"
	// change: what differs between two revisions, and what that means.
	change input = "change"
)

// Set is a compiled set of rules. It is safe for concurrent use.
type Set struct {
	Rules   []Rule
	modules map[string]*ast.Module
	// unparsed is the source of which modules are parsed and compiled as they are needed, by what its index says of them.
	unparsed *Source

	mutex    sync.Mutex
	compiler *ast.Compiler
	// parts are compilers of some modules, and queries those of some rules, by which.
	parts   int
	queries map[string]rego.PreparedEvalQuery
	// exceptions of conftest policies, by package: the names of rules that are let off.
	exceptions map[string]rego.PreparedEvalQuery
	// data that policies bring with them.
	data map[string]any
	// left are the ids of rules that were not read: see Source.ObjectsOnly.
	left map[string]bool
}

// Has tells whether there is a rule of that id, read or not.
func (s *Set) Has(id string) bool {
	return s.left[id] || slices.ContainsFunc(s.Rules, func(r Rule) bool { return r.ID == id })
}

// ErrNoRules is returned where a source of policies holds none: a check with no rules would
// pass silently.
var ErrNoRules = errors.New("no rules")

// Source is a folder of policies.
type Source struct {
	Name string
	FS   fs.FS
	// ObjectsOnly leaves out tenon's own rules that no object alone breaks, those over changes and
	// attestations, and all tests: a fifth of the work of a command that looks at one target.
	ObjectsOnly bool
}

// maxFile bounds a file of rules, or of their data.
const maxFile = 16 << 20

// notOverObjects are the folders of tenon's rules over something else than an object.
var notOverObjects = []string{"change", "attestations"}

// Load reads, compiles and prepares the rules of all sources.
func Load(ctx context.Context, sources ...Source) (*Set, error) {
	s := &Set{modules: map[string]*ast.Module{}, queries: map[string]rego.PreparedEvalQuery{}, exceptions: map[string]rego.PreparedEvalQuery{}, data: map[string]any{}, left: map[string]bool{}}
	for _, source := range sources {
		before := len(s.Rules)
		if !s.fromIndex(source) {
			if err := s.read(source); err != nil {
				return nil, err
			}
		}
		if len(s.Rules) == before {
			return nil, fmt.Errorf("%w in %s: a rule is a deny, warn or violation in a .rego file", ErrNoRules, source.Name)
		}
	}
	if s.unparsed != nil && len(sources) == 1 {
		return s, nil
	}
	if _, err := s.whole(); err != nil {
		return nil, err
	}
	return s, s.prepareExceptions(ctx)
}

// tenonsOwn is the name of the source that comes with tenon.
const tenonsOwn = "tenon"

func (s *Set) read(source Source) error {
	return fs.WalkDir(source.FS, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("reading policies of %s: %w", source.Name, err)
		}
		if !entry.IsDir() && isData(file) {
			return s.readData(source, file)
		}
		if entry.IsDir() || path.Ext(file) != ".rego" {
			return nil
		}
		text, err := confine.ReadFS(source.FS, file, maxFile)
		if err != nil {
			return fmt.Errorf("reading policies of %s: %s: %w", source.Name, file, err)
		}
		name := path.Join(source.Name, file)
		module, err := parse(name, string(text))
		if err != nil {
			return fmt.Errorf("parsing policy: %w", err)
		}
		s.modules[name] = module
		if strings.HasSuffix(file, "_test.rego") {
			return nil
		}
		found, err := rulesOf(name, module)
		s.Rules = append(s.Rules, found...)
		return err
	})
}

// parse reads Rego of version 1, or of version 0 where a conftest policy is still written so.
func parse(name, text string) (*ast.Module, error) {
	module, err := ast.ParseModuleWithOpts(name, text, ast.ParserOptions{ProcessAnnotation: true, RegoVersion: ast.RegoV1})
	if err == nil {
		return module, nil
	}
	if old, oldErr := ast.ParseModuleWithOpts(name, text, ast.ParserOptions{ProcessAnnotation: true, RegoVersion: ast.RegoV0}); oldErr == nil {
		return old, nil
	}
	return nil, err
}

// isData tells whether a file is data that policies read, as in a bundle
// (https://www.openpolicyagent.org/docs/management-bundles#bundle-file-format).
func isData(file string) bool {
	switch path.Base(file) {
	case "data.json", "data.yaml", "data.yml":
		return true
	}
	return false
}

// readData puts a data file below the keys that its folders say.
func (s *Set) readData(source Source, file string) error {
	text, err := confine.ReadFS(source.FS, file, maxFile)
	if err != nil {
		return fmt.Errorf("reading data of %s: %s: %w", source.Name, file, err)
	}
	var value map[string]any
	err = confine.YAML(text)
	if err == nil {
		err = yaml.Unmarshal(text, &value)
	}
	if err != nil {
		return fmt.Errorf("reading data of policies, %s: %w", path.Join(source.Name, file), err)
	}
	at := s.data
	if dir := path.Dir(file); dir != "." {
		for _, element := range strings.Split(dir, "/") {
			below, ok := at[element].(map[string]any)
			if !ok {
				below = map[string]any{}
				at[element] = below
			}
			at = below
		}
	}
	maps.Copy(at, value)
	return nil
}

var verdictRule = regexp.MustCompile(`^(deny|warn|violation)(_[a-zA-Z0-9_]+)?$`)

// rulesOf finds the rules of a module: tenon's own by the METADATA of their package, and
// those of conftest by their names.
func rulesOf(file string, module *ast.Module) ([]Rule, error) {
	var rules []Rule
	seen := map[string]bool{}
	for _, r := range module.Rules {
		name := r.Head.Ref().String()
		verdict := verdictRule.FindStringSubmatch(name)
		if verdict == nil || seen[name] {
			continue
		}
		seen[name] = true
		rule := plainRule(file, module, name, verdict[1])
		if annotation := packageAnnotation(module); annotation != nil {
			var err error
			if rule, err = describe(file, annotation); err != nil {
				return nil, err
			}
		}
		rule.ref = module.Package.Path.String() + "." + name
		rule.single = r.Head.RuleKind() != ast.MultiValue
		rule.at = lookingAt(module, name)
		rules = append(rules, rule)
	}
	return rules, nil
}

func packageAnnotation(module *ast.Module) *ast.Annotations {
	for _, a := range module.Annotations {
		if a.Scope == "package" && a.Custom["id"] != nil {
			return a
		}
	}
	return nil
}

func plainRule(file string, module *ast.Module, name, verdict string) Rule {
	pkg := module.Package.Path[len(module.Package.Path)-1].Value.String()
	severity := finding.Error
	if verdict == "warn" {
		severity = finding.Warning
	}
	id := strings.Trim(pkg, `"`) + "/" + strings.ReplaceAll(name, "_", "-")
	stated := finding.Rule{ID: strings.ToLower(strings.ReplaceAll(id, "_", "-")), Title: module.Package.Path.String() + "." + name, Severity: severity}
	return Rule{Rule: stated, File: file, sees: bareObject}
}

// describe reads a rule's METADATA; every part of it is shown to people, so none may lack.
func describe(file string, a *ast.Annotations) (Rule, error) {
	custom := func(key string) string { text, _ := a.Custom[key].(string); return text }
	r := Rule{
		Rule: finding.Rule{ID: custom("id"), Title: a.Title, Why: strings.TrimSpace(a.Description), Remedy: custom("remedy"), Since: custom("since")},
		File: file, sees: oneObject,
	}
	switch over := input(cmp.Or(custom("input"), string(oneObject))); over {
	case oneObject, change:
		r.sees = over
	default:
		return r, fmt.Errorf("%s: METADATA custom.input of %s is object or change, not %q", file, r.ID, over)
	}
	for _, link := range a.RelatedResources {
		r.Links = append(r.Links, link.Ref.String())
	}
	severity, err := finding.ParseSeverity(custom("severity"))
	switch {
	case err != nil:
		return r, fmt.Errorf("%s: METADATA custom.severity: %w", file, err)
	case r.Title == "" || r.Why == "" || r.Remedy == "":
		return r, fmt.Errorf("%s: METADATA of %s lacks title, description or custom.remedy", file, r.ID)
	}
	r.Severity = severity
	return r, nil
}

// Package is the Rego package that the rule is in, such as data.tenon.rules.gpu.one_step.
func (r Rule) Package() string { return r.ref[:strings.LastIndexByte(r.ref, '.')] }
