//go:build gpu

package steps

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/load"
)

// heavy is the code of a notebook that keeps a GPU busy for longer than two samples of its use are apart.
const heavy = `{"cells": [{"cell_type": "code", "source": %s, "metadata": {}, "execution_count": null, "outputs": []}],
"metadata": {"gpu_memory_gib": 24}, "nbformat": 4, "nbformat_minor": 5}`

const multiply = `import time, torch
held = torch.empty(4 << 30, dtype=torch.uint8, device="cuda")
a = torch.randn(8192, 8192, dtype=torch.bfloat16, device="cuda")
end = time.time() + 22
while time.time() < end:
    for _ in range(50):
        a @ a
    torch.cuda.synchronize()
`

// runner stands for papermill: it runs the cells of a notebook in one interpreter and writes the notebook.
const runner = `#!/usr/bin/env python3
import json, sys
book = json.load(open(sys.argv[1]))
names = {}
for cell in book["cells"]:
    exec("".join(cell["source"]), names)
    cell["execution_count"] = 1
json.dump(book, open(sys.argv[2], "w"))
`

// TestGPU runs the notebook task and the report on this machine's GPUs: the real nvidia-smi lists and samples
// them, and a notebook uses one.
func TestGPU(t *testing.T) {
	c := newCluster(t)
	if err := os.Remove(c.path("bin/nvidia-smi")); err != nil {
		t.Fatal(err)
	}
	c.write("bin/papermill", runner, 0o755)
	code, _ := json.Marshal(multiply)
	c.write("repo/notebooks/one.ipynb", strings.Replace(heavy, "%s", string(code), 1), 0o644)
	c.git("repo")
	if failed, output := c.prepare(); failed != "" {
		t.Fatalf("step %s failed:\n%s", failed, output)
	}
	params := map[string][]string{"notebook": {books[0]}, "notebooks": nil, "commit": {c.read("results/commit")}, "run": {"run-1"}}
	visible := strings.Count(smi(t, "--list-gpus"), "GPU ")

	c.override = map[string]string{"GPUS": strconv.Itoa(visible + 1)}
	failed, output := c.run("notebook-execution-gpu", params)
	if failed != "papermill" || !strings.Contains(output, "sharing is not what the platform says") {
		t.Errorf("a task that sees fewer GPUs than it asked for goes on: %q\n%s", failed, output)
	}
	c.override["GPUS"] = strconv.Itoa(visible)
	c.must("notebook-execution-gpu", params)
	if left, err := exec.Command("pgrep", "-f", "nvidia-smi --query-gpu").Output(); err == nil {
		t.Errorf("the sampling outlives its step: %s", left)
	}
	log := c.read("exchange/runs/run-1/executed/notebooks/one.gpu.csv")
	t.Logf("samples:\n%s", log)

	c.override = nil
	if failed, output := c.close("Succeeded", "execute-notebook-gpu=Succeeded execute-tests=Succeeded", "false"); failed != "" {
		t.Fatalf("step %s failed:\n%s", failed, output)
	}
	var summary struct {
		GPU map[string]struct {
			Samples int
			Mean    float64 `json:"utilization_percent_mean"`
			Max     float64 `json:"memory_mib_max"`
		}
	}
	text := c.read("store/" + filepath.Join(filepath.Dir(c.read("results/location")), "summary.json"))
	if err := json.Unmarshal([]byte(text), &summary); err != nil {
		t.Fatal(err)
	}
	used := summary.GPU["notebooks/one"]
	t.Logf("report: %+v", used)
	if used.Samples < 3*visible || used.Mean < 10 || used.Max < 4096 {
		t.Errorf("the report does not say what the notebook used: %+v", used)
	}
}

// TestGPUFacts compares what the schema says of the models that this machine has with what their driver says.
func TestGPUFacts(t *testing.T) {
	loaded := load.Instances([]string{"./schema"}, &load.Config{Dir: "../../cue"})
	models := cuecontext.New().BuildInstance(loaded[0]).LookupPath(cue.ParsePath("#GPUModels"))
	rows, err := csv.NewReader(strings.NewReader(strings.ReplaceAll(smi(t,
		"--query-gpu=name,pci.device_id,memory.total,memory.reserved,driver_version", "--format=csv,noheader,nounits"), ", ", ","))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		// GPU feature discovery writes the name so into nvidia.com/gpu.product.
		model := strings.ReplaceAll(row[0], " ", "-")
		t.Logf("%s: %s MiB, %s reserved, device %s, driver %s", model, row[2], row[3], row[1], row[4])
		var fact struct {
			Memory string
			MIG    map[string]instance
			PCI    []string
		}
		if err := models.LookupPath(cue.MakePath(cue.Str(model))).Decode(&fact); err != nil {
			t.Errorf("%s: %v", model, err)
			continue
		}
		total, _ := strconv.Atoi(row[2])
		reserved, _ := strconv.Atoi(row[3])
		if want := fmt.Sprintf("%dGi", (total-reserved)>>10); fact.Memory != want {
			t.Errorf("%s: programs can use %s, the schema says %s", model, want, fact.Memory)
		}
		// 0x2335 of the device, 10de of the vendor.
		if id := strings.ToLower(strings.TrimPrefix(row[1], "0x"))[:4]; !slices.Contains(fact.PCI, id) {
			t.Errorf("%s: its device id is %s, the schema says %q", model, id, fact.PCI)
		}
		if got := instances(t, (total-reserved)>>10); !reflect.DeepEqual(got, fact.MIG) {
			t.Errorf("%s can be cut into %v, the schema says %v", model, got, fact.MIG)
		}
	}
}

// instance is what a GPU can be cut into.
type instance struct {
	PerGPU int
	Memory string
}

// profile is a line of what nvidia-smi lists: name, id, free and all instances, memory.
var profile = regexp.MustCompile(`MIG ([0-9a-z.]+) +[0-9]+ +[0-9]+/([0-9]+) +([0-9]+)\.`)

// instances are the profiles of a GPU; the largest is listed with what the driver keeps of the whole GPU.
func instances(t *testing.T, usable int) map[string]instance {
	all := map[string]instance{}
	for _, m := range profile.FindAllStringSubmatch(smi(t, "mig", "-lgip"), -1) {
		count, _ := strconv.Atoi(m[2])
		memory, _ := strconv.Atoi(m[3])
		all[m[1]] = instance{count, fmt.Sprintf("%dGi", min(memory, usable))}
	}
	return all
}

func smi(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("nvidia-smi", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("nvidia-smi %v: %v\n%s", args, err, out)
	}
	return string(out)
}
