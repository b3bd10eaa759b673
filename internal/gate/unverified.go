package gate

import (
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
	`--no-check-certificate`, `--no-verify-ssl`, `--no-verify\b`, `--trusted-host\b`, `--no-gpg-checks?\b`, `--nogpgcheck\b`, `--no(?:signature|digest)\b`, `--(?:certificate-(?:identity|oidc-issuer)|cert-identity|cert-oidc-issuer)-regexp[= ]+["']?\^?\.[*+]`, `--allow-unauthenticated`, `--allow-untrusted\b`, `\[(?:[^\]\n]* )?trusted=yes`,
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
