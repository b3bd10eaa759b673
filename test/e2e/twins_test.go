//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/internal/policy"
)

const defects = root + "/testdata/defects/"

// twins are cases of testdata/defects that tenon calls an error, with what the cluster does to the
// wrong one, and words that it says of it. The right one fares well.
var twins = []struct{ title, how, says string }{
	{"types/decode", refused, `quantities must match the regular expression`},
	{"types/decode~base64", refused, `illegal base64 data at input byte 0`},
	{"types/decode~quantity", refused, `quantities must match the regular expression`},
	{"types/decode~null-binding", refused, `failed calling webhook "webhook.triggers.tekton.dev"`},
	{"types/duplicate-field", refused, `key "name" already set in map`},
	{"types/invalid~cron-schedule", refused, `spec.schedule: Invalid value: "every night"`},
	{"types/invalid~definition", refused, `must be spec.names.plural+"."+spec.group`},
	{"types/invalid~lease", refused, `spec.leaseDurationSeconds: Invalid value: -1: must be greater than 0`},
	{"types/invalid~selector", refused, "`selector` does not match template `labels`"},
	{"types/not-supported", refused, `spec.restartPolicy: Unsupported value: "Sometimes"`},
	{"types/pipeline-cycle", refused, `cycle detected; task "build" depends on "train"`},
	{"types/required", refused, `spec.containers[0].name: Required value`},
	{"types/required~restart-policy", refused, `spec.jobTemplate.spec.template.spec.restartPolicy: Required value`},
	{"types/required~webhook", refused, `webhooks[0].sideEffects: Required value`},
	{"types/unknown-field", refused, `.spec.steps[0].resources: field not declared in schema`},
	{"types/unknown-field~affinity", refused, `.spec.affinity: field not declared in schema`},
	{"types/unknown-field~claim", refused, `.spec.workspaces[0].persistentVolumeClaim.storageClass: field not declared in schema`},
	{"types/unknown-field~in-v1beta1", refused, `.spec.steps[0].computeResource: field not declared in schema`},
	{"types/unknown-field~listener-resources", refused, `json: unknown field "requests"`},
	{"types/unknown-field~own-definition", refused, `.spec.sise: field not declared in schema`},
	{"types/unknown-field~replica", refused, `.spec.replica: field not declared in schema`},
	{"types/unknown-field~step-workspace", refused, `.spec.steps[0].workspaces[0].workspace: field not declared in schema`},
	{"types/unknown-kind", refused, `no matches for kind "LimitRanges" in version "v1"`},
	{"types/unknown-kind~no-group", refused, `no matches for kind "ClusterImagePolicy" in version "v1alpha1"`},
	{"types/unknown-version", refused, `no matches for kind "Deployment" in version "apps/v1beta1"`},
	{"types/unknown-version~autoscaler", refused, `no matches for kind "HorizontalPodAutoscaler" in version "autoscaling/v2beta2"`},
	{"types/unknown-version~cron-job", refused, `no matches for kind "CronJob" in version "batch/v1beta1"`},
	{"types/unknown-version~step-action", refused, `no matches for kind "StepAction" in version "tekton.dev/v1alpha2"`},
	{"types/wrong-type", refused, `.spec.steps[0].command: expected list`},
	{"types/wrong-type~env-number", refused, `.spec.containers[name="main"].env[name="PORT"].value: expected string`},
	{"graph/node-port-taken", refused, `spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated`},
	{"graph/pod-level", refused, `violates PodSecurity "baseline:latest": forbidden sysctls (kernel.msgmax)`},
	{"graph/pod-level~restricted", refused, `violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false`},
	{"graph/quota-without-defaults", quota, `failed quota: all: must specify requests.memory for: main`},
	{"graph/taint-not-tolerated", pending, `2 node(s) had untolerated taint(s)`},
	{"graph/no-pool-matches", pending, `5 node(s) didn't match Pod's node affinity/selector`},
	{"graph/no-pool-matches~affinity", pending, `3 node(s) didn't match Pod's node affinity/selector`},
	{"graph/no-pool-matches~task-run", pending, `3 node(s) didn't match Pod's node affinity/selector`},
	{"graph/too-large-for-pools", pending, `2 Insufficient nvidia.com/gpu`},
	{"graph/too-large-for-pools~overridden-by-the-run", pending, `2 Insufficient cpu`},
	{"graph/assistant-apart", pending, `node(s) didn't match pod affinity rules`},
	{"graph/two-claims", fails, `more than one PersistentVolumeClaim is bound`},
	{"graph/two-claims~short-form", fails, `more than one PersistentVolumeClaim is bound`},
	{"graph/two-claims~task-run", fails, `more than one PersistentVolumeClaim is bound`},
	{"graph/param-missing", fails, `missing values for these params which have no default values: [digest]`},
	{"graph/param-missing~task-run", fails, `missing values for these params which have no default values: [target]`},
	{"graph/param-missing~v1beta1", fails, `missing values for these params which have no default values: [target]`},
	{"graph/param-type", fails, `parameters have inconsistent types : [revision]`},
	{"graph/param-type~pipeline-task", fails, `param types don't match the user-specified type: [flags]`},
	{"graph/result-not-found", fails, `"image" is not a named result returned by pipeline task "build"`},
	{"graph/result-not-found~pipeline-result", fails, `"image" is not a named result returned by pipeline task "build"`},
	{"graph/result-not-found~when", fails, `"changed" is not a named result returned by pipeline task "build"`},
	{"graph/task-run-spec-unknown", fails, `wrong taskName: "training", does not exist in Pipeline`},
	{"graph/workspace-unbound", fails, `declared workspace "source" is required but has not been bound`},
	{"graph/workspace-unknown", fails, `workspace binding "models" does not match any declared workspace`},
	{"graph/workspace-unknown~task-run", fails, `workspace binding "source" does not match any declared workspace`},
	{"graph/negative", fails, `invalid value: -1 should be >= 0: spec.retries`},
	{"graph/pod-security", fails, `violates PodSecurity "restricted:latest"`},
	{"types/pod", fails, `invalid request resource value: 2Gi must be less or equal to limit 1Gi`},
	{"types/pod~gpu-in-parts", fails, `spec.containers[0].resources.requests[nvidia.com/gpu]: Invalid value: "500m": must be an integer`},
	{"types/pod~mount-twice", fails, `spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/data": must be unique`},
	{"types/pod~toleration", fails, "spec.tolerations[0].operator: Invalid value: \"true\": value must be empty when `operator` is 'Exists'"},
	{"types/invalid", ignored, `a valid label must be an empty string or consist of`},
	{"types/tekton", ignored, `Task step name must be a valid`},
	{"graph/cel-syntax", ignored, `error evaluating cel expression: failed to parse expression`},
	{"graph/account-not-allowed", ignored, `interceptors.triggers.tekton.dev is forbidden`},
}

