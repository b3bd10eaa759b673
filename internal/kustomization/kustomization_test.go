package kustomization_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/kustomization"
	"tenon.dev/tenon/internal/manifest"
)

// tree is files by their paths; folders with a kustomization are built.
func tree(files map[string]string) (fstest.MapFS, []string) {
	all := fstest.MapFS{}
	var dirs []string
	for name, text := range files {
		all[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
		if dir, base, _ := cutLast(name); slices.Contains(kustomization.Names, base) {
			dirs = append(dirs, dir)
		}
	}
	return all, dirs
}

func cutLast(name string) (dir, base string, ok bool) {
	if i := strings.LastIndex(name, "/"); i >= 0 {
		return name[:i], name[i+1:], true
	}
	return ".", name, false
}

func build(files map[string]string) kustomization.Result {
	all, dirs := tree(files)
	return kustomization.Build(all, dirs, func(name string) string { return name })
}

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: side
        image: registry.example.com/side:1
      - name: web
        image: registry.example.com/web:1
        ports:
        - containerPort: 80
`

var overlay = map[string]string{
	"base/kustomization.yaml": "resources:\n- deployment.yaml\nconfigMapGenerator:\n- name: settings\n  literals: [a=b]\n",
	"base/deployment.yaml":    deployment,
	"prod/kustomization.yaml": `resources: [../base]
namePrefix: prod-
images:
- name: registry.example.com/side
  newTag: "2"
patches:
- path: memory.yaml
- target: {kind: Deployment, name: web}
  patch: |-
    - op: replace
      path: /spec/replicas
      value: 3
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
    spec:
      paused: true
`,
	"prod/memory.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - name: web
        resources:
          limits:
            memory: 1Gi
`,
}

// TestTrace: a field of what is built leads to the line of the base, the patch or the kustomization that it comes from.
func TestTrace(t *testing.T) {
	built := build(overlay)
	if len(built.Findings) > 0 || len(built.Objects) != 2 {
		t.Fatal(built.Findings, built.Objects)
	}
	for _, file := range []string{"base/kustomization.yaml", "base/deployment.yaml", "prod/kustomization.yaml", "prod/memory.yaml"} {
		if built.Aside[file] != (file == "prod/memory.yaml") || !built.Aside[file] && !built.Read[file] {
			t.Errorf("%s would be read as a manifest", file)
		}
	}
	at := map[string]manifest.Object{}
	for _, o := range built.Objects {
		at[o.Kind] = o
	}
	if at["Deployment"].Name != "prod-web" || strings.Contains(fmt.Sprint(at["Deployment"].Value), "kubernetes.io/origin") {
		t.Error(at["Deployment"].Value)
	}
	for _, test := range []struct{ kind, field, want string }{
		// A strategic merge puts the container that it names first.
		{"Deployment", "spec.template.spec.containers[0].ports[0].containerPort", "base/deployment.yaml:15:26"},
		{"Deployment", "spec.template.spec.containers[0].image", "base/deployment.yaml:13:16"},
		{"Deployment", "spec.template.spec.containers[1].image", "prod/kustomization.yaml:3"},
		{"Deployment", "spec.template.spec.containers[0].resources.limits.memory", "prod/memory.yaml:12:21"},
		{"Deployment", "spec.template.spec.containers[1].resources", "base/deployment.yaml:10:9"},
		{"Deployment", "spec.replicas", "prod/kustomization.yaml:10:7"},
		{"Deployment", "spec.paused", "prod/kustomization.yaml:19:15"},
		{"Deployment", "metadata.name", "prod/kustomization.yaml:2"},
		{"ConfigMap", "data.a", "base/kustomization.yaml:3"},
	} {
		places := at[test.kind].Origin.Trace(manifest.ParsePath(test.field), "")
		if got := places[0].Position.String(); got != test.want {
			t.Errorf("%s: %s, want %s", test.field, got, test.want)
		}
	}
}

