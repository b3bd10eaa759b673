package controlplane

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// isolated is set in the process that Isolate starts.
const isolated = "TENON_ISOLATED"

// Isolated tells whether this process runs in namespaces of its own.
func Isolated() bool { return os.Getenv(isolated) != "" }

// Isolate runs this program again, with the arguments given, in a network and a mount namespace of
// its own, and returns its exit code. Programs of Tekton listen on all addresses, some at fixed
// ports: there they meet nobody, and nobody reaches them.
func Isolate(out io.Writer, args ...string) (int, error) {
	attr := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if uid := os.Getuid(); uid != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return again(out, attr, args...)
}

// IsolateNode does the same for a test with a real node, which needs namespaces of processes, names
// and memory too. The process is the first of its namespace: all that it started ends with it.
func IsolateNode(out io.Writer, args ...string) (int, error) {
	if os.Getuid() != 0 {
		return 1, errors.New("a real node needs root")
	}
	flags := syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC
	if err := makeControlGroups(); err != nil {
		return 1, err
	}
	defer removeControlGroups()
	return again(out, &syscall.SysProcAttr{Cloneflags: uintptr(flags), Pdeathsig: syscall.SIGKILL}, args...)
}

// again runs this program once more.
func again(out io.Writer, attr *syscall.SysProcAttr, args ...string) (int, error) {
	command := exec.Command("/proc/self/exe", args...)
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); !strings.HasSuffix(strings.ToLower(name), "_proxy") {
			command.Env = append(command.Env, pair)
		}
	}
	command.Env = append(command.Env, isolated+"=1")
	command.Stdout, command.Stderr = out, out
	command.SysProcAttr = attr
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		return 1, fmt.Errorf("namespaces: %w", err)
	}
	return command.ProcessState.ExitCode(), nil
}

// Loopback makes the isolated network usable: its loopback device is up, and names of services
// lead to it.
func Loopback(dir string, names ...string) error {
	if err := loopbackUp(); err != nil {
		return fmt.Errorf("the loopback device: %w", err)
	}
	hosts := dir + "/hosts"
	text := "127.0.0.1 localhost " + strings.Join(names, " ") + "\n"
	if err := os.WriteFile(hosts, []byte(text), 0o644); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	return unix.Mount(hosts, "/etc/hosts", "", unix.MS_BIND, "")
}

func loopbackUp() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(socket), unix.SIOCSIFFLAGS, uintptr(unsafe.Pointer(request))); errno != 0 {
		return errno
	}
	return nil
}

// MountAccount puts what a pod has of its service account where programs look for it. Only the
// isolated process and those that it starts see it.
func MountAccount(token, namespace string, ca []byte) error {
	const folder = "/run/secrets/kubernetes.io/serviceaccount"
	if _, err := os.Stat(folder); err != nil {
		// A file system of its own, so that nothing of the machine changes.
		if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, ""); err != nil {
			return err
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
	}
	for name, data := range map[string][]byte{"token": []byte(token), "namespace": []byte(namespace), "ca.crt": ca} {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}
