// Package steps runs the scripts of the rendered tasks as processes of this machine, one after
// the other as the pipeline would, with stand-ins for the programs that need a GPU or a cluster.
package steps

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/cli"
)

const notebook = `{"cells": [{"cell_type": "code", "source": ["1"], "metadata": {"tags": ["parameters"]}, "execution_count": null, "outputs": []}],
"metadata": {"gpu_memory_gib": %d}, "nbformat": 4, "nbformat_minor": 5}`

// programs stand for those of the images.
var programs = map[string]string{
	"nvidia-smi": `case "$1" in
--list-gpus) i=0; while [ $i -lt "${FAKE_GPUS:-1}" ]; do echo "GPU $i: NVIDIA A100"; i=$((i+1)); done ;;
*) echo "timestamp, name, utilization.gpu [%], memory.used [MiB], memory.total [MiB]"; echo "now, A100, 80 %, 10 MiB, 20 MiB"; exec sleep 30 ;;
esac`,
	"papermill": `[ -z "${FAKE_PAPERMILL_FAILS:-}" ] || exit 1
echo "${PYTHONPATH%%:*}" > "$FAKE_STORE/pythonpath"
echo "$*" >> "$FAKE_STORE/papermill-arguments"
echo "$1 in $(ls)" >> "$FAKE_STORE/papermill"; touch "after-$(basename "$1" .ipynb)"
sed -e 's/"execution_count": null/"execution_count": 1/' -e "s/\"outputs\": \[\]/\"outputs\": [${FAKE_OUTPUT:-}]/" "$1" > "$2"`,
	"jupyter": `shift 3; for f in "$@"; do echo "<html>" > "${f%.ipynb}.html"; done`,
	"rclone": `command=$1; from= to=
for word; do from=$to; to=$word; done
case "$command" in
copyto) cp "$FAKE_STORE/${from#store:}" "$to" ;;
link) echo "https://signed.example.com/${to#store:}" ;;
*) [ -z "${FAKE_STORE_DOWN:-}" ] || exit 1
mkdir -p "$FAKE_STORE/${to#store:}" && cp -r "$from/." "$FAKE_STORE/${to#store:}" ;;
esac`,
	"weasyprint": `[ -z "${FAKE_NO_PDF:-}" ] || exit 1
echo "%PDF of $1" > "$2"`,
	"sleep": `exit 0`,
}

// pip stands for the module of that name: it says what the image holds, and installs what is asked for where
// that changes nothing of it.
const pip = `import os, re, sys
args = sys.argv[1:]
held = {"numpy": os.environ.get("FAKE_NUMPY", "2.1.0")}
if args[0] == "list":
    print("\n".join(f"{name}=={version}" for name, version in held.items()))
    sys.exit()
assert args[0] == "--python" and "install" in args
wanted = open(args[args.index("--requirement") + 1]).read()
bounds = {}
if "--constraint" in args:
    bounds = dict(line.split("==") for line in open(args[args.index("--constraint") + 1]).read().split())
for name, version in re.findall(r"([\w-]+)(?:\[.*?\])?==([\d.]+)", wanted):
    if bounds.get(name, version) != version:
        sys.exit(f"the constraint {name}=={bounds[name]} does not allow {version}")
site = os.path.join(os.path.dirname(args[1]), "..", "lib", f"python3.{sys.version_info.minor}", "site-packages")
open(os.path.join(site, "installed"), "w").write(wanted)
`

// poetry stands for the module of that name: its environment is the interpreter that runs it.
const poetry = `import os, sys
open(os.path.join(os.environ["FAKE_STORE"], "poetry"), "a").write(" ".join(sys.argv[1:]) + "\n")
if sys.argv[1:3] == ["env", "info"]:
    print(sys.executable)
`

// pytest stands for the module of that name.
const pytest = `import os, sys
failures = int(os.environ.get("FAKE_FAILURES", "0"))
args = sys.argv[1:]
open(os.path.join(os.environ["FAKE_STORE"], "pytest"), "w").write(" ".join([sys.executable, os.getcwd()] + args))
xml = [a.removeprefix("xml:") for a in args if a.startswith("xml:")][0]
open(xml, "w").write('<coverage line-rate="0.75"/>')
open(args[args.index("--junitxml") + 1], "w").write(f'<testsuites><testsuite tests="3" failures="{failures}" errors="0" skipped="0"/></testsuites>')
sys.exit(1 if failures else 0)
`

