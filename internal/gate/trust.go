package gate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/policy"
)

// trust adds what the head changes of that by which it is judged. It does not count until it is in the
// base.
func (m *meaning) trust(before, after []check.Environment, rules *policy.Set) {
	m.waivers(check.Waivers(before), check.Waivers(after))
	for _, now := range after {
		i := slices.IndexFunc(before, func(e check.Environment) bool { return e.Name == now.Name })
		if i < 0 {
			continue
		}
		m.levels(before[i], now, rules)
		m.facts(before[i], now)
	}
}

func (m *meaning) waivers(before, after []finding.Waiver) {
	for _, w := range after {
		i := slices.IndexFunc(before, func(old finding.Waiver) bool { return sameWaiver(old, w) })
		op := "added"
		if i >= 0 {
			if before[i].Expires == w.Expires {
				continue
			}
			op = "extended"
			if w.Expires != "" && (before[i].Expires == "" || w.Expires < before[i].Expires) {
				op = "shortened"
			}
		}
		added := item{"what": "waiver", "op": op, "name": w.Name, "rule": w.Rule, "of": w.Object, "until": w.Expires, "reason": w.Reason, "owner": w.Owner}
		if w.Source != nil {
			added["source"] = w.Source
		}
		m.add("trust", added, finding.Target{})
	}
	for _, w := range before {
		if !slices.ContainsFunc(after, func(now finding.Waiver) bool { return sameWaiver(now, w) }) {
			m.add("trust", item{"what": "waiver", "op": "removed", "name": w.Name, "rule": w.Rule, "of": w.Object}, finding.Target{})
		}
	}
}

// sameWaiver tells whether two waivers let off the same.
func sameWaiver(a, b finding.Waiver) bool {
	return a.Rule == b.Rule && a.Object == b.Object && a.Field == b.Field && slices.Equal(a.Targets, b.Targets)
}

// levels compares the severities of rules and what the gate is told to block.
func (m *meaning) levels(before, after check.Environment, rules *policy.Set) {
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
			i := slices.IndexFunc(rules.Rules, func(r policy.Rule) bool { return r.ID == id })
			if i < 0 {
				return "error" // the checks that are no Rego say so themselves; most are errors
			}
			return rules.Rules[i].Severity.String()
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

// facts compares what the platform believes of the cluster: a fact that is wrong hides what does not
// resolve.
func (m *meaning) facts(before, after check.Environment) {
	version := func(e check.Environment) manifest.Object {
		facts := e.State.Facts
		facts.Pools, facts.Images = nil, nil // stated as pools and images, and compared as these
		var value map[string]any
		if text, err := json.Marshal(facts); err == nil {
			_ = json.Unmarshal(text, &value)
		}
		return manifest.Object{Value: value}
	}
	for _, c := range diff.Values(version(before), version(after)) {
		first, rest, _ := strings.Cut(c.Field, ".")
		name := strings.ToLower(first[:1]) + first[1:]
		i := item{"what": "fact", "op": c.Op, "name": strings.TrimSuffix(name+"."+rest, ".")}
		if place := after.Place("facts." + name); place.Line > 0 {
			i["source"] = place
		}
		m.add("trust", i, finding.Target{Environment: after.Name})
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
	names := slices.Collect(maps.Keys(old))
	for name := range now {
		if _, known := old[name]; !known {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		was, had := old[name]
		is, has := now[name]
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
	return nil
}

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
		if err != nil || entry.IsDir() || path.Ext(name) != ".rego" && path.Ext(name) != ".cue" && !isData(name) {
			return err
		}
		data, err := fs.ReadFile(tree, name)
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
