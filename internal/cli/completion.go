package cli

import (
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tenon.dev/tenon/internal/manifest"
)

// completeFormats completes FORMAT and FORMAT=FILE.
func completeFormats(formats []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		if strings.Contains(typed, "=") {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return formats, cobra.ShellCompDirectiveNoFileComp
	}
}

// targetNames are the targets that were rendered, as their folders name them: nothing is evaluated while somebody types.
func (a *app) targetNames() (names []string) {
	a.dir = upwards(a.dir)
	phases, err := filepath.Glob(filepath.Join(a.overlays(), "*", "*", "kustomization.yaml"))
	if err != nil {
		return nil
	}
	for _, file := range phases {
		folder := filepath.Dir(file)
		if phase := filepath.Base(folder); phase != "base" {
			names = append(names, filepath.Base(filepath.Dir(folder))+"/"+phase)
		}
	}
	return names
}

// completeTargets completes the first words of a command, which name targets.
func (a *app) completeTargets(words int) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= words {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return a.targetNames(), cobra.ShellCompDirectiveNoFileComp
	}
}

// completeExplain completes a target, an object of it, and a field of that.
func (a *app) completeExplain(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	const only = cobra.ShellCompDirectiveNoFileComp
	if len(args) == 0 {
		return a.targetNames(), only
	}
	if len(args) > 2 {
		return nil, only
	}
	objects, ok := a.objectsOf(args[0])
	if !ok {
		return nil, only
	}
	if len(args) == 1 {
		var names []string
		for _, o := range objects {
			names = append(names, o.Kind+"/"+o.Name)
		}
		return names, only
	}
	kind, name, _ := strings.Cut(args[1], "/")
	for _, o := range objects {
		if strings.EqualFold(o.Kind, kind) && o.Name == name {
			return fieldsBelow(o, typed), only | cobra.ShellCompDirectiveNoSpace
		}
	}
	return nil, only
}

// objectsOf renders one target; what is wrong with the platform is said by the command itself.
func (a *app) objectsOf(name string) ([]manifest.Object, bool) {
	wanted, err := target(name)
	if err != nil {
		return nil, false
	}
	stderr := a.stderr
	a.dir, a.stderr = upwards(a.dir), io.Discard
	environments, err := a.environments(wanted.Environment)
	a.stderr = stderr
	if err != nil {
		return nil, false
	}
	for _, t := range environments[0].Targets {
		if t.Target == wanted {
			return t.Objects, true
		}
	}
	return nil, false
}

// fieldsBelow are the fields of an object one step below what was typed.
func fieldsBelow(o manifest.Object, typed string) (fields []string) {
	at := typed
	if i := strings.LastIndexAny(at, ".["); i >= 0 {
		at = at[:i]
	} else {
		at = ""
	}
	var path manifest.Path
	value := any(o.Value)
	if at != "" {
		path = manifest.ParsePath(at)
		var ok bool
		if value, ok = manifest.Lookup(o.Value, path); !ok {
			return nil
		}
	}
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			fields = append(fields, path.Append(key).String())
		}
	case []any:
		for i := range value {
			fields = append(fields, path.Append(i).String())
		}
	}
	return fields
}

// completeOutputs completes -o of a command.
func completeOutputs(cmd *cobra.Command, formats []string) {
	if err := cmd.RegisterFlagCompletionFunc("output", completeFormats(formats)); err != nil {
		panic(err) // the flag has another name
	}
}
