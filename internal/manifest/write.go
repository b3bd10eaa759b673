package manifest

import (
	"bytes"
	"fmt"

	"sigs.k8s.io/yaml"
)

// Marshal writes the object as YAML with sorted keys: the same object, the same bytes.
func Marshal(o Object) ([]byte, error) {
	data, err := yaml.Marshal(o.Value)
	if err != nil {
		return nil, fmt.Errorf("writing %s %s as YAML: %w", o.Kind, o.Name, err)
	}
	return data, nil
}

// MarshalStream writes the objects as one YAML stream.
func MarshalStream(objects []Object) ([]byte, error) {
	var stream bytes.Buffer
	for i, o := range objects {
		if i > 0 {
			stream.WriteString("---\n")
		}
		data, err := Marshal(o)
		if err != nil {
			return nil, err
		}
		stream.Write(data)
	}
	return stream.Bytes(), nil
}
