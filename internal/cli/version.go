package cli

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker for a release.
var version = "dev"

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print tenon's version and those of what it is made of",
		Example: "  tenon version", Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(a.stdout, "tenon %s\n", version)
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
