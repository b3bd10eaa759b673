//go:build e2e

package e2e

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/cli"
	"tenon.dev/tenon/internal/platform"
)

// blueprintName is the platform, its namespace, pipeline and bucket.
const (
	blueprintName       = "single-cell"
	blueprintRepository = "NVIDIA-AI-Blueprints/single-cell-analysis-blueprint"
)

// blueprintBooks stand in for the seven notebooks: what each downloads, writes, imports and reads of the others is what
// https://github.com/NVIDIA-AI-Blueprints/single-cell-analysis-blueprint/tree/main/notebooks does, down to the lines that
// its workflow patches; the computing is not.
var blueprintBooks = map[string][]string{
	"01_scRNA_analysis_preprocessing": {
		"import anndata as ad, os",
		"url = 'https://exampledata.scverse.org/rapids-singlecell/dli_census.h5ad'\nos.makedirs('h5', exist_ok=True)\nassert os.system(f'curl -sSfL -o h5/dli_census.h5ad {url}') == 0",
		"adata = ad.read_h5ad('h5/dli_census.h5ad')\nadata.write('h5/dli_decoupler.h5ad')\nprint(adata.n_obs, 'cells kept')",
	},
	"02_scRNA_analysis_extended": {
		"import anndata as ad\nadata = ad.read_h5ad(\"./h5/dli_decoupler.h5ad\")\nprint(adata.n_obs, 'cells read')",
		shutdownCell,
	},
	"03_scRNA_analysis_with_pearson_residuals": {
		"import anndata as ad, os\nurl = 'https://exampledata.scverse.org/rapids-singlecell/dli_census.h5ad'\noutput = os.getcwd()+'/h5/dli_census.h5ad'",
		"if os.path.isfile(output):\n    print('found what 01 has downloaded')\nelse:\n    os.system(f'curl -sSfL -o {output} {url}')\nadata = ad.read_h5ad(output)",
		shutdownCell,
	},
	"04_scRNA_analysis_dask_out_of_core": {
		"import anndata as ad, os, sys\nsys.path.insert(0, \"./scripts\")\nfrom gpu_plotting import plot_umap",
		"output, final = 'h5/nvidia_1.3M.h5ad', 'h5/zarr/nvidia_1.3M.zarr'\nurl = 'https://exampledata.scverse.org/rapids-singlecell/1M_brain_cells_10X.sparse.h5ad'\nassert os.system(f'curl -sSfL -o {output} {url}') == 0\nad.read_h5ad(output).write_zarr(final)",
		"import zarr\nprint(plot_umap(zarr.open(final)['X']))",
		shutdownCell,
	},
	"05_spatial_demo": {
		"import subprocess\nprint(subprocess.run(['nvidia-smi', '--list-gpus'], capture_output=True, text=True).stdout.count('GPU '), 'GPUs')",
		shutdownCell,
	},
	"06_scRNA_analysis_1.0M_brain_example": {
		"import anndata as ad, os\nfinal = os.getcwd()+'/h5/nvidia_1.3M.h5ad'\nassert os.path.isfile(final)",
		"adata = ad.read_h5ad(final)\nadata = adata[:1_000_000, :].copy()\nprint(adata.n_obs, 'cells')",
		shutdownCell,
	},
	"07_perturbation_analysis_invivo_brain_example": {
		"import os, zarr\nDATA_PATH_ZARR = \"/data/nvcell/datasets/WB8588.zarr\" # Change this to your own dataset path\nOUT_DIR = \"/data/nvcell/datasets/results\" # Change this\nos.makedirs(OUT_DIR, exist_ok=True)",
		"url = 'https://huggingface.co/datasets/perturbai/wholebrain_crispr_atlas/resolve/main/analysis/preprocessed_gex.zarr.tar.gz?download=true'\noutput = os.getcwd()+'/h5/preprocessed_gex.zarr.tar.gz'\nassert os.system(f\"curl -sSfL -o {output} '{url}'\") == 0\nos.system(f'tar -xzf {output}')",
		"OUT_DIR = os.getcwd()+\"/singlet_gex.zarr\" # Change this to your own results directory",
		"f = zarr.open(OUT_DIR, mode=\"r\")\nprint(f['X'], 'cells of', os.path.basename(f.path))",
		shutdownCell,
	},
}

