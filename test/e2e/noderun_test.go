//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"
)

// TestNode applies an environment to a real node, in the order of Argo CD and with policy-controller
// on, and runs its pipeline from a signed push to the report.
func TestNode(t *testing.T) {
	c := startNode(t, "dev")
	c.define(t, "policy.sigstore.dev")
	c.foundNamespaces(t, c.environment)
	objects := c.real(t, overlayOf(t, "dev/phase3"))
	c.installed(t)
	c.ensureNamespaces(t, namespace)
	c.vault(t, objects)
	started := time.Now()
	c.syncWaves(t, objects)
	t.Logf("%d objects applied in %.1f s", len(objects), time.Since(started).Seconds())
	c.sendFrom(t, "ingress-nginx")
	if out, err := c.Kubectl(t.Context(), nil, "-n", namespace, "wait", "--for=condition=Available", "deployment/el-"+pipeline, "--timeout=120s"); err != nil {
		pods, _ := c.Kubectl(t.Context(), nil, "-n", namespace, "get", "pods,events")
		t.Fatalf("the listener is not ready: %v\n%s\n%s", err, out, pods)
	}
	commit := commitOf(t, "example/single-cell-notebooks")
	push := event{sha: commit, ref: "refs/heads/main", secret: secretValue, repository: "https://github.com/example/single-cell-notebooks"}
	started = time.Now()
	run := c.started(t, namespace, c.pushed(t, push))
	reason := c.awaitEnd(t, run)
	t.Logf("%s: %s after %.1f s", run, reason, time.Since(started).Seconds())
	out, _ := c.Kubectl(t.Context(), nil, "-n", namespace, "get", "taskruns")
	t.Log(out)
	for _, h := range c.told(t) {
		t.Logf("%s %s %.300s", h.Host, h.Path, h.Body)
	}
	if reason != "Succeeded" && reason != "Completed" {
		for _, task := range []string{"prepare-environment", "execute-notebook-gpu", "convert-results", "download-test-framework", "execute-tests", "publish-results"} {
			t.Logf("%s:\n%s", task, strings.TrimSpace(c.logsOf(t, run, task)))
		}
		t.Errorf("the run ended with %s", reason)
	}
}
