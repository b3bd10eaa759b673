// Package variants renders the reference platform with some of its lines changed, and looks that
// the objects are what a cluster needs then.
package variants

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"sigs.k8s.io/yaml"

	"tenon.dev/tenon"
	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/internal/policy"
)

const root = "../.."

// change replaces a text in a file below cue/platform.
type change struct{ file, old, new string }

// platformWith is the reference platform with the changes.
func platformWith(t *testing.T, changes ...change) platform.Folder {
	t.Helper()
	tree := fstest.MapFS{}
	err := fs.WalkDir(os.DirFS(root+"/cue"), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(root, "cue", name))
		tree["cue/"+name] = &fstest.MapFile{Data: data, Mode: 0o644}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		file := tree["cue/platform/"+c.file]
		if file == nil || strings.Count(string(file.Data), c.old) != 1 {
			t.Fatalf("%q does not stand once in %s", c.old, c.file)
		}
		file.Data = []byte(strings.Replace(string(file.Data), c.old, c.new, 1))
	}
	return platform.Folder{FS: tree, Dir: "cue/platform"}
}

// prod renders production with the changes and checks it; it must be clean. The objects of its
// first phase are returned.
func prod(t *testing.T, changes ...change) []manifest.Object {
	t.Helper()
	environments, findings, err := check.Load(platformWith(t, changes...), "prod")
	if err != nil || len(findings) > 0 {
		t.Fatal(err, findings)
	}
	for _, f := range checked(t, environments) {
		t.Errorf("%s: %s", f.Rule, f.Message)
	}
	return environments[0].Targets[0].Objects
}

