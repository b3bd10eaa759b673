package diff

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// identities are the fields that tell the items of a list apart, the first that fits being taken: the
// merge keys of Kubernetes' own types, the names that Tekton gives to tasks, steps and parameters,
// and x-kubernetes-list-map-keys of the operators' definitions.
var identities = [][]string{
	{"name"}, {"key"}, {"containerPort", "protocol"}, {"containerPort"}, {"mountPath"}, {"devicePath"}, {"port", "protocol"}, {"port"},
	{"topologyKey", "whenUnsatisfiable"}, {"type"}, {"glob"}, {"group"}, {"alert"}, {"uid"}, {"ip"}, {"path"}, {"host"}, {"scopeName"},
}

// anyOrder are the lists of named items whose order means nothing. Of any other it may say what runs or
// counts first.
var anyOrder = set(
	"params", "results", "workspaces", "tasks", "finally", "volumes", "volumeMounts", "volumeDevices", "ports", "sidecars", "triggers", "bindings", "taskRunSpecs", "conditions",
	"volumeClaimTemplates", "topologySpreadConstraints", "images", "authorities", "subjects", "secrets", "imagePullSecrets", "taints", "tolerations", "endpoints",
	"podMetricsEndpoints", "metrics", "resourceclaims", "claims", "attestations", "additionalPrinterColumns", "versions", "parameters", "accounts", "remoteWrite", "headers",
)

// unordered are lists without named items whose order means nothing.
var unordered = set(
	"verbs", "resources", "apiGroups", "resourceNames", "nonResourceURLs", "rules", "subjects", "policyTypes", "egress", "ingress",
	"from", "to", "ports", "tolerations", "taints", "matchExpressions", "nodeSelectorTerms", "values", "runAfter", "accessModes",
	"finalizers", "add", "drop", "namespaces", "imagePullSecrets", "secrets", "mountOptions", "supplementalGroups", "destinations",
	"sourceRepos", "clusterResourceWhitelist", "namespaceResourceWhitelist", "scopes", "coveredResources", "images", "authorities",
)

// inOrder tells whether the order of a list may mean something though elsewhere it does not: nobody knows
// below free fields, and Prometheus evaluates the rules of a group one after the other, as node feature discovery does
// (https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/).
func (c *comparison) inOrder(at place) bool {
	return at.isFree() || (c.kind == "PrometheusRule" || c.kind == "NodeFeatureRule") && at.last() == "rules"
}

// lists compares lists: by the identity of their items, as sets where order means nothing, else one
// by one between what stays the same at both ends.
func (c *comparison) lists(at place, before, after []any) {
	if key := identity(before, after); key != nil {
		c.named(at, key, before, after)
		return
	}
	gone, come := unmatched(before, after, c.unordered && !c.inOrder(at) && unordered[at.last()])
	if len(gone)+len(come) == 0 {
		return
	}
	if scalars(before) && scalars(after) {
		// An option says of the word behind it that it is a secret: the whole list is looked at.
		was, wasShown := c.shown(at, before).([]any)
		is, isShown := c.shown(at, after).([]any)
		switch {
		case wasShown && isShown:
			c.scalars(at, pick(was, gone), pick(is, come))
		default: // hidden as a whole
			c.add(Changed, at, before, after)
		}
		return
	}
	// What is left is paired in order: a rule that gained a verb is one change, not two.
	for len(gone) > 0 && len(come) > 0 && alike(before[gone[0]], after[come[0]]) {
		c.compare(at.item(fmt.Sprint(come[0]), gone[0], come[0]), before[gone[0]], after[come[0]])
		gone, come = gone[1:], come[1:]
	}
	for _, i := range gone {
		c.add(Removed, at.item(fmt.Sprint(i), i, -1), before[i], nil)
	}
	for _, j := range come {
		c.add(Added, at.item(fmt.Sprint(j), -1, j), nil, after[j])
	}
}

// scalars tells whether a list holds no objects and no lists.
func scalars(list []any) bool {
	return !slices.ContainsFunc(list, func(value any) bool {
		switch value.(type) {
		case map[string]any, []any:
			return true
		}
		return false
	})
}

