package kustomization

import (
	"slices"

	"sigs.k8s.io/kustomize/api/types"
)

// Fields that kustomize deprecated are still built by it, and most repositories still use them.

// statedResources returns the resources of the kustomization and its bases.
func statedResources(v types.Kustomization) []string {
	//lint:ignore SA1019 kustomize builds what bases names
	return slices.Concat(v.Resources, v.Bases)
}

// statedPatches returns the patches of the kustomization in all three spellings, in the order in which kustomize
// applies them: patchesStrategicMerge, patches, patchesJson6902.
func statedPatches(v types.Kustomization) []types.Patch {
	var all []types.Patch
	//lint:ignore SA1019 kustomize applies what patchesStrategicMerge states
	for _, p := range v.PatchesStrategicMerge {
		if isInline(string(p)) {
			all = append(all, types.Patch{Patch: string(p)})
		} else {
			all = append(all, types.Patch{Path: string(p)})
		}
	}
	//lint:ignore SA1019 kustomize applies what patchesJson6902 states
	return slices.Concat(all, v.Patches, v.PatchesJson6902)
}
