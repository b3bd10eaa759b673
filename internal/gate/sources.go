package gate

import (
	"maps"
	"net"
	"path"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/pattern"
	"tenon.dev/tenon/internal/veil"
)

// sourceKinds are the kinds that say where secrets and code come from, with the fields that do.
var sourceKinds = map[string][]string{
	"ExternalSecret":     {"spec.data", "spec.dataFrom", "spec.secretStoreRef", "spec.target"},
	"SecretStore":        {"spec"},
	"ClusterSecretStore": {"spec"},
	"Repository":         {"spec"},
}

// sources adds where secrets and code come from, where that is another place than before, and addresses
// that no object of the base names: known has those that some do.
func (m *meaning) sources(t finding.Target, known baseline, changes []diff.Object, elsewhere bool) {
	for _, o := range changes {
		if o.After == nil {
			continue
		}
		if o.Op == diff.Added && len(sourceKinds[o.Object.Kind]) > 0 && !known.has(t, *o.After, elsewhere) {
			m.add("sources", item{"op": "added", "object": o.Object, "field": "spec", "address": ""}, t)
		}
		if known.replaced(o) {
			m.add("sources", item{"op": "moved", "object": o.Object, "field": "spec", "address": ""}, t)
		}
		for _, c := range known.synced(o) {
			m.add("sources", item{"op": "moved", "object": o.Object, "field": written(*o.After, c.Field), "address": ""}, t)
		}
		for _, c := range o.Changes {
			if loosened(c) {
				m.add("sources", item{"op": "loosened", "object": o.Object, "field": c.Field, "address": ""}, t)
			}
			if isShare(*o.After, c, known.shares(t)) {
				continue // told as a phase that moves
			}
			if slices.ContainsFunc(sourceKinds[o.Object.Kind], func(field string) bool {
				return c.Field == field || strings.HasPrefix(c.Field, field+".") || strings.HasPrefix(c.Field, field+"[")
			}) {
				m.add("sources", item{"op": c.Op, "object": o.Object, "field": c.Field, "address": ""}, t)
			}
		}
		if o.Object.Kind == "NetworkPolicy" {
			continue // what it lets through is compared
		}
		words := moreUnverified(o)
		for _, word := range words {
			m.add("sources", item{"op": "unverified", "object": o.Object, "field": "", "address": word}, t)
		}
		m.variables(t, known, o, words)
		seen := map[string]bool{}
		for _, use := range image.Uses([]manifest.Object{*o.After}) {
			if name := image.Repository(use.Image); !known.images[name] && !seen[name] && len(known.images) > 0 {
				seen[name] = true
				m.add("sources", item{"op": "named", "object": o.Object, "field": use.At.String(), "address": printable(name)}, t)
			}
		}
		addresses(o.After.Value, func(address string) {
			if !known.addresses[address] && !seen[address] {
				seen[address] = true
				m.add("sources", item{"op": "named", "object": o.Object, "field": "", "address": printable(address)}, t)
			}
		})
	}
}

// variables adds those of containers by which programs find or load code, or find certificates, where they are others than
// before. words are those of which it is said already.
func (m *meaning) variables(t finding.Target, known baseline, o diff.Object, words []string) {
	if !runs(*o.After) {
		return
	}
	was := map[string]bool{}
	if o.Before != nil {
		was = decidingVariables(o.Before.Value)
	}
	now := decidingVariables(o.After.Value)
	told := map[string]bool{}
	for _, word := range words {
		told[word] = true
	}
	for _, pair := range slices.Sorted(maps.Keys(now)) {
		name, _, _ := strings.Cut(pair, "\n")
		if was[pair] || told[name] || known.variables[pair] {
			continue
		}
		told[name] = true
		m.add("sources", item{"op": "unverified", "object": o.Object, "field": "", "address": name}, t)
	}
}

// keyLike fits a part of a path that may be a token: long, and of letters and digits.
var keyLike = pattern.New(`^[A-Za-z0-9_=.~-]{16,}$`)

// printable is an address as it may be shown: of webhooks the path is the secret.
func printable(address string) string {
	parts := strings.Split(veil.Text(address), "/")
	for i, part := range parts {
		if i > 2 && keyLike.MatchString(part) && strings.ContainsAny(part, "0123456789") && strings.ContainsAny(strings.ToLower(part), "ghijklmnopqrstuvwxyz") {
			parts[i] = veil.Hidden
		}
	}
	return strings.Join(parts, "/")
}

// urlForm fits an address with a scheme, or a remote of git.
var urlForm = pattern.New(`(?i)\b[a-z][a-z0-9+.-]{1,20}://(?:[^\s"'<>|;,()\[\]{}/@]*@)?(?:\[[0-9a-f:.%]+\])?[^\s"'<>|;,()\[\]{}]*|\bgit@[a-z0-9.-]+:[^\s"';|]+`)

// usesForm fits the action or workflow of another repository that a workflow of GitHub runs.
var usesForm = pattern.New(`(?m)^\s*(?:- )?uses:\s*["']?([\w.-]+/[\w.-]+)[^\s"']*@`)

// mailForm fits whom a message goes to.
var mailForm = pattern.New(`(?i)(?:^|[\s,;"'<(=:])([a-z0-9._+-]+@(?:[a-z0-9-]+\.)+[a-z]{2,})(?:$|[\s,;"'>)])`)

