package policy

import (
	"tenon.dev/tenon/internal/manifest"
)

// declared is an object as the API server understands it: a field that is null is not there, and an empty list of
// names, peers or certificates limits nothing. Rules that ask whether there is something would take both for it.
func declared(o manifest.Object) map[string]any {
	kept, _ := stripped(o.Value)
	value, _ := kept.(map[string]any)
	return named(value)
}

// named gives an object without a name one for messages, which name it: that of its generateName with a star, which no
// name has. A rule whose message lacks a part would say nothing at all.
func named(value map[string]any) map[string]any {
	metadata, is := value["metadata"].(map[string]any)
	if name, _ := metadata["name"].(string); name != "" || !is { // what is no object has no metadata
		return value
	}
	prefix, _ := metadata["generateName"].(string)
	inner := map[string]any{"name": prefix + "*"}
	for key, below := range metadata {
		if key != "name" {
			inner[key] = below
		}
	}
	outer := map[string]any{}
	for key, below := range value {
		outer[key] = below
	}
	outer["metadata"] = inner
	return outer
}

// limits are lists that mean all where they are empty.
var limits = map[string]bool{"resourceNames": true, "to": true, "from": true, "tls": true, "loadBalancerSourceRanges": true}

// stripped copies what it changes alone: most objects are given back as they are.
func stripped(value any) (kept any, changed bool) {
	switch v := value.(type) {
	case map[string]any:
		var copied map[string]any
		for key, inner := range v {
			left, differs := stripped(inner)
			list, isList := left.([]any)
			gone := left == nil || isList && len(list) == 0 && limits[key]
			if !gone && !differs {
				continue
			}
			if copied == nil {
				copied = make(map[string]any, len(v))
				for k, other := range v {
					copied[k] = other
				}
			}
			if gone {
				delete(copied, key)
			} else {
				copied[key] = left
			}
		}
		if copied != nil {
			return copied, true
		}
	case []any:
		var copied []any
		for i, inner := range v {
			if left, differs := stripped(inner); differs {
				if copied == nil {
					copied = append([]any{}, v...)
				}
				copied[i] = left
			}
		}
		if copied != nil {
			return copied, true
		}
	}
	return value, false
}
