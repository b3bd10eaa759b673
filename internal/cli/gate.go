package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/gate"
	"tenon.dev/tenon/internal/policy"
	"tenon.dev/tenon/internal/revision"
)

// gateFlags are what `tenon gate` was told.
type gateFlags struct {
	base, head, folder string
	failOn, now        string
	outputs            []string
	policies, levels   []string
	all, verify        bool
	optional           bool
	images             imageFlags
	limits             limits
}

func (a *app) gateCommand() *cobra.Command {
	var f gateFlags
	cmd := &cobra.Command{
		Use:   "gate --base REVISION",
		Short: "Compare two revisions of the platform, and say whether the change may be merged",
		Long: `gate renders the base and the head, checks both, and compares: what is newly wrong, what
changed in the objects, and what that means: rights, connections, images, costs, the rollout,
what cannot be applied, and what is deleted. New findings block; those of the base do not.

Rules, severities, waivers and what blocks come from the base: a change cannot excuse itself.
Both revisions are read from git's objects (the head from the working tree, unless --head names
another); nothing of them is run, and nothing is written but the outputs.`,
		Example: `  tenon gate --base main
  tenon gate --base origin/main --head HEAD -o text -o sarif=tenon.sarif -o markdown=comment.md
  tenon gate --base ../platform-of-last-week`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.limited(cmd.Context(), f.limits, func(ctx context.Context) error { return a.gate(ctx, f) })
		},
	}
	cmd.Flags().StringVar(&f.base, "base", "", "revision to compare with: a branch, a tag, a commit, or a folder")
	cmd.Flags().StringVar(&f.head, "head", "", "revision to judge (default the working tree)")
	registerFolder(cmd, &f.folder)
	cmd.Flags().BoolVar(&f.all, "all", false, "let findings block that the base has, too")
	cmd.Flags().StringVar(&f.failOn, "fail-on", "", "block at a lower severity than the base's gate.failOn asks for: error, warning or info")
	cmd.Flags().StringVar(&f.now, "now", "", "day that waivers are judged by, as YYYY-MM-DD (default today)")
	cmd.Flags().StringArrayVar(&f.policies, "policy", nil, "folder of the base with more Rego rules, or a bundle as oci://registry/repository:tag (repeatable)")
	cmd.Flags().StringArrayVar(&f.levels, "severity", nil, "severity of a rule, as RULE=error|warning|info|off (repeatable)")
	cmd.Flags().BoolVar(&f.verify, "verify-images", false, "ask the registries for signatures where an environment changed; one that cannot be verified is an error")
	cmd.Flags().BoolVar(&f.optional, "allow-unverified", false, "with --verify-images: an image that could not be verified is a warning")
	registerOutputs(cmd, &f.outputs)
	f.images.register(cmd)
	f.limits.register(cmd)
	return cmd
}

func registerFolder(cmd *cobra.Command, folder *string) {
	cmd.Flags().StringVar(folder, "folder", "", "folder of the repository that holds cue/, where -C is a bare one")
}

// enter finds the platform's folder: of a bare repository it is a part of the revisions.
func (a *app) enter(folder string) {
	if a.bare = revision.IsBare(a.dir); a.bare {
		a.inside = folder
	} else {
		a.dir = filepath.Join(a.dir, folder)
	}
}

func (a *app) gate(ctx context.Context, f gateFlags) error {
	a.enter(f.folder)
	in, err := a.gateInput(ctx, f)
	if err != nil {
		return err
	}
	outputs, err := parseOutputs(f.outputs)
	if err != nil {
		return err
	}
	page, err := gate.Run(ctx, in)
	if err != nil {
		return err
	}
	a.pageInDir(&page)
	return a.write(outputs, page, view{rules: in.Rules, source: func(file string) ([]byte, error) {
		name := a.outOfDir(file)
		if info, err := fs.Stat(in.Head.FS, name); err != nil || !info.Mode().IsRegular() {
			return nil, fs.ErrNotExist // to read a folder of a revision breaks the library
		}
		return fs.ReadFile(in.Head.FS, name)
	}})
}

