package graph

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// resolver says which parameters one of Tekton's own resolvers must have, where its ConfigMap has no default for them, and
// which others it reads (github.com/tektoncd/pipeline, pkg/resolution/resolver/*/params.go and resolver.go).
type resolver struct{ required, others []string }

var resolvers = map[string]resolver{
	"git": {[]string{"pathInRepo"}, []string{
		"url", "revision", "org", "repo", "token", "tokenKey", "gitToken", "gitTokenKey", "scmType", "serverURL", "configKey", "cache",
	}},
	"hub":     {[]string{"name", "version"}, []string{"kind", "catalog", "type", "url", "cache"}},
	"bundles": {[]string{"bundle", "name"}, []string{"kind", "serviceAccount", "secret", "cache"}},
	"cluster": {[]string{"name"}, []string{"kind", "namespace", "cache"}},
	"http":    {[]string{"url"}, []string{"http-username", "http-password-secret", "http-password-secret-key", "cache"}},
}

// resolvedKinds are what resolvers look for by kind (pkg/resolution/resolver/cluster/resolver.go, hub/resolver.go).
var resolvedKinds = []string{"task", "pipeline", "stepaction"}

// resolverParams checks what Tekton's own resolvers are given: they ask for it when a run starts.
func (g *graph) resolverParams() {
	for _, o := range g.Objects {
		if !strings.Contains(o.APIVersion, "tekton.dev/") {
			continue
		}
		eachRef(o.Value, nil, func(ref map[string]any, at manifest.Path) { g.resolverRef(o, ref, at) })
	}
}

// eachRef visits what names a resolver.
func eachRef(value any, at manifest.Path, visit func(map[string]any, manifest.Path)) {
	switch v := value.(type) {
	case map[string]any:
		if _, ok := v["resolver"].(string); ok {
			visit(v, at)
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			eachRef(v[key], at.Append(key), visit)
		}
	case []any:
		for i, item := range v {
			eachRef(item, at.Append(i), visit)
		}
	}
}

func (g *graph) resolverRef(o manifest.Object, ref map[string]any, at manifest.Path) {
	name, _ := ref["resolver"].(string)
	known, ok := resolvers[name]
	if !ok {
		if near := finding.Nearest(name, slices.Sorted(maps.Keys(resolvers))); near != "" {
			g.add(o, "graph/resolver-param", finding.Warning, at.Append("resolver"), fmt.Sprintf("Tekton has no resolver %s", name), "is "+near+" meant? One of one's own is installed beside Tekton")
		}
		return
	}
	given := map[string]string{}
	each(ref, manifest.Path{"params"}, func(i int, p map[string]any) {
		param, _ := p["name"].(string)
		value, _ := p["value"].(string)
		given[param] = value
		if param == "" || slices.Contains(known.required, param) || slices.Contains(known.others, param) {
			return
		}
		remedy := "it reads " + strings.Join(slices.Concat(known.required, known.others), ", ")
		if near := finding.Nearest(param, slices.Concat(known.required, known.others)); near != "" {
			remedy = "is " + near + " meant?"
		}
		g.add(o, "graph/resolver-param", finding.Warning, at.Append("params", i, "name"), fmt.Sprintf("the %s resolver reads no parameter %s", name, param), remedy)
	})
	var missing []string
	for _, param := range known.required {
		if _, ok := given[param]; !ok {
			missing = append(missing, param)
		}
	}
	switch {
	case len(missing) > 0:
		g.add(o, "graph/resolver-param", finding.Error, at.Append("resolver"), fmt.Sprintf("the %s resolver requires %s", name, strings.Join(missing, " and ")), "add what is missing to params")
	case name == "git" && given["url"] != "" && given["repo"] != "":
		g.add(o, "graph/resolver-param", finding.Error, at.Append("resolver"), "the git resolver takes url or repo, not both", "take one of both away")
	case name == "http" && strings.HasPrefix(given["url"], "https://api.hub.tekton.dev/"):
		g.add(o, "graph/resolver-param", finding.Warning, at.Append("resolver"), "the public Tekton Hub was switched off: nothing answers at "+given["url"], "take the task from Artifact Hub, by the hub resolver")
	case name != "git" && name != "http" && given["kind"] != "" && !strings.Contains(given["kind"], "$(") && !slices.Contains(resolvedKinds, given["kind"]):
		g.add(o, "graph/resolver-param", finding.Error, at.Append("resolver"), fmt.Sprintf("the %s resolver finds no kind %s", name, given["kind"]), "write one of "+strings.Join(resolvedKinds, ", "))
	case name == "hub" && given["type"] != "" && given["type"] != "artifact" && given["type"] != "tekton" && !strings.Contains(given["type"], "$("):
		g.add(o, "graph/resolver-param", finding.Error, at.Append("resolver"), fmt.Sprintf("there is no type of hub %s", given["type"]), "write artifact, or tekton for a hub of one's own")
	case name == "hub" && given["type"] == "tekton":
		g.add(o, "graph/resolver-param", finding.Warning, at.Append("resolver"), "type tekton is a hub of one's own, whose address the resolvers' Deployment has in TEKTON_HUB_API", "use type artifact, or see that the address is there")
	}
}
