//go:build e2e

package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"tenon.dev/tenon/internal/manifest"
)

// testBuild: the platform builds an image of its own by BuildKit without root, attests and signs it, and the image
// policy lets it run.
func (c *nodeCluster) testBuild(t *testing.T, objects []manifest.Object) {
	const home = namespace + "-build"
	for secret, data := range map[string]map[string]string{
		"registry-push": {"config.json": `{"auths":{}}`},
		"cosign":        {"cosign.key": c.PrivateKey(), "cosign.password": ""},
	} {
		encoded := map[string]string{}
		for key, text := range data {
			encoded[key] = base64.StdEncoding.EncodeToString([]byte(text))
		}
		text, _ := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": secret, "namespace": home}, "data": encoded})
		if out, err := c.Kubectl(t.Context(), text, "apply", "-f", "-"); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	sample, err := os.ReadFile(filepath.Join(root, "overlays/dev/phase3/samples/image-build-notebook.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.Kubectl(t.Context(), sample, "create", "-f", "-", "-o", "name")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := strings.TrimSpace(out[strings.LastIndex(out, "/")+1:])
	started := time.Now()
	built := c.builtBy(t, home, run)
	t.Logf("%s is built, attested and signed after %.1f s", built, time.Since(started).Seconds())
	if built == "" {
		return
	}
	c.isAttested(t, built)
	c.runsBuilt(t, built)
}

// builtBy waits for a run of the pipeline image-build, and returns the image with its digest.
func (c *nodeCluster) builtBy(t *testing.T, home, run string) string {
	t.Helper()
	ended := c.awaitEndIn(t, home, run)
	if ended.Status.GetCondition("Succeeded").IsTrue() && len(ended.Status.Results) == 1 {
		return ended.Status.Results[0].Value.StringVal
	}
	logs, _ := c.Kubectl(t.Context(), nil, "-n", home, "logs", "--all-containers", "--prefix", "--tail=60", "-l", "tekton.dev/pipelineRun="+run)
	state, _ := c.Kubectl(t.Context(), nil, "-n", home, "get", "taskruns,pods,events")
	t.Errorf("%s: %v\n%s\n%s", run, ended.Status.Conditions, logs, state)
	return ""
}

// isAttested reads what is attached to an image: an SBOM that names a package of it, and the record of its build.
func (c *nodeCluster) isAttested(t *testing.T, built string) {
	t.Helper()
	repository, digest, _ := strings.Cut(built, "@")
	_, below, _ := strings.Cut(repository, "/")
	tag, err := name.NewTag("127.0.0.1:5000/" + below + ":" + strings.Replace(digest, ":", "-", 1) + ".att")
	if err != nil {
		t.Fatal(err)
	}
	attached, err := remote.Image(tag)
	if err != nil {
		t.Fatalf("nothing is attached to %s: %v", built, err)
	}
	layers, err := attached.Layers()
	if err != nil || len(layers) != 2 {
		t.Fatalf("%d attestations %v", len(layers), err)
	}
	for i, want := range []string{"Analysis", "https://tenon.dev/builders/image-build@v1"} {
		stream, err := layers[i].Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		var envelope struct{ Payload []byte }
		if err := json.NewDecoder(stream).Decode(&envelope); err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(bytes.ToLower(envelope.Payload), []byte(strings.ToLower(want))) {
			t.Errorf("attestation %d does not speak of %s: %.300s", i, want, envelope.Payload)
		}
	}
}

// runsBuilt runs a pod of the image where only signed ones may, and which has the team's package.
func (c *nodeCluster) runsBuilt(t *testing.T, built string) {
	t.Helper()
	text := fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"built","namespace":%q},"spec":{"restartPolicy":"Never","automountServiceAccountToken":false,
"securityContext":{"runAsNonRoot":true,"runAsUser":1001,"seccompProfile":{"type":"RuntimeDefault"}},
"containers":[{"name":"built","image":%q,"command":["python3","-c","import cells_analysis; print(cells_analysis.ANSWER)"],"resources":{"requests":{"cpu":"1m","memory":"32Mi"},"limits":{"memory":"256Mi"}},
"securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}}]}}`, namespace, built)
	if out, err := c.Kubectl(t.Context(), []byte(text), "apply", "-f", "-"); err != nil {
		t.Fatalf("the image that was built is not let in: %v\n%s", err, out)
	}
	eventually(t, 2*time.Minute, "the image that was built runs", func() error {
		said, err := c.Kubectl(t.Context(), nil, "-n", namespace, "logs", "built")
		if err == nil && strings.TrimSpace(said) != "42" {
			err = fmt.Errorf("it says %q", said)
		}
		return err
	})
}
