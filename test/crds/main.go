// Command crds writes the schemas of the custom resources that a platform may render to
// internal/typed/crds, one file a kind: taken from the CustomResourceDefinitions that upstream
// ships, at a pinned version, without their prose. The files are what tenon validates with.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

// source is a file of definitions in an upstream module.
type source struct {
	// module and version, as the module proxy has them, and the checksum of its content.
	module, version, sum string
	// file within the module.
	file string
	// kind whose definition is taken from the file.
	kind string
}

var sources = []source{
	{"sigs.k8s.io/karpenter", "v1.14.0", "h1:+SXlqYNb9FIKRpDgPPRnphVmWbrWLw4tgzKezr372Mc=", "pkg/apis/crds/karpenter.sh_nodepools.yaml", "NodePool"},
	{"github.com/aws/karpenter-provider-aws", "v1.14.0", "h1:QVQ947vQKzxM87aDbpZBtUnlVRVcU75c/RMlgVyX7nc=", "pkg/apis/crds/karpenter.k8s.aws_ec2nodeclasses.yaml", "EC2NodeClass"},
	{"sigs.k8s.io/node-feature-discovery", "v0.17.0", "h1:YF7/41TPGiPMCE0qniRLwzvdwavKKAxvkudZgoEQVDA=", "deployment/base/nfd-crds/nfd-api-crds.yaml", "NodeFeatureRule"},
	{"sigs.k8s.io/kueue", "v0.17.0", "h1:7hzb38M4eKGzYW+CFv2s1L+swzzacUCHOCXxZmAV90I=", "config/components/crd/bases/kueue.x-k8s.io_clusterqueues.yaml", "ClusterQueue"},
	{"sigs.k8s.io/kueue", "v0.17.0", "h1:7hzb38M4eKGzYW+CFv2s1L+swzzacUCHOCXxZmAV90I=", "config/components/crd/bases/kueue.x-k8s.io_localqueues.yaml", "LocalQueue"},
	{"sigs.k8s.io/kueue", "v0.17.0", "h1:7hzb38M4eKGzYW+CFv2s1L+swzzacUCHOCXxZmAV90I=", "config/components/crd/bases/kueue.x-k8s.io_resourceflavors.yaml", "ResourceFlavor"},
	{"sigs.k8s.io/kueue", "v0.17.0", "h1:7hzb38M4eKGzYW+CFv2s1L+swzzacUCHOCXxZmAV90I=", "config/components/crd/bases/kueue.x-k8s.io_workloadpriorityclasses.yaml", "WorkloadPriorityClass"},
	{"sigs.k8s.io/kueue", "v0.17.0", "h1:7hzb38M4eKGzYW+CFv2s1L+swzzacUCHOCXxZmAV90I=", "config/components/crd/bases/kueue.x-k8s.io_cohorts.yaml", "Cohort"},
	{"sigs.k8s.io/gateway-api", "v1.6.3", "h1:lKpJa5bGlraC/QeACvCpsHLdmO6y0iKfzVl6gzaFEYc=", "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml", "HTTPRoute"},
	{"sigs.k8s.io/gateway-api", "v1.6.3", "h1:lKpJa5bGlraC/QeACvCpsHLdmO6y0iKfzVl6gzaFEYc=", "config/crd/standard/gateway.networking.k8s.io_gateways.yaml", "Gateway"},
	{"github.com/kedacore/keda/v2", "v2.21.0", "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=", "config/crd/bases/keda.sh_scaledobjects.yaml", "ScaledObject"},
	{"github.com/external-secrets/external-secrets", "v1.3.2", "h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ=", "config/crds/bases/external-secrets.io_externalsecrets.yaml", "ExternalSecret"},
	{"github.com/sigstore/policy-controller", "v0.13.1", "h1:Woy+6bQ7pT/0m3/PSO2RtDxSHKBZ/8iHpCZFcZJThM8=", "config/300-clusterimagepolicy.yaml", "ClusterImagePolicy"},
	{"github.com/prometheus-operator/prometheus-operator", "v0.85.0", "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=", "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml", "ServiceMonitor"},
	{"github.com/prometheus-operator/prometheus-operator", "v0.85.0", "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=", "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml", "PodMonitor"},
	{"github.com/prometheus-operator/prometheus-operator", "v0.85.0", "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=", "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml", "PrometheusRule"},
	{"github.com/argoproj/argo-cd/v3", "v3.5.2", "h1:vYtfW2pEBSL+smt8XdpVZHUg31uERINYH6eXzdiLCY4=", "manifests/crds/application-crd.yaml", "Application"},
	{"github.com/argoproj/argo-cd/v3", "v3.5.2", "h1:vYtfW2pEBSL+smt8XdpVZHUg31uERINYH6eXzdiLCY4=", "manifests/crds/applicationset-crd.yaml", "ApplicationSet"},
	{"github.com/argoproj/argo-cd/v3", "v3.5.2", "h1:vYtfW2pEBSL+smt8XdpVZHUg31uERINYH6eXzdiLCY4=", "manifests/crds/appproject-crd.yaml", "AppProject"},
	{"github.com/cilium/cilium", "v1.20.2", "h1:dqiEGIcXc+gqCLYG/l7VCFJ8GHyb4HUrwbZOpkX5dL8=", "pkg/k8s/apis/cilium.io/client/crds/v2/ciliumnetworkpolicies.yaml", "CiliumNetworkPolicy"},
	{"github.com/openshift-pipelines/pipelines-as-code", "v0.37.0", "h1:FDxGCS5eBjUwGm1mEROYYaLcl95x2zaxbUKI4aM7Km8=", "config/300-repositories.yaml", "Repository"},
}

