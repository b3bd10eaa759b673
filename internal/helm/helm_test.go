package helm

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"tenon.dev/tenon/internal/manifest"
)

// repository has a chart with a helper, a loop, a chart below it, one beside it that it depends on, and a definition.
var repository = map[string]string{
	"app/Chart.yaml": `apiVersion: v2
name: app
version: 1.0.0
dependencies:
- name: common
  version: 1.x.x
  repository: file://../common
- name: below
  version: 0.1.0
  repository: https://charts.example.com
  condition: below.enabled
- name: elsewhere
  version: 0.1.0
  repository: https://charts.example.com
`,
	"app/values.yaml": "image: {repository: ghcr.io/example/app, tag: v1}\nports: [80, 443]\nbelow: {enabled: true}\nresources:\n  limits: {cpu: 1}\npassword: hunter2-hunter2\n",
	"app/.helmignore": "*.bak\n",
	"app/templates/_helpers.tpl": `{{- define "app.labels" -}}
app: {{ .Chart.Name }}
release: {{ .Release.Name }}
{{- end }}
`,
	"app/templates/deployment.yaml": `{{- /* a comment
that takes two lines */ -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "common.name" . }}
  labels:
    {{- include "app.labels" . | nindent 4 }}
  annotations:
    checksum: {{ include (print $.Template.BasePath "/service.yaml") . | sha256sum }}
spec:
  {{- if .Values.image }}
  template:
    spec:
      containers:
      - name: app
        image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
        ports:
        {{- range .Values.ports }}
        - containerPort: {{ . }}
        {{- end }}
        resources:
          {{- toYaml .Values.resources | nindent 10 }}
        imagePullPolicy: Always
  {{- end }}
`,
	"app/templates/service.yaml":          "apiVersion: v1\nkind: Service\nmetadata:\n  name: app\nspec:\n  ports:\n  - port: 80\n",
	"app/templates/old.yaml.bak":          "{{ fail \"read\" }}",
	"app/templates/NOTES.txt":             "Thanks.",
	"app/crds/jobs.yaml":                  "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: jobs.example.com\n",
	"app/charts/below/Chart.yaml":         "apiVersion: v2\nname: below\nversion: 0.1.0\n",
	"app/charts/below/templates/cm.yaml":  "\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-below\n",
	"common/Chart.yaml":                   "apiVersion: v2\nname: common\nversion: 1.2.0\ntype: library\n",
	"common/templates/_name.tpl":          `{{ define "common.name" }}{{ .Chart.Name | trunc 63 }}{{ end }}`,
	"elsewhere/templates/not-a-chart.txt": "",
}

func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("git", "-C", dir, "init", "-q").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

