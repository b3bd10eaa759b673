// Package helm renders charts with Helm's own engine, without network, cluster, clock and chance, and knows which line of
// which template each line of what is rendered came from.
package helm

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	dependencies "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/veil"
)

// Release says what a chart is rendered with.
type Release struct {
	// Values are files of values; those of later ones win.
	Values []string
	// Set are values as --set has them, name=value; they win over those of files.
	Set []string
	// Name and Namespace of the release; empty are those that helm template takes, release-name and default.
	Name, Namespace string
	// Kubernetes is the version of the cluster, such as 1.37, which templates may ask for.
	Kubernetes string
}

// rendering is held while Helm works: it writes to the logger of the process, values included.
var rendering sync.Mutex

// Rendered is what charts render.
type Rendered struct {
	manifest.Parsed
	// Secrets are values that the charts were given, in the forms in which a message may have them, and what stands for
	// those that Helm makes.
	Secrets []string
	// Otherwise are the objects that other renderings give and the first does not, a list for each: of a release of another
	// name, of an upgrade, on a cluster that has more.
	Otherwise [][]manifest.Object
}

// Append adds what another chart renders.
func (r *Rendered) Append(other Rendered) {
	r.Parsed.Append(other.Parsed)
	r.Secrets = append(r.Secrets, other.Secrets...)
	r.Otherwise = append(r.Otherwise, other.Otherwise...)
}

// Render renders the chart in a folder or an archive. What stops it is a finding, as `helm template` would say it; an error
// is one of how it was called.
func Render(name string, release Release) (Rendered, error) {
	values, err := release.values()
	if err != nil {
		return Rendered{}, err
	}
	rendering.Lock()
	defer rendering.Unlock()
	writer := log.Writer()
	log.SetOutput(io.Discard)
	defer log.SetOutput(writer)
	l, err := load(name)
	if err != nil || l.chart == nil {
		return Rendered{Parsed: manifest.Parsed{Findings: l.found}}, err
	}
	parsed := l.render(release, values)
	parsed.Findings = slices.Concat(l.found, parsed.Findings)
	if len(parsed.Objects) == 0 && len(parsed.Findings) == 0 {
		parsed.Findings = []finding.Finding{{
			Rule: "input/no-objects", Severity: finding.Error, Source: &finding.Position{File: l.name},
			Message: "with these values the chart renders no object: nothing was checked",
			Remedy:  "give the values that it is installed with: --values FILE, --set name=value",
		}}
	}
	return Rendered{parsed, l.secrets, l.others}, nil
}

// render renders a chart that was loaded.
func (l *loader) render(release Release, values map[string]any) manifest.Parsed {
	l.secrets = forms(values)
	top, err := l.values(release, values)
	if err != nil {
		return l.failed(err)
	}
	l.secrets = append(l.secrets, forms(table(top["Values"]))...)
	l.shown = l.templates(l.chart)
	l.keys = slices.Sorted(maps.Keys(l.shown))
	unmet := l.schemas(l.chart, table(top["Values"]))
	texts, err := l.run(top, false)
	if err != nil {
		failed := l.failed(err)
		failed.Findings = append(unmet, failed.Findings...)
		return failed
	}
	parsed := l.definitions(l.chart)
	parsed.Findings = append(unmet, parsed.Findings...)
	others, untold := l.otherwise(top)
	parsed.Findings = append(parsed.Findings, untold...)
	marked := l.marked(top)
	drawn := slices.Sorted(maps.Keys(l.drawn))
	slices.SortStableFunc(drawn, func(a, b string) int { return len(b) - len(a) }) // one may be a part of another
	l.secrets = append(l.secrets, drawn...)
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		if path.Base(key) == "NOTES.txt" {
			continue
		}
		one := traced(l.shown[key], texts[key], l.origins(l.shown[key], texts[key], marked[key]))
		parsed.Append(one)
	}
	for _, other := range others {
		more := l.differing(parsed, other)
		if parsed.Findings = append(parsed.Findings, more.Findings...); len(more.Objects) > 0 {
			l.others = append(l.others, more.Objects)
		}
	}
	return parsed
}

