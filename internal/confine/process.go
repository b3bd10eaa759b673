package confine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// within marks a process as the one that does the work, with the id of the one that watches it.
const within = "TENON_WITHIN"

// ExitFailure is the exit code of work that could not be done.
const ExitFailure = 3

// maxStack bounds one goroutine's stack: what recurses deeper than this has no end.
const maxStack = 256 << 20

// Run does the work of a command in a process of its own and returns its exit code. Go cannot recover
// from memory or a stack that has run out: the process ends, and the one that watches it says so in a
// line instead of a trace. Work gets the standard error that people see; what the runtime writes goes
// to the watching process. Nothing is left to reap where work ends, and nothing runs on where the
// watching process is killed.
func Run(work func(stderr *os.File) int) int {
	if os.Getenv(within) == strconv.Itoa(os.Getppid()) {
		return inside(work)
	}
	crash, err := newCrash()
	if err != nil {
		return work(os.Stderr)
	}
	child := exec.Cmd{
		Path: own(), Args: os.Args, Env: append(os.Environ(), within+"="+strconv.Itoa(os.Getpid())),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: crash.write, ExtraFiles: []*os.File{os.Stderr},
		SysProcAttr: endsWithParent(),
	}
	// Pdeathsig is about the thread that starts the child, not about the process.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	if err := child.Start(); err != nil {
		signal.Reset()
		return work(os.Stderr) // within the limits that the work itself looks after
	}
	go func() {
		for s := range signals {
			_ = child.Process.Signal(s)
		}
	}()
	text := crash.read()
	err = child.Wait()
	return outcome(err, text())
}

// own is the program itself: a folder that is a process's root may have no /proc.
func own() string {
	const link = "/proc/self/exe"
	if _, err := os.Stat(link); err == nil {
		return link
	}
	if file, err := os.Executable(); err == nil {
		return file
	}
	if file, err := exec.LookPath(os.Args[0]); err == nil {
		return file
	}
	return link
}

// inside is the process that does the work.
func inside(work func(stderr *os.File) int) int {
	os.Unsetenv(within)
	debug.SetMaxStack(maxStack)
	confined = true
	stderr := os.NewFile(3, "/dev/stderr")
	if stderr == nil {
		stderr = os.Stderr
	}
	syscall.CloseOnExec(3)
	return work(stderr)
}

// confined tells whether another process watches this one.
var confined bool

// spare is what the process takes beside the values that it works on, in bytes: the program, stacks, and
// what the runtime reserves ahead.
const spare = 320 << 20

// Memory bounds the process to so many MiB, once and for all; the watching process says so when it is
// reached. Without one it does nothing: the runtime would end with a trace. Nor does it under the race detector.
func Memory(mib int) {
	if !confined || mib <= 0 || Detector {
		return
	}
	limit := uint64(mib)<<20 + spare
	var now unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_DATA, &now) == nil && now.Max < limit {
		return
	}
	_ = unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: limit, Max: limit})
}

// crash is where the runtime writes to.
type crash struct{ from, write *os.File }

func newCrash() (crash, error) {
	from, write, err := os.Pipe()
	return crash{from, write}, err
}

// maxCrash bounds what is kept of a trace.
const maxCrash = 64 << 10

// read reads on until the child ends; what is beyond the bound is dropped.
func (c crash) read() (text func() []byte) {
	c.write.Close()
	var kept bytes.Buffer
	var done sync.WaitGroup
	done.Go(func() {
		_, _ = io.Copy(&kept, io.LimitReader(c.from, maxCrash))
		_, _ = io.Copy(io.Discard, c.from)
	})
	return func() []byte {
		done.Wait()
		return kept.Bytes()
	}
}

// outcome makes an exit code of how the process ended, and says what people need to know.
func outcome(err error, trace []byte) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exit):
		fmt.Fprintf(os.Stderr, "tenon: %v\n", err)
		return ExitFailure
	}
	status, _ := exit.Sys().(syscall.WaitStatus)
	if status.Signaled() && status.Signal() == syscall.SIGPIPE {
		return 128 + int(syscall.SIGPIPE) // nobody reads any more
	}
	if status.Signaled() && (status.Signal() == syscall.SIGINT || status.Signal() == syscall.SIGTERM || status.Signal() == syscall.SIGHUP) {
		return 128 + int(status.Signal()) // it was told to stop before it listened
	}
	if status.Exited() && !crashed.Match(trace) {
		return status.ExitStatus()
	}
	if file := os.Getenv("TENON_TRACE"); file != "" {
		_ = os.WriteFile(file, trace, 0o600)
	}
	fmt.Fprintf(os.Stderr, "tenon: %s\n", why(status, string(trace)))
	return ExitFailure
}

// crashed fits the first words of what the runtime writes as it ends a process.
var crashed = regexp.MustCompile(`(?m)^(fatal error|panic|runtime|SIG[A-Z]+): `)

func why(status syscall.WaitStatus, trace string) string {
	switch {
	case strings.Contains(trace, "stack overflow") || strings.Contains(trace, "stack exceeds"):
		return "gave up: something is nested so deep that it has no end\n  try: look for brackets, operators or references without end in what changed"
	case outOfMemory.MatchString(trace):
		return "gave up at the memory limit: a value grows without end\n  try: --memory-limit, if it is meant to"
	case status.Signaled() && status.Signal() == syscall.SIGKILL:
		return "was killed: perhaps the machine ran out of memory\n  try: a lower --memory-limit says so sooner"
	case status.Signaled():
		return "was ended by signal: " + status.Signal().String()
	}
	first := crashed.FindStringIndex(trace)
	line, _, _ := strings.Cut(trace[first[0]:], "\n")
	return "broke down: " + line + place(trace) + "\n  this is a mistake of tenon: please report it with what it was called on, and with the file that TENON_TRACE=FILE writes"
}

// outOfMemory fits what the runtime says where the system gives it no more: threads need memory, too, and its collector
// breaks within itself where it gets none, as code of Go cannot.
var outOfMemory = regexp.MustCompile(`out of memory|cannot allocate memory|failed to create new OS thread|pthread_create failed|failed to reserve|unexpected signal during runtime execution`)

// ownFrame is a line of a trace that names a place in tenon.
var ownFrame = regexp.MustCompile(`(internal/[a-z/]+/[a-z_]+\.go:[0-9]+)`)

func place(trace string) string {
	if m := ownFrame.FindString(trace); m != "" {
		return " (" + m + ")"
	}
	return ""
}