func pick(list []any, indices []int) []any {
	var picked []any
	for _, i := range indices {
		picked = append(picked, list[i])
	}
	return picked
}

// scalars adds what a list of scalars lost and gained as one change.
func (c *comparison) scalars(at place, gone, come []any) {
	switch {
	case len(gone) > 0 && len(come) > 0:
		c.add(Changed, at, gone, come)
	case len(gone) > 0:
		c.add(Removed, at, gone, nil)
	case len(come) > 0:
		c.add(Added, at, nil, come)
	}
}

// alike tells whether two items may be versions of one: both objects, or both lists. Two scalars are
// in a list of scalars, where what is gone and what came says more.
func alike(before, after any) bool {
	switch before.(type) {
	case map[string]any:
		_, ok := after.(map[string]any)
		return ok
	case []any:
		_, ok := after.([]any)
		return ok
	}
	return false
}

// unmatched leaves out what is equal on both sides, anywhere for a set, else at the ends, and returns
// the indices of the rest.
func unmatched(before, after []any, anywhere bool) (gone, come []int) {
	texts := func(list []any) []string {
		all := make([]string, len(list))
		for i, value := range list {
			text, _ := json.Marshal(value)
			all[i] = string(text)
		}
		return all
	}
	old, now := texts(before), texts(after)
	if !anywhere {
		start := 0
		for start < min(len(old), len(now)) && old[start] == now[start] {
			start++
		}
		end := 0
		for end < min(len(old), len(now))-start && old[len(old)-1-end] == now[len(now)-1-end] {
			end++
		}
		return span(start, len(old)-end), span(start, len(now)-end)
	}
	where := map[string][]int{}
	for j, text := range now {
		where[text] = append(where[text], j)
	}
	taken := map[int]bool{}
	for i, text := range old {
		if left := where[text]; len(left) > 0 {
			taken[left[0]], where[text] = true, left[1:]
			continue
		}
		gone = append(gone, i)
	}
	for j := range now {
		if !taken[j] {
			come = append(come, j)
		}
	}
	return gone, come
}

func span(from, to int) []int {
	var all []int
	for i := from; i < to; i++ {
		all = append(all, i)
	}
	return all
}

// identity finds the fields that tell all items of both lists apart; nil where none does.
func identity(before, after []any) []string {
	for _, key := range identities {
		if distinct(key, before) && distinct(key, after) && len(before)+len(after) > 0 {
			return key
		}
	}
	return nil
}

func distinct(key []string, list []any) bool {
	seen := map[string]bool{}
	for _, item := range list {
		name, ok := nameOf(key, item)
		if !ok || seen[name] {
			return false
		}
		seen[name] = true
	}
	return true
}

// nameOf writes an item's identity: name=test, or containerPort=8080,protocol=TCP.
func nameOf(key []string, item any) (string, bool) {
	object, ok := item.(map[string]any)
	if !ok {
		return "", false
	}
	var parts []string
	for _, field := range key {
		switch value := object[field].(type) {
		case string, int64, int, float64:
			parts = append(parts, fmt.Sprintf("%s=%v", field, value))
		default:
			return "", false
		}
	}
	return strings.Join(parts, ","), true
}

func (c *comparison) named(at place, key []string, before, after []any) {
	where := map[string]int{}
	var was, is []string
	for i, item := range before {
		name, _ := nameOf(key, item)
		where[name] = i
		was = append(was, name)
	}
	here := map[string]bool{}
	for j, item := range after {
		name, _ := nameOf(key, item)
		here[name] = true
		is = append(is, name)
		if i, known := where[name]; known {
			c.compare(at.item(name, i, j), before[i], item)
			continue
		}
		c.add(Added, at.item(name, -1, j), nil, item)
	}
	for i, name := range was {
		if !here[name] {
			c.add(Removed, at.item(name, i, -1), before[i], nil)
		}
	}
	if c.unordered && !c.inOrder(at) && (anyOrder[at.last()] || unordered[at.last()]) {
		return
	}
	was = slices.DeleteFunc(was, func(name string) bool { return !here[name] })
	is = slices.DeleteFunc(is, func(name string) bool { _, known := where[name]; return !known })
	if !slices.Equal(was, is) {
		c.add(Moved, at, was, is)
	}
}
