package gate

import (
	"regexp"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/manifest"
)

// ordinary fits the fields of which people know what a change does as they read it: code, texts, names, sizes and
// times. What the rules of tenon judge in itself is among them. Any other field may decide about what is not in
// sight, such as where pods run or who may use them: which does is not listed, since nobody lists all.
var ordinaryField = regexp.MustCompile(`(^|\.)(` + strings.Join([]string{
	// Texts and code.
	"description", "displayName", "script", "command", "args", "image", "imagePullPolicy", "workingDir", `env\.(name|value)`, "text",
	// What Tekton passes on, and when.
	"params", "results", "when", "matrix", "runAfter", "timeouts?", "retries", "onError", `workspaces\.(name|workspace|description|readOnly|optional|mountPath|subPath)`,
	"stdoutConfig", "stderrConfig", `(tasks|finally|steps|sidecars|containers|initContainers|volumes|volumeMounts|ports|taskRef|pipelineRef|declaredResources)\.name`,
	// Sizes, times and numbers.
	"resources", "computeResources", "terminationGracePeriodSeconds", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "completions", "parallelism",
	"replicas", "strategy", "updateStrategy", "minReadySeconds", "revisionHistoryLimit", "schedule", "timeZone", "concurrencyPolicy", "suspend",
	"startingDeadlineSeconds", "(successful|failed)JobsHistoryLimit", "sizeLimit", "interval", "scrapeTimeout", "refreshInterval", "(min|max)ReplicaCount", "cooldownPeriod", "pollingInterval",
	// Of containers.
	`ports\.(containerPort|protocol|port|targetPort)`, "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "volumeMounts", `volumes\.(emptyDir|configMap|downwardAPI)`,
}, "|") + `)(\.|$)`)

// ordinaryOf are such fields of single kinds, items of lists left out.
var ordinaryOf = map[string]*regexp.Regexp{
	"ConfigMap":               regexp.MustCompile(`^(data|binaryData|immutable)(\.|$)`),
	"Secret":                  regexp.MustCompile(`^(data|stringData|immutable)(\.|$)`),
	"Service":                 regexp.MustCompile(`^spec\.ports(\.|$)`),
	"PodDisruptionBudget":     regexp.MustCompile(`^spec\.(minAvailable|maxUnavailable)$`),
	"HorizontalPodAutoscaler": regexp.MustCompile(`^spec\.(metrics|behavior|minReplicas|maxReplicas)(\.|$)`),
	"ScaledObject":            regexp.MustCompile(`^spec\.triggers\.(metadata|type)(\.|$)`),
	"NodePool":                regexp.MustCompile(`^spec\.(disruption|weight)(\.|$)`),
	"ResourceQuota":           regexp.MustCompile(`^spec\.hard(\.|$)`), // told as what it costs
	"ServiceMonitor":          regexp.MustCompile(`^spec\.endpoints\.(port|path)$`),
	"PodMonitor":              regexp.MustCompile(`^spec\.podMetricsEndpoints\.(port|path)$`),
	"ExternalSecret":          regexp.MustCompile(`^spec\.(data|dataFrom|secretStoreRef|target)(\.|$)`), // told as a source
	"SecretStore":             regexp.MustCompile(`^spec(\.|$)`),
	"ClusterSecretStore":      regexp.MustCompile(`^spec(\.|$)`),
	"Repository":              regexp.MustCompile(`^spec(\.|$)`),
	"ClusterImagePolicy":      regexp.MustCompile(`^spec(\.|$)`), // told as signing
	"TrustRoot":               regexp.MustCompile(`^spec(\.|$)`),
	"TriggerTemplate":         regexp.MustCompile(`^spec\.resourcetemplates\.metadata\.(generateName|name)$`),
	"PrometheusRule":          regexp.MustCompile(`^spec(\.|$)`), // alerts that go are told
	"PersistentVolumeClaim":   regexp.MustCompile(`^spec\.resources(\.|$)`),
}

// labelOrAnnotation fits the names of labels and annotations, wherever they stand.
var labelOrAnnotation = regexp.MustCompile(`(^|\.)metadata\.(labels|annotations)\.(.+)$`)

// isOrdinary tells whether who reads the change of a field knows what it does.
func isOrdinary(o manifest.Object, field string) bool {
	if plainAnnotation.MatchString(field) || isSyncField(o.Kind, field) {
		return true
	}
	if m := labelOrAnnotation.FindStringSubmatch(field); m != nil {
		return m[2] == "labels" && plainLabel.MatchString(m[3])
	}
	if own := ordinaryOf[o.Kind]; own != nil && own.MatchString(field) {
		return true
	}
	return ordinaryField.MatchString(field)
}

// unclear are the changed fields of an object of which no rule speaks and that are not ordinary.
func (m *meaning) unclear(known baseline, o diff.Object) []string {
	var all []string
	for _, c := range o.Changes {
		if m.follows(known, o, c) || o.Op != diff.Changed {
			continue
		}
		field := plainField(c.Field)
		if m.isRefused(o, c.Field) {
			continue
		}
		unknown := func(at string) bool { return !isOrdinary(*o.After, at) && guarded(*o.After, at) == "" }
		found := false
		below := false
		for _, value := range []any{c.Before, c.After} {
			leavesWith(value, field, func(at string, inner any) {
				if !isScalar(inner) {
					return
				}
				below = true
				found = found || unknown(at)
			})
		}
		if found || !below && unknown(field) {
			all = append(all, c.Field)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// isRefused tells whether it is told already that the API server does not take a change.
func (m *meaning) isRefused(o diff.Object, field string) bool {
	return slices.ContainsFunc(m.items["refused"], func(i map[string]any) bool {
		object, _ := i["object"].(map[string]any)
		at, _ := i["field"].(string)
		return object["kind"] == o.Object.Kind && object["name"] == o.Object.Name && at != "" && strings.HasPrefix(field, at)
	})
}

// leafOf is the name of the field that a path ends in.
func leafOf(field string) string {
	path := manifest.ParsePath(field)
	for i := len(path) - 1; i >= 0; i-- {
		if name, ok := path[i].(string); ok && !strings.Contains(name, "=") {
			return name
		}
	}
	return field
}

func isScalar(value any) bool {
	switch value.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}
