package gate

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/finding"
)

// vendorDir is where a platform keeps its copy of tenon's schema and render.
const vendorDir = "cue/cue.mod/pkg/tenon.dev"

// released are the packages that a platform stands on.
var released = []string{"tenon.dev/schema", "tenon.dev/render"}

// rendering adds what decides how the platform is rendered: the files that its environments import,
// wherever they lie, and those of the module. vendored is the copy of schema and render that this tenon
// writes.
func (m *meaning) rendering(g *gate) error {
	old, err := textsOf(g.Base.FS, "cue/cue.mod")
	if err != nil {
		return err
	}
	now, err := textsOf(g.Head.FS, "cue/cue.mod")
	if err != nil {
		return err
	}
	m.replaced(g.base.Environments, g.head.Environments)
	m.copied(old, now, g.Vendored)
	before, after := g.base.Environments, g.head.Environments
	if len(g.base.Broken)+len(g.head.Broken) > 0 { // of what does not render nobody knows what it imports
		before = slices.DeleteFunc(slices.Clone(before), func(e check.Environment) bool { return environment(after, e.Name) == nil })
		after = slices.DeleteFunc(slices.Clone(after), func(e check.Environment) bool { return environment(before, e.Name) == nil })
	}
	maps.Copy(old, imported(before))
	maps.Copy(now, imported(after))
	m.texts("render", old, now)
	return nil
}

// imported are the files of all packages that environments import.
func imported(environments []check.Environment) map[string][]byte {
	all := map[string][]byte{}
	for _, e := range environments {
		maps.Copy(all, e.ImportedFiles())
	}
	return all
}

// replaced finds environments that no longer stand on the released packages.
func (m *meaning) replaced(before, after []check.Environment) {
	for _, now := range after {
		old := environment(before, now.Name)
		for _, name := range released {
			stood := len(before) > 0 && old == nil && slices.ContainsFunc(before, func(e check.Environment) bool { return slices.Contains(e.Imports(), name) })
			stood = stood || old != nil && slices.Contains(old.Imports(), name)
			if !stood || slices.Contains(now.Imports(), name) {
				continue
			}
			m.add("trust", item{"what": "render", "op": "replaced", "name": name, "source": finding.Position{File: now.FirstFile()}},
				finding.Target{Environment: now.Name})
		}
		for _, name := range now.Imports() {
			builtin := !strings.Contains(strings.SplitN(name, "/", 2)[0], ".")
			if old == nil && len(before) > 0 {
				old = &before[0]
			}
			if builtin || old == nil || slices.Contains(old.Imports(), name) || slices.Contains(released, name) {
				continue
			}
			m.add("trust", item{"what": "render", "op": "imported", "name": name, "source": finding.Position{File: now.FirstFile()}},
				finding.Target{Environment: now.Name})
		}
	}
}

// copied finds a copy of the released packages that changed and is not the one that this tenon writes.
func (m *meaning) copied(before, after, own map[string][]byte) {
	// A file of that name counts wherever below cue.mod it lies: pkg, gen and usr are one package.
	copies := func(all map[string][]byte) map[string][]byte {
		below := map[string][]byte{}
		for name, text := range all {
			if strings.HasPrefix(name, "cue/cue.mod/") && (strings.Contains(name, "/tenon.dev/") || strings.HasPrefix(name, vendorDir)) {
				below[name] = text
			}
		}
		return below
	}
	old, now := copies(before), copies(after)
	same := func(a, b map[string][]byte) bool { return maps.EqualFunc(a, b, bytes.Equal) }
	if same(old, now) || same(now, own) {
		return
	}
	if len(now) == 0 {
		m.add("trust", item{"what": "render", "op": "copied", "name": vendorDir, "source": finding.Position{File: "cue/cue.mod/module.cue"}}, finding.Target{})
		return
	}
	for _, name := range slices.Sorted(maps.Keys(merged(own, now))) {
		if !bytes.Equal(own[name], now[name]) {
			m.add("trust", item{"what": "render", "op": "copied", "name": name, "source": finding.Position{File: name}}, finding.Target{})
			return
		}
	}
}
