package graph

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// advice says of each workload what would make it harder to break into, to evict and to interrupt: a line for each of the
// three. What a step does is Tekton's to run once, and none of it.
func (g *graph) advice() {
	for _, p := range g.allPods() {
		if p.tekton {
			continue
		}
		if lacks := g.hardening(p); len(lacks) > 0 {
			g.add(p.in, "graph/pod-hardening", finding.Info, p.at, "who breaks into the "+p.in.Kind+" finds more than it needs: "+strings.Join(lacks, ", "),
				"write readOnlyRootFilesystem, automountServiceAccountToken: false, and mount secrets as files")
		}
		if lacks := resources(p); len(lacks) > 0 {
			g.add(p.in, "graph/pod-resources", finding.Info, p.at, "the "+p.in.Kind+" does not say all that it takes: "+strings.Join(lacks, ", "),
				"write requests of cpu and memory, a limit of memory, and one of ephemeral-storage where it writes files")
		}
		if lacks := g.availability(p); len(lacks) > 0 {
			g.add(p.in, "graph/pod-availability", finding.Info, p.at, "the "+p.in.Kind+" may be away, or not ready, when it is asked: "+strings.Join(lacks, ", "),
				"write probes, two replicas that are spread, and a PodDisruptionBudget; nothing, if nobody waits for it")
		}
	}
}

// list is a list of reasons, each once.
type list []string

func (l *list) add(when bool, reason string) {
	if when && !slices.Contains(*l, reason) {
		*l = append(*l, reason)
	}
}

// with adds what is worth saying only beside something else.
func (l list) with(less list) list {
	if len(l) == 0 {
		return nil
	}
	for _, reason := range less {
		l.add(true, reason)
	}
	return l
}

// hardening lists what a pod has beyond its need.
func (g *graph) hardening(p somePod) list {
	var all, less list
	stated := 0 // containers that say who they run as
	for _, c := range slices.Concat(p.spec.InitContainers, p.spec.Containers) {
		s := c.SecurityContext
		if s != nil && s.RunAsUser != nil {
			stated++
		}
		less.add(c.Stdin || c.TTY, "an open terminal (stdin, tty)")
		all.add(s == nil || s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem, "a root file system that it may write (readOnlyRootFilesystem)")
		all.add(len(c.EnvFrom) > 0 && slices.ContainsFunc(c.EnvFrom, func(e corev1.EnvFromSource) bool { return e.SecretRef != nil }) ||
			slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil }), "secrets in environment variables")
		all.add(s != nil && isZero(s.RunAsGroup), "the root group")
		less.add(s != nil && (ofNode(s.RunAsUser) || ofNode(s.RunAsGroup)), "a user or group that the node may have, too (below 10000)")
		less.add(slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool { return p.ContainerPort > 0 && p.ContainerPort < 1024 }), "a port below 1024, which wants more than a user's rights")
		all.add(slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool { return p.ContainerPort == 22 }), "a port of SSH, by which people get in beside kubectl's rights and audit log")
	}
	own := stated == len(p.spec.InitContainers)+len(p.spec.Containers)
	less.add(!own && (p.spec.SecurityContext == nil || p.spec.SecurityContext.RunAsUser == nil), "the user that its image says (runAsUser)")
	all.add(!p.spec.HostNetwork && !g.isIsolated(p), "a network that every pod of the cluster is on (no NetworkPolicy selects it)")
	if s := p.spec.SecurityContext; s != nil {
		all.add(isZero(s.RunAsGroup) || isZero(s.FSGroup) || slices.Contains(s.SupplementalGroups, 0), "the root group")
		less.add(!own && ofNode(s.RunAsUser) || ofNode(s.RunAsGroup), "a user or group that the node may have, too (below 10000)")
	}
	less.add(len(p.spec.HostAliases) > 0, "names of hosts of its own (hostAliases)")
	less.add(slices.ContainsFunc(p.spec.Tolerations, func(t corev1.Toleration) bool {
		return strings.HasSuffix(t.Key, "/control-plane") || strings.HasSuffix(t.Key, "/master")
	}), "a place on the control plane")
	if g.hasToken(p) {
		account := p.account()
		all.add(account == "default", "the token of the default account")
		all.add(account != "default", "a token of the API server, for which no role in sight has a use")
	}
	return all.with(less)
}

