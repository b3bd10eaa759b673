// Package script knows what a step's script does: it parses shell instead of searching its
// text, so that a word in a comment or a string is not taken for a command. It judges nothing.
package script

import (
	"errors"
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Facts are what is known of one script. Lines count from 1 within the script.
type Facts struct {
	// Shell is the interpreter's name, such as bash; empty for what is not a shell script.
	Shell string `json:"shell"`
	// ParseError says why the script does not parse; empty if it does.
	ParseError string `json:"parseError,omitempty"`
	// Commands that are called, in order.
	Commands []Command `json:"commands"`
	// Pipes that are run.
	Pipes []Pipe `json:"pipes"`
	// Assignments of variables, exported or not.
	Assignments []Assignment `json:"assignments"`
	// Ignored are commands whose failure a following || hides.
	Ignored []Ignored `json:"ignored"`
	// Captures of exit codes in variables.
	Captures []Capture `json:"captures"`
	// Functions that the script defines.
	Functions []string `json:"functions"`
	// Heredocs that are fed to commands.
	Heredocs []Heredoc `json:"heredocs"`
	// Bash says what of the script only bash understands, where it is run by another shell.
	Bash string `json:"bash,omitempty"`
	// Errexit tells whether the script ends at the first failure: by set -e, by its first line,
	// or because Tekton adds that line.
	Errexit bool `json:"errexit"`
}

// Ignored is a command whose failure is hidden by what stands after ||.
type Ignored struct {
	Command string `json:"command"`
	// By is what runs instead, such as true or echo.
	By   string `json:"by"`
	Line int    `json:"line"`
}

// Capture is X=$?.
type Capture struct {
	Name string `json:"name"`
	Line int    `json:"line"`
	// Reached is false where the script has ended before, since the failure was not expected.
	Reached bool `json:"reached"`
	// Used tells whether the variable is read later.
	Used bool `json:"used"`
}

// Heredoc is a text that a command reads.
type Heredoc struct {
	Command string `json:"command"`
	Text    string `json:"text"`
	Line    int    `json:"line"`
}

// Command is one call of a program.
type Command struct {
	// Name of the program as written.
	Name string `json:"name"`
	// Args as written, the name left out.
	Args []string `json:"args"`
	Line int      `json:"line"`
}

// Pipe is a chain of commands of which, without pipefail, only the last decides the outcome.
type Pipe struct {
	Commands []string `json:"commands"`
	// Runs are those of the commands that run what they read.
	Runs []string `json:"runs"`
	// Pipefail tells whether `set -o pipefail` came before.
	Pipefail bool `json:"pipefail"`
	Line     int  `json:"line"`
}

// Assignment gives a variable a value.
type Assignment struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Line  int    `json:"line"`
}

// Parse reads a script. Without a shebang Tekton runs it with sh.
func Parse(text string) Facts { return parse(text, interpreter(text)) }

func parse(text, shell string) Facts {
	first, _, _ := strings.Cut(text, "\n")
	facts := noFacts()
	facts.Shell, facts.Errexit = shell, !strings.HasPrefix(first, "#!") || errexitFlag.MatchString(first)
	variant, isShell := map[string]syntax.LangVariant{
		"sh": syntax.LangPOSIX, "dash": syntax.LangPOSIX, "ash": syntax.LangPOSIX, "bash": syntax.LangBash, "ksh": syntax.LangMirBSDKorn,
	}[facts.Shell]
	if !isShell {
		facts.Shell = ""
		return facts
	}
	file, err := parseShell(text, variant)
	if err != nil && variant == syntax.LangPOSIX && !errors.Is(err, errUnbounded) {
		facts.Bash = strings.TrimPrefix(err.Error(), ":")
		// In many images sh is bash: what is known of the script is better than nothing.
		file, err = parseShell(text, syntax.LangBash)
	}
	if err != nil {
		facts.ParseError = err.Error()
		return facts
	}
	w := walker{facts: &facts, pipefail: strings.HasPrefix(first, "#!") && strings.Contains(first, "pipefail"), errexit: facts.Errexit, read: map[string]bool{}}
	syntax.Walk(file, w.visit)
	waited := slices.ContainsFunc(facts.Commands, func(c Command) bool { return c.Name == "wait" && len(c.Args) > 0 })
	if !waited {
		facts.Ignored = append(facts.Ignored, w.background...)
	}
	for i := range facts.Captures {
		facts.Captures[i].Used = w.read[facts.Captures[i].Name]
	}
	return facts
}

