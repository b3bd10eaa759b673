// Package manifest knows the Kubernetes object: its identity, where it came from, how it is
// read from YAML and JSON with positions, and how it is written in canonical form. It does
// not know what any kind means.
package manifest

import (
	"cmp"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"tenon.dev/tenon/internal/finding"
)

// Object is one Kubernetes object of a target or of a file.
type Object struct {
	APIVersion string
	Kind       string
	Namespace  string
	// Name is empty where generateName is used.
	Name string
	// Value is the whole object as decoded JSON: map[string]any, []any, string, int64,
	// float64, bool and nil.
	Value map[string]any
	// Written is the whole object as it is written where Value leaves out what does not decode;
	// else nil.
	Written map[string]any
	// Origin tells where the object's fields came from.
	Origin Origin
	// File that the object was read from; empty for what a platform renders.
	File string
	// From is the file of the document that the object was built from, where File is the one that says how; else empty.
	From string
	// Document tells objects of one name in a file apart: a number that grows along the file.
	Document int
}

// Origin resolves where a field of an object came from, on demand.
type Origin interface {
	// Trace returns the places that led to the value of the field, the one to mend first.
	// A field that does not exist gives the place of its nearest parent that does. Where the
	// value was put together from parts, one that holds the text comes first; an empty text
	// prefers none.
	Trace(field Path, text string) []Place
}

// Place is a position together with how it contributed to a value.
type Place struct {
	finding.Position
	Role Role
	// Text is the line of the file in which the first line of a text of several lines stands;
	// 0 where the value is no such text, or where it is not known.
	Text int
}

// Role says how a place contributed to a value.
type Role string

// The roles, in the order in which a place is worth mending.
const (
	// Literal: the value stands there as it is, in a file that the team wrote.
	Literal Role = "literal"
	// Part: the value was computed or put together from what stands there.
	Part Role = "part"
	// Use: the team's line that made a template or default apply.
	Use Role = "use"
	// Default: the schema gives the value where the team gave none.
	Default Role = "default"
	// Template: the value is written in the render.
	Template Role = "template"
	// Reference: the value passed through there.
	Reference Role = "reference"
)

// New makes an object of a decoded value; ok is false where the value is not a Kubernetes
// object, that is, lacks apiVersion or kind.
func New(value map[string]any, origin Origin) (o Object, ok bool) {
	o = Object{Value: value, Origin: origin}
	o.APIVersion, _ = value["apiVersion"].(string)
	o.Kind, _ = value["kind"].(string)
	if metadata, isMap := value["metadata"].(map[string]any); isMap {
		o.Name, _ = metadata["name"].(string)
		o.Namespace, _ = metadata["namespace"].(string)
		if o.Namespace != "" && IsClusterScoped(o.GroupKind()) {
			o.Namespace = ""
		}
	}
	return o, o.APIVersion != "" && o.Kind != ""
}

// Ref names the object in a finding.
func (o Object) Ref() *finding.Object {
	name := o.Name
	if name == "" {
		generate, _ := Lookup(o.Value, Path{"metadata", "generateName"})
		name, _ = generate.(string)
	}
	return &finding.Object{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Namespace, Name: name, File: o.File, Document: o.Document}
}

// GroupKind returns the API group and kind.
func (o Object) GroupKind() schema.GroupKind {
	return schema.FromAPIVersionAndKind(o.APIVersion, o.Kind).GroupKind()
}

// Key identifies an object within a target.
type Key struct {
	Group, Kind, Namespace, Name string
}

// Key returns the identity of the object; the version of its API is no part of it.
func (o Object) Key() Key {
	gk := o.GroupKind()
	return Key{Group: gk.Group, Kind: gk.Kind, Namespace: o.Namespace, Name: o.Name}
}

// Compare orders objects by kind, namespace, name and group: the order of files in an
// overlay.
func Compare(a, b Object) int {
	return cmp.Or(
		cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Namespace, b.Namespace),
		cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.APIVersion, b.APIVersion),
	)
}
