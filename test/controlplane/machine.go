package controlplane

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// The network of a real node: its own address on a bridge without a port, the pods behind another.
const (
	// NodeAddress is the node's, and what the API server advertises.
	NodeAddress = "10.250.0.1"
	// apiPort of the API server: policies name it.
	apiPort = 6443

	// secondAddress is that of a second node, behind the first one's bridge.
	secondAddress = "10.250.0.2"

	podRange          = "10.244.0.0/24"
	secondPodRange    = "10.244.1.0/24"
	serviceRange      = "10.100.0.0/16"
	apiServiceAddress = "10.100.0.1"
	dnsAddress        = "10.100.0.10"
)

// sysctls that kubelet writes are the whole machine's: it finds files that say already what it wants
// (kubernetes, pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables).
var sysctls = map[string]string{
	"vm/overcommit_memory": "1", "vm/panic_on_oom": "0", "kernel/panic": "10", "kernel/panic_on_oops": "1",
	"kernel/keys/root_maxkeys": "1000000", "kernel/keys/root_maxbytes": "25000000",
}

// Machine makes a machine of the namespaces that IsolateNode started this process in: folders, network
// and names of its own. Addresses are those of servers outside of the cluster.
func Machine(dir string, names map[string][]string) error {
	if err := mounts(dir, names); err != nil {
		return err
	}
	if err := unix.Sethostname([]byte("node")); err != nil {
		return err
	}
	if err := loopbackUp(); err != nil {
		return err
	}
	commands := []string{
		"link add node0 type bridge", "addr add " + NodeAddress + "/24 dev node0", "link set node0 up", "route add default dev node0",
	}
	for address := range names {
		if address != NodeAddress && !strings.HasPrefix(address, "127.") {
			commands = append(commands, "addr add "+address+"/32 dev node0")
		}
	}
	if err := ip(commands...); err != nil {
		return err
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", []byte("0"), 0o644); err != nil {
		return err
	}
	return forwarding()
}

// ip runs commands of that program.
func ip(commands ...string) error {
	for _, command := range commands {
		if out, err := exec.Command("ip", strings.Fields(command)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", command, err, out)
		}
	}
	return nil
}

// forwarding lets a machine pass on what comes from its pods, through the firewall.
func forwarding() error {
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644); err != nil {
		return err
	}
	return os.WriteFile("/proc/sys/net/bridge/bridge-nf-call-iptables", []byte("1"), 0o644)
}

// mounts makes the folders that kubelet and containerd know by name, which end with the namespace.
func mounts(dir string, names map[string][]string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	// Kubelet hands mounts on to containers and back.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""); err != nil {
		return err
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, "mode=755"); err != nil {
		return err
	}
	var hosts strings.Builder
	fmt.Fprintf(&hosts, "127.0.0.1 localhost\n%s node\n", NodeAddress)
	for address, of := range names {
		fmt.Fprintln(&hosts, address, strings.Join(of, " "))
	}
	files := map[string]string{"/etc/hosts": hosts.String(), "/etc/resolv.conf": "nameserver " + NodeAddress + "\n"}
	for name, text := range sysctls {
		files["/proc/sys/"+name] = text + "\n"
	}
	for target, text := range files {
		file := filepath.Join(dir, strings.ReplaceAll(target, "/", "_"))
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return err
		}
		if err := bind(file, target); err != nil {
			return err
		}
	}
	for _, target := range []string{"/var/lib/kubelet", "/var/log/pods", "/var/log/containers"} {
		folder := filepath.Join(dir, strings.ReplaceAll(target, "/", "_"))
		for _, made := range []string{folder, target} {
			if err := os.MkdirAll(made, 0o755); err != nil {
				return err
			}
		}
		if err := bind(folder, target); err != nil {
			return err
		}
	}
	return nil
}

func bind(source, target string) error {
	if err := unix.Mount(source, target, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mounting %s: %w", target, err)
	}
	return nil
}
