package pac

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// form fits a placeholder (ParamsRe of pkg/apis/pipelinesascode/keys).
var form = regexp.MustCompile(`{{([^}]{2,})}}`)

// variables are the names that Pipelines-as-Code fills in for every event (pkg/customparams/standard.go,
// pkg/pipelineascode/template.go and match.go, and its documentation).
var variables = []string{
	"event", "event_type", "git_auth_secret", "git_tag", "pull_request_labels", "pull_request_number", "repo_name", "repo_owner", "repo_url", "revision",
	"sender", "source_branch", "source_url", "target_branch", "target_namespace", "trigger_comment",
}

// byOthers are those that whoever sends the event chooses, in letters of his own.
var byOthers = []string{"source_branch", "trigger_comment"}

// ofEvent fits what is read out of the event.
var ofEvent = regexp.MustCompile(`^(?:body|headers|files)\b|^cel:`)

// expression fits what is read out of the event, on one line and without what ends a value of YAML: a quote that is not
// closed, a comma, a colon or a comment.
var expression = regexp.MustCompile(`^(?:[\w.\-\[\]() ?=!<>&|+]|"[\w./ -]*"|'[\w./ -]*')*$`)

// named fits the name of a variable.
var named = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// ofTemplates are words of Go's templates, which scripts give to other programs.
var ofTemplates = []string{"end", "else", "break", "continue", "else if"}

// Placeholder is one that a file has.
type Placeholder struct {
	// Key is what stands between the braces, and Text all of it.
	Key, Text string
	// Sample stands in its place while the file is checked; it has as many bytes. It is empty where none may: what
	// Pipelines-as-Code puts there is not known.
	Sample   string
	Position finding.Position
}

// Fill puts samples where placeholders are, so that the file parses whether or not they are quoted. Nothing moves: a
// sample is as long as its placeholder. What Pipelines-as-Code would leave as it is stays.
func Fill(file string, text []byte) ([]byte, []Placeholder) {
	var all []Placeholder
	filled := slices.Clone(text)
	line, start, counted := 1, 0, 0
	for _, at := range form.FindAllSubmatchIndex(text, -1) {
		key := strings.TrimSpace(string(text[at[2]:at[3]]))
		isOdd := !isFilled(key) || strings.ContainsAny(string(text[at[2]:at[3]]), "\r\n\u0085\u2028\u2029")
		if isOdd && !isEvaluated(key) {
			continue
		}
		passed := text[counted:at[0]]
		line += bytes.Count(passed, []byte("\n"))
		if last := bytes.LastIndexByte(passed, '\n'); last >= 0 {
			start = counted + last + 1
		}
		counted = at[0]
		p := Placeholder{Key: key, Text: string(text[at[0]:at[1]]), Sample: sample(key, at[1]-at[0])}
		p.Position = finding.Position{File: file, Line: line, Column: at[0] - start + 1}
		if isOdd {
			p.Sample = ""
		} else {
			copy(filled[at[0]:at[1]], p.Sample)
		}
		all = append(all, p)
	}
	return filled, append(all, open(file, text)...)
}

// open finds braces that nothing closes. Pipelines-as-Code fills in all files of the folder as one text
// (pkg/provider/github/github.go, pkg/pipelineascode/match.go), so that the next file may close them.
func open(file string, text []byte) []Placeholder {
	last := bytes.LastIndex(text, []byte("{{"))
	if last < 0 || bytes.ContainsRune(text[last:], '}') {
		return nil
	}
	key := strings.TrimSpace(string(text[last+2:]))
	if !slices.ContainsFunc(ofExpressions, func(begin string) bool { return strings.HasPrefix(key, begin) }) {
		return nil // a name is none any more with the line that stands between two files
	}
	head, _, _ := strings.Cut(key, "\n")
	return []Placeholder{{Key: key, Text: "{{ " + head, Position: finding.Position{
		File: file, Line: 1 + bytes.Count(text[:last], []byte("\n")), Column: last - bytes.LastIndexByte(text[:last], '\n'),
	}}}
}

