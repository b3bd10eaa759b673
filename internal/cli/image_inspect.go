package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"cuelang.org/go/cue/format"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/spf13/cobra"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/report"
	"tenon.dev/tenon/internal/veil"
)

// inspecting are the flags of image inspect.
type inspecting struct {
	imageFlags
	format, tag, system, name string
}

func registerPlatform(cmd *cobra.Command, system *string) {
	cmd.Flags().StringVar(system, "platform", "linux/amd64", "OS/ARCHITECTURE, of an image that is for several")
}

func (a *app) imageInspectCommand() *cobra.Command {
	var f inspecting
	cmd := &cobra.Command{
		Use:   "inspect IMAGE|FOLDER",
		Short: "Read from an image's layers which user, programs and PATH it has",
		Long: `inspect reads all layers of an image, from its registry or from a folder that is an OCI image layout
(as skopeo, buildctl and others write), and says which user it runs as, which users it has, where
programs are looked up, and which programs are found there. Nothing of it is run or unpacked.

With -o cue it writes the facts that ` + "`tenon check --facts`" + ` takes and a platform states in facts.images.
Of a platform's own images ` + "`tenon image lock --inspect`" + ` keeps what matters.`,
		Example: `  tenon image inspect registry.example.com/gpu/notebook-executor:25.04.1
  skopeo copy docker://alpine/git:2.49.1 oci:git:2.49.1 && tenon image inspect git
  tenon image inspect docker.io/alpine/git:2.49.1 -o cue`,
		Args: exactly(1, "one image, or one folder"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.inspectImage(cmd.Context(), f, args[0]) },
	}
	cmd.Flags().StringVarP(&f.format, "output", "o", "text", "text, json or cue")
	cmd.Flags().StringVar(&f.tag, "tag", "", "image of a folder that has several, by its tag or name")
	cmd.Flags().StringVar(&f.name, "name", "", "REGISTRY/REPOSITORY that the CUE is about; default that of IMAGE")
	registerPlatform(cmd, &f.system)
	f.registerWithin(cmd, 10*time.Minute)
	return cmd
}

func (a *app) inspectImage(ctx context.Context, f inspecting, what string) error {
	info, err := os.Stat(what)
	folder := err == nil && info.IsDir()
	about := f.name
	switch {
	case f.format != "text" && f.format != "json" && f.format != "cue":
		return usagef("-o %s: text, json or cue", f.format)
	case !folder:
		reference, err := name.ParseReference(what)
		if err != nil {
			return usagef("%s is neither a folder nor the name of an image: %v", what, err)
		}
		about = cmp.Or(about, reference.Context().Name())
	case f.format == "cue" && about == "":
		return usagef("-o cue: name the image that the folder holds with --name REGISTRY/REPOSITORY")
	}
	read, err := a.inspected(ctx, f, what, folder)
	if err != nil {
		return err
	}
	read.Entrypoint, read.Cmd = veil.Words(read.Entrypoint), veil.Words(read.Cmd)
	switch f.format {
	case "json":
		return a.showJSON(read)
	case "cue":
		return showFacts(a.stdout, about, read)
	}
	return showInspected(a.stdout, read)
}

func (a *app) inspected(ctx context.Context, f inspecting, what string, folder bool) (image.Inspected, error) {
	if folder {
		if err := confine.Strays(what); err != nil {
			return image.Inspected{}, usagef("%s: %v", what, err)
		}
		return image.InspectLayout(what, f.tag, f.system)
	}
	client, err := f.client()
	if err != nil {
		return image.Inspected{}, err
	}
	return client.Inspect(ctx, what, f.system)
}

func showInspected(w io.Writer, i image.Inspected) error {
	uids := make([]string, len(i.UIDs))
	for n, uid := range i.UIDs {
		uids[n] = fmt.Sprint(uid)
	}
	for _, row := range [][2]string{
		{"digest", i.Digest}, {"platform", i.Platform}, {"user", cmp.Or(i.User, "root, since none is named")}, {"uids", strings.Join(uids, " ")},
		{"entrypoint", quoted(i.Entrypoint)}, {"command", quoted(i.Cmd)}, {"PATH", strings.Join(i.Path, ":")}, {"programs", strings.Join(i.Programs, " ")},
	} {
		if _, err := fmt.Fprintf(w, "%-10s  %s\n", row[0], report.Line(cmp.Or(row[1], "none"))); err != nil {
			return err
		}
	}
	return nil
}

func quoted(words []string) string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = fmt.Sprintf("%q", word)
	}
	return strings.Join(texts, " ")
}

// showFacts writes what a platform states in facts.images.
func showFacts(w io.Writer, about string, i image.Inspected) error {
	var b strings.Builder
	fmt.Fprintf(&b, "// Read by `tenon image inspect` from %s.\npackage platform\n\nplatform: facts: images: %s: {\nuids: [", i.Digest, image.Quoted(about))
	for _, uid := range i.UIDs {
		fmt.Fprintf(&b, "%d, ", uid)
	}
	b.WriteString("]\ntools: [\n")
	for _, program := range i.Programs {
		b.WriteString(image.Quoted(program) + ",\n")
	}
	b.WriteString("]\n}\n")
	text, err := format.Source([]byte(b.String()), format.Simplify())
	if err != nil {
		return fmt.Errorf("writing CUE: %w", err)
	}
	_, err = w.Write(text)
	return err
}
