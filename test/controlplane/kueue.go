package controlplane

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
)

var (
	managerImage = regexp.MustCompile(`(?m)^( +)image: .*kueue.*$`)
	alwaysPulled = regexp.MustCompile(`(?m)^( +)imagePullPolicy: Always$`)
)

// RunKueue starts Kueue as a Deployment, of its own manifests and with the configuration that it ships, in which
// plain pods are among what it queues.
func (p *Plane) RunKueue(ctx context.Context) error {
	const name = "registry.local/kueue:1"
	if _, err := p.Push(ctx, Image{Reference: name, Programs: map[string]string{"/manager": "kueue"}, Entrypoint: []string{"/manager"}, User: "65532", Unsigned: true}); err != nil {
		return err
	}
	built, err := exec.CommandContext(ctx, p.binaries.Path("kubectl"), "kustomize", filepath.Join(p.binaries.kueue, "config", "default")).Output()
	if err != nil {
		return fmt.Errorf("building Kueue's manifests: %w", err)
	}
	text := managerImage.ReplaceAllString(string(built), "${1}image: "+name)
	text = alwaysPulled.ReplaceAllString(text, "${1}imagePullPolicy: IfNotPresent")
	if err := p.apply([]byte(text)); err != nil {
		return err
	}
	if err := p.available(ctx, "kueue-system", "kueue-controller-manager"); err != nil {
		return fmt.Errorf("%w\n%s", err, p.logs())
	}
	// Its webhooks see all pods, and refuse them until they answer.
	return wait(ctx, "Kueue's webhook", func() error {
		status, body, err := p.Do("POST", "/api/v1/namespaces/default/pods?dryRun=All", []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"probe"},"spec":{"containers":[{"name":"a","image":"a"}]}}`))
		if err == nil && status >= 300 {
			err = fmt.Errorf("%d %s", status, body)
		}
		return err
	})
}