// hostForm fits a host with a path, as of an image or an address without a scheme, and a value that is a
// host, with a port or without.
var hostForm = pattern.New(`(?i)(?:^|[\s"'=,;|&>(])((?:[a-z0-9-]+\.)+[a-z0-9-]+(?::[0-9]{2,5})?/[^\s"'<>|;,()\[\]{}]+)|^((?:[a-z0-9-]+\.)+[a-z0-9-]+(?::[0-9]{2,5})?)$`)

// foreignRef fits what somebody proposes to a repository, by the names that forges give it there: anybody's code.
var foreignRef = pattern.New(`(?i)\b(?:refs/)?(?:pull|merge-requests|pull-requests|changes)/[0-9/]+(?:/(?:head|merge|from))?\b`)

// addresses visits the addresses within a value: where something is fetched from or sent to.
func addresses(value any, visit func(string)) {
	addressesIn(value, false, func(text string, names bool) { addressesOf(text, names, visit) })
}

// distinctAddresses visits the addresses within several values, and looks at a text that there is many times once.
func distinctAddresses(objects []manifest.Object, visit func(string)) {
	type part struct {
		text  string
		names bool
	}
	seen := map[part]bool{}
	for _, o := range objects {
		addressesIn(o.Value, false, func(text string, names bool) {
			if p := (part{text, names}); !seen[p] {
				seen[p] = true
				addressesOf(text, names, visit)
			}
		})
	}
}

// addressesOf visits the addresses within a text. Where words that look like hosts are names of other things, only what
// is an address in full counts.
func addressesOf(text string, names bool, visit func(string)) {
	if strings.Contains(text, "://") || strings.Contains(text, "@") {
		for _, address := range urlForm.FindAllString(text, -1) {
			visit(shortened(address))
		}
	}
	if strings.Contains(text, "/") {
		for _, ref := range foreignRef.FindAllString(text, -1) {
			visit(ref)
		}
	}
	if !names {
		named(text, visit)
	}
}

// addressesIn visits the texts that may hold addresses, and tells of each whether words that look like hosts are names
// of other things there.
func addressesIn(value any, names bool, visit func(text string, names bool)) {
	switch v := value.(type) {
	case string:
		visit(v, names)
	case map[string]any:
		for key, inner := range v {
			texts, isData := inner.(map[string]any)
			switch {
			case key == "metadata" && isData:
				for name, part := range texts {
					addressesIn(part, slices.Contains(metadataNames, name), visit)
				}
			case isData && (key == "data" || key == "stringData"): // keys that a team chose
				for _, text := range texts {
					addressesIn(text, names, visit)
				}
			default:
				addressesIn(inner, names || slices.Contains(noAddresses, key), visit)
			}
		}
	case []any:
		for _, inner := range v {
			addressesIn(inner, names, visit)
		}
	}
}

// named visits what a text names without a scheme: mailboxes, actions of others, hosts.
func named(text string, visit func(string)) {
	if strings.Contains(text, "@") {
		for _, found := range neighbours(mailForm, text) {
			if !strings.HasPrefix(found[1], "git@") {
				visit("mailto:" + strings.ToLower(found[1]))
			}
		}
	}
	for _, found := range usesForm.FindAllStringSubmatch(text, -1) {
		visit("github.com/" + strings.ToLower(found[1]))
	}
	bare := urlForm.ReplaceAllString(text, " ")
	for _, found := range neighbours(hostForm, bare) {
		if address := found[1] + found[2]; isHost(address) {
			visit(shortened(address))
		}
	}
	hosts(bare, visit)
}

// metadataNames are the fields of an object's metadata that hold names alone.
var metadataNames = []string{"name", "generateName", "namespace", "labels", "ownerReferences", "finalizers"}

// noAddresses are keys of names that look like hosts; images are compared by themselves.
var noAddresses = []string{"image", "apiVersion", "apiGroup", "apiGroups", "group", "resources", "coveredResources", "limits", "requests", "hard", "labels", "matchLabels", "nodeSelector", "key", "topologyKey", "drivers", "driver", "provisioner"}

// isHost tells whether what is before the path is the name of a host, or its address, and no version, file
// or group of an API.
func isHost(address string) bool {
	host, _, hasPath := strings.Cut(strings.ToLower(address), "/")
	host, _, hasPort := strings.Cut(host, ":")
	if ip := net.ParseIP(host); ip != nil {
		return hasPath || hasPort || strings.Count(host, ".") == 3
	}
	switch last := host[strings.LastIndexByte(host, '.')+1:]; last {
	case "example", "test", "internal", "local", "svc", "lan", "corp", "home", "onion", "localhost":
		return true
	case "py", "sh", "md", "rs", "pl", "zip", "so", "cc", "io":
		return hasPort || hasPath && last == "io" && !strings.HasSuffix(host, "k8s.io") && !strings.HasSuffix(host, "kubernetes.io") // also endings of files, and groups of APIs
	}
	// Of suffixes with a dot some are those of companies that let anybody have a name below (workers.dev).
	suffix, managed := publicsuffix.PublicSuffix(host)
	return managed || strings.Contains(suffix, ".")
}

// shortened is an address without credentials and query.
func shortened(address string) string {
	address, _, _ = strings.Cut(address, "?")
	address, _, _ = strings.Cut(address, "#")
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		scheme, rest = "", address
	}
	authority, where, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(authority, '@'); i >= 0 && found {
		authority = authority[i+1:]
	}
	short := strings.ToLower(authority) + path.Clean("/"+where)
	if found {
		short = strings.ToLower(scheme) + "://" + short
	}
	return strings.TrimRight(short, ".,:/")
}
