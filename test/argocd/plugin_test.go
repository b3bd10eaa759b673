// Package argocd_test runs tenon in Argo CD's real plugin server, with the client code of its repository
// server.
package argocd_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/argoproj/argo-cd/v3/util/app/discovery"
	"github.com/argoproj/argo-cd/v3/util/cmp"
	"sigs.k8s.io/yaml"
)

// image names the sidecar in what `tenon argocd plugin` writes; nothing is pulled.
const image = "registry.example.com/tenon:v1@sha256:0d3699ad8eeecf62f1db71b8052be6b90f4b6e0650035c377a451b6cdc2e3df1"

var bin, tenon string

func TestMain(m *testing.M) { os.Exit(main(m)) }

// main builds tenon and the servers, and starts the plugin server for all tests.
func main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "cmp") // short: the path of a socket ends at 108 bytes
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(dir)
	inImage, err := dockerfileCopies("../../Dockerfile")
	if err != nil {
		return fail(err)
	}
	bin, tenon = filepath.Join(dir, "bin"), filepath.Join(dir, "root", inImage)
	for _, build := range [][]string{
		{"build", "-C", "../..", "-trimpath", "-o", tenon, "./cmd/tenon"},
		{"build", "-buildvcs=false", "-ldflags", "-s -w -X github.com/argoproj/argo-cd/v3/common.version=3.5.2", "-o", bin + "/", "./cmpserver", "./reposerver"},
	} {
		cmd := exec.Command("go", build...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fail(fmt.Errorf("go %v: %w\n%s", build, err, out))
		}
	}
	stop, err := serve(dir)
	if err != nil {
		return fail(err)
	}
	defer stop()
	return m.Run()
}

