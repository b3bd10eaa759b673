//go:build e2e

package e2e

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/test/controlplane"
)

// runWorld starts what lies outside, with the repositories of testdata.
func (c *nodeCluster) runWorld(t *testing.T, dir string) {
	t.Helper()
	repositories := filepath.Join(dir, "git")
	c.repositories = repositories
	newRepository(t, repositories, "notebooks", "example/single-cell-notebooks", "")
	newRepository(t, repositories, "tests", "example/notebook-tests", "v1.4.0")
	newRepository(t, repositories, "images", "example/gpu-platform-images", "")
	newRepository(t, repositories, "blueprint", blueprintRepository, "")
	newRepository(t, repositories, "blueprint-tests", "example/blueprint-github-test", "")
	var err error
	c.heard, c.objects, err = c.RunWorld(t.Context(), controlplane.World{
		Addresses: map[string][]string{forgeAddress: outside[forgeAddress], storeAddress: outside[storeAddress], chatAddress: outside[chatAddress], indexAddress: outside[indexAddress], strangeAddress: outside[strangeAddress]},
		Files:     filesOf(t, dir), Mail: chatAddress, Store: storeAddress, Key: storeKey, Secret: storeSecret, Region: "eu-central-1", Repositories: repositories,
		Private: "/example/notebook-tests", Password: secretValue,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, bucket := range []string{"scientific-computing-ci-dev", blueprintName} {
		if err := os.MkdirAll(filepath.Join(c.objects, bucket), 0o755); err != nil {
			t.Fatal(err)
		}
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
	git("commit", "-qm", "in "+work, "--allow-empty")
	git("push", "-q", "origin", "HEAD:refs/heads/"+strings.ToLower(filepath.Base(work)+filepath.Base(t.Name())))
	return git("rev-parse", "HEAD")
}

// commitBelow is one whose SHA lies below a threshold, which a phase gives to Tekton.
func (c *nodeCluster) commitBelow(t *testing.T, threshold, repository string, files map[string]string) string {
	t.Helper()
	for range 400 {
		if commit := c.commitWith(t, repository, files); commit < threshold {
			return commit
		}
	}
	t.Fatal("no commit lies below " + threshold)
	return ""
}

// buildModule plays PyPA's build for a folder of modules: it packs a wheel of them.
const buildModule = `import pathlib, sys, zipfile
source, out = pathlib.Path(sys.argv[-1]), pathlib.Path(sys.argv[sys.argv.index("--outdir") + 1])
out.mkdir(parents=True, exist_ok=True)
with zipfile.ZipFile(out / "analysis-1.0-py3-none-any.whl", "w") as wheel:
    for module in source.glob("*.py"):
        wheel.write(module, module.name)
    wheel.writestr("analysis-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: analysis\nVersion: 1.0\n")
    wheel.writestr("analysis-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr("analysis-1.0.dist-info/RECORD", "")
`

// filesOf are what hosts of files serve.
func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	index, data := packageIndex(t, dir), blueprintData(t, dir)
	return map[string]string{"pypi.org": index, "exampledata.scverse.org": data, "huggingface.co": data}
}

// packageIndex makes a folder with packages of Python as an index serves them.
func packageIndex(t *testing.T, dir string) string {
	t.Helper()
	index := filepath.Join(dir, "index")
	addWheel(t, index, "greeting", "1.0", map[string]string{"greeting.py": "def greet(who):\n    return f'hello {who}'\n"})
	addWheel(t, index, "anndata", "0.12.10", map[string]string{"anndata.py": anndataModule})
	addWheel(t, index, "zarr", "3.1.5", map[string]string{"zarr.py": zarrModule})
	addWheel(t, index, "build", "1.3.0", map[string]string{"build/__init__.py": "", "build/__main__.py": buildModule})
	return index
}

func addWheel(t *testing.T, index, name, version string, files map[string]string) {
	t.Helper()
	info := name + "-" + version + ".dist-info/"
	files[info+"METADATA"] = "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n"
	files[info+"WHEEL"] = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
	files[info+"RECORD"] = ""
	var wheel bytes.Buffer
	w := zip.NewWriter(&wheel)
	for path, text := range files {
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
	folder := filepath.Join(index, "simple", name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	file := name + "-" + version + "-py3-none-any.whl"
	for name, data := range map[string][]byte{file: wheel.Bytes(), "index.html": []byte(`<!doctype html><a href="` + file + `">` + file + `</a>`)} {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
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

// outsideKnows are the values that services outside take, by the keys of Secrets.
var outsideKnows = map[string]string{
	"access-key-id": storeKey, "secret-access-key": storeSecret, "username": "ci", "password": "secret",
	"success-url": "https://hooks.slack.com/good", "failure-url": "https://hooks.slack.com/bad",
}

// vault makes the Secrets that External Secrets would, with what the services outside know.
func (c *nodeCluster) vault(t *testing.T, objects []manifest.Object) {
	t.Helper()
	c.externalSecrets(t, objects)
	for _, o := range ofKind(objects, "ExternalSecret") {
		target, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "target", "name"})
		secrets := c.typed.CoreV1().Secrets(o.Namespace)
		found, err := secrets.Get(t.Context(), target.(string), metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for key := range found.Data {
			if value, ok := outsideKnows[key]; ok {
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
	request := fmt.Sprintf("http://el-%s.%s.svc.cluster.local:8080", cmp.Or(e.pipeline, pipeline), cmp.Or(e.namespace, namespace))
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
