package manifest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unique"

	yamlv2 "go.yaml.in/yaml/v2"
	kjson "sigs.k8s.io/json"
)

// valueOf decodes a document in YAML to what JSON has, as sigs.k8s.io/yaml does, by the same parser, but not by way of a
// text in JSON, which takes as long again as the parsing. What it has not seen before, that library decides.
func valueOf(text []byte) (any, error) {
	var value any
	if err := yamlv2.UnmarshalStrict(text, &value); err != nil {
		return nil, err
	}
	return jsonable(value)
}

// jsonable is a value of YAML as one of JSON.
func jsonable(value any) (any, error) {
	switch v := value.(type) {
	case nil, bool:
		return v, nil
	case string:
		return shared(v), nil
	case int:
		return int64(v), nil
	case map[any]any:
		all, err := jsonableMap(v)
		if err != nil {
			return nil, err
		}
		return all, nil
	case []any:
		for i, inner := range v {
			var err error
			if v[i], err = jsonable(inner); err != nil {
				return nil, err
			}
		}
		return v, nil
	default: // numbers that are rare: what becomes an integer, and what is none that JSON has, is for JSON to say
		text, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("reading a number: %w", err)
		}
		var number any
		err = kjson.UnmarshalCaseSensitivePreserveInts(text, &number)
		return number, err
	}
}

func jsonableMap(from map[any]any) (map[string]any, error) {
	all := make(map[string]any, len(from))
	for key, inner := range from {
		name, err := keyOf(key)
		if err != nil {
			return nil, err
		}
		if all[name], err = jsonable(inner); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// keyOf is what sigs.k8s.io/yaml makes of a key (https://github.com/kubernetes-sigs/yaml/blob/v1.6.0/yaml.go).
func keyOf(key any) (string, error) {
	switch k := key.(type) {
	case string:
		return shared(k), nil
	case int:
		return strconv.Itoa(k), nil
	case bool:
		return strconv.FormatBool(k), nil
	case float64:
		switch text := strconv.FormatFloat(k, 'g', -1, 32); text {
		case "+Inf":
			return ".inf", nil
		case "-Inf":
			return "-.inf", nil
		case "NaN":
			return ".nan", nil
		default:
			return text, nil
		}
	}
	return "", fmt.Errorf("unsupported map key of type: %T, key: %+#v", key, key)
}

// maxShared is the length up to which equal texts take memory once: names of fields and kinds, most values.
const maxShared = 32

func shared(text string) string {
	if len(text) > maxShared {
		return text
	}
	return unique.Make(text).Value()
}
