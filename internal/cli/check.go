package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/spf13/cobra"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/gate"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/internal/policy"
	"tenon.dev/tenon/internal/report"
	"tenon.dev/tenon/internal/revision"
)

// checkFlags are what `tenon check` was told.
type checkFlags struct {
	failOn, now, facts         string
	outputs                    []string
	policies, levels           []string
	definitions, profile       string
	baseline, writeBaseline    string
	complete, verify, required bool
	charts                     chartFlags
	images                     imageFlags
}

func (a *app) checkCommand() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check [FILE|FOLDER|-]...",
		Short: "Check every target of the platform, or manifests from anywhere",
		Long: `check runs all stages: the CUE schema, the real types and validators of Kubernetes and
Tekton, references and placement across objects, the Rego rules, and image pins. Without
arguments it checks every target of the platform; with arguments it checks those manifests.

Nothing reaches the network unless --verify-images or --policy oci://... is given.`,
		Example: `  tenon check                          # the platform, all targets
  tenon check -o json                  # the same as one JSON document
  tenon check manifests/ run.yaml      # any Kubernetes manifests
  kubectl get task build -o yaml | tenon check -
  tenon check --helm charts/ci --values prod.yaml
  tenon check --verify-images          # ask the registry for signatures too`,
		Args: func(*cobra.Command, []string) error { return nil },
		RunE: func(cmd *cobra.Command, args []string) error { return a.check(cmd.Context(), f, args) },
	}
	registerOutputs(cmd, &f.outputs)
	cmd.Flags().StringVar(&f.failOn, "fail-on", "error", "lowest severity that fails: error, warning or info")
	cmd.Flags().StringVar(&f.now, "now", "", "day that waivers are judged by, as YYYY-MM-DD (default today)")
	cmd.Flags().StringVar(&f.facts, "facts", "", "for manifests: file with the facts of the cluster (schema #Facts; YAML, JSON or CUE)")
	cmd.Flags().BoolVar(&f.complete, "complete", false, "for manifests: they and the facts are all there is, so what does not resolve is an error")
	cmd.Flags().StringArrayVar(&f.policies, "policy", nil, "folder with more Rego rules, conftest's included, or a bundle as oci://registry/repository:tag (repeatable)")
	cmd.Flags().StringArrayVar(&f.levels, "severity", nil, "severity of a rule, as RULE=error|warning|info|off (repeatable)")
	cmd.Flags().StringVar(&f.profile, "profile", "", "severities that rules have: strict (default for a platform), or standard (default for manifests), by which an error is what can never work, or a hole")
	cmd.Flags().StringVar(&f.baseline, "baseline", "", "file of findings that are known, which --write-baseline wrote: only others are told")
	cmd.Flags().StringVar(&f.writeBaseline, "write-baseline", "", "write all findings to a file for --baseline, and pass")
	cmd.Flags().StringVar(&f.definitions, "definitions", "", "for manifests: folder with CustomResourceDefinitions that are not among them")
	cmd.Flags().BoolVar(&f.verify, "verify-images", false, "for a platform: ask the registries for signatures")
	cmd.Flags().BoolVar(&f.required, "require-verified", false, "with --verify-images: an image that could not be verified is an error")
	f.charts.register(cmd)
	f.images.register(cmd)
	return cmd
}

func (a *app) check(ctx context.Context, f checkFlags, args []string) error {
	if !f.verify && (f.required || f.images.given()) {
		return usagef("--require-verified, --key, --trusted-root, --offline and --mirror go with --verify-images: without it no registry is asked")
	}
	failOn, err := finding.ParseSeverity(f.failOn)
	if err != nil {
		return usagef("--fail-on: %w", err)
	}
	now, err := day(f.now)
	if err != nil {
		return err
	}
	outputs, err := parseOutputs(f.outputs)
	if err != nil {
		return err
	}
	rules, err := loadRules(ctx, f.policies)
	if err != nil {
		return err
	}
	checker := check.New(rules)
	if checker.Levels, err = levels(f.levels, checker); err != nil {
		return err
	}
	if f.profile != "" {
		if checker.Profile, err = finding.ParseProfile(f.profile); err != nil {
			return usagef("--profile: %w", err)
		}
	}
	if err := a.knows(f, checker); err != nil {
		return err
	}
	var all []finding.Finding
	checker.Found = func(found []finding.Finding) { all = found }
	var page report.Page
	if err := f.charts.check(); err != nil {
		return err
	}
	if len(args) > 0 || len(f.charts.charts) > 0 {
		page.Report, err = a.checkFiles(ctx, f, checker, args, now)
	} else {
		page, err = a.checkPlatform(ctx, f, checker, now)
	}
	if err != nil {
		return err
	}
	page.FailOn = failOn
	if f.writeBaseline != "" {
		return a.writeKnown(f.writeBaseline, all)
	}
	return a.write(outputs, page, view{rules: rules, source: sourceFile, objects: checker.Objects})
}

