package cli

import (
	"github.com/spf13/cobra"

	"tenon.dev/tenon/internal/helm"
)

// chartFlags say which charts of Helm are rendered, and with what.
type chartFlags struct {
	charts, values, set []string
	name, namespace     string
}

func (f *chartFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.charts, "helm", nil, "folder or archive of a Helm chart that is rendered, as helm template does, and checked (repeatable)")
	cmd.Flags().StringArrayVar(&f.values, "values", nil, "with --helm: file of values; later ones win (repeatable)")
	cmd.Flags().StringVar(&f.name, "release-name", "", "with --helm: name of the release (default release-name, as helm template has it)")
	cmd.Flags().StringVar(&f.namespace, "release-namespace", "", "with --helm: namespace of the release (default default)")
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "with --helm: a value as name=value, which wins over those of files (repeatable)")
}

func (f *chartFlags) check() error {
	if len(f.charts) == 0 && len(f.values)+len(f.set)+len(f.name)+len(f.namespace) > 0 {
		return usagef("--values, --set and --release-name go with --helm CHART")
	}
	return nil
}

// render renders the charts, for a cluster of a version of Kubernetes.
func (f *chartFlags) render(kubernetes string) (helm.Rendered, error) {
	var all helm.Rendered
	for _, chart := range f.charts {
		rendered, err := helm.Render(chart, helm.Release{Values: f.values, Set: f.set, Name: f.name, Namespace: f.namespace, Kubernetes: kubernetes})
		if err != nil {
			return helm.Rendered{}, usagef("--helm: %w", err)
		}
		all.Append(rendered)
	}
	return all, nil
}
