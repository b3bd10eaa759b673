package helm

import (
	"bytes"
	"fmt"

	v2 "helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/strvals"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/manifest"
)

// values are those of the files and of --set, in the order in which they win.
func (r Release) values() (map[string]any, error) {
	all := map[string]any{}
	for _, name := range r.Values {
		text, err := confine.ReadNamed(name, maxFile)
		if err != nil {
			return nil, fmt.Errorf("--values: %w", err)
		}
		if err := confine.YAML(text); err != nil {
			return nil, fmt.Errorf("--values: %s: %w", name, err)
		}
		more, err := v2.LoadValues(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("--values: %s: %s", name, manifest.Unquoted(err.Error()))
		}
		all = v2.MergeMaps(all, more)
	}
	for _, set := range r.Set {
		if err := strvals.ParseInto(set, all); err != nil {
			return nil, fmt.Errorf("--set: %s\n  try: --set name=value", manifest.Unquoted(err.Error()))
		}
	}
	return all, nil
}
