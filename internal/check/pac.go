package check

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/pac"
	"tenon.dev/tenon/internal/script"
)

// filled is what Pipelines-as-Code would fill in of the files that were read.
type filled struct {
	samples      pac.Filled
	placeholders []pac.Placeholder
	files        map[string]bool
	// odd are files of which it is told that nobody knows what they become.
	odd map[string]bool
	// large are files that are read as they are.
	large []string
}

// fill has a file read with samples in the place of placeholders, where Pipelines-as-Code fills them in.
func (f *filled) fill(name string, data io.Reader) (io.Reader, error) {
	text, err := io.ReadAll(io.LimitReader(data, maxDocument+1))
	if err != nil || !pac.IsFile(name, text) {
		return io.MultiReader(bytes.NewReader(text), data), err
	}
	if len(text) > maxDocument {
		f.large = append(f.large, name)
		return io.MultiReader(bytes.NewReader(text), data), nil
	}
	if f.files == nil {
		f.files, f.odd = map[string]bool{}, map[string]bool{}
	}
	text, placeholders := pac.Fill(name, text)
	f.files[name] = true
	f.samples.Add(placeholders)
	f.placeholders = append(f.placeholders, placeholders...)
	f.odd[name] = slices.ContainsFunc(placeholders, func(p pac.Placeholder) bool { return p.Sample == "" })
	return bytes.NewReader(text), nil
}

// check finds what is wrong with the files of Pipelines-as-Code, and gives the runs as it creates them.
func (f *filled) check(objects []manifest.Object) ([]manifest.Object, []finding.Finding) {
	found := pac.Unknown(f.placeholders, objects)
	for _, name := range f.large {
		found = append(found, notFilled(finding.Finding{Source: &finding.Position{File: name}},
			fmt.Sprintf("the file is larger than %d MiB: what Pipelines-as-Code fills in of it is not checked", maxDocument>>20), "write runs in files of their own"))
	}
	declared, inScripts := pac.CustomParams(objects), map[string]bool{}
	created := slices.Clone(objects)
	for i, o := range objects {
		if pac.IsRun(o) {
			o = pac.Created(o)
			created[i] = o
			found = append(found, pac.Annotations(o, declared)...)
		}
		if f.files[o.File] {
			scripts := map[string]manifest.Path{}
			for _, s := range script.Of(o) {
				scripts[s.Text] = s.Path
				f.samples.Each(s.Text, func(p pac.Placeholder) { inScripts[p.Sample] = true })
			}
			found = append(found, f.shaped(o)...)
			found = append(found, pac.Injected(scripts, o, f.samples)...)
		}
	}
	found = append(found, pac.Free(f.placeholders, func(p pac.Placeholder) bool { return inScripts[p.Sample] })...)
	return created, append(found, pac.Twice(created)...)
}

// unnamed finds files that Pipelines-as-Code reads by an annotation and that are called like no manifest: they were not
// read with the folder.
func (r *reader) unnamed(objects []manifest.Object) []finding.Finding {
	var found []finding.Finding
	for _, o := range objects {
		for key, files := range pac.Files(o) {
			at := manifest.Path{"metadata", "annotations", key}.String()
			for _, file := range files {
				if !slices.Contains(extensions, path.Ext(file)) {
					found = append(found, finding.Finding{
						Rule: "input/not-read", Severity: finding.Warning, Object: o.Ref(), Field: at,
						Message: fmt.Sprintf("Pipelines-as-Code reads %s, which was not checked: it is called like no manifest", file), Remedy: "call it .yaml",
					})
				}
				if isGone(o.File, file) {
					found = append(found, finding.Finding{
						Rule: "pac/annotation", Severity: finding.Error, Object: o.Ref(), Field: at, Quote: file,
						Message: fmt.Sprintf("the repository has no file %s: no event starts the run", finding.Clip(file)), Remedy: "name a file by its path from the root of the repository",
					})
				}
			}
		}
	}
	slices.SortFunc(found, func(a, b finding.Finding) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Message, b.Message))
	})
	locate(found, objects)
	return found
}

// isGone tells whether a file that a run of Pipelines-as-Code names is not in its repository, whose root is where its
// folder lies. Of a folder further down nobody knows what it is for.
func isGone(run, file string) bool {
	root, ok := pac.Root(run)
	if !ok || !filepath.IsLocal(file) {
		return false
	}
	if _, below := confine.Checkout(root); below != "" && below != "." {
		return false
	}
	_, err := os.Lstat(filepath.Join(root, file))
	return errors.Is(err, fs.ErrNotExist)
}