// dockerfileCopies is where the Dockerfile puts tenon, which has to be all that it puts anywhere.
func dockerfileCopies(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	copies := regexp.MustCompile(`(?m)^(?:COPY|ADD) (.*)$`).FindAllStringSubmatch(string(text), -1)
	if len(copies) != 1 || !strings.HasPrefix(copies[0][1], "tenon /") || !strings.Contains(string(text), "\nFROM scratch\n") {
		return "", fmt.Errorf("%s holds more than tenon: %v", file, copies)
	}
	return strings.TrimPrefix(copies[0][1], "tenon "), nil
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// sidecar starts a program as the container of the sidecar does: the image's files as a read-only root,
// three folders that can be written to, and no network.
const sidecar = `mount --make-rprivate / && mount --bind "$0" "$0" && mount --rbind /dev "$0/dev" &&
for d in sockets work tmp; do mount --bind "$0/$d" "$0/$d" || exit; done &&
mount -o remount,bind,ro "$0" && exec chroot $CHROOT "$0" "$@"`

// serve starts the plugin server as the sidecar does: plugin.yaml as tenon prints it, a HOME that
// nobody can write to, and nothing but tenon on PATH.
func serve(dir string) (stop func(), err error) {
	config, err := exec.Command(tenon, "-C", dir, "argocd", "plugin", "--image", image, "-o", "plugin", "--time-limit", "25s").Output()
	if err != nil {
		return nil, fmt.Errorf("tenon argocd plugin: %w", err)
	}
	root := filepath.Join(dir, "root")
	for _, name := range []string{"config", "sockets", "work", "tmp", "dev", "home", "run"} {
		if err := os.Mkdir(filepath.Join(root, name), 0o755); err != nil {
			return nil, err
		}
	}
	unshare, chroot := []string{"--mount", "--net"}, ""
	if os.Getuid() != 0 {
		unshare = append(unshare, "--map-root-user")
	} else {
		chroot = "--userspec=999:999" // Argo CD's own user, as the patch of the sidecar says
		for _, name := range []string{"sockets", "work", "tmp"} {
			if err := os.Chown(filepath.Join(root, name), 999, 999); err != nil {
				return nil, err
			}
		}
	}
	if err := os.Rename(filepath.Join(bin, "cmpserver"), filepath.Join(root, "run", "argocd-cmp-server")); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(root, "config", "plugin.yaml"), config, 0o644); err != nil {
		return nil, err
	}
	os.Setenv("ARGOCD_PLUGINSOCKFILEPATH", filepath.Join(root, "sockets")) // the client reads it
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	server := exec.Command("unshare", append(unshare, "sh", "-c", sidecar, root, "/run/argocd-cmp-server", "--config-dir-path", "/config")...)
	server.Env = []string{
		"CHROOT=" + chroot, "PATH=" + filepath.Dir(strings.TrimPrefix(tenon, root)) + ":" + os.Getenv("PATH"),
		"HOME=/home", "TMPDIR=/tmp", "ARGOCD_PLUGINSOCKFILEPATH=/sockets", "ARGOCD_CMP_WORKDIR=/work",
	}
	server.Stdout, server.Stderr = log, log
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := server.Start(); err != nil {
		return nil, err
	}
	stop = func() { _ = server.Process.Kill(); _ = server.Wait() }
	for range 100 {
		if _, err := os.Stat(filepath.Join(root, "sockets", "tenon.sock")); err == nil {
			return stop, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	stop()
	said, _ := os.ReadFile(log.Name())
	return nil, fmt.Errorf("the plugin server does not come up:\n%s", said)
}

// platform copies the reference platform with its overlays, as a repository is checked out.
func platform(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "repository")
	for _, folder := range []string{"cue", "overlays"} {
		if err := os.CopyFS(filepath.Join(dir, folder), os.DirFS(filepath.Join("../..", folder))); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// generate asks the server for the objects of an Application, as repo-server does.
func generate(t *testing.T, repository, app string, env ...string) ([]string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	path := filepath.Join(repository, app)
	closer, client, err := discovery.DetectConfigManagementPlugin(ctx, path, repository, "", env, nil)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	stream, err := client.GenerateManifest(ctx)
	if err != nil {
		return nil, err
	}
	if err := cmp.SendRepoStream(ctx, path, repository, stream, env, nil); err != nil {
		return nil, err
	}
	response, err := stream.CloseAndRecv()
	if err != nil {
		return nil, err
	}
	return response.Manifests, nil
}

// objects reads manifests by kind, namespace and name.
func objects(t *testing.T, manifests []string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, text := range manifests {
		var o struct {
			Kind     string
			Metadata struct{ Name, Namespace string }
		}
		var value any
		if err := yaml.Unmarshal([]byte(text), &o); err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		canonical, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		all[o.Kind+" "+o.Metadata.Namespace+"/"+o.Metadata.Name] = string(canonical)
	}
	return all
}

// rendered is what tenon prints of a target.
func rendered(t *testing.T, repository, target string) map[string]string {
	t.Helper()
	out, err := exec.Command(tenon, "-C", repository, "render", "--target", target, "-o", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return objects(t, strings.Split(strings.TrimPrefix(string(out), "---\n"), "\n---\n"))
}

func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	if len(want) < 50 || len(got) != len(want) {
		t.Errorf("%d objects, want %d", len(got), len(want))
	}
	for id, text := range want {
		if got[id] != text {
			t.Errorf("%s differs:\n%s\n%s", id, got[id], text)
			return
		}
	}
}

// TestTargets wants the objects of every target, by path and by parameters.
func TestTargets(t *testing.T) {
	repository := platform(t)
	for _, environment := range []string{"dev", "staging", "prod"} {
		for _, phase := range []string{"phase1", "phase2", "phase3"} {
			t.Run(environment+"/"+phase, func(t *testing.T) {
				want := rendered(t, repository, environment+"/"+phase)
				byPath, err := generate(t, repository, "overlays/"+environment+"/"+phase, "ARGOCD_APP_PARAMETERS=null")
				if err != nil {
					t.Fatal(err)
				}
				same(t, objects(t, byPath), want)
				golden(t, environment+"-"+phase, objects(t, byPath))
				parameters := fmt.Sprintf(`ARGOCD_APP_PARAMETERS=[{"name":"environment","string":%q},{"name":"phase","string":%q}]`, environment, phase)
				byParameter, err := generate(t, repository, ".", parameters)
				if err != nil {
					t.Fatal(err)
				}
				same(t, objects(t, byParameter), want)
			})
		}
	}
}

// golden compares what the server answers with testdata/<target>.sha256, which has a line for each
// object. TENON_UPDATE=1 rewrites it.
func golden(t *testing.T, target string, got map[string]string) {
	t.Helper()
	var lines []string
	for id, text := range got {
		lines = append(lines, fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(text)), id))
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[64:], b[64:]) })
	file := filepath.Join("testdata", target+".sha256")
	if os.Getenv("TENON_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(strings.Join(lines, "")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	kept := strings.SplitAfter(string(want), "\n")
	for _, line := range lines {
		if !slices.Contains(kept, line) {
			t.Errorf("%s is not the golden one:%s  try: make generate", target, line[64:])
		}
	}
	if len(kept)-1 != len(lines) {
		t.Errorf("%s has %d objects, the golden one %d", target, len(lines), len(kept)-1)
	}
}

