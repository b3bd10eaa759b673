//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
)

// forgePlatform is of a team whose repositories lie on GitLab: a pipeline of its own, which pushes start, and the clock.
const forgePlatform = `package platform

import "tenon.dev/schema"

platform: schema.#NotebookPlatform & {
	name:     "forge-ci"
	forge:    "gitlab"
	environments: prod: {cluster: "prod", phase: "phase1"}
	registry: "registry.example.com/forge-ci"
	namespace: name: "forge-ci"
	phases: {phase1: trafficPercent: 10, phase2: trafficPercent: 50, phase3: trafficPercent: 100}
	pools: {
		cpu: {nodes: {min: 1, max: 3}, allocatable: {cpu: "15", memory: "58Gi"}, labels: "example.com/pool": "cpu"}
		gpu: {nodes: max: 1, allocatable: {cpu: "15", memory: "58Gi"}, labels: "example.com/pool": "gpu", gpu: {model: "NVIDIA-L4", perNode: 1}}
	}
	notebooks: {
		repository: "https://gitlab.example.com/team/notebooks"
		paths: ["notebooks/example.ipynb"]
		framework: repository: "https://gitlab.example.com/team/notebook-tests"
		artifacts: {endpoint: "https://s3.example.com", bucket: "notebook-ci"}
		reach: {git: ["140.82.112.0/20"], artifacts: ["192.0.2.0/24"]}
	}
	tasks: greet: {
		description: "Says what it runs for."
		pool:        "cpu"
		params: {
			revision: description:   "Commit or branch."
			repository: description: "Repository."
		}
		sidecars: answers: {image: "python", command: ["python3", "-m", "http.server", "8000"], port: 8000, args: ["--directory", "/etc"]}
		steps: greet: {
			image: "python"
			env: {REVISION: "$(params.revision)", REPOSITORY: "$(params.repository)"}
			command: ["python3", "-c"]
			args: ["import os, urllib.request; print(os.environ['REVISION'], os.environ['REPOSITORY'], urllib.request.urlopen('http://localhost:8000/hostname').status)"]
		}
	}
	pipelines: greet: {
		description: "Says what it runs for."
		params: {
			revision: description:   "Commit or branch."
			repository: description: "Repository."
		}
		timeouts: {pipeline: "30m", tasks: "25m", finally: "5m"}
		tasks: greet: {task: "greet", timeout: "20m", params: {revision: "$(params.revision)", repository: "$(params.repository)"}}
	}
	triggers: {
		greet: {
			pipeline: "greet", pool: "cpu", runAccount: "gpu-pipeline", listenerAccount: "gpu-pipeline-listener"
			webhookSecret: {name: "gitlab-webhook", key: "webhook"}
			on: push: branches: ["master"]
			params: {revision: event: "revision", repository: event: "repository"}
		}
		clock: {
			pipeline: "greet", pool: "cpu", runAccount: "gpu-pipeline", repository: "https://gitlab.example.com/team/notebooks"
			schedule: cron: "* * * * *"
			params: {revision: event: "revision", repository: event: "repository"}
		}
	}
	network: apiServer: {service: ["10.96.0.1/32"], endpoints: ["10.0.0.0/28"]}
	facts: {
		tekton: setSecurityContext: true
		storageClasses: {fast: provisioner: "ebs.csi.aws.com", shared: provisioner: "efs.csi.aws.com"}
		secrets: {"github-webhook": keys: ["token"], "gitlab-webhook": keys: ["webhook"], "github-status": keys: ["token"], "artifact-store": keys: ["access-key-id", "secret-access-key"]}
		clusterRoles: ["tekton-triggers-eventlistener-roles"]
	}
}
`

// testForge: a push that GitLab recorded, with its token, and the clock each start a run of a pipeline of the team's own.
func (c *nodeCluster) testForge(t *testing.T) {
	e, overlay := newPlatform(t, map[string]string{"platform.cue": forgePlatform})
	in := e.State.Namespace.Name
	c.pushImages(t, e.State)
	c.ensureNamespaces(t, in)
	c.takenForGranted(t, e)
	c.syncWaves(t, c.real(t, builtOverlay(t, overlay)))
	c.listens(t, in, "greet")
	c.sendFrom(t, "ingress-nginx")

	run := c.started(t, in, c.gitlabPushed(t, in, "greet"))
	c.greets(t, in, run, "da1560886d4f094c3e6c9ef40349f7d38b5d27d7 http://example.com/mike/diaspora.git 200")

	var timed string
	eventually(t, 3*time.Minute, "the clock starts a run", func() error {
		out, err := c.Kubectl(t.Context(), nil, "-n", in, "get", "pipelineruns", "-o", `jsonpath={range .items[?(@.metadata.annotations.tenon\.dev/event=="schedule")]}{.metadata.name}{"\n"}{end}`)
		timed, _, _ = strings.Cut(out, "\n")
		if err == nil && timed == "" {
			jobs, _ := c.Kubectl(t.Context(), nil, "-n", in, "get", "cronjobs,jobs,pods")
			return fmt.Errorf("there is none yet:\n%s", jobs)
		}
		return err
	})
	c.greets(t, in, timed, "main https://gitlab.example.com/team/notebooks 200")
	c.answer("Do a push of GitLab's and the clock start runs of a team's own pipeline, with a sidecar?", "Triggers, the CronJob controller and Tekton", 2, 2)
	if out, err := c.Kubectl(t.Context(), nil, "-n", in, "delete", "cronjobs", "--all"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// greets waits for the end of a run, and compares what its step said.
func (c *nodeCluster) greets(t *testing.T, in, run, want string) {
	t.Helper()
	ended := c.awaitEndIn(t, in, run)
	said, _ := c.Kubectl(t.Context(), nil, "-n", in, "logs", "-c", "step-greet", "-l", "tekton.dev/pipelineRun="+run)
	if reason := ended.Status.GetCondition("Succeeded").Reason; reason != string(pipelinev1.PipelineRunReasonSuccessful) || !strings.Contains(said, want) {
		t.Errorf("%s ended with %s and said %q, want %q", run, reason, said, want)
	}
}

// gitlabPushed sends a push as GitLab recorded it, and returns the id of the event. Another token starts nothing.
func (c *nodeCluster) gitlabPushed(t *testing.T, in, listener string) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/go-playground/webhooks/v6").Output()
	if err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "testdata/gitlab/push-event.json"))
	if err != nil {
		t.Fatal(err)
	}
	send := func(token string) string {
		var accepted struct{ EventID string }
		eventually(t, time.Minute, "the listener takes a push", func() error {
			answer, err := c.Kubectl(t.Context(), body, "-n", "ingress-nginx", "exec", "-i", "sender", "--", "curl", "--silent", "--show-error", "--max-time", "10",
				"--header", "Content-Type: application/json", "--header", "X-Gitlab-Event: Push Hook", "--header", "X-Gitlab-Token: "+token,
				"--data-binary", "@-", "http://el-"+listener+"."+in+".svc.cluster.local:8080")
			if err == nil {
				err = json.Unmarshal([]byte(answer), &accepted)
			}
			return err
		})
		return accepted.EventID
	}
	refused := send("another")
	taken := send(secretValue)
	c.started(t, in, taken)
	if runs, err := c.Kubectl(t.Context(), nil, "-n", in, "get", "pipelineruns", "-l", "triggers.tekton.dev/triggers-eventid="+refused, "-o", "name"); err != nil || strings.TrimSpace(runs) != "" {
		t.Errorf("with another token %q was started: %v", runs, err)
	}
	return taken
}
