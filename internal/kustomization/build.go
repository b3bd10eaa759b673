package kustomization

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/manifest"
)

// building is held while kustomize works: the schema that it goes by is one for the process.
var building sync.Mutex

// run builds a kustomization with kustomize itself, in memory: it reaches no file but those that the kustomizations
// name, and all of these are here.
func (p *plan) run(f *folder, all []*folder) (objects []manifest.Object, err error) {
	disk, err := p.copy(all)
	if err != nil {
		return nil, err
	}
	p.visits += p.weight(f, nil)
	p.came = nil
	built, err := kustomize(disk, path.Join("/", f.dir))
	if err != nil {
		return nil, errors.New(reason(err.Error()))
	}
	origins, sources := p.originsOf(disk, f, all, built)
	p.came = sources
	patches := p.patchesOf(all)
	for i, r := range built {
		text, err := r.AsYAML()
		if err != nil {
			return nil, err
		}
		parsed := manifest.Parse(p.show(f.file), text)
		if len(parsed.Findings) > 0 {
			return nil, fmt.Errorf("%s %s that it builds is not read: %s", r.GetKind(), r.GetName(), parsed.Findings[0].Message)
		}
		if len(parsed.Objects) == 0 && !isEmptyList(r) {
			return nil, fmt.Errorf("%s %s that it builds is no object", r.GetKind(), r.GetName())
		}
		for j, o := range parsed.Objects {
			o.Document = i<<20 + j
			if file := fileOf(f, origins[i]); file != "" {
				o.From = p.show(file)
			}
			o.Origin = p.origin(f, all, patches, o, origins[i])
			objects = append(objects, o)
		}
	}
	return objects, nil
}

// copy puts the files of kustomizations into memory.
func (p *plan) copy(all []*folder) (filesys.FileSystem, error) {
	disk := filesys.MakeFsInMemory()
	for _, g := range all {
		if err := disk.WriteFile("/"+g.file, g.text); err != nil {
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
	return disk, nil
}

// originsOf asks kustomize where the objects come from that it built, and which objects of files came out at all. It is
// asked in a build of its own, since the annotations by which that is seen are ones that selectors and patches could go by.
func (p *plan) originsOf(disk filesys.FileSystem, f *folder, all []*folder, built []*resource.Resource) ([]*resource.Origin, []Source) {
	origins := make([]*resource.Origin, len(built))
	text, err := withOrigins(f.text)
	if err != nil || disk.WriteFile("/"+f.file, text) != nil || p.number(disk, all) != nil {
		return origins, nil
	}
	again, err := kustomize(disk, path.Join("/", f.dir))
	if err != nil || !slices.EqualFunc(again, built, func(a, b *resource.Resource) bool { return a.CurId() == b.CurId() }) {
		return origins, nil
	}
	var sources []Source
	for i, r := range again {
		origins[i], _ = r.GetOrigin()
		file, index, ok := strings.Cut(r.GetAnnotations()[numbered()], "#")
		if n, err := strconv.Atoi(index); ok && err == nil && p.isFrom(r, file, n) {
			sources = append(sources, Source{file, n})
		}
	}
	if p.copiesNumbers(all) {
		return origins, nil
	}
	return origins, sources
}

// isFrom tells whether an object may be what became of one in a file: patches may call it otherwise, and leave its kind.
func (p *plan) isFrom(r *resource.Resource, file string, index int) bool {
	objects := p.parse(file).Objects
	if index < 0 || index >= len(objects) {
		return false
	}
	return objects[index].Kind == r.GetKind()
}

// numbered is the annotation that numbers objects. Nobody can write it, since part of it is drawn once a run.
var numbered = sync.OnceValue(func() string { return "tenon.dev/" + strings.ToLower(rand.Text()) })

// number writes the objects of files anew, each with an annotation that says which it is.
func (p *plan) number(disk filesys.FileSystem, all []*folder) error {
	for _, g := range all {
		for _, file := range g.resources {
			parsed := p.parse(file)
			if len(parsed.Findings) > 0 || len(parsed.Objects) == 0 {
				continue
			}
			var out bytes.Buffer
			for i, o := range parsed.Objects {
				value := runtime.DeepCopyJSON(o.Value)
				if annotations, stated, _ := unstructured.NestedFieldNoCopy(value, "metadata", "annotations"); stated && annotations == nil {
					unstructured.RemoveNestedField(value, "metadata", "annotations")
				}
				if err := unstructured.SetNestedField(value, fmt.Sprintf("%s#%d", file, i), "metadata", "annotations", numbered()); err != nil {
					continue // it has no metadata that could be numbered
				}
				text, err := yaml.Marshal(value)
				if err != nil {
					return err
				}
				out.WriteString("---\n")
				out.Write(text)
			}
			if err := disk.WriteFile("/"+file, out.Bytes()); err != nil {
				return err
			}
		}
	}
	return nil
}

// isEmptyList tells whether a resource is a list without items.
func isEmptyList(r *resource.Resource) bool {
	items, err := r.GetSlice("items")
	return strings.HasSuffix(r.GetKind(), "List") && err == nil && len(items) == 0
}

// kustomize builds a folder. What the library writes to standard error, such as that a field is deprecated, is left out;
// git, which it would call for a repository, is not found and told to reach none, and its client of HTTP has no network
// either: what takes something from there is refused before, and this holds where that overlooked a way. The schema that
// it goes by is that of the process, and a kustomization can bring one of its own: it is taken back before and after.
func kustomize(disk filesys.FileSystem, dir string) (built []*resource.Resource, err error) {
	building.Lock()
	defer building.Unlock()
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("kustomize broke down: %v", reason)
		}
	}()
	openapi.ResetOpenAPI()
	defer openapi.ResetOpenAPI()
	os.Setenv("GIT_ALLOW_PROTOCOL", "none")
	programs := os.Getenv("PATH")
	os.Setenv("PATH", "")
	defer os.Setenv("PATH", programs)
	if null, openErr := os.OpenFile(os.DevNull, os.O_WRONLY, 0); openErr == nil {
		stderr := os.Stderr
		os.Stderr = null
		defer func() { os.Stderr = stderr; null.Close() }()
	}
	transport := http.DefaultTransport
	http.DefaultTransport = offline{}
	defer func() { http.DefaultTransport = transport }()
	options := krusty.MakeDefaultOptions()
	options.LoadRestrictions = types.LoadRestrictionsNone
	options.PluginConfig = types.DisabledPluginConfig()
	all, err := krusty.MakeKustomizer(options).Run(disk, dir)
	if err != nil {
		return nil, err
	}
	return all.Resources(), nil
}

// offline refuses every request.
type offline struct{}

func (offline) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("kustomizations are built without network")
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

// fileOf is the file in the tree that an object comes from, empty where it was generated.
func fileOf(f *folder, origin *resource.Origin) string {
	if origin == nil || origin.Path == "" || origin.Repo != "" {
		return ""
	}
	return strings.TrimPrefix(path.Join("/", f.dir, origin.Path), "/")
}
