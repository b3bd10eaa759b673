package graph

import (
	"cmp"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"tenon.dev/tenon/internal/manifest"
)

// levelCheck is one of Pod Security's own checks.
type levelCheck struct {
	id    policy.CheckID
	check policy.CheckPodFn
}

// ofBaseline are the checks of the level baseline, of their latest version.
var ofBaseline = sync.OnceValue(func() []levelCheck {
	var all []levelCheck
	for _, c := range policy.DefaultChecks() {
		if c.Level == api.LevelBaseline {
			all = append(all, levelCheck{c.ID, c.Versions[len(c.Versions)-1].CheckPod})
		}
	}
	return all
})

// judged says what a check looks at: fields of the pod and of its containers, and what to write there.
type judged struct {
	pod, container []manifest.Path
	remedy         string
}

// fields are those of each check, as its documentation lists them
// (https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline).
var fields = map[policy.CheckID]judged{
	"hostPorts":             {container: []manifest.Path{{"ports"}}, remedy: "leave hostPort out, and put a Service before the pod"},
	"capabilities_baseline": {container: []manifest.Path{{"securityContext", "capabilities", "add"}}, remedy: "leave the capabilities out, or run the pod where a namespace says privileged"},
	"seccompProfile_baseline": {
		pod: []manifest.Path{{"securityContext", "seccompProfile"}}, container: []manifest.Path{{"securityContext", "seccompProfile"}}, remedy: "write type RuntimeDefault, or Localhost with a profile",
	},
	"appArmorProfile": {
		pod: []manifest.Path{{"securityContext", "appArmorProfile"}}, container: []manifest.Path{{"securityContext", "appArmorProfile"}}, remedy: "write type RuntimeDefault, or Localhost with a profile",
	},
	"seLinuxOptions": {
		pod: []manifest.Path{{"securityContext", "seLinuxOptions"}}, container: []manifest.Path{{"securityContext", "seLinuxOptions"}}, remedy: "leave user and role out, and take one of the types container_t, container_init_t, container_kvm_t, container_engine_t",
	},
	"procMount": {container: []manifest.Path{{"securityContext", "procMount"}}, remedy: "leave procMount out"},
	"sysctls":   {pod: []manifest.Path{{"securityContext", "sysctls"}}, remedy: "leave it out, or set it on the nodes"},
	"windowsHostProcess": {
		pod: []manifest.Path{{"securityContext", "windowsOptions"}}, container: []manifest.Path{{"securityContext", "windowsOptions"}}, remedy: "leave hostProcess out, or run the pod where a namespace says privileged",
	},
	"hostProbesAndHostLifecycle": {
		container: []manifest.Path{{"livenessProbe"}, {"readinessProbe"}, {"startupProbe"}, {"lifecycle"}}, remedy: "leave host out: the kubelet asks the pod itself",
	},
}

func (c levelCheck) remedy() string {
	return cmp.Or(fields[c.id].remedy, "take it away, or run the pod where a namespace says privileged")
}

// at is where the first thing stands that a check refuses; the pod where that is not known, as with an annotation.
func (c levelCheck) at(p somePod) manifest.Path {
	raw, _ := manifest.Lookup(p.in.Value, p.at)
	bare := p.spec
	bare.InitContainers, bare.Containers, bare.EphemeralContainers = nil, nil, nil
	if !c.check(&p.meta, &bare).Allowed {
		for _, field := range fields[c.id].pod {
			if _, written := manifest.Lookup(raw, field); written {
				return slices.Concat(p.at, field)
			}
		}
	}
	for _, list := range []struct {
		field string
		of    []corev1.Container
		put   func(*corev1.PodSpec, []corev1.Container)
	}{
		{"initContainers", p.spec.InitContainers, func(s *corev1.PodSpec, c []corev1.Container) { s.InitContainers = c }},
		{"containers", p.spec.Containers, func(s *corev1.PodSpec, c []corev1.Container) { s.Containers = c }},
	} {
		for i, container := range list.of {
			alone := bare
			list.put(&alone, []corev1.Container{container})
			for _, field := range fields[c.id].container {
				at := manifest.Path{list.field, i}.Append(field...)
				if _, written := manifest.Lookup(raw, at); written && !c.check(&p.meta, &alone).Allowed {
					return slices.Concat(p.at, at)
				}
			}
		}
	}
	return p.at
}
