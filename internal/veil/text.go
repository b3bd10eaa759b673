package veil

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/pattern"
)

// privatePEM fits a private key as OpenSSL, OpenSSH and GnuPG write it.
const privatePEM = `(?s:-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|\z))`

// form fits values that are secrets whatever they are called: the formats of well-known tokens, private
// keys, credentials in addresses and headers.
var form = pattern.New(privatePEM + `|(?s:\bPrivate-Lines:.*?(?:\bPrivate-(?:MAC|Hash):|\z))|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|` +
	`\bxox[abpors]-[\w-]{10,}|hooks\.slack\.com/(?:services|triggers|workflows)/\S+|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+|\bhf_[A-Za-z0-9]{20,}|\bdapi[0-9a-f]{32}|\bgsk_[A-Za-z0-9]{20,}|\br8_[A-Za-z0-9]{20,}|\btskey-[A-Za-z0-9-]{16,}|\bglsa_\w{20,}|\bCCIPAT_\w{20,}|\bbkua_[0-9a-f]{20,}|\bsha256~[\w-]{20,}|\brubygems_[0-9a-f]{20,}|\bNRAK-[A-Z0-9]{20,}|\bdp\.(?:pt|st|ct|sa)\.[A-Za-z0-9.]{20,}|\bsq[apu]_[0-9a-f]{30,}|\bops_eyJ[\w-]{20,}|/t/[A-Za-z]{2}-[0-9a-f-]{20,}/|\bnvapi-[\w-]{20,}|\bAIza[\w-]{30,}|\bsk-[A-Za-z0-9_-]{20,}|` +
	// npm, Docker Hub, Stripe, SendGrid, Vault, PyPI, GitLab's runners and triggers, Slack's apps, Google, age, DigitalOcean, Shopify, Atlassian
	`\bnpm_[A-Za-z0-9]{30,}|\bdckr_(?:pat|oat)_[\w-]{20,}|\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bhv[sbr]\.[\w-]{20,}|\bpypi-[\w-]{16,}|\bgl(?:rt|ptt|dt|cbt|soat)-[\w-]{16,}|` +
	`\bxapp-[\w-]{10,}|\bya29\.[\w-]{16,}|\bAGE-SECRET-KEY-1[0-9A-Z]{20,}|\bdo[opr]_v1_[0-9a-f]{32,}|\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|\bATATT3[\w=-]{20,}|\bwhsec_[A-Za-z0-9+/=]{20,}|` +
	// addresses of which the path is the secret: webhooks of Discord, Telegram, Teams, Google Chat, PagerDuty, Zapier, Feishu, Chime, IFTTT, Mattermost and Rocket.Chat
	`discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\S+|api\.telegram\.org/bot\d+:[\w-]+|\b\d{8,10}:AA[\w-]{30,}|[\w.-]*\.?(?:webhook\.office|outlook\.office)\.com/(?:webhookb2|webhook)/\S+|[\w.-]+\.logic\.azure\.com\S+|` +
	`chat\.googleapis\.com/v1/spaces/\S+|events\.pagerduty\.com/(?:integration|x-ere|v2)/\S+|hooks\.zapier\.com/hooks/\S+|(?:open\.feishu\.cn|open\.larksuite\.com)/open-apis/bot/\S+|hooks\.chime\.aws/\S+|maker\.ifttt\.com/\S+|/hooks/[A-Za-z0-9]{20,}\S*`)

// address fits the credentials of a URL.
var address = pattern.New(`(://)([^/\s:@"'<>]*:[^\s"'<>]*[^\s@"'<>]|[^/\s:@"'<>$(){}]{12,})(@)`)

// bare fits credentials before a host without a scheme, as in the reference of an image or the data source of a
// database.
var bare = pattern.New(`(\b[\w.-]+:)([^\s/@:"'$]{4,})(@(?:[\w-]+(?:\.[\w-]+)*(?::\d+)?/|(?:tcp|udp|unix)\())`)

// encoded fits PEM in base64, as kubeconfigs have it; what it holds decides.
var encoded = pattern.New(`\b(?:LS0tLS1CRUdJTi|b3BlbnNzaC1rZXk)[A-Za-z0-9+/=]{20,}`)

// header fits a credential behind the scheme of an Authorization header.
var header = pattern.New(`(?i)\b(bearer|basic|authorization["']?\s*[:=]\s*["']?(?:token|apikey|digest)|authorization["']?\s*:)(["']?\s+["']?)([A-Za-z0-9._~+/=-]{8,})`)

