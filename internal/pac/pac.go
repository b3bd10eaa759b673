// Package pac knows Pipelines-as-Code: which files it reads, what it fills in before Tekton sees them, and what its
// annotations mean. Its module is not to be had, so that these are facts, read at commit c6397d3
// (https://github.com/openshift-pipelines/pipelines-as-code/tree/c6397d3fda503f8cabfa5d050324ec0eb313bab7).
package pac

import (
	"bytes"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/manifest"
)

// folder is where Pipelines-as-Code looks for runs, at the top of a repository.
const folder = ".tekton"

// prefix begins its annotations.
const prefix = "pipelinesascode.tekton.dev/"

// IsFile tells whether Pipelines-as-Code fills in a file: one of its folder, or one that holds a run with its annotations.
func IsFile(name string, text []byte) bool {
	return InFolder(name) || bytes.Contains(text, []byte(prefix)) && annotated.Match(text)
}

// annotated fits an annotation that has a run taken up.
var annotated = regexp.MustCompile(`(?m)^[^#\n]*` + regexp.QuoteMeta(prefix) + `(?:on-|task|pipeline)`)

// InFolder tells whether a file lies in the folder of Pipelines-as-Code.
func InFolder(name string) bool {
	return slices.Contains(strings.Split(path.Dir(name), "/"), folder)
}

// folderOf is the folder of Pipelines-as-Code that a file lies in, or else the file's own.
func folderOf(name string) string {
	if i := strings.LastIndex("/"+name, "/"+folder+"/"); i >= 0 {
		return name[:i+len(folder)]
	}
	return path.Dir(name)
}

// Root is the folder that the folder of Pipelines-as-Code lies in, for a file in it: the root of the repository, where it
// reads one.
func Root(name string) (string, bool) {
	if !InFolder(name) {
		return "", false
	}
	return path.Dir(folderOf(name)), true
}

// IsRun tells whether Pipelines-as-Code creates an object: a run in its folder, or with its annotations.
func IsRun(o manifest.Object) bool {
	if o.Kind != "PipelineRun" || !strings.HasPrefix(o.APIVersion, "tekton.dev/") || o.File == "" {
		return false
	}
	if InFolder(o.File) {
		return true
	}
	for key := range annotationsOf(o) {
		if strings.HasPrefix(key, prefix+"on-") {
			return true
		}
	}
	return false
}

// annotationsOf are an object's annotations that are texts.
func annotationsOf(o manifest.Object) map[string]string {
	value, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "annotations"})
	all, _ := value.(map[string]any)
	texts := map[string]string{}
	for key, value := range all {
		if text, ok := value.(string); ok {
			texts[key] = text
		}
	}
	return texts
}

// Created is a run as Pipelines-as-Code creates it: its name becomes the beginning of a generated one (pkg/resolve, at the
// end of Resolve).
func Created(o manifest.Object) manifest.Object {
	if o.Name == "" {
		return o
	}
	metadata, _ := o.Value["metadata"].(map[string]any)
	metadata = maps.Clone(metadata)
	delete(metadata, "name")
	metadata["generateName"] = o.Name + "-"
	value := maps.Clone(o.Value)
	value["metadata"] = metadata
	created, _ := manifest.New(value, renamed{o.Origin})
	created.File, created.Document, created.Written = o.File, o.Document, o.Written
	return created
}

// renamed is the origin of a run whose name became generateName.
type renamed struct{ manifest.Origin }

func (r renamed) Trace(field manifest.Path, text string) []manifest.Place {
	if len(field) == 2 && field[0] == "metadata" && field[1] == "generateName" {
		field = manifest.Path{"metadata", "name"}
	}
	return r.Origin.Trace(field, text)
}