// cluster is a folder that stands for the volumes of one run.
type cluster struct {
	t     *testing.T
	dir   string
	tasks map[string]pipelinev1.Task
	env   []string
	// secrets by key, and values that stand for those of the environment's.
	secrets, override map[string]string
	// forge and chat take what they are told.
	forge, chat *[]call
	// log of all steps so far.
	log string
}

func newCluster(t *testing.T, env ...string) *cluster {
	t.Helper()
	c := &cluster{t: t, dir: t.TempDir(), tasks: rendered(t, "../..")}
	c.env = append([]string{"FAKE_STORE=" + c.path("store"), "PYTHONPATH=" + c.path("modules"), "PATH=" + c.path("bin") + ":" + os.Getenv("PATH")}, env...)
	for name, text := range programs {
		c.write("bin/"+name, "#!/bin/sh\nset -eu\n"+text+"\n", 0o755)
	}
	for name, text := range map[string]string{"pip": pip, "smtplib": ""} {
		c.write("modules/"+name+"/__init__.py", map[bool]string{true: smtplib}[name == "smtplib"], 0o644)
		c.write("modules/"+name+"/__main__.py", text, 0o644)
	}
	c.write("modules/pytest/__init__.py", "", 0o644)
	c.write("modules/pytest/__main__.py", pytest, 0o644)
	c.write("modules/poetry/__init__.py", "", 0o644)
	c.write("modules/poetry/__main__.py", poetry, 0o644)
	for _, folder := range []string{"exchange", "cache", "scratch", "source", "results", "store", "closing"} {
		if err := os.MkdirAll(c.path(folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c.write("repo/notebooks/one.ipynb", fmt.Sprintf(notebook, 24), 0o644)
	c.write("repo/notebooks/two.ipynb", fmt.Sprintf(notebook, 16), 0o644)
	c.write("repo/requirements.txt", "numpy==2.1.0 # pinned\nscipy[all]==1.14.1 \\\n    --hash=sha256:00\n", 0o644)
	c.write("tests/test_results.py", "", 0o644)
	for _, repository := range []string{"repo", "tests"} {
		c.git(repository)
	}
	return c
}

// rendered are the tasks of production of the platform in a folder.
func rendered(t *testing.T, dir string) map[string]pipelinev1.Task {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := cli.Main([]string{"-C", dir, "render", "--target", "prod/phase1", "-o", "-"}, nil, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	tasks := map[string]pipelinev1.Task{}
	for _, document := range strings.Split(stdout.String(), "\n---\n") {
		var task pipelinev1.Task
		if err := yaml.Unmarshal([]byte(document), &task); err == nil && task.Kind == "Task" {
			tasks[task.Name] = task
		}
	}
	return tasks
}

func (c *cluster) path(name string) string { return filepath.Join(c.dir, name) }

func (c *cluster) write(name, text string, mode os.FileMode) {
	c.t.Helper()
	if err := os.MkdirAll(filepath.Dir(c.path(name)), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(c.path(name), []byte(text), mode); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) read(name string) string {
	c.t.Helper()
	data, err := os.ReadFile(c.path(name))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(data)
}

func (c *cluster) git(repository string) {
	c.t.Helper()
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "x"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = c.path(repository)
		if out, err := cmd.CombinedOutput(); err != nil {
			c.t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}

// close runs the closing task, with services that take everything.
func (c *cluster) close(status, reasons, parallel string) (failed, output string) {
	c.t.Helper()
	forge, told := recorder(c.t, 201)
	chat, said := recorder(c.t, 200)
	c.forge, c.chat = told, said
	if c.override == nil {
		c.override = map[string]string{"API": forge.URL}
	}
	c.override["PAUSE"] = "0"
	if c.secrets == nil {
		c.secrets = map[string]string{"token": "t0ken\n", "success-url": chat.URL + "/good", "failure-url": chat.URL + "/bad", "username": "ci", "password": "s3cret"}
	}
	return c.run("result-publishing", map[string][]string{"run": {"run-1"}, "revision": {"c0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff"}, "status": {status}, "reasons": {reasons}, "parallel": {parallel}})
}

// run runs a task's steps in order and returns the name of the step that fails, with its output.
func (c *cluster) run(name string, params map[string][]string) (failed, output string) {
	c.t.Helper()
	task, ok := c.tasks[name]
	if !ok {
		c.t.Fatalf("no task %s was rendered", name)
	}
	// A pod's own folders are empty when it starts.
	if err := os.RemoveAll(c.path("scratch")); err != nil {
		c.t.Fatal(err)
	}
	if err := os.MkdirAll(c.path("scratch"), 0o755); err != nil {
		c.t.Fatal(err)
	}
	for _, step := range task.Spec.Steps {
		script := step.Script
		for _, mount := range step.VolumeMounts {
			for _, end := range []string{"/", " ", "\n", `"`} {
				script = strings.ReplaceAll(script, mount.MountPath+end, c.volume(mount, params)+end)
			}
		}
		file := "step"
		c.write(file, script, 0o755)
		cmd := exec.Command(c.path(file), c.arguments(step.Args, params)...)
		if step.WorkingDir != "" {
			cmd.Dir = c.expand(step.WorkingDir, params)
		}
		cmd.Env = append([]string{}, c.env...)
		for _, e := range step.Env {
			value := c.expand(e.Value, params)
			for _, mount := range step.VolumeMounts {
				if value == mount.MountPath || strings.HasPrefix(value, mount.MountPath+"/") {
					value = c.volume(mount, params) + strings.TrimPrefix(value, mount.MountPath)
				}
			}
			if e.ValueFrom != nil {
				value = c.secrets[e.ValueFrom.SecretKeyRef.Key]
			}
			if other, ok := c.override[e.Name]; ok {
				value = other
			}
			cmd.Env = append(cmd.Env, e.Name+"="+value)
		}
		out, err := cmd.CombinedOutput()
		c.log += string(out)
		c.write("exit/"+step.Name, fmt.Sprint(cmd.ProcessState.ExitCode()), 0o644)
		if err != nil && step.OnError != pipelinev1.Continue {
			return step.Name, string(out)
		}
	}
	return "", ""
}

// volume is the folder that stands for what is mounted.
func (c *cluster) volume(mount corev1.VolumeMount, params map[string][]string) string {
	return filepath.Join(c.path(mount.Name), c.expand(mount.SubPath, params))
}

func (c *cluster) expand(text string, params map[string][]string) string {
	text = strings.ReplaceAll(text, "$(workspaces.source.path)", c.path("source"))
	for name, values := range params {
		if len(values) == 0 {
			values = []string{""}
		}
		text = strings.ReplaceAll(text, "$(params."+name+")", values[0])
	}
	if rest, ok := strings.CutPrefix(text, "$(steps.step-"); ok {
		return c.path("exit/" + strings.TrimSuffix(rest, ".exitCode.path)"))
	}
	if rest, ok := strings.CutPrefix(text, "$(results."); ok {
		return c.path("results/" + strings.TrimSuffix(rest, ".path)"))
	}
	return text
}

func (c *cluster) arguments(args []string, params map[string][]string) []string {
	var all []string
	for _, a := range args {
		if name, ok := strings.CutPrefix(a, "$(params."); ok && strings.HasSuffix(a, "[*])") {
			all = append(all, params[strings.TrimSuffix(name, "[*])")]...)
			continue
		}
		all = append(all, c.expand(a, params))
	}
	return all
}

var books = []string{"notebooks/one.ipynb", "notebooks/two.ipynb"}

func (c *cluster) prepare() (failed, output string) {
	return c.run("env-preparation", map[string][]string{
		"repository": {c.path("repo")}, "revision": {"main"}, "notebooks": books, "run": {"run-1"},
	})
}

func (c *cluster) must(task string, params map[string][]string) {
	c.t.Helper()
	if failed, output := c.run(task, params); failed != "" {
		c.t.Fatalf("%s: step %s failed:\n%s", task, failed, output)
	}
}

// executed prepares and runs both notebooks.
func (c *cluster) executed() []string {
	c.t.Helper()
	if failed, output := c.prepare(); failed != "" {
		c.t.Fatalf("step %s failed:\n%s", failed, output)
	}
	var outputs []string
	for _, book := range books {
		c.must("notebook-execution-gpu", map[string][]string{"notebook": {book}, "notebooks": nil, "commit": {c.read("results/commit")}, "run": {"run-1"}})
		outputs = append(outputs, c.read("results/output"))
	}
	return outputs
}

// TestPipeline runs everything, with a test that fails: the report is published all the same.
func TestPipeline(t *testing.T) {
	c := newCluster(t, "FAKE_FAILURES=1")
	outputs := c.executed()
	site := strings.TrimSpace(c.read("store/pythonpath"))
	if installed, err := os.ReadFile(site + "/installed"); err != nil || string(installed) != c.read("repo/requirements.txt") {
		t.Errorf("the notebook finds %q in %q: %v", installed, site, err)
	}
	if commit := c.read("results/commit"); len(commit) != 40 {
		t.Errorf("result commit is %q", commit)
	}
	c.must("test-framework-setup", map[string][]string{"repository": {c.path("tests")}, "revision": {"main"}})
	c.must("result-conversion", map[string][]string{"executed": outputs, "run": {"run-1"}})
	if got := c.read("results/notebooks"); got != "2" {
		t.Errorf("result notebooks is %q", got)
	}
	if failed, _ := c.run("test-execution", nil); failed != "pytest" {
		t.Errorf("a failing test does not fail its step")
	}
	if got := c.read("results/summary"); got != "tests=3 failures=1 errors=0" {
		t.Errorf("result summary is %q", got)
	}
	if failed, output := c.close("Failed", "prepare-environment=Succeeded execute-tests=Failed", "false"); failed != "" {
		t.Fatalf("step %s failed:\n%s", failed, output)
	}
	published := c.read("results/location")
	if !strings.Contains(c.read("store/"+published), "Failed") {
		t.Errorf("the published report does not say that the run failed")
	}
	var summary struct {
		Commit      string
		Performance struct {
			Seconds         *int
			NotebookSeconds map[string]float64 `json:"notebook_seconds"`
		}
		Quality struct {
			Coverage float64 `json:"line_coverage_percent"`
			Passed   float64 `json:"tests_passed_percent"`
		}
		GPU map[string]struct {
			Mean float64 `json:"utilization_percent_mean"`
			Max  float64 `json:"memory_mib_max"`
		}
	}
	text := c.read("store/" + filepath.Join(filepath.Dir(published), "summary.json"))
	if err := json.Unmarshal([]byte(text), &summary); err != nil {
		t.Fatal(err)
	}
	if gpu := summary.GPU["notebooks/one"]; gpu.Mean != 80 || gpu.Max != 10 || summary.Quality.Coverage != 75 ||
		summary.Quality.Passed != 66.7 || summary.Performance.Seconds == nil || summary.Commit != "c0ffeec0ffeec0ffeec0ffeec0ffeec0ffeec0ff" {
		t.Errorf("the report's figures are wrong:\n%s", text)
	}
	for _, name := range []string{"reports/report.pdf", "reports/summary.json", "reports/junit.xml", "results/executed/notebooks/one.html"} {
		c.read("store/" + filepath.Join(filepath.Dir(filepath.Dir(published)), name))
	}
	if _, err := os.Stat(c.path("exchange/runs/run-1")); err == nil {
		t.Error("the run's folder was left on the exchange volume")
	}
}

// TestFailedRun publishes what a run left whose second notebook failed, on a GPU that tells
// nothing of its use.
func TestFailedRun(t *testing.T) {
	c := newCluster(t)
	c.write("bin/nvidia-smi", "#!/bin/sh\ncase $1 in --list-gpus) echo 'GPU 0: A100'; echo '  MIG 1g.10gb Device 0' ;; *) echo h; echo 'now, A100, [N/A], 10 MiB, 20 MiB'; exec sleep 30 ;; esac\n", 0o755)
	if failed, output := c.prepare(); failed != "" {
		t.Fatalf("step %s failed:\n%s", failed, output)
	}
	c.must("notebook-execution-gpu", map[string][]string{"notebook": {books[0]}, "notebooks": nil, "commit": {"c"}, "run": {"run-1"}})
	c.env = append(c.env, "FAKE_NO_PDF=1")
	if failed, output := c.close("Failed", "execute-notebook-gpu=Failed execute-tests=None", "false"); failed != "" {
		t.Fatalf("step %s failed:\n%s", failed, output)
	}
	folder := "store/" + filepath.Dir(filepath.Dir(c.read("results/location")))
	c.read(folder + "/results/executed/notebooks/one.ipynb")
	c.read(folder + "/reports/gpu/notebooks/one.gpu.csv")
}

// TestImageEnvironment: the image's packages may lie in an environment of its own, as those of many images do.
func TestImageEnvironment(t *testing.T) {
	c := newCluster(t)
	if out, err := exec.Command("python3", "-m", "venv", "--without-pip", c.path("image")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	held, err := filepath.Glob(c.path("image/lib/python*/site-packages"))
	if err != nil || len(held) != 1 {
		t.Fatal(held, err)
	}
	if err := os.WriteFile(held[0]+"/rapids.py", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	c.env = append(c.env, "PATH="+c.path("image/bin")+":"+c.path("bin")+":"+os.Getenv("PATH"))
	if failed, output := c.prepare(); failed != "" {
		t.Fatalf("step %s failed:\n%s", failed, output)
	}
	site := strings.TrimSpace(c.read("source/environment"))
	made := filepath.Join(c.path("cache"), site[strings.Index(site, "/packages/"):], "../../../bin/python")
	if out, err := exec.Command(made, "-c", "import rapids").CombinedOutput(); err != nil {
		t.Errorf("the environment does not see the image's packages: %v\n%s", err, out)
	}
}

// TestInterrupted starts where a killed attempt left a lock in the checkout.
func TestInterrupted(t *testing.T) {
	c := newCluster(t)
	c.write("source/source/.git/shallow.lock", "", 0o644)
	c.write("source/source/.git/index.lock", "", 0o644)
	c.executed()
}

// TestCache fetches what the cache lacks, checks its digest, and fails on another.
func TestCache(t *testing.T) {
	const hello = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03" // of "hello" and a newline
	for digest, want := range map[string]string{hello: "", strings.Repeat("0", 64): "warm-cache"} {
		c := newCluster(t)
		c.write("served/a.txt", "hello\n", 0o644)
		c.write("served/a.txt.gz", "other\n", 0o644)
		c.write("repo/datasets.sha256", digest+" a.txt\n", 0o644)
		c.write("repo/datasets.urls", "file://"+c.path("served/a.txt.gz")+"\nfile://"+c.path("served/a.txt")+"\n", 0o644)
		c.recommit()
		if failed, output := c.prepare(); failed != want {
			t.Errorf("digest %s: step %q failed:\n%s", digest, failed, output)
		}
		if want == "" && (c.read("cache/sha256/"+hello) != "hello\n" || c.read("exchange/runs/run-1/data/a.txt") != "hello\n") {
			t.Error("the file is not in the cache, or not among the run's")
		}
	}
}

// TestOrder: each notebook finds what those before it in the same pod wrote, and nothing of other pods.
func TestOrder(t *testing.T) {
	c := newCluster(t)
	c.executed()
	log := c.read("store/papermill")
	if strings.Contains(log, "after-") {
		t.Errorf("a notebook saw what another pod wrote:\n%s", log)
	}
	c.must("notebook-execution-gpu", map[string][]string{"notebook": {""}, "notebooks": books, "commit": {"c"}, "run": {"run-1"}})
	if log := strings.TrimPrefix(c.read("store/papermill"), log); !strings.Contains(log, "two.ipynb in after-one") {
		t.Errorf("the second notebook does not see what the first wrote:\n%s", log)
	}
	if got := c.read("results/outputs"); got != `["executed/notebooks/one.ipynb","executed/notebooks/two.ipynb"]` {
		t.Errorf("result outputs is %s", got)
	}
}

// TestRetries repeats tasks that are retried: the second attempt finds what the first left.
func TestRetries(t *testing.T) {
	c := newCluster(t)
	c.executed()
	outputs := c.executed()
	c.must("result-conversion", map[string][]string{"executed": outputs, "run": {"run-1"}})
}

// TestSecondAttempt: an attempt after one in which the notebook itself failed uses no GPU.
func TestSecondAttempt(t *testing.T) {
	c := newCluster(t, "FAKE_PAPERMILL_FAILS=1")
	if failed, output := c.prepare(); failed != "" {
		t.Fatalf("step %s failed:\n%s", failed, output)
	}
	for attempt, want := range []string{"", books[0] + " failed by itself in the attempt before"} {
		failed, output := c.run("notebook-execution-gpu", map[string][]string{"notebook": {books[0]}, "notebooks": nil, "commit": {"c"}, "run": {"run-1"}})
		if failed != "papermill" || !strings.Contains(output, want) {
			t.Errorf("attempt %d: step %q failed with %s", attempt+1, failed, output)
		}
	}
}

// TestHangs: an attempt after one that lasted as long as its time allows uses no GPU, one after a pod that was lost does.
func TestHangs(t *testing.T) {
	for lasted, want := range map[time.Duration]string{4 * time.Hour: "papermill", 10 * time.Minute: ""} {
		c := newCluster(t)
		c.executed()
		ran := c.path("exchange/runs/run-1/executed/notebooks/one.gpu.csv")
		began, err := strconv.ParseInt(strings.TrimSpace(c.read("exchange/runs/run-1/executed/notebooks/one.began")), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(ran, time.Time{}, time.Unix(began, 0).Add(lasted)); err != nil {
			t.Fatal(err)
		}
		failed, output := c.run("notebook-execution-gpu", map[string][]string{"notebook": {books[0]}, "notebooks": nil, "commit": {"c"}, "run": {"run-1"}})
		if failed != want || want != "" && !strings.Contains(output, "as long as its time allows") {
			t.Errorf("after %s: step %q failed with %s", lasted, failed, output)
		}
	}
}

// TestConda: programs of conda's environment find it, though nothing activates it.
func TestConda(t *testing.T) {
	for _, set := range []string{"", "/opt/other"} {
		c := newCluster(t)
		if set != "" {
			c.env = append(c.env, "CONDA_PREFIX="+set)
		}
		c.write("conda/conda-meta/history", "", 0o644)
		c.write("bin/papermill", "#!/bin/sh\necho \"$CONDA_PREFIX\" > \"$FAKE_STORE/conda\"; cp \"$1\" \"$2\"\n", 0o755)
		c.executed()
		if got := strings.TrimSpace(c.read("store/conda")); got != set {
			t.Errorf("outside of conda CONDA_PREFIX becomes %q", got)
		}
		python, err := exec.LookPath("python3")
		if err != nil {
			t.Fatal(err)
		}
		c.write("bin/python3", fmt.Sprintf("#!/bin/sh\ncase \"$2\" in *base_prefix*) echo %s ;; *) exec %s \"$@\" ;; esac\n", c.path("conda"), python), 0o755)
		c.must("notebook-execution-gpu", map[string][]string{"notebook": {books[0]}, "notebooks": nil, "commit": {"c"}, "run": {"run-1"}})
		want := c.path("conda")
		if set != "" {
			want = set
		}
		if got := strings.TrimSpace(c.read("store/conda")); got != want {
			t.Errorf("CONDA_PREFIX is %q, want %q", got, want)
		}
	}
}

// TestBlankCells: cells that Jupyter does not run are no mistake, nor is leaving with exit code 0.
func TestBlankCells(t *testing.T) {
	c := newCluster(t, `FAKE_OUTPUT={"output_type": "error", "ename": "SystemExit", "evalue": "0"}`)
	c.write("repo/notebooks/one.ipynb", strings.Replace(fmt.Sprintf(notebook, 24), `"cells": [`,
		`"cells": [{"cell_type": "code", "source": ["\n", "  "], "metadata": {}, "execution_count": 0, "outputs": []}, {"cell_type": "code", "source": ["x"], "metadata": {"tags": ["skip-execution"]}, "execution_count": 0, "outputs": []}, `, 1), 0o644)
	c.recommit()
	outputs := c.executed()
	executed := c.path("exchange/runs/run-1/executed/notebooks/one.ipynb")
	text := strings.ReplaceAll(c.read("exchange/runs/run-1/executed/notebooks/one.ipynb"), `"execution_count": 0`, `"execution_count": null`)
	if err := os.WriteFile(executed, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	c.must("result-conversion", map[string][]string{"executed": outputs, "run": {"run-1"}})
}

// TestFailures shows that each thing that can go wrong fails the step that notices it.
func TestFailures(t *testing.T) {
	for name, test := range map[string]struct {
		env    []string
		spoil  func(*cluster)
		task   string
		step   string
		output string
	}{
		"a requirement is not pinned":                              {spoil: func(c *cluster) { c.write("repo/requirements.txt", "numpy>=2\n", 0o644); c.recommit() }, step: "check-dependencies", output: "'numpy>=2' is not pinned"},
		"a notebook needs more memory than the pool's GPUs have":   {spoil: func(c *cluster) { c.write("repo/notebooks/one.ipynb", fmt.Sprintf(notebook, 96), 0o644); c.recommit() }, step: "check-gpu-environment", output: "needs 96 GiB on a GPU, the pool has 79"},
		"a requirement is of another version than the image holds": {env: []string{"FAKE_NUMPY=1.26.0"}, step: "prepare-packages", output: "numpy==1.26.0 does not allow 2.1.0"},
		"a requirement is any patch version":                       {spoil: func(c *cluster) { c.write("repo/requirements.txt", "numpy==2.*\n", 0o644); c.recommit() }, step: "check-dependencies", output: "is not pinned"},
		"a data set in a folder of others": {spoil: func(c *cluster) {
			c.write("repo/datasets.sha256", strings.Repeat("0", 64)+" ../packages/x", 0o644)
			c.recommit()
		}, step: "warm-cache", output: "is no plain file name"},
		"a notebook is missing":                  {spoil: func(c *cluster) { os.Remove(c.path("repo/notebooks/two.ipynb")); c.recommit() }, step: "check-dependencies", output: "two.ipynb: not a readable notebook"},
		"more GPUs are seen than were asked for": {env: []string{"FAKE_GPUS=4"}, task: "notebook-execution-gpu", step: "papermill", output: "asked for 1 GPUs, see 4"},
		"the notebook fails":                     {env: []string{"FAKE_PAPERMILL_FAILS=1"}, task: "notebook-execution-gpu", step: "papermill"},
		"a cell ended in an error":               {env: []string{`FAKE_OUTPUT={"output_type": "error"}`}, task: "result-conversion", step: "validate", output: "a cell ended in an error"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, test.env...)
			if test.spoil != nil {
				test.spoil(c)
			}
			failed, output := c.prepare()
			if test.task != "" {
				if failed != "" {
					t.Fatalf("step %s failed:\n%s", failed, output)
				}
				failed, output = c.run("notebook-execution-gpu", map[string][]string{"notebook": {books[0]}, "notebooks": nil, "commit": {"c"}, "run": {"run-1"}})
			}
			if test.task == "result-conversion" {
				failed, output = c.run(test.task, map[string][]string{"executed": {c.read("results/output")}, "run": {"run-1"}})
			}
			if failed != test.step || !strings.Contains(output, test.output) {
				t.Errorf("step %q failed with:\n%s\nwant step %q with %q", failed, output, test.step, test.output)
			}
		})
	}
}

// recommit commits what was changed in the notebooks' repository.
func (c *cluster) recommit() {
	c.t.Helper()
	if err := os.RemoveAll(c.path("repo/.git")); err != nil {
		c.t.Fatal(err)
	}
	c.git("repo")
}