func main() {
	files, err := extract()
	if err != nil {
		fmt.Fprintln(os.Stderr, "crds:", err)
		os.Exit(1)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join("internal", "typed", "crds", name), data, 0o666); err != nil {
			fmt.Fprintln(os.Stderr, "crds:", err)
			os.Exit(1)
		}
	}
	fmt.Printf("wrote %d schemas\n", len(files))
}

// extract reads every source and returns the files to write.
func extract() (map[string][]byte, error) {
	files := map[string][]byte{}
	dirs := map[string]string{}
	for _, s := range sources {
		if dirs[s.module] == "" {
			dir, err := download(s)
			if err != nil {
				return nil, err
			}
			dirs[s.module] = dir
		}
		data, err := os.ReadFile(filepath.Join(dirs[s.module], s.file))
		if err != nil {
			return nil, err
		}
		if err := s.take(data, files); err != nil {
			return nil, fmt.Errorf("%s@%s/%s: %w", s.module, s.version, s.file, err)
		}
	}
	return files, nil
}

// download has the go command fetch the module, and returns where it lies.
func download(s source) (string, error) {
	cmd := exec.Command("go", "mod", "download", "-json", s.module+"@"+s.version)
	cmd.Dir = os.TempDir()
	// The checksum is compared below: a lookup of its own adds nothing.
	cmd.Env = append(os.Environ(), "GONOSUMDB=*", "GOWORK=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var module struct{ Dir, Sum, Error string }
	if jsonErr := json.Unmarshal(out, &module); err != nil || jsonErr != nil {
		return "", fmt.Errorf("fetching %s@%s: %v: %s%s", s.module, s.version, err, module.Error, &stderr)
	}
	if module.Sum != s.sum {
		return "", fmt.Errorf("%s@%s has the checksum %s, want %s", s.module, s.version, module.Sum, s.sum)
	}
	return module.Dir, nil
}

// take adds the file of the wanted definition.
func (s source) take(data []byte, files map[string][]byte) error {
	for _, document := range bytes.Split(data, []byte("\n---")) {
		var crd apiextensions.CustomResourceDefinition
		if err := yaml.Unmarshal(document, &crd); err != nil {
			return err
		}
		if crd.Kind != "CustomResourceDefinition" || crd.Spec.Names.Kind != s.kind {
			continue
		}
		text, err := compact(s, crd)
		if err != nil {
			return err
		}
		files[fmt.Sprintf("%s_%s.json", crd.Spec.Group, strings.ToLower(crd.Spec.Names.Kind))] = text
	}
	return nil
}

// compact writes what validation needs of a definition.
func compact(s source, crd apiextensions.CustomResourceDefinition) ([]byte, error) {
	versions := map[string]any{}
	for _, v := range crd.Spec.Versions {
		if !v.Served {
			continue
		}
		text, err := json.Marshal(v.Schema.OpenAPIV3Schema)
		if err != nil {
			return nil, err
		}
		var schema map[string]any
		if err := json.Unmarshal(text, &schema); err != nil {
			return nil, err
		}
		withoutProse(schema)
		versions[v.Name] = schema
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(map[string]any{
		"from":  fmt.Sprintf("%s@%s/%s", s.module, s.version, s.file),
		"group": crd.Spec.Group, "kind": crd.Spec.Names.Kind, "scope": crd.Spec.Scope, "versions": versions,
	})
	return out.Bytes(), err
}

// withoutProse removes descriptions and examples of a schema: they are for readers of the
// upstream documentation. A field that is called description stays.
func withoutProse(schema map[string]any) {
	delete(schema, "description")
	delete(schema, "example")
	delete(schema, "externalDocs")
	for _, group := range []string{"properties", "patternProperties", "definitions"} {
		fields, _ := schema[group].(map[string]any)
		for _, field := range fields {
			if nested, ok := field.(map[string]any); ok {
				withoutProse(nested)
			}
		}
	}
	for _, key := range []string{"items", "additionalProperties", "not"} {
		if nested, ok := schema[key].(map[string]any); ok {
			withoutProse(nested)
		}
	}
	for _, key := range []string{"allOf", "anyOf", "oneOf"} {
		list, _ := schema[key].([]any)
		for _, item := range list {
			if nested, ok := item.(map[string]any); ok {
				withoutProse(nested)
			}
		}
	}
}
