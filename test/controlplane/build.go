// Package controlplane builds and starts a real Kubernetes control plane for tests: etcd, the
// API server, and the webhooks of Tekton Pipelines and Triggers, as plain processes of this
// machine. No container runs, and nothing is fetched but Go modules.
package controlplane

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// program is one binary, built from the module in modules/<module>.
type program struct{ name, module, pkg string }

// plane are the programs of a control plane, and kwok, which plays nodes.
var plane = []program{
	{"etcd", "k8s", "go.etcd.io/etcd/server/v3"},
	{"kube-apiserver", "k8s", "k8s.io/kubernetes/cmd/kube-apiserver"},
	{"kubectl", "k8s", "k8s.io/kubernetes/cmd/kubectl"},
	{"kube-controller-manager", "k8s", "k8s.io/kubernetes/cmd/kube-controller-manager"},
	{"kube-scheduler", "k8s", "k8s.io/kubernetes/cmd/kube-scheduler"},
	{"kwok", "k8s", "sigs.k8s.io/kwok/cmd/kwok"},
	{"tekton-webhook", "tekton", "github.com/tektoncd/pipeline/cmd/webhook"},
	{"tekton-controller", "tekton", "github.com/tektoncd/pipeline/cmd/controller"},
	{"triggers-webhook", "triggers", "github.com/tektoncd/triggers/cmd/webhook"},
	{"eventlistenersink", "triggers", "github.com/tektoncd/triggers/cmd/eventlistenersink"},
	{"interceptors", "triggers", "github.com/tektoncd/triggers/cmd/interceptors"},
	{"tkn", "tkn", "github.com/tektoncd/cli/cmd/tkn"},
}

// node are the programs of a real node, of what runs on it, and of what lies around it.
var node = []program{
	{"kubelet", "k8s", "k8s.io/kubernetes/cmd/kubelet"},
	{"kube-proxy", "k8s", "k8s.io/kubernetes/cmd/kube-proxy"},
	{"deviceplugin", "k8s", "./deviceplugin"},
	{"containerd", "containerd", "github.com/containerd/containerd/v2/cmd/containerd"},
	{"containerd-shim-runc-v2", "containerd", "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2"},
	{"cni/bridge", "cni", "github.com/containernetworking/plugins/plugins/main/bridge"},
	{"cni/loopback", "cni", "github.com/containernetworking/plugins/plugins/main/loopback"},
	{"cni/host-local", "cni", "github.com/containernetworking/plugins/plugins/ipam/host-local"},
	{"coredns", "coredns", "."},
	{"kube-router", "netpol", "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"},
	{"policy-webhook", "policy-controller", "github.com/sigstore/policy-controller/cmd/webhook"},
	{"entrypoint", "tekton", "github.com/tektoncd/pipeline/cmd/entrypoint"},
	{"nop", "tekton", "github.com/tektoncd/pipeline/cmd/nop"},
	{"workingdirinit", "tekton", "github.com/tektoncd/pipeline/cmd/workingdirinit"},
	{"sidecarlogresults", "tekton", "github.com/tektoncd/pipeline/cmd/sidecarlogresults"},
	{"triggers-controller", "triggers", "github.com/tektoncd/triggers/cmd/controller"},
	{"versitygw", "s3", "github.com/versity/versitygw/cmd/versitygw"},
	{"world", "world", "."},
	{"pause", "world", "./pause"},
}

// builds are what the platform's own builds run, and queue is Kueue.
var builds = []program{
	{"buildctl", "buildkit", "github.com/moby/buildkit/cmd/buildctl"},
	{"buildkitd", "buildkit", "github.com/moby/buildkit/cmd/buildkitd"},
	{"syft", "syft", "github.com/anchore/syft/cmd/syft"},
	{"cosign", "../../images/modules/cosign", "github.com/sigstore/cosign/v2/cmd/cosign"},
}

var queue = []program{{"kueue", "kueue", "sigs.k8s.io/kueue/cmd/kueue"}}

