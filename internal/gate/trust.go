package gate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/internal/rules"
)

// trust adds what the head changes of that by which it is judged. It does not count until it is in the
// base.
func (m *meaning) trust(before, after []check.Environment, registry rules.Registry, none platform.Facts) {
	m.waivers(before, after)
	for _, now := range after {
		old := nothing(none)
		if i := slices.IndexFunc(before, func(e check.Environment) bool { return e.Name == now.Name }); i >= 0 {
			old = before[i]
		}
		if old.Environment == now.Environment {
			continue
		}
		m.levels(old, now, registry)
		m.believed(old, now)
		if gone := succeeded(before, after, now); gone != nil {
			m.levels(*gone, now, registry)
			m.stated("supplyChain", gone.State.SupplyChain, now.State.SupplyChain, now, false)
			if old.Environment == nil {
				continue
			}
		}
		if old.Environment == nil && slices.ContainsFunc(before, func(e check.Environment) bool { return reflect.DeepEqual(e.State.SupplyChain, now.State.SupplyChain) }) {
			continue // the same as where it is asked for already
		}
		m.stated("supplyChain", old.State.SupplyChain, now.State.SupplyChain, now, old.Environment == nil)
	}
}

// succeeded is the environment of the base in whose place a new one stands: what it asked for must not go with its
// name. It is the one that went, of the same cluster if there are several; or the one whose cluster it moves to.
func succeeded(before, after []check.Environment, now check.Environment) *check.Environment {
	if old := environment(before, now.Name); old != nil {
		if old.Cluster == now.Cluster {
			return nil
		}
		i := slices.IndexFunc(before, func(e check.Environment) bool { return e.Cluster == now.Cluster })
		if i < 0 {
			return nil
		}
		return &before[i] // it moves to the cluster of another one
	}
	var found *check.Environment
	for i, e := range before {
		stays := environment(after, e.Name)
		switch {
		case e.Cluster == now.Cluster && (stays == nil || stays.Cluster != e.Cluster):
			return &before[i] // its cluster is left to the new one
		case stays == nil && found == nil:
			found = &before[i]
		}
	}
	return found
}

// nothing is what a new environment is compared with: one that states no rules, and of facts what the
// schema takes for granted.
func nothing(facts platform.Facts) check.Environment {
	var e check.Environment
	e.State.Gate.FailOn = finding.Error.String()
	e.State.Facts = facts
	return e
}

// levels compares the severities of rules and what the gate is told to block.
func (m *meaning) levels(before, after check.Environment, registry rules.Registry) {
	ids := slices.Collect(maps.Keys(before.State.Rules))
	for id := range after.State.Rules {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		level := func(e check.Environment) string {
			if stated, ok := e.State.Rules[id]; ok {
				return stated.Severity
			}
			if own, ok := registry.Get(id); ok {
				return own.Severity.String()
			}
			return "error"
		}
		was, wasStated := before.State.Rules[id]
		_, isStated := after.State.Rules[id]
		own, _ := registry.Get(id)
		if wasStated && !isStated && own.Least() < own.Severity {
			// Its findings weigh differently by themselves: what was stated for all may be lowered for some.
			m.weighed("rule", id, was.Severity, own.Least().String(), after.Place(fmt.Sprintf("rules.%q", id)))
			continue
		}
		m.weighed("rule", id, level(before), level(after), after.Place(fmt.Sprintf("rules.%q", id)))
	}
	m.weighed("gate", "failOn", before.State.Gate.FailOn, after.State.Gate.FailOn, after.Place("gate.failOn"))
}

// ranks order what a severity blocks: for a rule error blocks most, for failOn info does.
var ranks = []string{"off", "info", "warning", "error"}

func (m *meaning) weighed(what, name, before, after string, place finding.Position) {
	if before == after {
		return
	}
	weaker := slices.Index(ranks, after) < slices.Index(ranks, before)
	if what == "gate" {
		weaker = !weaker
	}
	op := "strengthened"
	if weaker {
		op = "weakened"
	}
	i := item{"what": what, "op": op, "name": name, "before": before, "after": after}
	if place.Line > 0 {
		i["source"] = place
	}
	m.add("trust", i, finding.Target{})
}

// believed compares what the platform says of what is outside of it, by which it is judged: a fact that is
// wrong hides what does not resolve, a node that is said to be larger than it is takes every pod, and an
// attestation of a builder that is let in passes.
func (m *meaning) believed(before, after check.Environment) {
	facts := func(e check.Environment) any {
		stated := e.State.Facts
		stated.Pools = nil // stated as pools, and compared as these
		return stated
	}
	isNew := before.Environment == nil
	m.stated("facts", facts(before), facts(after), after, isNew)
	m.stated("pools", nodes(before.State.Pools), nodes(after.State.Pools), after, isNew)
}

// nodes are pools without how many nodes and GPUs they have, which is told as what it costs.
func nodes(pools map[string]platform.Pool) map[string]platform.Pool {
	all := map[string]platform.Pool{}
	for name, p := range pools {
		p.Nodes.Min, p.Nodes.Max = 0, 0
		if p.GPU != nil {
			gpu := *p.GPU
			gpu.Model, gpu.PerNode = "", 0
			p.GPU = &gpu
		}
		all[name] = p
	}
	return all
}

