package check

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
)

// maxDocument bounds a single manifest: none of the kinds that are checked come near it, and etcd
// stores no object above 1.5 MiB. All of them together are bounded by the memory of the run.
const maxDocument = 10 << 20

// Files checks manifests from anywhere: files, folders, and - for what stdin holds. Custom
// resources are checked against the definitions, too. More are findings that others have made.
func (c *Checker) Files(ctx context.Context, paths []string, stdin io.Reader, facts platform.Facts, complete bool, now time.Time, more []finding.Finding, definitions ...manifest.Object) (finding.Report, error) {
	r := reader{seen: map[string]bool{}}
	for _, name := range paths {
		if err := r.read(name, stdin); err != nil {
			return finding.Report{}, err
		}
	}
	all := r.queue.Wait()
	// In whatever order the files were named, what is said is the same.
	slices.SortStableFunc(all.Objects, func(a, b manifest.Object) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Document, b.Document))
	})
	c.files = map[string][]manifest.Object{}
	for _, o := range all.Objects {
		c.files[o.File] = append(c.files[o.File], o)
	}
	found := slices.Concat(all.Findings, more)
	if len(all.Objects) == 0 && len(found) == 0 {
		found = append(found, finding.Finding{
			Rule: "input/no-objects", Severity: finding.Error,
			Message: fmt.Sprintf("no Kubernetes object in %s: nothing was checked", strings.Join(paths, ", ")),
			Remedy:  "name files or folders with documents that have apiVersion and kind",
			Source:  &finding.Position{File: paths[0]},
		})
	}
	checked, err := c.Check(ctx, Subject{Objects: all.Objects, Facts: facts, Complete: complete, Definitions: definitions})
	if err != nil {
		return finding.Report{}, err
	}
	waivers, malformed := annotated(all.Objects)
	summary := finding.Summary{Objects: len(all.Objects), Skipped: all.Skipped}
	settled := c.Settle(slices.Concat(found, checked, malformed), nil, waivers, now, &summary)
	return finding.NewReport(sumUp(settled), summary), nil
}

// often is how many findings of one rule and message are said one by one.
const often = 8

// sumUp makes one warning or info of the many that say the same: without facts many objects
// refer to what is defined elsewhere, and a habit is in every file.
func sumUp(found []finding.Finding) []finding.Finding {
	said := func(f finding.Finding) string { return f.Rule + "\x00" + f.Message }
	count := map[string]int{}
	for _, f := range found {
		count[said(f)]++
	}
	first := map[string]int{}
	var kept []finding.Finding
	for _, f := range found {
		i, seen := first[said(f)]
		if f.Severity == finding.Error || f.Waiver != nil || !seen || count[said(f)] <= often {
			first[said(f)] = len(kept)
			kept = append(kept, f)
			continue
		}
		if f.Source != nil {
			kept[i].Related = append(kept[i].Related, *f.Source)
		}
	}
	return kept
}

// Read reads the manifests of a file or folder, or those on stdin for -.
func Read(path string, stdin io.Reader) (manifest.Parsed, error) {
	r := reader{seen: map[string]bool{}}
	err := r.read(path, stdin)
	return r.queue.Wait(), err
}

// reader reads manifests; each file once, whatever it is named by.
type reader struct {
	queue manifest.Queue
	seen  map[string]bool
}

// found adds what was found where nothing was parsed.
func (r *reader) found(findings ...finding.Finding) {
	r.queue.Add(func() manifest.Parsed { return manifest.Parsed{Findings: findings} })
}

func (r *reader) read(path string, stdin io.Reader) error {
	if path == "-" {
		if err := r.queue.Read("<stdin>", stdin, maxDocument); err != nil {
			return fmt.Errorf("reading standard input: %w", err)
		}
		return nil
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no file or folder %s", path)
	}
	if err != nil {
		return fmt.Errorf("reading manifests: %w", err)
	}
	if !info.IsDir() {
		one := reader{seen: r.seen}
		err := one.named(path)
		parsed := one.queue.Wait()
		if err == nil && parsed.Skipped > 0 && len(parsed.Objects) == 0 && len(parsed.Findings) == 0 {
			parsed.Findings = append(parsed.Findings, finding.Finding{
				Rule: "input/no-objects", Severity: finding.Error, Source: &finding.Position{File: path},
				Message: "the file holds no Kubernetes object", Remedy: "an object has apiVersion and kind",
			})
		}
		r.queue.Add(func() manifest.Parsed { return parsed })
		return err
	}
	if err := confine.Strays(path); err != nil {
		r.found(unreadable(path, err)...)
		return nil
	}
	return r.folder(path)
}

