package graph

import (
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// filestoreMinimum is the smallest instance of each of Filestore's tiers, in GiB: a smaller
// claim is rounded up, and paid for.
var filestoreMinimum = map[string]int64{"premium": 2560, "basic_ssd": 2560, "zonal": 1024, "enterprise": 1024}

// claimSizes compares every claim with what its class can give.
func (g *graph) claimSizes() {
	for _, o := range g.Objects {
		if o.Kind == "PersistentVolumeClaim" {
			g.claimOfClass(o, o.Value["spec"], manifest.Path{"spec"})
		}
	}
	for _, r := range g.Runs {
		each(r.Object.Value, manifest.Path{"spec", "workspaces"}, func(i int, w map[string]any) {
			if spec, ok := manifest.Lookup(w, manifest.Path{"volumeClaimTemplate", "spec"}); ok {
				g.claimOfClass(r.Owner, spec, r.At.Append("spec", "workspaces", i, "volumeClaimTemplate", "spec"))
			}
		})
	}
}

func (g *graph) claimOfClass(o manifest.Object, value any, at manifest.Path) {
	claim, ok := as[corev1.PersistentVolumeClaimSpec](value)
	if !ok || claim.StorageClassName == nil {
		return
	}
	driver := g.Facts.StorageClasses[*claim.StorageClassName].Provisioner
	var parameters map[string]any
	if class, ok := g.find(o, "StorageClass", "", *claim.StorageClassName); ok {
		driver, _ = class.Value["provisioner"].(string)
		parameters, _ = class.Value["parameters"].(map[string]any)
	}
	gibibytes := claim.Resources.Requests.Storage().Value() >> 30
	sized := at.Append("resources", "requests", "storage")
	if iops, err := strconv.ParseInt(fmt.Sprint(parameters["iops"]), 10, 64); err == nil && driver == "ebs.csi.aws.com" && gibibytes > 0 && iops > 500*gibibytes && iops > 3000 {
		g.add(o, "graph/claim-too-small", finding.Warning, sized,
			fmt.Sprintf("class %s promises %d IOPS, and EBS gives at most 500 for each GiB: %d to this claim", *claim.StorageClassName, iops, max(3000, 500*gibibytes)),
			fmt.Sprintf("ask for at least %d GiB, or use a class with fewer IOPS", (iops+499)/500))
	}
	if least := filestoreMinimum[fmt.Sprint(parameters["tier"])]; driver == "filestore.csi.storage.gke.io" && gibibytes < least {
		g.add(o, "graph/claim-too-small", finding.Warning, sized,
			fmt.Sprintf("Filestore's tier %v starts at %d GiB: the claim is rounded up, and paid for", parameters["tier"], least),
			"ask for that size, or use a smaller tier")
	}
}
