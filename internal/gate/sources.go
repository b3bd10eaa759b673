package gate

import (
	"net"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/manifest"
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
			if slices.ContainsFunc(sourceKinds[o.Object.Kind], func(field string) bool {
				return c.Field == field || strings.HasPrefix(c.Field, field+".") || strings.HasPrefix(c.Field, field+"[")
			}) {
				m.add("sources", item{"op": c.Op, "object": o.Object, "field": c.Field, "address": ""}, t)
			}
		}
		if o.Object.Kind == "NetworkPolicy" {
			continue // what it lets through is compared
		}
		for _, word := range unverified(o.After.Value) {
			if o.Before == nil || !slices.Contains(unverified(o.Before.Value), word) {
				m.add("sources", item{"op": "unverified", "object": o.Object, "field": "", "address": word}, t)
			}
		}
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

// fixed fits what names a version or a commit, and floating a revision that does not.
var (
	fixed    = regexp.MustCompile(`^(?:refs/tags/)?v?[0-9]+(?:\.[0-9]+)+(?:[-+.][0-9A-Za-z.-]+)?$|^[0-9a-f]{40}$`)
	floating = regexp.MustCompile(`^[A-Za-z][\w./-]*$`)
)

// loosened tells whether a value named a version or a commit and now names a branch, or whatever is called so.
func loosened(c diff.Change) bool {
	before, _ := c.Before.(string)
	after, _ := c.After.(string)
	return fixed.MatchString(before) && floating.MatchString(after) && !fixed.MatchString(after)
}

// switchedOff fits what makes programs verify no signature and no certificate, or load code of others into every
// program.
var switchedOff = regexp.MustCompile(`(?i)--insecure-[a-z-]+|--insecure\b|--allow-insecure[a-z-]*|insecure-?skip-?(?:tls-?)?verify|--skip-tls[a-z-]*|--tls-verify=false|--no-check-certificate|--no-verify-ssl|--no-verify\b|--trusted-host\b|--no-gpg-check\b|--allow-unauthenticated|` +
	`\bcurl\s+(?:-[a-z-]+\s+)*-[a-z]*k\b|http\.sslVerify[= ]+(?:false|0)|StrictHostKeyChecking[= ]+["']?(?:no|off)|\b(?:COSIGN_[A-Z_]*INSECURE[A-Z_]*|[A-Z_]*IGNORE_TLOG|GIT_SSL_NO_VERIFY|NODE_TLS_REJECT_UNAUTHORIZED|PYTHONHTTPSVERIFY|GOINSECURE|GONOSUMDB|GONOSUMCHECK|LD_PRELOAD|LD_AUDIT|PIP_TRUSTED_HOST|RCLONE_NO_CHECK_CERTIFICATE)\b`)