// user fits the credentials that curl and its like are given.
var user = pattern.New(`((?:^|\s)(?:-u|--user|--proxy-user|--(?:src-|dest-)?creds)[ =]*["']?)([^\s"':$]+:)([^\s"'$]+)`)

// netrc fits the password of a .netrc.
var netrc = pattern.New(`(?i)(\blogin\s+\S+\s+password\s+)([^\s$]+)`)

// pair fits a name with what is assigned to it: in shell, INI, JSON, YAML, options and addresses.
var pair = pattern.New(`(?i)([A-Za-z0-9_./-]*(?:passw(?:or)?d|passphrase|secret|token|api[-_.]?key|access[-_]?key|private[-_]?key|signing[-_]?key|encrypt(?:ion)?[-_]?key|master[-_]?key|ssh[-_]?key|gpg[-_]?key|credential|webhook[-_]?url|account[-_]?key|pwd|auth|pat|pass|pw|creds?|jwt)[A-Za-z0-9_.-]*)` +
	`((?:\\*["'])?[ \t]*(?:\+=|=>|::?:?=|[?!]=|[:=])[ \t]*)(\$\{\w+:?[-=+][^}\n]*\}?|\$\((?:echo|printf)\s[^)\n]*\)?|"""(?s:.*?)(?:"""|\z)|'''(?s:.*?)(?:'''|\z)|(?:\\+"){3}[^"\\\n]*(?:\\+"){0,3}|[\[(]\s*["'][^"'\n]*["']?(?:\s*,\s*["'][^"'\n]*["'])*\s*[\])]?|\\+"[^"\\\n]*(?:\\+")?|\$?"(?:[^"\\\n]|\\.)*"?|\$?'[^'\n]*'?|[^\s,;}\])&|"'\\]+)`)

// flag fits an option that is given a secret as its next word, in shell or in a list of words.
var flag = pattern.New(`(?i)((?:^|[\s"'\[,(])(?:--?(?:[a-z][\w-]*)?(?:passw(?:or)?d|passphrase|secret|token|api-?key|access-?key|private-?key|credential|pwd)|--?(?:key|store|src|dest)?pass))(["']?[ \t]*,?[ \t]+["']?)([^\s"',\]$<{-][^\s"',\]]*)`)

