// Package script knows what a step's script does: it parses shell instead of searching its
// text, so that a word in a comment or a string is not taken for a command. It judges nothing.
package script

import (
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
func Parse(text string) Facts {
	facts := Facts{Shell: interpreter(text), Commands: []Command{}, Pipes: []Pipe{}, Assignments: []Assignment{}}
	variant, isShell := map[string]syntax.LangVariant{
		"sh": syntax.LangPOSIX, "dash": syntax.LangPOSIX, "ash": syntax.LangPOSIX, "bash": syntax.LangBash, "ksh": syntax.LangMirBSDKorn,
	}[facts.Shell]
	if !isShell {
		facts.Shell = ""
		return facts
	}
	file, err := syntax.NewParser(syntax.Variant(variant)).Parse(strings.NewReader(text), "")
	if err != nil && variant == syntax.LangPOSIX {
		// In many images sh is bash: what is known of the script is better than nothing.
		file, err = syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	}
	if err != nil {
		facts.ParseError = err.Error()
		return facts
	}
	first, _, _ := strings.Cut(text, "\n")
	w := walker{facts: &facts, pipefail: strings.HasPrefix(first, "#!") && strings.Contains(first, "pipefail")}
	syntax.Walk(file, w.visit)
	return facts
}

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
	// inner are pipes that are part of a longer one already noted.
	inner map[*syntax.BinaryCmd]bool
}

func (w *walker) visit(n syntax.Node) bool {
	switch x := n.(type) {
	case *syntax.CallExpr:
		w.call(x)
	case *syntax.DeclClause:
		for _, a := range x.Args {
			w.assign(a)
		}
	case *syntax.BinaryCmd:
		if (x.Op == syntax.Pipe || x.Op == syntax.PipeAll) && !w.inner[x] {
			w.pipe(x)
		}
	}
	return true
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
	if c.Name == "set" && strings.Contains(strings.Join(c.Args, " "), "pipefail") && !strings.HasPrefix(c.Args[0], "+") {
		w.pipefail = true
	}
	w.facts.Commands = append(w.facts.Commands, c)
}

func (w *walker) assign(a *syntax.Assign) {
	if a.Name == nil {
		return
	}
	value := ""
	if a.Value != nil {
		value = text(a.Value)
	}
	w.facts.Assignments = append(w.facts.Assignments, Assignment{a.Name.Value, value, int(a.Pos().Line())})
}

func (w *walker) pipe(x *syntax.BinaryCmd) {
	p := Pipe{Pipefail: w.pipefail, Line: int(x.Pos().Line())}
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