// stated compares a part of what the platform states, field by field.
func (m *meaning) stated(part string, before, after any, e check.Environment, isNew bool) {
	version := func(stated any) manifest.Object {
		var value map[string]any
		if text, err := json.Marshal(stated); err == nil {
			_ = json.Unmarshal(text, &value)
		}
		kept, _ := filled(value).(map[string]any)
		return manifest.Object{Value: kept}
	}
	differ := diff.Values(version(before), version(after))
	if isNew && part != "supplyChain" {
		m.statedAnew(part, differ, e)
		return
	}
	for _, c := range differ {
		name := uncapitalised(c.Field, part)
		what := "fact"
		if part == "supplyChain" {
			what = "supply chain"
		}
		i := item{"what": what, "op": c.Op, "name": name}
		if part != "facts" {
			i["name"] = part + "." + name
		}
		if place := nearest(e, part, name); place.Line > 0 {
			i["source"] = place
		}
		m.add("trust", i, finding.Target{Environment: e.Name})
	}
}

// statedAnew adds what a new environment states, as one.
func (m *meaning) statedAnew(part string, differ []diff.Change, e check.Environment) {
	var names []string
	for _, c := range differ {
		first, _, _ := strings.Cut(c.Field, ".")
		if name := uncapitalised(first, part); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return
	}
	i := item{"what": "fact", "op": "stated anew", "name": part + ": " + strings.Join(names, ", ")}
	if place := e.Place(fmt.Sprintf("environments.%q", e.Name)); place.Line > 0 {
		i["source"] = place
	}
	m.add("trust", i, finding.Target{Environment: e.Name})
}

// filled leaves out of a value what is empty: that nothing is stated may be written in several ways.
func filled(value any) any {
	switch v := value.(type) {
	case map[string]any:
		all := map[string]any{}
		for key, inner := range v {
			if kept := filled(inner); kept != nil {
				all[key] = kept
			}
		}
		if len(all) == 0 {
			return nil
		}
		return all
	case []any:
		if len(v) == 0 {
			return nil
		}
	case string:
		if v == "" {
			return nil
		}
	}
	return value
}

// uncapitalised writes a path of Go's names as CUE has them. The names of pools and the like stay.
func uncapitalised(field, part string) string {
	words := strings.Split(field, ".")
	for i, word := range words {
		if word == "" || part == "pools" && i == 0 {
			continue
		}
		if known, ok := spelled[word]; ok {
			words[i] = known
			continue
		}
		words[i] = strings.ToLower(word[:1]) + word[1:]
	}
	return strings.Join(words, ".")
}

// spelled are the names that begin with more than one capital letter.
var spelled = map[string]string{"CSIDrivers": "csiDrivers", "CPU": "cpu", "GPU": "gpu", "UIDs": "uids"}

// nearest is where the team wrote what a path leads to, or the nearest thing above it.
func nearest(e check.Environment, part, name string) finding.Position {
	for at := part + "." + name; ; {
		if place := e.Place(at); place.Line > 0 {
			return place
		}
		i := strings.LastIndexAny(at, ".[")
		if i < 0 {
			return finding.Position{}
		}
		at = at[:i]
	}
}

// files compares a folder that decides how the platform is judged or rendered.
func (m *meaning) files(what, folder string, before, after fs.FS) error {
	old, err := textsOf(before, folder)
	if err != nil {
		return err
	}
	now, err := textsOf(after, folder)
	if err != nil {
		return err
	}
	m.texts(what, old, now)
	return nil
}

// texts adds the files that differ, by their names.
func (m *meaning) texts(what string, before, after map[string][]byte) {
	for _, name := range slices.Sorted(maps.Keys(merged(before, after))) {
		was, had := before[name]
		is, has := after[name]
		op := "changed"
		switch {
		case !had:
			op = "added"
		case !has:
			op = "removed"
		case bytes.Equal(was, is):
			continue
		}
		i := item{"what": what, "op": op, "name": name}
		if has {
			i["source"] = finding.Position{File: name}
		}
		m.add("trust", i, finding.Target{})
	}
}

func merged(a, b map[string][]byte) map[string][]byte {
	all := maps.Clone(a)
	if all == nil {
		all = map[string][]byte{}
	}
	maps.Copy(all, b)
	return all
}

// maxFile bounds a file that is compared.
const maxFile = 16 << 20

// textsOf reads the Rego and CUE below a folder; a folder that is not there has none.
func textsOf(tree fs.FS, folder string) (map[string][]byte, error) {
	all := map[string][]byte{}
	if tree == nil {
		return all, nil
	}
	if _, err := fs.Stat(tree, folder); err != nil {
		return all, nil
	}
	err := fs.WalkDir(tree, folder, func(name string, entry fs.DirEntry, err error) error {
		every := strings.HasPrefix(folder, "cue/cue.mod") // the stamp of the version, too
		if err != nil || !entry.Type().IsRegular() || !every && path.Ext(name) != ".rego" && path.Ext(name) != ".cue" && !isData(name) {
			return err
		}
		data, err := confine.ReadFS(tree, name, maxFile)
		all[name] = data
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("comparing %s: %w", folder, err)
	}
	return all, nil
}

func isData(name string) bool {
	return slices.Contains([]string{"data.json", "data.yaml", "data.yml"}, path.Base(name))
}
