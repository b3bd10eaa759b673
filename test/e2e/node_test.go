//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/test/controlplane"
)

// Addresses of what lies outside of the cluster: in the ranges that the reference platform's network
// policies name.
const (
	forgeAddress = "140.82.112.3"
	storeAddress = "10.20.30.4"
	chatAddress  = "198.51.100.10"
	indexAddress = "151.101.0.1"
	// registryAddress is the platform's registry.
	registryAddress = "192.0.2.10"
	// strangeAddress is one that no policy names.
	strangeAddress = "203.0.113.7"
)

// outside are the names of hosts by the address that answers to them.
var outside = map[string][]string{
	controlplane.NodeAddress: {"ghcr.io", "cgr.dev", "registry.local"},
	registryAddress:          {"registry.example.com"},
	forgeAddress:             {"github.com", "api.github.com"},
	storeAddress:             {"s3.eu-central-1.amazonaws.com"},
	chatAddress:              {"hooks.slack.com", "smtp.example.com", "smtp.gmail.com"},
	indexAddress:             {"pypi.org", "exampledata.scverse.org", "huggingface.co"},
	strangeAddress:           {"stranger.example.com"},
}

// nodeCluster is a cluster with a real node.
type nodeCluster struct {
	*cluster
	environment check.Environment
	// heard is the file in which services outside write what they were told; objects is the folder of the
	// object store.
	heard, objects, repositories string
	// digests of the images that were pushed, by registry and repository.
	digests map[string]string
}

// startNode starts a real node with Tekton, Triggers and policy-controller, and what lies outside.
func startNode(t *testing.T, environmentName string) *nodeCluster {
	t.Helper()
	e := environment(t, environmentName)
	dir := folder(t)
	flags := featureFlags(e)
	c := &nodeCluster{environment: e, digests: map[string]string{}}
	c.cluster = startCluster(t, dir, controlplane.Settings{FeatureFlags: flags, Node: true, Registries: slices.Concat(outside[controlplane.NodeAddress], outside[registryAddress]), RegistryAddresses: []string{registryAddress}})
	started := time.Now()
	if err := c.RunNode(t.Context(), 4, outside); err != nil {
		t.Fatal(err)
	}
	t.Logf("kubelet, containerd, DNS and network policies up in %.1f s", time.Since(started).Seconds())
	started = time.Now()
	names := e.State.Facts.Tekton.Images
	c.learn(t)(c.RunTekton(t.Context(), names))
	if err := c.RunPolicyController(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.learn(t)(c.RunTriggers(t.Context(), names["listener"]))
	t.Logf("Tekton, Triggers and policy-controller up in %.1f s", time.Since(started).Seconds())
	started = time.Now()
	if err := c.RunKueue(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("Kueue up in %.1f s", time.Since(started).Seconds())
	if out, err := c.Kubectl(t.Context(), []byte(smallNode), "apply", "-f", "-"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c.pushImages(t, c.environment.State)
	c.volume = c.localVolume(t)
	c.provision(t)
	c.runWorld(t, dir)
	return c
}

func (c *nodeCluster) learn(t *testing.T) func(map[string]string, error) {
	return func(digests map[string]string, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for repository, digest := range digests {
			c.digests[repository] = digest
		}
	}
}

// bases are the sets of Debian's packages that the platform's images hold; the others hold what imageOf says or nothing.
var bases = map[string]string{
	"git": "science", "python": "science", "notebook": "science", "publisher": "science",
	"python-base": "python", "scientific": "science", "buildkit": "buildkit",
}

// imageOf is one of the platform's images, laid out as upstream's is.
func (c *nodeCluster) imageOf(entry image.Entry) controlplane.Image {
	i := controlplane.Image{Reference: entry.Reference, Base: bases[entry.Name]}
	switch entry.Name {
	case "pause":
		i.Programs, i.Entrypoint, i.User = map[string]string{"/pause": "pause"}, []string{"/pause"}, "65535"
	case "tkn":
		i.Programs = map[string]string{"/usr/local/bin/tkn": "tkn"}
	case "syft": // https://github.com/anchore/syft/blob/v1.51.0/Dockerfile.debug
		i.Programs, i.Entrypoint, i.Shell, i.Path, i.User = map[string]string{"/syft": "syft"}, []string{"/syft"}, "/busybox", "/busybox:", "65532"
	case "cosign": // ko puts its folder behind the others (https://github.com/ko-build/ko/blob/main/pkg/build/gobuild.go, updatePath)
		i.Programs, i.Entrypoint, i.Shell, i.User = map[string]string{"/ko-app/cosign": "cosign"}, []string{"/ko-app/cosign"}, "/busybox", "65532"
		i.Path = "/ko-app:/busybox:"
	case "buildkit": // https://github.com/moby/buildkit/blob/v0.34.2/Dockerfile, the stage rootless
		i.Programs, i.User = map[string]string{"/usr/bin/buildctl": "buildctl", "/usr/bin/buildkitd": "buildkitd"}, "1000:1000"
		i.Files = map[string]string{"/usr/bin/buildctl-daemonless.sh": c.BuildKitScript()}
		i.Env = []string{"HOME=/home/user", "USER=user", "XDG_RUNTIME_DIR=/run/user/1000", "TMPDIR=/home/user/.local/tmp", "BUILDKIT_HOST=unix:///run/user/1000/buildkit/buildkitd.sock"}
	}
	return i
}

// pushImages builds, pushes and signs the images of a platform.
func (c *nodeCluster) pushImages(t *testing.T, state platform.State) {
	t.Helper()
	started := time.Now()
	for _, entry := range image.Catalogue([]platform.State{state}) {
		digest, err := c.Push(t.Context(), c.imageOf(entry))
		if err != nil {
			t.Fatal(err)
		}
		repository := entry.Reference[:strings.LastIndex(entry.Reference, ":")]
		c.digests[repository] = digest
	}
	t.Logf("the images of %s pushed in %.1f s", state.Name, time.Since(started).Seconds())
}

// localVolume makes volumes of folders of the node, as the drivers of their classes do: an access point of
// EFS belongs to the images' user, the root of a disk to root.
func (c *nodeCluster) localVolume(t *testing.T) func(corev1.PersistentVolumeClaim) (corev1.PersistentVolumeSource, *corev1.VolumeNodeAffinity) {
	dir := filepath.Join(folder(t), "volumes")
	return func(claim corev1.PersistentVolumeClaim) (corev1.PersistentVolumeSource, *corev1.VolumeNodeAffinity) {
		path := filepath.Join(dir, string(claim.UID))
		mode, owner := os.FileMode(0o755), 0
		if slices.Contains(claim.Spec.AccessModes, corev1.ReadWriteMany) {
			mode, owner = 0o770, 1001
		}
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Error(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Error(err)
		}
		if err := os.Chown(path, owner, owner); err != nil {
			t.Error(err)
		}
		anyNode := []corev1.NodeSelectorRequirement{{Key: "kubernetes.io/hostname", Operator: corev1.NodeSelectorOpExists}}
		return corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: path}},
			&corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: anyNode}}}}
	}
}