// noFacts has empty lists: Rego tells them from lists that are not there.
func noFacts() Facts {
	return Facts{
		Commands: []Command{}, Pipes: []Pipe{}, Assignments: []Assignment{},
		Ignored: []Ignored{}, Captures: []Capture{}, Heredocs: []Heredoc{}, Functions: []string{},
	}
}

var errexitFlag = regexp.MustCompile(`\s-[a-z]*e`)

func interpreter(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	line, found := strings.CutPrefix(first, "#!")
	if !found {
		return "sh"
	}
	words := strings.Fields(line)
	if len(words) > 1 && strings.HasSuffix(words[0], "/env") {
		words = words[1:]
		if words[0] == "-S" && len(words) > 1 {
			words = words[1:]
		}
	}
	if len(words) == 0 {
		return "sh"
	}
	return words[0][strings.LastIndexByte(words[0], '/')+1:]
}

type walker struct {
	facts    *Facts
	pipefail bool
	errexit  bool
	guarded  map[*syntax.Assign]bool
	// background are commands that nobody may have waited for.
	background []Ignored
	// read are the variables that are used anywhere.
	read map[string]bool
	// inner are pipes that are part of a longer one already noted.
	inner map[*syntax.BinaryCmd]bool
	// concealed are the nodes whose commands have been noted as ignored.
	concealed map[syntax.Node]bool
	// expected are the nodes that are known to run where a failure was expected.
	expected map[syntax.Node]bool
}

func (w *walker) visit(n syntax.Node) bool {
	switch x := n.(type) {
	case *syntax.Stmt:
		w.heredocs(x)
		if call, ok := x.Cmd.(*syntax.CallExpr); ok && x.Background && len(call.Args) > 0 {
			w.background = append(w.background, Ignored{name(call), "&", int(call.Pos().Line())})
		}
	case *syntax.ParamExp:
		if x.Param != nil {
			w.read[x.Param.Value] = true
		}
	case *syntax.File:
		w.behindLists(x.Stmts)
	case *syntax.Block:
		w.behindLists(x.Stmts)
	case *syntax.Subshell:
		w.behindLists(x.Stmts)
	case *syntax.WhileClause:
		w.behindLists(x.Do)
	case *syntax.ForClause:
		w.behindLists(x.Do)
	case *syntax.CaseItem:
		w.behindLists(x.Stmts)
	case *syntax.IfClause:
		w.guard(x)
		w.shrugged(x)
		w.behindLists(x.Then)
	case *syntax.FuncDecl:
		if x.Name != nil { // ( ) { ...; } has none
			w.facts.Functions = append(w.facts.Functions, x.Name.Value)
		}
	case *syntax.CallExpr:
		w.call(x)
	case *syntax.DeclClause:
		for _, a := range x.Args {
			w.assign(a)
			w.masked(x.Variant.Value, a)
		}
	case *syntax.BinaryCmd:
		if (x.Op == syntax.Pipe || x.Op == syntax.PipeAll) && !w.inner[x] {
			w.pipe(x)
		}
		if x.Op == syntax.OrStmt {
			w.guard(x.Y)
			w.ignored(x)
		}
	}
	return true
}

// behindLists guards what stands behind a list such as `tool && break`: errexit does not end a script where a command of
// a list fails that is not its last.
func (w *walker) behindLists(statements []*syntax.Stmt) {
	for i := 1; i < len(statements); i++ {
		if list, ok := statements[i-1].Cmd.(*syntax.BinaryCmd); ok && list.Op == syntax.AndStmt {
			w.guard(statements[i])
		}
	}
}

func (w *walker) heredocs(x *syntax.Stmt) {
	for _, r := range x.Redirs {
		call, ok := x.Cmd.(*syntax.CallExpr)
		if r.Hdoc == nil || !ok || len(call.Args) == 0 {
			continue
		}
		var b strings.Builder
		for _, part := range r.Hdoc.Parts {
			if literal, ok := part.(*syntax.Lit); ok {
				b.WriteString(literal.Value)
			}
		}
		w.facts.Heredocs = append(w.facts.Heredocs, Heredoc{text(call.Args[0]), b.String(), int(r.Hdoc.Pos().Line())})
	}
}

func (w *walker) call(x *syntax.CallExpr) {
	for _, a := range x.Assigns {
		w.assign(a)
	}
	if len(x.Args) == 0 {
		return
	}
	c := Command{Name: text(x.Args[0]), Args: []string{}, Line: int(x.Pos().Line())}
	for _, word := range x.Args[1:] {
		c.Args = append(c.Args, text(word))
	}
	if c.Name == "set" && len(c.Args) > 0 {
		w.options(c.Args)
	}
	w.note(c, 0)
	w.fetched(x, c)
}

