package kustomization

import (
	"errors"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
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
		values = append(values, p.sources(f, g.KvPairSources)...)
	}
	for _, g := range f.value.ConfigMapGenerator {
		values = append(values, p.sources(f, g.KvPairSources)...)
	}
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

// sources are the values from which data is generated: literals without their keys too, and the lines of files.
func (p *plan) sources(f *folder, from types.KvPairSources) []string {
	values := slices.Clone(from.LiteralSources)
	for _, file := range f.others {
		if text, err := confine.ReadFS(p.tree, file, maxFile); err == nil && len(text) < maxEnv {
			values = append(values, strings.Split(string(text), "\n")...)
		}
	}
	for _, pair := range slices.Clone(values) {
		if _, value, ok := strings.Cut(pair, "="); ok {
			values = append(values, value, strings.Trim(value, "\"' "))
		}
	}
	return values
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
