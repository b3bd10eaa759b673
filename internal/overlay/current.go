package overlay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/manifest"
)

// ErrStale is returned where a committed overlay does not build to what is rendered.
var ErrStale = errors.New("the overlay that is committed is not what the platform renders")

// Bounds on what is read of committed overlays, which people may have written.
const (
	maxFile  = 4 << 20
	maxTotal = 64 << 20
)

// Current builds the overlay of a target that is committed below dir, and wants it to be what is
// rendered. A tree without that overlay commits none.
func Current(tree fs.FS, dir string, t Rendered) error {
	own := path.Join(dir, t.Environment, t.Phase)
	if _, err := fs.Stat(tree, path.Join(own, "kustomization.yaml")); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	disk := filesys.MakeFsInMemory()
	for _, layer := range []string{path.Join(dir, "base"), path.Join(dir, t.Environment, "base"), own} {
		if err := copyLayer(disk, tree, layer); err != nil {
			return fmt.Errorf("reading overlays: %w", err)
		}
		if err := onlyLayers(disk, "/"+layer+"/kustomization.yaml"); err != nil {
			return fmt.Errorf("%w: %w; run tenon render and commit overlays/", ErrStale, err)
		}
	}
	if err := asRendered(disk, own, t); err != nil {
		return fmt.Errorf("%w: %s: %w; run tenon render and commit overlays/", ErrStale, own, err)
	}
	return nil
}

// What the kustomizations of layers name, as render writes them.
var (
	layerResource = regexp.MustCompile(`^(\.\./base|\.\./\.\./base|[a-z0-9][a-zA-Z0-9._-]*\.yaml)$`)
	layerPatch    = regexp.MustCompile(`^[a-z0-9][a-zA-Z0-9._-]*\.json$`)
)

// onlyLayers refuses a kustomization that names more than files of its layer and the layer below: a
// remote base would have kustomize run git.
func onlyLayers(disk filesys.FileSystem, name string) error {
	if !disk.Exists(name) {
		return nil
	}
	text, err := disk.ReadFile(name)
	if err != nil {
		return err
	}
	var k struct {
		APIVersion string   `json:"apiVersion"`
		Kind       string   `json:"kind"`
		Resources  []string `json:"resources"`
		Patches    []struct {
			Path   string            `json:"path"`
			Target map[string]string `json:"target"`
		} `json:"patches"`
	}
	if err := yaml.UnmarshalStrict(text, &k); err != nil {
		return fmt.Errorf("%s has what render does not write: %w", name[1:], err)
	}
	for _, r := range k.Resources {
		if !layerResource.MatchString(r) {
			return fmt.Errorf("%s names the resource %q, which render does not write", name[1:], r)
		}
	}
	for _, p := range k.Patches {
		if !layerPatch.MatchString(p.Path) {
			return fmt.Errorf("%s names the patch %q, which render does not write", name[1:], p.Path)
		}
	}
	return nil
}

// asRendered builds a folder and compares the objects, without the way over YAML that the proof of what
// is written takes.
func asRendered(disk filesys.FileSystem, own string, t Rendered) error {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(disk, "/"+own)
	if err != nil {
		return fmt.Errorf("kustomize does not build it: %w", err)
	}
	have := map[manifest.Key]map[string]any{}
	for _, r := range built.Resources() {
		value, err := r.Map()
		if err != nil {
			return err
		}
		o, ok := manifest.New(value, nil)
		if !ok {
			return fmt.Errorf("it has something that is no object")
		}
		have[o.Key()] = value
	}
	for _, want := range t.Objects {
		same, err := equivalent(have[want.Key()], want.Value)
		if err != nil {
			return err
		}
		if !same {
			return fmt.Errorf("%s %s differs", want.Kind, want.Name)
		}
		delete(have, want.Key())
	}
	for key := range have {
		return fmt.Errorf("it has %s %s besides", key.Kind, key.Name)
	}
	return nil
}

// equivalent compares two values by what they are as JSON.
func equivalent(a, b map[string]any) (bool, error) {
	one, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	other, err := json.Marshal(b)
	return bytes.Equal(one, other), err
}

func copyLayer(disk filesys.FileSystem, tree fs.FS, layer string) error {
	total := int64(0)
	return fs.WalkDir(tree, layer, func(name string, entry fs.DirEntry, err error) error {
		if err != nil && errors.Is(err, fs.ErrNotExist) && name == layer {
			return nil // an environment may have no base of its own
		}
		if err != nil {
			return err
		}
		if entry.IsDir() || !isLayer(name, layer) {
			return nil
		}
		info, err := fs.Stat(tree, name)
		if err != nil {
			return err
		}
		if total += info.Size(); info.Size() > maxFile || total > maxTotal {
			return fmt.Errorf("%s is larger than %d MiB, or the layer than %d MiB", name, maxFile>>20, maxTotal>>20)
		}
		data, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		return disk.WriteFile("/"+name, data)
	})
}

// isLayer tells whether kustomize may need a file: samples and workflows lie in folders of their own.
func isLayer(name, layer string) bool {
	return path.Dir(name) == layer && (path.Ext(name) == ".yaml" || path.Ext(name) == ".json")
}
