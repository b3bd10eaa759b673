package gate

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/pattern"
)

// power adds changes of what decides about the rights of others. An object that came is compared with all
// that the base has, so that a new phase tells what it has beyond the others.
func (m *meaning) power(t finding.Target, known baseline, after []manifest.Object, changes []diff.Object, elsewhere bool) {
	waits, answers := newHookParts(known.of(t), after), newAnswering(known.of(t))
	for _, o := range changes {
		fields := map[string]string{}
		switch {
		case o.Op == diff.Changed:
			for _, c := range o.Changes {
				maps.Copy(fields, touched(*o.After, c, known.shares(t)))
			}
		case o.Op == diff.Removed && isHookObject(*o.Before) && runs(*o.Before):
			fields["metadata.annotations"] = waited
		case o.Op == diff.Removed && isSettings(*o.Before):
			fields["data"] = settings
		case o.Op == diff.Removed && o.Object.Kind == "File" && strings.HasPrefix(o.Object.Name, "github/"):
			fields["text"] = otherCI
		case o.Op == diff.Removed:
			for _, part := range guardsOf(*o.Before) {
				if _, has := manifest.Lookup(o.Before.Value, manifest.ParsePath(part.field)); has && (slices.Contains(watched, o.Object.Kind) || part.why == unknown) {
					fields[part.field] = part.why
					break
				}
			}
		case !known.has(t, *o.After, elsewhere):
			fields = brought(*o.After)
		}
		if o.After != nil && len(fields["rules"]) == 0 {
			if why := rulesOf(o, after); why != "" && !known.has(t, *o.After, elsewhere) {
				fields["rules"] = why
			}
		}
		if o.Op == diff.Added && o.Object.Kind == "Namespace" && o.Object.APIVersion == "v1" {
			maps.Copy(fields, known.labelled(*o.After))
		}
		if o.After != nil && o.Object.Kind == "PrometheusRule" && (recordsMore(known.of(t), after, *o.After) || mutes(known.of(t), *o.After)) {
			fields["spec.groups"] = alerts
		}
		maps.Copy(fields, known.believes(t, o, after))
		maps.Copy(fields, waits.of(o))
		maps.Copy(fields, answers.of(o))
		if why := known.outside(o); why != "" && !known.goesWithNamespace(o, after) {
			fields["spec"] = why
		}
		if o.Op == diff.Added && o.Object.Kind == "NetworkPolicy" && known.letsOthers(*o.After) && !known.has(t, *o.After, elsewhere) && !m.opens(o.Object) {
			fields["spec"] = "it lets pods through that are not among the objects"
		}
		byWhy := map[string][]string{}
		for _, field := range slices.Sorted(maps.Keys(fields)) {
			byWhy[fields[field]] = append(byWhy[fields[field]], field)
		}
		for _, why := range slices.Sorted(maps.Keys(byWhy)) {
			m.add("power", item{"op": o.Op, "object": o.Object, "field": some(byWhy[why]), "why": why}, t)
		}
	}
}

// rulesOf says who has the rules of a role that change beside those who are bound to it here.
func rulesOf(o diff.Object, after []manifest.Object) string {
	role := *o.After
	if !isRole(role) || o.Op == diff.Changed && !slices.ContainsFunc(o.Changes, func(c diff.Change) bool { return strings.HasPrefix(c.Field, "rules") }) {
		return ""
	}
	switch {
	case role.Kind == "ClusterRole" && aggregates(role):
		return "other roles may take this one in, and whoever is bound to them has its rules"
	case !boundAmong(after, role):
		return "nothing here is bound to it: others on the cluster may be, to a role of that name"
	}
	return ""
}

// of are the objects of the base that those of a target are compared with: of its environment, or of all where that
// is new. What another environment has was read for that one.
func (b baseline) of(t finding.Target) []manifest.Object {
	if own := b.environments[t.Environment]; own != nil {
		return own
	}
	return b.objects
}

// has tells whether some target of the base has an object that says the same. Where a target is compared with
// another one, its namespaces may be called otherwise.
func (b baseline) has(t finding.Target, o manifest.Object, elsewhere bool) bool {
	return slices.ContainsFunc(b.of(t), func(l manifest.Object) bool {
		return l.Kind == o.Kind && l.Name == o.Name && (elsewhere || l.Namespace == o.Namespace) && alike(l, o)
	})
}

