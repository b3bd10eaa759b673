package cli

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tenon.dev/tenon/internal/argocd"
	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/manifest"
)

func (a *app) argocdPluginCommand() *cobra.Command {
	var i argocd.Install
	var output string
	cmd := &cobra.Command{
		Use:   "plugin",
		Short: "Print what installs the plugin beside Argo CD's repo-server",
		Long: `plugin prints the ConfigMap with plugin.yaml and, in the folder of a platform, its AppProject and
ApplicationSet (-o yaml); plugin.yaml alone (-o plugin); or the strategic merge patch that gives
argocd-repo-server the sidecar (-o patch). -o kustomize=DIR writes all of them as a component
for the kustomization that installs Argo CD.`,
		Example: `  tenon argocd plugin --image registry.example.com/tenon:v1@sha256:... -o kustomize=argocd/tenon
  tenon argocd plugin --image registry.example.com/tenon:v1@sha256:... -o patch > patch.yaml`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return a.argocdPlugin(i, output) },
	}
	cmd.Flags().StringVar(&i.Image, "image", "", "image of the sidecar, by digest; tenon has to be on its PATH")
	cmd.Flags().StringVar(&i.Namespace, "namespace", "argocd", "namespace that Argo CD runs in")
	cmd.Flags().DurationVar(&i.TimeLimit, "time-limit", 50*time.Second, "time of one call, below the 60 s of the server")
	cmd.Flags().IntVar(&i.Memory, "memory", 256, "memory of one call, in MiB")
	cmd.Flags().IntVar(&i.Parallel, "parallel", 8, "calls at one time that the sidecar's memory limit has room for")
	cmd.Flags().StringVarP(&output, "output", "o", "yaml", "yaml, plugin, patch, or kustomize=DIR")
	return cmd
}

func (a *app) argocdPlugin(i argocd.Install, output string) error {
	dir, isComponent := strings.CutPrefix(output, "kustomize=")
	if !isComponent && !slices.Contains([]string{"yaml", "plugin", "patch"}, output) || isComponent && dir == "" {
		return usagef("-o %s: use yaml, plugin, patch or kustomize=DIR", output)
	}
	if err := i.Validate(); err != nil {
		return usagef("--image, --time-limit, --memory, --parallel: %w", err)
	}
	var more []manifest.Object
	if info, err := os.Stat(filepath.Join(a.dir, "cue", "platform")); err == nil && info.IsDir() {
		environments, err := a.environments()
		if err != nil {
			return err
		}
		shared, conflicts := check.ArgoCD(environments)
		if len(conflicts) > 0 {
			return fmt.Errorf("%s\n  try: %s", conflicts[0].Message, conflicts[0].Remedy)
		}
		for _, o := range shared.Objects {
			if o.Kind == "AppProject" || o.Kind == "ApplicationSet" {
				more = append(more, o)
			}
		}
	}
	files, err := i.Files(more)
	if err != nil {
		return err
	}
	if isComponent {
		return a.writeComponent(dir, files)
	}
	if output != "yaml" {
		_, err = a.stdout.Write(files[output+".yaml"])
		return err
	}
	stream, err := manifest.MarshalStream(append(manifest.Parse("", files["configmap.yaml"]).Objects, more...))
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(stream)
	return err
}

// writeComponent writes into a folder that is new or empty, or that holds what was written before.
func (a *app) writeComponent(dir string, files map[string][]byte) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	for _, e := range entries {
		if _, ours := files[e.Name()]; !ours {
			return usagef("%s holds %s, which is not of the plugin: name a folder of its own", dir, e.Name())
		}
	}
	if err := writable(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := replaceFile(filepath.Join(dir, name), strings.NewReader(string(files[name]))); err != nil {
			return err
		}
	}
	a.say("wrote %d files into %s: name it under components of the kustomization that installs Argo CD", len(files), dir)
	return nil
}
