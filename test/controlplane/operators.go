package controlplane

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// injected are the images that Tekton puts into pods: the name of each among a platform's facts, the
// argument of the controller that names it, and the program in it
// (tektoncd/pipeline, config/controller.yaml).
var injected = map[string]struct{ argument, program string }{
	"entrypoint":        {"-entrypoint-image", "entrypoint"},
	"nop":               {"-nop-image", "nop"},
	"workingDirInit":    {"-workingdirinit-image", "workingdirinit"},
	"sidecarLogResults": {"-sidecarlogresults-image", "sidecarlogresults"},
	"shell":             {"-shell-image", ""},
}

// RunTekton pushes the images that Tekton puts into pods, under the names of facts.tekton.images, and
// starts its controller with them. It returns their digests by name without a digest.
func (p *Plane) RunTekton(ctx context.Context, names map[string]string) (map[string]string, error) {
	digests := map[string]string{}
	var arguments []string
	for name, image := range injected {
		repository, _, _ := strings.Cut(names[name], "@")
		i := Image{Reference: repository + ":" + strings.ToLower(name), User: "65532", Unsigned: true}
		if image.program == "" {
			i.Shell = "/bin"
		} else {
			i.Programs = map[string]string{"/ko-app/" + image.program: image.program}
			i.Entrypoint = []string{"/ko-app/" + image.program}
		}
		digest, err := p.Push(ctx, i)
		if err != nil {
			return nil, err
		}
		digests[repository] = digest
		arguments = append(arguments, image.argument, repository+"@"+digest)
		if name == "shell" {
			arguments = append(arguments, "-shell-image-win", repository+"@"+digest)
		}
	}
	return digests, p.tektonController([]int{8082, 8092}, arguments...)
}

// RunTriggers starts the controller and the interceptors of Triggers as pods, of its own manifests.
// Listener names the image of listeners, which the controller puts into pods.
func (p *Plane) RunTriggers(ctx context.Context, listener string) (map[string]string, error) {
	references := map[string]string{}
	digests := map[string]string{}
	for program, built := range map[string]string{"controller": "triggers-controller", "interceptors": "interceptors", "eventlistenersink": "eventlistenersink"} {
		repository := "registry.local/triggers/" + program
		if program == "eventlistenersink" {
			repository, _, _ = strings.Cut(listener, "@")
		}
		at := "/ko-app/" + program
		digest, err := p.Push(ctx, Image{Reference: repository + ":1", Programs: map[string]string{at: built}, Entrypoint: []string{at}, User: "65532", Unsigned: true})
		if err != nil {
			return nil, err
		}
		digests[repository] = digest
		references["ko://github.com/tektoncd/triggers/cmd/"+program] = repository + "@" + digest
	}
	config := filepath.Join(p.binaries.triggers, "config")
	all, err := manifests(config+"/controller*.yaml", config+"/interceptors/*.yaml")
	if err != nil {
		return nil, err
	}
	text := string(all)
	for from, to := range references {
		text = strings.ReplaceAll(text, from+`"`, to+`"`)
	}
	if err := p.apply([]byte(text)); err != nil {
		return nil, err
	}
	for _, name := range []string{"tekton-triggers-controller", "tekton-triggers-core-interceptors"} {
		if err := p.available(ctx, "tekton-pipelines", name); err != nil {
			return nil, fmt.Errorf("%w\n%s", err, p.logs())
		}
	}
	// The interceptors make their certificate as they start, and tell those who call them.
	return digests, wait(ctx, "the certificate of the interceptors", func() error {
		_, body, err := p.Do("GET", "/apis/triggers.tekton.dev/v1alpha1/clusterinterceptors/github", nil)
		if err == nil && !strings.Contains(string(body), `"caBundle"`) {
			err = fmt.Errorf("not told yet")
		}
		return err
	})
}

// policyService is how policy-controller's webhook is named in its own manifests.
var policyService = regexp.MustCompile(`(?m)^( +)service:\n((?: +name: webhook\n +namespace: cosign-system\n)|(?: +namespace: cosign-system\n +name: webhook\n))`)