// alike tells whether two objects say the same, wherever they are.
func alike(a, b manifest.Object) bool {
	bare := func(o manifest.Object) map[string]any {
		value := maps.Clone(o.Value)
		metadata, _ := value["metadata"].(map[string]any)
		metadata = maps.Clone(metadata)
		delete(metadata, "namespace")
		value["metadata"] = metadata
		return value
	}
	return reflect.DeepEqual(bare(a), bare(b))
}

// touched are the parts that matter of what one change adds, changes or takes away, also within it.
func touched(o manifest.Object, c diff.Change, stated shares) map[string]string {
	found := map[string]string{}
	if o.Kind == "PrometheusRule" && c.Op == diff.Added && isRule(c.After) {
		return found // one alert more
	}
	if isShare(o, c, stated) || o.Kind == "ResourceQuota" && strings.HasPrefix(c.Field, "spec.hard") && c.Op != diff.Removed {
		return found // told as what it costs
	}
	field := plainField(c.Field)
	if strings.HasPrefix(field, "spec.limits") && o.Kind == "NodePool" && isLess(c) {
		return found
	}
	if isHookObject(o) && isUpgrade(c) {
		return found // told as an image
	}
	if why := guarded(o, field); why != "" {
		found[c.Field] = why
	}
	if o.Kind == "TriggerTemplate" && givenOfEvent.MatchString(field) && ofEvent(c) {
		found[c.Field] = starts
	}
	for _, value := range []any{c.Before, c.After} {
		leaves(value, field, func(inner string) {
			if why := guarded(o, inner); why != "" && len(found) == 0 {
				found[c.Field] = why
			}
		})
	}
	return found
}

func isRole(o manifest.Object) bool {
	return (o.Kind == "Role" || o.Kind == "ClusterRole") && o.GroupKind().Group == rbac[0]
}

// boundAmong tells whether some binding among the objects gives a role to somebody.
func boundAmong(objects []manifest.Object, role manifest.Object) bool {
	return len(subjectsOf(objects, role)) > 0
}

// subjectsOf are the names of those whom bindings among the objects give a role.
func subjectsOf(objects []manifest.Object, role manifest.Object) []string {
	var names []string
	for _, o := range objects {
		kind, _ := manifest.Lookup(o.Value, manifest.Path{"roleRef", "kind"})
		name, _ := manifest.Lookup(o.Value, manifest.Path{"roleRef", "name"})
		if kind != role.Kind || name != role.Name || role.Kind != "ClusterRole" && o.Namespace != role.Namespace {
			continue
		}
		value, _ := manifest.Lookup(o.Value, manifest.Path{"subjects"})
		subjects, _ := value.([]any)
		for _, s := range subjects {
			fields, _ := s.(map[string]any)
			if text, is := fields["name"].(string); is {
				names = append(names, text)
			}
		}
	}
	return names
}

// isLess tells whether a quantity becomes smaller.
func isLess(c diff.Change) bool {
	before, errBefore := resource.ParseQuantity(fmt.Sprint(c.Before))
	after, errAfter := resource.ParseQuantity(fmt.Sprint(c.After))
	return errBefore == nil && errAfter == nil && after.Cmp(before) <= 0
}

// leaves visits the fields below a value that is at a field, items of lists left out.
func leaves(value any, field string, visit func(string)) {
	leavesWith(value, field, func(at string, _ any) { visit(at) })
}

func leavesWith(value any, field string, visit func(string, any)) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			below := joined(field, key)
			visit(below, inner)
			leavesWith(inner, below, visit)
		}
	case []any:
		for _, inner := range v {
			leavesWith(inner, field, visit)
		}
	}
}

// plainField is a field without which item of a list is meant.
func plainField(of string) string {
	field := ""
	for _, element := range manifest.ParsePath(of) {
		if name, ok := element.(string); ok && !strings.Contains(name, "=") {
			field = joined(field, name)
		}
	}
	return field
}

// joined is a field within another. A dot in a key is no step, so that no key reads like a path; of annotations and labels
// it is known where the key begins.
func joined(field, key string) string {
	if !strings.HasSuffix(field, "annotations") && !strings.HasSuffix(field, "labels") {
		key = strings.ReplaceAll(key, ".", "·")
	}
	return strings.TrimPrefix(field+"."+key, ".")
}

