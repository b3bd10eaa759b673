package gate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/pattern"
)

// baseline is what the base has in any of its targets.
type baseline struct {
	objects []manifest.Object
	// environments has those of each environment.
	environments map[string][]manifest.Object
	// addresses that the objects name. Finding them reads every text, which is done once for all targets.
	addresses map[string]bool
	// before and after are the environments of base and head.
	before, after []check.Environment
	// owned are the namespaces that base or head make.
	owned map[string]bool
	// images are the repositories of those that the objects run.
	images map[string]bool
	// selected are the labels by which others than their own controllers select objects: as key=value, or as a key
	// where an expression decides.
	selected map[string]bool
	// asked are what pods of the objects ask of nodes, as field=value.
	asked map[string]bool
	// marked are the labels and annotations of the objects by their kind, as kind/key=value.
	marked map[string]bool
	// parameters are the ConfigMaps that admission policies take what they allow from, as namespace/name; any
	// namespace where the policy leaves it to the object.
	parameters map[string]bool
	// variables are those of containers by which programs find code, with their values.
	variables map[string]bool
	// appsGone says that the head lacks an Application or ApplicationSet of the base.
	appsGone bool
}

func baselineOf(objects []manifest.Object, before, after []check.Environment) baseline {
	b := baseline{objects: objects, environments: map[string][]manifest.Object{}, addresses: map[string]bool{}, before: before, after: after, owned: map[string]bool{}, parameters: map[string]bool{},
		images: map[string]bool{}, selected: map[string]bool{}, asked: map[string]bool{}, marked: map[string]bool{}, variables: map[string]bool{}}
	for _, use := range image.Uses(objects) {
		b.images[image.Repository(use.Image)] = true
	}
	b.appsGone = appsGone(before, after)
	shared, _ := check.ArgoCD(before)
	for _, e := range before {
		for _, t := range e.Targets {
			b.environments[e.Name] = append(b.environments[e.Name], t.Objects...)
		}
		b.environments[e.Name] = append(b.environments[e.Name], shared.Objects...)
	}
	b.owns(slices.Concat(before, after))
	for _, o := range objects {
		b.takesParameters(o)
		b.selects(o)
		if runs(o) {
			maps.Copy(b.variables, decidingVariables(o.Value))
		}
		asksFor(o, func(_, asked string) { b.asked[asked] = true })
		marks(o, func(_, mark string) { b.marked[mark] = true })
	}
	distinctAddresses(objects, func(address string) { b.addresses[address] = true })
	return b
}

// owns notes the namespaces that the environments make. One that only the head makes may be there already, and somebody
// else's, where its name is one of an operator and does not begin with that of a namespace of the base.
func (b baseline) owns(environments []check.Environment) {
	var was []string
	for _, o := range b.objects {
		if o.Kind == "Namespace" {
			was = append(was, o.Name)
		}
	}
	begins := func(name string) bool {
		return slices.ContainsFunc(was, func(own string) bool { return name == own || strings.HasPrefix(name, own+"-") })
	}
	for _, e := range environments {
		for _, t := range e.Targets {
			for _, o := range t.Objects {
				if o.Kind == "Namespace" && (!systems.MatchString(o.Name) || begins(o.Name)) {
					b.owned[o.Name] = true
				}
			}
		}
	}
}

// takesParameters notes what an admission policy takes from elsewhere
// (https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#parameter-resources,
// https://docs.sigstore.dev/policy-controller/overview/).
func (b baseline) takesParameters(o manifest.Object) {
	var visit func(value any)
	visit = func(value any) {
		switch v := value.(type) {
		case map[string]any:
			for key, inner := range v {
				if ref, is := inner.(map[string]any); is && (key == "paramRef" || key == "configMapRef") {
					namespace, _ := ref["namespace"].(string)
					name, _ := ref["name"].(string)
					if ref["selector"] != nil {
						name = "*"
					}
					b.parameters[namespace+"/"+name] = true
				}
				visit(inner)
			}
		case []any:
			for _, inner := range v {
				visit(inner)
			}
		}
	}
	switch o.Kind {
	case "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicyBinding", "ClusterImagePolicy":
		visit(o.Value)
	}
}

// isParameter tells whether an admission policy may take what it allows from an object.
func (b baseline) isParameter(o manifest.Object) bool {
	for _, namespace := range []string{o.Namespace, ""} {
		for _, name := range []string{o.Name, "*", ""} {
			if b.parameters[namespace+"/"+name] && (namespace != "" || name != "") {
				return true
			}
		}
	}
	return false
}