func with(files map[string]string, more ...string) map[string]string {
	all := map[string]string{}
	for name, text := range files {
		all[name] = text
	}
	for i := 0; i+1 < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

// said is what was found, without the folder that it was found in.
func said(parsed Rendered, dir string) []string {
	var all []string
	for _, f := range parsed.Findings {
		at := strings.TrimPrefix(strings.TrimPrefix(f.Source.String(), dir), "/")
		all = append(all, fmt.Sprintf("%s %s %s %s", f.Severity, f.Rule, at, f.Message))
	}
	return all
}

func TestRender(t *testing.T) {
	dir := write(t, repository)
	parsed, err := Render(filepath.Join(dir, "app"), Release{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"info input/not-read app/Chart.yaml:12 the chart depends on elsewhere, which is not in charts/: what it renders was not checked"}
	if got := said(parsed, dir); !slices.Equal(got, want) {
		t.Errorf("said %q", got)
	}
	var names []string
	for _, o := range parsed.Objects {
		names = append(names, o.Kind+" "+o.Name)
	}
	if got := strings.Join(names, ", "); got != "CustomResourceDefinition jobs.example.com, ConfigMap release-name-below, Deployment app, Service app" {
		t.Errorf("rendered %s", got)
	}
	for place, field := range map[string]string{
		"app/templates/deployment.yaml:4":      "kind",
		"app/templates/deployment.yaml:6":      "metadata.name",
		"app/templates/deployment.yaml:8":      "metadata.labels.app",
		"app/templates/_helpers.tpl:3":         "metadata.labels.release",
		"app/templates/deployment.yaml:10":     "metadata.annotations.checksum",
		"app/templates/deployment.yaml:16":     "spec.template.spec.containers[0].name",
		"app/templates/deployment.yaml:17":     "spec.template.spec.containers[0].image",
		"app/templates/deployment.yaml:20":     "spec.template.spec.containers[0].ports[1].containerPort",
		"app/templates/deployment.yaml:23":     "spec.template.spec.containers[0].resources.limits.cpu",
		"app/templates/deployment.yaml:24":     "spec.template.spec.containers[0].imagePullPolicy",
		"app/charts/below/templates/cm.yaml:5": "metadata.name",
	} {
		o := parsed.Objects[2]
		if strings.Contains(place, "below") {
			o = parsed.Objects[1]
		}
		at := o.Origin.Trace(manifest.ParsePath(field), "")[0].Position
		if got := strings.TrimPrefix(at.String(), dir+"/"); got != place {
			t.Errorf("%s is at %s, not at %s", field, got, place)
		}
	}
}

// TestValues: those of files and of --set win over those of the chart, and a version of Kubernetes is one.
func TestValues(t *testing.T) {
	dir := write(t, with(repository, "prod.yaml", "image: {tag: v2}\nbelow: {enabled: false}\n",
		"app/templates/version.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: version}\ndata: {version: {{ .Capabilities.KubeVersion.Version | quote }}}\n"))
	parsed, err := Render(filepath.Join(dir, "app"), Release{Values: []string{filepath.Join(dir, "prod.yaml")}, Set: []string{"image.repository=example.com/other,ports={1}"}, Kubernetes: "1.31"})
	if err != nil {
		t.Fatal(err)
	}
	image, version, below := "", "", false
	for _, o := range parsed.Objects {
		if value, ok := manifest.Lookup(o.Value, manifest.ParsePath("spec.template.spec.containers[0].image")); ok {
			image = fmt.Sprint(value)
		}
		if value, ok := manifest.Lookup(o.Value, manifest.Path{"data", "version"}); ok {
			version = fmt.Sprint(value)
		}
		below = below || strings.HasSuffix(o.Name, "-below")
	}
	if image != "example.com/other:v2" || below || version != "v1.31.0" {
		t.Errorf("image %s, below %v, version %s", image, below, version)
	}
	for _, wrong := range []Release{{Values: []string{filepath.Join(dir, "none.yaml")}}, {Set: []string{"a"}}, {Set: []string{"a[-1]=b"}}, {Values: []string{filepath.Join(dir, "app/templates/deployment.yaml")}}} {
		if _, err := Render(filepath.Join(dir, "app"), wrong); err == nil {
			t.Errorf("%v is taken", wrong)
		}
	}
}

// TestFailures: what stops Helm is an error at the template's line, without a value that may be a secret.
func TestFailures(t *testing.T) {
	for name, c := range map[string]struct {
		more []string
		want string
	}{
		"a value that is wanted":       {[]string{"app/templates/a.yaml", "\n\na: {{ required \"set token\" .Values.token }}"}, "error input/helm app/templates/a.yaml:3 the chart does not render: set token"},
		"a word of the template":       {[]string{"app/templates/a.yaml", "\n{{ if }}"}, "error input/helm app/templates/a.yaml:2 the chart does not render: missing value for if"},
		"an unknown function":          {[]string{"app/templates/a.yaml", "{{ nofun 1 }}"}, "error input/helm app/templates/a.yaml:1 the chart does not render: function ... not defined"},
		"env":                          {[]string{"app/templates/a.yaml", "{{ env \"PATH\" }}"}, "error input/helm app/templates/a.yaml:1 the chart does not render: function ... not defined"},
		"a secret is told":             {[]string{"app/templates/a.yaml", "{{ fail (print .Values.password) }}"}, "error input/helm app/templates/a.yaml:1 the chart does not render: a template refuses the values (fail or required)"},
		"no YAML":                      {[]string{"app/templates/a.yaml", "apiVersion: v1\nkind: [\n"}, "error input/yaml app/templates/a.yaml:2 what the template renders does not parse"},
		"a schema":                     {[]string{"app/values.schema.json", `{"properties": {"ports": {"type": "string"}}}`}, "error input/helm app/values.schema.json the values do not fit the schema of the chart, so Helm refuses them: at /ports (got array, want string)"},
		"a schema elsewhere":           {[]string{"app/values.schema.json", `{"$ref": "file:///etc/hostname"}`}, "info input/not-read app/values.schema.json the schema refers to another, which was not fetched"},
		"no metadata":                  {[]string{"app/Chart.yaml", "a: [b"}, "error input/helm app the chart cannot be read: cannot load Chart.yaml"},
		"what a dependency depends on": {[]string{"common/Chart.yaml", "apiVersion: v2\nname: common\nversion: 1.0.0\ndependencies: [{name: round, version: 1.0.0, repository: 'file://../common'}]\n"}, "info input/not-read common/Chart.yaml the chart depends on round, which is not in charts/"},
		"another version":              {[]string{"common/Chart.yaml", "apiVersion: v2\nname: common\nversion: 2.0.0\n"}, "error input/helm app/Chart.yaml:5 the chart depends on common, which cannot be read: its version 2.0.0 is not 1.x.x"},
		"a way out":                    {[]string{"common/Chart.yaml", "apiVersion: v2\nname: common\nversion: 1.0.0\ndependencies: [{name: out, version: 1.0.0, repository: 'file://../../../../etc'}]\n"}, "info input/not-read common/Chart.yaml the chart depends on out"},
	} {
		dir := write(t, with(repository, c.more...))
		parsed, err := Render(filepath.Join(dir, "app"), Release{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := said(parsed, dir)
		if !slices.ContainsFunc(got, func(one string) bool { return strings.HasPrefix(one, c.want) }) {
			t.Errorf("%s: said %q, not %q", name, got, c.want)
		}
		if strings.Contains(strings.Join(got, ""), "hunter2") {
			t.Errorf("%s: said a secret: %q", name, got)
		}
	}
}

// TestReachesNothing: no template reaches the network, the environment or a file outside of the repository.
func TestReachesNothing(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	defer server.Close()
	t.Setenv("TENON_TEST_SECRET", "of-the-environment")
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("of-the-disk"), 0o644); err != nil {
		t.Fatal(err)
	}
	config := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: \"%s\"\n"
	for name, template := range map[string]string{
		"expandenv": `{{ expandenv "$TENON_TEST_SECRET" }}`,
		"a host":    `{{ getHostByName "localhost" }}`,
		"a cluster": `{{ lookup "v1" "Secret" "a" "b" }}`,
		"a file":    `{{ .Files.Get "` + outside + `" }}{{ .Files.Get "../../outside" }}{{ .Files.Get "link" }}`,
	} {
		dir := write(t, with(repository, "app/templates/a.yaml", fmt.Sprintf(config, template), "app/values.schema.json", `{"$ref": "`+server.URL+`"}`))
		if err := os.Symlink(outside, filepath.Join(dir, "app/link")); err != nil {
			t.Fatal(err)
		}
		parsed, err := Render(filepath.Join(dir, "app"), Release{})
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprint(said(parsed, dir))
		for _, o := range parsed.Objects {
			text += fmt.Sprint(o.Value)
		}
		if strings.Contains(text, "of-the-") || strings.Contains(text, "127.0.0.1 ") || requests.Load() > 0 {
			t.Errorf("%s reached something: %s, %d requests", name, text, requests.Load())
		}
		if !strings.Contains(text, "app/link the file cannot be read") {
			t.Errorf("%s: nothing is said of the symlink: %s", name, text)
		}
	}
}

// TestOtherwise: what a template renders only for releases of other names, or with passwords that nobody foresees, is
// rendered.
func TestOtherwise(t *testing.T) {
	for _, condition := range []string{`ne (randAlphaNum 8) "xxxxxxxx"`, `ne .Release.Name "release-name"`, `ne .Release.Namespace "default"`, `ne (genPrivateKey "rsa") "made-by-helm-at-each-install"`, `gt (now | date "2006" | atoi) 2001`,
		`ne (randAlphaNum 8) (randAlphaNum 8)`, `ne uuidv4 uuidv4`, `regexMatch "^.{14}4" uuidv4`, `regexMatch "[A-Z]" (randAlphaNum 60)`, `regexMatch "[0-9]" (randAlphaNum 60)`, `ne (randNumeric 9) (randNumeric 9)`,
		`ne (shuffle "abcdefghijklmnopqrstuvwxyz") "abcdefghijklmnopqrstuvwxyz"`, `hasPrefix "$2a$" (bcrypt "x")`, `hasPrefix "u:$2a$" (htpasswd "u" "p")`, `contains "PRIVATE KEY" (genPrivateKey "ecdsa")`,
		`hasPrefix "-----BEGIN CERTIFICATE-----\nMII" (genCA "a" 1).Cert`, `kindIs "struct" (genSelfSignedCert "a" nil nil 1)`, `eq (typeOf (genCA "a" 1)) "sprig.certificate"`, `eq (decryptAES "k" (encryptAES "k" "x")) "x"`, `ne (encryptAES "k" "x") (encryptAES "k" "x")`,
		`eq (derivePassword 1 "long" "p" "u" "s") (derivePassword 1 "long" "p" "u" "s")`, `regexMatch "[^A-Za-z0-9]" (randAscii 200)`, `ne (keys (dict "a" 1 "b" 2 "c" 3 "d" 4 "e" 5 "f" 6 "g" 7 "h" 8) | join "") "abcdefgh"`,
		`.Release.IsUpgrade`, `gt .Release.Revision 1`, `.Capabilities.APIVersions.Has "monitoring.coreos.com/v1"`, `.Capabilities.APIVersions.Has "policy.example.com/v1/Rule"`, `hasPrefix "v3" .Capabilities.HelmVersion.Version`} {
		dir := write(t, with(repository, "app/templates/a.yaml", "{{ if "+condition+" }}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: evil}\n{{ end }}\n"))
		parsed, err := Render(filepath.Join(dir, "app"), Release{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(slices.Concat(parsed.Objects, slices.Concat(parsed.Otherwise...)), func(o manifest.Object) bool { return o.Name == "evil" }) {
			t.Errorf("%s: hidden", condition)
		}
	}
	// What differs is told by more than its length: a path is no digest.
	dir := write(t, with(repository, "app/templates/a.yaml", `{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {path: '{{ if eq .Release.Name "release-name" }}/dataaaaaaaaaaaaaaaaaaaaaaaaaaa{{ else }}/etc/kubernetes/manifests{{ end }}', sum: '{{ .Release.Name | sha256sum }}'}}`))
	parsed, err := Render(filepath.Join(dir, "app"), Release{})
	if err != nil || len(parsed.Otherwise) != 1 {
		t.Errorf("%v %v", parsed.Otherwise, err)
	}
	dir = write(t, with(repository, "app/templates/a.yaml", `{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {sum: '{{ .Release.Name | sha256sum }}', b: '{{ .Release.Name | sha256sum | b64enc }}', password: '{{ randAlphaNum 20 }}'}}`))
	if parsed, err = Render(filepath.Join(dir, "app"), Release{}); err != nil || len(parsed.Otherwise) != 0 {
		t.Errorf("%v %v", parsed.Otherwise, err)
	}
	dir = write(t, repository)
	parsed, err = Render(filepath.Join(dir, "app"), Release{Name: "web", Namespace: "prod"})
	if err != nil || len(parsed.Objects) != 4 || parsed.Objects[1].Name != "web-below" {
		t.Errorf("%v %v", parsed.Objects, err)
	}
}

// TestHiddenFiles: a file whose name begins with a dot is not one without it.
func TestHiddenFiles(t *testing.T) {
	dir := write(t, map[string]string{
		"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", ".values.yaml": "safe: true\n", ".git/x": "",
		"templates/a.yaml": "{{ if not .Values.safe }}\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: evil}\n{{ end }}\n",
	})
	t.Chdir(dir)
	parsed, err := Render(".", Release{})
	if err != nil || len(parsed.Objects) != 1 {
		t.Errorf("%v %v %v", parsed.Objects, parsed.Findings, err)
	}
}

func TestArchive(t *testing.T) {
	dir := write(t, with(repository, "app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n", "app/templates/deployment.yaml", "a: 1\n", "app/templates/old.yaml.bak", "a: 1\n"))
	packed := filepath.Join(dir, "app-1.0.0.tgz")
	if out, err := exec.Command("tar", "-C", dir, "-czf", packed, "app").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	parsed, err := Render(packed, Release{})
	if err != nil || len(parsed.Objects) != 3 {
		t.Fatalf("%d objects, %v, %q", len(parsed.Objects), err, said(parsed, dir))
	}
	at := parsed.Objects[2].Origin.Trace(manifest.ParsePath("spec.ports[0].port"), "")[0].Position.String()
	if strings.TrimPrefix(at, dir+"/") != "app-1.0.0.tgz/templates/service.yaml:7" {
		t.Errorf("the port is at %s", at)
	}
	for name, text := range map[string]string{"no archive": "apiVersion: v2\n", "nothing": ""} {
		if err := os.WriteFile(packed, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		parsed, err := Render(packed, Release{})
		if got := said(parsed, dir); err != nil || len(got) != 1 || !strings.Contains(got[0], "error input/helm app-1.0.0.tgz the chart cannot be read") {
			t.Errorf("%s: %v, %q", name, err, got)
		}
	}
	if _, err := Render(filepath.Join(dir, "common/templates"), Release{}); err == nil || !strings.Contains(err.Error(), "no Chart.yaml") {
		t.Errorf("a folder that is no chart: %v", err)
	}
}

func FuzzRender(f *testing.F) {
	for name, text := range repository {
		if strings.HasPrefix(name, "app/templates") {
			f.Add(text, "a: 1")
		}
	}
	f.Add("{{ range untilStep 0 9 1 }}\n- {{ . }}\n{{ end }}", "a: [1, {b: c}]")
	f.Add("{{ tpl .Values.a . }}{{ define \"x\" }}\n{{ end }}{{ block \"y\" . }}\n{{ end }}", "a: '{{ .Values.a }}'")
	f.Fuzz(func(t *testing.T, text, values string) {
		for _, many := range []string{"until", "repeat", "seq", "rand", "tpl", "include", "template", "range", "derive", "untilStep", "indent"} {
			if strings.Contains(text, many) && len(text) > 200 {
				return // a template may take as long as it likes: the process is bounded, not the room
			}
		}
		dir := t.TempDir()
		for name, content := range map[string]string{"Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "values.yaml": values, "templates/a.yaml": text} {
			file := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		parsed, err := Render(dir, Release{})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range parsed.Objects {
			o.Origin.Trace(manifest.ParsePath("metadata.name"), "")
		}
	})
}
