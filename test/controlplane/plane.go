package controlplane

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"tenon.dev/tenon/test/signedregistry"
)

// Plane is a running control plane.
type Plane struct {
	// URL of the API server, and a client of it that may do everything.
	URL    string
	Client *http.Client

	dir       string
	settings  Settings
	binaries  Binaries
	pki       *pki
	processes []*exec.Cmd
	registry  *signedregistry.Registry
}

// Settings are what a test wants of a control plane.
type Settings struct {
	// Alone says that objects are sent one by one: the admission plugins that look whether the
	// account or priority class that an object names exists are off.
	Alone bool
	// Registries are the host names that a real node finds its images by.
	Registries []string
	// RegistryAddresses are those that it is found at beside the node's own.
	RegistryAddresses []string
	// Node says that pods of a real node reach the API server.
	Node bool
	// FeatureFlags of Tekton, written over those that it ships.
	FeatureFlags map[string]string
}

// Start starts a control plane in a folder of its own, in which the logs are, and waits until
// both webhooks answer. Stop ends it.
func Start(ctx context.Context, b Binaries, dir string, s Settings) (*Plane, error) {
	p := &Plane{dir: dir, binaries: b, settings: s}
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
	address := []string{"--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--endpoint-reconciler-type", "none", "--authorization-mode", "RBAC"}
	if p.settings.Node {
		var err error
		if address, err = p.nodeAddress(); err != nil {
			return err
		}
		ports[2] = apiPort
	}
	p.URL = fmt.Sprintf("https://127.0.0.1:%d", ports[2])
	args := []string{
		"--etcd-servers", etcd, "--secure-port", fmt.Sprint(ports[2]), "--service-cluster-ip-range", serviceRange,
		"--cert-dir", p.dir, "--tls-cert-file", p.pki.path("apiserver.crt"), "--tls-private-key-file", p.pki.path("apiserver.key"),
		"--client-ca-file", p.pki.path("ca.crt"), "--service-account-issuer", "https://kubernetes.default.svc",
		"--service-account-key-file", p.pki.path("accounts.pub"), "--service-account-signing-key-file", p.pki.path("accounts.key"),
		"--allow-privileged",
	}
	args = append(args, address...)
	policy := `{"apiVersion":"audit.k8s.io/v1","kind":"Policy","rules":[{"level":"Metadata","userGroups":["system:serviceaccounts"],"omitStages":["RequestReceived"]}]}`
	if err := os.WriteFile(p.pki.path("audit.json"), []byte(policy), 0o600); err != nil {
		return err
	}
	args = append(args, "--audit-policy-file", p.pki.path("audit.json"), "--audit-log-path", p.AuditLog())
	if p.settings.Alone {
		args = append(args, "--disable-admission-plugins", "ServiceAccount,Priority,RuntimeClass")
	}
	if err := p.run("kube-apiserver", nil, args...); err != nil {
		return err
	}
	if err := p.connect(); err != nil {
		return err
	}
	if err := p.certified("admin"); err != nil {
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

// certified writes a kubeconfig for the certificate of the same name.
func (p *Plane) certified(name string) error {
	return p.kubeconfig(name, fmt.Sprintf(`{client-certificate: %s, client-key: %s}`, p.pki.path(name+".crt"), p.pki.path(name+".key")))
}

// Kubeconfig is the file by which a client may do everything.
func (p *Plane) Kubeconfig() string { return p.pki.path("admin.kubeconfig") }

// AuditLog is the file in which the API server notes what service accounts ask for, as one
// audit.k8s.io/v1 Event a line.
func (p *Plane) AuditLog() string { return p.pki.path("audit.log") }

// CA is the file with the certificate that the API server is trusted by.
func (p *Plane) CA() string { return p.pki.path("ca.crt") }

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

// Do sends a request to the API server and returns the status and body of its answer.
func (p *Plane) Do(method, path string, body []byte) (int, []byte, error) {
	request, err := http.NewRequest(method, p.URL+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", contentType(method))
	response, err := p.Client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// run starts a program in the background, with its output in a log.
func (p *Plane) run(program string, env []string, args ...string) error {
	return p.runAs(program, program, env, args...)
}

func (p *Plane) runAs(name, program string, env []string, args ...string) error {
	log, err := os.Create(filepath.Join(p.dir, name+".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(p.binaries.Path(program), args...)
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
	for deadline := time.Now().Add(6 * time.Minute); time.Now().Before(deadline); {
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

// Log is what a program has written so far.
func (p *Plane) Log(name string) string {
	data, _ := os.ReadFile(filepath.Join(p.dir, name+".log"))
	return string(data)
}

func contentType(method string) string {
	if method == http.MethodPatch {
		return "application/merge-patch+json"
	}
	return "application/json"
}
