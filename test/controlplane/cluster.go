package controlplane

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// RunCluster starts what makes a cluster of the API server: the controller-manager, the scheduler,
// kwok, which plays the nodes and what runs on them, and Tekton's controller. Stages are kwok's
// rules for pods beside those that it ships (https://kwok.sigs.k8s.io/docs/user/stages-configuration/).
func (p *Plane) RunCluster(ctx context.Context, stages []byte) error {
	err := p.cluster(ctx, stages)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, p.logs())
	}
	return nil
}

func (p *Plane) cluster(ctx context.Context, stages []byte) error {
	ports, err := freePorts(6)
	if err != nil {
		return err
	}
	for _, start := range []func() error{
		func() error { return p.controllerManager(ports[0]) },
		func() error { return p.scheduler(ports[1]) },
		func() error { return p.kwok(stages, ports[2]) },
		func() error { return p.tektonController(ports[3:], tektonImages...) },
	} {
		if err := start(); err != nil {
			return err
		}
	}
	return p.accountsAreMade(ctx)
}

// accountsAreMade waits until the controller-manager works.
func (p *Plane) accountsAreMade(ctx context.Context) error {
	return wait(ctx, "the controller-manager", func() error {
		status, body, err := p.Do("GET", "/api/v1/namespaces/default/serviceaccounts/default", nil)
		if err == nil && status != 200 {
			err = fmt.Errorf("%s", body)
		}
		return err
	})
}

// component issues a certificate for a component of Kubernetes and writes the flags by which it
// finds the API server.
func (p *Plane) component(name, organization string) ([]string, error) {
	if err := p.pki.issue(name, name, organization); err != nil {
		return nil, err
	}
	if err := p.certified(name); err != nil {
		return nil, err
	}
	file := p.pki.path(name + ".kubeconfig")
	return []string{"--kubeconfig", file, "--authentication-kubeconfig", file, "--authorization-kubeconfig", file, "--bind-address", "127.0.0.1", "--leader-elect=false"}, nil
}

func (p *Plane) controllerManager(port int) error {
	args, err := p.component("system:kube-controller-manager", "")
	if err != nil {
		return err
	}
	return p.run("kube-controller-manager", nil, append(args, "--secure-port", fmt.Sprint(port), "--cert-dir", filepath.Join(p.dir, "controller-manager"),
		"--use-service-account-credentials", "--service-account-private-key-file", p.pki.path("accounts.key"), "--root-ca-file", p.pki.path("ca.crt"),
		"--controllers", "*,-node-ipam-controller,-bootstrap-signer-controller,-token-cleaner-controller")...)
}

func (p *Plane) scheduler(port int) error {
	args, err := p.component("system:kube-scheduler", "")
	if err != nil {
		return err
	}
	return p.run("kube-scheduler", nil, append(args, "--secure-port", fmt.Sprint(port), "--cert-dir", filepath.Join(p.dir, "scheduler"))...)
}

func (p *Plane) kwok(stages []byte, port int) error {
	if _, err := p.component("kwok", "system:masters"); err != nil {
		return err
	}
	shipped := filepath.Join(p.binaries.kwok, "kustomize", "stage")
	all := bytes.NewBuffer(stages)
	for _, file := range []string{"node/fast/node-initialize", "node/heartbeat-with-lease/node-heartbeat-with-lease", "pod/fast/pod-ready", "pod/fast/pod-complete", "pod/fast/pod-delete"} {
		data, err := os.ReadFile(filepath.Join(shipped, file+".yaml"))
		if err != nil {
			return err
		}
		fmt.Fprintf(all, "---\n%s\n", data)
	}
	config := filepath.Join(p.dir, "stages.yaml")
	if err := os.WriteFile(config, all.Bytes(), 0o600); err != nil {
		return err
	}
	return p.run("kwok", nil, "--kubeconfig", p.pki.path("kwok.kubeconfig"), "--manage-all-nodes", "--config", config,
		"--node-ip", "127.0.0.1", "--node-port", fmt.Sprint(port), "--cidr", "10.244.0.0/16", "--node-lease-duration-seconds", "40")
}

// The images that Tekton's controller puts into pods; nothing pulls them here.
var tektonImages = []string{
	"-entrypoint-image", "registry.invalid/entrypoint:v1", "-nop-image", "registry.invalid/nop:v1",
	"-sidecarlogresults-image", "registry.invalid/sidecarlogresults:v1", "-workingdirinit-image", "registry.invalid/workingdirinit:v1",
	"-shell-image", "registry.invalid/shell:v1", "-shell-image-win", "registry.invalid/shell-win:v1",
}

func (p *Plane) tektonController(ports []int, images ...string) error {
	if err := p.account("tekton-pipelines", "tekton-pipelines-controller"); err != nil {
		return err
	}
	return p.run("tekton-controller", append(p.tektonEnv("tekton-pipelines-controller"),
		"CONFIG_LEADERELECTION_NAME=config-leader-election-controller", "POD_NAME=controller-0",
		fmt.Sprintf("PROBES_PORT=%d", ports[0]), fmt.Sprintf("PROFILING_PORT=%d", ports[1])), images...)
}
