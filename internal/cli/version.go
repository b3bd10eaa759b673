package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is that of the build: the tag of the commit that it was made of, or the time and the name of the commit after
// the last one, with +dirty where files were changed; dev where the build does not say, as in tests. A linker may set it.
var version = ""

func init() {
	if version != "" {
		return
	}
	version = "dev"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		version = info.Main.Version
	}
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print tenon's version and those of what it is made of",
		Example: "  tenon version", Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(a.stdout, "tenon %s %s/%s\n", version, runtime.GOOS, runtime.GOARCH)
			info, ok := debug.ReadBuildInfo()
			if !ok {
				return nil
			}
			for _, m := range info.Deps {
				if shown[m.Path] {
					fmt.Fprintf(a.stdout, "  %s %s\n", m.Path, m.Version)
				}
			}
			return nil
		},
	}
}

// shown are the modules whose version decides a verdict.
var shown = map[string]bool{
	"cuelang.org/go": true, "sigs.k8s.io/kustomize/api": true, "github.com/tektoncd/pipeline": true,
	"github.com/tektoncd/triggers": true, "github.com/open-policy-agent/opa": true,
	"github.com/sigstore/cosign/v2": true, "k8s.io/apimachinery": true, "k8s.io/kubernetes": true,
}
