package platform

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

// defaults are the facts of who states none, as the schema gives them: evaluating CUE takes a fifth of what looking at
// one small file does. A test holds them equal to the schema.
//
//go:embed defaults.json
var defaults []byte

// DefaultFacts are the facts of manifests about whose cluster nothing is stated.
func DefaultFacts() (Facts, error) {
	var facts Facts
	if err := json.Unmarshal(defaults, &facts); err != nil {
		return facts, fmt.Errorf("reading the embedded facts: %w", err)
	}
	return facts, nil
}
