package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/gate"
	"tenon.dev/tenon/internal/policy"
	"tenon.dev/tenon/internal/report"
)

// diffFlags are what `tenon diff` was told.
type diffFlags struct {
	base, head, live string
	folder           string
	outputs          []string
	exitCode         bool
	limits           limits
}

func (a *app) diffCommand() *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:   "diff [TARGET] [TARGET]",
		Short: "Compare the objects of two revisions, of two targets, or of a cluster and a target",
		Long: `diff compares objects by what they mean: items of lists by their key, quantities by their
value, and order only where it matters. What differs alike in several targets is one entry, with
the line of CUE that led to it. Values of secrets are not shown.

With --base two revisions are compared (in all targets, or in those named), with two targets these,
and with --live an export of a cluster with one target: then fields that only the cluster has, such
as defaults and status, are left out. Targets are named prod/phase2 or overlays/prod/phase2.`,
		Example: `  tenon diff --base main
  tenon diff --base v1.4.0 --head v1.5.0 prod/phase1
  tenon diff prod/phase1 prod/phase2
  kubectl get tasks,pipelines -n tekton-gpu-pipelines -o yaml | tenon diff --live - prod/phase2`,
		ValidArgsFunction: a.completeTargets(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.limited(cmd.Context(), f.limits, func(context.Context) error { return a.diff(f, args) })
		},
	}
	cmd.Flags().StringVar(&f.base, "base", "", "revision to compare with: a branch, a tag, a commit, or a folder")
	cmd.Flags().StringVar(&f.head, "head", "", "with --base: the other revision (default the working tree)")
	registerFolder(cmd, &f.folder)
	cmd.Flags().StringVar(&f.live, "live", "", "file or folder with what a cluster has, or - for standard input")
	cmd.Flags().BoolVar(&f.exitCode, "exit-code", false, "exit with 1 where something differs")
	cmd.Flags().StringArrayVarP(&f.outputs, "output", "o", nil, "FORMAT, or FORMAT=FILE, repeatable: "+strings.Join(report.Comparisons(), ", ")+" (default text)")
	completeOutputs(cmd, report.Comparisons())
	f.limits.register(cmd)
	return cmd
}

func (a *app) diff(f diffFlags, args []string) error {
	a.enter(f.folder)
	outputs, err := parseOutputs(f.outputs)
	if err != nil {
		return err
	}
	for _, o := range outputs {
		if !slices.Contains(report.Comparisons(), o.format) {
			return usagef("-o %s: a comparison without a judgement has the formats %s\n  try: tenon gate", o.format, strings.Join(report.Comparisons(), ", "))
		}
	}
	var targets []finding.Target
	for _, arg := range args {
		t, err := target(strings.TrimSuffix(strings.TrimPrefix(arg, "overlays/"), "/"))
		if err != nil {
			return err
		}
		targets = append(targets, t)
	}
	page, head, err := a.compared(f, targets)
	if errors.Is(err, gate.ErrNoTarget) {
		return usageError{fmt.Errorf("%w\n  try: tenon check -o json, which lists the targets", err)}
	}
	if err != nil {
		return err
	}
	a.pageInDir(&page)
	source := func(file string) ([]byte, error) { return fs.ReadFile(head, a.outOfDir(file)) }
	if err := a.write(outputs, page, view{rules: &policy.Set{}, source: source}); err != nil {
		return err
	}
	if f.exitCode && len(page.Changes) > 0 {
		return errFindings
	}
	return nil
}

// compared tells the three forms of the command apart; it also returns the files of the head.
func (a *app) compared(f diffFlags, targets []finding.Target) (report.Page, fs.FS, error) {
	switch {
	case f.base != "" && f.live != "":
		return report.Page{}, nil, usagef("--base compares two revisions, and --live a cluster with a target: give one of them")
	case f.base != "":
		return a.comparedRevisions(f, targets)
	case f.head != "":
		return report.Page{}, nil, usagef("--head goes with --base: the revision to compare it with")
	case f.live != "" && len(targets) != 1:
		return report.Page{}, nil, usagef("--live wants one target to compare with, such as prod/phase2")
	case f.live == "" && len(targets) != 2:
		return report.Page{}, nil, usagef("diff wants --base REVISION, two targets, or --live FILE and a target\n  try: tenon diff --help")
	}
	folder, err := a.folder()
	if err != nil {
		return report.Page{}, nil, err
	}
	var names []string
	for _, t := range targets {
		if !slices.Contains(names, t.Environment) {
			names = append(names, t.Environment)
		}
	}
	environments, err := a.environments(names...)
	if err != nil {
		return report.Page{}, nil, err
	}
	if f.live == "" {
		page, err := gate.CompareTargets(environments, targets[0], targets[1])
		return page, folder.FS, err
	}
	live, err := check.Read(f.live, a.stdin)
	if err != nil {
		return report.Page{}, nil, usagef("--live: %w", err)
	}
	if len(live.Findings) > 0 {
		return report.Page{}, nil, usagef("--live: %s: %s", live.Findings[0].Source, live.Findings[0].Message)
	}
	page, err := gate.CompareLive(environments, f.live, live.Objects, targets[0])
	return page, folder.FS, err
}

func (a *app) comparedRevisions(f diffFlags, targets []finding.Target) (report.Page, fs.FS, error) {
	base, err := a.revision(f.base, nil)
	if err != nil {
		return report.Page{}, nil, err
	}
	head, err := a.revision(f.head, nil)
	if err != nil {
		return report.Page{}, nil, err
	}
	page, refused, err := gate.Compare(gate.Input{Base: base, Head: head}, targets...)
	if err != nil {
		return report.Page{}, nil, err
	}
	if len(refused) > 0 {
		return report.Page{}, nil, a.refused(refused)
	}
	return page, head.FS, nil
}
