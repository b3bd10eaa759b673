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

// moreUnverified lists the words by which verification is switched off in an object, where it has more of one than before: what
// one step does is no leave for the next one.
func moreUnverified(o diff.Object) []string {
	had := map[string]int{}
	if o.Before != nil {
		for _, word := range matches(switchedOff, o.Before.Value) {
			had[word]++
		}
	}
	var more []string
	for _, word := range matches(switchedOff, o.After.Value) {
		if had[word]--; had[word] < 0 && !slices.Contains(more, word) {
			more = append(more, word)
		}
	}
	return more
}

// deciding fits the names of variables by which programs find or load code, find certificates, registries and settings that name
// code, or verify nothing; in a script they are set every day, for a container as a whole they are not.
var deciding = pattern.New(`^(?:` + strings.Join([]string{
	// The shell, the dynamic linker and the C library.
	`PATH|ENV|BASH_ENV|PS4|SHELLOPTS|BASHOPTS|BASH_FUNC_.*|ZDOTDIR|MAKEFLAGS|GNUMAKEFLAGS|LESSOPEN|LESSCLOSE|HOSTALIASES|CC|CXX|SSLKEYLOGFILE|PROMPT_COMMAND|LD_LIBRARY_PATH|LD_PRELOAD|LD_AUDIT|GCONV_PATH|LOCPATH|NIX_LD[A-Z_]*|HOME|XDG_(?:CONFIG|DATA)_(?:HOME|DIRS)|EDITOR|VISUAL|PAGER`,
	// Languages and their tools.
	`PYTHON(?:PATH|HOME|STARTUP|WARNINGS|INSPECT|USERBASE|BREAKPOINT|PYCACHEPREFIX|PLATLIBDIR|EXECUTABLE)|PIP_(?:CONSTRAINT|REQUIREMENT|CONFIG_FILE|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS)|UV_(?:INDEX_URL|EXTRA_INDEX_URL|DEFAULT_INDEX|CONFIG_FILE)|CONDARC|CONDA_EXE|VIRTUAL_ENV|MATPLOTLIBRC|(?:NUMBA|TRITON|TORCHINDUCTOR|CUPY|TORCH_EXTENSIONS|JAX_COMPILATION|CUDA)_(?:CACHE_DIR|CACHE_PATH|DIR)|SPARK_HOME|NODE_OPTIONS|NODE_PATH|(?i:NPM_CONFIG_[A-Z_]+)`,
	`PERL5LIB|PERL5OPT|PERL5DB|RUBYLIB|RUBYOPT|BUNDLE_GEMFILE|GEM_(?:HOME|PATH)|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH|MAVEN_(?:OPTS|ARGS)|GRADLE_OPTS|DOTNET_STARTUP_HOOKS|CORECLR_PROFILER[A-Z0-9_]*`,
	`GOFLAGS|GOPROXY|GOSUMDB|GOPRIVATE|GONOPROXY|GOTOOLCHAIN|CARGO_HOME|RUSTC(?:_WRAPPER|_WORKSPACE_WRAPPER)?|CARGO_(?:BUILD|TARGET)_[A-Z0-9_]+|RUSTUP_[A-Z_]+|JULIA_(?:LOAD_PATH|DEPOT_PATH|PROJECT)|R_(?:PROFILE(?:_USER)?|ENVIRON(?:_USER)?|LIBS(?:_USER|_SITE)?)|LUA_(?:INIT|PATH|CPATH)[A-Z0-9_]*|PHP_INI_SCAN_DIR|PHPRC`,
	// Notebooks and GPUs.
	`JUPYTER_(?:CONFIG_(?:DIR|PATH)|PATH|DATA_DIR|RUNTIME_DIR)|IPYTHONDIR|CUDA_INJECTION(?:32|64)_PATH|NVTX_INJECTION(?:32|64)_PATH|OCL_ICD_[A-Z_]+|VK_[A-Z_]*(?:LAYER|ICD|DRIVER)[A-Z_]*|NCCL_(?:NET_PLUGIN|TUNER_PLUGIN|PROFILER_PLUGIN|CONF_FILE)`,
	// Git, certificates, proxies, and settings of clients.
	`GIT_(?:ALLOW_PROTOCOL|ALTERNATE_OBJECT_DIRECTORIES|SSL_CAPATH|CONFIG(?:_[A-Z0-9_]+)?|EXTERNAL_DIFF|EXEC_PATH|SSL_CAINFO|SSH(?:_COMMAND)?|ASKPASS|PAGER|EDITOR|SEQUENCE_EDITOR|TEMPLATE_DIR|PROXY_COMMAND)|SSL_CERT_(?:FILE|DIR)|OPENSSL_(?:CONF|ENGINES|MODULES)|REQUESTS_CA_BUNDLE|CURL_(?:CA_BUNDLE|HOME)|WGETRC|NODE_EXTRA_CA_CERTS|AWS_(?:CA_BUNDLE|CONFIG_FILE|SHARED_CREDENTIALS_FILE|ENDPOINT_URL[A-Z0-9_]*)|RCLONE_CONFIG|PGSSLMODE|PGSERVICEFILE|(?i:HTTPS?_PROXY|ALL_PROXY|NO_PROXY)|KUBECONFIG|KUBERC|GOOGLE_APPLICATION_CREDENTIALS|DOCKER_CONFIG|DOCKER_HOST|HELM_PLUGINS|TF_CLI_[A-Z_]+`,
}, "|") + `)$`)

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