// values are what templates see: those of the charts and of the release, and what Helm tells of both.
func (l *loader) values(release Release, values map[string]any) (top common.Values, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("helm broke down: %v", reason)
		}
	}()
	if err := dependencies.ProcessDependencies(l.chart, values); err != nil {
		return nil, err
	}
	able := common.DefaultCapabilities.Copy()
	// What a released Helm says of itself, and one that is a part of another program does not.
	able.HelmVersion.GitCommit, able.HelmVersion.GitTreeState = "fa2d6a2b8d0e5f1c3b7a9e4d6c8f0a1b2c3d4e5f", "clean"
	if release.Kubernetes != "" {
		version, err := common.ParseKubeVersion(release.Kubernetes + ".0")
		if err != nil {
			return nil, err
		}
		able.KubeVersion = *version
	}
	// As helm template calls a release that nobody named. Helm's own validation of schemas fetches what they name.
	options := common.ReleaseOptions{
		Name: cmp.Or(release.Name, "release-name"), Namespace: cmp.Or(release.Namespace, "default"), Revision: 1, IsInstall: true,
	}
	return util.ToRenderValuesWithSchemaValidation(l.chart, values, options, able, true)
}

// run executes the templates of a chart.
func (l *loader) run(values common.Values, wild bool) (map[string]string, error) {
	if l.made == nil {
		l.made = map[string][]reflect.Value{}
	}
	d := newDraws(wild, l.made)
	texts, err := engine.Engine{CustomTemplateFuncs: d.functions()}.RenderWithContext(context.Background(), l.chart, values)
	if l.drawn == nil {
		l.drawn = map[string]bool{}
	}
	for _, text := range d.texts {
		l.drawn[text] = true
	}
	return texts, err
}

// place fits where Helm says that a template failed.
var place = regexp.MustCompile(`\(?([\w./-]+):(\d+)(?::(\d+))?\)?:? *`)

// failed is what is said of a chart that does not render.
func (l *loader) failed(err error) manifest.Parsed {
	message := veil.Scrub(err.Error(), l.secrets)
	stated := strings.HasPrefix(message, "execution error at ")
	f := finding.Finding{
		Rule: "input/helm", Severity: finding.Error, Source: &finding.Position{File: l.name},
		Remedy: "mend the template, or give the values that it wants with --values FILE or --set name=value; helm template says the same",
	}
	if l.missing {
		f.Remedy = "run helm dependency build before: templates may use the charts that are not in charts/"
	}
	for _, at := range place.FindAllStringSubmatch(message, -1) {
		file, ok := l.shown[at[1]]
		if !ok {
			continue
		}
		line, _ := strconv.Atoi(at[2])
		f.Source = &finding.Position{File: file, Line: line}
		message = strings.Replace(message, at[0], "", 1)
		break
	}
	for _, words := range []string{"execution error at ", "parse error at ", "template: "} {
		message = strings.TrimPrefix(message, words)
	}
	message = brief(message)
	switch {
	case stated && !l.writes(message):
		message = "a template refuses the values (fail or required), in words that are made of them"
	case !stated:
		message = manifest.Unquoted(message)
	}
	f.Message = "the chart does not render: " + message
	return manifest.Parsed{Findings: []finding.Finding{f}}
}

// brief is the end of what Helm says, which is the cause: before it stand all templates that led there.
func brief(message string) string {
	lines := strings.FieldsFunc(message, func(r rune) bool { return r == '\n' })
	const most = 400
	text := ""
	if len(lines) > 0 {
		text = strings.TrimSpace(lines[len(lines)-1])
	}
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// table is a value that is one of names.
func table(value any) map[string]any {
	switch v := value.(type) {
	case common.Values:
		return v
	case map[string]any:
		return v
	}
	return nil
}
