package kustomization

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/manifest"
)

// originKey is the annotation in which kustomize says where an object comes from
// (https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/buildmetadata/).
const originKey = "config.kubernetes.io/origin"

// building is held while kustomize works: the schema that it goes by is one for the process.
var building sync.Mutex

// run builds a kustomization with kustomize itself, in memory: it reaches no file but those that the kustomizations
// name, and all of these are here.
func (p *plan) run(f *folder, all []*folder) (objects []manifest.Object, err error) {
	disk := filesys.MakeFsInMemory()
	for _, g := range all {
		text := g.text
		if g == f {
			if text, err = withOrigins(g.text); err != nil {
				return nil, err
			}
		}
		if err := disk.WriteFile("/"+g.file, text); err != nil {
			return nil, err
		}
		for _, file := range slices.Concat(g.resources, g.patches, g.others) {
			text, err := confine.ReadFS(p.tree, file, maxFile)
			if err == nil {
				err = disk.WriteFile("/"+file, text)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	built, err := kustomize(disk, path.Join("/", f.dir))
	if err != nil {
		return nil, err
	}
	patches := p.patchesOf(all)
	for i, r := range built {
		text, err := r.AsYAML()
		if err != nil {
			return nil, err
		}
		for _, o := range manifest.Parse(p.show(f.file), text).Objects {
			origin, _ := r.GetOrigin()
			o.Document = i
			if file := fileOf(f, origin); file != "" {
				o.From = p.show(file)
			}
			forget(o.Value)
			o.Origin = p.origin(f, all, patches, o, origin)
			objects = append(objects, o)
		}
	}
	return objects, nil
}

// kustomize builds a folder. What the library writes to standard error, such as that a field is deprecated, is left out;
// git, which it would call for a repository, is told to reach none.
func kustomize(disk filesys.FileSystem, dir string) (built []*resource.Resource, err error) {
	building.Lock()
	defer building.Unlock()
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("kustomize broke down: %v", reason)
		}
	}()
	os.Setenv("GIT_ALLOW_PROTOCOL", "none")
	if null, openErr := os.OpenFile(os.DevNull, os.O_WRONLY, 0); openErr == nil {
		stderr := os.Stderr
		os.Stderr = null
		defer func() { os.Stderr = stderr; null.Close() }()
	}
	options := krusty.MakeDefaultOptions()
	options.LoadRestrictions = types.LoadRestrictionsNone
	options.PluginConfig = types.DisabledPluginConfig()
	all, err := krusty.MakeKustomizer(options).Run(disk, dir)
	if err != nil {
		return nil, err
	}
	return all.Resources(), nil
}

// withOrigins has a kustomization say where its objects come from.
func withOrigins(text []byte) ([]byte, error) {
	var value map[string]any
	if err := yaml.Unmarshal(text, &value); err != nil {
		return nil, err
	}
	if value == nil {
		value = map[string]any{}
	}
	known, _ := value["buildMetadata"].([]any)
	value["buildMetadata"] = append(slices.Clone(known), types.OriginAnnotations)
	return yaml.Marshal(value)
}

// forget takes kustomize's note of an object's origin out of it.
func forget(value map[string]any) {
	metadata, _ := value["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	delete(annotations, originKey)
	if metadata != nil && annotations != nil && len(annotations) == 0 {
		delete(metadata, "annotations")
	}
}

// fileOf is the file in the tree that an object comes from, empty where it was generated.
func fileOf(f *folder, origin *resource.Origin) string {
	if origin == nil || origin.Path == "" || origin.Repo != "" {
		return ""
	}
	return strings.TrimPrefix(path.Join("/", f.dir, origin.Path), "/")
}
