package graph

import (
	"fmt"

	podtemplate "github.com/tektoncd/pipeline/pkg/apis/pipeline/pod"
	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	corev1 "k8s.io/api/core/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// hostFolders are provisioners whose volumes are folders of a node: kubelet leaves the owner of
// these alone (https://kubernetes.io/docs/concepts/storage/volumes/#hostpath).
var hostFolders = map[string]bool{
	"rancher.io/local-path": true, "k8s.io/minikube-hostpath": true, "microk8s.io/hostpath": true, "docker.io/hostpath": true,
}

// groups finds an fsGroup that has no effect on the claims of its pod.
func (g *graph) groups() {
	for _, p := range g.allPods() {
		if p.tekton || p.spec.SecurityContext == nil || p.spec.SecurityContext.FSGroup == nil {
			continue
		}
		for _, v := range p.spec.Volumes {
			if v.PersistentVolumeClaim != nil {
				g.groupOnClaim(p.in, p.at, p.namespace, v.PersistentVolumeClaim.ClaimName)
			}
		}
	}
	for _, r := range g.Runs {
		template, bindings, at := runTemplate(r)
		if template == nil || template.SecurityContext == nil || template.SecurityContext.FSGroup == nil {
			continue
		}
		for _, b := range bindings {
			switch {
			case b.PersistentVolumeClaim != nil:
				g.groupOnClaim(r.Owner, at, r.Object.Namespace, b.PersistentVolumeClaim.ClaimName)
			case b.VolumeClaimTemplate != nil:
				if class := g.hostFolder(r.Owner, b.VolumeClaimTemplate.Spec); class != "" {
					g.groupWithout(r.Owner, at, "workspace "+b.Name, class)
				}
			}
		}
	}
}

// runTemplate is the pod template of a run with the claims that its pods may mount.
func runTemplate(r Run) (*podtemplate.PodTemplate, []pipelinev1.WorkspaceBinding, manifest.Path) {
	if r.Object.Kind == "TaskRun" {
		run, _ := as[pipelinev1.TaskRun](r.Object.Value)
		return run.Spec.PodTemplate, run.Spec.Workspaces, r.At.Append("spec", "podTemplate")
	}
	run, _ := as[pipelinev1.PipelineRun](r.Object.Value)
	return run.Spec.TaskRunTemplate.PodTemplate, run.Spec.Workspaces, r.At.Append("spec", "taskRunTemplate", "podTemplate")
}

func (g *graph) groupOnClaim(in manifest.Object, at manifest.Path, namespace, claim string) {
	o, found := g.find(in, "PersistentVolumeClaim", namespace, claim)
	spec, ok := as[corev1.PersistentVolumeClaimSpec](o.Value["spec"])
	if !found || !ok {
		return
	}
	if class := g.hostFolder(o, spec); class != "" {
		g.groupWithout(in, at, "claim "+claim, class)
	}
}

// hostFolder says why a claim gets a folder of a node; empty if it does not. PersistentVolumes of
// hostPath have a rule of their own.
func (g *graph) hostFolder(in manifest.Object, claim corev1.PersistentVolumeClaimSpec) string {
	class := ""
	if claim.StorageClassName != nil {
		class = *claim.StorageClassName
	}
	driver := g.Facts.StorageClasses[class].Provisioner
	if o, ok := g.find(in, "StorageClass", "", class); ok {
		driver, _ = o.Value["provisioner"].(string)
	}
	if hostFolders[driver] {
		return fmt.Sprintf("class %s makes folders of a node", class)
	}
	return ""
}

func (g *graph) groupWithout(in manifest.Object, at manifest.Path, what, why string) {
	g.add(in, "graph/group-not-applied", finding.Warning, at.Append("securityContext", "fsGroup"),
		fmt.Sprintf("fsGroup has no effect on %s: %s, whose owner Kubernetes leaves alone, so that who is not root may not write there", what, why),
		"use a class whose driver applies fsGroup, or make the folder writable for the user where it is made")
}
