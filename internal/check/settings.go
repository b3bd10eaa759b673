package check

import (
	"fmt"
	"maps"
	"slices"

	pipelineconfig "github.com/tektoncd/pipeline/pkg/apis/config"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/internal/typed"
)

// configured is a subject with the settings of Tekton that its own objects hold: these are what the cluster gets, whatever the
// facts say.
func configured(s Subject) Subject {
	flags, defaults := typed.TektonConfig(s.Objects)
	s.Facts, s.Defaults = flagged(s.Facts, flags), defaults
	return s
}

// withAccount leaves out that a run has no account of its own where config-defaults gives each run one.
func withAccount(found []finding.Finding, defaults *pipelineconfig.Defaults) []finding.Finding {
	if defaults == nil || defaults.DefaultServiceAccount == pipelineconfig.DefaultServiceAccountValue {
		return found
	}
	return slices.DeleteFunc(found, func(f finding.Finding) bool { return f.Rule == "operations/default-account" })
}

// flagged are the facts with the feature flags of Tekton that the manifests set: these are what the cluster gets.
func flagged(facts platform.Facts, flags map[string]string) platform.Facts {
	if len(flags) == 0 {
		return facts
	}
	facts.Tekton.FeatureFlags = maps.Clone(facts.Tekton.FeatureFlags)
	for key, value := range flags {
		switch key {
		case "coschedule":
			facts.Tekton.Coschedule = value
		case "enable-api-fields":
			facts.Tekton.EnableAPIFields = value
		case "set-security-context":
			facts.Tekton.SetSecurityContext = value == "true"
		default:
			if facts.Tekton.FeatureFlags == nil {
				facts.Tekton.FeatureFlags = map[string]string{}
			}
			facts.Tekton.FeatureFlags[key] = value
		}
	}
	return facts
}

func settings(s Subject) typed.Settings {
	known := map[string]bool{}
	for _, kind := range s.Facts.CustomResources {
		known[kind] = true
	}
	for _, o := range s.Objects {
		if o.Kind == "CustomResourceDefinition" {
			group, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "group"})
			kind, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "names", "kind"})
			known[fmt.Sprintf("%v/%v", group, kind)] = true
		}
	}
	return typed.Settings{
		Coschedule: s.Facts.Tekton.Coschedule, EnableAPIFields: s.Facts.Tekton.EnableAPIFields,
		FeatureFlags: s.Facts.Tekton.FeatureFlags, Kubernetes: s.Facts.Kubernetes,
		KnownKinds: known, Complete: s.Complete,
	}
}