// TestTwins checks each case with tenon and plays it on a cluster as its facts state it: the wrong
// one and the right one.
func TestTwins(t *testing.T) {
	facts := twinFacts(t)
	c := newCluster(t, nil)
	c.runPods(t, twinTasks(t))
	c.addNodes(t, facts.Pools)
	c.must(t, definitions(t)...)
	c.must(t, parse(t, storageClasses)...)
	if err := c.RunInterceptors(t.Context()); err != nil {
		t.Fatal(err)
	}
	set, err := policy.Load(t.Context(), policy.Source{Name: "tenon", FS: tenon.Policies})
	if err != nil {
		t.Fatal(err)
	}
	checker := check.New(set)
	checker.Profile = finding.Strict // the facts are those of the cluster, as a platform's are
	definedOnce(t)
	rows := make([]string, len(twins))
	var work []func()
	for i, twin := range twins {
		work = append(work, func() {
			wrong, right := sides(t, twin.title)
			message := errorOf(t, checker, facts, twin.title, wrong)
			bad := newScene(t, c, fmt.Sprintf("twin-%d-wrong", i), wrong).play(t)
			if bad.how != twin.how || !strings.Contains(bad.says, twin.says) {
				t.Errorf("%s: %s, want %s: %s", twin.title, bad, twin.how, twin.says)
			}
			good := newScene(t, c, fmt.Sprintf("twin-%d-right", i), right).play(t)
			if good.how != fine {
				t.Errorf("%s, mended: %s", twin.title, good)
			}
			rows[i] = fmt.Sprintf("| `%s` | %s | %s: `%s` |", twin.title, cell(message), twin.how, cell(twin.says))
		})
	}
	inParallel(10, work)
	if len(rows) < 25 {
		t.Errorf("only %d twins", len(rows))
	}
	prove(t, "twins", fmt.Sprintf("%d manifests. The mended twin of each is taken, placed, and runs to its end, or its event starts a run.\n\n| case | tenon says | the cluster |\n| --- | --- | --- |\n%s\n",
		len(rows), strings.Join(rows, "\n")))
}

