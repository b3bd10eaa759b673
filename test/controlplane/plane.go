package controlplane

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// Plane is a running control plane.
type Plane struct {
	// URL of the API server, and a client of it that may do everything.
	URL    string
	Client *http.Client

	dir       string
	binaries  Binaries
	pki       *pki
	processes []*exec.Cmd
}

// Start starts a control plane in a folder of its own, in which the logs are, and waits until
// both webhooks answer. Stop ends it.
func Start(ctx context.Context, b Binaries, dir string) (*Plane, error) {
	p := &Plane{dir: dir, binaries: b}
	err := p.start(ctx)
	if err != nil {
		p.Stop()
		return nil, fmt.Errorf("%w\n%s", err, p.logs())
	}
	return p, nil
}

func (p *Plane) start(ctx context.Context) error {
	var err error
	if p.pki, err = newPKI(p.dir); err != nil {
		return err
	}
	for file, name := range map[string]string{"apiserver": "kube-apiserver", "admin": "admin"} {
		if err := p.pki.issue(file, name, "system:masters"); err != nil {
			return err
		}
	}
	if err := p.pki.signer("accounts"); err != nil {
		return err
	}
	ports, err := freePorts(8)
	if err != nil {
		return err
	}
	if err := p.core(ctx, ports); err != nil {
		return err
	}
	if err := p.tekton(ctx, ports[3:]); err != nil {
		return err
	}
	return p.triggers(ctx, ports[5:])
}

func (p *Plane) core(ctx context.Context, ports []int) error {
	etcd := fmt.Sprintf("http://127.0.0.1:%d", ports[0])
	peer := fmt.Sprintf("http://127.0.0.1:%d", ports[1])
	if err := p.run("etcd", nil, "--name", "test", "--data-dir", filepath.Join(p.dir, "etcd"), "--unsafe-no-fsync", "--log-level", "warn",
		"--listen-client-urls", etcd, "--advertise-client-urls", etcd, "--listen-peer-urls", peer,
		"--initial-advertise-peer-urls", peer, "--initial-cluster", "test="+peer); err != nil {
		return err
	}
	p.URL = fmt.Sprintf("https://127.0.0.1:%d", ports[2])
	// The plugins that look whether an account or priority class exists are off: that is a
	// question across objects, and each object is sent alone.
	if err := p.run("kube-apiserver", nil, "--etcd-servers", etcd, "--bind-address", "127.0.0.1", "--secure-port", fmt.Sprint(ports[2]),
		"--advertise-address", "127.0.0.1", "--endpoint-reconciler-type", "none", "--service-cluster-ip-range", "10.96.0.0/16",
		"--cert-dir", p.dir, "--tls-cert-file", p.pki.path("apiserver.crt"), "--tls-private-key-file", p.pki.path("apiserver.key"),
		"--client-ca-file", p.pki.path("ca.crt"), "--service-account-issuer", "https://kubernetes.default.svc",
		"--service-account-key-file", p.pki.path("accounts.pub"), "--service-account-signing-key-file", p.pki.path("accounts.key"),
		"--authorization-mode", "RBAC", "--allow-privileged", "--disable-admission-plugins", "ServiceAccount,Priority,RuntimeClass"); err != nil {
		return err
	}
	if err := p.connect(); err != nil {
		return err
	}
	if err := p.kubeconfig("admin", fmt.Sprintf(`{client-certificate: %s, client-key: %s}`, p.pki.path("admin.crt"), p.pki.path("admin.key"))); err != nil {
		return err
	}
	return wait(ctx, "the API server", func() error {
		status, body, err := p.Do("GET", "/readyz", nil)
		if err == nil && status != http.StatusOK {
			err = errors.New(string(body))
		}
		return err
	})
}

func (p *Plane) connect() error {
	pair, err := tls.LoadX509KeyPair(p.pki.path("admin.crt"), p.pki.path("admin.key"))
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(p.pki.ca)
	p.Client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots}, MaxIdleConnsPerHost: 16,
	}}
	return nil
}

