// Command tenon renders a GPU CI platform written in CUE, proves it, and emits it as kustomize
// overlays.
package main

import (
	"os"

	"tenon.dev/tenon/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