func isZero(id *int64) bool { return id != nil && *id == 0 }

func ofNode(id *int64) bool { return id != nil && *id > 0 && *id < 10_000 }

// account is the one that a pod runs as.
func (p somePod) account() string {
	switch {
	case p.spec.ServiceAccountName != "":
		return p.spec.ServiceAccountName
	case p.spec.DeprecatedServiceAccount != "":
		return p.spec.DeprecatedServiceAccount
	}
	return "default"
}

// hasToken tells whether a pod gets a token of the API server that gives it no right which is in sight.
func (g *graph) hasToken(p somePod) bool {
	if mounts := p.spec.AutomountServiceAccountToken; mounts != nil {
		return *mounts && !g.isBound(p)
	}
	o, found := g.find(p.in, "ServiceAccount", p.namespace, p.account())
	mounts, stated := manifest.Lookup(o.Value, manifest.Path{"automountServiceAccountToken"})
	return !(found && stated && mounts == false) && !g.isBound(p)
}

// isBound tells whether a binding in sight names the account of a pod, or may do so.
func (g *graph) isBound(p somePod) bool {
	return variable(p.account()) || g.isBoundAccount(p.account())
}

// isBoundAccount tells whether a binding in sight names an account.
func (g *graph) isBoundAccount(account string) bool {
	if g.bound == nil {
		g.bound = map[string]bool{}
		for _, o := range g.Objects {
			if o.Kind != "RoleBinding" && o.Kind != "ClusterRoleBinding" {
				continue
			}
			each(o.Value, manifest.Path{"subjects"}, func(_ int, s map[string]any) {
				if s["kind"] == "ServiceAccount" {
					g.bound[fmt.Sprint(s["name"])] = true // wherever: manifests leave their namespace out
				}
			})
		}
	}
	return g.bound[account]
}

// resources lists what a pod does not say of what it takes.
func resources(p somePod) list {
	var all, less list
	for _, c := range p.spec.Containers {
		says := func(name corev1.ResourceName) bool {
			_, requested := c.Resources.Requests[name]
			_, limited := c.Resources.Limits[name] // a limit is a request where none is written
			return requested || limited
		}
		_, memory := c.Resources.Limits[corev1.ResourceMemory]
		all.add(!memory, "no limit of memory")
		all.add(!says(corev1.ResourceCPU), "no request of cpu")
		all.add(!says(corev1.ResourceMemory), "no request of memory")
		less.add(!says(corev1.ResourceEphemeralStorage) && !boundedVolumes(p.spec), "nothing of ephemeral-storage")
	}
	return all.with(less)
}

// boundedVolumes tells whether a pod has volumes of the node's disk, and each has a bound.
func boundedVolumes(spec corev1.PodSpec) bool {
	n := 0
	for _, v := range spec.Volumes {
		if v.EmptyDir == nil || v.EmptyDir.Medium == corev1.StorageMediumMemory {
			continue
		}
		if n++; v.EmptyDir.SizeLimit == nil {
			return false
		}
	}
	return n > 0
}

// served are kinds whose pods are there to be asked.
var served = []string{"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod"}