// special fits what a pod may ask for that others have to give way to, or have to give: nodes, ranks, devices, data, groups.
var special = pattern.New(`(^|\.)(affinity|priorityClassName|persistentVolumeClaim|nfs|iscsi|cephfs|rbd|fc|glusterfs|cinder|awsElasticBlockStore|gcePersistentDisk|azureDisk|azureFile|vsphereVolume|portworxVolume|quobyte|scaleIO|storageos|photonPersistentDisk|nodeSelector|dataSource|dataSourceRef|volumeName|resourceClaims|podCertificate|clusterTrustBundle|runAsGroup|supplementalGroups|fsGroup|localhostProfile|hostname|subdomain)(\.|$)`)

// asksFor visits what an object asks for in this way, as field=value; a toleration counts as a whole.
func asksFor(o manifest.Object, visit func(field, asked string)) {
	if !runs(o) && o.Kind != "PersistentVolumeClaim" {
		return
	}
	leavesWith(o.Value, "", func(field string, value any) {
		if tolerations, is := value.([]any); is && strings.HasSuffix(field, "tolerations") {
			for _, t := range tolerations {
				text, _ := json.Marshal(t)
				visit(field, "tolerations="+string(text))
			}
		}
		if at := special.FindStringIndex(field); at != nil && isScalar(value) {
			visit(field, fmt.Sprintf("%s=%v", field[at[0]:], value))
		}
	})
}

// marks visits the labels and annotations of an object that are not for people, as kind/key=value.
func marks(o manifest.Object, visit func(field, mark string)) {
	leavesWith(o.Value, "", func(field string, value any) {
		m := labelOrAnnotation.FindStringSubmatch(field)
		if m != nil && !plainAnnotation.MatchString(field) && !(m[2] == "labels" && plainLabel.MatchString(m[3])) {
			visit(field, fmt.Sprintf("%s/%s=%v", o.Kind, m[3], value))
		}
	})
}

// ownSelectors are the kinds that select the pods that they make, or how these are spread: by labels that decide nothing
// beside.
var ownSelectors = []string{"Deployment", "DaemonSet", "StatefulSet", "ReplicaSet", "Job", "CronJob", "Pod", "PodDisruptionBudget", "PersistentVolumeClaim",
	"Task", "Pipeline", "TaskRun", "PipelineRun", "EventListener", "TriggerTemplate"}

// selects notes by which labels an object selects others: of network policies those who may connect, since the pods that
// they are about are compared by what follows.
func (b baseline) selects(o manifest.Object) {
	if slices.Contains(ownSelectors, o.Kind) {
		return
	}
	value := o.Value
	if spec, is := value["spec"].(map[string]any); is && o.Kind == "NetworkPolicy" {
		value = maps.Clone(spec)
		delete(value, "podSelector")
	}
	var visit func(key string, value any)
	visit = func(key string, value any) {
		switch v := value.(type) {
		case map[string]any:
			if key == "selector" || v["matchLabels"] != nil || v["matchExpressions"] != nil {
				b.selectsBy(v)
			}
			for name, inner := range v {
				visit(name, inner)
			}
		case []any:
			for _, item := range v {
				visit(key, item)
			}
		}
	}
	visit("", value)
}

// selectsBy notes the labels of a selector in either form.
func (b baseline) selectsBy(selector map[string]any) {
	labels, is := selector["matchLabels"].(map[string]any)
	if !is && selector["matchExpressions"] == nil {
		labels = selector
	}
	for key, text := range labels {
		if isScalar(text) {
			b.selected[fmt.Sprintf("%s=%v", labelKey(key), text)] = true
		}
	}
	expressions, _ := selector["matchExpressions"].([]any)
	for _, e := range expressions {
		if fields, is := e.(map[string]any); is {
			if key, is := fields["key"].(string); is {
				b.selected[labelKey(key)] = true
			}
		}
	}
}

// labelKey is a label's key without the source that Cilium puts in front of it
// (https://docs.cilium.io/en/stable/gettingstarted/terminology/#label-source).
func labelKey(key string) string {
	for _, source := range []string{"k8s:", "any:"} {
		key = strings.TrimPrefix(key, source)
	}
	return key
}

// isSelected tells whether somebody selects by a label.
func (b baseline) isSelected(key string, value any) bool {
	return b.selected[key] || b.selected[fmt.Sprintf("%s=%v", key, value)]
}

// only is the same with the objects of one target.
func (b baseline) only(objects []manifest.Object) baseline {
	b.objects, b.environments = objects, nil
	return b
}

// shares are the percentages of commits that base and head state for a target.
func (b baseline) shares(t finding.Target) shares {
	of := func(environments []check.Environment) int {
		if e := environment(environments, t.Environment); e != nil {
			return e.State.Phases[t.Phase].TrafficPercent
		}
		return 0
	}
	return shares{of(b.before), of(b.after)}
}
