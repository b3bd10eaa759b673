package helm

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	chart "helm.sh/helm/v4/pkg/chart/v2"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/veil"
)

// elsewhere refuses whatever a schema refers to outside of itself: Helm would fetch it, from files and the network.
type elsewhere struct{}

func (elsewhere) Load(string) (any, error) { return nil, errors.New("it is another schema") }

// schemas holds values against the values.schema.json of a chart and of those that it depends on, as Helm does.
func (l *loader) schemas(c *chart.Chart, values map[string]any) []finding.Finding {
	var found []finding.Finding
	if c.Schema != nil {
		if err := valid(c.Schema, values); err != nil {
			found = append(found, l.unmet(c, values, err))
		}
	}
	for _, below := range c.Dependencies() {
		if inner := table(values[below.Name()]); inner != nil {
			found = append(found, l.schemas(below, inner)...)
		}
	}
	return found
}

func valid(schema []byte, values map[string]any) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("the schema cannot be used: %v", reason)
		}
	}()
	const name = "mem:///values.schema.json"
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(elsewhere{})
	if err := compiler.AddResource(name, value); err != nil {
		return err
	}
	compiled, err := compiler.Compile(name)
	if err != nil {
		return err
	}
	return compiled.Validate(values)
}

// at fits where in the values something is wrong.
var at = regexp.MustCompile(`^at '([^']*)': `)

// known are what jsonschema says that quotes no value, and what is said in the place of what does.
var known = []struct {
	form *regexp.Regexp
	text string
}{
	{regexp.MustCompile(`^(?:missing|additional) propert[\w', -]*(?:not allowed)?$`), "$0"},
	{regexp.MustCompile(`^got \w+, want [\w ,]+$`), "$0"},
	{regexp.MustCompile(`^(\w+): got .*, want (-?[0-9.]{1,20})$`), "$1 is $2"},
	{regexp.MustCompile(`(?s)does not match pattern`), "does not match its pattern"},
	{regexp.MustCompile(`(?s)^value must be`), "is none of the values that may be"},
	{regexp.MustCompile(`(?s)is not valid ([\w-]{1,30})`), "is no valid $1"},
}

// reasons are what is wrong with values, without the values: these are quoted in forms in which nobody finds them.
func reasons(text string) []string {
	var all []string
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		line = strings.TrimPrefix(strings.TrimSpace(line), "- ")
		where := at.FindStringSubmatch(line)
		if where == nil {
			continue
		}
		what := line[len(where[0]):]
		said := "does not fit"
		for _, one := range known {
			if m := one.form.FindStringSubmatchIndex(what); m != nil {
				said = string(one.form.ExpandString(nil, one.text, what, m))
				break
			}
		}
		all = append(all, fmt.Sprintf("at %s (%s)", cmp.Or(where[1], "/"), said))
	}
	return all
}

func (l *loader) unmet(c *chart.Chart, values map[string]any, err error) finding.Finding {
	file := path.Join(l.name, strings.TrimPrefix(c.ChartFullPath(), c.Root().Name()), "values.schema.json")
	if away := new(jsonschema.LoadURLError); errors.As(err, &away) {
		return finding.Finding{
			Rule: "input/not-read", Severity: finding.Info, Source: &finding.Position{File: file},
			Message: "the schema refers to another, which was not fetched: the values were not held against it",
			Remedy:  "put what it refers to under $defs of the schema itself",
		}
	}
	message := veil.Scrub(err.Error(), append(forms(values), l.secrets...))
	if _, rest, ok := strings.Cut(message, "\n"); ok {
		message = strings.Join(reasons(rest), "; ")
	}
	return finding.Finding{
		Rule: "input/helm", Severity: finding.Error, Source: &finding.Position{File: file},
		Message: "the values do not fit the schema of the chart, so Helm refuses them: " + brief(message),
		Remedy:  "mend the values that it names, in --values or values.yaml",
	}
}