// mostRunners bounds how many commands in a row are followed that each run the next.
const mostRunners = 8

// note records a command, and the one that it runs in turn; through counts those before it.
func (w *walker) note(c Command, through int) {
	w.facts.Commands = append(w.facts.Commands, c)
	switch c.Name {
	case "export", "readonly", "declare", "local", "typeset", "env":
		for _, word := range c.Args {
			if name, value, found := strings.Cut(word, "="); found && variableName.MatchString(name) {
				w.facts.Assignments = append(w.facts.Assignments, Assignment{name, strings.Trim(value, `"'`), c.Line})
			}
		}
	}
	if !runsOther[c.Name] || through == mostRunners {
		return
	}
	for i, word := range c.Args {
		if !strings.HasPrefix(word, "-") && !strings.Contains(word, "=") && !amount.MatchString(word) {
			w.note(Command{Name: word, Args: c.Args[i+1:], Line: c.Line}, through+1)
			return
		}
	}
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// runsOther are commands that run the one that their arguments name.
var runsOther = map[string]bool{"env": true, "sudo": true, "exec": true, "nohup": true, "time": true, "timeout": true, "nice": true, "command": true, "xvfb-run": true}

var amount = regexp.MustCompile(`^[0-9.]+[smhd]?$`)

// fetched notes what a shell is given to run by a substitution, such as bash <(curl ...), as the
// pipe that it is in effect.
func (w *walker) fetched(x *syntax.CallExpr, c Command) {
	switch c.Name {
	case "sh", "bash", "python", "python3", "source", ".", "eval":
	default:
		return
	}
	for _, arg := range x.Args[1:] {
		calls(arg, func(call *syntax.CallExpr) {
			if program := text(call.Args[0]); program == "curl" || program == "wget" {
				w.facts.Pipes = append(w.facts.Pipes, Pipe{Commands: []string{program, "bash"}, Runs: []string{"bash"}, Pipefail: true, Line: c.Line})
			}
		})
	}
}

func (w *walker) assign(a *syntax.Assign) {
	if a.Name == nil {
		return
	}
	value := ""
	if a.Value != nil {
		value = text(a.Value)
	}
	if value == "$?" {
		w.facts.Captures = append(w.facts.Captures, Capture{Name: a.Name.Value, Line: int(a.Pos().Line()), Reached: !w.errexit || w.guarded[a]})
	}
	w.facts.Assignments = append(w.facts.Assignments, Assignment{a.Name.Value, value, int(a.Pos().Line())})
}

// runsInput tells whether a command in a pipe runs what it reads: an interpreter that has its program from nowhere else.
func runsInput(c *syntax.CallExpr) bool {
	words := c.Args
	for len(words) > 1 && runsOther[path.Base(text(words[0]))] {
		words = words[1:]
	}
	if !interpreters[path.Base(text(words[0]))] {
		return false
	}
	for _, arg := range words[1:] {
		switch word := text(arg); {
		case slices.Contains([]string{"-c", "-e", "-m", "-ne", "-pe"}, word):
			return false
		case word == "-" || word == "-s":
			return true
		case !strings.HasPrefix(word, "-") && word != "":
			return false
		}
	}
	return true
}

// interpreters run what stands on standard input, where nothing else is named.
var interpreters = map[string]bool{"sh": true, "bash": true, "dash": true, "zsh": true, "python": true, "python3": true, "perl": true, "node": true, "ruby": true}

func (w *walker) pipe(x *syntax.BinaryCmd) {
	p := Pipe{Runs: []string{}, Pipefail: w.pipefail, Line: int(x.Pos().Line())}
	var collect func(s *syntax.Stmt)
	collect = func(s *syntax.Stmt) {
		switch c := s.Cmd.(type) {
		case *syntax.BinaryCmd:
			if c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
				if w.inner == nil {
					w.inner = map[*syntax.BinaryCmd]bool{}
				}
				w.inner[c] = true
				collect(c.X)
				collect(c.Y)
			}
		case *syntax.CallExpr:
			if len(c.Args) > 0 {
				p.Commands = append(p.Commands, text(c.Args[0]))
				if runsInput(c) {
					p.Runs = append(p.Runs, text(c.Args[0]))
				}
			}
		}
	}
	collect(x.X)
	collect(x.Y)
	w.facts.Pipes = append(w.facts.Pipes, p)
}

// text writes a word without the quotes around it.
func text(word *syntax.Word) string {
	if literal := word.Lit(); literal != "" {
		return literal
	}
	var b strings.Builder
	if err := syntax.NewPrinter().Print(&b, word); err != nil {
		return ""
	}
	return strings.Trim(b.String(), `"'`)
}
