package graph

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	corev1 "k8s.io/api/core/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/internal/script"
)

// images compares what pods expect of their images with what the facts say of these.
func (g *graph) images() {
	if len(g.Facts.Images) == 0 {
		return
	}
	for _, p := range g.allPods() {
		for i, c := range p.spec.Containers {
			g.imageUser(p, i, c)
		}
	}
	for _, o := range g.Objects {
		for _, s := range script.Of(o) {
			g.imageTools(o, s)
		}
		if o.Kind == "StorageClass" {
			g.volumeOwner(o)
		}
	}
}

// registries checks that images come from where the cluster allows them to.
func (g *graph) registries() {
	if len(g.Facts.Registries) == 0 {
		return
	}
	for _, p := range g.allPods() {
		containers := slices.Concat(p.spec.InitContainers, p.spec.Containers)
		for _, c := range containers {
			if c.Image == "" || variable(c.Image) || g.isAllowed(c.Image) {
				continue
			}
			g.add(p.in, "graph/registry-not-allowed", finding.Error, imageAt(p, c.Name), fmt.Sprintf("image %s comes from none of the registries that are allowed", c.Image),
				"take it from one of "+strings.Join(g.Facts.Registries, ", ")+", or state its registry in facts.registries")
		}
	}
}

// isAllowed tells whether an image is below one of the registries that the facts allow.
func (g *graph) isAllowed(image string) bool {
	ref, err := name.ParseReference(image)
	if err != nil {
		return true // another rule says that it is no reference
	}
	repository := ref.Context().Name()
	return slices.ContainsFunc(g.Facts.Registries, func(allowed string) bool {
		allowed = strings.TrimSuffix(allowed, "/")
		if host, rest, _ := strings.Cut(allowed, "/"); host == "docker.io" {
			allowed = path.Join(name.DefaultRegistry, rest)
		}
		return repository == allowed || strings.HasPrefix(repository, allowed+"/")
	})
}

// imageAt is where a pod names the image of a container.
func imageAt(p somePod, name string) manifest.Path {
	if p.tekton {
		return stepAt(p, name)
	}
	for _, list := range []string{"containers", "initContainers"} {
		at := p.at.Append(list)
		found := manifest.Path(nil)
		value, _ := manifest.Lookup(p.in.Value, at)
		each(map[string]any{"list": value}, manifest.Path{"list"}, func(i int, c map[string]any) {
			if c["name"] == name {
				found = at.Append(i, "image")
			}
		})
		if found != nil {
			return found
		}
	}
	return p.at
}

// volumeOwner finds a class whose volumes belong to a user whom no image has, as the EFS driver
// gives them (https://github.com/kubernetes-sigs/aws-efs-csi-driver#storage-class-parameters-for-dynamic-provisioning).
func (g *graph) volumeOwner(class manifest.Object) {
	parameters, _ := lookupMap(class.Value, "parameters")
	owner, err := strconv.ParseInt(fmt.Sprint(parameters["uid"]), 10, 64)
	if err != nil || owner == 0 {
		return
	}
	var known []int64
	for _, name := range slices.Sorted(maps.Keys(g.Facts.Images)) {
		known = append(known, g.Facts.Images[name].UIDs...)
	}
	if len(known) == 0 || slices.Contains(known, owner) {
		return
	}
	slices.Sort(known)
	g.add(class, "graph/volume-owner", finding.Warning, manifest.Path{"parameters", "uid"},
		fmt.Sprintf("volumes of class %s belong to user %d, whom no image has: they have %s", class.Name, owner, numbers(slices.Compact(known))),
		"make it the user that the steps run as, and gid its group")
}

// imageFact is what the facts say of an image, whatever its tag and digest.
func (g *graph) imageFact(image string) (platform.ImageFact, bool) {
	repository, _, _ := strings.Cut(image, "@")
	if colon := strings.LastIndexByte(repository, ':'); colon > strings.LastIndexByte(repository, '/') {
		repository = repository[:colon]
	}
	fact, known := g.Facts.Images[repository]
	return fact, known
}