// kubernetesVersion is what the API server says of itself; without it clients refuse it. It is
// the version in modules/k8s/go.mod.
const kubernetesVersion = "v1.37.2"

// Binaries are the programs of a control plane, and the folders of the modules that their
// manifests are taken from.
type Binaries struct {
	// paths of the programs by their names.
	paths                                           map[string]string
	tekton, triggers, kwok, policy, buildkit, kueue string
}

// Build builds the programs of a control plane into the user's cache, by the content of the module
// that each is built from, so that each version is built once. Source is the folder of this package.
func Build(ctx context.Context, source string) (Binaries, error) {
	return build(ctx, source, plane)
}

// BuildNode builds those of a real node too, and the files of its images.
func BuildNode(ctx context.Context, source string) (Binaries, error) {
	b, err := build(ctx, source, slices.Concat(plane, node, builds, queue))
	if err != nil {
		return b, err
	}
	_, err = debian(ctx, "science")
	return b, err
}

func build(ctx context.Context, source string, programs []program) (Binaries, error) {
	b := Binaries{paths: map[string]string{}}
	for _, p := range programs {
		path, err := p.build(ctx, source)
		if err != nil {
			return b, err
		}
		b.paths[p.name] = path
	}
	for _, m := range []struct {
		dir            *string
		module, source string
	}{
		{&b.kwok, "k8s", "sigs.k8s.io/kwok"},
		{&b.tekton, "tekton", "github.com/tektoncd/pipeline"},
		{&b.triggers, "triggers", "github.com/tektoncd/triggers"},
		{&b.policy, "policy-controller", "github.com/sigstore/policy-controller"},
		{&b.buildkit, "buildkit", "github.com/moby/buildkit"},
		{&b.kueue, "kueue", "sigs.k8s.io/kueue"},
	} {
		if !slices.ContainsFunc(programs, func(p program) bool { return p.module == m.module }) {
			continue
		}
		var err error
		if *m.dir, err = moduleDir(ctx, filepath.Join(source, "modules", m.module), m.source); err != nil {
			return b, err
		}
	}
	return b, nil
}

// cacheDir makes a folder of the user's cache.
func cacheDir(below ...string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(append([]string{cache}, below...)...)
	return dir, os.MkdirAll(dir, 0o755)
}

// digestOf is that of all files below a folder.
func digestOf(dir string) (string, error) {
	sum := sha256.New()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		fmt.Fprintf(sum, "%s %d\n", name, len(data))
		sum.Write(data)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil))[:16], err
}

// lock keeps the tests of another package, which run beside these, from building the same.
func lock(dir string) (unlock func(), err error) {
	file, err := os.Create(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		file.Close()
		return nil, err
	}
	return func() { file.Close() }, nil
}

// build builds a program into a folder of its module's content, so that a change of one module builds no other
// anew, and returns where it is.
func (p program) build(ctx context.Context, source string) (string, error) {
	module := filepath.Join(source, "modules", p.module)
	key, err := digestOf(module)
	if err != nil {
		return "", err
	}
	into, err := cacheDir("tenon-controlplane", filepath.Base(p.module)+"-"+key)
	if err != nil {
		return "", err
	}
	unlock, err := lock(into)
	if err != nil {
		return "", err
	}
	defer unlock()
	target := filepath.Join(into, p.name)
	if _, err := os.Stat(target); err == nil {
		return target, nil
	}
	version := "k8s.io/component-base/version"
	flags := fmt.Sprintf("-s -w -X %[1]s.gitVersion=%[2]s -X %[1]s.gitMajor=1 -X %[1]s.gitMinor=37", version, kubernetesVersion)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return "", err
	}
	command := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-ldflags", flags, "-o", target+".part", p.pkg)
	command.Dir = module
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", p.name, err, out)
	}
	return target, os.Rename(target+".part", target)
}

func moduleDir(ctx context.Context, dir, module string) (string, error) {
	command := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module)
	command.Dir = dir
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("looking for the manifests of %s: %w", module, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Path is where a program was built.
func (b Binaries) Path(program string) string { return b.paths[program] }
