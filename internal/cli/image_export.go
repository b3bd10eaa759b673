package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/image/layout"
)

func (a *app) imageExportCommand() *cobra.Command {
	var f imageFlags
	cmd := &cobra.Command{
		Use:   "export FOLDER [FILE|FOLDER...]",
		Short: "Keep the signatures and attestations of all images in a folder, to verify without a network",
		Long: `export writes an OCI image layout with the manifest of every image, its signatures and its
attestations, and without its layers. With it ` + "`--offline FOLDER`" + ` needs no network. A folder that has
one is added to.`,
		Example: `  tenon image export evidence
  tenon check --verify-images --offline evidence`,
		Args: atLeastOne("a folder to write to"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.exportImages(cmd.Context(), f, args[0], args[1:])
		},
	}
	f.registerRegistry(cmd)
	return cmd
}

func (a *app) exportImages(ctx context.Context, f imageFlags, dir string, args []string) error {
	if err := writable(dir); err != nil {
		return err
	}
	subjects, err := a.imageSubjects(args)
	if err != nil {
		return err
	}
	client, err := f.client()
	if err != nil {
		return err
	}
	if client.Record, err = layout.Create(dir); err != nil {
		return usagef("%w", err)
	}
	images := check.ListImages(subjects)
	lines := make([]string, len(images))
	failed := make([]bool, len(images))
	image.Each(len(images), func(i int) {
		e, err := client.Export(ctx, images[i].Image)
		if failed[i] = err != nil; err != nil {
			lines[i] = fmt.Sprintf("%s: %v", images[i].Image, err)
			return
		}
		lines[i] = fmt.Sprintf("%s: %d signatures, %d attestations, %d bundles", images[i].Image, len(e.Signatures)+len(e.Referred), len(e.Attestations), len(e.Bundles))
	})
	missing := 0
	for i, line := range lines {
		a.say("%s", line)
		if failed[i] {
			missing++
		}
	}
	if err := client.Record.Save(); err != nil {
		return err
	}
	a.say("%d of %d images exported to %s", len(images)-missing, len(images), dir)
	if missing > 0 || len(images) == 0 {
		return errFindings
	}
	return nil
}
