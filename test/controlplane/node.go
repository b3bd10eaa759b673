package controlplane

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// RunNode starts a real node and what decides about it: kubelet, containerd with CNI's bridge, kube-proxy,
// kube-router, which enforces network policies, CoreDNS with the names given, a device plugin that offers
// GPUs without having any, the controller-manager and the scheduler.
func (p *Plane) RunNode(ctx context.Context, gpus int, names map[string][]string) error {
	for _, start := range []func() error{
		p.serveImages,
		func() error { return p.controllerManager(10257) },
		func() error { return p.scheduler(10259) },
		func() error { return p.containerd(ctx) },
		func() error { return p.kubelet(ctx) },
		p.kubeProxy,
		p.kubeRouter,
		func() error { return p.coreDNS(ctx, names) },
		func() error { return p.run("deviceplugin", nil, "nvidia.com/gpu", fmt.Sprint(gpus)) },
		func() error { return p.accountsAreMade(ctx) },
	} {
		if err := start(); err != nil {
			return fmt.Errorf("%w\n%s", err, p.logs())
		}
	}
	return nil
}

// nodeAddress are the arguments by which pods reach the API server, and it the kubelet.
func (p *Plane) nodeAddress() ([]string, error) {
	if err := p.pki.issue("kubelet-client", "kube-apiserver-kubelet-client", "system:masters"); err != nil {
		return nil, err
	}
	return []string{
		"--bind-address", "0.0.0.0", "--advertise-address", NodeAddress, "--authorization-mode", "Node,RBAC",
		"--enable-admission-plugins", "NodeRestriction", "--kubelet-preferred-address-types", "InternalIP",
		"--kubelet-certificate-authority", p.pki.path("ca.crt"),
		// Pods leave a node that is gone after ten seconds instead of five minutes.
		"--default-not-ready-toleration-seconds", "10", "--default-unreachable-toleration-seconds", "10",
		"--kubelet-client-certificate", p.pki.path("kubelet-client.crt"), "--kubelet-client-key", p.pki.path("kubelet-client.key"),
	}, nil
}

// file writes a configuration into the plane's folder.
func (p *Plane) file(name, text string) (string, error) {
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, []byte(text), 0o644)
}

// containerdConfig: every registry is the one of the test. The capability SYS_RESOURCE, without which
// runc cannot lower a score, is missing in many containers that tests run in.
const containerdConfig = `version = 3
root = "%[1]s/root"
state = "/run/containerd"
disabled_plugins = ["io.containerd.nri.v1.nri"]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins.'io.containerd.cri.v1.images']
  snapshotter = "overlayfs"
  use_local_image_pull = true
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = "registry.local/pause:1"
  [plugins.'io.containerd.cri.v1.images'.registry]
    config_path = "%[1]s/hosts"
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["%[2]s/cni"]
    conf_dir = "%[1]s/cni"
  [plugins.'io.containerd.cri.v1.runtime'.containerd]
    default_runtime_name = "runc"
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
        BinaryName = "/usr/sbin/runc"
        SystemdCgroup = false
`

const bridge = `{"cniVersion": "1.0.0", "name": "pods", "plugins": [{
  "type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
  "ipam": {"type": "host-local", "dataDir": %q, "ranges": [[{"subnet": %q}]], "routes": [{"dst": "0.0.0.0/0"}]}
}]}`

func (p *Plane) containerd(ctx context.Context) error {
	config, err := p.containerdConfig("containerd", podRange, "[host.\"http://"+registryAddress+"\"]\n")
	if err != nil {
		return err
	}
	if err := p.run("containerd", []string{p.containerdPath()}, "--config", config); err != nil {
		return err
	}
	return wait(ctx, "containerd", func() error {
		connection, err := net.Dial("unix", "/run/containerd/containerd.sock")
		if err != nil {
			return err
		}
		return connection.Close()
	})
}

// containerdConfig writes what containerd reads into a folder of the plane's: host says where it finds all images.
func (p *Plane) containerdConfig(folder, pods, host string) (string, error) {
	dir := filepath.Join(p.dir, folder)
	if _, err := p.file(folder+"/hosts/_default/hosts.toml", host+"  capabilities = [\"pull\", \"resolve\"]\n"); err != nil {
		return "", err
	}
	if _, err := p.file(folder+"/cni/10-bridge.conflist", fmt.Sprintf(bridge, filepath.Join(dir, "addresses"), pods)); err != nil {
		return "", err
	}
	return p.file(folder+"/config.toml", fmt.Sprintf(containerdConfig, dir, filepath.Dir(filepath.Dir(p.binaries.Path("cni/bridge")))))
}

func (p *Plane) containerdPath() string {
	return "PATH=" + filepath.Dir(p.binaries.Path("containerd")) + ":" + programPath
}

// programPath is where Debian has runc and iptables.
const programPath = "/usr/sbin:/usr/bin:/sbin:/bin"