// unread are folders in which tools keep what nobody applies. Others that are hidden are read, as kubectl
// does: Pipelines-as-Code keeps its runs in .tekton.
var unread = []string{".git", ".terraform", ".venv", ".cache", "node_modules"}

// extensions of the files that a folder is searched for.
var extensions = []string{".yaml", ".yml", ".json"}

// folder reads the manifests below a folder. No file outside of it is reached, not by a symlink either.
func (r *reader) folder(name string) error {
	root, err := os.OpenRoot(name)
	if err != nil {
		return fmt.Errorf("reading manifests: %w", err)
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(below string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil && below != ".": // the others are checked
			r.found(unreadable(filepath.Join(name, below), confine.Reason(err))...)
			if entry != nil && entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case err != nil:
			return err
		case entry.IsDir() && below != "." && slices.Contains(unread, entry.Name()):
			if holdsManifests(root.FS(), below) {
				r.found(notRead(filepath.Join(name, below), "the folder is one that tools keep for themselves, and was not searched: kubectl -R and Argo CD read the manifests in it"))
			}
			return fs.SkipDir
		case path.Ext(below) == ".jsonnet":
			r.found(notRead(filepath.Join(name, below), "it is a program in Jsonnet, which was not run: Argo CD applies what it makes"))
			return nil
		case !entry.IsDir() && !slices.Contains(extensions, path.Ext(below)) && (isTemplate(root.FS(), below) || path.Ext(below) == ".tgz" && path.Base(path.Dir(below)) == "charts"):
			r.found(notRead(filepath.Join(name, below), "it is a part of a Helm chart, which was not rendered: Helm and Argo CD apply what it makes"))
			return nil
		}
		linked := entry.Type()&fs.ModeSymlink != 0 && isFolder(filepath.Join(name, below))
		if entry.IsDir() || !linked && !slices.Contains(extensions, path.Ext(below)) {
			return nil
		}
		if linked {
			r.found(unreadable(filepath.Join(name, below), errors.New("it is a symlink to a folder, which is not followed"))...)
			return nil
		}
		r.file(root, below, filepath.Join(name, below))
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading manifests: %w", err)
	}
	return nil
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
		if ext == ".yaml" || ext == ".yml" || (ext == ".json" || ext == ".jsonnet") && mentionsKind(tree, name) {
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
		return false
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	head, err := io.ReadAll(io.LimitReader(file, enough))
	return err == nil && (bytes.Contains(head, []byte("apiVersion")) || len(head) == enough)
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
			_, err := fs.Stat(tree, path.Join(path.Dir(dir), "Chart.yaml"))
			return err == nil
		}
	}
	return false
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

// named reads a file that was named. One that is a symlink leads nowhere outside of the folder that people
// stand in or, where it was named from elsewhere, outside of its own: hooks name files that others wrote.
func (r *reader) named(name string) error {
	within, below := ".", filepath.Clean(name)
	if inside, ok := confine.Inside(name); ok {
		below = inside // however it is written
	}
	if !filepath.IsLocal(below) {
		within, below = filepath.Dir(below), filepath.Base(below)
	}
	root, err := os.OpenRoot(within)
	if err != nil {
		return fmt.Errorf("reading manifests: %w", err)
	}
	defer root.Close()
	r.file(root, below, name)
	return nil
}

// file reads one file below a root; what cannot be read is a finding, so that the others are checked.
func (r *reader) file(root *os.Root, below, path string) {
	if absolute, err := filepath.Abs(path); err == nil {
		if r.seen[absolute] {
			return // named twice, or by its folder too
		}
		r.seen[absolute] = true
	}
	data, err := confine.Open(root, below)
	if err != nil {
		r.found(unreadable(path, err)...)
		return
	}
	defer data.Close()
	if err := r.queue.Read(filepath.ToSlash(filepath.Clean(path)), data, maxDocument); err != nil {
		r.found(unreadable(path, confine.Reason(err))...)
	}
}

func unreadable(path string, err error) []finding.Finding {
	return []finding.Finding{{
		Rule: "input/unreadable", Severity: finding.Error, Message: fmt.Sprintf("the file cannot be read: %v", err),
		Remedy: "see that it is a file of its own: a symlink out of the folder, a pipe or a device is not read", Source: &finding.Position{File: filepath.ToSlash(path)},
	}}
}
