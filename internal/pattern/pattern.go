// Package pattern has regular expressions that are compiled when they are first asked for: a program with hundreds of them
// compiles at its start only those that it needs. It does not know what any of them is about.
package pattern

import (
	"regexp"
	"sync"
)

// Pattern is a regular expression. It is safe for concurrent use; its methods are those of regexp.Regexp.
type Pattern struct {
	compiled func() *regexp.Regexp
}

var (
	mutex sync.Mutex
	all   []*Pattern
)

// New is a pattern of an expression. One that is malformed breaks down when it is first used; All is there for tests to
// find it before.
func New(expression string) *Pattern {
	p := &Pattern{sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })}
	mutex.Lock()
	defer mutex.Unlock()
	all = append(all, p)
	return p
}

// All compiles each pattern that was made, and says how many there are.
func All() int {
	mutex.Lock()
	defer mutex.Unlock()
	for _, p := range all {
		p.compiled()
	}
	return len(all)
}

// MatchString tells whether the text has a match.
func (p *Pattern) MatchString(text string) bool { return p.compiled().MatchString(text) }

// ReplaceAllString replaces each match by a template.
func (p *Pattern) ReplaceAllString(text, template string) string {
	return p.compiled().ReplaceAllString(text, template)
}

// ReplaceAllStringFunc replaces each match by what a function makes of it.
func (p *Pattern) ReplaceAllStringFunc(text string, replace func(string) string) string {
	return p.compiled().ReplaceAllStringFunc(text, replace)
}

// FindStringSubmatch is the first match with its groups; nil where there is none.
func (p *Pattern) FindStringSubmatch(text string) []string {
	return p.compiled().FindStringSubmatch(text)
}

// FindStringSubmatchIndex is where the first match and its groups are; nil where there is none.
func (p *Pattern) FindStringSubmatchIndex(text string) []int {
	return p.compiled().FindStringSubmatchIndex(text)
}

// FindStringIndex is where the first match is; nil where there is none.
func (p *Pattern) FindStringIndex(text string) []int { return p.compiled().FindStringIndex(text) }

// FindAllString are the first n matches, or all where n is negative.
func (p *Pattern) FindAllString(text string, n int) []string {
	return p.compiled().FindAllString(text, n)
}

// FindAllStringSubmatch are the first n matches with their groups, or all where n is negative.
func (p *Pattern) FindAllStringSubmatch(text string, n int) [][]string {
	return p.compiled().FindAllStringSubmatch(text, n)
}
