package platform_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
)

// TestOrigins plants a marker in every literal of the reference platform, one at a time, and
// asks where each rendered leaf that holds it came from, as a rule that fires on the marker
// would. The first place must be the literal, by file, line and column. In make e2e every literal of
// an environment is taken, and those that all share are divided among them; otherwise one in nine.
func TestOrigins(t *testing.T) {
	percent := debug.SetGCPercent(400) // hundreds of evaluations, and nothing to keep
	t.Cleanup(func() { debug.SetGCPercent(percent) })
	for i, environment := range []string{"dev", "staging", "prod"} {
		t.Run(environment, func(t *testing.T) {
			t.Parallel()
			testOrigins(t, environment, i)
		})
	}
}

func testOrigins(t *testing.T, environment string, number int) {
	tree := memoryTree(t, "../../cue")
	before := leaves(t, tree, environment)
	var exact, listed, total, unplanted int
	for i, lit := range literals(t, tree, environment) {
		own := strings.Contains(lit.file, "/"+environment+"/")
		if os.Getenv("TENON_E2E") == "" && i%9 != number || !own && i%3 != number {
			continue
		}
		planted := plant(t, tree, lit, environment, before)
		if planted == nil {
			unplanted++
			t.Logf("%s: %s reaches no rendered leaf as it is", lit.at, lit.text)
			continue
		}
		for _, leaf := range planted {
			total++
			places := leaf.object.Origin.Trace(leaf.field, leaf.planted)
			switch index := indexOf(places, lit.at); {
			case index == 0:
				exact++
				listed++
			case index > 0:
				listed++
				t.Logf("%s: %s: %s %s says %v first", lit.at, lit.text, leaf.object.Ref(), leaf.field, places[0])
			default:
				t.Logf("%s: %s: %s %s does not list it: %v", lit.at, lit.text, leaf.object.Ref(), leaf.field, places)
			}
		}
	}
	percent := 100 * float64(exact) / float64(total)
	t.Logf("%d of %d leaves exact (%.1f %%), %d listed, %d literals held by no leaf", exact, total, percent, listed, unplanted)
	if total < 8 {
		t.Fatalf("only %d leaves hold a marker: the test does not see the platform", total)
	}
	if percent < 95 {
		t.Errorf("%.1f %% of the leaves point at their literal, want at least 95 %%", percent)
	}
}

type literalAt struct {
	file   string
	offset int
	text   string
	at     string
}

type leafAt struct {
	object manifest.Object
	field  manifest.Path
	text   string
	// planted is the marker that the leaf holds.
	planted string
}

func memoryTree(t *testing.T, root string) fstest.MapFS {
	t.Helper()
	tree := fstest.MapFS{}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path.Join(root, name))
		tree["cue/"+name] = &fstest.MapFile{Data: data, Mode: 0o644}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func folder(tree fs.FS) platform.Folder { return platform.Folder{FS: tree, Dir: "cue/platform"} }

// leaves renders the environment and returns every scalar by its path, or nil where the
// platform is refused.
func leaves(t *testing.T, tree fs.FS, environment string) map[string]leafAt {
	t.Helper()
	env, findings, err := folder(tree).Load(environment)
	if err != nil {
		t.Fatal(err)
	}
	if len(findings) > 0 {
		return nil
	}
	all := map[string]leafAt{}
	for _, target := range env.Targets()[:1] {
		objects, err := target.Render()
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range objects {
			visit(o.Value, nil, func(field manifest.Path, text string) {
				key := target.String() + " " + o.Ref().String() + " " + field.String()
				all[key] = leafAt{object: o, field: field, text: text}
			})
		}
	}
	return all
}

func visit(value any, at manifest.Path, do func(manifest.Path, string)) {
	switch v := value.(type) {
	case map[string]any:
		for key, child := range v {
			visit(child, at.Append(key), do)
		}
	case []any:
		for i, child := range v {
			visit(child, at.Append(i), do)
		}
	default:
		do(at, fmt.Sprint(v))
	}
}