// given fits what programs are given a password by, other than an option that says so.
var given = []*pattern.Pattern{
	pattern.New(`(\b(?:docker|podman|nerdctl|buildah|skopeo|helm|crane|oras|cosign|az|registry)\b[^\n|;]*\blogin\b[^\n|;]*?\s-p[ =]*["']?)([^\s"'$]+)`),
	pattern.New(`(\bsshpass\s+-p\s*["']?)([^\s"'$-][^\s"']*)`),
	pattern.New(`(\b(?:mysql|mysqldump|mysqladmin|mariadb)\b[^\n|;]*?\s-p["']?)([^\s"'$]+)`),
	pattern.New(`(\b(?:echo|printf)\s+(?:-n\s+)?(?:%s\s+)?["']?)([^\s"'$|]+)(["']?\s*\|[^\n|]*(?:--password-stdin|\bsudo\s[^\n|]*-S\b))`),
	pattern.New(`(\bhtpasswd\b[^\n|;]*?\s-\w*b\w*\s+\S+\s+\S+\s+["']?)([^\s"'$]+)`),
	pattern.New(`(\bredis-cli\b[^\n|;]*?\s(?:-a|--pass)[ =]*["']?)([^\s"'$]+)`),
	pattern.New(`(--from-literal[= ]["']?[\w.-]+=["']?)([^\s"'$]+)`),
	pattern.New(`(\bopenssl\b[^\n|;]*?\s-[kK]\s+["']?)([^\s"'$-][^\s"']*)`),
	pattern.New(`(\bpass:)([^\s"'$]+)`),
	pattern.New(`(\baws\b[^\n|;]*\bconfigure\s+set\s+\S*(?:secret|token)\S*\s+["']?)([^\s"'$]+)`),
	pattern.New(`(--with-token["']?\s*<<<\s*["']?)([^\s"'$]+)`),
	pattern.New(`(\b7z[a-z]?\s[^\n|;]*?\s-p["']?)([^\s"'$]+)`),
	pattern.New(`(\btwine\s[^\n|;]*?\s-p[ =]*["']?)([^\s"'$]+)`),
	pattern.New(`(\bsqlplus\s[^\n|;/]*/)([^\s"'$@]+)`),
	pattern.New(`(\bvault\s+login\s+(?:-\S+\s+)*["']?)([^\s"'$=-][^\s"'$=]*)`),
	pattern.New(`(\bmc\s+(?:alias|config\s+host)\s+(?:set|add)\s+\S+\s+\S+\s+\S+\s+["']?)([^\s"'$]+)`),
	pattern.New(`(?i)((?:passw(?:or)?d|passphrase|secret|token|api[-_.]?key)\w*=\\\n\s*["']?)([^\s"'$]+)`),
	pattern.New(`(\b(?:mongo|mongosh|mongodump|mongorestore)\b[^\n|;]*?\s-p[ =]*["']?)([^\s"'$]+)`),
	pattern.New(`(\b(?:sqlcmd|bcp|unzip|zip)\b[^\n|;]*?\s-P[ ]*["']?)([^\s"'$-][^\s"']*)`),
	pattern.New(`(\bldap[a-z]+\b[^\n|;]*?\s-w[ ]*["']?)([^\s"'$-][^\s"']*)`),
	pattern.New(`(\bsmbclient\b[^\n|;]*?(?:-U|--user)[ =]*["']?[^\s%"']+%)([^\s"'$]+)`),
	pattern.New(`(?i)([?&](?:sig|signature|x-amz-signature|x-amz-security-token|x-goog-signature)=)([^&\s"'$]{4,})`),
	pattern.New(`(?i)(\b(?:set-)?cookie["']?:\s*["']?[^\s=;"']+=)([^\n"'$]+)`),
	pattern.New(`(?im)(^\s*(?:ENV|ARG)\s+\w*(?:passw(?:or)?d|passphrase|secret|token|api[-_.]?key|access[-_]?key|credential)\w*[ \t]+["']?)([^\s"'$=]+)`),
	pattern.New(`(?im)(^define\s+\w*(?:passw(?:or)?d|passphrase|secret|token|api[-_.]?key|access[-_]?key|credential)\w*[^\n]*\n)([^\n]+)`),
	pattern.New(`(?i)(\bread\b[^\n]*(?:pass|token|secret)\w*[^\n]*<<<\s*["']?)([^\s"'$]+)`),
}

// otherwise fits what a shell takes where a variable is not set, and what it is told to say.
var otherwise = pattern.New(`^(?:\$\{\w+:?[-=+]|\$\((?:echo|printf)\s+(?:-n\s+)?)["']?([^}")'\s]*)`)

// benignPair are names that Kubernetes and Tekton give to what is no secret.
var benignPair = pattern.New(`(?i)^(secretName|secretRef|secretKeyRef|imagePullSecrets?|pullSecrets?|automountServiceAccountToken|serviceAccountToken|tokenRequests|secrets?|compat|author|authors|path|spec|pathType|bypass|compass)$`)

// word fits what a secret looks like where only its name tells: one word, no address, no command.
var word = pattern.New(`^[A-Za-z0-9+/=_.!@#%^*~?:$-]{3,}$`)

// Words of which a text has one if an expression may fit it, in lower case: looking for them is a hundred times as fast
// as the expressions, and most texts have none.
var (
	formHints = strings.Fields("private ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- akia asia xox hooks.slack eyj hf_ dapi gsk_ r8_ tskey- glsa_ ccipat_ bkua_ sha256~ rubygems_ nrak- dp.pt dp.st dp.ct dp.sa sqa_ sqp_ squ_ ops_ey /t/ nvapi- aiza sk- npm_ dckr_ k_live_ k_test_ sg. hvs. hvb. hvr. pypi- " +
		"glrt- glptt- gldt- glcbt- glsoat- xapp- ya29. age-secret doo_v1 dop_v1 dor_v1 shpat_ shpca_ shppa_ shpss_ atatt3 whsec_ webhook telegram :aa office.com logic.azure chat.googleapis pagerduty zapier open-apis chime.aws ifttt /hooks/")
	nameHints = strings.Fields("pass secret token key credential webhook pwd auth pat pw cred jwt")
	weakHints = strings.Fields("key psk pw pin otp dsn bearer passcode mnemonic salt cookie")
	// Of these the expressions of given are about.
	givenHints = strings.Fields("login sshpass mysql mariadb stdin sudo htpasswd redis from-literal openssl pass: configure with-token 7z twine sqlplus vault mc pass secret token key mongo sqlcmd bcp zip ldap smbclient sig= signature cookie read")
)

