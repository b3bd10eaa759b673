package gate

import (
	"fmt"
	"strconv"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/manifest"
)

// deletesClaims tells whether with the difference claims of a StatefulSet go, with all that they hold
// (https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention).
func deletesClaims(o diff.Object) bool {
	if o.Object.Kind != "StatefulSet" || o.Before == nil {
		return false
	}
	before, after := *o.Before, manifest.Object{}
	if o.After != nil {
		after = *o.After
	}
	when := func(o manifest.Object, what string) bool {
		value, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "persistentVolumeClaimRetentionPolicy", what})
		return value == "Delete"
	}
	if o.Op == diff.Removed {
		return when(before, "whenDeleted")
	}
	return (when(before, "whenScaled") || when(after, "whenScaled")) && replicas(after) < replicas(before)
}

// replicas of a workload; one where none are stated.
func replicas(o manifest.Object) float64 {
	value, ok := manifest.Lookup(o.Value, manifest.Path{"spec", "replicas"})
	if !ok {
		return 1
	}
	number, err := strconv.ParseFloat(fmt.Sprint(value), 64)
	if err != nil {
		return 1
	}
	return number
}
