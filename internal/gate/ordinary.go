package gate

import (
	"fmt"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/pattern"
)

// ordinary fits the fields of which people know what a change does as they read it: code, texts, names, sizes and
// times. What the rules of tenon judge in itself is among them. Any other field may decide about what is not in
// sight, such as where pods run or who may use them: which does is not listed, since nobody lists all.
var ordinaryField = pattern.New(`(^|\.)(` + strings.Join([]string{
	// Texts and code.
	"description", "displayName", "script", "command", "args", "image", "imagePullPolicy", "workingDir", `env\.(name|value)`, "text",
	// What Tekton passes on, and when.
	"params", "results", "when", "matrix", "runAfter", "timeouts?", "retries", "onError", `workspaces\.(description|readOnly|optional|mountPath|subPath)`,
	"stdoutConfig", "stderrConfig", `(tasks|finally|steps|sidecars|containers|initContainers|volumes|ports|taskRef|pipelineRef|declaredResources)\.name`,
	// Sizes, times and numbers.
	`(containers|initContainers|steps|sidecars|stepTemplate|volumeClaimTemplates?(\.spec)?)\.resources`, "computeResources", "terminationGracePeriodSeconds", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "completions", "parallelism",
	"replicas", "strategy", "updateStrategy", "minReadySeconds", "revisionHistoryLimit", "schedule", "timeZone", "concurrencyPolicy", "suspend",
	"startingDeadlineSeconds", "(successful|failed)JobsHistoryLimit", "sizeLimit", "interval", "scrapeTimeout", "refreshInterval", "(min|max)ReplicaCount", "cooldownPeriod", "pollingInterval",
	// Of containers.
	`ports\.(containerPort|protocol|port|targetPort)`, "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", `volumes\.(emptyDir|configMap|downwardAPI)`,
}, "|") + `)(\.|$)`)

// ordinaryOf are such fields of single kinds, items of lists left out.
var ordinaryOf = map[string]*pattern.Pattern{
	"ConfigMap":               pattern.New(`^(data|binaryData|immutable)(\.|$)`),
	"Secret":                  pattern.New(`^(data|stringData|immutable)(\.|$)`),
	"Service":                 pattern.New(`^spec\.ports\.(name|port|targetPort|protocol|appProtocol)$`),
	"PodDisruptionBudget":     pattern.New(`^spec\.(minAvailable|maxUnavailable)$`),
	"HorizontalPodAutoscaler": pattern.New(`^spec\.(metrics|behavior|minReplicas|maxReplicas)(\.|$)`),
	"ScaledObject":            pattern.New(`^spec\.triggers\.(metadata|type)(\.|$)`),
	"NodePool":                pattern.New(`^spec\.(disruption|weight)(\.|$)`),
	"ResourceQuota":           pattern.New(`^spec\.hard(\.|$)`), // told as what it costs
	"ServiceMonitor":          pattern.New(`^spec\.endpoints\.(port|path)$`),
	"PodMonitor":              pattern.New(`^spec\.podMetricsEndpoints\.(port|path)$`),
	"ExternalSecret":          pattern.New(`^spec\.(data|dataFrom|secretStoreRef|target)(\.|$)`), // told as a source
	"SecretStore":             pattern.New(`^spec(\.|$)`),
	"ClusterSecretStore":      pattern.New(`^spec(\.|$)`),
	"Repository":              pattern.New(`^spec(\.|$)`),
	"ClusterImagePolicy":      pattern.New(`^spec(\.|$)`), // told as signing
	"TrustRoot":               pattern.New(`^spec(\.|$)`),
	"TriggerTemplate":         pattern.New(`^spec\.resourcetemplates\.metadata\.(generateName|name)$`),
	"PrometheusRule":          pattern.New(`^spec(\.|$)`), // alerts that go are told
	"PersistentVolumeClaim":   pattern.New(`^spec\.resources(\.|$)`),
}

// labelOrAnnotation fits the names of labels and annotations, wherever they stand.
var labelOrAnnotation = pattern.New(`(^|\.)metadata\.(labels|annotations)\.(.+)$`)

// anyKind fits ordinary fields of every kind; the others are of what has pods or makes some.
var anyKind = pattern.New(`(^|\.)(description|displayName|text|interval|scrapeTimeout|refreshInterval|(min|max)ReplicaCount|cooldownPeriod|pollingInterval)$`)

