package script

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Bounds on scripts that people did not write: the parser and all that looks at its tree recurse, and
// Go cannot recover from a stack that overflows.
const (
	// maxScript is what fits into an object: etcd stores none above 1.5 MiB.
	maxScript = 1 << 20
	// maxFrames is how many calls deep the parser may get; a level of nesting takes some six.
	maxFrames = 20_000
	// maxDepth is how deep nodes may lie in each other; a command in a pipe takes two levels.
	maxDepth = 2_000
)

// errUnbounded is returned for a script that is too large or too deep to be parsed.
var errUnbounded = errors.New("the script was not read")

// parseShell parses a script within its bounds.
func parseShell(text string, variant syntax.LangVariant) (*syntax.File, error) {
	if len(text) > maxScript {
		return nil, fmt.Errorf("%w: it is larger than %d KiB", errUnbounded, maxScript>>10)
	}
	file, err := syntax.NewParser(syntax.Variant(variant)).Parse(&shallow{r: strings.NewReader(text)}, "")
	if err == nil && tooDeep(file) {
		err = errNested
	}
	if err != nil {
		return nil, err
	}
	return file, nil
}

var errNested = fmt.Errorf("%w: its commands lie too deep in each other", errUnbounded)

// shallow is a reader that fails once whoever reads has recursed too far. The parser reads a kibibyte
// at a time where it stands, so that it gets no more than a kibibyte's brackets deeper than that.
type shallow struct{ r io.Reader }

func (s *shallow) Read(p []byte) (int, error) {
	var deepest [1]uintptr
	if runtime.Callers(maxFrames, deepest[:]) > 0 {
		return 0, errNested
	}
	return s.r.Read(p)
}

// tooDeep looks no deeper than the bound.
func tooDeep(file *syntax.File) bool {
	depth, deep := 0, false
	syntax.Walk(file, func(n syntax.Node) bool {
		if n == nil {
			depth--
			return true
		}
		if depth >= maxDepth || deep {
			deep = true
			return false
		}
		depth++
		return true
	})
	return deep
}
