package helm

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	v2 "helm.sh/helm/v4/pkg/chart/v2/loader"
	dependencies "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/ignore"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// Bounds on what one chart takes, its dependencies included; Helm's own is 100 MiB.
const (
	maxFile  = 10 << 20
	maxChart = 64 << 20
	maxFiles = 5000
)

// loader reads a chart and the charts beside it that it depends on.
type loader struct {
	// name is the chart as it was named, and how its files are shown.
	name string
	// tree is the repository that it lies in; dir is where.
	tree fs.FS
	dir  string
	// chart is what was loaded; nil where it could not be.
	chart *chart.Chart
	found []finding.Finding
	// secrets are values that it was given, see Rendered.
	secrets []string
	// made are keys, certificates and hashes that a rendering had made, which the others take.
	made map[string][]reflect.Value
	// drawn are the texts that renderings drew.
	drawn map[string]bool
	// others are what Rendered.Otherwise has.
	others [][]manifest.Object
	// missing says that it depends on charts that are not there.
	missing bool
	// size and files count what was read.
	size, files int
	// dirs are the folders of charts that were loaded from some, below tree.
	dirs map[*common.File]string
	// shown are the files of the templates that are rendered, by what Helm calls them; keys are those names, sorted.
	shown map[string]string
	keys  []string
}

// load reads the chart in a folder or an archive.
func load(name string) (*loader, error) {
	l := &loader{name: filepath.ToSlash(filepath.Clean(name)), dirs: map[*common.File]string{}}
	if err := confine.Strays(name); err != nil {
		return l, fmt.Errorf("%s: %w", name, err)
	}
	info, err := os.Stat(name)
	if err != nil {
		return l, fmt.Errorf("there is no chart %s: name its folder or archive", name)
	}
	if !info.IsDir() {
		l.archive(name)
		return l, nil
	}
	top, prefix := confine.Checkout(name)
	if top == "" {
		top, prefix = name, "."
	}
	root, err := os.OpenRoot(top)
	if err != nil {
		return l, fmt.Errorf("%s: %w", name, confine.Reason(err))
	}
	defer root.Close()
	l.tree, l.dir = root.FS(), prefix
	if !confine.IsFile(l.tree, path.Join(prefix, "Chart.yaml")) {
		return l, fmt.Errorf("%s is no chart of Helm: there is no Chart.yaml in it", name)
	}
	loaded, err := l.folder(prefix, 0)
	if err != nil {
		l.refuse(err)
		return l, nil
	}
	l.chart = loaded
	return l, nil
}

// archive reads a packed chart.
func (l *loader) archive(name string) {
	text, err := confine.ReadNamed(name, maxChart)
	if err != nil {
		l.refuse(err)
		return
	}
	r := room{maxChart, maxFiles}
	files, err := r.unpack(text)
	if err == nil {
		l.chart, err = r.built(files)
	}
	if err != nil {
		l.chart = nil
		l.refuse(err)
		return
	}
	l.depends(l.chart, "", 0)
}

// refuse says why a chart was not loaded.
func (l *loader) refuse(err error) {
	l.found = append(l.found, finding.Finding{
		Rule: "input/helm", Severity: finding.Error, Source: &finding.Position{File: l.name},
		Message: "the chart cannot be read: " + brief(err.Error()), Remedy: "see what helm lint says of it",
	})
}

// built makes a chart of its files, and of the packed charts among them.
func (r *room) built(files []*archive.BufferedFile) (c *chart.Chart, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("helm broke down: %v", reason)
		}
	}()
	for _, f := range files {
		if ext := path.Ext(f.Name); ext == ".yaml" || ext == ".yml" {
			if strings.HasPrefix(f.Name, "templates/") || strings.Contains(f.Name, "/templates/") {
				continue
			}
			if err := confine.YAML(f.Data); err != nil {
				return nil, fmt.Errorf("%s: %w", f.Name, err)
			}
		}
	}
	if err := r.charts(files); err != nil {
		return nil, err
	}
	return v2.LoadFiles(files)
}

// folder loads the chart in a folder of the repository, and those beside it that it depends on.
func (l *loader) folder(dir string, depth int) (*chart.Chart, error) {
	files, err := l.read(dir)
	if err != nil {
		return nil, err
	}
	r := room{int64(maxChart - l.size), int64(maxFiles - l.files)}
	c, err := r.built(files)
	l.size, l.files = maxChart-int(r.bytes), maxFiles-int(r.files)
	if err != nil {
		return nil, err
	}
	l.placed(c, dir)
	l.depends(c, dir, depth)
	return c, nil
}

// placed keeps where the templates of a chart lie.
func (l *loader) placed(c *chart.Chart, dir string) {
	for _, t := range c.Templates {
		l.dirs[t] = dir
	}
	for _, below := range c.Dependencies() {
		l.placed(below, path.Join(dir, "charts", below.Name()))
	}
}

