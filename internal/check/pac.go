package check

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

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
}

// fill has a file read with samples in the place of placeholders, where Pipelines-as-Code fills them in.
func (f *filled) fill(name string, data io.Reader) (io.Reader, error) {
	text, err := io.ReadAll(io.LimitReader(data, maxDocument+1))
	if err != nil || len(text) > maxDocument || !pac.IsFile(name, text) {
		return io.MultiReader(bytes.NewReader(text), data), err
	}
	if f.files == nil {
		f.files = map[string]bool{}
	}
	text, placeholders := pac.Fill(name, text)
	f.files[name] = true
	f.samples.Add(placeholders)
	f.placeholders = append(f.placeholders, placeholders...)
	return bytes.NewReader(text), nil
}

// check finds what is wrong with the files of Pipelines-as-Code, and gives the runs as it creates them.
func (f *filled) check(objects []manifest.Object) ([]manifest.Object, []finding.Finding) {
	found := pac.Unknown(f.placeholders, objects)
	declared := pac.CustomParams(objects)
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
			}
			found = append(found, pac.Injected(scripts, o, f.samples)...)
		}
	}
	return created, append(found, pac.Twice(created)...)
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
			one.Rule, one.Severity = "pac/not-filled", finding.Warning
			one.Message = fmt.Sprintf("what Pipelines-as-Code puts in the place of %s is no text here: what the object becomes is not checked", p.Text)
			one.Remedy = "write the value, or give it by a parameter where a text belongs"
		} else if taken && f.follows(one, o, remote) {
			continue
		}
		if taken && one.Rule == "types/unknown-field" {
			one.Severity = min(one.Severity, finding.Warning) // it decodes without asking for unknown fields, and leaves them out
		}
		one.Message, one.Remedy = f.samples.Restore(one.Message), f.samples.Restore(one.Remedy)
		if one.Object != nil {
			object := *one.Object
			object.Name = f.samples.Restore(object.Name)
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
	return sampled && slices.Contains(ofValues, category)
}