// literals lists the values written in the team's files that the environment is made of.
func literals(t *testing.T, tree fstest.MapFS, environment string) []literalAt {
	t.Helper()
	var found []literalAt
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		file := tree[name]
		dir := path.Dir(name)
		if dir != "cue/platform" && dir != "cue/platform/"+environment {
			continue
		}
		syntax, err := parser.ParseFile(name, file.Data)
		if err != nil {
			t.Fatal(err)
		}
		ast.Walk(syntax, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.ImportDecl:
				return false
			case *ast.Field:
				ast.Walk(x.Value, func(n ast.Node) bool {
					if _, nested := n.(*ast.Field); nested {
						return false
					}
					if lit, ok := n.(*ast.BasicLit); ok && (lit.Kind == token.STRING || lit.Kind == token.INT) {
						p := lit.Pos().Position()
						found = append(found, literalAt{name, p.Offset, lit.Value, fmt.Sprintf("%s:%d:%d", name, p.Line, p.Column)})
					}
					return true
				}, nil)
			}
			return true
		}, nil)
	}
	return found
}

var digits = regexp.MustCompile(`[0-9]+`)

// candidates are texts to put in place of a literal, one of which the schema may accept.
func candidates(text string) (all []string) {
	if n, err := strconv.Atoi(text); err == nil {
		return []string{strconv.Itoa(n + 1), strconv.Itoa(n - 1)}
	}
	inner := strings.Trim(text, `"`)
	if strings.HasPrefix(inner, "NVIDIA-") {
		all = append(all, `"NVIDIA-H100-80GB-HBM3"`)
	}
	runs := digits.FindAllStringIndex(inner, -1)
	for i := len(runs) - 1; i >= 0; i-- {
		n, err := strconv.Atoi(inner[runs[i][0]:runs[i][1]])
		if err != nil || n > 1<<30 {
			continue
		}
		for _, m := range []int{n + 1, n - 1} {
			all = append(all, strconv.Quote(inner[:runs[i][0]]+strconv.Itoa(m)+inner[runs[i][1]:]))
		}
	}
	all = append(all, strconv.Quote(inner+"q7q"), strconv.Quote("q7q"+inner), strconv.Quote(strings.Replace(inner, "/", "/q7q", 1)))
	if len(inner) > 8 {
		last := "1"
		if strings.HasSuffix(inner, "1") {
			last = "2"
		}
		all = append(all, strconv.Quote(inner[:len(inner)-1]+last))
	}
	return all
}

// plant puts a marker into the literal and returns the leaves that hold it: those that were
// not so before and contain the planted text.
func plant(t *testing.T, tree fstest.MapFS, lit literalAt, environment string, before map[string]leafAt) []leafAt {
	original := tree[lit.file]
	defer func() { tree[lit.file] = original }()
	for _, text := range candidates(lit.text) {
		data := string(original.Data)
		data = data[:lit.offset] + text + data[lit.offset+len(lit.text):]
		tree[lit.file] = &fstest.MapFile{Data: []byte(data), Mode: 0o644}
		var holds []leafAt
		for key, leaf := range leaves(t, tree, environment) {
			if was, existed := before[key]; existed && was.text != leaf.text && holdsText(leaf.text, text) {
				leaf.planted = strings.Trim(text, `"`)
				holds = append(holds, leaf)
			}
		}
		if holds != nil {
			return holds
		}
	}
	return nil
}

// holdsText tells whether a leaf holds what was planted; a number must be the whole leaf.
func holdsText(leaf, planted string) bool {
	inner := strings.Trim(planted, `"`)
	if inner == planted {
		return leaf == planted
	}
	return strings.Contains(leaf, inner)
}

func indexOf(places []manifest.Place, at string) int {
	for i, p := range places {
		if p.Position.String() == at {
			return i
		}
	}
	return -1
}