// TestBuild: what is built, what is not and why.
func TestBuild(t *testing.T) {
	const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
	for name, test := range map[string]struct {
		files map[string]string
		// objects by file, and what is said.
		objects []string
		said    []string
		// unread are files that are left to be read as they are.
		unread []string
	}{
		"a base is built for its overlays, not alone": {
			files:   map[string]string{"b/kustomization.yml": "resources: [a.yaml]", "b/a.yaml": configMap, "o/Kustomization": "resources: [../b]\nnamespace: one", "p/kustomization.yaml": "resources: [../b]\nnamespace: two"},
			objects: []string{"o/Kustomization", "p/kustomization.yaml"},
		},
		"components, generators, replacements": {
			files: map[string]string{
				"k/kustomization.yaml": "resources: [a.yaml]\ncomponents: [c]\nreplacements: [{path: r.yaml}]\nsecretGenerator: [{name: s, envs: [s.env], options: {disableNameSuffixHash: true}}]",
				"k/a.yaml":             configMap, "k/r.yaml": "source: {kind: ConfigMap, name: a, fieldPath: metadata.name}\ntargets: [{select: {kind: ConfigMap}, fieldPaths: [data.b], options: {create: true}}]",
				"k/s.env": "a=b\n", "k/c/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nconfigMapGenerator: [{name: g, files: [f=g.txt]}]", "k/c/g.txt": "x",
			},
			objects: []string{"k/kustomization.yaml", "k/kustomization.yaml", "k/kustomization.yaml"},
		},
		"a repository": {
			files:  map[string]string{"k/kustomization.yaml": "resources: ['github.com/a/b//c?ref=main', a.yaml, inner]\npatches: [{path: p.yaml}]", "k/a.yaml": configMap, "k/p.yaml": configMap, "k/inner/kustomization.yaml": "resources: [b.yaml]", "k/inner/b.yaml": configMap},
			said:   []string{"info input/not-read it takes github.com/a/b//c?ref=main from the network"},
			unread: []string{"k/a.yaml"}, objects: []string{"k/inner/kustomization.yaml"},
		},
		"a chart":           {files: map[string]string{"k/kustomization.yaml": "helmCharts: [{name: a, repo: 'https://x'}]"}, said: []string{"info input/not-read it renders a chart of Helm"}},
		"a program":         {files: map[string]string{"k/kustomization.yaml": "generators: [g.yaml]", "k/g.yaml": "apiVersion: v1\nkind: Gen\nmetadata:\n  name: a\n  annotations: {config.kubernetes.io/function: '{exec: {path: ./x}}'}\n"}, said: []string{"info input/not-read it runs the plugin Gen"}},
		"a program inline":  {files: map[string]string{"k/kustomization.yaml": "transformers:\n- |-\n  apiVersion: v1\n  kind: T\n  metadata: {name: a}\n"}, said: []string{"info input/not-read it runs the plugin T"}},
		"what is not there": {files: map[string]string{"k/kustomization.yaml": "resources: [a.yaml, gone.yaml]", "k/a.yaml": configMap}, said: []string{"warning input/kustomize there is no gone.yaml"}, unread: []string{"k/a.yaml"}},
		"a circle":          {files: map[string]string{"k/kustomization.yaml": "resources: [inner]", "k/inner/kustomization.yaml": "resources: [..]"}, said: []string{"error input/kustomize cycle detected"}},
		"a patch for nothing": {
			files: map[string]string{"k/kustomization.yaml": "resources: [a.yaml]\npatches: [{path: p.yaml}]", "k/a.yaml": configMap, "k/p.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n"},
			said:  []string{"error input/kustomize no matches for Id ConfigMap.v1.[noGrp]/b.[noNs]"}, unread: []string{"k/a.yaml"},
		},
		"an unknown key":          {files: map[string]string{"k/kustomization.yaml": "resource: [a.yaml]", "k/a.yaml": configMap}, said: []string{"error input/kustomize unknown field"}, unread: []string{"k/a.yaml"}},
		"a kustomization of Flux": {files: map[string]string{"k/kustomization.yaml": "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: a}"}, unread: []string{"k/kustomization.yaml"}},
		"a file with a hidden document": {
			files:   map[string]string{"k/kustomization.yaml": "resources: [a.yaml]", "k/a.yaml": configMap + "...\n" + configMap},
			objects: []string{"k/kustomization.yaml"}, said: []string{"error input/document-separator behind the end"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			built := build(test.files)
			var objects []string
			for _, o := range built.Objects {
				objects = append(objects, o.File)
			}
			slices.Sort(objects)
			if fmt.Sprint(objects) != fmt.Sprint(test.objects) {
				t.Errorf("built %v, want %v", objects, test.objects)
			}
			if len(built.Findings) != len(test.said) {
				t.Errorf("%v, want %v", said(built.Findings), test.said)
			}
			for _, want := range test.said {
				parts := strings.SplitN(want, " ", 3)
				if !slices.ContainsFunc(built.Findings, func(f finding.Finding) bool {
					return f.Severity.String() == parts[0] && f.Rule == parts[1] && strings.Contains(f.Message, parts[2])
				}) {
					t.Errorf("%v, want %s", said(built.Findings), want)
				}
			}
			for _, file := range test.unread {
				if built.Read[file] {
					t.Errorf("%s is not read as it is", file)
				}
			}
		})
	}
}

