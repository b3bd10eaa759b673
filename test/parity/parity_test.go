package parity

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/internal/typed"
	"tenon.dev/tenon/test/controlplane"
)

// least is how many verdicts of a hundred have to be the same, and fewest how many manifests
// have to be sent.
const (
	least  = 0.99
	fewest = 2000
)

// TestParity sends every object of the reference platform, and each with one field changed, to a
// real API server with Tekton's webhooks as a dry run, and compares its verdict with tenon's.
func TestParity(t *testing.T) {
	if os.Getenv("TENON_E2E") == "" {
		t.Skip("builds and starts a control plane: run make parity")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Minute)
	defer cancel()
	binaries, err := controlplane.Build(ctx, "../controlplane")
	if err != nil {
		t.Fatal(err)
	}
	plane, err := controlplane.Start(ctx, binaries, t.TempDir(), controlplane.Settings{Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	defer plane.Stop()

	server := newServer(t, plane)
	samples := generate(objects(t))
	server.prepare(t, samples)
	checker, err := typed.New(typed.Settings{Complete: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	results := make([]result, len(samples))
	var group sync.WaitGroup
	slots := make(chan struct{}, 8)
	for i, s := range samples {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			results[i] = result{sample: s, tenon: verdict(checker, s)}
			results[i].server, results[i].answer, results[i].err = server.dryRun(s)
		})
	}
	group.Wait()
	judge(t, results)
}

type result struct {
	sample
	// tenon holds its errors; the server's verdict is whether it refuses, with its answer.
	tenon  []finding.Finding
	server bool
	answer string
	err    error
}

func judge(t *testing.T, results []result) {
	t.Helper()
	var both, neither, tenon, server int
	var differ []string
	for _, r := range results {
		if r.err != nil {
			t.Fatalf("%s: %v", r.sample, r.err)
		}
		switch refuses := len(r.tenon) > 0; {
		case refuses && r.server:
			both++
		case !refuses && !r.server:
			neither++
		case refuses:
			tenon++
			differ = append(differ, fmt.Sprintf("tenon alone refuses %s: %s %s", r.sample, r.tenon[0].Rule, r.tenon[0].Message))
		default:
			server++
			differ = append(differ, fmt.Sprintf("the server alone refuses %s: %.300s", r.sample, r.answer))
		}
	}
	slices.Sort(differ)
	for _, d := range differ {
		t.Log(d)
	}
	agreement := float64(both+neither) / float64(len(results))
	t.Logf("\n                  tenon refuses  tenon accepts\nserver refuses    %13d  %13d\nserver accepts    %13d  %13d\n%d manifests, %.2f %% of the verdicts are the same",
		both, server, tenon, neither, len(results), 100*agreement)
	if len(results) < fewest {
		t.Errorf("only %d manifests", len(results))
	}
	if agreement < least {
		t.Errorf("%.2f %% of the verdicts are the same, want %.0f %%", 100*agreement, 100*least)
	}
	if both == 0 || neither == 0 {
		t.Error("one side has no case: nothing was compared")
	}
}

func verdict(checker *typed.Checker, s sample) []finding.Finding {
	o, ok := manifest.New(s.value, nil)
	if !ok {
		return []finding.Finding{{Rule: "input/incomplete-object"}}
	}
	return slices.DeleteFunc(checker.Check(o), func(f finding.Finding) bool {
		// The pod of a task is made later: the server says nothing of it yet.
		return f.Severity < finding.Error || f.Rule == "types/pod"
	})
}

// objects are those that every environment of the reference platform renders in its first phase,
// the good halves of the known defects, and a run of each sample.
func objects(t *testing.T) []manifest.Object {
	t.Helper()
	environments, found, err := check.Load(platform.Folder{FS: os.DirFS("../.."), Dir: "cue/platform"})
	if err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	all := slices.Clone(environments[0].Targets[0].Objects)
	cases, err := filepath.Glob("../../testdata/defects/*/*.diff")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range cases {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var right strings.Builder
		for _, line := range strings.Split(string(data), "\n") {
			if line != "" && line[0] != '-' {
				right.WriteString(line[1:] + "\n")
			}
		}
		all = append(all, manifest.Parse(file, []byte(right.String())).Objects...)
	}
	return append(all, corpus(t)...)
}

// corpus reads manifests from a folder of one's own, if there is one to be compared.
func corpus(t *testing.T) []manifest.Object {
	t.Helper()
	folder := os.Getenv("TENON_CORPUS")
	if folder == "" {
		return nil
	}
	var all []manifest.Object
	err := filepath.WalkDir(folder, func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(file) != ".yaml" && filepath.Ext(file) != ".yml" {
			return err
		}
		data, err := os.ReadFile(file)
		all = append(all, manifest.Parse(file, data).Objects...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// server knows where the API server keeps which kind.
type server struct {
	plane *controlplane.Plane
	mu    sync.Mutex
	kinds map[schema.GroupVersion]map[string]served
}

type served struct {
	name       string
	namespaced bool
}

func newServer(t *testing.T, plane *controlplane.Plane) *server {
	t.Helper()
	if err := install(plane); err != nil {
		t.Fatal(err)
	}
	return &server{plane: plane, kinds: map[schema.GroupVersion]map[string]served{}}
}

// prepare makes the namespaces that the samples are in.
func (s *server) prepare(t *testing.T, samples []sample) {
	t.Helper()
	namespaces := map[string]bool{}
	for _, one := range samples {
		if one.namespace != "" {
			namespaces[one.namespace] = true
		}
	}
	for name := range namespaces {
		status, body, err := s.plane.Do("POST", "/api/v1/namespaces", fmt.Appendf(nil, `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":%q}}`, name))
		if err != nil || status >= 300 && status != http.StatusConflict {
			t.Fatal(status, string(body), err)
		}
	}
}

// dryRun asks the server to create a sample, strictly, as kubectl does.
func (s *server) dryRun(one sample) (refused bool, answer string, err error) {
	apiVersion, _ := one.value["apiVersion"].(string)
	kind, _ := one.value["kind"].(string)
	gv, err := schema.ParseGroupVersion(apiVersion)
	if err != nil || kind == "" {
		return true, "no version or kind", nil
	}
	known, err := s.resources(gv)
	if err != nil {
		return false, "", err
	}
	resource, ok := known[kind]
	if !ok {
		return true, "no such kind", nil
	}
	path := prefix(gv)
	if resource.namespaced {
		namespace := one.namespace
		if namespace == "" {
			namespace = "default"
		}
		path += "/namespaces/" + namespace
	}
	body, err := json.Marshal(one.value)
	if err != nil {
		return false, "", err
	}
	status, reply, err := s.plane.Do("POST", path+"/"+resource.name+"?dryRun=All&fieldValidation=Strict", body)
	switch {
	case err != nil:
		return false, "", err
	case status < 300, status == http.StatusConflict: // the name is taken: all else was in order
		return false, "", nil
	case status >= 500 && !strings.Contains(string(reply), "conversion webhook"):
		return false, "", fmt.Errorf("the server answers %d: %s", status, reply)
	}
	var told struct{ Message string }
	_ = json.Unmarshal(reply, &told)
	return true, told.Message, nil
}

func prefix(gv schema.GroupVersion) string {
	if gv.Group == "" {
		return "/api/" + gv.Version
	}
	return "/apis/" + gv.Group + "/" + gv.Version
}

func (s *server) resources(gv schema.GroupVersion) (map[string]served, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.kinds[gv]; ok {
		return known, nil
	}
	known := map[string]served{}
	status, body, err := s.plane.Do("GET", prefix(gv), nil)
	if err != nil {
		return nil, err
	}
	var list struct {
		Resources []struct {
			Name, Kind string
			Namespaced bool
		}
	}
	if status == http.StatusOK {
		if err := json.Unmarshal(body, &list); err != nil {
			return nil, err
		}
	}
	for _, r := range list.Resources {
		if !strings.Contains(r.Name, "/") {
			known[r.Kind] = served{r.Name, r.Namespaced}
		}
	}
	s.kinds[gv] = known
	return known, nil
}

// install gives the server the definitions of the operators that the platform renders for: those
// that tenon itself checks by, since the operators' own manifests cannot be had here.
func install(plane *controlplane.Plane) error {
	files, err := filepath.Glob("../../internal/typed/crds/*.json")
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no definitions: %w", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var d struct {
			Group, Kind, Scope string
			Versions           map[string]any
		}
		if err := json.Unmarshal(data, &d); err != nil {
			return err
		}
		plural := strings.ToLower(d.Kind) + "s"
		var versions []any
		for i, name := range slices.Sorted(maps.Keys(d.Versions)) {
			versions = append(versions, map[string]any{"name": name, "served": true, "storage": i == 0, "schema": map[string]any{"openAPIV3Schema": d.Versions[name]}})
		}
		body, err := json.Marshal(map[string]any{
			"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
			"metadata": map[string]any{"name": plural + "." + d.Group, "annotations": map[string]any{"api-approved.kubernetes.io": "unapproved, for a test"}},
			"spec": map[string]any{
				"group": d.Group, "scope": d.Scope, "versions": versions,
				"names": map[string]any{"plural": plural, "singular": strings.ToLower(d.Kind), "kind": d.Kind, "listKind": d.Kind + "List"},
			},
		})
		if err != nil {
			return err
		}
		status, reply, err := plane.Do("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body)
		if err != nil || status >= 300 {
			return fmt.Errorf("%s: %d %s %w", file, status, reply, err)
		}
	}
	time.Sleep(3 * time.Second) // until all are served
	return nil
}
