package pac

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// Unknown finds placeholders that nothing fills in: no variable of Pipelines-as-Code, and no parameter of a Repository
// among the objects.
func Unknown(all []Placeholder, objects []manifest.Object) []finding.Finding {
	custom := CustomParams(objects)
	said := map[string]bool{}
	var found []finding.Finding
	for _, p := range all {
		if ofEvent.MatchString(p.Key) || slices.Contains(variables, p.Key) || slices.Contains(custom, p.Key) || said[p.Position.File+p.Key] {
			continue
		}
		said[p.Position.File+p.Key] = true
		remedy := "declare it in spec.params of the Repository, or use one of " + strings.Join(variables, ", ")
		if near := finding.Nearest(p.Key, variables); near != "" {
			remedy = "is " + near + " meant?"
		}
		position := p.Position
		found = append(found, finding.Finding{
			Rule: "pac/unknown-variable", Severity: finding.Warning, Source: &position, Remedy: remedy,
			Message: fmt.Sprintf("Pipelines-as-Code has no variable %s of its own, and no Repository in sight declares it: the braces stay in the text", p.Key),
		})
	}
	return found
}

// CustomParams are the parameters that Repositories declare.
func CustomParams(objects []manifest.Object) []string {
	var names []string
	for _, o := range objects {
		if o.Kind != "Repository" || !strings.HasPrefix(o.APIVersion, "pipelinesascode.tekton.dev/") {
			continue
		}
		value, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "params"})
		list, _ := value.([]any)
		for _, item := range list {
			fields, _ := item.(map[string]any)
			if name, ok := fields["name"].(string); ok {
				names = append(names, name)
			}
		}
	}
	return names
}

// Injected finds variables that others choose within scripts: what they write runs as a command.
func Injected(scripts map[string]manifest.Path, o manifest.Object, filled Filled) []finding.Finding {
	var found []finding.Finding
	for text, at := range scripts {
		p, ok := chosen(text, filled)
		if !ok {
			continue
		}
		found = append(found, finding.Finding{
			Rule: "pac/script-injection", Severity: finding.Error, Object: o.Ref(), Field: at.String(), Quote: p.Sample,
			Message: fmt.Sprintf("%s is put into the script as text: whoever sends the event chooses it, and runs commands here", p.Text),
			Remedy:  "give it to a parameter, the parameter to a variable of the environment, and use that in quotes",
		})
	}
	return found
}

// chosen is a placeholder within a script that somebody else chooses.
func chosen(text string, filled Filled) (Placeholder, bool) {
	for {
		p, at := filled.next(text)
		if at < 0 || isChosen(p.Key) {
			return p, at >= 0
		}
		text = text[at+len(p.Sample):]
	}
}

// decided fits expressions that are true or false, or one of the texts in them.
var decided = regexp.MustCompile(`==|!=|\?|\bhas\(|\.(?:startsWith|endsWith|matches|contains|exists|all|size)\(|\bsize\(`)

// limited are fields of events of which forges choose the letters: numbers, hashes, names of people, their own addresses.
var limited = []string{
	"number", "id", "node_id", "iid", "sha", "after", "before", "login", "username", "user_username", "url", "html_url", "clone_url", "ssh_url", "created_at", "updated_at",
	"action", "type", "state", "object_kind", "event_name", "draft", "merged",
}

// isChosen tells whether whoever sends an event chooses what a placeholder becomes, in letters of his own.
func isChosen(key string) bool {
	expression, isExpression := strings.CutPrefix(key, "cel:")
	switch {
	case slices.Contains(byOthers, key):
		return true
	case decided.MatchString(key):
		return false
	case isExpression && slices.ContainsFunc(byOthers, func(name string) bool { return strings.Contains(expression, "pac."+name) }):
		return true
	case !strings.HasPrefix(strings.TrimSpace(expression), "body."):
		return false
	}
	last := strings.Trim(key[strings.LastIndexAny(key, ".[")+1:], `]"' `)
	return !slices.Contains(limited, last)
}
