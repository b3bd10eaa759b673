// Command demo shows the whole of tenon on the reference platform: it renders the overlays,
// starts a registry on this machine, pushes and signs stand-ins of the platform's images, and
// runs every check, signatures included.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"tenon.dev/tenon/internal/cli"
	"tenon.dev/tenon/test/signedregistry"
)

func main() {
	code, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(3)
	}
	os.Exit(code)
}

func run() (int, error) {
	if code := tenon("render"); code != 0 {
		return code, nil
	}
	registry, err := signedregistry.Start()
	if err != nil {
		return 0, err
	}
	defer registry.Close()
	if err := registry.PushPlatform("."); err != nil {
		return 0, err
	}
	temp, err := os.MkdirTemp("", "tenon-demo")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(temp)
	key := filepath.Join(temp, "cosign.pub")
	if err := os.WriteFile(key, registry.PublicKey, 0o600); err != nil {
		return 0, err
	}
	mirror := "registry.example.com/gpu=" + registry.Host + "/gpu"
	if code := tenon("image", "verify", "--key", key, "--mirror", mirror); code != 0 {
		return code, nil
	}
	return tenon("check", "--verify-images", "--require-verified", "--key", key, "--mirror", mirror), nil
}

func tenon(args ...string) int {
	fmt.Fprintln(os.Stderr, "$ tenon", strings.Join(args, " "))
	return cli.Main(args, os.Stdin, os.Stdout, os.Stderr)
}