// unverified lists the words by which verification is switched off within a value.
func unverified(value any) []string {
	var found []string
	switch v := value.(type) {
	case string:
		found = switchedOff.FindAllString(v, -1)
	case []any:
		for _, inner := range v {
			found = append(found, unverified(inner)...)
		}
	case map[string]any:
		for key, inner := range v {
			found = append(found, switchedOff.FindAllString(key, -1)...)
			found = append(found, unverified(inner)...)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// keyLike fits a part of a path that may be a token: long, and of letters and digits.
var keyLike = regexp.MustCompile(`^[A-Za-z0-9_=.~-]{16,}$`)

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

// clients are programs that connect to a host which an argument names.
const clients = `curl|wget|aria2c|nc|ncat|netcat|ssh|scp|sftp|rsync|telnet|socat|ftp|lftp|git|dig|nslookup|host|ping|openssl|s_client|mc|s3cmd|rclone|skopeo|crane|oras|docker|podman|helm|redis-cli|psql|mysql|mongosh|ldapsearch|npm|yarn|pip3?|conda|poetry|uv|gem|cargo|apt|apt-get`

// clientCall fits a call of one with its arguments, and hostWord a word of these that may be a host: with a user
// before it, with a port or a path behind it.
var (
	clientCall = regexp.MustCompile(`(?:^|[\s;&|("'=/])(?:` + clients + `)\s[^\n]+`)
	hostWord   = regexp.MustCompile(`(?i)(?:^|[\s"'=@])(\[[0-9a-f:.]+\]|(?:[a-z0-9-]+\.)+[a-z0-9-]+)\.?(:[^\s"']*|/[^\s"']*)?(?:$|[\s"')?>;|&])`)
	// withPort fits a host with a port, wherever it stands, and quotedHost one that a program is given as a text.
	withPort   = regexp.MustCompile(`(?i)(?:^|[^\w./@-])((?:[a-z0-9-]+\.)+[a-z]{2,}):[0-9]{2,5}(?:$|[^\w])`)
	quotedHost = regexp.MustCompile(`(?i)["']((?:[a-z0-9-]+\.)+(?:com|net|org|io|dev|app|cloud|ai|co|info|biz|xyz|me|us|uk|de|fr|nl|eu|ru|cn|in|tech|site|online))["']`)
	// copied fits what scp and git take for a path on a host.
	copied = regexp.MustCompile(`^:[^0-9/\\]|^:[0-9]*[^0-9/\s][^\s]*/`)
	devTCP = regexp.MustCompile(`/dev/(?:tcp|udp)/([^\s"'/]+)/([0-9a-z]+)`)
	// valueForm fits a value that is no more than a host in one of the forms that programs take.
	valueForm = regexp.MustCompile(`(?i)^(?://)?(?:[a-z0-9._-]+@)?(\[[0-9a-f:.]+\]|[0-9a-f]*:[0-9a-f:]*:[0-9a-f.]*|(?:[a-z0-9-]+\.)+[a-z0-9-]+)\.?(:[^\s]*|/[^\s]*)?$`)
	// servicePort fits a Service of another namespace, as a value.
	servicePort = regexp.MustCompile(`^[a-z0-9-]+\.[a-z0-9-]+:[0-9]{2,5}$`)
)

// neighbours are the matches of an expression that begins and ends with what parts two of them, which may be one letter.
func neighbours(form *regexp.Regexp, text string) [][]string {
	var all [][]string
	for from := 0; from < len(text); {
		at := form.FindStringSubmatchIndex(text[from:])
		if at == nil {
			break
		}
		var found []string
		for i := 0; i < len(at); i += 2 {
			part := ""
			if at[i] >= 0 {
				part = text[from+at[i] : from+at[i+1]]
			}
			found = append(found, part)
		}
		all = append(all, found)
		_, last := utf8.DecodeLastRuneInString(found[0])
		from += max(at[1]-last, at[0]+1)
	}
	return all
}

// hosts visits the hosts that a text connects to without an address in full.
func hosts(text string, visit func(string)) {
	text = continued.Replace(text)
	for _, call := range clientCall.FindAllString(text, -1) {
		for _, m := range neighbours(hostWord, call) {
			switch {
			case !isAddressOrHost(m[1]) && !isHost(m[1]+m[2]) && !strings.HasSuffix(m[1], ".io"):
			case copied.MatchString(m[2]):
				visit(shortened(m[1] + "/" + strings.TrimPrefix(m[2], ":")))
			default:
				visit(strings.ToLower(m[1]))
			}
		}
	}
	for _, m := range neighbours(withPort, text) {
		if isHost(m[1] + ":443") {
			visit(strings.ToLower(m[1]))
		}
	}
	for _, m := range neighbours(quotedHost, text) {
		visit(strings.ToLower(m[1]))
	}
	for _, m := range devTCP.FindAllStringSubmatch(text, -1) {
		if !strings.ContainsAny(m[1], "$") {
			visit(strings.ToLower(m[1]))
		}
	}
	if m := valueForm.FindStringSubmatch(text); m != nil && (isAddressOrHost(m[1])) || servicePort.MatchString(text) {
		host := text
		if m != nil {
			host = m[1]
		}
		if m != nil && copied.MatchString(m[2]) {
			visit(shortened(host + "/" + strings.TrimPrefix(m[2], ":")))
			return
		}
		visit(strings.ToLower(host))
	}
}

// continued joins lines that a shell reads as one.
var continued = strings.NewReplacer("\\\n", " ")

// isAddressOrHost tells whether a word is an address, or the name of a host and no file.
func isAddressOrHost(word string) bool {
	if ip := net.ParseIP(strings.Trim(word, "[]")); ip != nil {
		return !ip.IsLoopback() && !ip.IsUnspecified()
	}
	return isHost(word)
}

// urlForm fits an address with a scheme, or a remote of git.
var urlForm = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]{1,20}://(?:[^\s"'<>|;,()\[\]{}/@]*@)?(?:\[[0-9a-f:.%]+\])?[^\s"'<>|;,()\[\]{}]*|\bgit@[a-z0-9.-]+:[^\s"';|]+`)

// usesForm fits the action or workflow of another repository that a workflow of GitHub runs.
var usesForm = regexp.MustCompile(`(?m)^\s*(?:- )?uses:\s*["']?([\w.-]+/[\w.-]+)[^\s"']*@`)

// mailForm fits whom a message goes to.
var mailForm = regexp.MustCompile(`(?i)(?:^|[\s,;"'<(=:])([a-z0-9._+-]+@(?:[a-z0-9-]+\.)+[a-z]{2,})(?:$|[\s,;"'>)])`)

// hostForm fits a host with a path, as of an image or an address without a scheme, and a value that is a
// host, with a port or without.
var hostForm = regexp.MustCompile(`(?i)(?:^|[\s"'=,;|&>(])((?:[a-z0-9-]+\.)+[a-z0-9-]+(?::[0-9]{2,5})?/[^\s"'<>|;,()\[\]{}]+)|^((?:[a-z0-9-]+\.)+[a-z0-9-]+(?::[0-9]{2,5})?)$`)

// foreignRef fits what somebody proposes to a repository, by the names that forges give it there: anybody's code.
var foreignRef = regexp.MustCompile(`(?i)\b(?:refs/)?(?:pull|merge-requests|pull-requests|changes)/[0-9/]+(?:/(?:head|merge|from))?\b`)

// addresses visits the addresses within a value: where something is fetched from or sent to.
func addresses(value any, visit func(string)) { addressesIn(value, false, visit) }

// addressesIn leaves out words that look like hosts where they are names of other things: there only what is an
// address in full counts.
func addressesIn(value any, names bool, visit func(string)) {
	switch v := value.(type) {
	case string:
		for _, address := range urlForm.FindAllString(v, -1) {
			visit(shortened(address))
		}
		for _, ref := range foreignRef.FindAllString(v, -1) {
			visit(ref)
		}
		if !names {
			named(v, visit)
		}
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
	for _, found := range neighbours(mailForm, text) {
		if !strings.HasPrefix(found[1], "git@") {
			visit("mailto:" + strings.ToLower(found[1]))
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
	_, managed := publicsuffix.PublicSuffix(host)
	return managed
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