func (a *app) gateInput(ctx context.Context, f gateFlags) (gate.Input, error) {
	in := gate.Input{All: f.all}
	var err error
	if f.base == "" {
		return in, usagef("gate wants --base: the revision to compare with, such as origin/main")
	}
	if !f.verify && (f.optional || f.images.given()) {
		return in, usagef("--allow-unverified, --key, --trusted-root, --offline and --mirror go with --verify-images: without it no registry is asked")
	}
	if f.failOn != "" {
		severity, err := finding.ParseSeverity(f.failOn)
		if err != nil {
			return in, usagef("--fail-on: %w", err)
		}
		in.FailOn = &severity
	}
	if in.Now, err = day(f.now); err != nil {
		return in, err
	}
	local, remote := parted(f.policies)
	if in.Base, err = a.revision(f.base, local); err != nil {
		return in, err
	}
	if in.Head, err = a.revision(f.head, local); err != nil {
		return in, err
	}
	in.Policies = local
	if f.head == "" {
		if in.More, err = a.ignored(finding.Error); err != nil {
			return in, err
		}
	}
	if in.Vendored, err = vendorFiles(); err != nil {
		return in, err
	}
	if in.NoFacts, _, err = readFacts(""); err != nil {
		return in, err
	}
	if in.Rules, err = baseRules(ctx, in.Base, local, remote); err != nil {
		return in, err
	}
	if in.Levels, err = levels(f.levels, check.New(in.Rules)); err != nil {
		return in, err
	}
	if f.verify {
		in.Images = func(ctx context.Context, checker *check.Checker, subjects []check.ImageSubject) ([]finding.Finding, error) {
			verdicts, err := a.verdicts(ctx, f.images, in.Base.FS, subjects)
			if err != nil {
				return nil, err
			}
			return checker.ImageFindings(ctx, verdicts, !f.optional)
		}
	}
	return in, nil
}

// revision opens a revision, with the folders that a gate or a diff reads; without a name the working
// tree.
func (a *app) revision(name string, policies []string) (revision.Revision, error) {
	if name == "" {
		if a.bare {
			return revision.Revision{}, usagef("%s is a bare repository, which has no working tree: name a revision with --head", a.dir)
		}
		if _, err := a.folder(); err != nil {
			return revision.Revision{}, err
		}
		return revision.WorkingTree(a.dir)
	}
	r, err := revision.Open(a.dir, a.inside, name, append([]string{"cue", "overlays"}, policies...)...)
	if errors.Is(err, revision.ErrUnknown) {
		return r, usageError{err}
	}
	return r, err
}

// parted tells the folders of policies from bundles in registries.
func parted(policies []string) (local, remote []string) {
	for _, name := range policies {
		if strings.HasPrefix(name, "oci://") {
			remote = append(remote, name)
		} else {
			local = append(local, path.Clean(name))
		}
	}
	return local, remote
}

// baseRules compiles tenon's own rules and those that the base has.
func baseRules(ctx context.Context, base revision.Revision, local, remote []string) (*policy.Set, error) {
	sources := []policy.Source{{Name: "tenon", FS: tenon.Policies}}
	for _, name := range local {
		if !fs.ValidPath(name) {
			return nil, usagef("--policy %s: name a folder below the platform's, since the rules are read from the base", name)
		}
		sub, err := fs.Sub(base.FS, name)
		if err == nil {
			_, err = fs.Stat(sub, ".")
		}
		if err != nil {
			return nil, usagef("--policy %s: the base %s has no such folder, and rules come from the base", name, base)
		}
		sources = append(sources, policy.Source{Name: name, FS: sub})
	}
	more, err := policySources(ctx, remote)
	if err != nil {
		return nil, err
	}
	rules, err := policy.Load(ctx, append(sources, more...)...)
	if err != nil && len(local)+len(remote) > 0 {
		return nil, usageError{fmt.Errorf("--policy: %w", err)}
	}
	return rules, err
}