// TestParallel asks sixteen times at once.
func TestParallel(t *testing.T) {
	repository := platform(t)
	want := rendered(t, repository, "prod/phase1")
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			got, err := generate(t, repository, "overlays/prod/phase1")
			if err != nil {
				t.Error(err)
				return
			}
			same(t, objects(t, got), want)
		})
	}
	group.Wait()
}

// TestReRooted has the tree that arrives where manifest-generate-paths cuts the repository down to a
// folder of it.
func TestReRooted(t *testing.T) {
	repository := filepath.Dir(platform(t))
	moved := filepath.Join(repository, "apps", "gpu")
	if err := os.MkdirAll(filepath.Dir(moved), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(repository, "repository"), moved); err != nil {
		t.Fatal(err)
	}
	want := rendered(t, moved, "dev/phase1")
	for folder, path := range map[string]string{moved: "overlays/dev/phase1", repository: "apps/gpu/overlays/dev/phase1"} {
		got, err := generate(t, folder, path)
		if err != nil {
			t.Fatal(err)
		}
		same(t, objects(t, got), want)
	}
}

// unpacked is a folder that the server unpacked an Application into.
var unpacked = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}|_cmp_server`)

// TestFailures wants an error that says why in its first line, and names no folder of the server.
func TestFailures(t *testing.T) {
	for _, c := range []struct {
		name, app string
		env       []string
		change    func(t *testing.T, repository string)
		want      string
	}{
		{"unknown parameter", ".", []string{`ARGOCD_APP_PARAMETERS=[{"name":"env","string":"prod"}]`}, nil, "failed exit status 3: tenon: there is no parameter \"env\""},
		{"no target", ".", nil, nil, "no environment is named"},
		{"unknown environment", "overlays/prod/phase1", []string{"ARGOCD_ENV_TENON_ENVIRONMENT=qa"}, nil, `there is no environment "qa": the platform has dev, prod, staging`},
		{"CUE that does not parse", "overlays/prod/phase1", nil, add("cue/platform/x.cue", "package platform\n<<<<<<<\n"), "failed exit status 1: prod/phase1 is not synced: input/cue cue/platform/x.cue:2:"},
		{"CUE that does not hold", "overlays/prod/phase1", nil, add("cue/platform/x.cue", "package platform\nplatform: phases: phase1: trafficPercent: 30\n"), "is not synced: schema/conflict"},
		{"stale overlays", "overlays/prod/phase1", nil, add("overlays/base/namespace-tekton-gpu-pipelines.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: tekton-gpu-pipelines}\n"), "the overlay that is committed is not what the platform renders"},
		{"CUE that never ends", "overlays/prod/phase1", nil, add("cue/platform/x.cue", endless), "gave up "},
		{"a bomb of YAML", "overlays/prod/phase1", nil, add("overlays/base/namespace-tekton-gpu-pipelines.yaml", bomb()), "tenon: gave up "},
		{"a file of 200 MB", "overlays/prod/phase1", nil, add("cue/platform/x.cue", "package platform\n//"+strings.Repeat("a", 200<<20)), "cue/platform/x.cue: it is larger than 4 MiB"},
		{"a remote base", "overlays/prod/phase1", nil, add("overlays/prod/phase1/kustomization.yaml", "resources: [\"https://example.com/a.git\"]\n"), "which render does not write"},
	} {
		t.Run(c.name, func(t *testing.T) {
			repository := platform(t)
			if c.change != nil {
				c.change(t, repository)
			}
			got, err := generate(t, repository, c.app, c.env...)
			if err == nil {
				t.Fatalf("%d objects in place of an error", len(got))
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v\nwant %s", err, c.want)
			}
			if _, said, _ := strings.Cut(err.Error(), "failed exit status"); unpacked.MatchString(said) {
				t.Errorf("the server's folder shows: %v", err)
			}
		})
	}
}

const endless = `package platform

import "list"

