package cli_test

import (
	"fmt"
	"strings"
)

// hostileErrors are Secrets that do not parse, of which a parser quotes a piece.
func hostileErrors() []trial {
	const head = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n"
	var all []trial
	for name, text := range map[string]string{
		"an anchor that is none": head + "  password: *M\n", "a number that is none": head + "  password: !!int M\n", "a day that is none": head + "  password: !!timestamp M\n",
		"a key that is a map": head + "  ? {foo: M}\n  : x\n", "a key that is a list": head + "  ? [M]\n  : x\n", "a tab": head + "\tpassword: M\n", "a bracket": head + "  password: [M\n",
		"JSON": `{"apiVersion": "v1", "kind": "Secret", "stringData": {"password": M}}`,
	} {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "M", marker), marker+"etadata", "Metadata")
		all = append(all,
			trial{kind: "secret", name: name, files: map[string]string{"a.yaml": text}, args: []string{"check", "a.yaml"}, all: true, exit: 1},
			trial{kind: "secret", name: name + ", as facts", files: map[string]string{"a.yaml": harmless, "f.yaml": text}, args: []string{"check", "--facts", "f.yaml", "a.yaml"}, exit: -1, never: []string{marker}},
		)
	}
	return append(all, trial{kind: "secret", name: "facts that are one word", files: map[string]string{"a.yaml": harmless, "f.yaml": marker}, args: []string{"check", "--facts", "f.yaml", "a.yaml"}, exit: 1, never: []string{marker}})
}

// hostileNames are files and folders that the command line names, and that lead out of the working folder.
func hostileNames() []trial {
	var all []trial
	for name, args := range map[string][]string{
		"facts, linked": {"check", "--facts", "x", "a.yaml"}, "a folder, linked": {"check", "d"}, "a folder below, linked": {"check", "d/ssl"}, "definitions, linked": {"check", "--definitions", "d", "a.yaml"},
		"policies, linked": {"check", "--policy", "d", "a.yaml"}, "a key, linked": {"image", "verify", "--key", "x", "a.yaml"}, "a root, linked": {"image", "verify", "--trusted-root", "x", "a.yaml"},
	} {
		exit := 2
		if len(args) == 2 {
			exit = 1 // what is checked is a finding
		}
		files := map[string]string{"a.yaml": harmless, "x": "->/etc/passwd", "d": "->/etc"}
		all = append(all, trial{kind: "symlink", name: name, files: files, args: args, exit: exit, wants: []string{"a symlink out of the folder that you stand in"}, never: []string{"root:x:"}})
	}
	return append(all, trial{kind: "symlink", name: "facts, linked within", files: map[string]string{"a.yaml": harmless, "x.yaml": "->y.yaml", "y.yaml": "customResources: []\n"}, args: []string{"check", "--facts", "x.yaml", "a.yaml"}, exit: 0})
}

// hostileKeys are one key for JSON and two for YAML, and folders that others read.
func hostileKeys() []trial {
	var all []trial
	for name, data := range map[string]string{"a number": `1: a, "1": b`, "another base": `0x1: a, 1: b`, "a truth": `true: a, "true": b`, "a word": `yes: a, "true": b`, "a fraction": `1.0: a, "1": b`} {
		text := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata: {" + data + "}\n"
		all = append(all, trial{kind: "document", name: "a key twice, " + name, files: map[string]string{"a.yaml": text}, args: []string{"check", "a.yaml"}, exit: 1, wants: []string{"types/duplicate-field"}})
	}
	for _, folder := range []string{"node_modules", ".venv", ".terraform", ".cache"} {
		all = append(all, trial{kind: "document", name: "below " + folder, files: map[string]string{"m/a.yaml": harmless, "m/" + folder + "/x/b.yaml": admin}, args: []string{"check", "m"}, exit: 0, wants: []string{"input/not-read", folder}})
	}
	return append(all,
		trial{kind: "document", name: "a program that makes some", files: map[string]string{"m/a.yaml": harmless, "m/b.jsonnet": "{}"}, args: []string{"check", "m"}, exit: 0, wants: []string{"input/not-read", "b.jsonnet"}},
		trial{kind: "document", name: "no manifests there", files: map[string]string{"m/a.yaml": harmless, "m/node_modules/package.json": "{}"}, args: []string{"check", "m"}, exit: 0, never: []string{"input/not-read"}},
	)
}

