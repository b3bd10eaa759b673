package script

import (
	"maps"
	"path"
	"slices"

	"k8s.io/utils/lru"

	"tenon.dev/tenon/internal/manifest"
)

// Script is one script of an object.
type Script struct {
	// Container is the path to the step or container that runs it, Path the one to its text.
	Container, Path manifest.Path
	Text            string
	Facts           Facts
}

// Of finds every script of an object: those of Tekton's steps, what containers hand to a shell
// with -c, and the single command of those that run one without a shell. What only looks like a
// script is left out: the data of config maps and secrets.
func Of(o manifest.Object) []Script {
	if o.Kind == "ConfigMap" || o.Kind == "Secret" {
		return nil
	}
	return within(o.Value, nil)
}

func within(value any, at manifest.Path) []Script {
	var found []Script
	switch v := value.(type) {
	case map[string]any:
		if text, ok := v["script"].(string); ok {
			found = append(found, Script{at, at.Append("script"), text, parsed(source{interpreter(text), text})})
		} else if s, where, ok := inline(v); ok {
			found = append(found, Script{at, at.Append(where...), s.text, parsed(s)})
		} else if facts, ok := direct(v); ok {
			found = append(found, Script{at, at.Append("command"), "", facts})
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			found = append(found, within(v[key], at.Append(key))...)
		}
	case []any:
		for i, child := range v {
			found = append(found, within(child, at.Append(i))...)
		}
	}
	return found
}

// direct gives the facts of a container that runs one program without a shell.
func direct(container map[string]any) (Facts, bool) {
	command := texts(container["command"])
	if len(command) == 0 {
		return Facts{}, false
	}
	words := slices.Concat(command, texts(container["args"]))
	facts := noFacts()
	facts.Errexit = true
	w := walker{facts: &facts}
	w.note(Command{Name: path.Base(words[0]), Args: words[1:], Line: 1}, 0)
	return facts, true
}

func texts(value any) []string {
	list, _ := value.([]any)
	var all []string
	for _, item := range list {
		if text, ok := item.(string); ok {
			all = append(all, text)
		}
	}
	return all
}

// source is a text with the shell that runs it.
type source struct{ shell, text string }

// known are the scripts that were parsed last, by their source: targets share most of theirs.
var known = lru.New(2048)

func parsed(s source) Facts {
	if facts, ok := known.Get(s); ok {
		return facts.(Facts)
	}
	facts := parse(s.text, s.shell)
	known.Add(s, facts)
	return facts
}

// inline finds the script that a container hands to an interpreter, wherever in command and args the words of that stand.
func inline(container map[string]any) (s source, at manifest.Path, ok bool) {
	var words []string
	var places []manifest.Path
	for _, list := range []string{"command", "args"} {
		items, _ := container[list].([]any)
		for i, item := range items {
			text, _ := item.(string)
			words, places = append(words, text), append(places, manifest.Path{list, i})
		}
	}
	if i, language := Inline(words); i > 0 {
		return source{language, words[i]}, places[i], true
	}
	return source{}, nil, false
}
