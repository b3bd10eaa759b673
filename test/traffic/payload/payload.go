// Package payload reads GitHub's own examples of webhook events for tests
// (https://github.com/octokit/webhooks).
package payload

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Example returns the payload of a push to a branch, or of a pull request that is opened. Root is the
// folder of the project, in which npm has put the examples.
func Example(root, event string) (map[string]any, error) {
	data, err := os.ReadFile(filepath.Join(root, "test/traffic/node_modules/@octokit/webhooks-examples/api.github.com/index.json"))
	if err != nil {
		return nil, fmt.Errorf("%w\n  try: make peers", err)
	}
	var events []struct {
		Name     string
		Examples []map[string]any
	}
	if err := json.Unmarshal(data, &events); err != nil {
		return nil, err
	}
	for _, e := range events {
		for _, example := range e.Examples {
			ref, _ := example["ref"].(string)
			toBranch := event == "push" && strings.HasPrefix(ref, "refs/heads/")
			if e.Name == event && (toBranch || example["action"] == "opened") {
				return example, nil
			}
		}
	}
	return nil, fmt.Errorf("there is no example of %s", event)
}
