//go:build e2e

// Package e2e runs the reference platform on a real cluster: etcd, the API server, the
// controller-manager, the scheduler, and Tekton Pipelines and Triggers with their webhooks, their
// controller and a listener. kwok plays the nodes and the containers; nothing else is played but
// what says so.
package e2e

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"tenon.dev/tenon/test/controlplane"
)

// source is where the modules are that the programs are built from.
const source = "../controlplane"

// TestMain builds the programs where modules can be downloaded, and runs each test as a process of
// its own, in a network of its own, all at a time; those on a real node come last, one by one.
func TestMain(m *testing.M) {
	if controlplane.IsSecondNode() {
		fmt.Fprintln(os.Stderr, controlplane.SecondNode())
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	code, err := run(ctx, m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(ctx context.Context, m *testing.M) (int, error) {
	flag.Parse()
	if flag.Lookup("test.list").Value.String() != "" {
		return m.Run(), nil
	}
	build, proven := controlplane.BuildNode, nodeIsProven()
	if proven {
		build = controlplane.Build
		fmt.Println("TestNode has run over these inputs, as docs/proof.md keeps: make proof runs it again")
	}
	var err error
	if binaries, err = build(ctx, source); err != nil {
		return 1, err
	}
	if !controlplane.Isolated() {
		return each(proven)
	}
	dir, err := os.MkdirTemp("", "tenon-e2e-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if onNode(flag.Lookup("test.run").Value.String()) {
		err = controlplane.Machine(dir, outside)
	} else {
		err = controlplane.Loopback(dir, controlplane.InterceptorsHost)
	}
	if err != nil {
		return 1, err
	}
	workDir = filepath.Join(dir, "planes")
	code := m.Run()
	if code != 0 {
		keepLogs()
	}
	return code, nil
}

// each runs the tests that were asked for, but none on a node where these are proven, and prints what each has printed
// when it is done.
func each(proven bool) (int, error) {
	pattern := flag.Lookup("test.run").Value.String()
	if pattern == "" {
		pattern = "."
	}
	top, rest, _ := strings.Cut(pattern, "/")
	listed, err := exec.Command("/proc/self/exe", "-test.list", top).Output()
	if err != nil {
		return 1, fmt.Errorf("listing the tests: %w", err)
	}
	var group sync.WaitGroup
	var printing sync.Mutex
	failed := false
	one := func(test string) {
		isolate := controlplane.Isolate
		only := "^" + test + "$"
		if onNode(only) {
			isolate = controlplane.IsolateNode
		}
		if rest != "" {
			only += "/" + rest
		}
		var out bytes.Buffer
		code, err := isolate(&out, append(slices.Clone(os.Args[1:]), "-test.run", only)...)
		printing.Lock()
		defer printing.Unlock()
		os.Stdout.Write(out.Bytes())
		if err != nil || code != 0 {
			fmt.Println(test, "failed", err)
			failed = true
		}
	}
	var nodes []string
	for _, test := range strings.Fields(string(listed)) {
		if onNode("^" + test) {
			if !proven {
				nodes = append(nodes, test)
			}
			continue
		}
		group.Go(func() { one(test) })
	}
	group.Wait()
	// What runs in real containers has the machine for itself.
	for _, test := range nodes {
		one(test)
	}
	if failed {
		return 1, nil
	}
	return 0, nil
}

// onNode tells whether a pattern is that of a test on a real node.
func onNode(pattern string) bool { return strings.HasPrefix(pattern, "^TestNode") }

// keepLogs leaves the logs of a failed run where the next one does not write.
func keepLogs() {
	kept, err := os.MkdirTemp("", "tenon-e2e-logs-")
	if err != nil {
		return
	}
	files, _ := filepath.Glob(workDir + "/*/*.log")
	for _, file := range files {
		into := filepath.Join(kept, filepath.Base(filepath.Dir(file)))
		if os.MkdirAll(into, 0o755) == nil {
			_ = os.Rename(file, filepath.Join(into, filepath.Base(file)))
		}
	}
	fmt.Fprintln(os.Stderr, "the logs of the servers are in", kept)
}
