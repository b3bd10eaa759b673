package cli

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/spf13/cobra"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/image"
)

// imageFlags say how registries are reached and by which key signatures are verified.
type imageFlags struct {
	key     string
	mirror  string
	timeout time.Duration
}

func (f *imageFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.key, "key", "", "verify with this PEM public key instead of those of the platform's signing policies")
	f.registerRegistry(cmd)
}

func (f *imageFlags) registerRegistry(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.mirror, "mirror", "", "find the images elsewhere, as PREFIX=PREFIX, such as registry.example.com/gpu=localhost:5000/gpu")
	cmd.Flags().DurationVar(&f.timeout, "registry-timeout", 20*time.Second, "time for one image")
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
	return c, nil
}

func (f imageFlags) keys() (check.Keys, error) {
	if f.key == "" {
		return check.DeclaredKeys, nil
	}
	pem, err := os.ReadFile(f.key)
	if err != nil {
		return nil, usagef("--key: %w", err)
	}
	key, err := image.ParseKey(pem)
	if err != nil {
		return nil, usagef("--key %s: %w", f.key, err)
	}
	return func(check.Environment, string) ([]image.Key, error) { return []image.Key{key}, nil }, nil
}

func (f imageFlags) verdicts(ctx context.Context, environments []check.Environment) ([]check.ImageVerdict, error) {
	client, err := f.client()
	if err != nil {
		return nil, err
	}
	keys, err := f.keys()
	if err != nil {
		return nil, err
	}
	return check.VerifyImages(ctx, client, environments, keys)
}

func (f imageFlags) findings(ctx context.Context, environments []check.Environment, required bool) ([]finding.Finding, error) {
	verdicts, err := f.verdicts(ctx, environments)
	if err != nil {
		return nil, err
	}
	return check.ImageFindings(verdicts, required), nil
}

func (a *app) imageCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "image", Short: "List, lock and verify the platform's images",
		Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.imageListCommand(), a.imageLockCommand(), a.imageVerifyCommand())
	return cmd
}

func (a *app) imageVerifyCommand() *cobra.Command {
	var f imageFlags
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Verify the signature of every image that the platform runs",
		Long: `verify asks the registries for the images and their cosign signatures. Each image is
verified, failed, or not verified; only the first is a pass. No transparency log and no trust
root are asked.`,
		Example: `  tenon image verify
  tenon image verify --key cosign.pub --mirror registry.example.com/gpu=localhost:5000/gpu`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.verifyImages(cmd.Context(), f) },
	}
	f.register(cmd)
	return cmd
}

func (a *app) verifyImages(ctx context.Context, f imageFlags) error {
	environments, err := a.environments()
	if err != nil {
		return err
	}
	verdicts, err := f.verdicts(ctx, environments)
	if err != nil {
		return err
	}
	// Environments with the same policies give the same verdict: once is enough.
	seen := map[image.Verdict]bool{}
	passed := 0
	for _, v := range verdicts {
		if seen[v.Verdict] {
			continue
		}
		seen[v.Verdict] = true
		fmt.Fprintf(a.stdout, "%-12s  %s  (%s)\n", v.Outcome, v.Image, v.Reason)
		if v.Outcome == image.Verified {
			passed++
		}
	}
	fmt.Fprintf(a.stderr, "%d of %d images verified\n", passed, len(seen))
	if passed < len(seen) || passed == 0 {
		return errFindings
	}
	return nil
}

func (a *app) imageListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Show every image of the platform and what it is locked to",
		Example: "  tenon image list", Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			environments, err := a.environments()
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "NAME\tIMAGE\tFROM\tLOCKED")
			for _, i := range image.Catalogue(states(environments)) {
				locked := i.Digest
				if locked == "" {
					locked = "no"
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", i.Name, i.Reference, i.From, locked)
			}
			return table.Flush()
		},
	}
}
