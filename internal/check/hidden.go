package check

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/veil"
)

// tamed are the objects without numbers that nothing can compare.
func tamed(s Subject) Subject {
	for _, list := range []*[]manifest.Object{&s.Objects, &s.Beside, &s.ByHand, &s.Definitions} {
		all := slices.Clone(*list)
		for i, o := range all {
			all[i] = manifest.Tame(o)
		}
		*list = all
	}
	return s
}

// unpacked finds objects that are lists to whoever applies them: kubectl and Argo CD unpack a list named
// items of any kind (unstructured.IsList of k8s.io/apimachinery), and apply what is in it instead.
func unpacked(s Subject) []finding.Finding {
	var found []finding.Finding
	for _, o := range slices.Concat(s.Objects, s.ByHand) {
		items, isList := o.Value["items"].([]any)
		if !isList {
			continue
		}
		found = append(found, finding.Finding{
			Rule: "types/items", Severity: finding.Error, Object: o.Ref(), Field: "items",
			Message: fmt.Sprintf("kubectl and Argo CD take an object with items for a list, whatever its kind: they would apply its %d items instead of it", len(items)),
			Remedy:  "write the items as objects of their own, and call the field something else",
		})
	}
	return found
}

// onlyRead takes away places that a policy names and that are in no file that was read: a finding quotes
// the line that it points at.
func onlyRead(found []finding.Finding, files map[string]bool) {
	for i := range found {
		if f := &found[i]; f.Source != nil && !files[f.Source.File] {
			f.Source = nil
		}
	}
}

// mostLeaves is how large a value may be that is taken for what broke a rule as a whole: a rule that
// points at a whole step means something within it, and any other change of the step would make its old
// finding a new one.
const mostLeaves = 40

// evidence is a digest of what broke a rule: the piece that the rule names, the line, or the value of the
// field; empty where none of it says more than the message does.
func evidence(f finding.Finding, o manifest.Object) string {
	if f.Broke != "" {
		return digest(f.Broke)
	}
	path := manifest.ParsePath(f.Field)
	value, exists := manifest.Lookup(o.Value, path)
	text, isText := value.(string)
	if f.Quote != "" || f.Text != "" {
		return digest(f.Quote + "\x00" + f.Text + "\x00" + linesWith(text, f.Quote))
	}
	if !exists || len(path) == 0 {
		return ""
	}
	switch {
	case isText && f.Line > 0:
		lines := strings.Split(text, "\n")
		if f.Line <= len(lines) {
			return digest(strings.TrimSpace(lines[f.Line-1]))
		}
		return ""
	case isText && strings.HasPrefix(f.Rule, "secrets/") && strings.Contains(text, "\n"):
		return digest(strings.Join(veil.Secrets(text), "\x00"))
	case isText && strings.Contains(text, "\n"):
		return "" // which line of it is meant is not known
	case isText:
		return digest(text)
	}
	if object, ok := value.(map[string]any); ok && (object["image"] != nil || object["containers"] != nil || object["steps"] != nil) {
		return ""
	}
	if leaves(value) > mostLeaves {
		return ""
	}
	data, _ := json.Marshal(value)
	return digest(string(data))
}

// linesWith are the lines of a text that hold a piece.
func linesWith(text, piece string) string {
	if piece == "" {
		return ""
	}
	var found []string
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, piece) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return strings.Join(found, "\n")
}

func leaves(value any) int {
	count := 0
	switch v := value.(type) {
	case map[string]any:
		for _, inner := range v {
			count += leaves(inner)
		}
	case []any:
		for _, inner := range v {
			count += leaves(inner)
		}
	default:
		return 1
	}
	return count
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return fmt.Sprintf("%x", sum[:8])
}

// scrub takes values of secrets out of what validators say of them.
func scrub(found []finding.Finding, objects []manifest.Object) {
	byRef := map[finding.Object][]manifest.Object{} // items of a list may share a name and a line
	for _, o := range objects {
		byRef[*o.Ref()] = append(byRef[*o.Ref()], o)
	}
	values := map[finding.Object]*veil.Scrubber{}
	for i := range found {
		f := &found[i]
		if f.Object == nil || f.Message == "" {
			continue
		}
		hidden, known := values[*f.Object]
		if !known {
			var of []string
			for _, o := range byRef[*f.Object] {
				of = append(of, veil.Values(o.Kind, o.Value)...)
			}
			slices.SortFunc(of, func(a, b string) int { return len(b) - len(a) })
			hidden = veil.NewScrubber(of)
			values[*f.Object] = hidden
		}
		f.Message, f.Remedy = hidden.Scrub(f.Message), hidden.Scrub(f.Remedy)
	}
}
