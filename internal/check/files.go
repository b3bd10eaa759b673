package check

import (
	"bytes"
	"cmp"
	"context"
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
	"time"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/kustomization"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
)

// maxDocument bounds a single manifest: none of the kinds that are checked come near it, and etcd
// stores no object above 1.5 MiB. All of them together are bounded by the memory of the run.
const maxDocument = 10 << 20

// Files checks manifests from anywhere: files, folders, and - for what stdin holds. Custom
// resources are checked against the definitions, too. More are findings that others have made.
func (c *Checker) Files(ctx context.Context, paths []string, stdin io.Reader, facts platform.Facts, complete bool, now time.Time, more []finding.Finding, definitions ...manifest.Object) (finding.Report, error) {
	r := reader{seen: map[string]bool{}, partial: map[string]bool{}}
	for _, name := range paths {
		if err := r.read(name, stdin); err != nil {
			return finding.Report{}, err
		}
	}
	all := r.queue.Wait()
	objects, ofPac := r.pac.check(all.Objects)
	all.Objects = objects
	// In whatever order the files were named, what is said is the same.
	slices.SortStableFunc(all.Objects, func(a, b manifest.Object) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Document, b.Document))
	})
	c.files = map[string][]manifest.Object{}
	for _, o := range all.Objects {
		c.files[o.File] = append(c.files[o.File], o)
	}
	located := slices.Clone(ofPac)
	locate(located, all.Objects)
	found := slices.Concat(all.Findings, located, more)
	if len(all.Objects) == 0 && len(found) == 0 {
		found = append(found, finding.Finding{
			Rule: "input/no-objects", Severity: finding.Error,
			Message: fmt.Sprintf("no Kubernetes object in %s: nothing was checked", strings.Join(paths, ", ")),
			Remedy:  "name files or folders with documents that have apiVersion and kind",
			Source:  &finding.Position{File: paths[0]},
		})
	}
	checked, err := c.Check(ctx, Subject{Objects: all.Objects, Beside: r.beside, Facts: facts, Complete: complete, Definitions: definitions})
	if err != nil {
		return finding.Report{}, err
	}
	waivers, malformed := annotated(all.Objects)
	summary := finding.Summary{Objects: len(all.Objects), Skipped: all.Skipped}
	for i, f := range checked {
		if f.Object != nil && r.partial[f.Object.File] && lacks(f) {
			checked[i].Severity = min(f.Severity, finding.Warning)
		}
	}
	told := toBeFilled(r.pac.known(slices.Concat(found, checked, malformed), all.Objects), all.Objects)
	settled := c.Settle(c.weighed(told, finding.Standard), nil, waivers, now, &summary)
	return finding.NewReport(sumUp(once(settled)), summary), nil
}

// labelled fits the fields that labels of a kustomization change.
var labelled = regexp.MustCompile(`(?i)labels|selector`)

// lacks tells whether a finding is about what an object has not, or not yet: a patch may add it, and labels.
func lacks(f finding.Finding) bool {
	return f.Rule == "types/required" || f.Rule == "types/invalid" && labelled.MatchString(f.Field) || f.Rule == "types/tekton" && (strings.HasPrefix(f.Message, "missing field") || strings.Contains(f.Message, "got n")) ||
		strings.HasPrefix(f.Rule, "graph/") && !strings.HasPrefix(f.Rule, "graph/script")
}

// often is how many findings of one rule that say the same are told one by one.
const often = 3

// index fits which item of a list is meant: of a mistake that is made in many, the one does not matter.
var index = regexp.MustCompile(`\[[0-9]+\]`)

