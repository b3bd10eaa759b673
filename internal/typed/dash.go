package typed

import (
	"fmt"
	"regexp"
	"strings"

	"tenon.dev/tenon/internal/manifest"
)

// missing fits what is said of a field that is not there.
var missing = regexp.MustCompile(`missing field|Required value|expected exactly one, got neither`)

// oneDash says of an item that lacks a field that it was probably cut in two: the item behind it has that field and no name,
// or the one before it has a name and none of what this one has. A dash too many makes one item two.
func oneDash(value map[string]any, field, message string) string {
	if !missing.MatchString(message) {
		return ""
	}
	path := manifest.ParsePath(field)
	for i := len(path) - 2; i >= 0; i-- {
		at, isItem := path[i].(int)
		lacking, isName := path[i+1].(string)
		within, _ := manifest.Lookup(value, path[:i])
		list, isList := within.([]any)
		if !isItem || !isName || !isList {
			continue
		}
		for _, first := range []int{at, at - 1} {
			if isCutInTwo(list, first, strings.ToLower(lacking)) {
				return fmt.Sprintf("if %s is the rest of %s, take its dash away", path[:i].Append(first+1), path[:i].Append(first))
			}
		}
		return ""
	}
	return ""
}

// isCutInTwo tells whether an item of a list and the one behind it look like one: the first alone has a name, both have no
// field in common, and one has what the other lacks.
func isCutInTwo(list []any, first int, lacking string) bool {
	if first < 0 || first+1 >= len(list) {
		return false
	}
	item, _ := list[first].(map[string]any)
	behind, _ := list[first+1].(map[string]any)
	if item["name"] == nil || behind == nil || behind["name"] != nil || lacking != "name" && behind[lacking] == nil {
		return false
	}
	for key := range behind {
		if _, both := item[key]; both {
			return false
		}
	}
	return true
}
