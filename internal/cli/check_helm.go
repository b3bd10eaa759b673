package cli

import (
	"github.com/spf13/cobra"

	"tenon.dev/tenon/internal/helm"
	"tenon.dev/tenon/internal/manifest"
)

// chartFlags say which charts of Helm are rendered, and with what.
type chartFlags struct {
	charts, values, set []string
}

func (f *chartFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.charts, "helm", nil, "folder or archive of a Helm chart that is rendered, as helm template does, and checked (repeatable)")
	cmd.Flags().StringArrayVar(&f.values, "values", nil, "with --helm: file of values; later ones win (repeatable)")
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "with --helm: a value as name=value, which wins over those of files (repeatable)")
}

func (f *chartFlags) check() error {
	if len(f.charts) == 0 && len(f.values)+len(f.set) > 0 {
		return usagef("--values and --set go with --helm CHART")
	}
	return nil
}

// render renders the charts, for a cluster of a version of Kubernetes.
func (f *chartFlags) render(kubernetes string) (manifest.Parsed, error) {
	var all manifest.Parsed
	for _, chart := range f.charts {
		parsed, err := helm.Render(chart, helm.Release{Values: f.values, Set: f.set, Kubernetes: kubernetes})
		if err != nil {
			return manifest.Parsed{}, usagef("--helm: %w", err)
		}
		all.Append(parsed)
	}
	return all, nil
}
