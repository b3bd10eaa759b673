package controlplane

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// secondNode is set in the first process of a second node, to the file that says what runs there.
const secondNode = "TENON_SECOND_NODE"

// SecondName is what the second node is called.
const SecondName = "node2"

// machine is what a second node is made of.
type machine struct {
	// Dir holds its folders, and Names the hosts that it knows by address.
	Dir   string
	Names map[string][]string
	// Programs are started one after the other, each with its variables and arguments.
	Programs []started
}

type started struct {
	Name string
	Path string
	Env  []string
	Args []string
}

// IsSecondNode tells whether this process is the first of a second node.
func IsSecondNode() bool { return os.Getenv(secondNode) != "" }

// SecondNode is all that this process does then: it makes a machine of its namespaces, starts the node's programs, and
// waits until it is killed, by which they all end.
func SecondNode() error {
	data, err := os.ReadFile(os.Getenv(secondNode))
	if err != nil {
		return err
	}
	var m machine
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	if err := mounts(m.Dir, m.Names); err != nil {
		return err
	}
	if err := unix.Sethostname([]byte(SecondName)); err != nil {
		return err
	}
	if err := loopbackUp(); err != nil {
		return err
	}
	for range 100 {
		if _, err = net.InterfaceByName("n2b"); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	if err := ip("addr add "+secondAddress+"/24 dev n2b", "link set n2b up", "route add default via "+NodeAddress); err != nil {
		return err
	}
	if err := forwarding(); err != nil {
		return err
	}
	for _, s := range m.Programs {
		log, err := os.Create(filepath.Join(filepath.Dir(m.Dir), s.Name+"2.log"))
		if err != nil {
			return err
		}
		command := exec.Command(s.Path, s.Args...)
		command.Env = append(os.Environ(), s.Env...)
		command.Stdout, command.Stderr = log, log
		if err := command.Start(); err != nil {
			return fmt.Errorf("starting %s: %w", s.Name, err)
		}
		time.Sleep(time.Second) // kubelet wants containerd to be there
	}
	for { // the first process of a namespace is whom orphans belong to
		if _, err := unix.Wait4(-1, nil, 0, nil); errors.Is(err, unix.ECHILD) {
			return errors.New("nothing runs on the second node")
		}
	}
}

// RunSecondNode starts another node, with a kubelet, a containerd and a kube-proxy of its own in namespaces of its own,
// and GPUs as the first one offers. Network policies are not enforced there. It dies as a machine does, all at once, when
// what is returned is called.
func (p *Plane) RunSecondNode(ctx context.Context, gpus int, names map[string][]string) (die func(), err error) {
	spec, err := p.secondMachine(gpus, names)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(p.dir, "node2.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command := exec.Command("/proc/self/exe")
	command.Env = append(os.Environ(), secondNode+"="+spec)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC, Pdeathsig: syscall.SIGKILL,
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("starting the second node: %w", err)
	}
	p.processes = append(p.processes, command)
	if err := ip("link add n2a type veth peer name n2b", "link set n2a master node0 up", fmt.Sprintf("link set n2b netns %d", command.Process.Pid), "route add "+secondPodRange+" via "+secondAddress); err != nil {
		return nil, err
	}
	err = wait(ctx, "the second node", func() error {
		status, body, err := p.Do("GET", "/api/v1/nodes/"+SecondName, nil)
		switch {
		case err != nil:
			return err
		case status != 200:
			return fmt.Errorf("%d %.200s", status, body)
		case !strings.Contains(string(body), `"reason":"KubeletReady"`):
			return errors.New("its kubelet is not ready")
		case !strings.Contains(string(body), `"nvidia.com/gpu"`):
			return errors.New("it has no GPUs")
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, p.logs())
	}
	return func() { _ = command.Process.Kill() }, nil
}

// secondMachine writes what the second node reads, and what is started there.
func (p *Plane) secondMachine(gpus int, names map[string][]string) (string, error) {
	if err := p.pki.issue(SecondName, "system:node:"+SecondName, "system:nodes", SecondName); err != nil {
		return "", err
	}
	if err := p.certified(SecondName); err != nil {
		return "", err
	}
	host := fmt.Sprintf("[host.\"https://%s:443\"]\n  ca = %q\n", NodeAddress, p.CA())
	containerd, err := p.containerdConfig("second/containerd", secondPodRange, host)
	if err != nil {
		return "", err
	}
	var accounts []string
	for _, name := range []string{"proxy", SecondName} {
		file, err := p.fromAfar(name)
		if err != nil {
			return "", err
		}
		accounts = append(accounts, file)
	}
	proxy, err := p.file("second/proxy.yaml", fmt.Sprintf(proxyConfig, accounts[0], SecondName))
	if err != nil {
		return "", err
	}
	kubelet, err := p.file("second/kubelet.yaml", fmt.Sprintf(kubeletConfig, p.dir, secondGroup, secondAddress))
	if err != nil {
		return "", err
	}
	path := []string{"PATH=" + programPath}
	text, err := json.Marshal(machine{Dir: filepath.Join(p.dir, "second"), Names: names, Programs: []started{
		{"containerd", p.binaries.Path("containerd"), []string{p.containerdPath()}, []string{"--config", containerd}},
		{"kube-proxy", p.binaries.Path("kube-proxy"), path, []string{"--config", proxy}},
		{"kubelet", p.binaries.Path("kubelet"), path, []string{"--config", kubelet, "--kubeconfig", accounts[1], "--hostname-override", SecondName, "--node-ip", secondAddress, "--root-dir", "/var/lib/kubelet"}},
		{"deviceplugin", p.binaries.Path("deviceplugin"), nil, []string{"nvidia.com/gpu", fmt.Sprint(gpus)}},
	}})
	if err != nil {
		return "", err
	}
	return p.file("second/machine.json", string(text))
}

// fromAfar is the kubeconfig of a name for those who do not reach the API server at the loopback device.
func (p *Plane) fromAfar(name string) (string, error) {
	text, err := os.ReadFile(p.pki.path(name + ".kubeconfig"))
	if err != nil {
		return "", err
	}
	return p.file("second/"+name+".kubeconfig", strings.ReplaceAll(string(text), "127.0.0.1", NodeAddress))
}
