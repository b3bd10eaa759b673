package rules

import (
	"fmt"
	"strings"

	"tenon.dev/tenon/internal/finding"
)

// subjects say what the rules of a category are about.
var subjects = map[string]string{
	"attestations": "What the attestations of images say", "autoscaling": "Scaling of nodes and pods", "change": "What a change means, where two revisions are compared",
	"gpu": "GPUs of pods", "graph": "References across objects, and placement on the pools", "image": "References and signatures of images", "images": "Images of steps",
	"input": "What can be read", "internal": "Whether tenon itself worked", "monitoring": "Metrics and alerts", "network": "Network policies and exposure", "operations": "Running it day by day",
	"overlay": "The overlays that are committed", "pac": "Runs of Pipelines-as-Code", "pipeline": "Tasks and pipelines", "rbac": "Rights", "rollout": "Argo CD and the phases", "schema": "The CUE of a platform", "secrets": "Secrets",
	"security": "What pods may do", "storage": "Claims and volumes", "supply-chain": "Where images and code come from", "triggers": "Events and runs", "types": "Types and validation of Kubernetes and Tekton",
	"waiver": "Waivers",
}

// Markdown documents one rule.
func Markdown(r finding.Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n**%s** (%s%s)\n", r.ID, r.Title, r.Weighs(), elsewhere(r))
	if r.Why != "" {
		fmt.Fprintf(&b, "\n%s\n", r.Why)
	}
	if r.Remedy != "" {
		fmt.Fprintf(&b, "\nRemedy: %s.\n", strings.TrimSuffix(r.Remedy, "."))
	}
	for _, link := range r.Links {
		fmt.Fprintf(&b, "\nSee %s", reference(link))
	}
	if len(r.Links) > 0 {
		b.WriteString("\n")
	}
	if r.Since != "" {
		fmt.Fprintf(&b, "\nSince %s.\n", r.Since)
	}
	return b.String()
}

// elsewhere says what the findings of a rule weigh by the standard profile, where that is less.
func elsewhere(r finding.Rule) string {
	if r.Standard == nil {
		return ""
	}
	return fmt.Sprintf("; %s by the standard profile", *r.Standard)
}

// reference is a link as Markdown: to a page of tenon's own, which lies beside that of the rules, or to elsewhere.
func reference(link string) string {
	if page, ok := strings.CutPrefix(link, "docs/"); ok {
		return fmt.Sprintf("[%s](%s)", link, page)
	}
	return "<" + link + ">"
}

// Document documents all rules by category, with a table of contents.
func (r Registry) Document() string {
	var contents, all strings.Builder
	contents.WriteString("# Rules\n\n<!-- Written from the registry of rules by TENON_UPDATE=1 go test ./internal/check: change the rules, not this file. -->\n\n" +
		"`tenon rules explain ID` shows the same, with an example where one manifest can break the rule; `tenon rules search WORD` finds rules by any word of these texts.\nThe severity is that of a rule's findings in a platform, unless it states another (`rules` in its CUE). Manifests from anywhere are\njudged by the standard profile ([noise.md](noise.md)): `--profile strict` holds them to a platform's.\nRules of the category change are about two revisions: `tenon gate` counts them, `tenon check` does not.\n\n")
	category := ""
	for _, rule := range r.List() {
		if rule.Category() != category {
			category = rule.Category()
			fmt.Fprintf(&contents, "- [%s](#%s): %s\n", category, category, subjects[category])
			fmt.Fprintf(&all, "\n# %s\n\n%s.\n", category, subjects[category])
		}
		all.WriteString("\n" + Markdown(rule))
	}
	return contents.String() + all.String()
}
