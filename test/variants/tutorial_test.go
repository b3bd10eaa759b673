package variants

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// block is a fenced block of a page, with the name of a file that stands before it.
var block = regexp.MustCompile("(?ms)(?:^`([^`\n]+)`:\n\n)?^```([a-z]+)\n(.*?)^```")

// TestTutorial does what the tutorial says: it writes its files, and runs its commands one after the other; what a command
// prints is what the page shows, where three dots stand for any text.
func TestTutorial(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs/tutorial.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := tenonOnPath(t)
	ran := 0
	for _, m := range block.FindAllStringSubmatch(string(page), -1) {
		file, language, body := m[1], m[2], m[3]
		if language == "cue" {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(body), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if language != "console" {
			continue
		}
		for _, step := range regexp.MustCompile(`(?m)^\$ `).Split(body, -1)[1:] {
			command, want, _ := strings.Cut(step, "\n")
			if to, ok := strings.CutPrefix(command, "cd "); ok {
				dir = filepath.Join(dir, to)
				continue
			}
			ran++
			if got := printed(dir, command); !shown(want, got) {
				t.Fatalf("$ %s\nprints:\n%s\nthe page shows:\n%s", command, got, want)
			}
		}
	}
	if ran < 30 {
		t.Errorf("%d commands ran", ran)
	}
}

// tenonOnPath has shells find tenon, in a folder that is returned, and git know who commits.
func tenonOnPath(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "tenon")); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"PATH": dir + ":" + os.Getenv("PATH"), "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com",
		"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null",
	} {
		t.Setenv(name, value)
	}
	return dir
}

// printed is what a command prints, what it says of itself first, and how it ended if not well.
func printed(dir, command string) string {
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = dir
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	text := stderr.String() + stdout.String()
	if err != nil {
		text += fmt.Sprintf("[exit code %d]\n", cmd.ProcessState.ExitCode())
	}
	return text
}

// shown tells whether a page shows what is printed; where it shows nothing, nothing is compared.
func shown(want, got string) bool {
	if strings.TrimSpace(want) == "" {
		return !strings.Contains(got, "[exit code ")
	}
	var pattern strings.Builder
	for _, line := range strings.Split(strings.TrimRight(want, "\n"), "\n") {
		if line == "..." {
			pattern.WriteString(`(?:.*\n)*?`)
			continue
		}
		pattern.WriteString(strings.ReplaceAll(regexp.QuoteMeta(line), `\.\.\.`, `.*`) + `\n`)
	}
	return regexp.MustCompile(`\A` + pattern.String() + `\n*\z`).MatchString(got)
}
