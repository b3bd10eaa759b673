package helm

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"path"
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

// The release is called otherwise where it is installed, it is upgraded, and the cluster has more: what a template renders only
// then is checked, too.
const (
	otherName      = "another-release"
	otherNamespace = "another-namespace"
	otherRevision  = 7919
)

// otherwise renders the chart for a release of another name in another namespace, for an upgrade, and for a cluster that has
// each API that the templates name; each draws its passwords and the order of tables from all that Helm does.
func (l *loader) otherwise(top common.Values) []variant {
	release, _ := top["Release"].(map[string]any)
	named, upgraded := maps.Clone(release), maps.Clone(release)
	named["Name"], named["Namespace"] = otherName, otherNamespace
	upgraded["IsUpgrade"], upgraded["IsInstall"], upgraded["Revision"] = true, false, otherRevision
	back := strings.NewReplacer(otherName, text(release["Name"]), otherNamespace, text(release["Namespace"]), strconv.Itoa(otherRevision), "1")
	others := []common.Values{{"Release": named}, {"Release": upgraded}}
	if able, ok := top["Capabilities"].(*common.Capabilities); ok {
		all := able.Copy()
		all.APIVersions = append(slices.Clone(able.APIVersions), beside(able.APIVersions, l.named(l.chart))...)
		all.HelmVersion.Version = "v3.19.0" // many still use it
		others = append(others, common.Values{"Capabilities": all})
	}
	var all []variant
	for _, change := range others {
		other := variant{values: maps.Clone(top), back: back}
		maps.Copy(other.values, change)
		if other.texts = l.variant(other); other.texts != nil {
			all = append(all, other)
		}
	}
	return all
}

// variant is another rendering of a chart.
type variant struct {
	values common.Values
	texts  map[string]string
	// back gives texts the names of the release that they are compared with.
	back *strings.Replacer
}

// variant renders one; nil where it does not render.
func (l *loader) variant(v variant) map[string]string {
	texts, err := l.run(v.values, true)
	if err != nil {
		return nil
	}
	for key, rendered := range texts {
		texts[key] = v.back.Replace(rendered)
	}
	return texts
}

// beside are the names that are of no group which Kubernetes has itself: of these the cluster's version says which versions it serves.
func beside(known common.VersionSet, names []string) []string {
	group := func(name string) string { group, _, _ := strings.Cut(name, "/"); return group }
	own := map[string]bool{}
	for _, name := range known {
		own[group(name)] = true
	}
	return slices.DeleteFunc(names, func(name string) bool { return own[group(name)] })
}

// apiForm fits a text of a template that may name an API: a group and version, with or without a kind.
var apiForm = regexp.MustCompile("[\"`]([\\w.-]+(?:/[\\w.-]+){0,2})[\"`]")

// maxNamed bounds how many texts are taken for names of APIs.
const maxNamed = 2000

// named are the texts of a chart's templates that may name APIs.
func (l *loader) named(c *chart.Chart) []string {
	var all []string
	for _, t := range c.Templates {
		for _, m := range apiForm.FindAllSubmatch(t.Data, maxNamed) {
			all = append(all, string(m[1]))
		}
	}
	for _, below := range c.Dependencies() {
		all = append(all, l.named(below)...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return all[:min(len(all), maxNamed)]
}

func text(value any) string {
	text, _ := value.(string)
	return text
}

// differing are the objects of another rendering that the first one has not. The templates have marks by now.
func (l *loader) differing(objects []manifest.Object, v variant) (more []manifest.Object) {
	known := map[string][]manifest.Object{}
	for _, o := range objects {
		known[o.File] = append(known[o.File], o)
	}
	var marked map[string]string
	for _, key := range l.keys {
		file, rendered := l.shown[key], v.texts[key]
		isNew := func(o manifest.Object) bool {
			return !slices.ContainsFunc(known[file], func(first manifest.Object) bool { return same(first.Value, o.Value) })
		}
		if path.Base(key) == "NOTES.txt" || !slices.ContainsFunc(manifest.Parse(file, []byte(rendered)).Objects, isNew) {
			continue
		}
		if marked == nil {
			marked = l.variant(v)
		}
		for _, o := range traced(file, rendered, l.origins(file, rendered, marked[key])).Objects {
			if isNew(o) {
				more = append(more, o)
			}
		}
	}
	return more
}

// digest fits what depends on all of a text, such as a checksum of what has the name of the release in it, in hexadecimal.
var digest = regexp.MustCompile(`^[0-9a-f]{8,}$`)

// isDigest tells a digest from a name or a path: in base64 it decodes, and has letters of all kinds.
func isDigest(text string) bool {
	if digest.MatchString(text) {
		return true
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	return err == nil && len(raw) >= 16 && !strings.HasPrefix(text, "/") && strings.ContainsAny(text, "0123456789") && strings.ToLower(text) != text && strings.ToUpper(text) != text
}

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
		return ok && (x == y || isDigest(x) && isDigest(y))
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
