package controlplane

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"
)

// service is how webhooks are named in the manifests of Tekton. The API server reaches them as
// services of the type ExternalName, at the port of each webhook's clientConfig: knative accepts
// no URL there.
var service = regexp.MustCompile(`(?m)^( +)service:\n((?: +name: tekton-[a-z-]+\n +namespace: tekton-pipelines\n)|(?: +namespace: tekton-pipelines\n +name: tekton-[a-z-]+\n))`)

// install applies manifests of a module, with the port of its webhook filled in.
func (p *Plane) install(name string, port int, patterns ...string) error {
	all, err := manifests(patterns...)
	if err != nil {
		return err
	}
	text := service.ReplaceAllString(string(all), fmt.Sprintf("${1}service:\n${1}  port: %d\n${2}", port))
	text += fmt.Sprintf("---\napiVersion: v1\nkind: Service\nmetadata: {name: %s, namespace: tekton-pipelines}\nspec: {type: ExternalName, externalName: localhost}\n", name)
	return p.apply([]byte(text))
}

// applyFiles applies manifests of a module as they are.
func (p *Plane) applyFiles(patterns ...string) error {
	all, err := manifests(patterns...)
	if err != nil {
		return err
	}
	return p.apply(all)
}

// manifests reads the files that patterns match as one stream.
func manifests(patterns ...string) ([]byte, error) {
	var all bytes.Buffer
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			return nil, fmt.Errorf("no manifests %s: %w", pattern, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&all, "---\n%s\n", data)
		}
	}
	return all.Bytes(), nil
}

// apply hands manifests to kubectl, in two passes: what is of a definition of the same text comes
// when that is established.
func (p *Plane) apply(manifests []byte) error {
	var out []byte
	var err error
	for range 5 {
		command := exec.Command(p.binaries.Path("kubectl"), "--kubeconfig", p.pki.path("admin.kubeconfig"), "apply", "--server-side", "--force-conflicts", "-f", "-")
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
	if err := p.featureFlags(); err != nil {
		return err
	}
	if err := p.account("tekton-pipelines", "tekton-pipelines-webhook"); err != nil {
		return err
	}
	if err := p.run("tekton-webhook", append(p.tektonEnv("tekton-pipelines-webhook"),
		"CONFIG_LEADERELECTION_NAME=config-leader-election-webhook",
		"WEBHOOK_SERVICE_NAME=tekton-pipelines-webhook", "WEBHOOK_SECRET_NAME=webhook-certs",
		"WEBHOOK_ADMISSION_CONTROLLER_NAME=webhook.pipeline.tekton.dev", "POD_NAME=webhook-0",
		fmt.Sprintf("WEBHOOK_PORT=%d", ports[0]), fmt.Sprintf("PROBES_PORT=%d", ports[1]))); err != nil {
		return err
	}
	return p.answers(ctx, "Tekton's webhook", "/apis/tekton.dev/v1/namespaces/default/tasks",
		`{"apiVersion":"tekton.dev/v1","kind":"Task","metadata":{"name":"probe"},"spec":{"steps":[{"name":"a","image":"a"}]}}`,
		`{"apiVersion":"tekton.dev/v1","kind":"Task","metadata":{"name":"probe"},"spec":{"steps":[]}}`)
}

// tektonEnv is what the programs of Tekton Pipelines read from their environment, as its own
// deployments set it (tektoncd/pipeline, config/controller.yaml).
func (p *Plane) tektonEnv(account string) []string {
	return []string{
		"SYSTEM_NAMESPACE=tekton-pipelines", "KUBERNETES_MIN_VERSION=v1.28.0", "CONFIG_LOGGING_NAME=config-logging",
		"CONFIG_OBSERVABILITY_NAME=config-observability", "CONFIG_FEATURE_FLAGS_NAME=feature-flags", "CONFIG_DEFAULTS_NAME=config-defaults",
		"CONFIG_SPIRE=config-spire", "METRICS_DOMAIN=tekton.dev/pipeline", "KUBECONFIG=" + p.accountFile("tekton-pipelines", account),
	}
}

func (p *Plane) featureFlags() error {
	if len(p.settings.FeatureFlags) == 0 {
		return nil
	}
	data, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]string{"name": "feature-flags", "namespace": "tekton-pipelines"},
		"data": p.settings.FeatureFlags,
	})
	if err != nil {
		return err
	}
	return p.apply(data)
}

