package image

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/literal"

	"tenon.dev/tenon/internal/platform"
)

// Entry is one image of a platform's catalogue.
type Entry struct {
	// Name in the platform's images.
	Name string
	// Reference is registry/repository:tag.
	Reference string
	// Base names the image that this one is built on, if any.
	Base string
	// Tools that the platform states of the image.
	Tools []string
	// CUDA: it is for nodes with GPUs, where the driver brings programs of its own.
	CUDA bool
	// LockEntry is what the lock holds for the tag; without a digest, nothing.
	platform.LockEntry
}

// Catalogue lists the images of a platform's environments, sorted by name. Environments share
// one lock, so the first that has an image speaks for all.
func Catalogue(states []platform.State) []Entry {
	var entries []Entry
	for _, s := range states {
		for name, i := range s.Images {
			if slices.ContainsFunc(entries, func(e Entry) bool { return e.Name == name }) {
				continue
			}
			entry := Entry{Name: name, Reference: s.Repository(i) + ":" + i.Tag, Base: i.From, Tools: i.Tools, CUDA: i.CUDA}
			if locked, ok := s.Locked(name); ok {
				entry.LockEntry = locked
			}
			entry.Tag = i.Tag
			entries = append(entries, entry)
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return entries
}

// LockFile writes the lock as CUE. Images without a digest are left out.
func LockFile(entries []Entry) ([]byte, error) {
	var b strings.Builder
	b.WriteString("// The digests of the platform's images, written by `tenon image lock`.\n")
	b.WriteString("package platform\n\nplatform: lock: {\n")
	for _, e := range entries {
		if e.Digest != "" {
			fmt.Fprintf(&b, "%q: {tag: %q, digest: %q%s}\n", e.Name, e.Tag, e.Digest, e.details())
		}
	}
	b.WriteString("}\n")
	text, err := format.Source([]byte(b.String()), format.Simplify())
	if err != nil {
		return nil, fmt.Errorf("writing the lock: %w", err)
	}
	return text, nil
}

// Quoted is a text as a literal of CUE. No CI reads a command in it
// (https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands).
func Quoted(text string) string {
	return strings.ReplaceAll(literal.String.Quote(text), "##", `#\u0023`)
}

// inspected is the field of that name. What images hold is anybody's text.
func inspected(i platform.Inspected) string {
	var uids, tools, missing []string
	for _, uid := range i.UIDs {
		uids = append(uids, fmt.Sprint(uid))
	}
	for _, tool := range i.Tools {
		tools = append(tools, Quoted(tool))
	}
	for _, tool := range slices.Sorted(maps.Keys(i.Missing)) {
		missing = append(missing, Quoted(tool)+": "+Quoted(i.Missing[tool]))
	}
	return fmt.Sprintf(", inspected: {user: %s, uids: [%s], tools: [%s], missing: {%s}}",
		Quoted(i.User), strings.Join(uids, ", "), strings.Join(tools, ", "), strings.Join(missing, ", "))
}

// details are the fields of an entry that are for people.
func (e Entry) details() string {
	var b strings.Builder
	if e.Image != "" {
		fmt.Fprintf(&b, ", image: %q", e.Image)
	}
	if len(e.Platforms) > 0 {
		fmt.Fprintf(&b, ", platforms: [\"%s\"]", strings.Join(e.Platforms, `", "`))
	}
	if e.Size > 0 {
		fmt.Fprintf(&b, ", size: %d", e.Size)
	}
	if e.From != "" {
		fmt.Fprintf(&b, ", from: %q", e.From)
	}
	if e.Resolved != "" {
		fmt.Fprintf(&b, ", resolved: %q", e.Resolved)
	}
	if i := e.Inspected; i != nil {
		b.WriteString(inspected(*i))
	}
	return b.String()
}
