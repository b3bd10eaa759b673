package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/helm"
	"tenon.dev/tenon/internal/kustomization"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
)

// maxDocument bounds a single manifest: none of the kinds that are checked come near it, and etcd
// stores no object above 1.5 MiB. All of them together are bounded by the memory of the run.
const maxDocument = 10 << 20

// Manifests are what is checked that is no platform.
type Manifests struct {
	// Paths are files and folders; - is what Stdin holds.
	Paths []string
	Stdin io.Reader
	// Rendered are objects that charts gave, and what was found on the way.
	Rendered helm.Rendered
	Facts    platform.Facts
	// Complete says that they and the facts are all there is.
	Complete bool
	// Now is the day that waivers are judged by.
	Now time.Time
	// Found are findings that others have made.
	Found []finding.Finding
	// Definitions are CustomResourceDefinitions that custom resources are checked against, beside those among the manifests.
	Definitions []manifest.Object
}

// Files checks manifests from anywhere.
func (c *Checker) Files(ctx context.Context, m Manifests) (finding.Report, error) {
	r := reader{seen: map[string]bool{}, partial: map[string]bool{}, built: map[kustomization.Source]bool{}}
	for _, name := range m.Paths {
		if err := r.read(name, m.Stdin); err != nil {
			return finding.Report{}, err
		}
	}
	r.queue.Add(func() manifest.Parsed { return m.Rendered.Parsed })
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
	found := slices.Concat(all.Findings, located, overridden(all.Objects, len(m.Rendered.Objects) > 0), r.unnamed(all.Objects), m.Found)
	if len(all.Objects) == 0 && len(found) == 0 && len(m.Paths) > 0 {
		found = append(found, finding.Finding{
			Rule: "input/no-objects", Severity: finding.Error,
			Message: fmt.Sprintf("no Kubernetes object in %s: nothing was checked", strings.Join(m.Paths, ", ")),
			Remedy:  "name files or folders with documents that have apiVersion and kind",
			Source:  &finding.Position{File: m.Paths[0]},
		})
	}
	checked, err := c.Check(ctx, Subject{Objects: all.Objects, Beside: r.beside, Aside: r.aside, Facts: m.Facts, Complete: m.Complete, Definitions: m.Definitions})
	if err != nil {
		return finding.Report{}, err
	}
	more, err := c.elsewhere(ctx, m, &r, all.Objects, checked)
	if err != nil {
		return finding.Report{}, err
	}
	checked = append(checked, more...)
	if len(m.Rendered.Otherwise) > 0 {
		if more, err = c.otherwise(ctx, m, toBeFilled(r.pac.known(checked, objects), objects)); err != nil {
			return finding.Report{}, err
		}
		checked = append(checked, more...)
	}
	waivers, malformed := annotated(all.Objects)
	summary := finding.Summary{Objects: len(all.Objects), Skipped: all.Skipped}
	incomplete := incomplete(checked)
	for i, f := range checked {
		if f.Object != nil && r.partial[f.Object.File] && incomplete[*f.Object] && lacks(f) {
			checked[i].Severity = min(f.Severity, finding.Warning)
		}
	}
	checked = m.ofCharts(checked)
	told := toBeFilled(r.pac.known(slices.Concat(found, checked, malformed), all.Objects), all.Objects)
	told = m.scrubbed(told)
	settled := c.Settle(c.weighed(told, finding.Standard), nil, waivers, m.Now, &summary)
	return finding.NewReport(sumUp(once(settled)), summary), nil
}

// labelled fits the fields that labels of a kustomization change.
var labelled = regexp.MustCompile(`(?i)labels|selector`)

// lacks tells whether a finding is about what an object has not, or not yet: a patch may add it, and labels.
func lacks(f finding.Finding) bool {
	return isMissing(f) || f.Rule == "types/invalid" && labelled.MatchString(f.Field) ||
		strings.HasPrefix(f.Rule, "graph/") && !strings.HasPrefix(f.Rule, "graph/script")
}

func isKustomization(file string) bool { return slices.Contains(kustomization.Names, path.Base(file)) }

// Read reads the manifests of a file or folder, or those on stdin for -.
func Read(path string, stdin io.Reader) (manifest.Parsed, error) {
	r := reader{seen: map[string]bool{}, built: map[kustomization.Source]bool{}}
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
	// beside are objects that others may mean: those of bases, which are not applied as they are.
	beside []manifest.Object
	// aside are the objects of files that kustomizations take and that none of them built; built are those that came out.
	aside []manifest.Object
	built map[kustomization.Source]bool
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
		one := reader{seen: r.seen, pac: r.pac, built: r.built}
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
