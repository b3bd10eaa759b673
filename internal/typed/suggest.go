package typed

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
)

// suggestion says what was probably meant by a field that its place does not have: one that was
// renamed, one with nearly that name, one of that name deeper down or further out.
func suggestion(name string, want reflect.Type, outer []level) string {
	fields := fieldsOf(want)
	if better := renamed[name]; better != "" {
		if fields[firstName.FindString(better)] != nil {
			return fmt.Sprintf("the field is %s", better)
		}
	}
	if below := beneath(name, want, 2); below != "" {
		return fmt.Sprintf("it belongs in %s", below)
	}
	if near := finding.Nearest(name, slices.Sorted(maps.Keys(fields))); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	for i := len(outer) - 1; i >= 0; i-- {
		if fieldsOf(outer[i].want)[name] != nil {
			place := outer[i].at.String()
			if place == "" {
				place = "the object"
			}
			return fmt.Sprintf("it is a field of %s, and stands too deep here", place)
		}
	}
	if len(fields) <= 12 {
		return "the fields here are " + strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
	}
	return ""
}

// renamed says what became of fields, where the new name is not near the old one
// (https://tekton.dev/docs/pipelines/migrating-v1beta1-to-v1/).
var renamed = map[string]string{
	"resources":          "computeResources",
	"timeout":            "timeouts.pipeline",
	"podTemplate":        "taskRunTemplate.podTemplate",
	"serviceAccountName": "taskRunTemplate.serviceAccountName",
	"serviceAccount":     "serviceAccountName",
	"taskPodTemplate":    "podTemplate",
	"bundle":             "resolver: bundles, with params",
	"workspace":          "workspaces, a list of {name, workspace}",
	"storageClass":       "storageClassName",
	"replica":            "replicas",
	"environment":        "env",
	"environments":       "env",
	"volumeMount":        "volumeMounts",
	"claim":              "claimName",
	"accessModes":        "claimName, of a claim that exists; one is made by volumeClaimTemplate: {spec: ...} beside it",
	"conditions":         "when",
	"params":             "parameters",
}

var firstName = regexp.MustCompile(`^[A-Za-z]+`)

// beneath looks for a field of the name in the structs that a struct holds.
func beneath(name string, want reflect.Type, depth int) string {
	if depth == 0 {
		return ""
	}
	fields := fieldsOf(want)
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		inner := fields[key]
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() != reflect.Struct || key == "metadata" || key == "status" || reflect.PointerTo(inner).Implements(unmarshaler) {
			continue
		}
		if fieldsOf(inner)[name] != nil {
			return key + "." + name
		}
		if found := beneath(name, inner, depth-1); found != "" {
			return key + "." + found
		}
	}
	return ""
}