func checked(t *testing.T, environments []check.Environment) []finding.Finding {
	t.Helper()
	rules, err := policy.Load(context.Background(), policy.Source{Name: "tenon", FS: tenon.Policies})
	if err != nil {
		t.Fatal(err)
	}
	r, err := check.New(rules).Platform(context.Background(), environments, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return r.Findings
}

// refused says what the schema has against the changes.
func refused(t *testing.T, changes ...change) string {
	t.Helper()
	_, findings, err := check.Load(platformWith(t, changes...), "prod")
	if err != nil || len(findings) == 0 {
		t.Fatalf("the schema takes %+v: %v", changes, err)
	}
	return findings[0].Message
}

// find returns the object of a kind and name as T.
func find[T any](t *testing.T, objects []manifest.Object, kind, name string) T {
	t.Helper()
	var out T
	for _, o := range objects {
		if o.Kind == kind && o.Name == name {
			return into[T](t, o.Value)
		}
	}
	t.Fatalf("there is no %s %s", kind, name)
	return out
}

func into[T any](t *testing.T, value any) T {
	t.Helper()
	var out T
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func lookup(t *testing.T, o any, path string) any {
	t.Helper()
	value, ok := manifest.Lookup(o, manifest.ParsePath(path))
	if !ok {
		t.Fatalf("there is no %s", path)
	}
	return value
}

// own takes the GPU pool from Karpenter, which cannot make every kind of node.
var own = []change{
	{"pools.cue", "\t\tprovisioner: \"autoscaled\"\n\t\tkarpenter: {\n\t\t\timage:     \"al2023@v20260815\"\n\t\t\trole:      string\n\t\t\tdiscovery: string\n\t\t\tvolume:    \"500Gi\"\n\t\t\t// The A100 machines have eight NVMe disks: scratch and images lie there.\n\t\t\tlocalDisks: true\n\t\t}\n", "\t\tprovisioner: \"discovery\"\n"},
	{"prod/prod.cue", "\t\t\tkarpenter: {role: \"gpu-ci-prod-node\", discovery: \"gpu-ci-prod\"}\n", ""},
}

func sharing(text string) []change {
	return append(slices.Clone(own), change{"prod/prod.cue", `gpu: model: "NVIDIA-A100-SXM4-80GB"`, `gpu: {model: "NVIDIA-A100-SXM4-80GB", sharing: {` + text + `}}`})
}

// TestSharing: MIG and time-slicing are different things, from the operator's configuration to
// what a step asks for and what the quota counts.
func TestSharing(t *testing.T) {
	for name, test := range map[string]struct {
		sharing, resource, product, label, config, holds string
	}{
		"mig": {`strategy: "mig", profile: "3g.40gb"`, "nvidia.com/mig-3g.40gb", "NVIDIA-A100-SXM4-80GB",
			"nvidia.com/mig.config", "mig-config", "3g.40gb: 2"},
		"time-slicing": {`strategy: "timeSlicing", replicas: 2`, "nvidia.com/gpu", "NVIDIA-A100-SXM4-80GB-SHARED",
			"nvidia.com/device-plugin.config", "device-plugin-config", "replicas: 2"},
	} {
		t.Run(name, func(t *testing.T) {
			objects := prod(t, sharing(test.sharing)...)
			data := find[corev1.ConfigMap](t, objects, "ConfigMap", test.config).Data
			if text := data["gpu"] + data["config.yaml"]; !strings.Contains(text, test.holds) || !strings.Contains(text, "version: v1") {
				t.Errorf("the operator's configuration is %s", text)
			}
			rule := find[map[string]any](t, objects, "NodeFeatureRule", "scientific-computing-gpu")
			labels := lookup(t, rule, "spec.rules[0].labels").(map[string]any)
			if labels[test.label] != "gpu" {
				t.Errorf("nodes are labelled %v", labels)
			}
			if device := lookup(t, rule, "spec.rules[0].matchFeatures[0].matchExpressions.device.value[0]"); device != "20b2" {
				t.Errorf("nodes are found by PCI device %v", device)
			}
			if key := lookup(t, rule, "spec.rules[0].taints[0].key"); key != "nvidia.com/gpu" {
				t.Errorf("nodes are tainted with %v", key)
			}
			task := find[map[string]any](t, objects, "Task", "notebook-execution-gpu")
			requests := lookup(t, task, "spec.steps[0].computeResources.requests").(map[string]any)
			if requests[test.resource] != "1" {
				t.Errorf("the notebook asks for %v", requests)
			}
			queue := find[map[string]any](t, objects, "ClusterQueue", "scientific-computing")
			if covered := fmt.Sprint(lookup(t, queue, "spec.resourceGroups[0].coveredResources")); !strings.Contains(covered, test.resource) {
				t.Errorf("the queue counts %s", covered)
			}
			// Without a queue it is the quota that counts.
			alone := prod(t, append(sharing(test.sharing), change{"platform.cue", "\tqueue: {}\n", ""})...)
			quota := find[corev1.ResourceQuota](t, alone, "ResourceQuota", "scientific-computing")
			if _, counted := quota.Spec.Hard[corev1.ResourceName("requests."+test.resource)]; !counted {
				t.Errorf("the quota counts %v", quota.Spec.Hard)
			}
			template := find[map[string]any](t, objects, "TriggerTemplate", "scientific-computing-ci")
			if text, err := json.Marshal(template); err != nil || !strings.Contains(string(text), `"nvidia.com/gpu.product":"`+test.product+`"`) {
				t.Errorf("runs do not select %s: %v", test.product, err)
			}
		})
	}
	for name, test := range map[string]struct{ sharing, message string }{
		"a profile that the model lacks":  {`strategy: "mig", profile: "1g.5gb"`, "1g.5gb"},
		"more instances than there are":   {`strategy: "mig", profile: "3g.40gb", perGPU: 3`, "<=2"},
		"replicas without a strategy":     {`replicas: 4`, "replicas"},
		"an unknown strategy":             {`strategy: "vgpu"`, "vgpu"},
		"one replica, which is no slices": {`strategy: "timeSlicing", replicas: 1`, ">=2"},
	} {
		if got := refused(t, sharing(test.sharing)...); !strings.Contains(got, test.message) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestOrPools: a task that may run on several pools must land on one of them, and prefers its own.
func TestOrPools(t *testing.T) {
	objects := prod(t,
		change{"pools.cue", "platform: pools: {\n", "platform: pools: {\n\tspare: {\n\t\tnodes: max: 1\n\t\tallocatable: {cpu: \"95\", memory: \"1100Gi\"}\n\t\tlabels: \"scientific-computing.example.com/pool\": \"spare\"\n\t\tgpu: {model: \"NVIDIA-H200\", perNode: 8}\n\t\ttaints: [{key: \"example.com/spare\", effect: \"NoSchedule\"}]\n\t}\n"},
		change{"platform.cue", `priority: "notebooks"`, `{priority: "notebooks", orPools: ["spare"]}`})
	template := find[map[string]any](t, objects, "TriggerTemplate", "scientific-computing-ci")
	var pod corev1.PodSpec
	for _, spec := range lookup(t, template, "spec.resourcetemplates[0].spec.taskRunSpecs").([]any) {
		if lookup(t, spec, "pipelineTaskName") == "execute-notebook-gpu" {
			pod = into[corev1.PodSpec](t, lookup(t, spec, "podTemplate"))
		}
	}
	if pod.NodeSelector["scientific-computing.example.com/pool"] != "" || len(pod.NodeSelector) == 0 || pod.Affinity == nil || pod.PriorityClassName != "scientific-computing-notebooks" {
		t.Fatalf("the pod is placed by %+v", pod)
	}
	node := pod.Affinity.NodeAffinity
	var products []string
	for _, term := range node.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
		for _, e := range term.MatchExpressions {
			if e.Key == "nvidia.com/gpu.product" {
				products = append(products, e.Values...)
			}
		}
	}
	if want := []string{"NVIDIA-A100-SXM4-80GB", "NVIDIA-H200"}; !slices.Equal(products, want) {
		t.Errorf("required: %v, want one of %v", products, want)
	}
	preferred := node.PreferredDuringSchedulingIgnoredDuringExecution
	if len(preferred) != 1 || !strings.Contains(fmt.Sprint(preferred), "NVIDIA-A100-SXM4-80GB") {
		t.Errorf("preferred: %+v", preferred)
	}
	var tolerated []string
	for _, toleration := range pod.Tolerations {
		tolerated = append(tolerated, toleration.Key)
	}
	if want := []string{"nvidia.com/gpu", "example.com/spare"}; !slices.Equal(tolerated, want) {
		t.Errorf("tolerates %v, want %v", tolerated, want)
	}
}

// TestClouds: each cloud's classes have the driver's own parameters, as texts.
func TestClouds(t *testing.T) {
	onPremises := "cloud:    \"on-premises\"\n\tnotebooks: onPremises: {blockPool: \"nvme\", nfsServer: \"nfs.example.com\", nfsShare: \"/ci\"}"
	for cloud, test := range map[string]struct {
		change string
		want   map[string]string
	}{
		"aws": {`cloud:    "aws"`, map[string]string{
			"gpu-nvme-ssd":        "ebs.csi.aws.com WaitForFirstConsumer map[csi.storage.k8s.io/fstype:ext4 encrypted:true iops:10000 throughput:1000 type:gp3]",
			"gpu-results-storage": "efs.csi.aws.com Immediate map[directoryPerms:770 fileSystemId:fs-2f3a4b5c6d7e8f9a0 gid:1001 provisioningMode:efs-ap uid:1001]"}},
		"gcp": {`cloud:    "gcp"`, map[string]string{
			"gpu-nvme-ssd":        "pd.csi.storage.gke.io WaitForFirstConsumer map[csi.storage.k8s.io/fstype:ext4 type:pd-ssd]",
			"gpu-results-storage": "filestore.csi.storage.gke.io Immediate map[network:default tier:regional]"}},
		"azure": {`cloud:    "azure"`, map[string]string{
			"gpu-nvme-ssd":        "disk.csi.azure.com WaitForFirstConsumer map[cachingMode:None fsType:ext4 skuName:Premium_LRS]",
			"gpu-results-storage": "file.csi.azure.com Immediate map[protocol:nfs skuName:Premium_LRS]"}},
		"on-premises": {onPremises, map[string]string{
			"gpu-nvme-ssd":        "rook-ceph.rbd.csi.ceph.com Immediate",
			"gpu-results-storage": "nfs.csi.k8s.io Immediate map[server:nfs.example.com share:/ci]"}},
	} {
		t.Run(cloud, func(t *testing.T) {
			objects := prod(t, change{"platform.cue", `cloud:    "aws"`, test.change})
			for name, want := range test.want {
				class := find[storagev1.StorageClass](t, objects, "StorageClass", name)
				got := fmt.Sprint(class.Provisioner, " ", *class.VolumeBindingMode, " ", class.Parameters)
				if !strings.HasPrefix(got, want) {
					t.Errorf("%s is %s, want %s", name, got, want)
				}
			}
		})
	}
	for name, class := range map[string]string{
		"more throughput than the IOPS carry": `driver: "ebs.csi.aws.com", ebs: {iops: 3000, throughput: 1000}`,
		"EFS without a file system":           `driver: "efs.csi.aws.com"`,
		"a driver that never was":             `driver: "kubernetes.io/aws-efs"`,
		"caching on a disk that has none":     `driver: "disk.csi.azure.com", azureDisk: {sku: "PremiumV2_LRS", caching: "ReadOnly"}`,
		"IOPS of a disk that sets its own":    `driver: "pd.csi.storage.gke.io", pd: {type: "pd-ssd", iops: 5000}`,
	} {
		if got := refused(t, change{"platform.cue", "\tmonitoring: {}\n", "\tmonitoring: {}\n\tstorage: classes: other: {" + class + "}\n"}); got == "" {
			t.Error(name)
		}
	}
}

// TestPlainPrometheus: a Prometheus without the operator gets files that its own promtool takes.
func TestPlainPrometheus(t *testing.T) {
	objects := prod(t, change{"platform.cue", "\tmonitoring: {}\n", "\tmonitoring: operator: false\n"})
	config := find[corev1.ConfigMap](t, objects, "ConfigMap", "scientific-computing-prometheus")
	dir := t.TempDir()
	for name, text := range config.Data {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	promtool, err := filepath.Abs(root + "/bin/promtool")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(promtool, "check", "config", filepath.Join(dir, "prometheus.yml")).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	var parsed struct {
		Scrape []struct {
			Relabel []struct {
				Source []string `json:"source_labels"`
				Regex  string
			} `json:"relabel_configs"`
		} `json:"scrape_configs"`
	}
	if err := yaml.Unmarshal([]byte(config.Data["prometheus.yml"]), &parsed); err != nil {
		t.Fatal(err)
	}
	for _, s := range parsed.Scrape {
		last := s.Relabel[len(s.Relabel)-1]
		if last.Source[0] != "__meta_kubernetes_endpoint_port_name" || last.Regex == "" {
			t.Errorf("a job scrapes every port: %+v", s)
		}
	}
	for _, o := range objects {
		if strings.HasPrefix(o.APIVersion, "monitoring.coreos.com/") {
			t.Errorf("%s is for an operator that is not there", o.Ref())
		}
	}
}

// TestWaves: what others stand on is synced before them.
func TestWaves(t *testing.T) {
	waves := map[string]int{}
	for _, o := range prod(t) {
		text, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "annotations", "argocd.argoproj.io/sync-wave"})
		wave, err := strconv.Atoi(fmt.Sprint(text))
		if err != nil {
			t.Errorf("%s has no wave: %v", o.Ref(), err)
		}
		waves[o.Kind] = wave
	}
	for _, order := range [][]string{
		{"Namespace", "ResourceQuota", "ServiceAccount", "NetworkPolicy", "Job", "StorageClass", "Task", "Pipeline", "TriggerTemplate", "EventListener"},
		// A way back waits for no store of secrets that does not answer, and for no job that failed last night.
		{"EventListener", "ExternalSecret"},
		{"EventListener", "CronJob"},
		{"Namespace", "ConfigMap", "Task"},
		{"EC2NodeClass", "NodePool", "Task"},
		{"ResourceFlavor", "ClusterQueue", "Task"},
		{"PriorityClass", "EventListener", "Deployment"},
		{"EventListener", "DaemonSet"},
		{"EventListener", "PersistentVolumeClaim"},
		{"Job", "ResourceFlavor"},
		{"ClusterImagePolicy", "Task"},
		{"ClusterRole", "Job"},
		{"Task", "CronJob"},
	} {
		for i := 1; i < len(order); i++ {
			if waves[order[i-1]] >= waves[order[i]] {
				t.Errorf("%s (wave %d) does not come before %s (wave %d)", order[i-1], waves[order[i-1]], order[i], waves[order[i]])
			}
		}
	}
}

// TestRetention: tkn is told an age in minutes, not a number of runs.
func TestRetention(t *testing.T) {
	objects := prod(t, change{"platform.cue", `timeout:   "1h15m"`, "timeout:   \"1h15m\"\n\t\tretention: \"240h\""})
	job := find[batchv1.CronJob](t, objects, "CronJob", "prune-runs").Spec
	pod := job.JobTemplate.Spec.Template.Spec
	want := "tkn pipelinerun delete --all --keep-since 14400 --force --namespace tekton-gpu-pipelines"
	if got := strings.Join(pod.Containers[0].Command, " "); got != want {
		t.Errorf("runs %q, want %q", got, want)
	}
	if pod.RestartPolicy != corev1.RestartPolicyNever || pod.ServiceAccountName != "run-pruner" ||
		job.ConcurrencyPolicy != batchv1.ForbidConcurrent || job.JobTemplate.Spec.ActiveDeadlineSeconds == nil {
		t.Errorf("the job is %+v", job)
	}
}

// TestOperatorValues: the chart is pinned and comes from NVIDIA's repository, and what its values
// name is rendered.
func TestOperatorValues(t *testing.T) {
	environments, findings, err := check.Load(platformWith(t, append(sharing(`strategy: "mig", profile: "3g.40gb"`),
		change{"pools.cue", "perNode: int | *8\n", "perNode: int | *8\n\t\t\ttaint: {key: \"example.com/gpu\", effect: \"NoExecute\"}\n"})...), "prod")
	if err != nil || len(findings) > 0 {
		t.Fatal(err, findings)
	}
	app := find[map[string]any](t, environments[0].Shared, "Application", "gpu-operator-prod")
	if lookup(t, app, "spec.source.repoURL") != "https://helm.ngc.nvidia.com/nvidia" || lookup(t, app, "spec.source.targetRevision") != "v26.7.0" {
		t.Errorf("the source is %v", lookup(t, app, "spec.source"))
	}
	values := lookup(t, app, "spec.source.helm.valuesObject")
	if _, set := manifest.Lookup(values, manifest.ParsePath("operator.defaultRuntime")); set {
		t.Error("operator.defaultRuntime is set, which the chart ignores")
	}
	objects := environments[0].Targets[0].Objects
	plugin := find[corev1.ConfigMap](t, objects, "ConfigMap", lookup(t, values, "devicePlugin.config.name").(string))
	if plugin.Data[lookup(t, values, "devicePlugin.config.default").(string)] == "" || plugin.Namespace != "gpu-operator" {
		t.Errorf("the device plugin's default is not in %+v", plugin)
	}
	mig := find[corev1.ConfigMap](t, objects, "ConfigMap", lookup(t, values, "migManager.config.name").(string))
	if !strings.Contains(mig.Data["config.yaml"], lookup(t, values, "migManager.config.default").(string)+":") {
		t.Errorf("the MIG manager's default is not in %s", mig.Data["config.yaml"])
	}
	tolerations := fmt.Sprint(lookup(t, values, "daemonsets.tolerations"), lookup(t, values, "node-feature-discovery.worker.tolerations"))
	if strings.Count(tolerations, "example.com/gpu") != 2 || strings.Count(tolerations, "key:nvidia.com/gpu") != 2 {
		t.Errorf("the operator's pods tolerate %s", tolerations)
	}
	if lookup(t, values, "node-feature-discovery.master.config.enableTaints") != true {
		t.Error("nfd-master does not apply the taints of the rules")
	}
	home := find[corev1.Namespace](t, objects, "Namespace", "gpu-operator")
	if home.Labels["pod-security.kubernetes.io/enforce"] != "privileged" {
		t.Errorf("the operator's namespace has %v", home.Labels)
	}
}

// TestForms wants of the reference platform the forms that the source design had wrong and that
// no rule could tell from a choice.
func TestForms(t *testing.T) {
	environments, findings, err := check.Load(platformWith(t), "prod")
	if err != nil || len(findings) > 0 {
		t.Fatal(err, findings)
	}
	objects := environments[0].Targets[0].Objects
	quota := find[corev1.ResourceQuota](t, objects, "ResourceQuota", "scientific-computing")
	if _, counted := quota.Spec.Hard["requests.nvidia.com/gpu"]; counted || len(quota.Spec.Hard) == 0 {
		t.Errorf("pods that wait in Kueue's line are counted by the quota too: %v", quota.Spec.Hard)
	}
	template := find[map[string]any](t, objects, "TriggerTemplate", "scientific-computing-ci")
	run := lookup(t, template, "spec.resourcetemplates[0]")
	pod := lookup(t, run, "spec.taskRunTemplate.podTemplate")

	want := func(name string, got, want any) {
		t.Helper()
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	want("a claim of a run goes with it", lookup(t, run, `metadata.annotations["tekton.dev/auto-cleanup-pvc"]`), "true")
	want("a node stays while a run is on it", lookup(t, run, `metadata.annotations["karpenter.sh/do-not-disrupt"]`), "true")
	want("pods of runs have no rights at the API", lookup(t, pod, "automountServiceAccountToken"), false)
	want("runs have an account", lookup(t, run, "spec.taskRunTemplate.serviceAccountName"), "gpu-pipeline")
	want("runs have a timeout", lookup(t, run, "spec.timeouts.pipeline"), "5h")

	limits := find[corev1.LimitRange](t, objects, "LimitRange", "scientific-computing").Spec.Limits[0]
	want("containers without requests get some", limits.DefaultRequest.Cpu(), "100m")

	listener := find[map[string]any](t, objects, "EventListener", "scientific-computing-ci")
	want("events are signed", lookup(t, listener, "spec.triggers[0].interceptors[0].ref.name"), "github")

	scrape := find[map[string]any](t, objects, "NetworkPolicy", "scrape")
	want("Prometheus reaches the port of the metrics", lookup(t, scrape, "spec.ingress[0].ports[0].port"), 9000)
	want("and nobody else does", lookup(t, scrape, `spec.ingress[0].from[0].namespaceSelector.matchLabels["kubernetes.io/metadata.name"]`), "monitoring")

	dockerfiles := find[corev1.ConfigMap](t, objects, "ConfigMap", "dockerfiles").Data
	if !strings.Contains(dockerfiles["notebook.Dockerfile"], "jupyter_server_config.py /etc/jupyter/jupyter_server_config.py") {
		t.Errorf("Jupyter's configuration is not where Jupyter reads it:\n%s", dockerfiles["notebook.Dockerfile"])
	}

	// What is pulled ahead are the images of the pool's tasks, by the kubelet.
	var pulled, used []string
	puller := find[map[string]any](t, objects, "DaemonSet", "pre-pull-gpu")
	for _, c := range lookup(t, puller, "spec.template.spec.initContainers").([]any) {
		pulled = append(pulled, fmt.Sprint(lookup(t, c, "image"), lookup(t, c, "command")))
	}
	for _, o := range objects {
		if o.Kind == "Task" && o.Name == "notebook-execution-gpu" {
			used = append(used, fmt.Sprint(lookup(t, o.Value, "spec.steps[0].image"), "[true]"))
		}
	}
	want("the puller pulls what the GPU task runs", pulled, used)
	want("the puller gets onto the GPU nodes", lookup(t, puller, "spec.template.spec.tolerations[0].key"), "nvidia.com/gpu")

	// Nodes scale to zero, and the warm ones are warm by day only.
	pool := find[map[string]any](t, objects, "NodePool", "scientific-computing-gpu")
	want("an empty node goes", lookup(t, pool, "spec.disruption.consolidationPolicy"), "WhenEmpty")
	want("the pool is bounded", lookup(t, pool, `spec.limits["nvidia.com/gpu"]`), 32)
	if _, replicas := manifest.Lookup(pool, manifest.Path{"spec", "replicas"}); replicas {
		t.Error("the pool keeps nodes for ever")
	}
	scaled := find[map[string]any](t, objects, "ScaledObject", "warm-gpu")
	want("no placeholder at night", lookup(t, scaled, "spec.minReplicaCount"), 0)
	want("placeholders by the hour", lookup(t, scaled, "spec.triggers[0].type"), "cron")
	notebooks := find[map[string]any](t, objects, "PriorityClass", "scientific-computing-notebooks")
	placeholder := find[map[string]any](t, objects, "PriorityClass", "scientific-computing-warm-gpu")
	want("notebooks push placeholders out", lookup(t, notebooks, "preemptionPolicy"), "PreemptLowerPriority")
	if lookup(t, placeholder, "value").(float64) >= 0 {
		t.Error("a placeholder is not below every other pod")
	}

	// Every notebook runs by itself, waits in line, and is tried again.
	pipeline := find[map[string]any](t, objects, "Pipeline", "scientific-computing-ci")
	for _, task := range lookup(t, pipeline, "spec.tasks").([]any) {
		if lookup(t, task, "name") == "execute-notebook-gpu" {
			want("notebooks run side by side", lookup(t, task, "matrix.params[0].name"), "notebook")
			want("a notebook is tried again", lookup(t, task, "retries"), 1)
		}
	}
	task := find[map[string]any](t, objects, "Task", "notebook-execution-gpu")
	want("GPU tasks queue", lookup(t, task, `metadata.labels["kueue.x-k8s.io/queue-name"]`), "gpu")

	// Argo CD may apply every kind that there is, and what the operator's chart brings.
	project := find[map[string]any](t, environments[0].Shared, "AppProject", "scientific-computing")
	allowed := fmt.Sprint(lookup(t, project, "spec.clusterResourceWhitelist"))
	kinds := []string{"CustomResourceDefinition", "ClusterPolicy", "RuntimeClass"}
	for _, o := range objects {
		if o.Namespace == "" && !slices.Contains(kinds, o.Kind) {
			kinds = append(kinds, o.Kind)
		}
	}
	for _, kind := range kinds {
		if !strings.Contains(allowed, "kind:"+kind+"]") && !strings.Contains(allowed, "kind:"+kind+" ") {
			t.Errorf("the AppProject does not allow %s: %s", kind, allowed)
		}
	}
}

// TestReservations: capacity that is reserved names the reservation, which Karpenter selects by; without one
// the platform does not render.
func TestReservations(t *testing.T) {
	const disks = "\t\t\tlocalDisks: true\n"
	reserved := change{"pools.cue", disks, disks + "\t\t\tcapacity: [\"reserved\"]\n"}
	if environments, refused, err := check.Load(platformWith(t, reserved)); err == nil && len(refused) == 0 {
		t.Errorf("%d environments render with capacity that nobody has reserved", len(environments))
	}
	reserved.new += "\t\t\treservations: [{id: \"cr-0123456789abcdef0\"}]\n"
	environments, refused, err := check.Load(platformWith(t, reserved))
	if err != nil || len(refused) > 0 {
		t.Fatal(err, refused)
	}
	class := find[map[string]any](t, environments[0].Targets[0].Objects, "EC2NodeClass", "scientific-computing-gpu")
	if got := fmt.Sprint(lookup(t, class, "spec.capacityReservationSelectorTerms[0].id")); got != "cr-0123456789abcdef0" {
		t.Errorf("the nodes are of %s", got)
	}
}
