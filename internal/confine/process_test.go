package confine_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"tenon.dev/tenon/internal/confine"
)

// works are what a process may come to, by the name that it is called by.
var works = map[string]func(stderr *os.File) int{
	"done":     func(*os.File) int { return 0 },
	"findings": func(stderr *os.File) int { fmt.Fprintln(stderr, "found"); return 1 },
	"usage":    func(*os.File) int { return 2 },
	"overflow": func(*os.File) int { return deeper(0) },
	"memory": func(*os.File) int {
		confine.Memory(200)
		var all [][]byte
		for size := 1 << 20; ; size *= 2 {
			next := make([]byte, size)
			for i := 0; i < size; i += 4096 {
				next[i] = 1
			}
			all = append(all, next)
			if len(all) > 20 {
				return 0
			}
		}
	},
	"panic":   func(*os.File) int { panic("broken") },
	"routine": func(*os.File) int { go panic("broken elsewhere"); select {} },
	"library": func(*os.File) int { fmt.Fprintln(os.Stderr, "a library logs"); return 2 },
	"killed": func(*os.File) int {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	},
	"waits": func(stderr *os.File) int {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
		fmt.Fprintln(stderr, "ready", os.Getpid())
		return 128 + int((<-signals).(syscall.Signal))
	},
	"reads": func(*os.File) int {
		data, _ := io.ReadAll(os.Stdin)
		fmt.Print(len(data))
		return 0
	},
}

// deeper recurses further than any stack goes.
func deeper(n int) int {
	var frame [64]int
	if n == 1<<40 {
		return 0
	}
	frame[n%64] = n
	return deeper(n+1) + frame[(n+1)%64]
}

func TestMain(m *testing.M) {
	if name, ok := strings.CutPrefix(os.Args[0], "confined-"); ok {
		os.Exit(confine.Run(works[name]))
	}
	os.Exit(m.Run())
}

func command(name string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{"confined-" + name}
	return cmd
}

// TestRun: whatever becomes of the work, the exit code is one of tenon's, and people read a line.
func TestRun(t *testing.T) {
	for name, want := range map[string]struct {
		code int
		says string
	}{
		"done": {0, ""}, "findings": {1, "found\n"}, "usage": {2, ""},
		"overflow": {3, "nested so deep"}, "memory": {3, "memory limit"}, "panic": {3, "panic: broken (internal/confine/process_test.go:"},
		"routine": {3, "panic: broken elsewhere"}, "library": {2, ""}, "killed": {3, "was killed"},
	} {
		t.Run(name, func(t *testing.T) {
			if confine.Detector && name == "memory" {
				t.Skip("the race detector's own memory is refused first, and it ends the process itself")
			}
			var stderr bytes.Buffer
			cmd := command(name)
			cmd.Stderr = &stderr
			err := cmd.Run()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if cmd.ProcessState.ExitCode() != want.code || !strings.Contains(stderr.String(), want.says) {
				t.Errorf("exit code %d, want %d; says %q, want %q", cmd.ProcessState.ExitCode(), want.code, stderr.String(), want.says)
			}
			if strings.Count(stderr.String(), "\n") > 3 {
				t.Errorf("a trace is shown:\n%s", stderr.String())
			}
		})
	}
}

func TestRunPassesInput(t *testing.T) {
	cmd := command("reads")
	cmd.Stdin = strings.NewReader("12345")
	out, err := cmd.Output()
	if err != nil || string(out) != "5" {
		t.Errorf("%q, %v", out, err)
	}
}

// TestSignals: a signal to the one process reaches the other, and no process is left where the first is
// killed.
func TestSignals(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		cmd := command("waits")
		out, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var child int
		if _, err := fmt.Fscanf(out, "ready %d", &child); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if want := 128 + int(s); s != syscall.SIGKILL && cmd.ProcessState.ExitCode() != want {
			t.Errorf("%s: exit code %d, want %d", s, cmd.ProcessState.ExitCode(), want)
		}
		gone := false
		for range 100 {
			if gone = dead(child); gone {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if !gone {
			t.Errorf("%s: process %d goes on", s, child)
		}
	}
}

// dead tells whether a process is gone, or only waits for whoever reaps it.
func dead(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	fields := strings.Fields(string(status[bytes.LastIndexByte(status, ')')+1:]))
	return len(fields) > 0 && fields[0] == "Z"
}
