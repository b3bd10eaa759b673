package cli

import (
	"bytes"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"
	"github.com/spf13/cobra"

	"tenon.dev/tenon"
)

// beginning is what init is told about a new platform; templates of starter read it.
type beginning struct {
	// Name of the platform, its namespace and its pipeline.
	Name         string
	Forge, Cloud string
	Environments []environment
	GPU          struct {
		Model          string
		PerNode, Nodes int
		// SharesPCI: another model has the same PCI device, so that discovery needs the nodes' names, too.
		SharesPCI bool
	}
	// With are the parts that are there from the beginning.
	With map[string]bool
}

// environment is one cluster of a new platform.
type environment struct{ Name, Phase string }

// Label is the environment's name as a field of CUE.
func (e environment) Label() string { return strconv.Quote(e.Name) }

// Deciding is the environment whose runs decide about a commit: the last, which is the most precious.
func (b beginning) Deciding() string { return b.Environments[len(b.Environments)-1].Name }

// Several tells whether there is more than one environment.
func (b beginning) Several() bool { return len(b.Environments) > 1 }

// Standing tells whether the nodes stand there.
func (b beginning) Standing() bool { return b.Cloud == "on-premises" }

// HostName is the forge's host, or stands for that of a team.
func (b beginning) HostName() string {
	return map[string]string{"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org", "bitbucket-server": "git.example.com", "gitea": "git.example.com"}[b.Forge]
}

// Host is where the team's repositories lie.
func (b beginning) Host() string { return "https://" + b.HostName() + "/example" }

// GitRange is an address range of the forge.
func (b beginning) GitRange() string {
	// https://api.github.com/meta, https://docs.gitlab.com/user/gitlab_com/#ip-range, https://ip-ranges.atlassian.com
	return map[string]string{"github": "140.82.112.0/20", "gitlab": "172.65.251.78/32", "bitbucket": "104.192.136.0/21", "bitbucket-server": "192.0.2.16/28", "gitea": "192.0.2.16/28"}[b.Forge]
}

// Bucket is a name of a bucket, which has three letters at least.
func (b beginning) Bucket() string {
	if len(b.Name) < 3 {
		return b.Name + "-artifacts"
	}
	return b.Name
}

// What init takes, as the schema has it.
var (
	knownForges = []string{"github", "gitlab", "bitbucket", "bitbucket-server", "gitea"}
	knownClouds = []string{"aws", "gcp", "azure", "on-premises", "none"}
	knownParts  = []string{"argocd", "cilium", "email", "fallback", "gpu-operator", "monitoring", "queue", "slack"}
)

// beginningFlags are those of init.
type beginningFlags struct {
	name, forge, cloud, gpu string
	environments, with      []string
}

func (f *beginningFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.name, "name", "", "`NAME` of the platform, its namespace and its pipeline (default the folder's)")
	flags.StringVar(&f.forge, "forge", "github", "`FORGE` that has the repositories: "+strings.Join(knownForges, ", "))
	flags.StringVar(&f.cloud, "cloud", "none", "`CLOUD` that makes nodes and volumes: "+strings.Join(knownClouds, ", "))
	flags.StringSliceVar(&f.environments, "environments", []string{"prod"}, "`NAMES` of the environments, such as test,live; the last decides about commits")
	flags.StringVar(&f.gpu, "gpu", "L4:1x1", "`MODEL:PERNODExNODES`, such as H100:4x3 for three nodes with four H100 each")
	flags.StringSliceVar(&f.with, "with", nil, "`PARTS` to begin with: "+strings.Join(knownParts, ", "))
	choose := func(flag string, choices []string) {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(choices, cobra.ShellCompDirectiveNoFileComp))
	}
	choose("forge", knownForges)
	choose("cloud", knownClouds)
	choose("with", knownParts)
}

