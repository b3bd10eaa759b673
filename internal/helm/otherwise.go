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

	"tenon.dev/tenon/internal/finding"
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

// otherwise renders the chart as it is with all that Helm draws, for a release of another name in another namespace, for an
// upgrade, and for a cluster that has each API that the templates name; each draws its passwords and the order of tables
// from all that Helm does. It tells of templates that do not render then.
func (l *loader) otherwise(top common.Values) ([]variant, []finding.Finding) {
	release, _ := top["Release"].(map[string]any)
	named, upgraded := maps.Clone(release), maps.Clone(release)
	named["Name"], named["Namespace"] = otherName, otherNamespace
	upgraded["IsUpgrade"], upgraded["IsInstall"], upgraded["Revision"] = true, false, otherRevision
	back := strings.NewReplacer(otherName, text(release["Name"]), otherNamespace, text(release["Namespace"]))
	others := []variant{
		{when: "with other passwords and orders than here"}, {when: "for a release of another name", values: common.Values{"Release": named}},
		{when: "for an upgrade", values: common.Values{"Release": upgraded}},
	}
	if able, ok := top["Capabilities"].(*common.Capabilities); ok {
		all := able.Copy()
		all.APIVersions = append(slices.Clone(able.APIVersions), beside(able.APIVersions, l.named(l.chart))...)
		all.HelmVersion.Version = "v3.19.0" // many still use it
		others = append(others, variant{when: "on a cluster that has more", values: common.Values{"Capabilities": all}})
	}
	var all []variant
	var found []finding.Finding
	for _, other := range others {
		change := other.values
		other.values, other.back = maps.Clone(top), back
		maps.Copy(other.values, change)
		var untold []finding.Finding
		if other.texts, untold = l.variant(other); other.texts != nil {
			all = append(all, other)
		}
		found = append(found, untold...)
	}
	return all, found
}

// variant is another rendering of a chart.
type variant struct {
	// when says what is otherwise.
	when   string
	values common.Values
	texts  map[string]string
	// back gives texts the names of the release that they are compared with.
	back *strings.Replacer
}

// maxFailing bounds how many templates are left out of a variant.
const maxFailing = 20

// variant renders one. Templates that fail are told and left out, so that they do not hide what the others give: some look
// up what is in the cluster.
func (l *loader) variant(v variant) (texts map[string]string, found []finding.Finding) {
	emptied := map[*common.File][]byte{}
	defer func() {
		for t, data := range emptied {
			t.Data = data
		}
	}()
	for {
		texts, err := l.run(v.values, true)
		if err == nil {
			for key, rendered := range texts {
				texts[key] = v.back.Replace(rendered)
			}
			return texts, found
		}
		failed := l.failed(err).Findings[0]
		found = append(found, finding.Finding{
			Rule: "input/not-read", Severity: finding.Info, Source: failed.Source, Remedy: "see that it renders then, too; helm template --is-upgrade shows an upgrade",
			Message: v.when + " " + failed.Message + ": what it gives then was not checked",
		})
		t := l.template(failed.Source.File)
		if t == nil || emptied[t] != nil || len(emptied) == maxFailing {
			return nil, found
		}
		emptied[t], t.Data = t.Data, nil
	}
}

// template is the one that stands in a file.
func (l *loader) template(file string) *common.File {
	var within func(c *chart.Chart) *common.File
	within = func(c *chart.Chart) *common.File {
		for _, t := range c.Templates {
			if l.shown[path.Join(c.ChartFullPath(), t.Name)] == file && len(t.Data) > 0 {
				return t
			}
		}
		for _, below := range c.Dependencies() {
			if t := within(below); t != nil {
				return t
			}
		}
		return nil
	}
	return within(l.chart)
}

// stable fits a version that a server goes on to serve.
var stable = regexp.MustCompile(`^v\d+$`)

// beside are the names of APIs but those of versions that Kubernetes itself had before a stable one: whether it has them
// still its version says.
func beside(known common.VersionSet, names []string) []string {
	group := func(name string) string { group, _, _ := strings.Cut(name, "/"); return group }
	own := map[string]bool{}
	for _, name := range known {
		own[group(name)] = true
	}
	return slices.DeleteFunc(names, func(name string) bool {
		parts := strings.Split(name, "/")
		return own[parts[0]] && !slices.ContainsFunc(parts[:min(2, len(parts))], stable.MatchString)
	})
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

// differing is what another rendering has and the first one has not. The templates have marks by now.
func (l *loader) differing(first manifest.Parsed, v variant) (more manifest.Parsed) {
	known, told := map[string][]manifest.Object{}, map[string]bool{}
	for _, o := range first.Objects {
		known[o.File] = append(known[o.File], o)
	}
	for _, f := range first.Findings {
		told[f.Rule+f.Message] = true
	}
	var marked map[string]string
	for _, key := range l.keys {
		file, rendered := l.shown[key], v.texts[key]
		isNew := func(o manifest.Object) bool {
			return !slices.ContainsFunc(known[file], func(first manifest.Object) bool { return same(first.Value, o.Value) })
		}
		isUntold := func(f finding.Finding) bool { return !told[f.Rule+f.Message] }
		parsed := manifest.Parse(file, []byte(rendered))
		if path.Base(key) == "NOTES.txt" || !slices.ContainsFunc(parsed.Objects, isNew) && !slices.ContainsFunc(parsed.Findings, isUntold) {
			continue
		}
		if marked == nil {
			marked, _ = l.variant(v)
		}
		all := traced(file, rendered, l.origins(file, rendered, marked[key]))
		for _, o := range all.Objects {
			if isNew(o) {
				more.Objects = append(more.Objects, o)
			}
		}
		for _, f := range all.Findings {
			if isUntold(f) {
				more.Findings = append(more.Findings, f)
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
