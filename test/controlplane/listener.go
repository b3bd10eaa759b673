package controlplane

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"
)

// InterceptorsHost is the name by which listeners reach the core interceptors: it has to lead to
// this machine, as Isolate sees to.
const InterceptorsHost = "tekton-triggers-core-interceptors.tekton-pipelines.svc"

// RunInterceptors starts the core interceptors of Triggers: GitHub's, CEL's and the others.
func (p *Plane) RunInterceptors(ctx context.Context) error {
	config := filepath.Join(p.binaries.triggers, "config", "interceptors")
	if err := p.applyFiles(config+"/00-*.yaml", config+"/core-interceptors.yaml"); err != nil {
		return err
	}
	if err := p.account("tekton-pipelines", "tekton-triggers-core-interceptors"); err != nil {
		return err
	}
	if err := p.run("interceptors", []string{
		"SYSTEM_NAMESPACE=tekton-pipelines", "CONFIG_LOGGING_NAME=config-logging-triggers", "CONFIG_OBSERVABILITY_NAME=config-observability-triggers",
		"METRICS_DOMAIN=tekton.dev/triggers", "INTERCEPTOR_TLS_SVC_NAME=tekton-triggers-core-interceptors",
		"INTERCEPTOR_TLS_SECRET_NAME=tekton-triggers-core-interceptors-certs", "KUBERNETES_MIN_VERSION=v1.28.0",
		"KUBECONFIG=" + p.accountFile("tekton-pipelines", "tekton-triggers-core-interceptors"),
	}); err != nil {
		return err
	}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		// It asks whether it answers; listeners look at the certificate.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec
	}}
	return p.serves(ctx, client, "the interceptors", "https://"+InterceptorsHost+":8443/ready")
}

// debugLogging lets a listener say why an interceptor stops an event, which it does at this level
// only (tektoncd/triggers, pkg/sink/sink.go).
const debugLogging = `{"zap-logger-config":"{\"level\":\"debug\",\"encoding\":\"json\",\"outputPaths\":[\"stderr\"],\"errorOutputPaths\":[\"stderr\"],\"encoderConfig\":{\"levelKey\":\"severity\",\"messageKey\":\"message\",\"levelEncoder\":\"capital\"}}"}`

// RunListener starts the sink of an EventListener with the token of its own account, as the
// controller of Triggers would in a pod, and returns its address
// (tektoncd/triggers, pkg/reconciler/eventlistener/resources/deployment.go).
func (p *Plane) RunListener(ctx context.Context, namespace, name, account string) (string, error) {
	ports, err := freePorts(2)
	if err != nil {
		return "", err
	}
	if err := p.account(namespace, account); err != nil {
		return "", err
	}
	args := []string{
		"--el-name", name, "--el-namespace", namespace, "--port", fmt.Sprint(ports[0]), "--readtimeout=5", "--writetimeout=40", "--idletimeout=120",
		"--timeouthandler=30", "--is-multi-ns=false", "--payload-validation=true", "--httpclient-readtimeout=30", "--httpclient-keep-alive=30",
		"--httpclient-tlshandshaketimeout=10", "--httpclient-responseheadertimeout=10", "--httpclient-expectcontinuetimeout=1",
	}
	env := []string{
		"SYSTEM_NAMESPACE=" + namespace, "NAMESPACE=" + namespace, "NAME=" + name, "EL_EVENT=disable", "CONFIG_LOGGING_NAME=config-logging-triggers",
		"METRICS_DOMAIN=tekton.dev/triggers", fmt.Sprintf("METRICS_PROMETHEUS_PORT=%d", ports[1]), "K_SINK_TIMEOUT=30",
		"K_LOGGING_CONFIG=" + debugLogging, "KUBECONFIG=" + p.accountFile(namespace, account),
	}
	if err := p.runAs("listener-"+namespace, "eventlistenersink", env, args...); err != nil {
		return "", err
	}
	url := fmt.Sprintf("http://127.0.0.1:%d", ports[0])
	return url, p.serves(ctx, http.DefaultClient, "the listener "+name, url+"/live")
}

// serves waits until an address answers.
func (p *Plane) serves(ctx context.Context, client *http.Client, who, url string) error {
	err := wait(ctx, who, func() error {
		response, err := client.Get(url)
		if err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK {
			err = errors.New(response.Status)
		}
		response.Body.Close()
		return err
	})
	if err != nil {
		return fmt.Errorf("%w\n%s", err, p.logs())
	}
	return nil
}