// shutdownCell frees the memory of the GPUs for a user who runs one notebook after the other by hand.
const shutdownCell = "import IPython\nIPython.Application.instance().kernel.do_shutdown(True)"

// anndataModule and zarrModule stand in for the packages: of the cells they know how many there are.
const anndataModule = `import json, os

class AnnData:
    def __init__(self, n_obs):
        self.n_obs = n_obs

    def __getitem__(self, index):
        return AnnData(len(range(self.n_obs)[index[0]]))

    def copy(self):
        return AnnData(self.n_obs)

    def write(self, path):
        with open(path, "w") as file:
            json.dump({"X": self.n_obs}, file)

    def write_zarr(self, path):
        os.makedirs(path)
        self.write(path + "/zarr.json")

def read_h5ad(path):
    with open(path) as file:
        return AnnData(json.load(file)["X"])
`

const zarrModule = `import builtins, json

class Group(dict):
    pass

def open(path, mode="a"):
    with builtins.open(path + "/zarr.json") as file:
        group = Group(json.load(file))
    group.path = path
    return group
`

// blueprintData makes what the notebooks download.
func blueprintData(t *testing.T, dir string) string {
	t.Helper()
	data := filepath.Join(dir, "data")
	var archive bytes.Buffer
	zipped := gzip.NewWriter(&archive)
	w := tar.NewWriter(zipped)
	cells := []byte(`{"X": 8000}`)
	for _, err := range []error{
		w.WriteHeader(&tar.Header{Name: "preprocessed_gex.zarr/zarr.json", Mode: 0o644, Size: int64(len(cells))}),
		func() error { _, err := w.Write(cells); return err }(),
		w.Close(), zipped.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range map[string][]byte{
		"rapids-singlecell/dli_census.h5ad":                                                             []byte(`{"X": 93575}`),
		"rapids-singlecell/1M_brain_cells_10X.sparse.h5ad":                                              []byte(`{"X": 1306127}`),
		"datasets/perturbai/wholebrain_crispr_atlas/resolve/main/analysis/preprocessed_gex.zarr.tar.gz": archive.Bytes(),
	} {
		path := filepath.Join(data, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return data
}

// blueprintPlatform renders docs/examples/single-cell in a new platform, with the addresses of this test, and returns its
// environment and the overlay of its last phase.
func blueprintPlatform(t *testing.T) (check.Environment, string) {
	t.Helper()
	files := map[string]string{}
	for _, file := range []string{"platform.cue", "prod/prod.cue"} {
		data, err := os.ReadFile(filepath.Join(root, "docs/examples/single-cell", file))
		if err != nil {
			t.Fatal(err)
		}
		files[file] = string(data)
	}
	return newPlatform(t, files)
}

// lockedAs is what the lock of a new platform says its digests are of.
var lockedAs = regexp.MustCompile(`, image: "[^"]*"`)

// newPlatform renders a new platform with these files in cue/platform, with the addresses of this test, and returns its
// environment and the overlay of its last phase. The digests of its lock are replaced by those of images that are there.
func newPlatform(t *testing.T, files map[string]string) (check.Environment, string) {
	t.Helper()
	dir := t.TempDir()
	tenon := func(args ...string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if code := cli.Main(args, nil, &stdout, &stderr); code != 0 {
			t.Fatalf("tenon %s: exit code %d\n%s%s", strings.Join(args, " "), code, &stdout, &stderr)
		}
	}
	tenon("init", dir)
	const lock = "images.lock.cue"
	text, err := os.ReadFile(filepath.Join(dir, "cue/platform", lock))
	if err != nil {
		t.Fatal(err)
	}
	files[lock] = lockedAs.ReplaceAllString(string(text), "")
	addresses := strings.NewReplacer("10.96.0.1/32", "10.100.0.1/32", "10.0.0.0/28", "10.250.0.0/24", "192.0.2.0/24", storeAddress+"/32")
	for file, text := range files {
		if err := os.WriteFile(filepath.Join(dir, "cue/platform", file), []byte(addresses.Replace(text)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tenon("-C", dir, "render")
	loaded, found, err := check.Load(platform.Folder{FS: os.DirFS(dir), Dir: "cue/platform"})
	if err != nil || len(found) > 0 || len(loaded) != 1 {
		t.Fatal(err, found, len(loaded))
	}
	return loaded[0], filepath.Join(dir, "overlays/prod/phase3")
}

// testBlueprint: the example platform beside the reference, unchanged but for addresses: a signed push runs the seven
// notebooks in their order in one pod with all four GPUs of the node; tests, store and mail see what they should.
func (c *nodeCluster) testBlueprint(t *testing.T) {
	started := time.Now()
	e, overlay := blueprintPlatform(t)
	c.pushImages(t, e.State)
	c.ensureNamespaces(t, blueprintName)
	c.takenForGranted(t, e)
	objects := c.real(t, builtOverlay(t, overlay))
	c.syncWaves(t, objects)
	listener := ofKind(objects, "EventListener")[0].Name
	c.listens(t, blueprintName, listener)
	files := map[string]string{}
	for name, cells := range blueprintBooks {
		files["notebooks/"+name+".ipynb"] = book(cells...)
	}
	commit := c.commitWith(t, blueprintRepository, files)
	before := len(c.told(t))
	run := c.started(t, blueprintName, c.pushed(t, event{
		sha: commit, ref: "refs/heads/main", secret: secretValue, repository: "https://github.com/" + blueprintRepository, pipeline: listener, namespace: blueprintName,
	}))
	ended := c.awaitEndIn(t, blueprintName, run)
	defer func() {
		if t.Failed() {
			out, _ := c.Kubectl(t.Context(), nil, "-n", blueprintName, "logs", "--all-containers", "--prefix", "--tail=60", "-l", "tekton.dev/pipelineRun="+run)
			t.Log(out)
		}
	}()
	if reason := ended.Status.GetCondition("Succeeded").Reason; reason != "Completed" && reason != "Succeeded" {
		t.Errorf("it ended with %s", reason)
	}
	t.Logf("the blueprint's platform is rendered, synced and has run after %.1f s", time.Since(started).Seconds())
	told := c.told(t)[before:]
	// Both of the statuses that the fallback's repository may require.
	wantTold(t, told, "api.github.com", `"state": "pending"`, `"state": "pending"`, `"state": "success"`, `"state": "success"`)
	wantTold(t, told, "smtp", run+": Succeeded")
	var summary struct{ Tests map[string]int }
	if err := json.Unmarshal([]byte(c.publishedIn(t, blueprintName, run, "reports/summary.json")), &summary); err != nil {
		t.Error(err)
	}
	if summary.Tests["tests"] != len(blueprintBooks)+1 || summary.Tests["failures"] != 0 {
		t.Errorf("the summary says %+v", summary)
	}
	for name := range blueprintBooks {
		c.publishedIn(t, blueprintName, run, "results/executed/notebooks/"+name+".html")
	}
	c.answer("Do the blueprint's seven notebooks, in stand-ins, run in order on four GPUs and pass their tests?", "Tekton, the kubelet and pytest", 1, 1)
}

// takenForGranted makes what a platform says that the cluster has: classes of storage, and secrets.
func (c *nodeCluster) takenForGranted(t *testing.T, e check.Environment) {
	t.Helper()
	wait := storagev1.VolumeBindingWaitForFirstConsumer
	for name, class := range e.State.Facts.StorageClasses {
		made := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: class.Provisioner, VolumeBindingMode: &wait}
		if _, err := c.typed.StorageV1().StorageClasses().Create(t.Context(), made, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatal(err)
		}
	}
	for name, secret := range e.State.Facts.Secrets {
		values := map[string]string{}
		for _, key := range secret.Keys {
			values[key] = cmp.Or(outsideKnows[key], secretValue)
		}
		made := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: e.State.Namespace.Name}, StringData: values}
		if _, err := c.typed.CoreV1().Secrets(e.State.Namespace.Name).Create(t.Context(), made, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
			t.Fatal(err)
		}
	}
}

// book is a notebook of these cells.
func book(cells ...string) string {
	var all []map[string]any
	for _, cell := range cells {
		all = append(all, map[string]any{"cell_type": "code", "execution_count": nil, "metadata": map[string]any{}, "outputs": []any{}, "source": slices.Collect(strings.Lines(cell))})
	}
	text, _ := json.Marshal(map[string]any{"cells": all, "nbformat": 4, "nbformat_minor": 4,
		"metadata": map[string]any{"kernelspec": map[string]any{"display_name": "Python 3", "language": "python", "name": "python3"}}})
	return string(text)
}
