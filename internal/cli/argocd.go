package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/argocd"
	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/policy"
	"tenon.dev/tenon/internal/report"
)

func (a *app) argocdCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "argocd",
		Short: "Run as a config management plugin of Argo CD, and install it",
		Long: `argocd renders the platform inside of Argo CD. An Application names its target by the
parameters environment and phase, by plugin.env (TENON_TARGET, or TENON_ENVIRONMENT and
TENON_PHASE), or by its path (overlays/prod/phase2, overlays/prod or cue/platform/prod).`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.argocdGenerateCommand(), a.argocdDiscoverCommand(), a.argocdParametersCommand(), a.argocdPluginCommand())
	return cmd
}

func (a *app) argocdGenerateCommand() *cobra.Command {
	var policies []string
	l := limits{}
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Print the objects of the target that an Application names, if they pass every check",
		Long: `generate is run by Argo CD in the Application's folder. It prints nothing before every check has
passed; else the first line of stderr is the reason. The environment of the process says what
is wanted; TENON_FAIL_ON under plugin.env is the lowest severity that stops a sync.`,
		Example: "  cd overlays/prod/phase2 && tenon argocd generate",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.plugged(cmd.Context(), l, func(ctx context.Context, p plug) error { return a.argocdGenerate(ctx, p, policies) })
		},
	}
	cmd.Flags().StringArrayVar(&policies, "policy", nil, "folder of the platform with more Rego rules (repeatable)")
	l.registerWith(cmd, 50*time.Second, 1024)
	return cmd
}

func (a *app) argocdDiscoverCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "discover",
		Short:   "Print the platform's folder where the Application belongs to one; else nothing",
		Example: "  cd overlays/prod/phase2 && tenon argocd discover",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, below, err := argocd.Find(a.dir)
			if errors.Is(err, argocd.ErrNoPlatform) {
				return nil // another tool's Application: no match is no error
			}
			if errors.Is(err, argocd.ErrSeveral) {
				_, err = fmt.Fprintln(a.stdout, "cue/platform") // where nothing matches Argo CD takes another tool, which would not refuse
				return err
			}
			if err == nil {
				_, err = fmt.Fprintln(a.stdout, path.Join(strings.Repeat("../", strings.Count(path.Clean(below)+"/", "/")), "cue/platform"))
			}
			return err
		},
	}
}

func (a *app) argocdParametersCommand() *cobra.Command {
	l := limits{}
	cmd := &cobra.Command{
		Use:     "parameters",
		Short:   "Announce the parameters to Argo CD's interface, with their types and defaults",
		Example: "  cd overlays/prod/phase2 && tenon argocd parameters",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.plugged(cmd.Context(), l, func(_ context.Context, p plug) error {
				all, err := argocd.Announce(p.tree, p.request)
				if err != nil {
					return err
				}
				return json.NewEncoder(a.stdout).Encode(all)
			})
		},
	}
	l.registerWith(cmd, 20*time.Second, 1024)
	return cmd
}

// plug is one call by Argo CD.
type plug struct {
	tree    fs.FS
	request argocd.Request
}

// plugged does the work of a call within its limits. No error names the folder that the server unpacked
// the Application into.
func (a *app) plugged(ctx context.Context, l limits, work func(context.Context, plug) error) error {
	root, below, err := argocd.Find(a.dir)
	if err != nil {
		return err
	}
	request, err := argocd.ReadRequest(os.Environ(), below)
	if err != nil {
		return err
	}
	opened, err := os.OpenRoot(root)
	if err != nil {
		return fmt.Errorf("opening the platform: %w", errors.Unwrap(err))
	}
	err = a.limited(ctx, l, func(ctx context.Context) error { return work(ctx, plug{opened.FS(), request}) })
	if err != nil && !errors.Is(err, errFindings) {
		return errors.New(strings.ReplaceAll(strings.ReplaceAll(err.Error(), root+"/", ""), root, "."))
	}
	return err
}

func (a *app) argocdGenerate(ctx context.Context, p plug, policies []string) error {
	sources := []policy.Source{{Name: "tenon", FS: tenon.Policies, ObjectsOnly: true}}
	for _, folder := range policies {
		sub, err := fs.Sub(p.tree, path.Clean(folder))
		if err != nil {
			return fmt.Errorf("--policy %s: name a folder below the platform's", folder)
		}
		sources = append(sources, policy.Source{Name: folder, FS: sub})
	}
	rules, err := policy.Load(ctx, sources...)
	if err != nil {
		return err
	}
	result, err := argocd.Generate(ctx, p.tree, check.New(rules), p.request, time.Now())
	if err != nil {
		return err
	}
	if result.Reason != "" {
		fmt.Fprintf(a.stderr, "%s\n\n", report.Line(result.Reason))
	}
	if err := a.log(result, p.tree); err != nil {
		return err
	}
	if result.Reason != "" {
		return errFindings
	}
	stream, err := manifest.MarshalStream(result.Objects)
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(stream)
	return err
}

// maxLog bounds what is logged: it is shown in Argo CD's interface where a sync is stopped.
const maxLog = 16 << 10

// log tells on stderr what was found, and what else should be seen.
func (a *app) log(result argocd.Result, tree fs.FS) error {
	var b strings.Builder
	for _, note := range result.Notes {
		fmt.Fprintf(&b, "note: %s\n", report.Line(note))
	}
	page := report.Page{Report: result.Report, FailOn: finding.Error}
	source := func(file string) ([]byte, error) { return fs.ReadFile(tree, file) }
	if err := report.Write(&b, "text", page, report.Options{Source: source}); err != nil {
		return err
	}
	text := b.String()
	if len(text) > maxLog {
		text = strings.ToValidUTF8(text[:maxLog], "") + "\n... tenon check shows the rest\n"
	}
	_, err := fmt.Fprint(a.stderr, text)
	return err
}
