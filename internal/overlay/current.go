package overlay

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/confine"
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
	t, err := withoutPlain(disk, path.Join("/", dir, "base"), []string{path.Join("/", dir, t.Environment, "base"), "/" + own}, t)
	if err != nil {
		return fmt.Errorf("reading overlays: %w", err)
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

// layerFile is the kustomization of a layer, as it is read.
type layerFile struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Resources  []string `json:"resources"`
	Patches    []struct {
		Path   string            `json:"path"`
		Target map[string]string `json:"target"`
	} `json:"patches,omitempty"`
}

// withoutPlain takes out of the base what needs no kustomize to tell what it builds to: files that
// no layer patches and that are, byte for byte, the object as it is rendered. They are most of them.
func withoutPlain(disk filesys.FileSystem, base string, above []string, t Rendered) (Rendered, error) {
	var k layerFile
	if err := readLayer(disk, base, &k); err != nil {
		return t, err
	}
	var patched []func(manifest.Object) bool
	for _, layer := range above {
		var upper layerFile
		if err := readLayer(disk, layer, &upper); err != nil {
			return t, err
		}
		for _, p := range upper.Patches {
			matches, err := selects(p.Target)
			if err != nil {
				return t, err
			}
			patched = append(patched, matches)
		}
	}
	files := map[string]string{}
	for _, name := range k.Resources {
		if text, err := disk.ReadFile(path.Join(base, name)); err == nil {
			files[string(text)] = name
		}
	}
	var left []manifest.Object
	for _, o := range t.Objects {
		text, err := manifest.Marshal(o)
		if err != nil {
			return t, err
		}
		name, same := files[string(text)]
		if !same || slices.ContainsFunc(patched, func(matches func(manifest.Object) bool) bool { return matches(o) }) {
			left = append(left, o)
			continue
		}
		i := slices.Index(k.Resources, name) // one that is named twice stays once, and is found
		k.Resources = slices.Delete(k.Resources, i, i+1)
		delete(files, string(text))
	}
	t.Objects = left
	text, err := yaml.Marshal(k)
	if err != nil {
		return t, err
	}
	return t, disk.WriteFile(path.Join(base, "kustomization.yaml"), text)
}

// selects tells which objects the target of a patch may mean: kustomize takes kind and name for
// patterns, and what is not given for any. The other keys would only narrow it.
func selects(target map[string]string) (func(manifest.Object) bool, error) {
	var patterns []*regexp.Regexp
	for _, key := range []string{"kind", "name"} {
		pattern, err := regexp.Compile("^(?:" + cmp.Or(target[key], ".*") + ")$")
		if err != nil {
			return nil, fmt.Errorf("the target of a patch: %w", err)
		}
		patterns = append(patterns, pattern)
	}
	return func(o manifest.Object) bool {
		return patterns[0].MatchString(o.Kind) && patterns[1].MatchString(o.Name)
	}, nil
}

// readLayer reads the kustomization of a layer, if it has one.
func readLayer(disk filesys.FileSystem, layer string, into *layerFile) error {
	name := path.Join(layer, "kustomization.yaml")
	if !disk.Exists(name) {
		return nil
	}
	text, err := disk.ReadFile(name)
	if err != nil {
		return err
	}
	if err := confine.YAML(text); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return yaml.UnmarshalStrict(text, into)
}

// onlyLayers refuses a kustomization that names more than files of its layer and the layer below: a
// remote base would have kustomize run git.
func onlyLayers(disk filesys.FileSystem, name string) error {
	var k layerFile
	if err := readLayer(disk, path.Dir(name), &k); err != nil {
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
		if !entry.Type().IsRegular() {
			return fmt.Errorf("%s is no regular file", name)
		}
		data, err := confine.ReadFS(tree, name, maxFile)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if total += int64(len(data)); total > maxTotal {
			return fmt.Errorf("layer %s is larger than %d MiB", layer, maxTotal>>20)
		}
		return disk.WriteFile("/"+name, data)
	})
}

// isLayer tells whether kustomize may need a file: samples and workflows lie in folders of their own.
func isLayer(name, layer string) bool {
	return path.Dir(name) == layer && (path.Ext(name) == ".yaml" || path.Ext(name) == ".json")
}
