package report

import (
	"fmt"
	"io"
	"strings"

	"tenon.dev/tenon/internal/finding"
)

// writeGitHub writes workflow commands, which GitHub shows at the lines of a pull request
// (https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions).
func writeGitHub(w io.Writer, p Page, _ Options) error {
	commands := map[finding.Severity]string{finding.Error: "error", finding.Warning: "warning", finding.Info: "notice"}
	// GitHub shows ten of each level in a step: those that block come first.
	for _, f := range byRank(p, p.Findings) {
		if f.Waiver != nil || f.Status == finding.Known && !p.All {
			continue
		}
		var properties []string
		if f.Source != nil {
			properties = append(properties, "file="+property(f.Source.File))
			if f.Source.Line > 0 {
				properties = append(properties, fmt.Sprintf("line=%d", f.Source.Line))
			}
			if f.Source.Column > 0 {
				properties = append(properties, fmt.Sprintf("col=%d", f.Source.Column))
			}
		}
		properties = append(properties, "title="+property(f.Rule))
		text := f.Message
		if f.Remedy != "" {
			text += "\ntry: " + f.Remedy
		}
		if _, err := fmt.Fprintf(w, "::%s %s::%s\n", commands[f.Severity], strings.Join(properties, ","), data(text)); err != nil {
			return err
		}
	}
	return nil
}

// data escapes what stands behind a workflow command, property what stands in it: a text from a pull
// request must not start a command of its own.
func data(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

func property(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(text)
}
