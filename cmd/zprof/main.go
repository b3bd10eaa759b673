package main

import (
	"os"
	"runtime/pprof"
	"tenon.dev/tenon/internal/cli"
)

func main() {
	f, _ := os.Create("/tmp/cpu.prof")
	pprof.StartCPUProfile(f)
	cli.Main([]string{"check"}, os.Stdin, os.Stdout, os.Stderr)
	pprof.StopCPUProfile()
}