// guarded says why a field of an object matters; it is empty where it does not.
func guarded(o manifest.Object, field string) string {
	switch {
	case isHookObject(o) && strings.HasSuffix(field, "annotations.argocd.argoproj.io/sync-wave"):
		return waited
	case len(syncFields[o.Kind]) > 0 && strings.HasSuffix(field, "annotations.argocd.argoproj.io/manifest-generate-paths"):
		return deploys
	case strings.HasSuffix(field, "annotations.prometheus.io/scrape"):
		return alerts
	case isSyncField(o.Kind, field), plainAnnotation.MatchString(field):
		return "" // told as what is synced, or nothing that decides
	}
	for _, g := range guardsOf(o) {
		if field == g.field || strings.HasPrefix(field, g.field+".") {
			return g.why
		}
	}
	if isUnknown(o, field) {
		return unknown
	}
	last := field[strings.LastIndexByte(field, '.')+1:]
	switch {
	case isSettings(o):
		return settings
	case o.Kind == "File" && strings.HasPrefix(o.Name, "github/"):
		return otherCI
	case field == "metadata.ownerReferences" || strings.HasPrefix(field, "metadata.ownerReferences."):
		return owned
	case strings.HasSuffix(strings.ToLower(last), "serviceaccountname") || last == "serviceAccount":
		return "pods have the rights of their account"
	case runs(o) && (last == "automountServiceAccountToken" || strings.Contains(field, "projected.sources.serviceAccountToken")):
		return token
	case (runs(o) || o.Kind == "EventListener") && confined.MatchString(field):
		return "what pods see of the node, and of each other"
	case (runs(o) || o.Kind == "EventListener") && scheduled.MatchString(field):
		return "which nodes pods run on, before which others, and whom they ask for names"
	case last == "resolver" || codeRef.MatchString(field):
		return "which code is run"
	case o.Kind == "TriggerTemplate" && started.MatchString(field):
		return starts
	case (runs(o) || o.Kind == "EventListener") && secretFields.MatchString(field):
		return secret
	case hooks.MatchString(field):
		return left
	case (runs(o) || o.Kind == "EventListener") && podAnnotation.MatchString(field):
		return "controllers go by the annotations of pods"
	case (o.Kind == "ServiceMonitor" || o.Kind == "PodMonitor") && scraped.MatchString(field):
		return "what Prometheus shows to whom it asks"
	case isHookObject(o) && waitedFor.MatchString(field):
		return waited
	case strings.Contains(field, "labels.azure.workload.identity/use"):
		return cloud
	}
	return ""
}

// started fits what of a run that an event starts says which pipeline that is, and what it is given.
var started = pattern.New(`^spec\.resourcetemplates\.(kind|apiVersion|spec\.(pipelineRef|taskRef|pipelineSpec|taskSpec))(\.|$)`)

// givenOfEvent fits a parameter of such a run.
var givenOfEvent = pattern.New(`^spec\.resourcetemplates\.spec\.params(\.|$)`)

// ofEvent tells whether a run is given something else of an event than before, or a text of its own in the place of it.
func ofEvent(c diff.Change) bool {
	return strings.Contains(fmt.Sprint(c.Before, c.After), "$(tt.")
}

// codeRef fits what says which task, pipeline or step is run, and where it is from.
var codeRef = pattern.New(`(?i)(^|\.)(task|pipeline)?ref\.(params|bundle)(\.|$)`)

// waitedFor fits what decides what the pods of a hook do, and whether they do.
var waitedFor = pattern.New(`(^|\.)(command|args|env|envFrom|image|workingDir|lifecycle|script|params|taskRef|pipelineRef|taskSpec|pipelineSpec|volumes|completions|parallelism|suspend|activeDeadlineSeconds|successPolicy|podFailurePolicy|backoffLimit|restartPolicy)(\.|$)`)

// isHookObject tells whether a sync waits for the object's end.
func isHookObject(o manifest.Object) bool {
	value, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "annotations", "argocd.argoproj.io/hook"})
	if value == nil { // Argo CD takes those of Helm for its own
		value, _ = manifest.Lookup(o.Value, manifest.Path{"metadata", "annotations", "helm.sh/hook"})
	}
	return value != nil && value != "Skip"
}

// runs tells whether an object has pods or makes some.
func runs(o manifest.Object) bool {
	return slices.Contains([]string{
		"Pod", "Deployment", "DaemonSet", "StatefulSet", "Job", "CronJob", "Task", "Pipeline", "TaskRun", "PipelineRun", "TriggerTemplate", "StepAction",
	}, o.Kind)
}

