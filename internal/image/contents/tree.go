package contents

import (
	"path"
	"strings"
)

// entry is one file of an image that a path may lead to.
type entry struct {
	// link is where a symbolic link leads.
	link string
	// below are the files of a folder by their names; nil for what is none.
	below map[string]*entry
	// layer that it is of, counted from 1.
	layer int
	// hidden and opaque are the last layers that took away the entry, and all that was in it: once is enough.
	hidden, opaque int
	// executable by somebody; folders are not.
	executable bool
}

// find follows a path as the kernel does, within the image's root; nil if there is nothing.
func (e *entry) find(name string) *entry {
	stack := []*entry{e}
	rest := strings.Split(name, "/")
	for links := 0; len(rest) > 0; {
		part := rest[0]
		rest = rest[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			stack = stack[:max(1, len(stack)-1)]
			continue
		}
		next := stack[len(stack)-1].below[part]
		if next == nil {
			return nil
		}
		if next.link == "" {
			stack = append(stack, next)
			continue
		}
		if links++; links > maxLinks {
			return nil
		}
		if path.IsAbs(next.link) {
			stack = stack[:1]
		}
		rest = append(strings.Split(next.link, "/"), rest...)
	}
	return stack[len(stack)-1]
}