// read reads the files of a chart but those that its .helmignore leaves out.
func (l *loader) read(dir string) ([]*archive.BufferedFile, error) {
	rules := ignore.Empty()
	if text, err := confine.ReadFS(l.tree, path.Join(dir, ignore.HelmIgnore), maxFile); err == nil {
		if rules, err = ignore.Parse(bytes.NewReader(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", ignore.HelmIgnore, err)
		}
	}
	rules.AddDefaults()
	var files []*archive.BufferedFile
	err := fs.WalkDir(l.tree, dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below := name
		if dir != "." {
			below = strings.TrimPrefix(strings.TrimPrefix(name, dir), "/")
		}
		info, err := entry.Info()
		switch {
		case below == "" || below == ".":
			return nil
		case below == ".git": // of which no template has to know more than that it is there
			if !rules.Ignore(below, info) {
				files = append(files, ofGit()...)
			}
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case err != nil:
			return err
		case rules.Ignore(below, info) && entry.IsDir():
			return fs.SkipDir
		case rules.Ignore(below, info) || entry.IsDir():
			return nil
		}
		text, err := l.take(name)
		if err != nil {
			l.found = append(l.found, finding.Finding{
				Rule: "input/unreadable", Severity: finding.Error, Source: &finding.Position{File: l.show(name)},
				Message: fmt.Sprintf("the file cannot be read: %v", err), Remedy: "see that it is a file of its own within the repository",
			})
			return nil
		}
		if l.files++; l.files > maxFiles || l.size > maxChart {
			return fmt.Errorf("it has more than %d files, or %d MiB", maxFiles, maxChart>>20)
		}
		files = append(files, &archive.BufferedFile{Name: below, Data: bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))})
		return nil
	})
	return files, err
}

// ofGit stands for what Helm reads of a clone's own folder, where the chart is all of the repository: its files, which may
// have credentials, are not read.
func ofGit() []*archive.BufferedFile {
	var files []*archive.BufferedFile
	for name, text := range map[string]string{
		"HEAD": "ref: refs/heads/main\n", "config": "[core]\n\tbare = false\n", "description": "\n", "index": "DIRC", "packed-refs": "# pack-refs with: peeled fully-peeled sorted\n", "logs/HEAD": "\n", "refs/heads/main": "\n",
	} {
		files = append(files, &archive.BufferedFile{Name: ".git/" + name, Data: []byte(text)})
	}
	return files
}

func (l *loader) take(name string) ([]byte, error) {
	text, err := confine.ReadFS(l.tree, name, maxFile)
	l.size += len(text)
	return text, err
}

// show is a file of the repository as it is shown: from where people stand, as they named the chart.
func (l *loader) show(name string) string {
	below, err := filepath.Rel(filepath.FromSlash(l.dir), filepath.FromSlash(name))
	if err != nil {
		return name
	}
	return path.Join(l.name, filepath.ToSlash(below))
}

// depends loads what a chart depends on and has not with it: `helm dependency build` would pack it from the folder
// beside it, with what that has with it and no more. What lies elsewhere is not fetched, and said.
func (l *loader) depends(c *chart.Chart, dir string, depth int) {
	for _, d := range c.Metadata.Dependencies {
		if slices.ContainsFunc(c.Dependencies(), func(has *chart.Chart) bool {
			return has.Name() == d.Name && dependencies.IsCompatibleRange(d.Version, has.Metadata.Version)
		}) {
			continue
		}
		file, line := l.line(c, d.Name)
		at := finding.Position{File: path.Join(l.name, file), Line: line}
		if dir != "" {
			at.File = l.show(path.Join(dir, file))
		}
		below, beside := strings.CutPrefix(d.Repository, "file://")
		if place := path.Join(dir, below); beside && depth == 0 && l.tree != nil && !path.IsAbs(below) && fs.ValidPath(place) {
			loaded, err := l.folder(place, depth+1)
			if err == nil && !dependencies.IsCompatibleRange(d.Version, loaded.Metadata.Version) {
				err = fmt.Errorf("its version %s is not %s", loaded.Metadata.Version, d.Version)
			}
			if err == nil {
				c.AddDependency(loaded)
				continue
			}
			l.found = append(l.found, finding.Finding{
				Rule: "input/helm", Severity: finding.Error, Source: &at,
				Message: fmt.Sprintf("the chart depends on %s, which cannot be read: %s", d.Name, brief(err.Error())),
				Remedy:  "see that repository names the folder of a chart, from the folder of this one",
			})
			continue
		}
		l.missing = true
		l.found = append(l.found, finding.Finding{
			Rule: "input/not-read", Severity: finding.Info, Source: &at,
			Message: fmt.Sprintf("the chart depends on %s, which is not in charts/: what it renders was not checked", d.Name),
			Remedy:  "run helm dependency build before",
		})
	}
}

// line is where a chart names another that it depends on.
func (l *loader) line(c *chart.Chart, name string) (file string, line int) {
	for _, f := range c.Raw {
		if f.Name != "Chart.yaml" && f.Name != "requirements.yaml" {
			continue
		}
		for i, line := range strings.Split(string(f.Data), "\n") {
			key, value, ok := strings.Cut(line, "name:")
			if ok && strings.Trim(strings.TrimSpace(value), `"'`) == name && key != "" && strings.Trim(key, " -") == "" {
				return f.Name, i + 1
			}
		}
	}
	return "Chart.yaml", 0
}
