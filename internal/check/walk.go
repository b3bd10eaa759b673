package check

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/kustomization"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/pac"
)

// unread are folders in which tools keep what nobody applies, and those of what tests are given, which is often wrong on
// purpose. Others that are hidden are read, as kubectl does: Pipelines-as-Code keeps its runs in .tekton.
var unread = []string{
	".git", ".terraform", ".venv", ".cache", "node_modules", "vendor", "_vendor", "testdata", "golden", "goldens", "__fixtures__", "__snapshots__",
}

// extensions of the files that a folder is searched for.
var extensions = []string{".yaml", ".yml", ".json"}

// folder reads the manifests below a folder. No file outside of it is reached, not by a symlink either, but those of its
// repository that a kustomization names.
func (r *reader) folder(name string) error {
	root, err := os.OpenRoot(name)
	if err != nil {
		return fmt.Errorf("reading manifests: %w", err)
	}
	defer root.Close()
	w := walk{reader: r, root: root, name: name}
	if err := fs.WalkDir(root.FS(), ".", w.visit); err != nil {
		return fmt.Errorf("reading manifests: %w", err)
	}
	built, err := w.kustomizations()
	if err != nil {
		return err
	}
	for _, below := range w.files {
		switch shown := filepath.Join(name, below); {
		case pac.InFolder(filepath.ToSlash(shown)): // Pipelines-as-Code reads it, whatever kustomize does
			r.file(root, below, shown)
		case built.Read[below] || built.Aside[below]:
			r.asides(root, below, shown)
		default:
			r.file(root, below, shown)
		}
	}
	for _, below := range w.named {
		r.asides(root, below, filepath.Join(name, below))
	}
	return nil
}

// walk is what is found below a folder.
type walk struct {
	*reader
	root *os.Root
	name string
	// files may be manifests; kustomized are folders with a kustomization.
	files, kustomized []string
	// named are the files of kustomizations: behind the first document there may be others.
	named []string
}

func (w *walk) visit(below string, entry fs.DirEntry, err error) error {
	shown := filepath.Join(w.name, below)
	switch {
	case err != nil && below != ".": // the others are checked
		w.found(unreadable(shown, confine.Reason(err))...)
		if entry != nil && entry.IsDir() {
			return fs.SkipDir
		}
		return nil
	case err != nil:
		return err
	case entry.IsDir() && below != "." && slices.Contains(unread, entry.Name()):
		if holdsManifests(w.root.FS(), below) {
			w.found(notRead(shown, "the folder is one of tools or of tests, and was not searched: kubectl -R and Argo CD read the manifests in it"))
		}
		return fs.SkipDir
	case entry.IsDir():
		return nil
	case isKustomization(below) && w.isFile(below, entry): // kustomize follows a symlink, too
		w.kustomized = append(w.kustomized, path.Dir(below))
		w.named = append(w.named, below)
	case isKustomization(below) && entry.Type()&fs.ModeSymlink != 0:
		w.found(unreadable(shown, errors.New("it is a symlink to no file of this folder, which is not followed"))...)
		return nil
	case strings.HasPrefix(path.Base(below), ".argocd-source"):
		w.found(notRead(shown, "Argo CD merges it into the source of the Application, which it may patch"))
		return nil
	case path.Ext(below) == ".jsonnet":
		w.found(notRead(shown, "it is a program in Jsonnet, which was not run: Argo CD applies what it makes"))
		return nil
	case !slices.Contains(extensions, path.Ext(below)) && (isTemplate(w.root.FS(), below) || path.Ext(below) == ".tgz" && path.Base(path.Dir(below)) == "charts"):
		w.found(notRead(shown, "it is a part of a Helm chart, which was not rendered (tenon check --helm CHART does): Helm and Argo CD apply what it makes"))
		return nil
	}
	switch {
	case entry.Type()&fs.ModeSymlink != 0 && isFolder(shown) && w.holds(below):
		w.found(notRead(shown, "it is a symlink to a folder of this one, where its files are read: neither kubectl nor Argo CD follows it"))
	case entry.Type()&fs.ModeSymlink != 0 && isFolder(shown):
		w.found(unreadable(shown, errors.New("it is a symlink to a folder, which is not followed"))...)
	case slices.Contains(extensions, path.Ext(below)) && w.isGiven(below):
		w.found(notRead(shown, "it is called like a test beside it, and taken for what that is given"))
	case slices.Contains(extensions, path.Ext(below)):
		w.files = append(w.files, below)
		if isTemplate(w.root.FS(), below) && w.rendersMore(below) {
			w.found(notRead(shown, "it is a template of a Helm chart that also reads as YAML: that was checked, and not what Helm makes of it (tenon check --helm CHART does)"))
		}
	}
	return nil
}

// called fits a file that is called like a test, and tests fits the programs that are some.
var (
	called = regexp.MustCompile(`^test_.*\.\w+$|_test\.\w+$`)
	tests  = regexp.MustCompile(`^test_.*\.py$|_test\.(?:py|go)$`)
)

// isGiven tells whether a file is what a test beside it is given, which is often wrong on purpose.
func (w *walk) isGiven(below string) bool {
	if !called.MatchString(path.Base(below)) {
		return false
	}
	entries, err := fs.ReadDir(w.root.FS(), path.Dir(below))
	return err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return tests.MatchString(e.Name()) })
}

// isFile tells whether an entry is a file, or a symlink to one within the root.
func (w *walk) isFile(below string, entry fs.DirEntry) bool {
	if entry.Type().IsRegular() {
		return true
	}
	info, err := w.root.Stat(filepath.FromSlash(below))
	return err == nil && info.Mode().IsRegular()
}

