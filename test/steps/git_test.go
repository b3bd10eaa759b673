package steps

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPrivateRepository: a token is shown to the host of the repository, and stays out of the checkout.
func TestPrivateRepository(t *testing.T) {
	c := newCluster(t)
	core, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	bare := filepath.Join(c.dir, "served", "tests.git")
	if out, err := exec.Command("git", "clone", "-q", "--bare", c.path("tests"), bare).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	backend := &cgi.Handler{Path: filepath.Join(strings.TrimSpace(string(core)), "git-http-backend"), Env: []string{"GIT_PROJECT_ROOT=" + c.path("served"), "GIT_HTTP_EXPORT_ALL=1"}}
	asked := ""
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); password != "t0ken" {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		} else {
			asked = user
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	c.env = append(c.env, "GIT_SSL_NO_VERIFY=1")
	c.secrets = map[string]string{"token": "t0ken"}
	c.must("test-framework-setup", map[string][]string{"repository": {server.URL + "/tests.git"}, "revision": {"main"}})
	if asked != "x-access-token" {
		t.Errorf("the token was shown as %q", asked)
	}
	c.read("source/framework/test_results.py")
	if config := c.read("source/framework/.git/config"); strings.Contains(config, "t0ken") || !strings.Contains(config, server.URL) {
		t.Errorf("the checkout's configuration holds:\n%s", config)
	}
	c.secrets["token"] = "wrong"
	if failed, output := c.run("test-framework-setup", map[string][]string{"repository": {server.URL + "/tests.git"}, "revision": {"main"}}); failed != "download" || strings.Contains(output, "wrong") {
		t.Errorf("with another token %q failed: %s", failed, output)
	}
}

// TestDeployKey: the key reads the repository by SSH, under the host's known keys, and stays out of the checkout.
func TestDeployKey(t *testing.T) {
	c := newCluster(t)
	c.tasks = rendered(t, variant(t, `git: token: secret: "notebook-tests"`, `git: deployKey: secret: "notebook-tests"`))
	c.secrets = map[string]string{"ssh-privatekey": "k3y", "known_hosts": "git.example.com ssh-ed25519 AAAA"}
	if err := os.Symlink(c.path("tests"), c.path("tests.git")); err != nil {
		t.Fatal(err)
	}
	// What the server would run.
	c.write("bin/ssh", `#!/bin/sh
set -eu
key=$2 known=${8#UserKnownHostsFile=}
[ "$(cat "$key")" = k3y ] && [ "$(stat -c %a "$key")" = 600 ] && grep -q '^git.example.com' "$known"
for command; do :; done
case "$*" in *git@git.example.com*) ;; *) echo "asked for $*" >&2; exit 1 ;; esac
eval "$(printf '%s' "$command" | sed "s#'/#'`+c.dir+`/#")"
`, 0o755)
	c.must("test-framework-setup", map[string][]string{"repository": {"https://git.example.com/tests.git"}, "revision": {"main"}})
	c.read("source/framework/test_results.py")
	if config := c.read("source/framework/.git/config"); strings.Contains(config, "k3y") {
		t.Errorf("the checkout's configuration holds:\n%s", config)
	}
}

// TestMintToken: the app's key signs what GitHub asks for, and the token that it gives reads the repository.
func TestMintToken(t *testing.T) {
	dir := variant(t, `git: token: secret: "notebook-tests"`, `git: app: {id: "7", installation: "42", secret: "notebook-tests"}`)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	github := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/app/installations/42/access_tokens" || !signedBy(&key.PublicKey, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"token": "minted"}`))
	}))
	t.Cleanup(github.Close)
	c := newCluster(t)
	c.tasks = rendered(t, dir)
	c.override = map[string]string{"API": github.URL}
	c.secrets = map[string]string{"private-key.pem": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))}
	c.write("git/.keep", "", 0o644)
	c.must("test-framework-setup", map[string][]string{"repository": {c.path("tests")}, "revision": {"main"}})
	if token := c.read("git/token"); token != "minted" {
		t.Errorf("the token is %q", token)
	}
	if strings.Contains(c.log, "minted") {
		t.Error("the token is in the log")
	}
	c.secrets["private-key.pem"] = "nothing"
	if failed, output := c.run("test-framework-setup", map[string][]string{"repository": {c.path("tests")}, "revision": {"main"}}); failed != "mint-token" || !strings.Contains(output, "does not sign") {
		t.Errorf("with no key %q failed: %s", failed, output)
	}
}

// signedBy tells whether a JSON web token of the app 7 was signed with a key.
func signedBy(key *rsa.PublicKey, token string) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return false
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return false
	}
	var said struct {
		Iss      string
		Iat, Exp int64
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	return json.Unmarshal(claims, &said) == nil && said.Iss == "7" && said.Exp > said.Iat && said.Exp-said.Iat <= 660 &&
		rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) == nil
}
