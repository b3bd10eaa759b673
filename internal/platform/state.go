package platform

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/cuecontext"
	"cuelang.org/go/cue/load"
	"cuelang.org/go/encoding/yaml"
	resourcev1 "k8s.io/api/resource/v1"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// Facts are what is true of a cluster but stands in no manifest: schema.#Facts.
type Facts struct {
	Kubernetes string
	Tekton     struct {
		Pipelines, Triggers, Coschedule, EnableAPIFields string
		SetSecurityContext                               bool
		FeatureFlags                                     map[string]string
		// Images that Tekton puts into pods, by what they are for.
		Images map[string]string
	}
	CSIDrivers          []string
	StorageClasses      map[string]struct{ Provisioner string }
	Secrets             map[string]SecretFact
	ClusterRoles        []string
	ClusterInterceptors []string
	CustomResources     []string
	// Registries are those that images may come from; none allows all.
	Registries []string
	// Metrics by exporter.
	Metrics   map[string][]string
	Checklist map[string]string
	// Images by registry and repository.
	Images map[string]ImageFact
	Pools  map[string]Pool
}

// SecretFact is a Secret that exists without being in git.
type SecretFact struct {
	Namespace string
	Keys      []string
}

// ImageFact is what is known of the inside of an image.
type ImageFact struct {
	UIDs  []int64
	Tools []string
	// Stated says that the platform states it of its own image, and nobody has looked.
	Stated bool `json:"-"`
}

// Pool is a set of equal nodes: schema.#Pool.
type Pool struct {
	Nodes       struct{ Min, Max int }
	Allocatable struct{ CPU, Memory, EphemeralStorage string }
	Labels      map[string]string
	Taints      []Taint
	GPU         *GPU
	Memlock     bool
	// Startup and ImagePull are durations that a task's timeout has to leave room for.
	Startup, ImagePull string
}

// Taint keeps pods off a node: schema.#Taint.
type Taint struct{ Key, Value, Effect string }

// GPU describes the accelerators of a node: schema.#GPU.
type GPU struct {
	Model   string
	PerNode int
	Memory  string
	// PodMemory is what one pod can use of a GPU.
	PodMemory string
	// DeviceClass of a driver of dynamic resource allocation that hands the GPUs out; empty for the device plugin.
	DeviceClass string
	Sharing     struct {
		Strategy string
		Replicas int
		Profile  string
		PerGPU   int
	}
	Taint Taint
}

// Resource is what pods ask for to get a GPU of the pool.
func (g GPU) Resource() string {
	switch {
	case g.DeviceClass != "":
		return resourcev1.ResourceDeviceClassPrefix + g.DeviceClass
	case g.Sharing.Strategy == "mig":
		return "nvidia.com/mig-" + g.Sharing.Profile
	}
	return "nvidia.com/gpu"
}

// Devices is how many of the resource a node offers.
func (g GPU) Devices() int {
	switch g.Sharing.Strategy {
	case "timeSlicing":
		return g.PerNode * g.Sharing.Replicas
	case "mig":
		return g.PerNode * g.Sharing.PerGPU
	}
	return g.PerNode
}

// Image is one image of a platform: schema.#Image.
type Image struct {
	// Registry is empty for the platform's own.
	Registry              string
	Repository, Tag, From string
	UID                   int
	CUDA                  bool
	Tools                 []string
}

// LockEntry pins an image: schema.#LockEntry.
type LockEntry struct {
	Tag, Digest, From, Resolved string
	// Image with its registry that the digest is of; empty if the lock does not say.
	Image     string
	Platforms []string
	Size      int64
	// Inspected is what was read of the image; nil if nothing was.
	Inspected *Inspected
}

// Inspected is what the files of a locked image say: schema.#LockEntry.
type Inspected struct {
	User  string
	UIDs  []int64
	Tools []string
	// Missing tools, with where the image has a program of that name instead.
	Missing map[string]string
}

// Says tells whether it says of all tools if they are there.
func (i Inspected) Says(tools []string) bool {
	return !slices.ContainsFunc(tools, func(tool string) bool {
		_, missing := i.Missing[tool]
		return !missing && !slices.Contains(i.Tools, tool)
	})
}

// SupplyChain is what attestations of images may say: schema.#SupplyChain.
type SupplyChain struct {
	Builders       []string `json:"builders"`
	Sources        []string `json:"sources"`
	Bases          []string `json:"bases"`
	DeniedLicences []string `json:"deniedLicences"`
	DeniedPackages []string `json:"deniedPackages"`
}