// writeKnown writes all findings as known.
func (a *app) writeKnown(name string, found []finding.Finding) error {
	var text bytes.Buffer
	baseline := finding.NewBaseline(found)
	if err := baseline.Write(&text); err != nil {
		return err
	}
	if err := replaceFile(name, &text); err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "wrote %s to %s\n  try: tenon check --baseline %s\n", fmt.Sprintf("%d findings", len(found)), name, name)
	return nil
}

// knows reads the findings that are known.
func (a *app) knows(f checkFlags, checker *check.Checker) error {
	if f.baseline != "" && f.writeBaseline != "" {
		return usagef("--baseline reads a file and --write-baseline writes one: give one of them")
	}
	if f.baseline == "" {
		return nil
	}
	text, err := os.ReadFile(f.baseline)
	if err != nil {
		return usagef("--baseline: %w", err)
	}
	if checker.Baseline, err = finding.ReadBaseline(text); err != nil {
		return usagef("--baseline %s: %w\n  try: --write-baseline %s", f.baseline, err, f.baseline)
	}
	return nil
}

func (a *app) checkFiles(ctx context.Context, f checkFlags, checker *check.Checker, args []string, now time.Time) (finding.Report, error) {
	facts, found, err := readFacts(f.facts)
	if err != nil || len(found) > 0 {
		return finding.NewReport(found, finding.Summary{}), err
	}
	definitions, err := readDefinitions(f.definitions)
	if err != nil {
		return finding.Report{}, err
	}
	if f.verify {
		if found, err = a.imageFindings(ctx, f, checker, args); err != nil {
			return finding.Report{}, err
		}
	}
	rendered, err := f.charts.render(facts.Kubernetes)
	if err != nil {
		return finding.Report{}, err
	}
	return checker.Files(ctx, check.Manifests{
		Paths: args, Stdin: a.stdin, Rendered: rendered, Facts: facts, Complete: f.complete, Now: now, Found: found, Definitions: definitions,
	})
}

// imageFindings verifies the images of manifests by the policies among them.
func (a *app) imageFindings(ctx context.Context, f checkFlags, checker *check.Checker, args []string) ([]finding.Finding, error) {
	if slices.Contains(args, "-") || len(f.charts.charts) > 0 {
		return nil, usagef("--verify-images reads files and folders, not standard input or charts")
	}
	subjects, err := a.imageSubjects(args)
	if err != nil {
		return nil, err
	}
	verdicts, err := a.verdicts(ctx, f.images, os.DirFS(a.dir), subjects)
	if err != nil {
		return nil, err
	}
	return checker.ImageFindings(ctx, verdicts, f.required)
}

// levels reads --severity.
func levels(flags []string, checker *check.Checker) (finding.Levels, error) {
	all := finding.Levels{}
	for _, flag := range flags {
		rule, text, _ := strings.Cut(flag, "=")
		level, err := finding.ParseLevel(text)
		if err != nil {
			return nil, usagef("--severity %s: %w", flag, err)
		}
		if !checker.Knows(rule) {
			return nil, usagef("--severity: there is no rule %s\n  try: tenon rules list", rule)
		}
		all[rule] = level
	}
	return all, nil
}

// readDefinitions reads the CustomResourceDefinitions of a folder; a folder without one would
// check nothing more.
func readDefinitions(folder string) ([]manifest.Object, error) {
	if folder == "" {
		return nil, nil
	}
	parsed, err := check.Read(folder, strings.NewReader(""))
	if err != nil {
		return nil, usagef("--definitions: %w", err)
	}
	if len(parsed.Findings) > 0 {
		return nil, usagef("--definitions: %s: %s", parsed.Findings[0].Source, parsed.Findings[0].Message)
	}
	found := slices.DeleteFunc(parsed.Objects, func(o manifest.Object) bool { return o.Kind != "CustomResourceDefinition" })
	if len(found) == 0 {
		return nil, usagef("--definitions: there is no CustomResourceDefinition in %s", folder)
	}
	return found, nil
}

