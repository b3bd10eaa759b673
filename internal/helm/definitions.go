package helm

import (
	chart "helm.sh/helm/v4/pkg/chart/v2"

	"tenon.dev/tenon/internal/manifest"
)

// definitions are the objects in the crds/ folders of charts, which Helm applies as they are.
func (l *loader) definitions(c *chart.Chart) manifest.Parsed {
	var parsed manifest.Parsed
	for _, one := range c.CRDObjects() {
		file := l.name + "/" + one.Filename
		if one.File != nil {
			parsed.Append(manifest.Parse(file, one.File.Data))
		}
	}
	return parsed
}
