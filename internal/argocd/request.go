// Package argocd knows the contract of Argo CD's config management plugins: what the server hands to a
// plugin, what it expects on stdout and stderr, and what has to be installed. It judges nothing by
// itself. How the real server behaves is tested in test/argocd
// (https://argo-cd.readthedocs.io/en/stable/operator-manual/config-management-plugins/).
package argocd

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
)

// Request is what an Application asks for.
type Request struct {
	// Environment and Phase name the target; an empty phase is the one that the environment is in.
	Environment, Phase string
	// Images are tags or digests by the name of the platform's image.
	Images map[string]string
	// FailOn is the lowest severity that stops a sync.
	FailOn finding.Severity
	// Kubernetes is the version of the destination cluster, such as 1.33; empty where unknown.
	Kubernetes string
}

// settings are what a team may set under plugin.env of an Application, where Argo CD puts ARGOCD_ENV_ in
// front.
var settings = []string{"TENON_ENVIRONMENT", "TENON_FAIL_ON", "TENON_PHASE", "TENON_TARGET"}

// ReadRequest reads the environment of the process, as os.Environ gives it. The target is that of the
// parameters, else of the environment, else of the Application's folder below the platform's.
func ReadRequest(environ []string, folder string) (Request, error) {
	env := map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
		own, ours := strings.CutPrefix(name, "ARGOCD_ENV_")
		if ours && strings.HasPrefix(own, "TENON_") && !slices.Contains(settings, own) {
			return Request{}, fmt.Errorf("plugin.env has %s, which is none of %s", own, strings.Join(settings, ", "))
		}
	}
	r := Request{FailOn: finding.Error, Kubernetes: env["KUBE_VERSION"]}
	if text := env["ARGOCD_ENV_TENON_FAIL_ON"]; text != "" {
		var err error
		if r.FailOn, err = finding.ParseSeverity(text); err != nil {
			return Request{}, fmt.Errorf("plugin.env TENON_FAIL_ON: %w", err)
		}
	}
	given, err := parameters(env["ARGOCD_APP_PARAMETERS"])
	if err != nil {
		return Request{}, err
	}
	r.Images = given.Images
	return r, r.choose(given, env, folder)
}

// choose takes the target from the first of its sources that names one.
func (r *Request) choose(given Request, env map[string]string, folder string) error {
	byPath := targetOf(folder)
	r.Environment, r.Phase = given.Environment, given.Phase
	if r.Environment == "" && given.Phase == "" {
		r.Environment, r.Phase = env["ARGOCD_ENV_TENON_ENVIRONMENT"], env["ARGOCD_ENV_TENON_PHASE"]
		if text := env["ARGOCD_ENV_TENON_TARGET"]; text != "" {
			environment, phase, both := strings.Cut(text, "/")
			if !both || environment == "" || phase == "" || r.Environment != "" || r.Phase != "" {
				return fmt.Errorf("plugin.env TENON_TARGET is %q: write environment/phase, such as prod/phase2, and neither of TENON_ENVIRONMENT and TENON_PHASE", text)
			}
			r.Environment, r.Phase = environment, phase
		}
	}
	if r.Environment == "" { // a phase alone is one of the environment that the folder names
		r.Environment = byPath.Environment
		if r.Phase == "" {
			r.Phase = byPath.Phase
		}
	}
	if r.Environment == "" {
		return fmt.Errorf("no environment is named: give the parameter environment, or plugin.env TENON_ENVIRONMENT, or make the Application's path overlays/ENVIRONMENT/PHASE instead of %s", folder)
	}
	return nil
}

// targetOf reads a target off a folder of the platform: overlays/prod/phase2, overlays/prod or
// cue/platform/prod.
func targetOf(folder string) finding.Target {
	parts := strings.Split(path.Clean(folder), "/")
	switch {
	case len(parts) == 3 && parts[0] == "overlays" && parts[2] != "base":
		return finding.Target{Environment: parts[1], Phase: parts[2]}
	case len(parts) >= 2 && parts[0] == "overlays" && parts[1] != "base" && parts[1] != "argocd":
		return finding.Target{Environment: parts[1]}
	case len(parts) == 3 && parts[0] == "cue" && parts[1] == "platform":
		return finding.Target{Environment: parts[2]}
	}
	return finding.Target{}
}

// parameter is one of spec.source.plugin.parameters, as the server hands it on.
type parameter struct {
	Name   string            `json:"name"`
	String *string           `json:"string"`
	Array  []string          `json:"array"`
	Map    map[string]string `json:"map"`
}

// parameters reads ARGOCD_APP_PARAMETERS, which is the text null where there are none.
func parameters(text string) (Request, error) {
	var r Request
	if text == "" {
		return r, nil
	}
	var given []parameter
	if err := json.Unmarshal([]byte(text), &given); err != nil {
		return r, fmt.Errorf("the parameters do not parse: %w", err)
	}
	seen := map[string]bool{}
	for _, p := range given {
		if seen[p.Name] {
			return r, fmt.Errorf("parameter %s is given twice", p.Name)
		}
		seen[p.Name] = true
		switch p.Name {
		case "environment", "phase":
			if p.String == nil || len(p.Array) > 0 || len(p.Map) > 0 {
				return r, fmt.Errorf("parameter %s has the wrong type: it is a string", p.Name)
			}
			if p.Name == "environment" {
				r.Environment = *p.String
			} else {
				r.Phase = *p.String
			}
		case "images":
			if p.String != nil || len(p.Array) > 0 {
				return r, fmt.Errorf("parameter images has the wrong type: it is a map of names of images to tags or digests")
			}
			r.Images = maps.Clone(p.Map)
		default:
			return r, fmt.Errorf("there is no parameter %q: there are environment, images and phase", p.Name)
		}
	}
	return r, nil
}