func (p *Plane) kubeconfig(name, user string) error {
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: %q, certificate-authority: %s}}]
users: [{name: test, user: %s}]
contexts: [{name: test, context: {cluster: test, user: test}}]
current-context: test
`, p.URL, p.pki.path("ca.crt"), user)
	return os.WriteFile(p.pki.path(name+".kubeconfig"), []byte(text), 0o600)
}

// service is how webhooks are named in the manifests of Tekton. The API server reaches them as
// services of the type ExternalName, at the port of each webhook's clientConfig: knative accepts
// no URL there.
var service = regexp.MustCompile(`(?m)^( +)service:\n((?: +name: tekton-[a-z-]+\n +namespace: tekton-pipelines\n)|(?: +namespace: tekton-pipelines\n +name: tekton-[a-z-]+\n))`)

// install applies manifests of a module, with the port of its webhook filled in.
func (p *Plane) install(name string, port int, patterns ...string) error {
	var all bytes.Buffer
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			return fmt.Errorf("no manifests %s: %w", pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			fmt.Fprintf(&all, "---\n%s\n", service.ReplaceAllString(string(data), fmt.Sprintf("${1}service:\n${1}  port: %d\n${2}", port)))
		}
	}
	fmt.Fprintf(&all, "---\napiVersion: v1\nkind: Service\nmetadata: {name: %s, namespace: tekton-pipelines}\nspec: {type: ExternalName, externalName: localhost}\n", name)
	return p.apply(all.Bytes())
}

// apply hands manifests to kubectl, in two passes: what is of a definition of the same text comes
// when that is established.
func (p *Plane) apply(manifests []byte) error {
	var out []byte
	var err error
	for range 5 {
		command := exec.Command(filepath.Join(p.binaries.dir, "kubectl"), "--kubeconfig", p.pki.path("admin.kubeconfig"), "apply", "--server-side", "--force-conflicts", "-f", "-")
		command.Stdin = bytes.NewReader(manifests)
		if out, err = command.CombinedOutput(); err == nil {
			return nil
		}
		time.Sleep(time.Second)
	}
	return fmt.Errorf("applying: %w\n%s", err, out)
}

func (p *Plane) tekton(ctx context.Context, ports []int) error {
	if err := p.apply([]byte("apiVersion: v1\nkind: Namespace\nmetadata: {name: tekton-pipelines}\n")); err != nil {
		return err
	}
	config := filepath.Join(p.binaries.tekton, "config")
	if err := p.install("tekton-pipelines-webhook", ports[0], config+"/100-namespace/*.yaml", config+"/300-crds/*.yaml",
		config+"/2*.yaml", config+"/clusterrole-*.yaml", config+"/config-*.yaml", config+"/500-webhooks.yaml"); err != nil {
		return err
	}
	if err := p.account("tekton-pipelines-webhook"); err != nil {
		return err
	}
	if err := p.run("tekton-webhook", []string{
		"SYSTEM_NAMESPACE=tekton-pipelines", "KUBERNETES_MIN_VERSION=v1.28.0", "CONFIG_LOGGING_NAME=config-logging",
		"CONFIG_OBSERVABILITY_NAME=config-observability", "CONFIG_FEATURE_FLAGS_NAME=feature-flags", "CONFIG_DEFAULTS_NAME=config-defaults",
		"CONFIG_SPIRE=config-spire", "METRICS_DOMAIN=tekton.dev/pipeline", "CONFIG_LEADERELECTION_NAME=config-leader-election-webhook",
		"WEBHOOK_SERVICE_NAME=tekton-pipelines-webhook", "WEBHOOK_SECRET_NAME=webhook-certs",
		"WEBHOOK_ADMISSION_CONTROLLER_NAME=webhook.pipeline.tekton.dev", "POD_NAME=webhook-0",
		fmt.Sprintf("WEBHOOK_PORT=%d", ports[0]), fmt.Sprintf("PROBES_PORT=%d", ports[1]),
		"KUBECONFIG=" + p.pki.path("tekton-pipelines-webhook.kubeconfig"),
	}); err != nil {
		return err
	}
	return p.answers(ctx, "Tekton's webhook", "/apis/tekton.dev/v1/namespaces/default/tasks",
		`{"apiVersion":"tekton.dev/v1","kind":"Task","metadata":{"name":"probe"},"spec":{"steps":[{"name":"a","image":"a"}]}}`,
		`{"apiVersion":"tekton.dev/v1","kind":"Task","metadata":{"name":"probe"},"spec":{"steps":[]}}`)
}

func (p *Plane) triggers(ctx context.Context, ports []int) error {
	config := filepath.Join(p.binaries.triggers, "config")
	if err := p.install("tekton-triggers-webhook", ports[0], config+"/300*.yaml", config+"/2*.yaml",
		config+"/clusterrole-*.yaml", config+"/config-*.yaml", config+"/500-webhooks.yaml"); err != nil {
		return err
	}
	if err := p.account("tekton-triggers-webhook"); err != nil {
		return err
	}
	if err := p.run("triggers-webhook", []string{
		"SYSTEM_NAMESPACE=tekton-pipelines", "KUBERNETES_MIN_VERSION=v1.28.0", "CONFIG_LOGGING_NAME=config-logging-triggers",
		"CONFIG_OBSERVABILITY_NAME=config-observability-triggers", "CONFIG_LEADERELECTION_NAME=config-leader-election-triggers-webhook",
		"CONFIG_DEFAULTS_NAME=config-defaults-triggers", "CONFIG_FEATURE_FLAGS_NAME=feature-flags-triggers", "METRICS_DOMAIN=tekton.dev/triggers",
		"WEBHOOK_SERVICE_NAME=tekton-triggers-webhook", "WEBHOOK_SECRET_NAME=triggers-webhook-certs", "POD_NAME=triggers-webhook-0",
		fmt.Sprintf("WEBHOOK_PORT=%d", ports[0]), fmt.Sprintf("PORT=%d", ports[0]), fmt.Sprintf("PROBES_PORT=%d", ports[1]), fmt.Sprintf("METRICS_PROMETHEUS_PORT=%d", ports[2]),
		"KUBECONFIG=" + p.pki.path("tekton-triggers-webhook.kubeconfig"),
	}); err != nil {
		return err
	}
	return p.answers(ctx, "the webhook of Triggers", "/apis/triggers.tekton.dev/v1beta1/namespaces/default/triggerbindings",
		`{"apiVersion":"triggers.tekton.dev/v1beta1","kind":"TriggerBinding","metadata":{"name":"probe"},"spec":{"params":[{"name":"a","value":"b"}]}}`,
		`{"apiVersion":"triggers.tekton.dev/v1beta1","kind":"TriggerBinding","metadata":{"name":"probe"},"spec":{"params":[{"name":"a","value":"b"},{"name":"a","value":"c"}]}}`)
}

// account writes a kubeconfig with a token of a service account.
func (p *Plane) account(name string) error {
	status, body, err := p.Do("POST", "/api/v1/namespaces/tekton-pipelines/serviceaccounts/"+name+"/token",
		[]byte(`{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":36000}}`))
	if err != nil || status >= 300 {
		return fmt.Errorf("a token for %s: %d %s %w", name, status, body, err)
	}
	var answer struct{ Status struct{ Token string } }
	if err := json.Unmarshal(body, &answer); err != nil {
		return err
	}
	return p.kubeconfig(name, fmt.Sprintf("{token: %q}", answer.Status.Token))
}

