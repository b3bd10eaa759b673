package kustomization

import (
	"errors"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/confine"
)

// withoutValues takes out of an error of kustomize's what may be a secret: it quotes literals, lines of env files and
// values of patches that it cannot read, and whoever sees the log of a check need not see these.
func (p *plan) withoutValues(all []*folder, err error) error {
	var values []string
	for _, f := range all {
		values = append(values, p.valuesOf(f)...)
	}
	slices.SortFunc(values, func(a, b string) int { return len(b) - len(a) }) // one may be a part of another
	message := err.Error()
	for _, value := range values {
		if value = strings.TrimSpace(value); len(value) >= shortest {
			message = strings.ReplaceAll(message, value, "***")
		}
	}
	return errors.New(message)
}

// shortest is how long a value is at least that is looked for: shorter ones are in every message, and no secret.
const shortest = 4

// valuesOf are the values that a kustomization generates, and those of the data in its resources and patches.
func (p *plan) valuesOf(f *folder) []string {
	var values []string
	for _, g := range f.value.SecretGenerator {
		values = append(values, g.LiteralSources...)
	}
	for _, g := range f.value.ConfigMapGenerator {
		values = append(values, g.LiteralSources...)
	}
	values = behindKeys(append(values, p.linesOf(f.others)...))
	for _, file := range slices.Concat(f.resources, f.patches) {
		for _, o := range p.parse(file).Objects {
			values = append(values, data(o.Value, false)...)
		}
	}
	for _, one := range statedPatches(f.value) {
		var patch any
		if yaml.Unmarshal([]byte(one.Patch), &patch) == nil {
			values = append(values, data(patch, false)...)
		}
	}
	return values
}

// linesOf are the lines of the files from which data is generated.
func (p *plan) linesOf(files []string) []string {
	var lines []string
	for _, file := range files {
		if text, err := confine.ReadFS(p.tree, file, maxFile); err == nil && len(text) < maxEnv {
			lines = append(lines, strings.Split(string(text), "\n")...)
		}
	}
	return lines
}

// behindKeys adds to pairs of a key and a value the values alone.
func behindKeys(pairs []string) []string {
	for _, pair := range slices.Clone(pairs) {
		if _, value, ok := strings.Cut(pair, "="); ok {
			pairs = append(pairs, value, strings.Trim(value, "\"' "))
		}
	}
	return pairs
}

// maxEnv bounds the files whose lines are looked for.
const maxEnv = 1 << 20

// data are the texts below data, stringData and what patches set there.
func data(value any, within bool) []string {
	var all []string
	switch v := value.(type) {
	case map[string]any:
		for key, below := range v {
			all = append(all, data(below, within || slices.Contains([]string{"data", "stringData", "binaryData", "value"}, key))...)
		}
	case []any:
		for _, below := range v {
			all = append(all, data(below, within)...)
		}
	case string:
		if within {
			all = append(all, v)
			all = append(all, strings.Split(v, "\n")...)
		}
	}
	return all
}