func (p *Plane) triggers(ctx context.Context, ports []int) error {
	config := filepath.Join(p.binaries.triggers, "config")
	if err := p.install("tekton-triggers-webhook", ports[0], config+"/300*.yaml", config+"/2*.yaml",
		config+"/clusterrole-*.yaml", config+"/config-*.yaml", config+"/500-webhooks.yaml"); err != nil {
		return err
	}
	if err := p.account("tekton-pipelines", "tekton-triggers-webhook"); err != nil {
		return err
	}
	if err := p.run("triggers-webhook", []string{
		"SYSTEM_NAMESPACE=tekton-pipelines", "KUBERNETES_MIN_VERSION=v1.28.0", "CONFIG_LOGGING_NAME=config-logging-triggers",
		"CONFIG_OBSERVABILITY_NAME=config-observability-triggers", "CONFIG_LEADERELECTION_NAME=config-leader-election-triggers-webhook",
		"CONFIG_DEFAULTS_NAME=config-defaults-triggers", "CONFIG_FEATURE_FLAGS_NAME=feature-flags-triggers", "METRICS_DOMAIN=tekton.dev/triggers",
		"WEBHOOK_SERVICE_NAME=tekton-triggers-webhook", "WEBHOOK_SECRET_NAME=triggers-webhook-certs", "POD_NAME=triggers-webhook-0",
		fmt.Sprintf("WEBHOOK_PORT=%d", ports[0]), fmt.Sprintf("PORT=%d", ports[0]), fmt.Sprintf("PROBES_PORT=%d", ports[1]), fmt.Sprintf("METRICS_PROMETHEUS_PORT=%d", ports[2]),
		"KUBECONFIG=" + p.accountFile("tekton-pipelines", "tekton-triggers-webhook"),
	}); err != nil {
		return err
	}
	return p.answers(ctx, "the webhook of Triggers", "/apis/triggers.tekton.dev/v1beta1/namespaces/default/triggerbindings",
		`{"apiVersion":"triggers.tekton.dev/v1beta1","kind":"TriggerBinding","metadata":{"name":"probe"},"spec":{"params":[{"name":"a","value":"b"}]}}`,
		`{"apiVersion":"triggers.tekton.dev/v1beta1","kind":"TriggerBinding","metadata":{"name":"probe"},"spec":{"params":[{"name":"a","value":"b"},{"name":"a","value":"c"}]}}`)
}

// account writes a kubeconfig with a token of a service account.
func (p *Plane) account(namespace, name string) error {
	token, err := p.Token(namespace, name)
	if err != nil {
		return err
	}
	return p.kubeconfig(namespace+"."+name, fmt.Sprintf("{token: %q}", token))
}

// accountFile is the kubeconfig of a service account.
func (p *Plane) accountFile(namespace, name string) string {
	return p.pki.path(namespace + "." + name + ".kubeconfig")
}

// Token asks the API server for a token of a service account.
func (p *Plane) Token(namespace, name string) (string, error) {
	status, body, err := p.Do("POST", "/api/v1/namespaces/"+namespace+"/serviceaccounts/"+name+"/token",
		[]byte(`{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"expirationSeconds":36000}}`))
	if err != nil || status >= 300 {
		return "", fmt.Errorf("a token for %s: %d %s %w", name, status, body, err)
	}
	var answer struct{ Status struct{ Token string } }
	err = json.Unmarshal(body, &answer)
	return answer.Status.Token, err
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