// holds tells whether a symlink leads to a folder that is walked, too.
func (w *walk) holds(below string) bool {
	info, err := w.root.Stat(filepath.FromSlash(below)) // a root gives none of what lies outside of it
	return err == nil && info.IsDir()
}

// kustomizations adds what the kustomizations below the folder build, and tells which files they are made of, and which
// they take aside.
func (w *walk) kustomizations() (of kustomization.Result, err error) {
	if len(w.kustomized) == 0 {
		return of, nil
	}
	top, prefix := confine.Checkout(w.name)
	switch {
	case top != "":
	case filepath.IsLocal(w.name) && !isLink(w.name):
		top, prefix = ".", filepath.ToSlash(filepath.Clean(w.name))
	default:
		top, prefix = w.name, "."
	}
	whole, err := os.OpenRoot(top)
	if err != nil {
		return of, fmt.Errorf("reading manifests: %w", err)
	}
	defer whole.Close()
	dirs := make([]string, len(w.kustomized))
	for i, dir := range w.kustomized {
		dirs[i] = path.Join(prefix, dir)
	}
	result := kustomization.Build(whole.FS(), dirs, func(name string) string {
		return path.Join(filepath.ToSlash(w.name), relative(prefix, name))
	})
	w.queue.Add(func() manifest.Parsed { return manifest.Parsed{Objects: result.Objects, Findings: result.Findings} })
	w.beside = append(w.beside, result.Beside...)
	for source := range result.Built {
		source.File = path.Join(filepath.ToSlash(w.name), relative(prefix, source.File))
		w.built[source] = true
	}
	if w.partial != nil {
		maps.Copy(w.partial, result.Partial)
	}
	of.Read, of.Aside = map[string]bool{}, map[string]bool{}
	for _, names := range []struct{ from, to map[string]bool }{{result.Read, of.Read}, {result.Aside, of.Aside}} {
		for name := range names.from {
			if below := relative(prefix, name); !strings.HasPrefix(below, "../") {
				names.to[below] = true
			}
		}
	}
	return of, nil
}

// isLink tells whether a folder is reached by a symlink.
func isLink(name string) bool {
	absolute, err := filepath.Abs(name)
	if err != nil {
		return false
	}
	here, err := filepath.EvalSymlinks(".")
	if err == nil {
		here, err = filepath.Abs(here)
	}
	real, linked := filepath.EvalSymlinks(absolute)
	return err == nil && linked == nil && real != filepath.Join(here, filepath.Clean(name))
}

// relative is a path from one folder of a tree.
func relative(from, name string) string {
	below, err := filepath.Rel(filepath.FromSlash(from), filepath.FromSlash(name))
	if err != nil {
		return name
	}
	return filepath.ToSlash(below)
}

// holdsManifests tells whether there is a file below a folder that may be a manifest.
func holdsManifests(tree fs.FS, folder string) bool {
	found := false
	_ = fs.WalkDir(tree, folder, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil //nolint:nilerr // what cannot be read holds none for anybody
		case entry.IsDir() && path.Base(folder) == ".git" && slices.Contains([]string{folder + "/refs", folder + "/logs"}, name):
			return fs.SkipDir // branches, which may be called like files
		case entry.IsDir():
			return nil
		}
		ext := path.Ext(name)
		if ext == ".yaml" || ext == ".yml" || isKustomization(name) || ext == ".jsonnet" || ext == ".json" && mentionsKind(tree, name) {
			found = true
			return fs.SkipAll
		}
		return nil
	})
	return found
}

// mentionsKind tells whether a JSON file may be a manifest: folders of tools are full of others.
func mentionsKind(tree fs.FS, name string) bool {
	const enough = 64 << 10
	file, err := tree.Open(name)
	if err != nil {
		return true // a symlink out of here, which kubectl follows
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	head, err := io.ReadAll(io.LimitReader(file, enough))
	return err != nil || bytes.Contains(head, []byte("apiVersion")) || bytes.Contains(head, []byte(`\u`)) || bytes.ContainsRune(head, 0) || len(head) == enough
}

// isTemplate tells whether Helm renders a file that is called like no manifest: all below the templates of a chart
// (https://helm.sh/docs/chart_template_guide/builtin_objects/).
func isTemplate(tree fs.FS, name string) bool {
	base := path.Base(name)
	if strings.HasPrefix(base, "_") || base == "NOTES.txt" || strings.HasPrefix(base, ".") {
		return false
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if path.Base(dir) == "templates" {
			return confine.IsFile(tree, path.Join(path.Dir(dir), "Chart.yaml"))
		}
	}
	return false
}

// rendersMore tells whether a template reads as YAML, so that nothing else says that it is one.
func (w *walk) rendersMore(below string) bool {
	text, err := confine.ReadFS(w.root.FS(), below, maxDocument)
	if err != nil || !bytes.Contains(text, []byte("{{")) {
		return false
	}
	parsed := manifest.Parse(below, text)
	return len(parsed.Objects) > 0 || len(parsed.Findings) == 0
}

func notRead(name, why string) finding.Finding {
	return finding.Finding{
		Rule: "input/not-read", Severity: finding.Info, Source: &finding.Position{File: filepath.ToSlash(name)}, Message: why,
		Remedy: "name it, or what it makes, to have that checked",
	}
}

// isFolder tells whether a symlink leads to a folder, wherever that is; nothing of it is read.
func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}
