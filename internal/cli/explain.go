package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/report"
	"tenon.dev/tenon/internal/veil"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain TARGET KIND/NAME FIELD",
		Short: "Show every line of CUE that contributed to a rendered value",
		Long: `explain prints the value of a field of a rendered object and the places that led to it, the
one to mend first. Each place says how it contributed: a literal or part of the value in the
team's own files, the team's use of a template, a default of the schema, a template of the
render, or a reference on the way.`,
		Example:           `  tenon explain prod/phase1 Task/notebook-execution-gpu spec.steps[0].computeResources.limits.memory`,
		Args:              exactly(3, "a target, an object and a field"),
		ValidArgsFunction: a.completeExplain,
		RunE:              func(_ *cobra.Command, args []string) error { return a.explain(args[0], args[1], args[2]) },
	}
}

func (a *app) explain(targetName, objectName, fieldName string) error {
	wanted, err := target(targetName)
	if err != nil {
		return err
	}
	kind, name, ok := strings.Cut(objectName, "/")
	if !ok {
		return usagef("object %q: write Kind/name, such as Task/notebook-execution-gpu", objectName)
	}
	environments, err := a.environments(wanted.Environment)
	if err != nil {
		return err
	}
	o, err := findObject(environments[0], wanted, kind, name)
	if err != nil {
		return err
	}
	field := manifest.ParsePath(fieldName)
	value, ok := manifest.Lookup(o.Value, field)
	if !ok {
		return usagef("%s in %s has no field %s", objectName, wanted, fieldName)
	}
	text, err := shownText(shownAt(o, field, value))
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s = %s\n", report.Line(field.String()), report.Value(text))
	lines := report.NewExcerpts(sourceFile)
	for _, place := range o.Origin.Trace(field, "") {
		r := a.inDir(finding.Report{Findings: []finding.Finding{{Source: &place.Position}}})
		at := *r.Findings[0].Source
		fmt.Fprintf(a.stdout, "  %-9s  %s:%d:%d\n", place.Role, report.Line(at.File), at.Line, at.Column)
		if line, ok := lines.Line(at); ok {
			fmt.Fprintf(a.stdout, "             %s\n", strings.TrimSpace(line))
		}
	}
	return nil
}

// shownText writes a value of several parts as YAML, below the name of its field.
func shownText(value any) (string, error) {
	switch value.(type) {
	case map[string]any, []any:
		text, err := yaml.Marshal(value)
		if err != nil {
			return "", fmt.Errorf("showing the value: %w", err)
		}
		return "\n" + strings.TrimRight(string(text), "\n"), nil
	}
	return fmt.Sprint(value), nil
}

// shownAt is the value at a field as it may be shown: what it is called stands in the object.
func shownAt(o manifest.Object, field manifest.Path, value any) any {
	shown := veil.Object(o.Kind, o.Value)
	if hidden, ok := manifest.Lookup(shown, field); ok {
		return hidden
	}
	return veil.At(o.Kind, field, value)
}

func findObject(e check.Environment, wanted finding.Target, kind, name string) (manifest.Object, error) {
	for _, t := range e.Targets {
		if t.Target != wanted {
			continue
		}
		var near []string
		for _, o := range t.Objects {
			if strings.EqualFold(o.Kind, kind) {
				if o.Name == name {
					return o, nil
				}
				near = append(near, o.Name)
			}
		}
		return manifest.Object{}, usagef("%s has no %s/%s; of that kind it has: %s", wanted, kind, name, strings.Join(near, ", "))
	}
	return manifest.Object{}, usagef("environment %s has no phase %s, only %s", wanted.Environment, wanted.Phase, strings.Join(e.Phases, ", "))
}