// Evaluated finds what Pipelines-as-Code replaces in the run that it has read: it fills it in a second time, as JSON
// (pkg/pipelineascode/match.go), where braces that YAML wrote otherwise are braces, and where one text may begin what
// another ends.
func Evaluated(o manifest.Object) (string, bool) {
	text, err := json.Marshal(o.Value)
	if err != nil || !bytes.Contains(text, []byte("{{")) {
		return "", false
	}
	for _, m := range form.FindAllSubmatch(text, -1) {
		key := strings.TrimSpace(string(m[1]))
		if isEvaluated(key) && !slices.Contains(ofTemplates, key) {
			return string(m[0]), true
		}
	}
	return unclosed(o.Value)
}

// unclosed is a text that begins what another may end: in which order they stand is up to who writes the JSON.
func unclosed(value any) (string, bool) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if text, ok := unclosed(v[key]); ok {
				return text, true
			}
		}
	case []any:
		for _, item := range v {
			if text, ok := unclosed(item); ok {
				return text, true
			}
		}
	case string:
		if all := open("", []byte(v)); len(all) > 0 {
			return all[0].Text, true
		}
	}
	return "", false
}

// isEvaluated tells whether Pipelines-as-Code replaces a placeholder by something (ReplacePlaceHoldersVariables of
// pkg/templates/templating.go).
func isEvaluated(key string) bool {
	return named.MatchString(key) || slices.ContainsFunc(ofExpressions, func(begin string) bool { return strings.HasPrefix(key, begin) })
}

// ofExpressions are what placeholders begin with that are no name.
var ofExpressions = []string{"body", "headers", "files", "cel:"}

// Shown is a placeholder as messages tell it: the texts that an expression has of its own may be credentials.
func (p Placeholder) Shown() string { return strconv.Quote(finding.Clip(p.bare())) }

// bare is a placeholder without these texts.
func (p Placeholder) bare() string { return literals.ReplaceAllString(p.Text, "$1…$1") }

// literals fits texts of an expression that say more than a field's name.
var literals = regexp.MustCompile(`(["'` + "`" + `])[^"'` + "`" + `]{12,}["'` + "`" + `]?`)

// isFilled tells whether a sample may stand for a placeholder: what is hidden behind one is checked by nobody, so that
// it must not have anything in it that YAML could read as more than a part of one value.
func isFilled(key string) bool {
	switch {
	case slices.Contains(ofTemplates, key):
		return false
	case named.MatchString(key):
		return true
	}
	text, isExpression := strings.CutPrefix(key, "cel:")
	if isExpression {
		return isOneValue(text)
	}
	return ofEvent.MatchString(key) && expression.MatchString(text)
}

// isOneValue tells whether an expression is one that Pipelines-as-Code evaluates, and whose own texts end no value of YAML.
func isOneValue(text string) bool {
	parsed, ok := parsedCEL(text)
	if !ok || strings.ContainsAny(text, "\r\n{}") {
		return false
	}
	sound, event, within := true, false, append([]string{"body", "headers", "files", "pac"}, variables...)
	ast.PreOrderVisit(parsed, ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.LiteralKind:
			switch literal := e.AsLiteral().Value().(type) {
			case string:
				sound = sound && harmless.MatchString(literal)
			case []byte:
				sound = false // string() makes any text of it
			}
		case ast.IdentKind:
			sound, event = sound && slices.Contains(within, e.AsIdent()), true
		case ast.ComprehensionKind:
			c := e.AsComprehension()
			within = append(within, c.IterVar(), c.IterVar2(), c.AccuVar())
		}
	}))
	return sound && event && !stated(parsed)
}

