package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/platform"
)

func states(environments []check.Environment) []platform.State {
	var all []platform.State
	for _, e := range environments {
		all = append(all, e.State)
	}
	return all
}

func (a *app) imageLockCommand() *cobra.Command {
	var f imageFlags
	cmd := &cobra.Command{
		Use:   "lock",
		Short: "Resolve the tags of all images against the registry and write the lock",
		Long: `lock asks the registry for the digest that each image's tag has now and writes
cue/platform/images.lock.cue. An image whose registry does not answer keeps its old entry.`,
		Example: `  tenon image lock
  tenon image lock --mirror registry.example.com/gpu=localhost:5000/gpu`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.lock(cmd.Context(), f) },
	}
	f.registerRegistry(cmd)
	return cmd
}

func (a *app) lock(ctx context.Context, f imageFlags) error {
	environments, err := a.environments()
	if err != nil {
		return err
	}
	client, err := f.client()
	if err != nil {
		return err
	}
	images := image.Catalogue(states(environments))
	failed := 0
	for i := range images {
		digest, err := client.Resolve(ctx, images[i].Reference)
		if err != nil {
			failed++
			fmt.Fprintf(a.stderr, "%s: kept %s: %v\n", images[i].Name, orNothing(images[i].Digest), err)
			continue
		}
		if digest != images[i].Digest {
			fmt.Fprintf(a.stderr, "%s: %s is %s, was %s\n", images[i].Name, images[i].Reference, digest, orNothing(images[i].Digest))
		}
		images[i].Digest = digest
	}
	text, err := image.LockFile(images)
	if err != nil {
		return err
	}
	file := filepath.Join(a.dir, "cue", "platform", "images.lock.cue")
	if err := replace(file, text); err != nil {
		return fmt.Errorf("writing the lock: %w", err)
	}
	fmt.Fprintf(a.stderr, "%d of %d images resolved, written to %s\n", len(images)-failed, len(images), file)
	if failed > 0 {
		return fmt.Errorf("%d images could not be resolved: their old entries were kept", failed)
	}
	return nil
}

func orNothing(digest string) string {
	if digest == "" {
		return "nothing"
	}
	return digest
}

// replace writes a file wholly or not at all.
func replace(file string, data []byte) error {
	next := file + ".tenon-new"
	if err := os.WriteFile(next, data, 0o666); err != nil {
		os.Remove(next)
		return err
	}
	return os.Rename(next, file)
}
