package cli

import (
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
)

// upwards is the folder at dir or above it that holds a platform, as git finds its repository from any folder within;
// it is never looked for above the repository. Without one it is dir itself.
func upwards(dir string) string {
	_, below := confine.Checkout(dir)
	for up := dir; ; up, below = filepath.Join(up, ".."), path.Dir(below) {
		if info, err := os.Stat(filepath.Join(up, "cue", "platform")); err == nil && info.IsDir() {
			return up
		}
		if below == "" || below == "." {
			return dir
		}
	}
}

// likeFlag is the flag of a command that is most like an unknown one, of which an error of pflag's speaks.
func likeFlag(cmd *cobra.Command, text string) string {
	name, ok := strings.CutPrefix(text, "unknown flag: --")
	if !ok {
		return ""
	}
	var flags []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			flags = append(flags, f.Name)
		}
	})
	return finding.Nearest(name, flags)
}
