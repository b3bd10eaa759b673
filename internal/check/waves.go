package check

import (
	"fmt"
	"strconv"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/image/signing"
	"tenon.dev/tenon/internal/manifest"
)

// awaited are the kinds whose pods a sync of Argo CD waits for
// (https://argo-cd.readthedocs.io/en/stable/operator-manual/health/).
var awaited = map[string]bool{"Pod": true, "Job": true, "Deployment": true, "DaemonSet": true, "StatefulSet": true}

// deniedByOrder finds pods that a sync waits for before it brings the policy that lets their images in: they are denied,
// and the sync never gets to the policy.
func deniedByOrder(s Subject, uses []image.Use) []finding.Finding {
	policies := signing.Policies(s.Objects)
	byName := map[string]manifest.Object{}
	opted := map[string]bool{}
	for _, o := range s.Objects {
		if o.Kind == "ClusterImagePolicy" {
			byName[o.Name] = o
		}
		if label, _ := manifest.Lookup(o.Value, include); o.Kind == "Namespace" && label == "true" {
			opted[o.Name] = true
		}
	}
	var found []finding.Finding
	said := map[finding.Object]bool{}
	for _, use := range uses {
		if !awaited[use.Object.Kind] || !opted[use.Object.Namespace] || said[*use.Object.Ref()] {
			continue
		}
		var first *manifest.Object
		for _, p := range policies {
			if covers, err := p.Covers(use.Image, admitted(use)); covers && err == nil {
				if o := byName[p.Name]; first == nil || orderOf(o).before(orderOf(*first)) {
					first = &o
				}
			}
		}
		if first == nil || !orderOf(use.Object).before(orderOf(*first)) {
			continue
		}
		said[*use.Object.Ref()] = true
		found = append(found, finding.Finding{
			Rule: "graph/denied-by-order", Severity: finding.Error, Object: use.Object.Ref(), Field: waveField.String(),
			Message: fmt.Sprintf("Argo CD waits for %s %s (%s) before it brings ClusterImagePolicy %s (%s), without which its image is denied: a first sync never goes on",
				use.Object.Kind, use.Object.Name, orderOf(use.Object), first.Name, orderOf(*first)),
			Remedy: "give the policy an earlier wave, before every pod of the namespace",
			Causes: []finding.Cause{{Object: *first.Ref(), Field: waveField.String()}},
		})
	}
	return found
}

var (
	waveField = manifest.Path{"metadata", "annotations", "argocd.argoproj.io/sync-wave"}
	hookField = manifest.Path{"metadata", "annotations", "argocd.argoproj.io/hook"}
)

// order is when Argo CD syncs an object: by its phase, then by its wave
// (https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/).
type order struct{ phase, wave int }

func (o order) before(other order) bool {
	return o.phase < other.phase || o.phase == other.phase && o.wave < other.wave
}

func (o order) String() string {
	return fmt.Sprintf("%s, wave %d", []string{"PreSync", "Sync", "PostSync"}[o.phase], o.wave)
}

func orderOf(o manifest.Object) order {
	at := order{phase: 1}
	if text, ok := manifest.Lookup(o.Value, waveField); ok {
		at.wave, _ = strconv.Atoi(fmt.Sprint(text))
	}
	switch hook, _ := manifest.Lookup(o.Value, hookField); hook {
	case "PreSync":
		at.phase = 0
	case "PostSync", "SyncFail":
		at.phase = 2
	}
	return at
}