var (
	labelName  = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
	notInLabel = regexp.MustCompile(`[^a-z0-9]+`)
	gpuFlag    = regexp.MustCompile(`^([^:]+)(?::([0-9]+)(?:x([0-9]+))?)?$`)
)

// beginning reads the flags; dir is the folder of the platform.
func (f *beginningFlags) beginning(dir string) (b beginning, note string, err error) {
	b = beginning{Name: f.name, Forge: f.forge, Cloud: f.cloud, With: map[string]bool{}}
	if b.Name == "" {
		absolute, err := filepath.Abs(dir)
		if err != nil {
			return b, "", fmt.Errorf("naming the platform: %w", err)
		}
		b.Name = strings.Trim(notInLabel.ReplaceAllString(strings.ToLower(filepath.Base(absolute)), "-"), "-")
	}
	if !labelName.MatchString(b.Name) {
		return b, "", usagef("%q cannot be a platform's name: lower-case letters, digits and dashes, at most 63; give one by --name", b.Name)
	}
	for flag, x := range map[string]struct {
		given string
		known []string
	}{"--forge": {f.forge, knownForges}, "--cloud": {f.cloud, knownClouds}} {
		if !slices.Contains(x.known, x.given) {
			return b, "", usagef("%s %s: choose one of %s", flag, x.given, strings.Join(x.known, ", "))
		}
	}
	for _, part := range f.with {
		if !slices.Contains(knownParts, part) {
			return b, "", usagef("--with %s: choose from %s; options.cue has examples of the others", part, strings.Join(knownParts, ", "))
		}
		b.With[part] = true
	}
	if b.With["gpu-operator"] { // which an Application of Argo CD installs
		b.With["argocd"] = true
	}
	if b.With["fallback"] && b.Forge != "github" {
		return b, "", usagef("--with fallback: the workflows that share commits with a former CI are GitHub's")
	}
	for i, name := range f.environments {
		if !labelName.MatchString(name) || slices.Contains(f.environments[:i], name) || name == "base" || name == "argocd" {
			return b, "", usagef("--environments: %q cannot be one: each has a name of its own, in lower case, and base and argocd are folders of the overlays", name)
		}
		phase := "phase3"
		if i == len(f.environments)-1 {
			phase = "phase1"
		}
		b.Environments = append(b.Environments, environment{name, phase})
	}
	if len(b.Environments) == 0 {
		return b, "", usagef("--environments: name one at least")
	}
	note, err = b.takeGPU(f.gpu)
	return b, note, err
}

// takeGPU reads the model, the GPUs of a node and the number of nodes.
func (b *beginning) takeGPU(text string) (note string, err error) {
	m := gpuFlag.FindStringSubmatch(text)
	if m == nil {
		return "", usagef("--gpu %s: write MODEL:PERNODExNODES, such as H100:4x3", text)
	}
	b.GPU.PerNode, b.GPU.Nodes = 1, 1
	for i, target := range []*int{&b.GPU.PerNode, &b.GPU.Nodes} {
		if m[i+2] == "" {
			continue
		}
		n, err := strconv.Atoi(m[i+2])
		if err != nil || n < 1 || n > 10000 || i == 0 && n > 16 {
			return "", usagef("--gpu %s: a node has 1 to 16 GPUs, and a pool at least one node", text)
		}
		*target = n
	}
	models, shared, err := gpuModels()
	if err != nil {
		return "", err
	}
	var like []string
	for _, model := range models {
		name, asked := strings.ToLower(model), strings.ToLower(m[1])
		if name == asked || strings.HasSuffix(name, "-"+asked) {
			b.GPU.Model, b.GPU.SharesPCI = model, shared[model]
			return "", nil
		}
		if strings.Contains(name+"-", "-"+asked+"-") {
			like = append(like, model)
		}
	}
	if len(like) == 0 {
		return "", usagef("--gpu %s: no model of that name is known: %s; one of your own is declared in the platform, with its facts", m[1], strings.Join(models, ", "))
	}
	b.GPU.Model, b.GPU.SharesPCI = like[0], shared[like[0]]
	if len(like) > 1 {
		note = fmt.Sprintf("%s is taken to be %s; there are also %s", m[1], like[0], strings.Join(like[1:], ", "))
	}
	return note, nil
}

