package kustomization

import (
	"regexp"
	"sync"
)

// Pieces of what kustomize says that are no values of a manifest: a path of files or fields, and what tells an object.
const (
	pathForm = `([\w./~\[\]*-]{1,300})`
	idForm   = `([\w.]{1,200}\.\[?[\w.]{1,100}\]?/\[?[\w.*-]{1,260}\]?\.\[?[\w.-]{1,100}\]?)`
)

// said are the reasons that kustomize gives (its api and kyaml modules, v0.21.2), and what is said of each. It quotes
// literals, patches and whole objects beside them, which may be secrets, in many forms: what is no such reason is not told.
var said = sync.OnceValue(func() []saying {
	return []saying{
		{regexp.MustCompile(`cycle detected: candidate root '/?` + pathForm + `'\s+contains visited root '/?` + pathForm + `'`), "cycle detected: $1 contains $2"},
		{regexp.MustCompile(`unknown field "` + pathForm + `"`), `unknown field "$1"`},
		{regexp.MustCompile(`no resource matches strategic merge patch "` + idForm + `"`), "no resource matches strategic merge patch $1"},
		{regexp.MustCompile(`no matches for Id ` + idForm), "no matches for Id $1"},
		{regexp.MustCompile(`multiple matches for Id ` + idForm), "multiple matches for Id $1"},
		{regexp.MustCompile(`may not add resource with an already registered id: ` + idForm), "may not add resource with an already registered id: $1"},
		{regexp.MustCompile(`namespace transformation produces ID conflict`), "namespace transformation produces ID conflict"},
		{regexp.MustCompile(`id matched [0-9]+ resources`), "$0"},
		{regexp.MustCompile(`(add|replace|remove|copy|move|test) operation does not apply: doc is missing (path|key): "?` + pathForm), "$1 operation does not apply: doc is missing $2 $3"},
		{regexp.MustCompile(`testing value ` + pathForm + ` failed`), "testing value $1 failed"},
		{regexp.MustCompile("fieldPath `" + pathForm + "` is missing for replacement (source|target) " + idForm), "fieldPath $1 is missing for replacement $2 $3"},
		{regexp.MustCompile(`nothing selected by ` + idForm), "nothing selected by $1"},
		{regexp.MustCompile(`unable to find field "?` + pathForm), "unable to find field $1"},
		{regexp.MustCompile(`considering field '` + pathForm + `' of object ` + idForm), "considering field $1 of object $2"},
		{regexp.MustCompile(`exists; behavior must be merge or replace`), "an object of a generator exists; its behavior must be merge or replace"},
		{regexp.MustCompile(`does not exist; cannot merge or replace`), "an object of a generator does not exist; cannot merge or replace"},
		{regexp.MustCompile(`(?:missing metadata\.name|missing Resource metadata)`), "an object has no metadata.name"},
		{regexp.MustCompile(`kustomization\.yaml is empty|kustomization.yml is empty`), "the kustomization is empty"},
		{regexp.MustCompile(`(?:open|evalsymlink failure on|lstat) '?/?` + pathForm + `'?\s*:.*(?:no such file|does not exist)`), "there is no $1"},
		{regexp.MustCompile(`invalid literal source|invalid literal`), "a literal is not written as key=value"},
		{regexp.MustCompile(`patch appears to be empty|empty seems to be empty|must specify one of patch and path`), "a patch is empty"},
		{regexp.MustCompile(`must specify a target for (?:JSON )?patch|must specify a target for`), "a patch has no target"},
		{regexp.MustCompile(`unable to parse SM or JSON patch from|could not parse .* patch|yaml: .*did not find expected|failed to unmarshal`), "a patch or an object does not parse"},
		{regexp.MustCompile(`delimiter option can only be used with scalar nodes`), "$0"},
		{regexp.MustCompile(`options\.index (-?[0-9]+) is out of bounds`), "options.index $1 is out of bounds"},
		{regexp.MustCompile(`replacements must specify a source and at least one target|must specify at least one target|target must specify resources to select|must specify a file path or jsonOp, not both|cannot specify both path and inline replacement|patch and path can't be set at the same time|fieldPath cannot be empty|conflicting fieldspecs|validator shouldn't modify the resource map`), "$0"},
		{regexp.MustCompile(`label name '([\w./-]{1,300})' exists in both commonLabels and labels`), "label $1 is in both commonLabels and labels"},
		{regexp.MustCompile(`kustomize broke down`), "kustomize broke down"},
	}
})

// saying is one reason that kustomize gives, and what is said of it.
type saying struct {
	form *regexp.Regexp
	text string
}

// reason is the innermost of the reasons in what kustomize says, without what it quotes beside.
func reason(message string) string {
	last, text := -1, ""
	for _, one := range said() {
		for _, at := range one.form.FindAllStringSubmatchIndex(message, -1) {
			if at[0] > last {
				last, text = at[0], string(one.form.ExpandString(nil, one.text, message, at))
			}
		}
	}
	if text == "" {
		return "kustomize build says why; what it quotes may be a secret, and is not told here"
	}
	return text
}
