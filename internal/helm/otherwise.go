package helm

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"

	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/veil"
)

// The release is called otherwise where it is installed: what a template renders only then is checked, too.
const (
	otherName      = "another-release"
	otherNamespace = "another-namespace"
)

// otherwise renders the chart for a release of another name in another namespace.
func (l *loader) otherwise(top common.Values) map[string]string {
	release, _ := top["Release"].(map[string]any)
	named := maps.Clone(release)
	named["Name"], named["Namespace"] = otherName, otherNamespace
	other := maps.Clone(top)
	other["Release"] = named
	texts, err := run(l.chart, other)
	if err != nil {
		return nil
	}
	back := strings.NewReplacer(otherName, text(release["Name"]), otherNamespace, text(release["Namespace"]))
	for key, rendered := range texts {
		texts[key] = back.Replace(rendered)
	}
	return texts
}

func text(value any) string {
	text, _ := value.(string)
	return text
}

// differing are the objects of another rendering that the first one has not.
func (l *loader) differing(file string, objects []manifest.Object, rendered string) []manifest.Object {
	var more []manifest.Object
	for _, o := range traced(file, rendered, l.origins(file, rendered, "")).Objects {
		if !slices.ContainsFunc(objects, func(first manifest.Object) bool { return same(first.Value, o.Value) }) {
			more = append(more, o)
		}
	}
	return more
}

// digest fits what depends on all of a text, such as a checksum of what has the name of the release in it.
var digest = regexp.MustCompile(`^[0-9a-f]{8,}$|^[A-Za-z0-9+/]{24,}=*$`)

// same tells whether two values say the same, but for digests.
func same(a, b any) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for key, value := range x {
			other, has := y[key]
			if !has || !same(value, other) {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, same)
	case string:
		y, ok := b.(string)
		return ok && (x == y || digest.MatchString(x) && digest.MatchString(y))
	}
	return reflect.DeepEqual(a, b)
}

// forms are the values that are secrets by their names, in the forms in which messages quote them.
func forms(values map[string]any) []string {
	var all []string
	for _, value := range veil.Values("", values) {
		quoted := strconv.Quote(value)
		written, _ := json.Marshal(value)
		for _, form := range []string{value, quoted[1 : len(quoted)-1], string(written[1 : len(written)-1]), base64.StdEncoding.EncodeToString([]byte(value))} {
			if !slices.Contains(all, form) {
				all = append(all, form)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

// writes tells whether a template has a message in it as it is.
func (l *loader) writes(message string) bool {
	var within func(c *chart.Chart) bool
	within = func(c *chart.Chart) bool {
		return slices.ContainsFunc(c.Templates, func(t *common.File) bool { return strings.Contains(string(t.Data), message) }) || slices.ContainsFunc(c.Dependencies(), within)
	}
	return message != "" && within(l.chart)
}