// sumUp makes one finding of the many that say the same: a habit is in every file, and whoever mends it mends all of
// them.
func sumUp(found []finding.Finding) []finding.Finding {
	said := func(f finding.Finding) string {
		message := index.ReplaceAllString(f.Message, "[]")
		if path := manifest.ParsePath(f.Field); f.Rule == "types/unknown-field" && len(path) > 1 {
			message = fmt.Sprint(path[len(path)-2:]) // whoever writes one of them does so in every place
		}
		return fmt.Sprint(f.Rule, f.Severity, f.Waiver != nil, message)
	}
	count := map[string]int{}
	for _, f := range found {
		count[said(f)]++
	}
	first := map[string]int{}
	var kept []finding.Finding
	for _, f := range found {
		i, seen := first[said(f)]
		switch {
		case f.Waiver != nil || !seen || count[said(f)] <= often:
			first[said(f)] = len(kept)
			kept = append(kept, f)
		case f.Source != nil && (kept[i].Source == nil || f.Source.File != kept[i].Source.File || f.Source.Line != kept[i].Source.Line):
			kept[i].Repeats = append(kept[i].Repeats, *f.Source)
		}
	}
	for i := range kept {
		slices.SortFunc(kept[i].Repeats, finding.Position.Compare)
		kept[i].Repeats = slices.Compact(kept[i].Repeats)
	}
	return kept
}

// once leaves out what several kustomizations build of one line: it is mended there once.
func once(found []finding.Finding) []finding.Finding {
	seen := map[string]bool{}
	return slices.DeleteFunc(found, func(f finding.Finding) bool {
		if f.Source == nil || f.Object == nil || !isKustomization(f.Object.File) {
			return false
		}
		said := fmt.Sprint(f.Rule, f.Source, f.Severity, f.Waiver != nil, index.ReplaceAllString(f.Message, "[]"))
		again := seen[said]
		seen[said] = true
		return again
	})
}

func isKustomization(file string) bool { return slices.Contains(kustomization.Names, path.Base(file)) }

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
	pac   filled
	// partial are files of objects that something changes which is not in sight.
	partial map[string]bool
	// beside are objects that others may mean.
	beside []manifest.Object
}

// found adds what was found where nothing was parsed.
func (r *reader) found(findings ...finding.Finding) {
	r.queue.Add(func() manifest.Parsed { return manifest.Parsed{Findings: findings} })
}

func (r *reader) read(path string, stdin io.Reader) error {
	if path == "-" {
		text, err := r.pac.fill("<stdin>", stdin)
		if err == nil {
			err = r.queue.Read("<stdin>", text, maxDocument)
		}
		if err != nil {
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
		one := reader{seen: r.seen, pac: r.pac}
		err := one.named(path)
		r.pac = one.pac
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
		if !built[below] {
			r.file(root, below, filepath.Join(name, below))
		}
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
		w.found(notRead(shown, "it is a part of a Helm chart, which was not rendered: Helm and Argo CD apply what it makes"))
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

// kustomizations adds what the kustomizations below the folder build, and tells which files they are made of.
func (w *walk) kustomizations() (map[string]bool, error) {
	if len(w.kustomized) == 0 {
		return nil, nil
	}
	top, prefix := confine.Checkout(w.name)
	switch {
	case top != "":
	case filepath.IsLocal(w.name):
		top, prefix = ".", filepath.ToSlash(filepath.Clean(w.name))
	default:
		top, prefix = w.name, "."
	}
	whole, err := os.OpenRoot(top)
	if err != nil {
		return nil, fmt.Errorf("reading manifests: %w", err)
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
	if w.partial != nil {
		maps.Copy(w.partial, result.Partial)
	}
	built := map[string]bool{}
	for name := range result.Read {
		if below := relative(prefix, name); !strings.HasPrefix(below, "../") {
			built[below] = true
		}
	}
	return built, nil
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
		if ext == ".yaml" || ext == ".yml" || isKustomization(name) || (ext == ".json" || ext == ".jsonnet") && mentionsKind(tree, name) {
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
	if isKustomization(filepath.ToSlash(below)) {
		r.found(notRead(filepath.ToSlash(filepath.Clean(name)), "a kustomization is built where its folder is named, not the file"))
	}
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
	shown := filepath.ToSlash(filepath.Clean(path))
	text, err := r.pac.fill(shown, data)
	if err == nil {
		err = r.queue.Read(shown, text, maxDocument)
	}
	if err != nil {
		r.found(unreadable(path, confine.Reason(err))...)
	}
}

func unreadable(path string, err error) []finding.Finding {
	return []finding.Finding{{
		Rule: "input/unreadable", Severity: finding.Error, Message: fmt.Sprintf("the file cannot be read: %v", err),
		Remedy: "see that it is a file of its own: a symlink out of the folder, a pipe or a device is not read", Source: &finding.Position{File: filepath.ToSlash(path)},
	}}
}