func said(found []finding.Finding) []string {
	var all []string
	for _, f := range found {
		all = append(all, fmt.Sprint(f.Severity, " ", f.Rule, " ", f.Message, " ", f.Source))
	}
	return all
}

// TestReachesNothing: no form of a name leads to the network, a program or out of the tree.
func TestReachesNothing(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // whoever calls git fails in another way than these
	for _, name := range []string{
		"https://example.com/a.yaml", "HTTP://example.com/a", "http://example.com/a?ref=b", "git@github.com:a/b", "git::https://example.com/a", "ssh://git@example.com/a/b",
		"file:///etc/passwd", "github.com/a/b", "GitHub.com/a/b", "github.com:a/b", "org-1@github.com:a/b", "/etc/passwd", "../../../../etc/passwd", "../../outside",
		"https://example.com/a//b?timeout=1s", "s3::https://example.com/a",
	} {
		for _, key := range []string{"resources: [%q]", "bases: [%q]", "components: [%q]", "patches: [{path: %q}]", "patchesStrategicMerge: [%q]", "configurations: [%q]", "crds: [%q]", "openapi: {path: %q}",
			"configMapGenerator: [{name: a, files: [%q]}]", "secretGenerator: [{name: a, envs: [%q]}]", "generators: [%q]", "transformers: [%q]", "validators: [%q]", "replacements: [{path: %q}]"} {
			built := build(map[string]string{"k/kustomization.yaml": fmt.Sprintf(key, name)})
			if len(built.Objects) > 0 || len(built.Findings) != 1 || built.Findings[0].Rule == "input/kustomize" && !strings.Contains(built.Findings[0].Message, "there is no") {
				t.Errorf(key+": %v", name, said(built.Findings))
			}
		}
	}
}

// FuzzBuild: whatever a kustomization says, building it ends.
func FuzzBuild(f *testing.F) {
	for _, text := range []string{overlay["prod/kustomization.yaml"], "resources: [.]", "a: &a [*a]", "vars: [{name: a}]", "patches: [{patch: '- {op: add, path: /a}', target: {name: '['}}]"} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		files := map[string]string{"k/kustomization.yaml": text, "k/a.yaml": deployment, "base/kustomization.yaml": "resources: [deployment.yaml]", "base/deployment.yaml": deployment}
		for _, o := range build(files).Objects {
			o.Origin.Trace(manifest.ParsePath("spec.template.spec.containers[0].image"), "")
		}
	})
}