// The keys of the object store.
const storeKey, storeSecret = "a-key-of-a-test", "a-secret-of-a-test"

var (
	pinned    = regexp.MustCompile(`([a-z0-9.-]+(?:/[a-z0-9._-]+)+)(:[A-Za-z0-9._-]+)?@sha256:[0-9a-f]{64}`)
	publicKey = regexp.MustCompile(`(?s)-----BEGIN PUBLIC KEY-----.*-----END PUBLIC KEY-----\n?`)
)

// real is what was rendered with the digests and the key of the images that are there: those of the
// reference platform are stand-ins.
func (c *nodeCluster) real(t *testing.T, objects []manifest.Object) []manifest.Object {
	t.Helper()
	var all []manifest.Object
	for _, o := range objects {
		value := c.realValue(o.Value)
		replaced, _ := manifest.New(value.(map[string]any), nil)
		all = append(all, replaced)
	}
	return all
}

func (c *nodeCluster) realValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		replaced := map[string]any{}
		for k, v := range value {
			replaced[k] = c.realValue(v)
		}
		return replaced
	case []any:
		replaced := []any{}
		for _, v := range value {
			replaced = append(replaced, c.realValue(v))
		}
		return replaced
	case string:
		value = publicKey.ReplaceAllString(value, c.PublicKey())
		return pinned.ReplaceAllStringFunc(value, func(reference string) string {
			parts := pinned.FindStringSubmatch(reference)
			if digest := c.digests[parts[1]]; digest != "" {
				return parts[1] + parts[2] + "@" + digest
			}
			return reference
		})
	}
	return value
}

// smallNode lets one node of two cores play all pools: at admission pods lose their node selector, and
// nearly all that their containers request and may take. What is applied stays as it is rendered.
const smallNode = `apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: small-node}
spec:
  failurePolicy: Fail
  reinvocationPolicy: Never
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  mutations:
  - patchType: JSONPatch
    jsonPatch: {expression: 'has(object.spec.nodeSelector) ? [JSONPatch{op: "remove", path: "/spec/nodeSelector"}] : []'}
  - patchType: ApplyConfiguration
    applyConfiguration:
      expression: >-
        Object{spec: Object.spec{containers: object.spec.containers.filter(c, has(c.resources) && has(c.resources.requests)).map(c,
          Object.spec.containers{name: c.name, resources: Object.spec.containers.resources{
            requests: {"cpu": "10m", "memory": "32Mi"}, limits: {"memory": "1Gi"}}})}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: small-node}
spec: {policyName: small-node}
`

