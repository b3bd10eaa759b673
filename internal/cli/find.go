package cli

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// upwards is the folder at dir or above it that holds a platform, as git finds its repository from any folder within;
// it is never looked for above the repository. Without one it is dir itself.
func upwards(dir string) string {
	at, err := filepath.Abs(dir)
	if err != nil {
		return dir
	}
	up := dir
	for {
		if info, err := os.Stat(filepath.Join(at, "cue", "platform")); err == nil && info.IsDir() {
			return up
		}
		_, err := os.Lstat(filepath.Join(at, ".git"))
		if err == nil || at == filepath.Dir(at) {
			return dir
		}
		at, up = filepath.Dir(at), filepath.Join(up, "..")
	}
}

// likeFlag is the flag of a command that is most like an unknown one, of which an error of pflag's speaks.
func likeFlag(cmd *cobra.Command, text string) string {
	name, ok := strings.CutPrefix(text, "unknown flag: --")
	if !ok || len(name) > 60 {
		return ""
	}
	best, distance := "", len(name)/2
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if d := levenshtein.ComputeDistance(name, f.Name); !f.Hidden && d < distance {
			best, distance = f.Name, d
		}
	})
	return best
}
