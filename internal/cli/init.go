package cli

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/image/standin"
	"tenon.dev/tenon/internal/platform"
)

// The files end in .txt so that cue does not take them for a package of this module.
//
//go:embed starter
var starter embed.FS

// vendorDir is where stock cue looks for packages that are copied into a module.
const vendorDir = "cue/cue.mod/pkg/tenon.dev"

func (a *app) initCommand() *cobra.Command {
	var f beginningFlags
	cmd := &cobra.Command{
		Use:   "init DIR",
		Short: "Write a working platform of your own into an empty folder",
		Long: `init writes a small platform, and the schema and render that it stands on below
cue/cue.mod/pkg, so that stock cue and editors work too, with a README and what the
forge's CI needs to check every change. It asks nothing, and needs no network.

The lock that it writes holds the digests of stand-in images that do nothing. Name your
registry in cue/platform/platform.cue and run ` + "`tenon image lock`" + ` before you deploy.`,
		Example: `  tenon init my-platform && cd my-platform && tenon render && tenon check
  tenon init vision-ci --forge gitlab --cloud on-premises --environments test,live --gpu H100:4x3 --with argocd,queue`,
		Args: exactly(1, "the folder to write to"),
		RunE: func(_ *cobra.Command, args []string) error { return a.init(args[0], &f) },
	}
	f.register(cmd)
	return cmd
}

func (a *app) init(dir string, f *beginningFlags) error {
	begin, note, err := f.beginning(dir)
	if err != nil {
		return err
	}
	if err := writable(dir); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == ".git" }) // a new repository
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("looking into %s: %w", dir, err)
	case len(entries) > 0:
		return usagef("%s is not empty: init writes into a new or empty folder, so that nothing of yours is lost", dir)
	}
	files, err := begin.starterFiles()
	if err != nil {
		return err
	}
	for name, data := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return fmt.Errorf("writing the platform: %w", err)
		}
		if err := os.WriteFile(file, data, 0o666); err != nil {
			return fmt.Errorf("writing the platform: %w", err)
		}
	}
	if err := a.lockStandIns(dir); err != nil {
		return err
	}
	if note != "" {
		a.say("%s", note)
	}
	environments := "one environment"
	if n := len(begin.Environments); n > 1 {
		environments = fmt.Sprintf("%d environments", n)
	}
	fmt.Fprintf(a.stderr, `wrote a platform with %[2]s to %[1]s
next:
  cd %[1]s
  tenon render          # writes overlays/
  tenon check           # runs every check
  README.md there says what to change, and what comes before the first deployment
`, dir, environments)
	return nil
}

// lockStandIns writes the lock of a new platform: the digests of the stand-ins of its images.
func (a *app) lockStandIns(dir string) error {
	a.dir = dir
	environments, err := a.environments()
	if err != nil {
		return fmt.Errorf("loading the new platform: %w", err)
	}
	entries := image.Catalogue(states(environments))
	for i := range entries {
		// Once the platform names a registry of its own, these digests are nobody's.
		entries[i].Image = image.Repository(entries[i].Reference)
	}
	text, err := standin.Lock(entries)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "cue", "platform", "images.lock.cue"), text, 0o666)
}

// vendorFiles are tenon's own CUE packages, as a team's module holds them.
func vendorFiles() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, pkg := range []string{"schema", "render"} {
		err := fs.WalkDir(tenon.CUE, "cue/"+pkg, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			files[path.Join(vendorDir, strings.TrimPrefix(name, "cue/"))], err = tenon.CUE.ReadFile(name)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading the embedded CUE: %w", err)
		}
	}
	files[path.Join(vendorDir, "VERSION")] = []byte(version + "\n")
	return files, nil
}

// vendored tells where a team's copy of tenon's packages is not that of this binary: the
// checks then speak of another schema than the one in use.
func vendored(folder platform.Folder) []finding.Finding {
	if _, err := fs.Stat(folder.FS, vendorDir); err != nil {
		return nil
	}
	files, err := vendorFiles()
	if err != nil {
		return nil
	}
	for name, want := range files {
		if path.Base(name) == "VERSION" {
			continue // another tenon with the same schema and render says the same
		}
		have, err := fs.ReadFile(folder.FS, name)
		if err == nil && bytes.Equal(have, want) {
			continue
		}
		return []finding.Finding{{
			Rule: "schema/vendored-differs", Severity: finding.Warning, Source: &finding.Position{File: vendorDir},
			Message: fmt.Sprintf("the copy of tenon's schema and render is not that of this tenon (%s)", version),
			Remedy:  "use the tenon that wrote it, or copy schema and render anew from `tenon init` in an empty folder",
		}}
	}
	return nil
}