// Task is what is needed here of a task: schema.#Task.
type Task struct {
	Pool     string
	OrPools  []string
	Memlock  bool
	Priority string
}

// PipelineTask is what is needed here of a use of a task: schema.#PipelineTask.
type PipelineTask struct{ Task, Timeout string }

// Trigger is what starts runs of a pipeline.
type Trigger struct{ Pipeline, Repository string }

// State is what a team states about one environment, beside the objects that follow from it.
type State struct {
	Name, Environment string
	Namespace         struct{ Name, PodSecurity string }
	Registry          string
	Phases            map[string]struct {
		TrafficPercent, ConcurrentRuns int
		Parallel                       bool
		RequiredContext                string
	}
	// Fallback is present where a former CI runs what Tekton does not.
	Fallback        *struct{ Trigger string }
	Pools           map[string]Pool
	Images          map[string]Image
	Lock            map[string]LockEntry
	SupplyChain     SupplyChain
	PriorityClasses map[string]struct{}
	Tasks           map[string]Task
	Pipelines       map[string]struct {
		// Namespace is empty for that of the platform.
		Namespace      string
		Tasks, Finally map[string]PipelineTask
	}
	// Forge that hosts the repositories whose events start runs.
	Forge    string
	Triggers map[string]Trigger
	// Queue is present where GPU tasks wait in line.
	Queue *struct{}
	Teams map[string]struct {
		// Queue says how many GPUs of each pool the team is promised.
		Queue struct{ GPUs map[string]int }
	}
	// Reviews is present where the gate itself runs on Tekton: the forge's trigger for it is the team's own.
	Reviews *struct{}
	Facts   Facts
	// Gate says what blocks a merge.
	Gate struct{ FailOn string }
	// Rules whose severity the team changes, by id.
	Rules map[string]struct{ Severity string }
	// Notebooks is present in a schema.#NotebookPlatform.
	Notebooks *struct {
		Repository string
		Status     struct{ Environment string }
		GPUMemory  string
		GPUs       int
		Pools      struct{ GPU string }
		Storage    struct{ Fast string }
	}
}

// State returns what the team states about the environment.
func (e *Environment) State() (State, error) {
	var s State
	if err := e.root.LookupPath(cue.ParsePath("platform")).Decode(&s); err != nil {
		return s, fmt.Errorf("reading environment %s: %w", e.Name, err)
	}
	s.Facts.Pools = s.Pools
	s.describeImages()
	return s, nil
}

// describeImages adds what the platform says of its own images to the facts.
func (s *State) describeImages() {
	if s.Facts.Images == nil {
		s.Facts.Images = map[string]ImageFact{}
	}
	for key, image := range s.Images {
		name := s.Repository(image)
		if _, stated := s.Facts.Images[name]; stated {
			continue
		}
		fact := ImageFact{UIDs: []int64{int64(image.UID)}, Tools: image.Tools, Stated: true}
		if i := s.InspectedImage(key); i != nil {
			fact = ImageFact{UIDs: i.UIDs, Tools: i.Tools}
		}
		s.Facts.Images[name] = fact
	}
}

// Repository is where an image of the platform lies, with its registry.
func (s *State) Repository(i Image) string {
	return cmp.Or(i.Registry, s.Registry) + "/" + i.Repository
}

// Locked is the entry of the lock that holds for an image as the platform names it now.
func (s *State) Locked(name string) (LockEntry, bool) {
	entry, ok := s.Lock[name]
	i := s.Images[name]
	return entry, ok && entry.Tag == i.Tag && (entry.Image == "" || entry.Image == s.Repository(i))
}

// InspectedImage is what was read of one of the platform's images under its present name; nil if nothing was.
func (s *State) InspectedImage(name string) *Inspected {
	if entry, ok := s.Locked(name); ok {
		return entry.Inspected
	}
	return nil
}

// Waivers returns the waivers that the environment declares.
func (e *Environment) Waivers() ([]finding.Waiver, error) {
	at := cue.ParsePath("platform.waivers")
	fields, err := e.root.LookupPath(at).Fields()
	if err != nil {
		return nil, fmt.Errorf("reading waivers of %s: %w", e.Name, err)
	}
	var waivers []finding.Waiver
	for fields.Next() {
		var given struct {
			Rule, Object, Field, Reason, Owner, Expires string
			Targets                                     []string
		}
		if err := fields.Value().Decode(&given); err != nil {
			return nil, fmt.Errorf("reading waiver %s: %w", fields.Selector(), err)
		}
		w := finding.Waiver{
			Name: fields.Selector().Unquoted(), Rule: given.Rule, Object: given.Object, Field: given.Field,
			Reason: given.Reason, Owner: given.Owner, Expires: given.Expires, Targets: given.Targets,
		}
		if pos := e.teamPosition(fields.Value()); pos.Line > 0 {
			w.Source = &pos
		}
		waivers = append(waivers, w)
	}
	return waivers, nil
}