// hints tells of a text whether it has one of some words, in whatever letters an expression takes for the same.
func hints(text string) func(words ...string) bool {
	lower := strings.ReplaceAll(strings.ToLower(text), "ſ", "s")
	return func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(lower, word) })
	}
}

// A secret that is known by its form alone has no fewer letters than shortestForm, and one that is known by a name has
// one of the joints before it.
const (
	shortestForm = len("xoxb-0123456789")
	joints       = "=:@ \t\r\n\"'"
)

// Text hides within a text what is a secret's value by its form, or by the name that it is assigned to.
// Commands and addresses stay, so that nothing can hide behind a name.
func Text(text string) string {
	if len(text) < 4 || len(text) < shortestForm && !strings.ContainsAny(text, joints) {
		return text
	}
	text = structured(text)
	has := hints(text)
	if has(formHints...) {
		text = form.ReplaceAllString(text, Hidden)
	}
	if has("://") {
		text = address.ReplaceAllStringFunc(text, func(found string) string {
			m := address.FindStringSubmatch(found)
			if variable.MatchString(m[2]) {
				return found
			}
			return m[1] + Hidden + m[3]
		})
	}
	if has("ls0tls1crudjti") {
		text = encoded.ReplaceAllStringFunc(text, func(found string) string {
			if plain, _ := base64.StdEncoding.DecodeString(found[:len(found)&^3]); bytes.Contains(plain, []byte("PRIVATE KEY")) {
				return Hidden
			}
			return found
		})
	}
	text = below(text)
	if has("@") {
		text = bare.ReplaceAllString(text, "$1"+Hidden+"$3")
	}
	if has("bearer", "basic", "authorization") {
		text = header.ReplaceAllString(text, "$1$2"+Hidden)
	}
	if has("-u", "user", "creds") {
		text = user.ReplaceAllString(text, "$1$2"+Hidden)
	}
	if has("login") {
		text = netrc.ReplaceAllString(text, "$1"+Hidden)
	}
	if has("-") && has(nameHints...) {
		text = flag.ReplaceAllString(text, "$1$2"+Hidden)
	}
	if has(givenHints...) {
		for _, g := range given {
			text = g.ReplaceAllString(text, "${1}"+Hidden+"${3}")
		}
	}
	if !has("=", ":") {
		return text
	}
	if has("==", "!=") {
		text = withoutCompared(text)
	}
	if has(weakHints...) {
		text = weakPair.ReplaceAllStringFunc(text, func(found string) string {
			m := weakPair.FindStringSubmatch(found)
			if !weakName.MatchString(m[1]) || !random(m[3]) {
				return found
			}
			return m[1] + m[2] + Hidden
		})
	}
	if !has(nameHints...) {
		return text
	}
	return pair.ReplaceAllStringFunc(text, func(found string) string {
		m := pair.FindStringSubmatch(found)
		value := strings.Trim(m[3], `\"'`)
		quoted := value != m[3] || strings.ContainsAny(m[3][:1], "[(")
		if given := otherwise.FindStringSubmatch(value); given != nil && !strings.HasPrefix(given[1], "$") && given[1] != "" {
			return m[1] + m[2] + Hidden
		}
		isVariable := strings.HasPrefix(value, "$") && !strings.HasPrefix(m[3], "$'") && !strings.HasPrefix(m[3], `$"`)
		bare := strings.Contains(m[2], "=") && strings.EqualFold(m[1], "secret") // a variable, and no field of Kubernetes
		if benignPair.MatchString(m[1]) && !bare || !IsName(m[1]) || harmless(m[1], value) || isVariable || strings.Contains(value, Hidden) || code(value) || !quoted && !word.MatchString(value) {
			return found
		}
		return m[1] + m[2] + Hidden
	})
}

// dataOf fits the path of a value of a Secret in a platform, and quotedLiteral what a message quotes.
var (
	dataOf        = pattern.New(`\.Secret\..*\b(data|stringData)\b|\.ExternalSecret\..*\btemplate\.data\b`)
	quotedLiteral = pattern.New(`"(?:[^"\\]|\\.)*"`)
)

