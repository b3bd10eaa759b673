package typed

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	pipelineconfig "github.com/tektoncd/pipeline/pkg/apis/config"
	corev1 "k8s.io/api/core/v1"
	"knative.dev/pkg/configmap"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// The ConfigMaps that Tekton reads its settings from.
const (
	featureFlags   = "feature-flags"
	configDefaults = "config-defaults"
)

// configKeys are the keys that Tekton reads of each (tektoncd/pipeline v1.15.0, pkg/apis/config/feature_flags.go, default.go,
// and config/config-feature-flags.yaml): it passes over others without a word.
var configKeys = map[string][]string{
	featureFlags: {
		"await-sidecar-readiness", "coschedule", "disable-creds-init", "disable-inline-spec", "enable-api-fields", "enable-artifacts",
		"enable-cel-in-whenexpression", "enable-concise-resolver-syntax", "enable-informer-cache-transforms", "enable-kubernetes-sidecar",
		"enable-param-enum", "enable-provenance-in-status", "enable-step-actions", "enable-tekton-oci-bundles",
		"enable-termination-message-compression", "enable-wait-exponential-backoff", "enforce-nonfalsifiability", "keep-pod-on-cancel",
		"max-result-size", "require-git-ssh-secret-known-hosts", "results-from", "running-in-environment-with-injected-sidecars",
		"send-cloudevents-for-runs", "set-security-context", "set-security-context-read-only-root-filesystem",
		"trusted-resources-verification-no-match-policy",
	},
	configDefaults: {
		"default-affinity-assistant-pod-template", "default-cloud-events-sink", "default-container-resource-requirements",
		"default-create-container-error-timeout", "default-forbidden-env", "default-imagepullbackoff-timeout", "default-managed-by-label-value",
		"default-max-matrix-combinations-count", "default-maximum-resolution-timeout", "default-pod-template", "default-resolver-type",
		"default-service-account", "default-sidecar-log-polling-interval", "default-step-ref-concurrency-limit",
		"default-task-run-workspace-binding", "default-timeout-minutes",
	},
}

// IsTektonConfig tells whether a ConfigMap is one that Tekton reads: of a namespace that it is installed in by its release or
// by OpenShift, or with the label by which its webhook knows them (tektoncd/pipeline v1.15.0, config/500-webhooks.yaml).
func IsTektonConfig(o manifest.Object) bool {
	if o.APIVersion != "v1" || o.Kind != "ConfigMap" || configKeys[o.Name] == nil {
		return false
	}
	label, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "labels", "app.kubernetes.io/part-of"})
	return label == "tekton-pipelines" || o.Namespace == "tekton-pipelines" || o.Namespace == "openshift-pipelines"
}

// TektonConfig gives what the objects themselves set of Tekton: its feature flags, and the defaults of its runs, which are nil
// where no object sets any. A setting that two objects, of two clusters, give two values is left out, and so is one that Tekton
// refuses, which is a finding.
func TektonConfig(objects []manifest.Object) (flags map[string]string, defaults *pipelineconfig.Defaults) {
	settings := map[string]map[string]string{featureFlags: {}, configDefaults: {}}
	disputed := map[string]bool{}
	for _, o := range objects {
		for key, value := range settingsOf(o) {
			for name, keys := range configKeys {
				if !slices.Contains(keys, key) {
					continue
				}
				if known, two := settings[name][key]; two && known != value {
					disputed[key] = true
				}
				settings[name][key] = value
			}
		}
	}
	for _, values := range settings {
		maps.DeleteFunc(values, func(key, value string) bool {
			return disputed[key] || configError(featureFlags, map[string]string{key: value}) != nil || configError(configDefaults, map[string]string{key: value}) != nil
		})
	}
	if len(settings[configDefaults]) > 0 {
		defaults, _ = pipelineconfig.NewDefaultsFromMap(settings[configDefaults])
	}
	if configError(featureFlags, settings[featureFlags]) != nil {
		return nil, defaults
	}
	return settings[featureFlags], defaults
}

// settingsOf are the settings that an object holds: Tekton's own ConfigMaps, or the operator's TektonConfig, from which it
// writes these (https://tekton.dev/docs/operator/tektonconfig/).
func settingsOf(o manifest.Object) map[string]string {
	at := manifest.Path{"data"}
	switch {
	case IsTektonConfig(o):
	case o.Kind == "TektonConfig" && strings.HasPrefix(o.APIVersion, "operator.tekton.dev/"):
		at = manifest.Path{"spec", "pipeline"}
	default:
		return nil
	}
	found, _ := manifest.Lookup(o.Value, at)
	values, _ := found.(map[string]any)
	settings := map[string]string{}
	for key, value := range values {
		switch value.(type) {
		case string, bool, int64, float64, int:
			settings[key] = fmt.Sprint(value)
		}
	}
	return settings
}

// configError is what Tekton's webhook says of a ConfigMap (tektoncd/pipeline v1.15.0, cmd/webhook/main.go).
func configError(name string, data map[string]string) error {
	var err error
	if name == featureFlags {
		_, err = pipelineconfig.NewFeatureFlagsFromMap(data)
	} else {
		_, err = pipelineconfig.NewDefaultsFromMap(data)
	}
	return err
}

// checkTektonConfig judges a ConfigMap that Tekton reads as its webhook does (knative.dev/pkg, webhook/configmaps), and says
// which keys nobody reads.
func checkTektonConfig(o manifest.Object, raw []byte) []finding.Finding {
	var config corev1.ConfigMap
	if !IsTektonConfig(o) || json.Unmarshal(raw, &config) != nil {
		return nil
	}
	var found []finding.Finding
	add := func(rule string, severity finding.Severity, at manifest.Path, message, remedy string) {
		found = append(found, finding.Finding{Rule: rule, Severity: severity, Object: o.Ref(), Field: at.String(), Message: message, Remedy: remedy})
	}
	for _, key := range slices.Sorted(maps.Keys(config.Data)) {
		at := manifest.Path{"data", key}
		switch {
		case key == configmap.ExampleKey:
			if sum, stated := config.Annotations[configmap.ExampleChecksumAnnotation]; stated && sum != configmap.Checksum(config.Data[key]) {
				add("types/tekton", finding.Error, at, "_example is changed: Tekton's webhook refuses it, as a setting there does nothing", "write the setting as a key of data, and leave _example as it is shipped")
			}
		case !slices.Contains(configKeys[o.Name], key):
			add("types/unknown-field", finding.Warning, at, fmt.Sprintf("Tekton reads no setting %s in %s, and passes over it", key, o.Name), "correct its name, or leave it out")
		case configError(o.Name, map[string]string{key: config.Data[key]}) != nil:
			add("types/tekton", finding.Error, at, fmt.Sprintf("Tekton's webhook refuses this value of %s", key), "write one that its documentation lists: https://tekton.dev/docs/pipelines/additional-configs/")
		}
	}
	return found
}
