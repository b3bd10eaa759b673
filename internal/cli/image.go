package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/spf13/cobra"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/image/layout"
	"tenon.dev/tenon/internal/image/signing"
	"tenon.dev/tenon/internal/report"
)

// imageFlags say how registries are reached and what signatures are verified with.
type imageFlags struct {
	key     string
	mirror  string
	offline string
	noCache bool
	roots   []string
	timeout time.Duration
}

func (f *imageFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.key, "key", "", "verify with this PEM public key instead of the signing policies")
	cmd.Flags().StringArrayVar(&f.roots, "trusted-root", nil, "trusted_root.json that certificates and logs are trusted by, as FILE or TRUSTROOT=FILE; default cue/platform/trusted_root.json if it exists")
	cmd.Flags().StringVar(&f.offline, "offline", "", "verify with what this folder holds, which tenon image export wrote; no network is used")
	cmd.Flags().BoolVar(&f.noCache, "no-cache", false, "ask the registries even for what was verified before")
	f.registerRegistry(cmd)
}

func (f *imageFlags) registerRegistry(cmd *cobra.Command) { f.registerWithin(cmd, 20*time.Second) }

// registerWithin has another time for one image.
func (f *imageFlags) registerWithin(cmd *cobra.Command, each time.Duration) {
	cmd.Flags().StringVar(&f.mirror, "mirror", "", "find the images elsewhere, as PREFIX=PREFIX, such as registry.example.com/gpu=localhost:5000/gpu")
	cmd.Flags().DurationVar(&f.timeout, "registry-timeout", each, "time for one image")
}

// given tells whether any of the flags was used that only mean something for verification.
func (f imageFlags) given() bool {
	return f.key != "" || f.mirror != "" || f.offline != "" || len(f.roots) > 0
}

func (f imageFlags) client() (image.Client, error) {
	c := image.Client{Keychain: authn.DefaultKeychain, Timeout: f.timeout}
	if f.mirror != "" {
		from, to, ok := strings.Cut(f.mirror, "=")
		if !ok || from == "" || to == "" {
			return c, usagef("--mirror %q: write FROM=TO, two prefixes of image names", f.mirror)
		}
		c.Mirror = image.Mirror{From: from, To: to}
	}
	if f.offline != "" {
		var err error
		if c.Offline, err = layout.Open(f.offline); err != nil {
			return c, usagef("--offline: %w", err)
		}
		return c, nil
	}
	if dir, err := os.UserCacheDir(); err == nil && !f.noCache {
		c.Cache = filepath.Join(dir, "tenon", "images")
	}
	return c, nil
}

// trust reads what signatures are verified with. A root that the platform checks in needs no flag.
func (f imageFlags) trust(platform fs.FS) (check.Trust, error) {
	var t check.Trust
	var err error
	if t.Roots, err = signing.ReadRoots(f.roots); err != nil {
		return t, usagef("--trusted-root: %w", err)
	}
	if _, err := fs.Stat(platform, ownRoot); err == nil && len(f.roots) == 0 {
		if t.Roots, err = signing.OwnRoot(platform, ownRoot); err != nil {
			return t, err
		}
	}
	if f.key == "" {
		return t, nil
	}
	pem, err := confine.ReadNamed(f.key, 1<<20)
	if err != nil {
		return t, usagef("--key: %w", err)
	}
	if err := signing.ReadKey(pem); err != nil {
		return t, usagef("--key %s: %w", f.key, err)
	}
	own := signing.KeyPolicy(pem)
	t.Own = &own
	return t, nil
}

// ownRoot is where a platform may keep the root of trust.
const ownRoot = "cue/platform/trusted_root.json"

// verdicts judges images; platform holds the files of the revision whose root of trust counts.
func (a *app) verdicts(ctx context.Context, f imageFlags, platform fs.FS, subjects []check.ImageSubject) ([]check.ImageVerdict, error) {
	client, err := f.client()
	if err != nil {
		return nil, err
	}
	trust, err := f.trust(platform)
	if err != nil {
		return nil, err
	}
	return check.VerifyImages(ctx, client, subjects, trust), nil
}

func (a *app) imageCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "image", Short: "List, lock, inspect, verify and export the platform's images",
		Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, c := range []*cobra.Command{a.imageListCommand(), a.imageLockCommand(), a.imageInspectCommand(), a.imageVerifyCommand(), a.imageExportCommand()} {
		cmd.AddCommand(a.bound(c, (*limits).registerLarge))
	}
	return cmd
}

func (a *app) imageVerifyCommand() *cobra.Command {
	var f imageFlags
	var format string
	cmd := &cobra.Command{
		Use:   "verify [FILE|FOLDER...]",
		Short: "Verify the signatures and attestations of every image that the platform or manifests run",
		Long: `verify asks the registries for the images and what is attached to them, and judges by the
ClusterImagePolicies among the objects. Each image is verified, failed, or not verified; only the first
is a pass. No transparency log is asked and no root of trust is fetched.

What was verified before is verified again from its evidence, which is kept in the user's cache; such
a line says "from cache".`,
		Example: `  tenon image verify
  tenon image verify --key cosign.pub --mirror registry.example.com/gpu=localhost:5000/gpu
  tenon image export evidence && tenon image verify --offline evidence`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.verifyImages(cmd.Context(), f, format, args) },
	}
	cmd.Flags().StringVarP(&format, "output", "o", "text", "text or json")
	f.register(cmd)
	return cmd
}

// imageSubjects are the targets of the platform, or the manifests that are named.
func (a *app) imageSubjects(args []string) ([]check.ImageSubject, error) {
	if len(args) == 0 {
		environments, err := a.environments()
		return check.ImageSubjects(environments), err
	}
	var s check.ImageSubject
	for _, path := range args {
		parsed, err := check.Read(path, strings.NewReader(""))
		if err != nil {
			return nil, usagef("%w", err)
		}
		if len(parsed.Findings) > 0 {
			return nil, usagef("%s: %s", parsed.Findings[0].Source, parsed.Findings[0].Message)
		}
		s.Objects = append(s.Objects, parsed.Objects...)
	}
	return []check.ImageSubject{s}, nil
}

func (a *app) verifyImages(ctx context.Context, f imageFlags, format string, args []string) error {
	if format != "text" && format != "json" {
		return usagef("-o %s: text or json", format)
	}
	subjects, err := a.imageSubjects(args)
	if err != nil {
		return err
	}
	verdicts, err := a.verdicts(ctx, f, os.DirFS(a.dir), subjects)
	if err != nil {
		return err
	}
	// Environments with the same policies give the same verdict: once is enough.
	seen := map[string]bool{}
	unique := []signing.Verdict{}
	passed := 0
	for _, v := range verdicts {
		if id := v.Image + string(v.Outcome) + v.Reason; !seen[id] {
			seen[id] = true
			unique = append(unique, v.Verdict)
			if v.Outcome == signing.Verified {
				passed++
			}
		}
	}
	if format == "json" {
		if err := a.showJSON(unique); err != nil {
			return err
		}
	} else {
		for _, v := range unique {
			cached := ""
			if v.Cached {
				cached = ", from cache"
			}
			fmt.Fprintf(a.stdout, "%-12s  %s  (%s%s)\n", v.Outcome, report.Line(v.Image), report.Line(v.Reason), cached)
		}
	}
	a.say("%d of %d images verified", passed, len(unique))
	if passed < len(unique) || passed == 0 {
		return errFindings
	}
	return nil
}

// showJSON writes a value for programs.
func (a *app) showJSON(value any) error {
	if err := report.JSON(a.stdout, value); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}
