package gate

import (
	"encoding/json"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/pattern"
)

// fixed fits what names a version or a commit, and floating a revision that does not.
var (
	fixed    = pattern.New(`^(?:refs/tags/)?v?[0-9]+(?:\.[0-9]+)+(?:[-+.][0-9A-Za-z.-]+)?$|^[0-9a-f]{40}$`)
	floating = pattern.New(`^[A-Za-z][\w./-]*$`)
)

// loosened tells whether a value named a version or a commit and now names a branch, or whatever is called so.
func loosened(c diff.Change) bool {
	before, _ := c.Before.(string)
	after, _ := c.After.(string)
	return fixed.MatchString(before) && floating.MatchString(after) && !fixed.MatchString(after)
}

// switchedOff fits what makes programs verify no signature and no certificate, or load code of others into every
// program.
var switchedOff = pattern.New(`(?i)` + strings.Join([]string{
	// Options of programs.
	`--insecure-[a-z-]+`, `\bcurl\b[^\n;|&]*\s--insec[a-z]*`, `--insecure\b`, `--(?:proxy|doh)-insecure\b`, `--allow-insecure[a-z-]*`, `insecure-?skip-?(?:tls-?)?verify`, `--skip-tls[a-z-]*`, `-tls-?(?:skip-?)?verify=(?:false|0|no|f)\b`, `-tls-skip-verify\b`, `--plain-http\b`,
	`--no-check-certificate`, `--no-verify-ssl`, `--no-verify\b`, `--trusted-host\b`, `--no-gpg-checks?\b`, `--nogpgcheck\b`, `--no(?:signature|digest)\b`, `--(?:certificate-(?:identity|oidc-issuer)|cert-identity|cert-oidc-issuer)-regexp[= ]+["']?\^?\.[*+]`, `/etc/(?:hosts|resolv\.conf|nsswitch\.conf|ld\.so\.preload)\b`, `--allow-unauthenticated`, `--allow-untrusted\b`, `\[(?:[^\]\n]* )?trusted=yes`,
	`\bcurl\b(?:[^\n;|&"'\\]|\\\s|\\.|"[^"\n]*"|'[^'\n]*')*?\s(?-i:-[aBfgGiIjJlLMnNOpqRsSvVZ0-46#]*k)`,
	// Settings.
	`http\.(?:\S+\.)?sslVerify[= ]+["']?(?:false|0|off|no)\b`, `\bsslverify\s*=\s*["']?(?:false|0|off|no)\b`, `\bgpgcheck\s*=\s*0`, `strict[-_]ssl[= ]+["']?false`, `StrictHostKeyChecking[= ]+["']?(?:no|off)`, `(?:User|Global)KnownHostsFile[= ]+["']?/dev/null`, `\bsslmode=(?:disable|allow|prefer)\b`, `--ssl-mode[= ]disabled`,
	// Libraries.
	`\bverify\s*=\s*False\b`, `_create_unverified_context`, `\bCERT_NONE\b`, `check_hostname\s*=\s*False`, `rejectUnauthorized["']?\s*:\s*false`, `InsecureSkipVerify:\s*true`,
	// Variables: of programs that verify, and of those that load code of others when they start.
	`\b(?:[A-Z_]*(?:SKIP_(?:TLS_|SSL_|CERT_)?VERIFY|INSECURE_SKIP[A-Z_]*|(?:TLS|SSL)_INSECURE)|COSIGN_[A-Z_]*INSECURE[A-Z_]*|[A-Z_]*IGNORE_TLOG|GIT_SSL_NO_VERIFY|NODE_TLS_REJECT_UNAUTHORIZED|PYTHONHTTPSVERIFY|GOINSECURE|GONOSUMDB|GONOSUMCHECK|PIP_TRUSTED_HOST|RCLONE_NO_CHECK_CERTIFICATE|GIT_SSH_COMMAND)\b`, `\bGOSUMDB=off\b`,
	`\b(?:LD_PRELOAD|LD_AUDIT|BASH_ENV|NODE_OPTIONS|PERL5OPT|RUBYOPT|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|PYTHONSTARTUP|PROMPT_COMMAND)\b`,
}, "|"))

// unverified lists the words by which verification is switched off within a value.
func unverified(value any) []string { return slices.Compact(matches(switchedOff, value)) }

// deciding fits the names of variables by which programs find code, certificates and registries, or verify nothing; in a script
// they are set every day, for a container as a whole they are not.
var deciding = pattern.New(`^(?:PATH|PYTHONPATH|PYTHONHOME|LD_LIBRARY_PATH|GIT_CONFIG(?:_[A-Z0-9_]+)?|GIT_EXTERNAL_DIFF|GIT_EXEC_PATH|GIT_SSL_CAINFO|GIT_SSH|GIT_ASKPASS|RUBYLIB|PERL5LIB|GOFLAGS|GOPROXY|GOSUMDB|GOPRIVATE|GONOPROXY|GOTOOLCHAIN|ENV|PIP_(?:CONFIG_FILE|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS)|UV_(?:INDEX_URL|EXTRA_INDEX_URL|DEFAULT_INDEX)|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS|AWS_CA_BUNDLE|(?i:NPM_CONFIG_[A-Z_]+)|PGSSLMODE|(?i:HTTPS?_PROXY|ALL_PROXY|NO_PROXY)|KUBECONFIG|DOCKER_CONFIG|DOCKER_HOST)$`)

// decidingVariables are such variables of containers, with their values.
func decidingVariables(value any) map[string]bool {
	found := map[string]bool{}
	leavesWith(value, "", func(field string, inner any) {
		if !strings.HasSuffix(field, "env") {
			return
		}
		for _, item := range asList(inner) {
			fields, _ := item.(map[string]any)
			if name, _ := fields["name"].(string); deciding.MatchString(name) {
				text, _ := json.Marshal(fields)
				found[name+"\n"+string(text)] = true
			}
		}
	})
	return found
}