platform: waivers: {for i in list.Range(0, 100000000, 1) {"w\(i)": {
	rule: "a/b", object: "Task/a", reason: "r", owner: "o", expires: "2027-01-01"
}}}
`

func bomb() string {
	text := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := range 9 {
		text += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i), 10), ","))
	}
	return text
}

func add(name, text string) func(*testing.T, string) {
	return func(t *testing.T, repository string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(repository, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOutside has a symlink that leaves the repository: nothing of it is handed on.
func TestOutside(t *testing.T) {
	repository := platform(t)
	secret := filepath.Join(filepath.Dir(repository), "secret.cue")
	if err := os.WriteFile(secret, []byte("package platform\nhunter2: true\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(repository, "cue/platform/x.cue")); err != nil {
		t.Fatal(err)
	}
	got, err := generate(t, repository, "overlays/prod/phase1")
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%d objects, %v", len(got), err)
	}
}

// TestNoMatch has a repository of another tool.
func TestNoMatch(t *testing.T) {
	dir := t.TempDir()
	add("deployment.yaml", "kind: Deployment\n")(t, dir)
	if got, err := generate(t, dir, "."); err == nil {
		t.Errorf("%d objects of a repository without a platform", len(got))
	}
}

// TestAnnouncements wants the parameters with their types and defaults.
func TestAnnouncements(t *testing.T) {
	repository := platform(t)
	app := filepath.Join(repository, "overlays/prod/phase2")
	closer, client, err := discovery.DetectConfigManagementPlugin(t.Context(), app, repository, "tenon", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	stream, err := client.GetParametersAnnouncement(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := cmp.SendRepoStream(t.Context(), app, repository, stream, nil, nil); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	response, err := stream.CloseAndRecv()
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, p := range response.ParameterAnnouncements {
		said[p.Name] = p.CollectionType + " " + p.ItemType + " " + p.String_ + p.Map["git"]
	}
	want := map[string]string{"environment": " string prod", "phase": " string phase2", "images": "map string 2.52.0"}
	if fmt.Sprint(said) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", said, want)
	}
}

// TestInstall puts the component into Argo CD's own installation: the sidecar is there, and tenon finds
// nothing wrong with it.
func TestInstall(t *testing.T) {
	dir := t.TempDir()
	install, err := os.ReadFile(filepath.Join(moduleDir(t), "manifests/install.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	add("install.yaml", string(install))(t, dir)
	add("kustomization.yaml", "namespace: argocd\nresources: [install.yaml]\ncomponents: [tenon]\n")(t, dir)
	if out, err := exec.Command(tenon, "-C", platform(t), "argocd", "plugin", "--image", image, "-o", "kustomize="+filepath.Join(dir, "tenon")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	built, err := exec.Command("../../bin/kustomize", "build", dir).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		t.Fatalf("%v\n%s", err, failed.Stderr)
	}
	if err != nil {
		t.Fatal(err)
	}
	add("built.yaml", string(built))(t, dir)
	report, err := exec.Command(tenon, "check", filepath.Join(dir, "built.yaml"), "-o", "json").Output()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	var found struct {
		Summary  struct{ Objects int }
		Findings []struct {
			Rule, Severity, Message, Field string
			Object                         struct{ Kind, Name string }
		}
	}
	if err := json.Unmarshal(report, &found); err != nil {
		t.Fatal(err)
	}
	var deployment struct {
		Spec struct {
			Template struct {
				Spec struct{ Containers []struct{ Name string } }
			}
		}
	}
	at := -1
	for _, document := range strings.Split(string(built), "\n---\n") {
		if !strings.Contains(document, "kind: Deployment") || !strings.Contains(document, "\n  name: argocd-repo-server\n") {
			continue
		}
		if err := yaml.Unmarshal([]byte(document), &deployment); err != nil {
			t.Fatal(err)
		}
		for i, c := range deployment.Spec.Template.Spec.Containers {
			if c.Name == "tenon" {
				at = i
			}
		}
	}
	if at < 0 || found.Summary.Objects < 40 {
		t.Fatalf("no sidecar among %d objects", found.Summary.Objects)
	}
	for _, f := range found.Findings {
		ours := f.Object.Name == "tenon-plugin" || f.Object.Name == "scientific-computing" ||
			f.Object.Name == "argocd-repo-server" && strings.HasPrefix(f.Field, fmt.Sprintf("spec.template.spec.containers[%d]", at))
		if ours {
			t.Errorf("%s %s: %s %s: %s", f.Severity, f.Rule, f.Object.Name, f.Field, f.Message)
		}
	}
}
