package image

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"tenon.dev/tenon/internal/manifest"
)

// Dockerfile is what a Dockerfile does, as BuildKit's own parser reads it.
type Dockerfile struct {
	// ParseError is what BuildKit would say; the rest is then empty.
	ParseError string  `json:"parseError,omitempty"`
	Stages     []Stage `json:"stages"`
}

// Stage is one stage of a build.
type Stage struct {
	// From is the image that it starts from, or the name of an earlier stage.
	From string `json:"from"`
	// Name of the stage; empty for one without.
	Name string `json:"name"`
	// Inner says that From names an earlier stage, or nothing at all (scratch).
	Inner bool `json:"inner"`
	// Last says that the stage is what is built.
	Last bool `json:"last"`
	// User that the stage's image runs as: the last one set; empty where none is.
	User string `json:"user"`
	// Env of the image by name.
	Env map[string]string `json:"env"`
	// Run holds the text of each command, Copies the source and target of each file copied.
	Run    []string `json:"run"`
	Copies []string `json:"copies"`
}

// DockerfileKeys are the keys of a ConfigMap that hold Dockerfiles, by the names that they commonly
// have.
func DockerfileKeys(o manifest.Object) []string {
	data, _ := o.Value["data"].(map[string]any)
	if o.Kind != "ConfigMap" {
		return nil
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(data)), func(key string) bool {
		_, isText := data[key].(string)
		return !isText || key != "Dockerfile" && !strings.HasSuffix(key, ".Dockerfile") && !strings.HasPrefix(key, "Dockerfile.")
	})
}

// ParseDockerfile reads a Dockerfile.
func ParseDockerfile(text string) Dockerfile {
	tree, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		return Dockerfile{ParseError: err.Error(), Stages: []Stage{}}
	}
	stages, globals, err := instructions.Parse(tree.AST, nil)
	if err != nil {
		return Dockerfile{ParseError: err.Error(), Stages: []Stage{}}
	}
	d := Dockerfile{Stages: []Stage{}}
	args := defaults(globals)
	var names []string
	for i, s := range stages {
		from := expand(s.BaseName, args)
		earlier := slices.Index(names, strings.ToLower(from))
		stage := Stage{
			From: from, Name: s.Name, Last: i == len(stages)-1, Inner: from == "scratch" || from != "" && earlier >= 0,
			Env: map[string]string{}, Run: []string{}, Copies: []string{},
		}
		if from != "" && earlier >= 0 {
			// A stage begins with what the one that it names has set.
			stage.User, stage.Env = d.Stages[earlier].User, maps.Clone(d.Stages[earlier].Env)
		}
		for _, command := range s.Commands {
			stage.add(command)
		}
		names = append(names, strings.ToLower(s.Name))
		d.Stages = append(d.Stages, stage)
	}
	return d
}

// defaults are the values that ARG gives before the first stage.
func defaults(globals []instructions.ArgCommand) map[string]string {
	values := map[string]string{}
	for _, g := range globals {
		for _, arg := range g.Args {
			if arg.Value != nil {
				values[arg.Key] = strings.Trim(*arg.Value, `"'`)
			}
		}
	}
	return values
}

// expand fills in arguments; one that has no default stays as it is.
func expand(text string, args map[string]string) string {
	return os.Expand(text, func(name string) string {
		if value, ok := args[name]; ok {
			return value
		}
		return "${" + name + "}"
	})
}

func (s *Stage) add(command instructions.Command) {
	switch c := command.(type) {
	case *instructions.UserCommand:
		s.User = c.User
	case *instructions.EnvCommand:
		for _, pair := range c.Env {
			s.Env[pair.Key] = strings.Trim(pair.Value, `"'`)
		}
	case *instructions.RunCommand:
		s.Run = append(s.Run, strings.Join(c.CmdLine, " "))
		for _, file := range c.Files {
			s.Run = append(s.Run, file.Data)
		}
	case *instructions.CopyCommand:
		for _, source := range c.SourcePaths {
			s.Copies = append(s.Copies, fmt.Sprintf("%s %s", source, c.DestPath))
		}
	}
}