// syncWaves applies objects as Argo CD does: wave by wave, each hook to its end before the next begins
// (https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/).
func (c *nodeCluster) syncWaves(t *testing.T, objects []manifest.Object) {
	t.Helper()
	for len(objects) > 0 {
		n := slices.IndexFunc(objects, func(o manifest.Object) bool { return wave(t, o) != wave(t, objects[0]) })
		if n < 0 {
			n = len(objects)
		}
		for _, o := range objects[:n] {
			// BeforeHookCreation is the default of hooks that name none
			// (https://argo-cd.readthedocs.io/en/stable/user-guide/resource_hooks/#hook-deletion-policies).
			if annotation(o, "argocd.argoproj.io/hook") != "" {
				if err := c.delete(t.Context(), o); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := c.apply(t.Context(), o); err != nil {
				t.Errorf("refused: %s %s: %v", o.Kind, o.Name, err)
			}
		}
		for _, o := range objects[:n] {
			if annotation(o, "argocd.argoproj.io/hook") != "" {
				c.hookEnds(t, o)
			}
		}
		objects = objects[n:]
	}
}

// hookEnds waits for the end of a Job, and says what it wrote if it failed.
func (c *nodeCluster) hookEnds(t *testing.T, o manifest.Object) {
	t.Helper()
	var ended batchv1.JobCondition
	err := until(t.Context(), 3*time.Minute, func() error {
		job, err := c.typed.BatchV1().Jobs(o.Namespace).Get(t.Context(), o.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, condition := range job.Status.Conditions {
			if ends := condition.Type == batchv1.JobComplete || condition.Type == batchv1.JobFailed; ends && condition.Status == corev1.ConditionTrue {
				ended = condition
				return nil
			}
		}
		return fmt.Errorf("%+v", job.Status)
	})
	if err != nil || ended.Type != batchv1.JobComplete {
		said, _ := c.Kubectl(t.Context(), nil, "-n", o.Namespace, "logs", "job/"+o.Name)
		events, _ := c.Kubectl(t.Context(), nil, "-n", o.Namespace, "get", "events", "--sort-by=.lastTimestamp")
		t.Fatalf("the hook %s did not succeed: %v %s\n%s\n%s", o.Name, err, ended.Message, said, events)
	}
	said, _ := c.Kubectl(t.Context(), nil, "-n", o.Namespace, "logs", "job/"+o.Name)
	t.Logf("hook %s:\n%s", o.Name, said)
}

// awaitEnd waits for the end of a run, and tells what stands in its way where it does not come.
func (c *nodeCluster) awaitEnd(t *testing.T, run string) pipelinev1.PipelineRun {
	t.Helper()
	return c.awaitEndIn(t, namespace, run)
}

func (c *nodeCluster) awaitEndIn(t *testing.T, namespace, run string) pipelinev1.PipelineRun {
	t.Helper()
	var ended pipelinev1.PipelineRun
	endpoint, err := c.resource("tekton.dev/v1", "PipelineRun", namespace)
	if err != nil {
		t.Fatal(err)
	}
	err = until(t.Context(), 8*time.Minute, func() error {
		found, err := endpoint.Get(t.Context(), run, metav1.GetOptions{})
		if err != nil {
			return err
		}
		ended = convert[pipelinev1.PipelineRun](t, found)
		if ended.Status.CompletionTime == nil {
			return fmt.Errorf("%v", ended.Status.Conditions)
		}
		return nil
	})
	if err != nil {
		pods, _ := c.Kubectl(t.Context(), nil, "-n", namespace, "get", "pods,taskruns")
		events, _ := c.Kubectl(t.Context(), nil, "-n", namespace, "get", "events", "--sort-by=.lastTimestamp")
		t.Fatalf("%s did not end: %v\n%s\n%s", run, err, pods, events)
	}
	return ended
}

// logsOf are what the steps of a task of a run wrote.
func (c *nodeCluster) logsOf(t *testing.T, run, task string) string {
	t.Helper()
	out, err := c.Kubectl(t.Context(), nil, "-n", namespace, "logs", "--all-containers", "--prefix", "--tail=-1",
		"-l", "tekton.dev/pipelineRun="+run+",tekton.dev/pipelineTask="+task)
	if err != nil && !apierrors.IsNotFound(err) {
		return err.Error() + out
	}
	return out
}
