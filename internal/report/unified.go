package report

import (
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	change "tenon.dev/tenon/internal/diff"
)

// unified compares two texts of several lines, such as scripts, line by line; nil where the values
// are no such texts. Each line begins with -, +, @ or a blank.
func unified(c change.Change) []string {
	before, isText := c.Before.(string)
	after, wasText := c.After.(string)
	if !isText || !wasText || !strings.Contains(before, "\n") && !strings.Contains(after, "\n") {
		return nil
	}
	all := strings.Split(strings.TrimSuffix(string(diff.Diff("a", []byte(before), "b", []byte(after))), "\n"), "\n")
	var lines []string
	for _, line := range all {
		if line == "" || strings.HasPrefix(line, "diff ") || strings.HasPrefix(line, "--- a") || strings.HasPrefix(line, "+++ b") ||
			strings.HasPrefix(line, `\ No newline`) {
			continue
		}
		lines = append(lines, line)
	}
	return lines
}