// isOrdinary tells whether who reads the change of a field knows what it does.
func isOrdinary(known baseline, o manifest.Object, field string, value any) bool {
	if plainAnnotation.MatchString(field) || isSyncField(o.Kind, field) {
		return true
	}
	if m := labelOrAnnotation.FindStringSubmatch(field); m != nil {
		return m[2] == "labels" && plainLabel.MatchString(m[3]) && !known.isSelected(m[3], value)
	}
	if o.Kind == "Service" && field != "spec.ports.name" {
		if t, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "type"}); t != nil && t != "ClusterIP" {
			return false // from outside
		}
	}
	if own := ordinaryOf[o.Kind]; own != nil && own.MatchString(field) {
		return true
	}
	switch {
	case !runs(o) && o.Kind != "EventListener":
		return anyKind.MatchString(field)
	case mounted.MatchString(field):
		return true // the name of the volume decides
	}
	return ordinaryField.MatchString(field)
}

// mounted fits where and how a volume is mounted, not which.
var mounted = pattern.New(`(^|\.)volumeMounts\.(mountPath|subPath|subPathExpr|readOnly|mountPropagation)$`)

// unclear are the changed fields of an object of which no rule speaks and that are not ordinary. Of a new object they
// are what it asks for and is selected by as no other is.
func (m *meaning) unclear(known baseline, o diff.Object) []string {
	switch o.Op {
	case diff.Added:
		return known.asksAnew(*o.After)
	case diff.Removed:
		return nil
	}
	plain := plainVolumes(o.After.Value)
	var all []string
	for _, c := range o.Changes {
		if m.follows(known, o, c) || m.isRefused(o, c.Field) {
			continue
		}
		field := plainField(c.Field)
		unknown := func(at string, value any) bool {
			if strings.HasSuffix(at, "volumeMounts.name") && plain[fmt.Sprint(value)] {
				return false
			}
			return !isOrdinary(known, *o.After, at, value) && guarded(*o.After, at) == ""
		}
		found := false
		for _, value := range []any{c.Before, c.After} {
			if isScalar(value) {
				found = found || value != nil && unknown(field, value)
				continue
			}
			leavesWith(value, field, func(at string, inner any) {
				found = found || isScalar(inner) && unknown(at, inner)
			})
			if list, is := value.([]any); is { // of texts or numbers
				found = found || slices.ContainsFunc(list, func(inner any) bool { return isScalar(inner) && unknown(field, inner) })
			}
		}
		if found {
			all = append(all, c.Field)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// asksAnew are the fields of a new object that ask for nodes, ranks and data as no object of the base does, and labels
// by which it is taken for pods of others.
func (b baseline) asksAnew(o manifest.Object) []string {
	var all []string
	asksFor(o, func(field, asked string) {
		if !b.asked[asked] {
			all = append(all, field)
		}
	})
	marks(o, func(field, mark string) {
		if !b.marked[mark] && guarded(o, field) == "" {
			all = append(all, field)
		}
	})
	leavesWith(o.Value, "", func(field string, value any) {
		m := labelOrAnnotation.FindStringSubmatch(field)
		if m != nil && m[2] == "labels" && runs(o) && b.isSelected(m[3], value) {
			all = append(all, field)
		}
	})
	slices.Sort(all)
	return slices.Compact(all)
}

// plainVolumes are the names of volumes that hold no secret and no data of others.
func plainVolumes(value any) map[string]bool {
	plain, other := map[string]bool{}, map[string]bool{}
	var visit func(value any)
	visit = func(value any) {
		switch v := value.(type) {
		case map[string]any:
			if volumes, is := v["volumes"].([]any); is {
				for _, volume := range volumes {
					fields, _ := volume.(map[string]any)
					name := fmt.Sprint(fields["name"])
					if fields["emptyDir"] != nil || fields["configMap"] != nil || fields["downwardAPI"] != nil {
						plain[name] = true
					} else {
						other[name] = true
					}
				}
			}
			for _, inner := range v {
				visit(inner)
			}
		case []any:
			for _, inner := range v {
				visit(inner)
			}
		}
	}
	visit(value)
	for name := range other {
		delete(plain, name)
	}
	return plain
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