func readFacts(file string) (platform.Facts, []finding.Finding, error) {
	if file == "" {
		facts, err := platform.DefaultFacts()
		return facts, nil, err
	}
	data, err := confine.ReadNamed(file, 16<<20)
	if err != nil {
		return platform.Facts{}, nil, usagef("--facts: %w", err)
	}
	return platform.ReadFacts(tenon.CUE, file, data)
}

func (a *app) checkPlatform(ctx context.Context, f checkFlags, checker *check.Checker, now time.Time) (report.Page, error) {
	if f.facts != "" || f.complete || f.definitions != "" {
		return report.Page{}, usagef("--facts, --definitions and --complete are for manifests: a platform states its facts itself")
	}
	folder, err := a.folder()
	if err != nil {
		return report.Page{}, err
	}
	environments, refused, err := check.Load(folder)
	if err != nil {
		return report.Page{}, err
	}
	refused = append(refused, vendored(folder)...)
	hidden, err := a.ignored(finding.Warning)
	if err != nil {
		return report.Page{}, err
	}
	refused = append(refused, hidden...)
	if f.verify {
		verdicts, err := a.verdicts(ctx, f.images, os.DirFS(a.dir), check.ImageSubjects(environments))
		if err != nil {
			return report.Page{}, err
		}
		more, err := checker.ImageFindings(ctx, verdicts, f.required)
		if err != nil {
			return report.Page{}, err
		}
		refused = append(refused, more...)
	}
	r, err := checker.Platform(ctx, environments, now, refused...)
	if err != nil {
		return report.Page{}, err
	}
	page := report.Page{Report: a.inDir(r), Targets: gate.Targets(environments, r.Findings)}
	page.Pipelines, page.Pools = gate.Pictures(environments, nil)
	page.Platform = gate.Platform(environments)
	return page, nil
}

// ignored finds CUE that git ignores: it is part of what is checked here, and of no commit.
func (a *app) ignored(severity finding.Severity) ([]finding.Finding, error) {
	names, err := revision.Ignored(a.dir, "cue")
	var found []finding.Finding
	for _, name := range names {
		if path.Ext(name) == ".cue" {
			found = append(found, finding.Finding{
				Rule: "input/ignored-file", Severity: severity, Source: &finding.Position{File: name},
				Message: "git ignores it: what is rendered here is not what is rendered from a commit",
				Remedy:  "take it out of .gitignore and commit it, or move it away from the platform",
			})
		}
	}
	return found, err
}

// loadRules compiles tenon's own rules and those of further folders and bundles.
func loadRules(ctx context.Context, folders []string) (*policy.Set, error) {
	more, err := policySources(ctx, folders)
	if err != nil {
		return nil, err
	}
	rules, err := policy.Load(ctx, append([]policy.Source{{Name: "tenon", FS: tenon.Policies}}, more...)...)
	if err != nil && len(folders) > 0 {
		return nil, usageError{fmt.Errorf("--policy: %w", err)}
	}
	return rules, err
}

func policySources(ctx context.Context, names []string) ([]policy.Source, error) {
	var sources []policy.Source
	for _, name := range names {
		if reference, remote := strings.CutPrefix(name, "oci://"); remote {
			bundle, err := image.Client{Keychain: authn.DefaultKeychain}.Bundle(ctx, reference)
			if err != nil {
				return nil, fmt.Errorf("--policy: %w", err)
			}
			sources = append(sources, policy.Source{Name: name, FS: bundle})
			continue
		}
		if info, err := os.Stat(name); err != nil || !info.IsDir() {
			return nil, usagef("--policy %s is not a folder that can be read", name)
		}
		if err := confine.Strays(name); err != nil {
			return nil, usagef("--policy %s: %w", name, err)
		}
		root, err := os.OpenRoot(name) // a symlink out of the folder is not followed
		if err != nil {
			return nil, usagef("--policy %s: %w", name, err)
		}
		sources = append(sources, policy.Source{Name: name, FS: root.FS()})
	}
	return sources, nil
}
