package argocd

import (
	"bytes"
	"embed"
	"fmt"
	"strings"
	"text/template"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"tenon.dev/tenon/internal/manifest"
)

//go:embed install
var installed embed.FS

// Install says how the plugin is installed beside Argo CD's repo-server.
type Install struct {
	// Image of the sidecar, with its digest: it holds tenon on PATH, and needs no shell.
	Image string
	// Namespace that Argo CD runs in.
	Namespace string
	// TimeLimit of one call. It has to be below the server's, which is 60 seconds unless repo-server is told
	// another, so that tenon can say why it gave up.
	TimeLimit time.Duration
	// Memory in MiB that one call may take, and Parallel how many calls the limit of the sidecar has
	// room for.
	Memory, Parallel int
}

// Validate says what cannot be installed.
func (i Install) Validate() error {
	if _, err := name.NewDigest(i.Image); err != nil {
		return fmt.Errorf("image %q: name it with its digest, as in registry.example.com/tenon:v1@sha256:DIGEST", i.Image)
	}
	if i.TimeLimit < time.Second || i.Memory < 64 || i.Parallel < 1 {
		return fmt.Errorf("a call needs a second or more, 64 MiB or more, and room for one")
	}
	return nil
}

// Limit is the memory limit of the sidecar in MiB, with room for the server itself.
func (i Install) Limit() int { return i.Memory*i.Parallel + 128 }

// SoftMemory is what the heap of one call is kept below where it can be, in MiB.
func (i Install) SoftMemory() int { return i.Memory * 3 / 4 }

// Plugin is the text of plugin.yaml, indented as a value of the ConfigMap.
func (i Install) Plugin() (string, error) {
	text, err := i.fill("plugin.yaml")
	return "    " + strings.ReplaceAll(strings.TrimSuffix(string(text), "\n"), "\n", "\n    "), err
}

// Files are the parts of the installation as a kustomize component, by file name. More are objects that
// Argo CD reads: the platform's AppProject and ApplicationSet.
func (i Install) Files(more []manifest.Object) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, file := range []string{"plugin.yaml", "configmap.yaml", "patch.yaml"} {
		text, err := i.fill(file)
		if err != nil {
			return nil, err
		}
		files[file] = text
	}
	resources := []string{"configmap.yaml"}
	for _, o := range more {
		text, err := manifest.Marshal(o)
		if err != nil {
			return nil, err
		}
		file := strings.ToLower(o.Kind) + "-" + o.Name + ".yaml"
		files[file] = text
		resources = append(resources, file)
	}
	var b strings.Builder
	b.WriteString("# Include it under components in the kustomization that installs Argo CD.\n")
	b.WriteString("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources:\n")
	for _, r := range resources {
		fmt.Fprintf(&b, "- %s\n", r)
	}
	// By kind and name: the namespace of Argo CD is set last in many installations.
	b.WriteString("patches:\n- path: patch.yaml\n  target: {group: apps, version: v1, kind: Deployment, name: argocd-repo-server}\n")
	files["kustomization.yaml"] = []byte(b.String())
	return files, nil
}

func (i Install) fill(file string) ([]byte, error) {
	text, err := installed.ReadFile("install/" + file)
	if err != nil {
		return nil, err
	}
	t, err := template.New(file).Parse(string(text))
	if err != nil {
		return nil, err
	}
	var filled bytes.Buffer
	if err := t.Execute(&filled, i); err != nil {
		return nil, fmt.Errorf("writing %s: %w", file, err)
	}
	return filled.Bytes(), nil
}
