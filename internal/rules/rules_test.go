package rules_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/rules"
)

// TestTexts: every rule says what people need, and its links lead somewhere.
func TestTexts(t *testing.T) {
	for _, r := range rules.Go().List() {
		if r.Title == "" || r.Why == "" || r.Remedy == "" || r.Link() == "" || strings.HasSuffix(r.Remedy, ".") {
			t.Errorf("%s is not complete: %+v", r.ID, r)
		}
		if r.Lowest != nil && *r.Lowest >= r.Severity {
			t.Errorf("%s weighs from %s to %s", r.ID, *r.Lowest, r.Severity)
		}
		for _, link := range r.Links {
			page, anchor, _ := strings.Cut(link, "#")
			if !strings.HasPrefix(page, "docs/") {
				continue
			}
			text, err := os.ReadFile("../../" + page)
			if err != nil || anchor != "" && !anchors(string(text))[anchor] {
				t.Errorf("%s: %s leads nowhere (%v)", r.ID, link, err)
			}
		}
	}
}

var heading = regexp.MustCompile(`(?m)^#+ (.+)$`)

// anchors are those that GitHub makes of headings.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		all[strings.ReplaceAll(regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return all
}

func TestSearch(t *testing.T) {
	for words, want := range map[string]string{
		"taint": "graph/taint-not-tolerated", "network policies": "graph/network-policy-selects-nothing", "network policy": "graph/network-policy-selects-nothing",
		"networkpolicy": "graph/network-policy-selects-nothing", "TWO claims": "graph/two-claims", "fits no node pool": "graph/too-large-for-pools",
	} {
		found := rules.Go().Search(strings.Fields(words))
		has := false
		for _, r := range found {
			has = has || r.ID == want
		}
		if !has || len(found) > 40 {
			t.Errorf("%q finds %d rules, and not %s", words, len(found), want)
		}
	}
	if found := rules.Go().Search([]string{"nothing-has-this"}); len(found) > 0 {
		t.Errorf("%v", found)
	}
}

func TestWith(t *testing.T) {
	own := finding.Rule{ID: "own/rule", Severity: finding.Warning}
	r := rules.With([]finding.Rule{own})
	if got, ok := r.Get("own/rule"); !ok || got.Since == "" || r.Len() != rules.Go().Len()+1 {
		t.Errorf("%+v %v, %d rules", got, ok, r.Len())
	}
}
