// Package kustomization knows how folders with a kustomization are built without network, programs and plugins, and from
// which line of a base or patch each field of what they build comes. It knows of no rule.
package kustomization

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/provider"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/manifest"
)

// Names are what a kustomization's file may be called, in kustomize's order.
var Names = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// maxFile bounds a file that a kustomization names.
const maxFile = 10 << 20

// folder is one kustomization, with the files and folders that it names.
type folder struct {
	dir, file string
	text      []byte
	value     types.Kustomization
	// resources are files of objects, folders other kustomizations; patches and others are files that hold no object by
	// themselves, such as those that generators take.
	resources, folders, patches, others []string
	// refused says why it cannot be built here; empty where it can.
	refused string
	lines   map[string]int // see line
}

// read reads the kustomization of a folder; false where there is none of kustomize's.
func read(tree fs.FS, dir string) (*folder, bool) {
	for _, name := range Names {
		file := path.Join(dir, name)
		if !confine.IsFile(tree, file) {
			continue
		}
		f := &folder{dir: dir, file: file}
		var err error
		if other := second(tree, dir, name); other != "" {
			f.refused = fmt.Sprintf("%s stands beside %s, and kustomize builds no folder that has both", other, name)
			return f, true
		}
		if f.text, err = confine.ReadFS(tree, file, maxFile); err != nil {
			f.refused = "it cannot be read: " + err.Error()
			return f, true
		}
		if err := confine.YAML(f.text); err != nil {
			f.refused = err.Error()
			return f, true
		}
		if err := yaml.Unmarshal(f.text, &f.value); err != nil {
			f.refused = "it does not parse"
			return f, true
		}
		v := f.value
		if v.APIVersion != "" && !strings.HasPrefix(v.APIVersion, "kustomize.config.k8s.io/") || v.Kind != "" && v.Kind != types.KustomizationKind && v.Kind != types.ComponentKind {
			return nil, false // of Flux, or of another tool
		}
		f.names(tree)
		return f, true
	}
	return nil, false
}

// second is another file of a kustomization in the folder of one.
func second(tree fs.FS, dir, name string) string {
	for _, other := range Names {
		if other != name && confine.IsFile(tree, path.Join(dir, other)) {
			return other
		}
	}
	return ""
}

// names lists what the kustomization names.
func (f *folder) names(tree fs.FS) {
	v := f.value
	for _, name := range slices.Concat(statedResources(v), v.Components) {
		switch at, isDir := f.local(tree, name); {
		case at == "":
			f.refuse(name)
		case isDir:
			f.folders = append(f.folders, at)
		default:
			f.resources = append(f.resources, at)
		}
	}
	for _, p := range statedPatches(v) {
		f.take(tree, &f.patches, p.Path)
		if err := confine.YAML([]byte(p.Patch)); err != nil {
			f.refused = "a patch in it is not read: " + err.Error()
		}
	}
	for _, r := range v.Replacements {
		f.take(tree, &f.others, r.Path)
	}
	f.take(tree, &f.others, slices.Concat(v.Configurations, v.Crds, []string{v.OpenAPI["path"]})...)
	for _, g := range v.ConfigMapGenerator {
		f.generator(tree, g.KvPairSources)
	}
	for _, g := range v.SecretGenerator {
		f.generator(tree, g.KvPairSources)
	}
	f.plugins(tree)
}

// plugins are what may run programs: of those only what kustomize itself has is run, and a file is looked into for it.
func (f *folder) plugins(tree fs.FS) {
	v := f.value
	if len(v.HelmCharts)+len(v.HelmChartInflationGenerator) > 0 {
		f.refused = "it renders a chart of Helm"
	}
	for _, name := range slices.Concat(v.Generators, v.Transformers, v.Validators) {
		if isObject(name) {
			f.plugin(tree, name)
			continue
		}
		at, isDir := f.local(tree, name)
		switch {
		case isDir:
			f.refused = "it takes generators, transformers or validators from the folder " + name
			continue
		case at == "":
			f.refuse(name)
			continue
		}
		f.others = append(f.others, at)
		text, err := confine.ReadFS(tree, at, maxFile)
		if err != nil {
			f.refuse(name)
			continue
		}
		f.plugin(tree, string(text))
	}
}

// plugin refuses what is no transformer of kustomize's own, and takes the files that its configuration names.
func (f *folder) plugin(tree fs.FS, text string) {
	if confine.YAML([]byte(text)) != nil {
		f.refused = "the configuration of a plugin is not read"
		return
	}
	for _, o := range manifest.Parse(f.file, []byte(text)).Objects {
		if o.APIVersion != "builtin" || strings.HasPrefix(o.Kind, "HelmChart") {
			f.refused = fmt.Sprintf("it runs the plugin %s", o.Kind)
		}
		f.configuration(tree, "", o.Value)
	}
}

// ofFiles are the fields of kustomize's own plugins that name files (its api/types and plugin/builtin); it reads them in
// any case of letters.
var ofFiles = []string{"path", "paths", "file", "files", "env", "envs", "crds", "resources"}