// stated tells whether an expression may give a text that it states itself and that means something where it stands: what
// is known before the event is not left unjudged as unknown.
func stated(e ast.Expr) bool {
	switch e.Kind() {
	case ast.LiteralKind:
		text, isText := e.AsLiteral().Value().(string)
		return !isText || !isPlainWord(text)
	case ast.ListKind, ast.MapKind, ast.StructKind:
		return true
	case ast.CallKind:
		args := e.AsCall().Args()
		switch e.AsCall().FunctionName() {
		case operators.Conditional:
			return stated(args[1]) || stated(args[2])
		case operators.Add, "string", "dyn":
			return slices.ContainsFunc(args, func(a ast.Expr) bool { return a.Kind() != ast.LiteralKind && stated(a) }) || !slices.ContainsFunc(args, hasIdent)
		}
		if e.AsCall().IsMemberFunction() {
			args = append(slices.Clone(args), e.AsCall().Target())
		}
		isKey := e.AsCall().FunctionName() == operators.Index // of what is read, not what comes out
		return !slices.ContainsFunc(args, hasIdent) || !slices.Contains(deciding, e.AsCall().FunctionName()) &&
			slices.ContainsFunc(args, func(a ast.Expr) bool { return !(isKey && a.Kind() == ast.LiteralKind) && stated(a) })
	}
	return false
}

// hasIdent tells whether an expression reads anything.
func hasIdent(e ast.Expr) (reads bool) {
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) { reads = reads || e.Kind() == ast.IdentKind }))
	return reads
}

// isPlainWord tells whether a text is one that YAML and Kubernetes see nothing but a name in.
func isPlainWord(text string) bool {
	return text == "" || plainWord.MatchString(text) && !meaning.MatchString(text)
}

var (
	plainWord = regexp.MustCompile(`^[A-Za-z_][\w.-]*$`)
	meaning   = regexp.MustCompile(`(?i)^(true|false|null|yes|no|on|off|y|n)$`)
)

// harmless fits a text that is a part of one value wherever it stands.
var harmless = regexp.MustCompile(`^[\w./ -]*$`)

// salt is drawn once a run, so that nobody can write a name that is taken for a sample.
var salt = sync.OnceValue(func() string { return rand.Text() })

// begin begins each sample.
const begin = "pac-"

// sample is a text of so many bytes that is a name wherever one is wanted, and no word that means anything.
func sample(key string, length int) string {
	name := []byte(begin)
	sum := sha256.Sum256([]byte(salt() + key))
	for i := 0; len(name) < length; i++ {
		name = append(name, 'a'+sum[i%len(sum)]%26)
	}
	return string(name)
}

// Filled are the placeholders of all files, by their samples.
type Filled struct {
	all map[string]Placeholder
	// lengths are those of samples, the longest first.
	lengths []int
}

// Add takes up those of a file.
func (f *Filled) Add(all []Placeholder) {
	if f.all == nil {
		f.all = map[string]Placeholder{}
	}
	for _, p := range all {
		if p.Sample == "" {
			continue
		}
		f.all[p.Sample] = p
		if i, known := slices.BinarySearchFunc(f.lengths, len(p.Sample), func(a, b int) int { return b - a }); !known {
			f.lengths = slices.Insert(f.lengths, i, len(p.Sample))
		}
	}
}

// next is the first sample in a text, and where it is; -1 where there is none.
func (f Filled) next(text string) (Placeholder, int) {
	for at := 0; ; {
		i := strings.Index(text[at:], begin)
		if i < 0 || len(f.all) == 0 {
			return Placeholder{}, -1
		}
		at += i
		for _, length := range f.lengths {
			if p, ok := f.all[text[at:min(at+length, len(text))]]; ok {
				return p, at
			}
		}
		at += len(begin)
	}
}

// Each visits the samples that a text has in it.
func (f Filled) Each(text string, visit func(Placeholder)) {
	for {
		p, at := f.next(text)
		if at < 0 {
			return
		}
		visit(p)
		text = text[at+len(p.Sample):]
	}
}

// In is a sample that a text has in it; false where it has none.
func (f Filled) In(text string) (Placeholder, bool) {
	p, at := f.next(text)
	return p, at >= 0
}

// Restore puts the placeholders back into a text.
func (f Filled) Restore(text string) string {
	var out strings.Builder
	for {
		p, at := f.next(text)
		if at < 0 {
			return out.String() + text
		}
		out.WriteString(text[:at] + p.bare())
		text = text[at+len(p.Sample):]
	}
}
