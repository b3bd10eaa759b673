package gate

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/overlay"
)

// withFiles adds to targets what is written beside their objects, as objects, so that the review shows it.
func (g *gate) withFiles(targets []diff.Target) []diff.Target {
	of := func(environments []check.Environment, t finding.Target) []manifest.Object {
		e := environment(environments, t.Environment)
		if e == nil {
			return nil
		}
		var all []manifest.Object
		for _, r := range e.Targets {
			for _, name := range slices.Sorted(maps.Keys(r.Files)) {
				if r.Target == t {
					all = append(all, asObject(name, r.Files[name]))
				}
			}
		}
		return all
	}
	all := slices.Clone(targets)
	for i, t := range all {
		if t.Target == overlay.ArgoCD {
			t.Before, t.After = slices.Concat(t.Before, g.beside(g.Base.FS, g.before)), slices.Concat(t.After, g.beside(g.Head.FS, g.after))
		}
		all[i].Before = slices.Concat(t.Before, of(g.base.Environments, t.Target))
		all[i].After = slices.Concat(t.After, of(g.head.Environments, t.Target))
	}
	return all
}

// beside are the files of a revision that are compared like objects.
func (g *gate) beside(files fs.FS, a *automation) []manifest.Object {
	names := slices.DeleteFunc(slices.Concat(g.outside.gate, g.outside.ci), func(name string) bool {
		return strings.HasPrefix(name, path.Join(a.prefix, "cue")+"/") // among these already
	})
	return slices.Concat(besides(files), a.objects(names))
}

// besides are the files below cue/ that are no part of the platform's CUE and no part of a module: commands of the cue
// tool, roots of trust, and what Argo CD looks for in an Application's folder.
func besides(files fs.FS) []manifest.Object {
	var all []manifest.Object
	_ = fs.WalkDir(files, "cue", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil //nolint:nilerr // what cannot be read is said where it is rendered
		case entry.IsDir():
			if name == "cue/cue.mod" {
				return fs.SkipDir
			}
			return nil
		case strings.HasSuffix(name, ".cue") && !strings.HasSuffix(name, "_tool.cue") && !strings.HasSuffix(name, "_test.cue") || !entry.Type().IsRegular():
			return nil
		}
		text, reason := confine.ReadFS(files, name, maxBeside)
		if reason != nil {
			text = []byte(reason.Error() + ": " + digestOf(files, name))
		}
		all = append(all, asObject(name, string(text)))
		return nil
	})
	return all
}

// overridePrefix begins the name of a file with which Argo CD overrides parameters of an application.
const overridePrefix = ".argocd-source"

// isActedOn tells whether Argo CD or kustomize takes a file for settings of its own
// (https://argo-cd.readthedocs.io/en/stable/user-guide/parameters/#store-overrides-in-git).
func isActedOn(name string) bool {
	base := strings.ToLower(path.Base(name))
	return strings.HasPrefix(base, overridePrefix) || strings.HasPrefix(base, "kustomization") || base == "chart.yaml" || strings.HasSuffix(base, ".jsonnet")
}

// isOverride tells whether a file is one of Argo CD's with parameters, in the platform's folder or one above it.
func isOverride(name, prefix string) bool {
	dir := path.Dir(name)
	return strings.HasPrefix(strings.ToLower(path.Base(name)), overridePrefix) && (dir == "." || dir == prefix || isBelow(prefix, dir))
}

// digestOf tells one text from another where neither is shown.
func digestOf(files fs.FS, name string) string {
	file, err := files.Open(name)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, io.LimitReader(file, maxFile)); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("sha256:%x", sum.Sum(nil))
}

// filesAmong are the objects that stand for files.
func filesAmong(objects []manifest.Object) []manifest.Object {
	var files []manifest.Object
	for _, o := range objects {
		if o.APIVersion == "tenon.dev/v1" && o.Kind == "File" {
			files = append(files, o)
		}
	}
	return files
}

// asObject is a file as an object, so that it is compared like one.
func asObject(name, text string) manifest.Object {
	o, _ := manifest.New(map[string]any{"apiVersion": "tenon.dev/v1", "kind": "File", "metadata": map[string]any{"name": name}, "text": text}, nil)
	return o
}

const maxBeside = 1 << 20

// elsewhere finds what a checkout of the head has and the revision does not.
func (g *gate) elsewhere() []finding.Finding {
	var found []finding.Finding
	for _, name := range g.Head.Elsewhere {
		found = append(found, finding.Finding{
			Rule: "input/symlink", Severity: finding.Error, Source: &finding.Position{File: name},
			Message: "it is a symlink or a submodule: what it leads to is no part of the revision, so that what is judged is not what is rendered from a checkout",
			Remedy:  "put the files themselves there",
		})
	}
	for _, name := range g.Head.Rewritten {
		found = append(found, finding.Finding{
			Rule: "input/gitattributes", Severity: finding.Error, Source: &finding.Position{File: name},
			Message: "it has git write other texts into a checkout than it keeps (ident, filter, working-tree-encoding, export-subst or eol=crlf): what is judged is not what is rendered from a checkout",
			Remedy:  "take these attributes away from cue/ and overlays/",
		})
	}
	for _, name := range g.Head.Folded {
		if !slices.Contains(g.Base.Folded, name) {
			found = append(found, finding.Finding{
				Rule: "input/gitattributes", Severity: finding.Error, Source: &finding.Position{File: name},
				Message: "it has reviews fold what people write below cue/, or merges join it without asking (-diff, linguist-generated, merge=union)",
				Remedy:  "name generated files alone, such as overlays/**",
			})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.after.entries)) {
		if isOverride(name, g.after.prefix) && g.before.entries[name] != g.after.entries[name] {
			found = append(found, finding.Finding{
				Rule: "overlay/file-name", Severity: finding.Error, Source: &finding.Position{File: fromPlatform(g.after.prefix, name)},
				Message: "Argo CD takes parameters of an Application from a file of that name in its folder, which may be one of those above the platform",
				Remedy:  "write parameters of the plugin in the Application",
			})
		}
	}
	before := besides(g.Base.FS)
	for _, o := range besides(g.Head.FS) {
		if isActedOn(o.Name) && !slices.ContainsFunc(before, func(b manifest.Object) bool { return reflect.DeepEqual(b.Value, o.Value) }) {
			found = append(found, finding.Finding{
				Rule: "overlay/file-name", Severity: finding.Error, Source: &finding.Position{File: o.Name},
				Message: "Argo CD and kustomize act on a file of that name: what they make of it is not what is judged here",
				Remedy:  "take it out of cue/: parameters of the plugin are written in the Application",
			})
		}
	}
	return found
}