// kubeletConfig: the disk is one that the machine shares with others, so that what they fill evicts nothing here.
const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: /%[2]s
failSwapOn: false
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: %[1]s/ca.crt}}
authorization: {mode: Webhook}
address: %[3]s
tlsCertFile: %[1]s/kubelet.crt
tlsPrivateKeyFile: %[1]s/kubelet.key
clusterDNS: [` + dnsAddress + `]
clusterDomain: cluster.local
resolvConf: /etc/resolv.conf
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
healthzBindAddress: 127.0.0.1
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 100Mi, nodefs.available: 0%%, imagefs.available: 0%%, nodefs.inodesFree: 0%%, imagefs.inodesFree: 0%%}
maxPods: 80
serializeImagePulls: false
registryPullQPS: 0
eventRecordQPS: 0
`

func (p *Plane) kubelet(ctx context.Context) error {
	if err := p.pki.issue("node", "system:node:node", "system:nodes"); err != nil {
		return err
	}
	if err := p.certified("node"); err != nil {
		return err
	}
	if err := p.pki.issue("kubelet", "node", "", "node"); err != nil {
		return err
	}
	config, err := p.file("kubelet.yaml", fmt.Sprintf(kubeletConfig, p.dir, controlGroup, NodeAddress))
	if err != nil {
		return err
	}
	if err := p.run("kubelet", []string{"PATH=" + programPath}, "--config", config, "--kubeconfig", p.pki.path("node.kubeconfig"),
		"--hostname-override", "node", "--node-ip", NodeAddress, "--root-dir", "/var/lib/kubelet"); err != nil {
		return err
	}
	return wait(ctx, "the node", func() error {
		status, body, err := p.Do("GET", "/api/v1/nodes/node", nil)
		if err == nil && (status != 200 || !strings.Contains(string(body), `"reason":"KubeletReady"`)) {
			err = fmt.Errorf("%d %.200s", status, body)
		}
		return err
	})
}

const proxyConfig = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clientConnection: {kubeconfig: %s}
clusterCIDR: ` + podRange + `
hostnameOverride: %s
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
`

func (p *Plane) kubeProxy() error {
	if err := p.pki.issue("proxy", "system:kube-proxy", ""); err != nil {
		return err
	}
	if err := p.certified("proxy"); err != nil {
		return err
	}
	config, err := p.file("proxy.yaml", fmt.Sprintf(proxyConfig, p.pki.path("proxy.kubeconfig"), "node"))
	if err != nil {
		return err
	}
	return p.run("kube-proxy", []string{"PATH=" + programPath}, "--config", config)
}

// kubeRouter enforces network policies by iptables and ipset. The reference, kube-network-policies, needs
// a queue of nftables, which kernels of test machines lack.
func (p *Plane) kubeRouter() error {
	status, body, err := p.Do("PATCH", "/api/v1/nodes/node", []byte(`{"spec":{"podCIDR":"`+podRange+`","podCIDRs":["`+podRange+`"]}}`))
	if err != nil || status >= 300 {
		return fmt.Errorf("the node's range of pods: %d %s %w", status, body, err)
	}
	return p.run("kube-router", []string{"PATH=" + programPath, "NODE_NAME=node"}, "--run-router=false", "--run-firewall=true", "--run-service-proxy=false",
		"--kubeconfig", p.Kubeconfig(), "--hostname-override", "node", "--iptables-sync-period", "10s", "--health-port", "20244", "--metrics-port", "0")
}

const dns = `apiVersion: v1
kind: ServiceAccount
metadata: {name: coredns, namespace: kube-system}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "system:coredns"}
rules:
- {apiGroups: [""], resources: [services, pods, namespaces], verbs: [list, watch]}
- {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: "system:coredns"}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:coredns"}
subjects: [{kind: ServiceAccount, name: coredns, namespace: kube-system}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: coredns, namespace: kube-system}
data:
  Corefile: |
    .:53 {
      errors
      ready
      hosts {
%s
        fallthrough
      }
      kubernetes cluster.local in-addr.arpa ip6.arpa
      cache 30
    }
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: coredns, namespace: kube-system}
spec:
  selector: {matchLabels: {k8s-app: kube-dns}}
  template:
    metadata: {labels: {k8s-app: kube-dns}}
    spec:
      serviceAccountName: coredns
      dnsPolicy: Default
      containers:
      - name: coredns
        image: registry.local/coredns:1
        args: [-conf, /etc/coredns/Corefile]
        readinessProbe: {httpGet: {path: /ready, port: 8181}, periodSeconds: 1}
        volumeMounts: [{name: config, mountPath: /etc/coredns}]
      volumes: [{name: config, configMap: {name: coredns}}]
---
apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec:
  clusterIP: ` + dnsAddress + `
  selector: {k8s-app: kube-dns}
  ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]
`

func (p *Plane) coreDNS(ctx context.Context, names map[string][]string) error {
	var hosts []string
	for address, of := range names {
		hosts = append(hosts, "        "+address+" "+strings.Join(of, " "))
	}
	if err := p.apply([]byte(fmt.Sprintf(dns, strings.Join(hosts, "\n")))); err != nil {
		return err
	}
	return p.available(ctx, "kube-system", "coredns")
}

// available waits until a Deployment has a pod that is ready.
func (p *Plane) available(ctx context.Context, namespace, name string) error {
	return wait(ctx, "the deployment "+name, func() error {
		status, body, err := p.Do("GET", "/apis/apps/v1/namespaces/"+namespace+"/deployments/"+name, nil)
		if err == nil && (status != 200 || !strings.Contains(string(body), `"availableReplicas":`)) {
			err = fmt.Errorf("%d, not available", status)
		}
		return err
	})
}
