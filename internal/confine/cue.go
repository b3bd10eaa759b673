package confine

import (
	"fmt"
	"strings"

	"cuelang.org/go/cue/scanner"
	"cuelang.org/go/cue/token"
)

// Bounds on CUE: its parser and evaluator recurse, and Go cannot recover from a stack that overflows.
const (
	// maxNesting is how deep brackets may lie in each other.
	maxNesting = 200
	// maxOperators is how many operators, selectors, colons and clauses one value may have.
	maxOperators = 1_000
	// maxBrackets is how many a file may open in all.
	maxBrackets = 200_000
	// maxOpen is how many may be open at a time, also in texts.
	maxOpen = 5_000
)

// CUE refuses a file whose values are nested too deep, or put together of too many parts, before a
// parser sees it. The position is the one of the value.
func CUE(name string, text []byte) (token.Position, error) {
	brackets, open := 0, 0
	for _, c := range text {
		switch c {
		case '(', '[', '{':
			brackets++
			open++
		case ')', ']', '}':
			open--
		}
		if open > maxOpen { // the scanner reads an attribute once more for each bracket in it
			return token.Position{Filename: name, Line: 1}, fmt.Errorf("it has more than %d brackets that nothing closes", maxOpen)
		}
	}
	if brackets > maxBrackets { // the scanner itself recurses into attributes
		return token.Position{Filename: name, Line: 1}, fmt.Errorf("it has more than %d brackets", maxBrackets)
	}
	var s scanner.Scanner
	s.Init(token.NewFile(name, -1, len(text)), text, func(token.Pos, string, []any) {}, 0)
	return walk(&s)
}

// bracket is one that is open, or the file itself.
type bracket struct {
	// operators since the last comma in it.
	operators int
	// interpolated: a string goes on behind it.
	interpolated bool
}

func walk(s *scanner.Scanner) (token.Position, error) {
	stack := []bracket{{}}
	interpolated := false
	for {
		pos, tok, _ := s.Scan()
		top := &stack[len(stack)-1]
		switch tok {
		case token.EOF:
			return token.Position{}, nil
		case token.INTERPOLATION:
			interpolated = true
		case token.LPAREN, token.LBRACK, token.LBRACE:
			top.operators++
			stack = append(stack, bracket{interpolated: interpolated})
			interpolated = false
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if len(stack) == 1 {
				break // the parser says that none was open
			}
			stack = stack[:len(stack)-1]
			if top.interpolated {
				interpolated = strings.HasSuffix(s.ResumeInterpolation(), "(")
			}
		case token.COMMA:
			top.operators = 0
		case token.IDENT, token.STRING, token.INT, token.FLOAT, token.COMMENT, token.ATTRIBUTE:
		default:
			top.operators++
		}
		if len(stack) > maxNesting {
			return pos.Position(), fmt.Errorf("values are nested more than %d deep", maxNesting)
		}
		if stack[len(stack)-1].operators > maxOperators {
			return pos.Position(), fmt.Errorf("a value is put together of more than %d parts", maxOperators)
		}
	}
}