// gpuModels are the models that the schema knows, in its order, and those that share their PCI device with another.
func gpuModels() (models []string, shared map[string]bool, err error) {
	text, err := tenon.CUE.ReadFile("cue/schema/gpu.cue")
	if err != nil {
		return nil, nil, fmt.Errorf("reading the GPU models: %w", err)
	}
	file, err := parser.ParseFile("gpu.cue", text)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the GPU models: %w", err)
	}
	shared = map[string]bool{}
	for _, decl := range file.Decls {
		field, ok := decl.(*ast.Field)
		if !ok {
			continue
		}
		label, _, err := ast.LabelName(field.Label)
		table, ok := field.Value.(*ast.StructLit)
		if err != nil || !ok || label != "#GPUModels" {
			continue
		}
		for _, element := range table.Elts {
			if model, ok := element.(*ast.Field); ok {
				if name, _, err := ast.LabelName(model.Label); err == nil {
					models, shared[name] = append(models, name), hasField(model.Value, "samePCI")
				}
			}
		}
	}
	return models, shared, nil
}

// hasField tells whether a struct of CUE writes a field.
func hasField(value ast.Expr, name string) bool {
	fields, ok := value.(*ast.StructLit)
	return ok && slices.ContainsFunc(fields.Elts, func(element ast.Decl) bool {
		field, ok := element.(*ast.Field)
		if !ok {
			return false
		}
		label, _, err := ast.LabelName(field.Label)
		return err == nil && label == name
	})
}

// starterFiles are the files of a new platform by path.
func (b beginning) starterFiles() (map[string][]byte, error) {
	files, err := vendorFiles()
	if err != nil {
		return nil, err
	}
	files["cue/cue.mod/module.cue"] = []byte("module: \"example.com/platform@v0\"\nlanguage: version: \"v0.17.0\"\n")
	files[".gitattributes"] = []byte("overlays/** linguist-generated\ncue/cue.mod/pkg/** linguist-vendored\n")
	files[".gitignore"] = []byte("# Reports, and the evidence of images that tenon image export writes.\n/report.html\n/tenon.*\n/evidence/\n")
	targets := map[string]string{
		"platform.cue": "cue/platform/platform.cue", "options.cue": "cue/platform/options.cue", "targets.cue": "cue/platform/targets.cue",
		"README.md": "README.md",
	}
	switch b.Forge {
	case "github":
		targets["github.yaml"] = ".github/workflows/tenon.yaml"
	case "gitea": // whose Actions read GitHub's workflows (https://docs.gitea.com/usage/actions/comparison)
		targets["github.yaml"] = ".gitea/workflows/tenon.yaml"
	case "gitlab":
		targets["gitlab.yaml"] = ".gitlab-ci.yml"
	}
	for name, at := range targets {
		text, err := starter.ReadFile(path.Join("starter", name+".txt"))
		if err != nil {
			return nil, fmt.Errorf("reading the starter: %w", err)
		}
		written, err := template.New(name).Option("missingkey=zero").Parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("reading the starter: %w", err)
		}
		var out bytes.Buffer
		if err := written.Execute(&out, b); err != nil {
			return nil, fmt.Errorf("writing the starter: %w", err)
		}
		files[at] = out.Bytes()
	}
	for _, e := range b.Environments {
		files[path.Join("cue/platform", e.Name, e.Name+".cue")] = fmt.Appendf(nil, "// What is special in the environment %s: a value here replaces a default of the files above.\npackage platform\n\nplatform: environment: %q\n", e.Name, e.Name)
	}
	return files, nil
}
