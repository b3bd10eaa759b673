package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/overlay"
	"tenon.dev/tenon/internal/report"
)

func (a *app) renderCommand() *cobra.Command {
	var compare bool
	var only, output string
	cmd := &cobra.Command{
		Use:   "render",
		Short: "Write the overlays of every environment and phase, proven by building them",
		Long: `render writes overlays/base, overlays/<environment>/base and overlays/<environment>/<phase>.
Before anything is written, every overlay is built with kustomize and must equal what was
rendered. The folder is replaced as a whole or not at all.`,
		Example: `  tenon render                              # write overlays/
  tenon render --check                      # fail with the diff if they are stale
  tenon render --target prod/phase2 -o -    # print one target's objects`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case only != "" && output != "-":
				return usagef("--target prints one target's objects: give -o - with it")
			case only == "" && output != "":
				return usagef("-o - prints one target's objects: give --target with it")
			case only != "" && compare:
				return usagef("--check compares all overlays: leave out --target")
			case only != "":
				return a.print(only)
			}
			return a.render(cmd.Context(), compare)
		},
	}
	cmd.Flags().BoolVar(&compare, "check", false, "compare with the overlays there are, and write nothing")
	cmd.Flags().StringVar(&only, "target", "", "print only this target, as environment/phase")
	cmd.Flags().StringVarP(&output, "output", "o", "", "with --target: - for standard output")
	return cmd
}

// print writes the objects of one target to stdout, as one YAML stream.
func (a *app) print(name string) error {
	wanted, err := target(name)
	if err != nil {
		return err
	}
	environments, err := a.environments(wanted.Environment)
	if err != nil {
		return err
	}
	for _, t := range environments[0].Targets {
		if t.Target != wanted {
			continue
		}
		stream, err := manifest.MarshalStream(t.Objects)
		if err != nil {
			return err
		}
		_, err = a.stdout.Write(stream)
		return err
	}
	return usagef("environment %s has no phase %s, only %v", wanted.Environment, wanted.Phase, environments[0].Phases)
}

func (a *app) render(ctx context.Context, compare bool) error {
	environments, err := a.environments()
	if err != nil {
		return err
	}
	var targets []overlay.Rendered
	objects := 0
	for _, e := range environments {
		targets = append(targets, e.Targets...)
		for _, t := range e.Targets {
			objects += len(t.Objects)
		}
	}
	count := len(targets)
	if shared, conflicts := check.ArgoCD(environments); len(conflicts) > 0 {
		return fmt.Errorf("%s\n  try: %s", conflicts[0].Message, conflicts[0].Remedy)
	} else if len(shared.Objects) > 0 {
		targets = append(targets, shared)
		objects += len(shared.Objects)
	}
	files, err := overlay.Layout(targets)
	if err != nil {
		return err
	}
	if err := overlay.Prove(files, targets); err != nil {
		return err
	}
	if compare {
		return a.compare(files)
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if err := overlay.Write(a.overlays(), files); err != nil {
		if errors.Is(err, overlay.ErrForeign) {
			return usageError{err}
		}
		return err
	}
	a.say("rendered %d targets (%d objects) into %s: %d files, each overlay proven by building it",
		count, objects, a.overlays(), len(files))
	return nil
}

func (a *app) compare(files map[string][]byte) error {
	changes, err := overlay.Compare(a.overlays(), files)
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		a.say("%s is up to date", a.overlays())
		return nil
	}
	if _, err := io.WriteString(a.stdout, report.Value(string(changes))); err != nil {
		return err
	}
	a.say("%s is stale\n  try: tenon render", a.overlays())
	return errFindings
}