// teamPosition returns where the team wrote a value: the literal, or else what stands for it.
func (e *Environment) teamPosition(v cue.Value) finding.Position {
	_, operands := v.Expr()
	var other finding.Position
	for _, operand := range append(operands, v) {
		pos, isLiteral := operand.Pos(), false
		switch source := operand.Source().(type) {
		case *ast.BasicLit:
			isLiteral = true
		case *ast.Field:
			if _, isLiteral = source.Value.(*ast.BasicLit); isLiteral {
				pos = source.Value.Pos()
			}
		}
		if !pos.IsValid() || e.files.layerOf(position(pos)) != team {
			continue
		}
		if isLiteral {
			return position(pos)
		}
		if other.Line == 0 {
			other = position(pos)
		}
	}
	return other
}

// Place returns where the team wrote a value of its platform, such as pools.gpu.
func (e *Environment) Place(at string) finding.Position {
	e.trace.Lock()
	defer e.trace.Unlock()
	field := cue.ParsePath("platform." + at)
	if field.Err() != nil {
		return finding.Position{}
	}
	if place := e.teamPosition(e.root.LookupPath(field)); place.Line > 0 {
		return place
	}
	// The value is a default that the schema takes from elsewhere: follow it there.
	var path manifest.Path
	for _, selector := range field.Selectors() {
		if selector.Type() == cue.IndexLabel {
			path = append(path, selector.Index())
			continue
		}
		path = append(path, selector.Unquoted())
	}
	for _, place := range e.places(path, "") {
		if place.Role == manifest.Literal || place.Role == manifest.Part {
			return place.Position
		}
	}
	return finding.Position{}
}

// ReadFacts reads facts from a YAML, JSON or CUE file and checks them against the schema,
// which is found in the folder cue/schema of tenon's own files.
func ReadFacts(own fs.FS, file string, data []byte) (Facts, []finding.Finding, error) {
	var facts Facts
	instance := load.Instances([]string{"."}, &load.Config{
		FS: own, Dir: "/cue/schema", ModuleRoot: "/cue", Env: []string{"CUE_REGISTRY=none"},
		FromFSPath: func(p string) string { return strings.TrimPrefix(p, "/") },
	})[0]
	if instance.Err != nil {
		return facts, nil, fmt.Errorf("loading the embedded schema: %w", instance.Err)
	}
	ctx := cuecontext.New()
	schema := ctx.BuildInstance(instance)
	files := newSources(instance)
	for name := range files.layers {
		files.layers[name] = schemaLayer
	}
	files.layers[file] = team

	var given cue.Value
	if path.Ext(file) == ".cue" {
		if at, err := confine.CUE(file, data); err != nil {
			return facts, []finding.Finding{{
				Rule: "input/cue", Severity: finding.Error, Message: "the CUE was not read: " + err.Error(),
				Source: &finding.Position{File: file, Line: at.Line, Column: at.Column},
			}}, nil
		}
		given = ctx.CompileBytes(data, cue.Filename(file))
	} else {
		err := confine.YAML(data)
		var syntax *ast.File
		if err == nil {
			syntax, err = yaml.Extract(file, data)
		}
		if err != nil {
			return facts, []finding.Finding{{
				Rule: "input/yaml", Severity: finding.Error, Message: "the facts do not parse: " + manifest.Unquoted(err.Error()),
				Source: &finding.Position{File: file},
			}}, nil
		}
		given = ctx.BuildFile(syntax)
	}
	if given.Err() == nil && given.IncompleteKind() != cue.StructKind { // what it is instead is not quoted: it is another file
		return facts, []finding.Finding{{
			Rule: "input/yaml", Severity: finding.Error, Message: "the file holds no facts, which are fields with values",
			Remedy: "see the fields of #Facts in cue/schema/facts.cue", Source: &finding.Position{File: file},
		}}, nil
	}
	value := schema.LookupPath(cue.ParsePath("#Facts")).Unify(given)
	if err := value.Validate(cue.Concrete(true)); err != nil {
		return facts, files.findings(schema, err), nil
	}
	if err := value.Decode(&facts); err != nil {
		return facts, nil, fmt.Errorf("reading %s: %w", file, err)
	}
	return facts, nil, nil
}
