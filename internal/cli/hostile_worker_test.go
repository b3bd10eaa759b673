package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"tenon.dev/tenon/internal/cli"
	"tenon.dev/tenon/internal/confine"
)

// call is one command of several that a process runs, and answer what it came to.
type call struct {
	Dir, Home, Stdin string
	Args             []string
}

type answer struct {
	Code   int
	Output []byte
}

// serve runs the commands of standard input one after the other, in one process: rules and schemas are read once.
func serve() int {
	requests, answers := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var c call
		if err := requests.Decode(&c); err != nil {
			return 0
		}
		if err := os.Chdir(c.Dir); err != nil {
			return 1
		}
		os.Setenv("HOME", c.Home)
		var out bytes.Buffer
		code := cli.Main(c.Args, strings.NewReader(c.Stdin), &out, &out)
		if answers.Encode(answer{code, out.Bytes()}) != nil {
			return 1
		}
		runtime.GC()
	}
}

func serveConfined() {
	os.Exit(confine.Run(func(*os.File) int { return serve() }))
}

// worker is such a process.
type worker struct {
	process *exec.Cmd
	in      io.WriteCloser
	answers *json.Decoder
}

func newWorker() (*worker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	w := &worker{process: exec.Command(self)}
	w.process.Args = []string{"tenon-serve"}
	w.process.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1")
	if w.in, err = w.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := w.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.answers = json.NewDecoder(out)
	return w, w.process.Start()
}

func (w *worker) stop() {
	_ = w.in.Close()
	_ = w.process.Process.Kill()
	_ = w.process.Wait()
}

// idle are the workers that nobody uses.
var idle = make(chan *worker, 64)

// shared runs a command in a process that has run others. It is false where that process did not end it well: what
// becomes of it then is for a process of its own to show.
func shared(t *testing.T, c call) (outcome, bool) {
	t.Helper()
	var w *worker
	select {
	case w = <-idle:
	default:
		var err error
		if w, err = newWorker(); err != nil {
			t.Fatal(err)
		}
	}
	var a answer
	err := json.NewEncoder(w.in).Encode(c)
	if err == nil {
		err = w.answers.Decode(&a)
	}
	// What gave up may still be at it.
	if err != nil || a.Code == confine.ExitFailure {
		w.stop()
		return outcome{a.Code, string(a.Output)}, err == nil && a.Code != confine.ExitFailure
	}
	idle <- w
	return outcome{a.Code, string(a.Output)}, true
}

func stopWorkers() {
	for {
		select {
		case w := <-idle:
			w.stop()
		default:
			return
		}
	}
}

// TestSharedProcess runs a command twice in one process, and wants what a process of its own gives.
func TestSharedProcess(t *testing.T) {
	dir := lay(t, map[string]string{"a.yaml": pod("") + "---\n" + admin + "\n"})
	alone := tenon(t, dir, "", "check", "a.yaml")
	for i := range 2 {
		if got, ok := shared(t, call{Dir: dir, Home: t.TempDir(), Args: []string{"check", "a.yaml"}}); !ok || got != alone {
			t.Error(fmt.Sprint("run ", i, ": ", got, ", want ", alone))
		}
	}
}