// definedOnce holds that no two cases define one kind: a definition is the cluster's, the cases are played side by
// side, and one would be judged by the other's schema.
func definedOnce(t *testing.T) {
	t.Helper()
	by := map[string]string{}
	for _, twin := range twins {
		_, right := sides(t, twin.title)
		for _, o := range ofKind(manifest.Parse("test", []byte(right)).Objects, "CustomResourceDefinition") {
			if other, ok := by[o.Name]; ok {
				t.Fatalf("%s and %s both define %s: give one of them a kind of its own", other, twin.title, o.Name)
			}
			by[o.Name] = twin.title
		}
	}
}

// errorOf is the message of tenon's finding about a case, which has to be an error of the rule that the case is named
// after.
func errorOf(t *testing.T, checker *check.Checker, facts platform.Facts, title, text string) string {
	t.Helper()
	report, err := checker.Files(t.Context(), check.Manifests{Paths: []string{"-"}, Stdin: strings.NewReader(text), Facts: facts, Complete: true})
	if err != nil {
		t.Fatal(err)
	}
	rule, _, _ := strings.Cut(title, "~")
	for _, f := range report.Findings {
		if f.Rule == rule && f.Severity == finding.Error {
			return f.Message
		}
	}
	t.Errorf("%s: tenon finds no error", title)
	return ""
}

// storageClasses are those of the facts; the drivers are played.
const storageClasses = `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
provisioner: ebs.csi.aws.com
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: shared}
provisioner: efs.csi.aws.com
parameters: {provisioningMode: efs-ap, fileSystemId: fs-0123456789abcdef0, directoryPerms: "770"}
`

func twinFacts(t *testing.T) platform.Facts {
	t.Helper()
	data, err := os.ReadFile(defects + "facts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	facts, found, err := platform.ReadFacts(tenon.CUE, "facts.yaml", data)
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	return facts
}

// twinTasks are one task for each name that the cases have, with the results of all its namesakes.
func twinTasks(t *testing.T) []manifest.Object {
	t.Helper()
	byName := map[string]manifest.Object{}
	for _, twin := range twins {
		_, right := sides(t, twin.title)
		for _, o := range ofKind(manifest.Parse("test", []byte(right)).Objects, "Task") {
			if known, ok := byName[o.Name]; ok {
				spec := known.Value["spec"].(map[string]any)
				have, _ := spec["results"].([]any)
				more, _ := manifest.Lookup(o.Value, manifest.Path{"spec", "results"})
				list, _ := more.([]any)
				spec["results"] = append(have, list...)
				continue
			}
			byName[o.Name] = o
		}
	}
	var all []manifest.Object
	for _, o := range byName {
		all = append(all, o)
	}
	return all
}

// sides are the wrong and the right manifests of a case (see internal/check/defects_test.go).
func sides(t *testing.T, title string) (wrong, right string) {
	t.Helper()
	data, err := os.ReadFile(defects + title + ".diff")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		switch line[0] {
		case '-':
			wrong += line[1:]
		case '+':
			right += line[1:]
		case ' ':
			wrong, right = wrong+line[1:], right+line[1:]
		}
	}
	return wrong, right
}