// shaped tells where what an object is depends on what is filled in, so that nobody can check it.
func (f *filled) shaped(o manifest.Object) []finding.Finding {
	for _, name := range []struct{ field, text string }{{"apiVersion", o.APIVersion}, {"kind", o.Kind}} {
		if p, ok := f.samples.In(name.text); ok {
			return []finding.Finding{notFilled(finding.Finding{Object: o.Ref(), Field: name.field}, fmt.Sprintf("Pipelines-as-Code puts %s into %s: what the object is, is not known, and it is not checked", p.Shown(), name.field), "write it")}
		}
	}
	if at, p, ok := f.keyed(o.Value, nil); ok {
		return []finding.Finding{notFilled(finding.Finding{Object: o.Ref(), Field: at.String()}, fmt.Sprintf("Pipelines-as-Code makes the name of a field of %s: which one it sets is not known, and not checked", p.Shown()), "write the name of the field")}
	}
	if text, ok := pac.Evaluated(o); ok && !f.odd[o.File] {
		return []finding.Finding{notFilled(finding.Finding{Object: o.Ref(), Field: "metadata"}, fmt.Sprintf("Pipelines-as-Code fills in %s of the run that it has read: what that becomes is not checked", pac.Placeholder{Text: text}.Shown()), "write the braces as braces, on one line of one text")}
	}
	return nil
}

// keyed is the first sample that is a part of the name of a field.
func (f *filled) keyed(value any, at manifest.Path) (manifest.Path, pac.Placeholder, bool) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if p, ok := f.samples.In(key); ok {
				return at, p, true
			}
			if where, p, ok := f.keyed(v[key], at.Append(key)); ok {
				return where, p, true
			}
		}
	case []any:
		for i, item := range v {
			if where, p, ok := f.keyed(item, at.Append(i)); ok {
				return where, p, true
			}
		}
	}
	return nil, pac.Placeholder{}, false
}

func notFilled(f finding.Finding, message, remedy string) finding.Finding {
	f.Rule, f.Severity, f.Message, f.Remedy = "pac/not-filled", finding.Warning, message, remedy
	return f
}

// ofValues are the rules about values: of one that is filled in nobody knows it yet.
var ofValues = []string{"types/", "image/", "supply-chain/", "operations/", "storage/"}

// known leaves out findings about what Pipelines-as-Code fills in or does, and gives the others their placeholders back.
func (f *filled) known(found []finding.Finding, objects []manifest.Object) []finding.Finding {
	remote := pac.Remote(objects)
	named := map[finding.Object]manifest.Object{}
	for _, o := range objects {
		if f.files[o.File] && strings.HasPrefix(o.APIVersion, "tekton.dev/") { // others it leaves alone
			named[*o.Ref()] = o
		}
	}
	var kept []finding.Finding
	for _, one := range found {
		var o manifest.Object
		taken := false
		if one.Object != nil {
			o, taken = named[*one.Object]
		}
		if p, unjudged := f.samples.In(brokenText(one, o)); taken && unjudged && one.Rule == "types/wrong-type" {
			one = notFilled(one, fmt.Sprintf("what Pipelines-as-Code puts in the place of %s is no text here: what the object becomes is not checked", p.Shown()),
				"write the value, or give it by a parameter where a text belongs")
		} else if taken && f.follows(one, o, remote) {
			continue
		}
		if taken && one.Rule == "types/unknown-field" {
			one.Severity = min(one.Severity, finding.Warning) // it decodes without asking for unknown fields, and leaves them out
		}
		one.Message, one.Remedy = f.samples.Restore(one.Message), f.samples.Restore(one.Remedy)
		if one.Object != nil {
			object := *one.Object
			object.Name, object.Kind, object.APIVersion = f.samples.Restore(object.Name), f.samples.Restore(object.Kind), f.samples.Restore(object.APIVersion)
			one.Object = &object
		}
		kept = append(kept, one)
	}
	return kept
}

// follows tells whether a finding says nothing where Pipelines-as-Code creates the run: it names the run and its namespace,
// and finds tasks elsewhere.
func (f *filled) follows(one finding.Finding, o manifest.Object, remote func(string) bool) bool {
	category, name := path.Split(one.Rule)
	_, sampled := f.samples.In(brokenText(one, o))
	switch {
	case one.Rule == "operations/generated-name", one.Rule == "operations/no-namespace":
		return true
	case one.Rule == "graph/task-not-found", one.Rule == "graph/pipeline-not-found":
		return sampled || remote(one.Object.File)
	case strings.HasSuffix(name, "-not-found"):
		return sampled
	}
	return sampled && one.Rule != "types/unknown-field" && slices.Contains(ofValues, category)
}
