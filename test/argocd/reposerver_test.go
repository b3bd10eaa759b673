package argocd_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/reposerver/apiclient"
	utiltls "github.com/argoproj/argo-cd/v3/util/tls"
)

// TestRepoServer lets Argo CD's repository server fetch a commit, find the plugin, and render an
// Application with it.
func TestRepoServer(t *testing.T) {
	client := repoServer(t)
	repository := platform(t)
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "-qm", "platform"}} {
		if out, err := exec.Command("git", append([]string{"-C", repository}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	ask := func(source *v1alpha1.ApplicationSource) (*apiclient.ManifestResponse, error) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		return client.GenerateManifest(ctx, &apiclient.ManifestRequest{
			Repo: &v1alpha1.Repository{Repo: "file://" + repository}, Revision: "main", AppName: "gpu", Namespace: "tekton-gpu-pipelines",
			ApplicationSource: source, ProjectName: "default", ProjectSourceRepos: []string{"*"}, KubeVersion: "1.37.2",
		})
	}
	for _, source := range []*v1alpha1.ApplicationSource{
		{Path: "overlays/prod/phase1", Plugin: &v1alpha1.ApplicationSourcePlugin{Name: "tenon"}},
		{Path: "overlays/prod/phase1", Plugin: &v1alpha1.ApplicationSourcePlugin{}}, // found by discovery
		{Path: ".", Plugin: &v1alpha1.ApplicationSourcePlugin{Parameters: v1alpha1.ApplicationSourcePluginParameters{parameter("environment", "prod"), parameter("phase", "phase1")}}},
		{Path: ".", Plugin: &v1alpha1.ApplicationSourcePlugin{Env: v1alpha1.Env{{Name: "TENON_ENVIRONMENT", Value: "prod"}, {Name: "TENON_PHASE", Value: "phase1"}}}},
	} {
		response, err := ask(source)
		if err != nil {
			t.Fatal(err)
		}
		same(t, objects(t, response.Manifests), rendered(t, repository, "prod/phase1"))
		if response.SourceType != "Plugin" {
			t.Errorf("rendered as %s", response.SourceType)
		}
	}
	_, err := ask(&v1alpha1.ApplicationSource{Path: "overlays/prod/phase1", Plugin: &v1alpha1.ApplicationSourcePlugin{
		Parameters: v1alpha1.ApplicationSourcePluginParameters{parameter("phase", "phase9")},
	}})
	if err == nil || !strings.Contains(err.Error(), "phase9") {
		t.Errorf("a phase that there is not: %v", err)
	}
}

func parameter(name, value string) v1alpha1.ApplicationSourcePluginParameter {
	return v1alpha1.ApplicationSourcePluginParameter{Name: name, String_: &value}
}

// repoServer starts the server with a Redis in this process, beside the plugin server that the tests
// share.
func repoServer(t *testing.T) apiclient.RepoServerServiceClient {
	t.Helper()
	dir := t.TempDir()
	redis := miniredis.RunT(t)
	// The wrapper that checks signatures is looked for even where none is asked for.
	wrapper, err := os.ReadFile(filepath.Join(moduleDir(t), "hack", "git-verify-wrapper.sh"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "git-verify-wrapper.sh"), wrapper, 0o755); err != nil { // modules have no modes
		t.Fatal(err)
	}
	port, metrics := freePort(t), freePort(t)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	server := exec.Command(filepath.Join(bin, "reposerver"), "--disable-tls", "--client-ca-path=", "--redis", redis.Addr(),
		"--port", port, "--metrics-port", metrics, "--address", "127.0.0.1", "--metrics-address", "127.0.0.1")
	server.Env = []string{
		"PATH=" + dir + ":" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir, "ARGOCD_GPG_ENABLED=false",
		"ARGOCD_PLUGINSOCKFILEPATH=" + os.Getenv("ARGOCD_PLUGINSOCKFILEPATH"),
	}
	server.Stdout, server.Stderr = log, log
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	address := "127.0.0.1:" + port
	for range 100 {
		if connection, err := net.Dial("tcp", address); err == nil {
			connection.Close()
			closer, client, err := apiclient.NewRepoServerClientset(address, 60, utiltls.Configuration{DisableTLS: true}).NewRepoServerClient()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { closer.Close() })
			return client
		}
		time.Sleep(100 * time.Millisecond)
	}
	said, _ := os.ReadFile(log.Name())
	t.Fatalf("the repository server does not come up:\n%s", said)
	return nil
}

func moduleDir(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/argoproj/argo-cd/v3").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}