// configuration takes the files that a value in the configuration of a plugin names. What is no file is a path of fields.
func (f *folder) configuration(tree fs.FS, key string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			f.configuration(tree, key, v[key])
		}
	case []any:
		for _, one := range v {
			f.configuration(tree, key, one)
		}
	case string:
		if !slices.Contains(ofFiles, strings.ToLower(key)) || isInline(v) {
			return
		}
		if _, file, named := strings.Cut(v, "="); named {
			v = file
		}
		if at, isDir := f.local(tree, v); at != "" && !isDir {
			f.others = append(f.others, at)
		} else if isRemote(v) {
			f.refuse(v)
		}
	}
}

func (f *folder) generator(tree fs.FS, from types.KvPairSources) {
	for _, name := range from.FileSources {
		key, file, named := strings.Cut(name, "=")
		if named {
			name = file
		}
		if at, _ := f.local(tree, name); at == "" && named && !isRemote(name) { // which may be a value, where literals is meant
			f.refused = missing + "the file of key " + key
			continue
		}
		f.take(tree, &f.others, name)
	}
	f.take(tree, &f.others, append(slices.Clone(from.EnvSources), from.EnvSource)...)
}

// take adds files that must be there.
func (f *folder) take(tree fs.FS, to *[]string, names ...string) {
	for _, name := range names {
		if name == "" {
			continue
		}
		at, isDir := f.local(tree, name)
		if at == "" || isDir {
			f.refuse(name)
			continue
		}
		*to = append(*to, at)
	}
}

// refuse says that a name leads to nothing that is here.
func (f *folder) refuse(name string) {
	if strings.ContainsAny(name, " \t\r\n") {
		f.refused = "it names what is neither a file nor an object"
	} else if isRemote(name) {
		f.refused = fmt.Sprintf("it takes %s from the network", nameShown(name))
	} else if f.refused == "" {
		f.refused = missing + nameShown(name)
	}
}

// pathLike fits the name of a file or repository, with what asks for a revision; what fits it not may be a value that was meant
// for another field, and is not shown.
var pathLike = regexp.MustCompile(`^[\w.:/@~+-]*(\?[\w.=&/-]*)?$`)

// nameShown is a name as messages have it.
func nameShown(name string) string {
	if pathLike.MatchString(name) {
		return name
	}
	if key, _, ok := strings.Cut(name, "="); ok && pathLike.MatchString(key) {
		return key + "=…"
	}
	return "what is no path"
}

// missing begins the reason of a kustomization that names what is not there, which no kustomize builds either.
const missing = "it names what is not there: "

// local is the path of a name within the tree, empty where it is not there or might be taken for something elsewhere.
func (f *folder) local(tree fs.FS, name string) (at string, isDir bool) {
	if isRemote(name) || path.IsAbs(name) {
		return "", false
	}
	at = path.Join(f.dir, name)
	info, err := fs.Stat(tree, at)
	if err == nil && throughLink(tree, at, info.IsDir()) {
		f.refused = fmt.Sprintf("%s is reached by a symlink to a folder, from where kustomize follows other names", name)
	}
	if err != nil || !info.IsDir() && !info.Mode().IsRegular() {
		return "", false
	}
	return at, info.IsDir()
}

// throughLink tells whether a path leads through a symlink to a folder. Kustomize takes what is named there as seen from
// where the symlink leads.
func throughLink(tree fs.FS, name string, isDir bool) bool {
	if !isDir {
		name = path.Dir(name)
	}
	for ; name != "." && name != "/"; name = path.Dir(name) {
		if info, err := fs.Lstat(tree, name); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return true
		}
	}
	return false
}

// isRemote tells whether kustomize might take a name for a repository or an address: one with a scheme, a user, or
// GitHub in front (NewRepoSpecFromURL of kustomize's api/internal/git, IsRemoteFile of its api/internal/loader).
func isRemote(name string) bool {
	return strings.ContainsAny(name, ":@") || strings.HasPrefix(strings.ToLower(name), "github.com/")
}

// isObject tells whether kustomize takes a text for the configuration of a plugin. What it does not it takes for a name, of
// a repository, too.
func isObject(text string) bool {
	if confine.YAML([]byte(text)) != nil {
		return false
	}
	all, err := resmap.NewFactory(provider.NewDefaultDepProvider().GetResourceFactory()).NewResMapFromBytes([]byte(text))
	return err == nil && all.Size() > 0 && len(manifest.Parse("", []byte(text)).Objects) == all.Size()
}

// isInline tells a patch or plugin that stands in the kustomization from the name of a file.
func isInline(text string) bool {
	text = strings.TrimSpace(text)
	return strings.Contains(text, "\n") || strings.Contains(text, ": ") || strings.HasPrefix(text, "{")
}

// line is where a key of the kustomization stands, or 1.
func (f *folder) line(key string) int {
	if f.lines == nil {
		f.lines = map[string]int{}
		for i, line := range bytes.Split(f.text, []byte("\n")) {
			key, _, ok := bytes.Cut(line[:min(len(line), 100)], []byte(":"))
			if _, known := f.lines[string(key)]; ok && !known {
				f.lines[string(key)] = i + 1
			}
		}
	}
	return max(f.lines[key], 1)
}