// brought are the parts of a new object that matter.
func brought(o manifest.Object) map[string]string {
	found := map[string]string{}
	for _, g := range guardsOf(o) {
		if ordinary(o, g) {
			continue
		}
		value, ok := manifest.Lookup(o.Value, manifest.ParsePath(g.field))
		if all, is := value.(map[string]any); is {
			ok = slices.ContainsFunc(slices.Collect(maps.Keys(all)), func(key string) bool {
				return !plainAnnotation.MatchString(g.field+"."+key) && !hooks.MatchString(g.field+"."+key) // these are looked at below
			})
		}
		text, _ := json.Marshal(value)
		if ok && string(text) != `"ClusterIP"` && string(text) != "false" {
			found[g.field] = g.why
		}
	}
	switch {
	case isSettings(o):
		found["data"] = settings
	case o.Kind == "Secret" && o.GroupKind().Group == "":
		found["metadata.name"] = "what reads a Secret of this name reads what stands here, and anybody else does, too"
	case (o.Kind == "ScaledObject" || o.Kind == "ScaledJob") && isUnbounded(o):
		found["spec"] = "how many pods may ask for nodes: a hundred where no maxReplicaCount says otherwise"
	case o.Kind == "File" && strings.HasPrefix(o.Name, "github/workflows/"):
		found["text"] = otherCI
	case o.Kind == "ClusterRole" && reserved[o.Name]:
		found["metadata.name"] = builtIn
	case o.Kind == "NodePool" || o.Kind == "ClusterQueue" || o.Kind == "LocalQueue":
		found["spec"] = "which nodes may be bought, and who may use the GPUs"
	case o.Kind == "EventListener" || o.Kind == "Trigger":
		found["spec"] = starts
	case speaksForOthers(o):
		found["spec"] = alerts
	case o.Kind == "Namespace" && !atLeastBaseline(o):
		found["metadata.labels"] = "it enforces no Pod Security level above privileged"
	}
	leavesWith(o.Value, "", func(field string, value any) {
		asked := value != false && value != "" // who refuses asks for nothing
		switch why := guarded(o, field); {
		case why == left && slices.Contains(watched, o.Kind), why == "which code is run", why == owned, why == cloud && strings.Contains(field, "azure"):
			found[field] = why
		case (runs(o) || o.Kind == "EventListener" || scraped.MatchString(field)) && asked && why != "" && why != left:
			found[field] = why
		}
	})
	return found
}

// isUnbounded tells whether KEDA's default bounds an object (https://keda.sh/docs/2.21/reference/scaledobject-spec/).
func isUnbounded(o manifest.Object) bool {
	_, bounded := manifest.Lookup(o.Value, manifest.Path{"spec", "maxReplicaCount"})
	return !bounded
}

// ordinary tells whether a part of a new object is what every object of its kind has.
func ordinary(o manifest.Object, g guard) bool {
	switch o.Kind {
	case "Namespace":
		return g.field == "metadata.labels" // looked at for themselves
	case "LimitRange", "ResourceQuota":
		return !stopsPods(o)
	case "TriggerBinding", "PrometheusRule", "ServiceMonitor", "PodMonitor":
		return true // what it brings weakens nothing
	case "StorageClass":
		return g.field != "metadata.annotations" && g.field != "parameters"
	case "LocalQueue", "ClusterQueue", "NodePool":
		return true // told as one
	case "Application", "ApplicationSet":
		return g.field == "metadata.labels"
	case "ServiceAccount":
		return g.field == "metadata.labels"
	case "ClusterRole":
		return g.field == "metadata.labels" && !aggregates(o)
	case "Ingress":
		return g.field == "metadata.annotations" // its spec is told
	}
	return false
}

// stopsPods tells whether a limit may keep pods of a namespace from being made, whatever they ask for.
func stopsPods(o manifest.Object) bool {
	stops := false
	leavesWith(o.Value["spec"], "", func(field string, value any) {
		switch first, _, _ := strings.Cut(field, "."); {
		case o.Kind == "LimitRange":
			stops = stops || strings.HasPrefix(field, "limits.max") || strings.HasPrefix(field, "limits.min")
		case first == "hard":
			name := strings.TrimPrefix(field, "hard.")
			stops = stops || name == "pods" || strings.HasPrefix(name, "count/")
		}
	})
	return stops
}

// aggregates tells whether a role may be one that others take in: they select by any label
// (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles).
func aggregates(o manifest.Object) bool {
	value, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "labels"})
	labels, _ := value.(map[string]any)
	for key := range labels {
		if !plainLabel.MatchString(key) {
			return true
		}
	}
	return false
}