// hostileGrowth are inputs whose parts are looked at together: twice as many must not take four times as long.
func hostileGrowth() []trial {
	each := func(n int, form string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, strings.ReplaceAll(form, "#", "%[1]d"), i)
		}
		return b.String()
	}
	const binding = "---\n{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: b#, namespace: x}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r#}, subjects: [{kind: ServiceAccount, name: a, namespace: x}]}\n" +
		"---\n{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: r#, namespace: x}, rules: [{apiGroups: [\"\"], resources: [pods], verbs: [watch]}]}\n"
	const calls = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: x}\nspec:\n  serviceAccountName: a\n  containers:\n  - name: c\n    image: a\n    command: [sh, -c]\n    args:\n    - |\n"
	const service = "---\n{apiVersion: v1, kind: Service, metadata: {name: s#, namespace: x}, spec: {selector: {a: b}, ports: [{port: 1, targetPort: q}]}}\n"
	const ported = "---\n{apiVersion: v1, kind: Pod, metadata: {name: p#, namespace: x, labels: {a: b}}, spec: {containers: [{name: c, image: a, ports: [{name: p#, containerPort: 1}]}]}}\n"
	var all []trial
	for name, text := range map[string]string{
		"options in a list":   "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: x}\nspec: {containers: [{name: a, image: x, args: [" + strings.Repeat("-p, x, ", 100_000) + "]}]}\n",
		"values and findings": "apiVersion: v1\nkind: Secret\nmetadata: {name: p, namespace: x}\ndata:\n" + each(12_000, "  k#: '!abcd#'\n"),
		"values of JSON":      strings.Repeat("{}\n", 2_000_000),
		"roles and calls":     each(3000, binding) + calls + strings.Repeat("      kubectl get pods x\n", 15_000),
		"ports by name":       each(2500, service) + each(2500, ported),
		"parameters and text": "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: a, namespace: x}\nspec:\n  params:\n" + each(8000, "  - {name: p#}\n") + "  steps:\n  - name: a\n    image: a\n    script: |\n      #!/bin/sh\n" + strings.Repeat("      echo "+strings.Repeat("$(params.p$(params.q", 20)+"\n", 3000),
		"workspaces and text": "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: a, namespace: x}\nspec:\n  workspaces:\n" + each(8000, "  - {name: w#}\n") + "  steps:\n  - name: a\n    image: a\n    script: |\n      #!/bin/sh\n" + strings.Repeat("      echo "+strings.Repeat("$(workspaces.v.path)", 20)+"\n", 3000),
	} {
		file := "a.yaml"
		if strings.HasPrefix(text, "{") {
			file = "a.json"
		}
		all = append(all, trial{kind: "many", name: name, files: map[string]string{file: text}, args: []string{"check", file}, exit: 1})
	}
	long := `x: &a "` + strings.Repeat("A", 100_000) + "\"\ndata: {b: [" + strings.Repeat("*a, ", 30_000) + "]}\n"
	return append(all,
		trial{kind: "many", name: "aliases of a long text", files: map[string]string{"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n" + long, "b.yaml": pod("")}, args: []string{"check", "."}, exit: 1, wants: []string{"input/too-large", "b.yaml"}},
		trial{kind: "many", name: "the same within a text", files: map[string]string{"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\ndata:\n  rules.yaml: |\n    " + strings.ReplaceAll(long, "\n", "\n    ") + "\n", "b.yaml": pod("")}, args: []string{"check", "."}, exit: 1, wants: []string{"b.yaml"}},
	)
}