// imageUser finds containers that run as a user whom their image does not have: such a one has no
// home, and may neither read nor write what the image keeps for its own.
func (g *graph) imageUser(p somePod, i int, c corev1.Container) {
	fact, known := g.imageFact(c.Image)
	uid := runAs(p.spec, c)
	if !known || len(fact.UIDs) == 0 || uid == nil || *uid == 0 || slices.Contains(fact.UIDs, *uid) {
		return
	}
	at := p.at
	if p.tekton {
		at = stepAt(p, c.Name)
	} else {
		at = at.Append("containers", i)
	}
	if c.SecurityContext != nil && c.SecurityContext.RunAsUser != nil {
		at = at.Append("securityContext", "runAsUser")
	}
	g.add(p.in, "graph/uid-not-in-image", finding.Error, at,
		fmt.Sprintf("container %s runs as user %d, whom its image does not have: it has %s%s", c.Name, *uid, numbers(fact.UIDs), believed(fact)),
		"run as the image's own user, or state the user in facts.images")
}

// stepAt is where the task of a pod has a step or sidecar.
func stepAt(p somePod, container string) manifest.Path {
	for _, list := range []string{"steps", "sidecars"} {
		entries, _ := manifest.Lookup(p.in.Value, p.at.Append(list))
		all, _ := entries.([]any)
		for i, entry := range all {
			step, _ := entry.(map[string]any)
			if name, _ := step["name"].(string); name != "" && strings.TrimPrefix(strings.TrimPrefix(container, "step-"), "sidecar-") == name {
				return p.at.Append(list, i)
			}
		}
	}
	return p.at.Append("steps")
}

// runAs is the user that a container runs as; nil where the image decides.
func runAs(pod corev1.PodSpec, c corev1.Container) *int64 {
	if c.SecurityContext != nil && c.SecurityContext.RunAsUser != nil {
		return c.SecurityContext.RunAsUser
	}
	if pod.SecurityContext != nil {
		return pod.SecurityContext.RunAsUser
	}
	return nil
}

func numbers(list []int64) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = fmt.Sprint(n)
	}
	return strings.Join(texts, ", ")
}

// imageTools finds programs that a script calls and its image does not have.
func (g *graph) imageTools(o manifest.Object, s script.Script) {
	container, _ := manifest.Lookup(o.Value, s.Container)
	c, _ := container.(map[string]any)
	image, _ := c["image"].(string)
	fact, known := g.imageFact(image)
	if !known || len(fact.Tools) == 0 || s.Facts.Shell == "" {
		return
	}
	said := map[string]bool{}
	for _, call := range s.Facts.Commands {
		if said[call.Name] || !plainName(call.Name) || slices.Contains(fact.Tools, call.Name) ||
			slices.Contains(s.Facts.Functions, call.Name) || script.Everywhere(call.Name, s.Facts.Shell) {
			continue
		}
		said[call.Name] = true
		f := g.add(o, "graph/tool-not-in-image", finding.Error, s.Path,
			fmt.Sprintf("the script calls %s, which image %s does not have%s", call.Name, path.Base(imageName(image)), believed(fact)),
			"use an image that has it, add it to the image, or state it in the image's tools")
		f.Line, f.Quote = call.Line, call.Name
	}
}

// believed marks what nobody has read of the image itself.
func believed(fact platform.ImageFact) string {
	if fact.Stated {
		return ", as the platform states (`tenon image inspect` reads it from the image)"
	}
	return ""
}

// variableName fits a variable of Tekton's that nothing declares, so that a shell takes it for a program: $(params.level).
var variableName = regexp.MustCompile(`^(params|workspaces|results|context|tasks|steps|inputs|outputs)\.`)

// plainName tells the name of a program that is looked up on the PATH.
func plainName(name string) bool {
	return !variableName.MatchString(name) && name != "" && !strings.ContainsAny(name, "/$`\"'*?={}()[]<> ")
}

func imageName(image string) string {
	name, _, _ := strings.Cut(image, "@")
	return name
}