// RunPolicyController starts policy-controller's webhook of its own manifests. Its argument
// --secure-port has no effect: it takes 8443 always.
func (p *Plane) RunPolicyController(ctx context.Context) error {
	config := filepath.Join(p.binaries.policy, "config")
	all, err := manifests(config+"/100-*.yaml", config+"/2*.yaml", config+"/300-*.yaml", config+"/config-*.yaml", config+"/500-*.yaml", config+"/501-*.yaml")
	if err != nil {
		return err
	}
	text := policyService.ReplaceAllString(string(all), "${1}service:\n${1}  port: 8443\n${2}")
	text += "---\napiVersion: v1\nkind: Service\nmetadata: {name: webhook, namespace: cosign-system}\nspec: {type: ExternalName, externalName: localhost}\n"
	if err := p.apply([]byte(text)); err != nil {
		return err
	}
	if err := p.account("cosign-system", "webhook"); err != nil {
		return err
	}
	bundle, err := p.bundle()
	if err != nil {
		return err
	}
	trusted, err := p.file("bundle.crt", string(bundle))
	if err != nil {
		return err
	}
	home := filepath.Join(p.dir, "sigstore")
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	if err := p.run("policy-webhook", []string{
		"SYSTEM_NAMESPACE=cosign-system", "CONFIG_LOGGING_NAME=config-logging", "METRICS_DOMAIN=sigstore.dev/policy", "WEBHOOK_NAME=webhook",
		"KUBERNETES_MIN_VERSION=v1.28.0", "HOME=" + home, "POD_NAME=policy-0", "METRICS_PROMETHEUS_PORT=9191", "SSL_CERT_FILE=" + trusted,
		"KUBECONFIG=" + p.accountFile("cosign-system", "webhook"),
	}, "--disable-tuf"); err != nil {
		return err
	}
	policy := `{"apiVersion":"policy.sigstore.dev/v1beta1","kind":"ClusterImagePolicy","metadata":{"name":"probe"},"spec":{"images":[{"glob":"probe/**"}],"authorities":[%s]}}`
	err = p.answers(ctx, "policy-controller", "/apis/policy.sigstore.dev/v1beta1/clusterimagepolicies",
		fmt.Sprintf(policy, `{"name":"a","static":{"action":"pass"}}`), fmt.Sprintf(policy, `{"name":"a","static":{"action":"perhaps"}}`))
	if err != nil {
		return fmt.Errorf("%w\n%s", err, p.logs())
	}
	return nil
}

// World is what lies outside of the cluster.
type World struct {
	// Addresses that it answers at, with TLS on port 443, by the names of hosts.
	Addresses map[string][]string
	// Mail is the address of the mail server, port 587.
	Mail string
	// Store is the address of the object store, which knows Key and Secret, in Region.
	Store, Key, Secret, Region string
	// Files are folders by the hosts that serve them, such as pypi.org (https://peps.python.org/pep-0503/).
	Files map[string]string
	// Repositories is the folder of bare Git repositories; those below the path Private need Password.
	Repositories, Private, Password string
}

// RunWorld starts it. Heard is the file in which its services write what they were told; objects of the
// store are files below the folder that is returned.
func (p *Plane) RunWorld(ctx context.Context, w World) (heard, objects string, err error) {
	var names, addresses []string
	for address, of := range w.Addresses {
		names = append(names, of...)
		if address != w.Store {
			addresses = append(addresses, address+":443")
		}
	}
	if err := p.pki.issue("world", "world", "", names...); err != nil {
		return "", "", err
	}
	heard = filepath.Join(p.dir, "heard.json")
	args := []string{"--listen", strings.Join(addresses, ","), "--mail", w.Mail + ":587", "--cert", p.pki.path("world.crt"), "--key", p.pki.path("world.key"),
		"--git", w.Repositories, "--private", w.Private, "--password", w.Password, "--log", heard}
	for host, folder := range w.Files {
		args = append(args, "--files", host+"="+folder)
	}
	if err := p.run("world", nil, args...); err != nil {
		return "", "", err
	}
	objects = filepath.Join(p.dir, "objects")
	if err := os.MkdirAll(objects, 0o755); err != nil {
		return "", "", err
	}
	return heard, objects, p.run("versitygw", []string{"ROOT_ACCESS_KEY=" + w.Key, "ROOT_SECRET_KEY=" + w.Secret}, "--port", w.Store+":443",
		"--cert", p.pki.path("world.crt"), "--key", p.pki.path("world.key"), "--region", w.Region, "posix", objects)
}