// Quoted is what is said of a field, without the values that it quotes where the field is one of a Secret.
func Quoted(field, message string) string {
	if !dataOf.MatchString(field) {
		return message
	}
	return quotedLiteral.ReplaceAllString(message, Hidden)
}

// Secrets are the values within a text that are hidden, in order: two texts with the same ones hold the
// same secrets.
func Secrets(text string) []string {
	shown := strings.Split(Text(text), Hidden)
	var found []string
	for i := 0; i+1 < len(shown); i++ {
		text = strings.TrimPrefix(text, shown[i])
		end := strings.Index(text, shown[i+1])
		if end < 0 || shown[i+1] == "" {
			return append(found, text)
		}
		found, text = append(found, text[:end]), text[end:]
	}
	return found
}

// ownValue fits a line of a manifest that holds the value of an item whose name is on another line.
var ownValue = pattern.New(`(?i)^\s*(?:- )?["']?(val\w*|defaults?)["']?\s*:\s*[^\s{]`)

// flowValue fits the same in flow style.
var flowValue = pattern.New(`(?i)(["']?\b(?:val\w*|defaults?)["']?\s*:\s*)("(?:[^"\\]|\\.)*"?|'[^']*'?|\[[^\]]*\]?|[^,}\]]+)`)

// nameOf fits what an item of a list is called.
var nameOf = pattern.New(`(?i)\b(?:name|key)["']?\s*:\s*["']?([^\s,}"']+)`)

// near is how many lines apart a name and its value may stand.
const near = 3

// Lines are the lines of a source as they may be shown beside a finding. Names count on the lines around,
// too: a variable's stands above its value, or below.
func Lines(lines []string) []string {
	named := make([]bool, len(lines))
	for i, line := range lines {
		for _, m := range nameOf.FindAllStringSubmatch(line, -1) {
			named[i] = named[i] || IsName(m[1])
		}
	}
	shown := make([]string, len(lines))
	for i, line := range lines {
		shown[i] = Text(line)
		isNear := false
		for j := max(0, i-near); j <= min(len(lines)-1, i+near); j++ {
			isNear = isNear || named[j]
		}
		switch {
		case !isNear:
		case named[i]:
			shown[i] = flowValue.ReplaceAllString(shown[i], "${1}"+Hidden)
		case ownValue.MatchString(line):
			shown[i] = flowValue.ReplaceAllString(shown[i], "${1}"+Hidden)
		}
	}
	return shown
}

// secretKind fits a document that is, or was meant to be, a Secret.
var secretKind = pattern.New(`(?im)(^|[\s{,"'])kind["']?\s*:\s*["']?(sealed)?secrets?["']?\s*($|[,}#])|\bstringData\b`)

// LooksLikeSecret tells whether a document is, or was meant to be, a Secret, whether or not it parses.
func LooksLikeSecret(document string) bool { return secretKind.MatchString(document) }

// boundary fits a line that begins another document.
var boundary = pattern.New(`^---(\s|$)`)

// beside is how many lines around an excerpt of CUE, which has no documents, count as its document.
const beside = 20

// Excerpt are the lines from and to, counted from 1, of a file as they may be shown beside a finding;
// none where they are of a document that looks like a Secret.
func Excerpt(file, text string, from, to int) []string {
	isCUE := strings.HasSuffix(file, ".cue")
	if isCUE {
		text = maskCUE(text)
	}
	lines := strings.Split(text, "\n")
	if from < 1 || from > len(lines) {
		return nil
	}
	to = min(to, len(lines))
	first, last := from-1, to-1
	inside := func(i int) bool {
		if isCUE {
			return i > from-beside && i < to+beside
		}
		return !boundary.MatchString(lines[i])
	}
	for first > 0 && inside(first) {
		first--
	}
	for last+1 < len(lines) && inside(last+1) {
		last++
	}
	if LooksLikeSecret(strings.Join(lines[first:last+1], "\n")) {
		return nil
	}
	// Private keys go over many lines: hide them in the whole before it is cut.
	whole := strings.Join(lines[first:last+1], "\n")
	masked := privateKey.ReplaceAllStringFunc(whole, func(key string) string {
		return strings.Repeat(Hidden+"\n", strings.Count(key, "\n")) + Hidden
	})
	window := strings.Split(below(masked), "\n")
	low := max(0, from-1-first-near)
	high := min(len(window), to-first+near)
	return Lines(window[low:high])[from-1-first-low : to-first-low]
}

var privateKey = pattern.New(privatePEM)
