// Command tenon renders a GPU CI platform written in CUE, proves it, and emits it as kustomize
// overlays.
package main

import (
	"os"

	"tenon.dev/tenon/internal/cli"
	"tenon.dev/tenon/internal/confine"
)

func main() {
	os.Exit(confine.Run(func(stderr *os.File) int { return cli.Main(os.Args[1:], os.Stdin, os.Stdout, stderr) }))
}
