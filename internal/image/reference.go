// Package image knows image references: where objects name them, whether they are pinned, what
// a registry says of them, and whether their signatures verify. Of a platform it knows the list
// of images and nothing else.
package image

import (
	_ "crypto/sha256" // digests of references are of it
	"fmt"
	"slices"
	"strings"

	"github.com/distribution/reference"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// Use is one place where an object names an image.
type Use struct {
	Object manifest.Object
	At     manifest.Path
	Image  string
}

// lists are the fields whose elements are containers: of pods, and of Tekton's tasks.
var lists = map[string]bool{
	"containers": true, "initContainers": true, "ephemeralContainers": true, "steps": true, "sidecars": true,
}

// Uses finds every image that the objects run, in the order of the objects and their fields.
func Uses(objects []manifest.Object) []Use {
	var uses []Use
	for _, o := range objects {
		start := len(uses)
		if o.Kind == "StepAction" {
			container(o.Value["spec"], manifest.Path{"spec"}, func(at manifest.Path, image string) {
				uses = append(uses, Use{o, at, image})
			})
		}
		visit(o.Value, nil, func(at manifest.Path, image string) {
			uses = append(uses, Use{o, at, image})
		})
		slices.SortFunc(uses[start:], func(a, b Use) int { return strings.Compare(a.At.String(), b.At.String()) })
	}
	return uses
}

func visit(value any, at manifest.Path, found func(manifest.Path, string)) {
	switch v := value.(type) {
	case map[string]any:
		for key, child := range v {
			if items, ok := child.([]any); ok && lists[key] {
				for i, item := range items {
					container(item, at.Append(key, i), found)
				}
			}
			if key == "stepTemplate" {
				container(child, at.Append(key), found)
			}
			// What a volume is of (https://kubernetes.io/docs/concepts/storage/volumes/#image).
			if key == "image" {
				if volume, ok := child.(map[string]any); ok {
					if reference, ok := volume["reference"].(string); ok {
						found(at.Append(key, "reference"), reference)
					}
				}
			}
			visit(child, at.Append(key), found)
		}
	case []any:
		for i, child := range v {
			visit(child, at.Append(i), found)
		}
	}
}

// Bases finds every image that Dockerfiles in the objects start from.
func Bases(objects []manifest.Object) []Use {
	var uses []Use
	for _, o := range objects {
		for _, key := range DockerfileKeys(o) {
			text, _ := manifest.Lookup(o.Value, manifest.Path{"data", key})
			for _, stage := range ParseDockerfile(fmt.Sprint(text)).Stages {
				if !stage.Inner && stage.From != "" {
					uses = append(uses, Use{o, manifest.Path{"data", key}, stage.From})
				}
			}
		}
	}
	return uses
}

func container(value any, at manifest.Path, found func(manifest.Path, string)) {
	if c, ok := value.(map[string]any); ok {
		if image, ok := c["image"].(string); ok {
			found(at.Append("image"), image)
		}
	}
}

// built marks an import path that ko builds, and replaces by a digest when it applies the object
// (https://ko.build/features/k8s/).
const built = "ko://"

// CheckPins reports images that can move: those without a digest. Each image is reported once,
// at its first use.
func CheckPins(uses []Use) []finding.Finding {
	var found []finding.Finding
	seen := map[string]bool{}
	for _, u := range uses {
		if seen[u.Image] || strings.HasPrefix(u.Image, built) {
			continue
		}
		seen[u.Image] = true
		f := finding.Finding{Object: u.Object.Ref(), Field: u.At.String(), Text: u.Image, Severity: finding.Error}
		switch {
		case strings.Contains(u.Image, "$("):
			f.Rule, f.Severity = "image/variable", finding.Warning
			f.Message = fmt.Sprintf("image %s is chosen when the run starts: nothing can be said of it before", u.Image)
			f.Remedy = "name the image with its digest"
		case invalid(u.Image) != nil:
			f.Rule = "image/invalid-reference"
			f.Message = fmt.Sprintf("%q is not an image reference: %v", u.Image, invalid(u.Image))
			f.Remedy = "write registry/repository:tag@sha256:digest"
		case !strings.Contains(u.Image, "@sha256:"):
			f.Rule = "image/not-pinned"
			f.Message = fmt.Sprintf("image %s has no digest: what it names can change at any time", u.Image)
			f.Remedy = "write the digest behind the tag; of a platform's own images `tenon image lock` does"
			if u.Object.File != "" {
				f.Remedy = "write the digest behind the tag, such as :1.2@sha256:..."
			}
		default:
			continue
		}
		found = append(found, f)
	}
	return found
}

// invalid is what the kubelet says of a name (k8s.io/kubernetes/pkg/util/parsers).
func invalid(image string) error {
	_, err := reference.ParseNormalizedNamed(image)
	return err
}
