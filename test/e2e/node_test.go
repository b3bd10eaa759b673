//go:build e2e

package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
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
	storeAddress = "3.5.134.10"
	chatAddress  = "198.51.100.10"
	indexAddress = "151.101.0.1"
	// strangeAddress is one that no policy names.
	strangeAddress = "203.0.113.7"
)

// outside are the names of hosts by the address that answers to them.
var outside = map[string][]string{
	controlplane.NodeAddress: {"registry.example.com", "ghcr.io", "cgr.dev", "registry.local"},
	forgeAddress:             {"github.com", "api.github.com"},
	storeAddress:             {"s3.eu-central-1.amazonaws.com"},
	chatAddress:              {"hooks.slack.com", "smtp.example.com"},
	indexAddress:             {"pypi.org"},
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
	c.cluster = startCluster(t, dir, controlplane.Settings{FeatureFlags: flags, Node: true, Registries: outside[controlplane.NodeAddress]})
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
	if out, err := c.Kubectl(t.Context(), []byte(smallNode), "apply", "-f", "-"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c.pushImages(t)
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

// science are the platform's images that run scripts; the others hold what their name says or nothing.
var science = []string{"git", "python", "notebook", "publisher", "scientific"}

// pushImages builds, pushes and signs the platform's images.
func (c *nodeCluster) pushImages(t *testing.T) {
	t.Helper()
	started := time.Now()
	for _, entry := range image.Catalogue([]platform.State{c.environment.State}) {
		i := controlplane.Image{Reference: entry.Reference, Science: slices.Contains(science, entry.Name)}
		switch entry.Name {
		case "pause":
			i.Programs, i.Entrypoint, i.User = map[string]string{"/pause": "pause"}, []string{"/pause"}, "65535"
		case "tkn":
			i.Programs = map[string]string{"/usr/local/bin/tkn": "tkn"}
		}
		digest, err := c.Push(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		repository := entry.Reference[:strings.LastIndex(entry.Reference, ":")]
		c.digests[repository] = digest
	}
	t.Logf("%d images pushed in %.1f s", len(c.digests), time.Since(started).Seconds())
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

// runWorld starts what lies outside, with the repositories of testdata.
func (c *nodeCluster) runWorld(t *testing.T, dir string) {
	t.Helper()
	repositories := filepath.Join(dir, "git")
	c.repositories = repositories
	newRepository(t, repositories, "notebooks", "example/single-cell-notebooks", "")
	newRepository(t, repositories, "tests", "example/notebook-tests", "v1.4.0")
	var err error
	c.heard, c.objects, err = c.RunWorld(t.Context(), controlplane.World{
		Addresses: map[string][]string{forgeAddress: outside[forgeAddress], storeAddress: outside[storeAddress], chatAddress: outside[chatAddress], indexAddress: outside[indexAddress], strangeAddress: outside[strangeAddress]},
		Index:     packageIndex(t, dir), Mail: chatAddress, Store: storeAddress, Key: storeKey, Secret: storeSecret, Region: "eu-central-1", Repositories: repositories,
		Private: "/example/notebook-tests", Password: secretValue,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(c.objects, "scientific-computing-ci-dev"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// newRepository makes a bare repository of a folder of testdata, with a tag, and returns its commit.
func newRepository(t *testing.T, repositories, source, name, tag string) string {
	t.Helper()
	script := `set -eu
work=$(mktemp -d)
cp -r "$SOURCE/." "$work"
git -C "$work" init -q -b main
git -C "$work" add .
git -C "$work" commit -qm first
[ -z "$TAG" ] || git -C "$work" tag "$TAG"
git clone -q --bare "$work" "$TARGET"
git -C "$TARGET" config uploadpack.allowAnySHA1InWant true
git -C "$TARGET" rev-parse main
rm -rf "$work"`
	command := exec.Command("sh", "-c", script)
	command.Env = append(os.Environ(), "SOURCE=testdata/repositories/"+source, "TARGET="+filepath.Join(repositories, name), "TAG="+tag,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	if err := os.MkdirAll(filepath.Join(repositories, filepath.Dir(name)), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// commitWith is a commit upon main of a repository with other files, in a branch of its own.
func (c *nodeCluster) commitWith(t *testing.T, repository string, files map[string]string) string {
	t.Helper()
	work := t.TempDir()
	git := func(args ...string) string {
		command := exec.Command("git", append([]string{"-C", work}, args...)...)
		command.Env = append(os.Environ(), "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("clone", "-q", filepath.Join(c.repositories, repository), ".")
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(work, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git("add", "-A")
	git("commit", "-qm", "another", "--allow-empty")
	git("push", "-q", "origin", "HEAD:refs/heads/"+strings.ToLower(filepath.Base(work)+filepath.Base(t.Name())))
	return git("rev-parse", "HEAD")
}

// packageIndex makes a folder with a package of Python as an index serves it.
func packageIndex(t *testing.T, dir string) string {
	t.Helper()
	const name = "greeting-1.0-py3-none-any.whl"
	var wheel bytes.Buffer
	w := zip.NewWriter(&wheel)
	for path, text := range map[string]string{
		"greeting.py":                     "def greet(who):\n    return f'hello {who}'\n",
		"greeting-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n",
		"greeting-1.0.dist-info/WHEEL":    "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
		"greeting-1.0.dist-info/RECORD":   "greeting.py,,\ngreeting-1.0.dist-info/METADATA,,\ngreeting-1.0.dist-info/WHEEL,,\ngreeting-1.0.dist-info/RECORD,,\n",
	} {
		file, err := w.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	index := filepath.Join(dir, "index")
	folder := filepath.Join(index, "simple", "greeting")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for file, data := range map[string][]byte{name: wheel.Bytes(), "index.html": []byte(`<!doctype html><a href="` + name + `">` + name + `</a>`)} {
		if err := os.WriteFile(filepath.Join(folder, file), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return index
}

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
	err := until(t.Context(), 3*time.Minute, func() error {
		job, err := c.typed.BatchV1().Jobs(o.Namespace).Get(t.Context(), o.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		for _, condition := range job.Status.Conditions {
			if condition.Type == batchv1.JobComplete && condition.Status == corev1.ConditionTrue {
				return nil
			}
		}
		return fmt.Errorf("%+v", job.Status)
	})
	if err != nil {
		said, _ := c.Kubectl(t.Context(), nil, "-n", o.Namespace, "logs", "job/"+o.Name)
		events, _ := c.Kubectl(t.Context(), nil, "-n", o.Namespace, "get", "events", "--sort-by=.lastTimestamp")
		t.Fatalf("the hook %s did not end: %v\n%s\n%s", o.Name, err, said, events)
	}
	said, _ := c.Kubectl(t.Context(), nil, "-n", o.Namespace, "logs", "job/"+o.Name)
	t.Logf("hook %s:\n%s", o.Name, said)
}

// installed makes what operators leave on a cluster and preflight looks for: the entries of CSI drivers,
// and the policy of NVIDIA's operator.
func (c *nodeCluster) installed(t *testing.T) {
	t.Helper()
	var text strings.Builder
	text.WriteString(gpuOperator)
	for _, driver := range c.environment.State.Facts.CSIDrivers {
		fmt.Fprintf(&text, "---\napiVersion: storage.k8s.io/v1\nkind: CSIDriver\nmetadata: {name: %s}\nspec: {}\n", driver)
	}
	eventually(t, time.Minute, "what operators leave", func() error {
		out, err := c.Kubectl(t.Context(), []byte(text.String()), "apply", "-f", "-")
		if err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		return nil
	})
}

// gpuOperator is the definition of the GPU Operator's policy, of which the platform only asks whether it
// is there; it is applied twice, since a definition is served a moment after it was made.
const gpuOperator = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: clusterpolicies.nvidia.com}
spec:
  group: nvidia.com
  scope: Cluster
  names: {kind: ClusterPolicy, listKind: ClusterPolicyList, plural: clusterpolicies, singular: clusterpolicy}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
---
apiVersion: nvidia.com/v1
kind: ClusterPolicy
metadata: {name: cluster-policy}
`

// vault makes the Secrets that External Secrets would, with what the services outside know.
func (c *nodeCluster) vault(t *testing.T, objects []manifest.Object) {
	t.Helper()
	known := map[string]string{
		"access-key-id": storeKey, "secret-access-key": storeSecret, "username": "ci", "password": "secret",
		"success-url": "https://hooks.slack.com/good", "failure-url": "https://hooks.slack.com/bad",
	}
	c.externalSecrets(t, objects)
	for _, o := range ofKind(objects, "ExternalSecret") {
		target, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "target", "name"})
		secrets := c.typed.CoreV1().Secrets(o.Namespace)
		found, err := secrets.Get(t.Context(), target.(string), metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for key := range found.Data {
			if value, ok := known[key]; ok {
				found.Data[key] = []byte(value)
			}
		}
		if _, err := secrets.Update(t.Context(), found, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

// sender is a pod where the ingress controller would be, whence alone events may come.
const sender = `apiVersion: v1
kind: Pod
metadata: {name: sender, namespace: %s}
spec: {restartPolicy: Never, containers: [{name: sender, image: "%s", command: [sleep, "86400"]}]}
`

func (c *nodeCluster) sendFrom(t *testing.T, namespace string) {
	t.Helper()
	c.ensureNamespaces(t, namespace)
	repository := c.environment.State.Registry + "/git"
	if _, err := c.Kubectl(t.Context(), []byte(fmt.Sprintf(sender, namespace, repository+"@"+c.digests[repository])), "apply", "-f", "-"); err != nil {
		t.Fatal(err)
	}
	if out, err := c.Kubectl(t.Context(), nil, "-n", namespace, "wait", "--for=condition=Ready", "pod/sender", "--timeout=90s"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// push sends a push as GitHub signs it, from a pod of a namespace, and returns the listener's answer.
func (c *nodeCluster) push(t *testing.T, from string, e event) (string, error) {
	t.Helper()
	body := e.payload(t)
	request := fmt.Sprintf("http://el-%s.%s.svc.cluster.local:8080", pipeline, namespace)
	return c.Kubectl(t.Context(), body, "-n", from, "exec", "-i", "sender", "--", "curl", "--silent", "--show-error", "--max-time", "10",
		"--header", "Content-Type: application/json", "--header", "X-GitHub-Event: push", "--header", "X-Hub-Signature-256: sha256="+sign(body, e.secret),
		"--data-binary", "@-", request)
}

// pushed sends a push from where the ingress controller would be, and returns the id of the event. The
// network policies let it through a few seconds after the pods are there.
func (c *nodeCluster) pushed(t *testing.T, e event) string {
	t.Helper()
	var accepted struct{ EventID string }
	eventually(t, time.Minute, "the listener takes a push", func() error {
		answer, err := c.push(t, "ingress-nginx", e)
		if err == nil {
			err = json.Unmarshal([]byte(answer), &accepted)
		}
		if err != nil {
			return fmt.Errorf("%w: %s", err, answer)
		}
		return nil
	})
	return accepted.EventID
}

// told are the requests that services outside took so far, oldest first.
func (c *nodeCluster) told(t *testing.T) []heard {
	t.Helper()
	data, err := os.ReadFile(c.heard)
	if err != nil {
		t.Fatal(err)
	}
	var all []heard
	decoder := json.NewDecoder(bytes.NewReader(data))
	for decoder.More() {
		var h heard
		if err := decoder.Decode(&h); err != nil {
			t.Fatal(err)
		}
		all = append(all, h)
	}
	return all
}

// heard is what a service outside was told: test/controlplane/modules/world.
type heard struct{ Host, Path, Body, Authorization string }

// awaitEnd waits for the end of a run, and tells what stands in its way where it does not come.
func (c *nodeCluster) awaitEnd(t *testing.T, run string) pipelinev1.PipelineRun {
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