// availability lists what lets a workload be away.
func (g *graph) availability(p somePod) list {
	var all, less list
	switch {
	case p.in.Kind == "Job":
		_, deadline := manifest.Lookup(p.in.Value, manifest.Path{"spec", "activeDeadlineSeconds"})
		_, kept := manifest.Lookup(p.in.Value, manifest.Path{"spec", "ttlSecondsAfterFinished"})
		all.add(!deadline, "no activeDeadlineSeconds, so that it may hang for ever")
		less.add(!kept, "no ttlSecondsAfterFinished")
		return all.with(less)
	case p.in.Kind == "CronJob":
		_, deadline := manifest.Lookup(p.in.Value, manifest.Path{"spec", "startingDeadlineSeconds"})
		all.add(!deadline, "no startingDeadlineSeconds: after 100 missed times it is not started again")
		return all
	case !slices.Contains(served, p.in.Kind):
		return nil
	}
	for _, c := range p.spec.Containers {
		if isPause(c.Image) {
			continue
		}
		all.add(c.ReadinessProbe == nil, "no readinessProbe")
		all.add(c.ReadinessProbe != nil && c.LivenessProbe != nil && reflect.DeepEqual(c.ReadinessProbe, c.LivenessProbe), "a livenessProbe that asks the same as the readinessProbe, and kills what is only busy")
		all.add(c.ReadinessProbe == nil && c.LivenessProbe == nil, "no livenessProbe")
		all.add(!strings.Contains(c.Image, "@") && !variable(c.Image) && c.ImagePullPolicy != corev1.PullAlways && c.ImagePullPolicy != "" || c.ImagePullPolicy == "" && isTagged(c.Image), "an image of a tag that nodes do not pull anew (imagePullPolicy)")
	}
	all.add(p.in.Kind == "Pod" && len(p.in.Value) > 0 && !isOwned(p.in), "a bare pod, which nothing starts on another node")
	if p.in.Kind == "Deployment" || p.in.Kind == "StatefulSet" {
		all = append(all, g.spread(p)...)
	}
	return all
}

// isPause tells whether an image does nothing but to be there (https://github.com/kubernetes/kubernetes/tree/master/build/pause).
func isPause(image string) bool {
	name := image[strings.LastIndex(image, "/")+1:]
	return name == "pause" || strings.HasPrefix(name, "pause:") || strings.HasPrefix(name, "pause@")
}

// isTagged tells whether an image has a tag by which nodes keep what they have: any but latest.
func isTagged(image string) bool {
	name := image[strings.LastIndex(image, "/")+1:]
	_, tag, ok := strings.Cut(name, ":")
	return ok && tag != "latest" && !strings.Contains(image, "@") && !variable(image)
}

func isOwned(o manifest.Object) bool {
	owners, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "ownerReferences"})
	list, _ := owners.([]any)
	return len(list) > 0
}

// spread lists what of the replicas of a workload lets them be away together.
func (g *graph) spread(p somePod) list {
	var all list
	replicas := g.least(p.in)
	strategy, _ := manifest.Lookup(p.in.Value, manifest.Path{"spec", "strategy", "type"})
	all.add(strategy == "Recreate", "an update that stops it first (Recreate)")
	all.add(replicas == 1, "one replica")
	if replicas < 2 {
		return all
	}
	all.add(len(p.spec.TopologySpreadConstraints) == 0 && !isApart(p), "replicas that may be on one node (topologySpreadConstraints)")
	all.add(!g.isBudgeted(p), "no PodDisruptionBudget")
	return all
}

// isApart tells whether a pod keeps away from others of its own workload.
func isApart(p somePod) bool {
	if p.spec.Affinity == nil || p.spec.Affinity.PodAntiAffinity == nil {
		return false
	}
	anti := p.spec.Affinity.PodAntiAffinity
	terms := slices.Clone(anti.RequiredDuringSchedulingIgnoredDuringExecution)
	for _, preferred := range anti.PreferredDuringSchedulingIgnoredDuringExecution {
		terms = append(terms, preferred.PodAffinityTerm)
	}
	return slices.ContainsFunc(terms, func(t corev1.PodAffinityTerm) bool {
		selector, err := metav1.LabelSelectorAsSelector(t.LabelSelector)
		return err != nil || selector.Matches(labels.Set(p.meta.Labels)) || len(t.MatchLabelKeys) > 0
	})
}