// answers waits until a webhook takes what is right and refuses what is wrong.
func (p *Plane) answers(ctx context.Context, who, path, right, wrong string) error {
	return wait(ctx, who, func() error {
		status, body, err := p.Do("POST", path+"?dryRun=All", []byte(right))
		if err != nil || status >= 300 {
			return fmt.Errorf("%d %s %w", status, body, err)
		}
		status, _, err = p.Do("POST", path+"?dryRun=All", []byte(wrong))
		if err == nil && status < 300 {
			err = errors.New("it takes everything")
		}
		return err
	})
}

// Do sends a request to the API server and returns the status and body of its answer.
func (p *Plane) Do(method, path string, body []byte) (int, []byte, error) {
	request, err := http.NewRequest(method, p.URL+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := p.Client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// run starts a program in the background, with its output in a log.
func (p *Plane) run(name string, env []string, args ...string) error {
	log, err := os.Create(filepath.Join(p.dir, name+".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(filepath.Join(p.binaries.dir, name), args...)
	command.Env = append(os.Environ(), env...)
	command.Stdout, command.Stderr = log, log
	// The programs end with the test, also when it is killed.
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	p.processes = append(p.processes, command)
	return nil
}

// Stop ends all programs.
func (p *Plane) Stop() {
	for i := len(p.processes) - 1; i >= 0; i-- {
		_ = p.processes[i].Process.Kill()
		_ = p.processes[i].Wait()
	}
}

// logs gives the end of each log, for a start that failed.
func (p *Plane) logs() string {
	var b strings.Builder
	files, _ := filepath.Glob(filepath.Join(p.dir, "*.log"))
	for _, file := range files {
		data, _ := os.ReadFile(file)
		fmt.Fprintf(&b, "== %s\n%s\n", filepath.Base(file), data[max(0, len(data)-2000):])
	}
	return b.String()
}

func wait(ctx context.Context, what string, ready func() error) error {
	var last error
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		if last = ready(); last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s does not answer: %w", what, last)
}

func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
