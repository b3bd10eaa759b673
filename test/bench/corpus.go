package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed corpus/documents.yaml.tmpl
var corpusTemplates string

// applications are workloads with what belongs to them, as in a repository of many teams.
var applications = [][]string{
	{"Deployment", "Service", "ConfigMap", "ServiceAccount", "HorizontalPodAutoscaler", "PodDisruptionBudget"},
	{"Deployment", "Service", "ConfigMap", "ServiceAccount", "NetworkPolicy", "Ingress", "Role", "RoleBinding"},
	{"StatefulSet", "Service", "ConfigMap", "ServiceAccount", "PersistentVolumeClaim", "ServiceMonitor"},
	{"CronJob", "ConfigMap", "ServiceAccount", "Task", "Pipeline"},
}

// document is what differs between applications; what belongs to one has one name.
type document struct {
	Name, Namespace, Team, Version, Level, Words, Digest string
	Port, Small                                          int
	Settings                                             []string
}

// corpus writes so many documents, a hundred a file, no two of them alike, below a folder.
func corpus(folder string, documents int) error {
	var templates *template.Template
	templates = template.New("").Funcs(template.FuncMap{
		"include": func(name string, data any, indent int) (string, error) {
			var text bytes.Buffer
			err := templates.ExecuteTemplate(&text, name, data)
			return strings.ReplaceAll(strings.TrimSpace(text.String()), "\n", "\n"+strings.Repeat(" ", indent)), err
		},
	})
	if _, err := templates.Parse(corpusTemplates); err != nil {
		return fmt.Errorf("reading the corpus' templates: %w", err)
	}
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("emptying the corpus: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("making the corpus: %w", err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	var file bytes.Buffer
	for i, application := 0, 0; i < documents; application++ {
		what := some(random, application)
		for _, kind := range applications[application%len(applications)] {
			if i == documents {
				break
			}
			file.WriteString("---\n")
			if err := templates.ExecuteTemplate(&file, kind, what); err != nil {
				return fmt.Errorf("writing the corpus: %w", err)
			}
			i++
			if i%100 != 0 && i != documents {
				continue
			}
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%05d.yaml", i)), file.Bytes(), 0o644); err != nil {
				return fmt.Errorf("writing the corpus: %w", err)
			}
			file.Reset()
		}
	}
	return nil
}

var words = strings.Fields("align batch cache deliver encode fetch gather handle index join keep list merge notify order pack query route sort train update verify watch")

func some(random *rand.Rand, application int) document {
	team := fmt.Sprintf("team-%d", application/20)
	pick := func(n int) string {
		var all []string
		for range n {
			all = append(all, words[random.IntN(len(words))])
		}
		return strings.Join(all, " ")
	}
	d := document{
		Name: fmt.Sprintf("%s-%d", words[application%len(words)], application), Namespace: team, Team: team,
		Version: fmt.Sprintf("%d.%d.%d", random.IntN(9), random.IntN(30), random.IntN(30)), Level: []string{"info", "warning", "debug"}[random.IntN(3)],
		Words: pick(6), Digest: fmt.Sprintf("%016x%016x%016x%016x", random.Uint64(), random.Uint64(), random.Uint64(), random.Uint64()),
		Port: 1024 + random.IntN(60000), Small: 1 + random.IntN(9),
	}
	for range random.IntN(50) {
		d.Settings = append(d.Settings, pick(4))
	}
	return d
}

// list writes the documents of a corpus as kubectl get does: as the items of one list.
func list(folder, file string) error {
	names, err := filepath.Glob(folder + "/*.yaml")
	if err != nil {
		return err
	}
	var text bytes.Buffer
	text.WriteString("apiVersion: v1\nitems:\n")
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("reading the corpus: %w", err)
		}
		for _, document := range strings.Split(string(data), "---\n") {
			if document = strings.TrimSpace(document); document != "" {
				text.WriteString("- " + strings.ReplaceAll(document, "\n", "\n  ") + "\n")
			}
		}
	}
	text.WriteString("kind: List\n")
	return os.WriteFile(file, text.Bytes(), 0o644)
}
