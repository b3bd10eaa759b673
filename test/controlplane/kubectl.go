package controlplane

import (
	"bytes"
	"context"
	"os/exec"
)

// Kubectl runs kubectl as an administrator and returns what it prints.
func (p *Plane) Kubectl(ctx context.Context, in []byte, args ...string) (string, error) {
	command := exec.CommandContext(ctx, p.binaries.Path("kubectl"), append([]string{"--kubeconfig", p.Kubeconfig()}, args...)...)
	command.Stdin = bytes.NewReader(in)
	out, err := command.CombinedOutput()
	return string(out), err
}
