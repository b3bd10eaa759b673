package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// trial is something that an attacker would try: files, a command over them, and what must hold.
type trial struct {
	// kind is the sort of attack; docs/security.md has a row for each.
	kind string
	name string
	// files by path below a new folder. A value that begins with -> is a symlink.
	files map[string]string
	args  []string
	stdin string
	// all runs the command once with every format, each to a file of its own.
	all bool
	// exit is the code that is wanted; -1 is any of 0, 1 and 3, but never 2 or a signal.
	exit int
	// wants are pieces of the output, never are pieces that no output may have.
	wants, never []string
}

// marker stands for a secret: no output has it.
const marker = "S3cr3tM4rk3rXYZ"

// soon is how long a trial may take on a machine that is five times slower.
const soon = 150 * time.Second

// sampled tells which trials of a kind are made: the first and each fifth, as `make test` does, or with TENON_TRIALS=rest
// the others, as `make e2e` does, or with TENON_TRIALS=all each of them.
func sampled(count int) bool {
	switch os.Getenv("TENON_TRIALS") {
	case "all":
		return true
	case "rest":
		return count%5 != 1
	}
	return count%5 == 1
}

// isShared tells whether trials run many to a process, as those of TENON_TRIALS=rest: each alone takes twice the time.
func isShared() bool { return os.Getenv("TENON_TRIALS") == "rest" }

// formats are all that check knows.
var formats = []string{"text", "json", "sarif", "junit", "github", "gitlab", "markdown", "html"}

// outcome is what a run of tenon came to.
type outcome struct {
	code   int
	output string
}

// tenon runs the command line as a process of its own, with the one that watches it, or where trials share one in that.
func tenon(t *testing.T, dir, stdin string, args ...string) outcome {
	t.Helper()
	if isShared() {
		if got, ok := shared(t, call{dir, t.TempDir(), stdin, args}); ok {
			return got
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Args = append([]string{"tenon"}, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "GIT_CONFIG_NOSYSTEM=1")
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if ctx.Err() != nil {
		t.Fatalf("tenon %s: not done after %s", strings.Join(args, " "), soon)
	}
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{cmd.ProcessState.ExitCode(), string(out)}
}

func lay(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, link := strings.CutPrefix(text, "->"); link {
			err = os.Symlink(target, file)
		} else {
			err = os.WriteFile(file, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// neverAny are what no output of tenon has, whatever it was given: raw control characters, a crash, a
// secret, and lines that a CI obeys.
var neverAny = []string{"\x1b", "\u009b", "\u202e", "goroutine ", "panic:", marker}

var obeyedLine = regexp.MustCompile(`(?m)^\s*::(error|warning|set-output|add-mask|stop)|##\[|##vso\[|##teamcity\[`)

func (tr trial) run(t *testing.T) { tr.in(t, lay(t, tr.files)) }

// in runs the trial in a folder.
func (tr trial) in(t *testing.T, dir string) {
	t.Helper()
	if !tr.all {
		got := tenon(t, dir, tr.stdin, tr.args...)
		tr.judge(t, got, slices.Contains(tr.args, "github"))
		return
	}
	out := t.TempDir()
	args := slices.Clone(tr.args)
	for _, format := range formats {
		args = append(args, "-o", format+"="+filepath.Join(out, format))
	}
	got := tenon(t, dir, tr.stdin, args...)
	tr.judge(t, got, false)
	for _, format := range formats {
		text, err := os.ReadFile(filepath.Join(out, format))
		if err != nil {
			t.Errorf("%s: %v\n%s", format, err, bounded(got.output))
			continue
		}
		one := tr
		one.never = slices.Clone(tr.never)
		if format == "markdown" {
			one.never = append(one.never, "<img src=x", "@octocat", "www.evil")
		}
		one.judge(t, outcome{got.code, string(text)}, format == "github")
	}
}

// judge wants of an output what must hold.
func (tr trial) judge(t *testing.T, got outcome, isGitHub bool) {
	t.Helper()
	if got.code != tr.exit && (tr.exit != -1 || !slices.Contains([]int{0, 1, 3}, got.code)) {
		t.Errorf("exit code %d, want %d\n%s", got.code, tr.exit, bounded(got.output))
	}
	for _, piece := range tr.wants {
		if !strings.Contains(got.output, piece) {
			t.Errorf("the output lacks %q\n%s", piece, bounded(got.output))
		}
	}
	for _, piece := range slices.Concat(tr.never, neverAny) {
		if strings.Contains(got.output, piece) {
			t.Errorf("the output has %q\n%s", piece, bounded(got.output))
		}
	}
	if found := obeyedLine.FindString(got.output); found != "" && !isGitHub {
		t.Errorf("a CI would obey %q\n%s", found, bounded(got.output))
	}
}

func bounded(text string) string {
	const most = 3000
	return text[:min(len(text), most)]
}

// TestHostileFiles tries manifests that attack the checker, or hide from it.
func TestHostileFiles(t *testing.T) {
	counts := map[string]int{}
	for _, tr := range slices.Concat(hostileNumbers(), hostileDocuments(), hostileTexts(), hostileSecrets(), hostileErrors(), hostileFolders(), hostileNames(), hostileScripts(), hostileLists(), hostilePolicies(), hostileKeys(), hostileGrowth(), hostileChecker(), hostileCharts(), hostileKustomizations(), hostilePlaceholders(), hostileReaders(), hostileFetches(), hostilePlaces()) {
		if counts[tr.kind]++; !sampled(counts[tr.kind]) {
			continue
		}
		t.Run(tr.kind+"/"+tr.name, func(t *testing.T) {
			t.Parallel()
			if tr.args[0] == "check" && len(tr.args) > 1 && tr.exit == 1 { // what is an error for a platform shows as one
				tr.args = append([]string{"check", "--profile", "strict"}, tr.args[1:]...)
			}
			tr.run(t)
		})
	}
	for kind, n := range counts {
		if n < 4 {
			t.Errorf("%s: %d trials: a kind needs at least three neighbours of the first", kind, n)
		}
	}
}

func pod(fields string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec:\n  containers:\n  - {name: a, image: reg.example.com/repo/a:v1" + fields + "}\n"
}

func task(script string) string {
	return fmt.Sprintf("apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: a, namespace: b}\nspec:\n  steps:\n  - {name: a, image: reg.example.com/repo/a:v1, script: %q}\n", script)
}

const admin = `{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: evil}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}, subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: "system:anonymous"}]}`

const harmless = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata: {a: b}\n"

// hostileNumbers are quantities that take minutes to compare.
func hostileNumbers() []trial {
	var all []trial
	add := func(name, text string) {
		all = append(all, trial{kind: "number", name: name, files: map[string]string{"a.yaml": text}, args: []string{"check", "a.yaml"}, exit: 1})
	}
	for _, number := range []string{"1e1000000000", "1e-999999999", "1E+99999999", "+1e100000000", ".5e123456789", "E2000000000", "1e" + strings.Repeat("9", 1000)} {
		add("memory "+number[:min(len(number), 12)], pod(fmt.Sprintf(", resources: {requests: {memory: %q}}", number)))
		add("claim "+number[:min(len(number), 12)], fmt.Sprintf("apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a, namespace: b}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: %q}}}\n", number))
	}
	add("quota", "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: a, namespace: b}\nspec: {hard: {requests.memory: \"1e1000000000\", requests.nvidia.com/gpu: \"1\"}}\n")
	add("step", "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: a, namespace: b}\nspec: {steps: [{name: a, image: a, computeResources: {limits: {cpu: \"1e999999999\"}}}]}\n")
	add("limit range", "apiVersion: v1\nkind: LimitRange\nmetadata: {name: a, namespace: b}\nspec: {limits: [{type: Container, max: {cpu: \"1e999999999\"}}]}\n")
	add("digits", pod(", resources: {requests: {cpu: \""+strings.Repeat("9", 500_000)+"\"}}"))
	for name, hard := range map[string]string{
		"negative memory": `requests.memory: "-6", requests.nvidia.com/gpu: "1"`, "negative gpus": `requests.memory: "6", requests.nvidia.com/gpu: "-1"`,
		"nothing": `requests.cpu: "0", requests.nvidia.com/gpu: "0"`, "a milli": `requests.memory: 1m, requests.nvidia.com/gpu: 1m`,
		"the largest": `requests.memory: "9223372036854775807", requests.nvidia.com/gpu: "9223372036854775807"`,
	} {
		pods := "---\n" + pod(`, resources: {requests: {cpu: "0", memory: "0"}, limits: {nvidia.com/gpu: "1", memory: "0"}}`)
		all = append(all, trial{kind: "quota", name: name, args: []string{"check", "a.yaml"}, exit: -1,
			files: map[string]string{"a.yaml": "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: a, namespace: b}\nspec: {hard: {" + hard + "}}\n" + pods}})
	}
	for _, name := range []string{"-1", "-9223372036854775808", "99999999999999999999", "0x1", "[-1]", "a[-1].b"} {
		all = append(all, trial{kind: "index", name: name, args: []string{"check", "a.yaml"}, exit: 1, files: map[string]string{
			"a.yaml": fmt.Sprintf("apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: a, namespace: b}\nspec:\n  steps:\n  - {name: a, image: a, env: [{name: %q, value: \"$(params.x)\"}]}\n", name)}})
	}
	return all
}

// hostileDocuments hide a second document from who reads the first.
func hostileDocuments() []trial {
	var all []trial
	for name, between := range map[string]string{
		"inline": "--- ", "a tag": "--- !!map ", "a tab": "---\t", "a carriage return": "\r---\r", "two of them": "\r\r---\r",
		"a line separator": "\u2028---\u2028", "a paragraph separator": "\u2029---\u2029", "a next line": "\u0085---\u0085",
		"dots": "...\n", "dots and a comment": "... # end\n", "dots and dashes": "...\n--- ", "a comment": "--- # x\n", "dashes at the end": "---\n",
		"a directive": "...\n%YAML 1.2\n---\n", "return and feed": "\r\n---\r\n", "only the second line's end": "---\r",
	} {
		all = append(all, trial{kind: "document", name: name, files: map[string]string{"a.yaml": harmless + between + admin + "\n"}, args: []string{"check", "a.yaml"}, exit: 1})
	}
	all = append(all,
		trial{kind: "document", name: "an anchor", files: map[string]string{"a.yaml": harmless + "--- &x\n" + admin + "\n"}, args: []string{"check", "a.yaml"}, exit: 1},
		trial{kind: "document", name: "UTF-16", files: map[string]string{"a.yaml": utf16le(harmless + "---\n" + admin + "\n")}, args: []string{"check", "a.yaml"}, exit: 1, wants: []string{"input/encoding", "rbac/admin-binding"}},
		trial{kind: "document", name: "JSON behind JSON", files: map[string]string{"a.json": `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}} {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"-"}}`}, args: []string{"check", "a.json"}, exit: 1},
		trial{kind: "document", name: "YAML behind JSON", files: map[string]string{"a.json": `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}` + "\n" + admin + "\n"}, args: []string{"check", "a.json"}, exit: 1},
		trial{kind: "document", name: "JSON behind a comment", files: map[string]string{"a.yaml": "# x\n{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"a\"}}\n# y\n" + admin + "\n"}, args: []string{"check", "a.yaml"}, exit: 1},
		trial{kind: "document", name: "a hidden folder", files: map[string]string{"m/h.yaml": harmless, "m/.x/a.yaml": admin}, args: []string{"check", "m"}, exit: 1, wants: []string{"rbac/admin-binding"}},
		trial{kind: "document", name: "many separators", files: map[string]string{"a.yaml": strings.Repeat("---\n", 2_600_000)}, args: []string{"check", "a.yaml"}, exit: 1},
		trial{kind: "document", name: "an escape of JSON", files: map[string]string{"a.json": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"b"},"data":{"a":"\ud83d\ude00"}}`}, args: []string{"check", "a.json"}, exit: 0},
		trial{kind: "document", name: "a mark in the middle", files: map[string]string{"a.yaml": harmless + "---\n\ufeff" + admin + "\n"}, args: []string{"check", "a.yaml"}, exit: 1},
		trial{kind: "document", name: "dashes in a text are text", files: map[string]string{"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata:\n  a: |\n    ---\n    --- x\n    -----BEGIN CERTIFICATE-----\n"}, args: []string{"check", "a.yaml"}, exit: 0},
	)
	return all
}

func utf16le(text string) string {
	out := []byte{0xff, 0xfe}
	for _, r := range text {
		out = append(out, byte(r), byte(r>>8))
	}
	return string(out)
}

// hostileTexts try to write to whoever reads: a terminal, a CI, a comment.
func hostileTexts() []trial {
	var all []trial
	evil := "x\x1b]0;PWN\x07\x1b[1;3Hq\x1b[2J\u009b2J\u202eevil\r\n::error file=a::PWNED\n##[set-output name=v]\n##vso[task.complete]\n##teamcity[x]\n<img src=x onerror=alert(1)> @octocat www.evil.example \n\n### PWNHEADER"
	manifest := fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata: {name: %[1]q, namespace: b}\nspec: {containers: [{name: %[1]q, image: %[1]q, env: [{name: %[1]q, value: y}], %[1]q: z}]}\n", evil)
	all = append(all,
		trial{kind: "text", name: "names", files: map[string]string{"a.yaml": manifest}, args: []string{"check", "a.yaml"}, all: true, exit: 1, never: []string{"\n### PWNHEADER"}},
		trial{kind: "text", name: "a file", files: map[string]string{"a\n\n# PWNHEADER\n::error::x\x1b[2J.yaml": pod("")}, args: []string{"check", "."}, all: true, exit: 1, never: []string{"\n# PWNHEADER"}},
		trial{kind: "text", name: "an excerpt", files: map[string]string{"a.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\n::error::x: \u202e\u009b##[group]\nspec: {}\n"}, args: []string{"check", "a.yaml"}, all: true, exit: 1})
	all = append(all,
		trial{kind: "text", name: "an argument", args: []string{"check", "a\n::error::x\x1b[2J"}, exit: 3},
		trial{kind: "text", name: "a flag", args: []string{"check", "--fail-on", "\n::error::x\x1b[2J"}, exit: 2},
		trial{kind: "text", name: "a target", args: []string{"explain", "a\n##[error]x/\x1b[2J", "b", "c"}, exit: 2},
		trial{kind: "text", name: "an image", files: map[string]string{"a.yaml": strings.Replace(pod(""), "reg.example.com/repo/a:v1", `"x\e[2J\n::error::y"`, 1)}, args: []string{"image", "verify", "--offline", "nowhere", "a.yaml"}, exit: 2},
		trial{kind: "text", name: "images listed", files: map[string]string{"a.yaml": strings.Replace(pod(""), "reg.example.com/repo/a:v1", `"x\e[2J\n::error::y"`, 1)}, args: []string{"image", "list", "a.yaml"}, exit: 0},
		trial{kind: "text", name: "images as JSON", files: map[string]string{"a.yaml": strings.Replace(pod(""), "reg.example.com/repo/a:v1", `"x\e[2J\n##[error]y"`, 1)}, args: []string{"image", "list", "-o", "json", "a.yaml"}, exit: 0},
	)
	return all
}

// inText is a ConfigMap with a text, beside a line that a finding quotes.
func inText(text string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata:\n  a: |\n    " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    ") + "\n  bad: 1\n"
}

// hostileSecrets are values that no output may have.
func hostileSecrets() []trial {
	var all []trial
	for name, text := range map[string]string{
		"unparsable":           "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: M\n  token: x: M\n",
		"a tab":                "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n\tpassword: M\n",
		"a key twice":          "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: M\n  password: M2\n",
		"no kind":              "apiVersion: v1\nmetadata: {name: a}\nstringData: {password: M}\n",
		"no kind, one line":    `{"apiVersion":"v1","metadata":{"name":"a"},"stringData":{"password":"M"}}`,
		"an open quote":        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: \"M\n",
		"a small kind":         "apiVersion: v1\nkind: secret\nmetadata: {name: a}\nstringData: {password: M}\n",
		"a wrong type":         pod(", env: [{name: DB_PASSWORD, value: [M]}]"),
		"a variable":           pod(", env: [{name: DB_PASSWORD, value: M}]"),
		"value before name":    pod(", env: [{value: M, name: DB_PASSWORD}]"),
		"a variable in lines":  "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec:\n  containers:\n  - name: A_B\n    image: x\n    env:\n    - name: API_TOKEN\n      value: M\n      bad: 1\n",
		"a Dockerfile":         "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata:\n  Dockerfile: |\n    FROM python:3\n    ARG PASSWORD=M\n    ENV TOKEN=M\n    RUN pip install --index-url https://u:M@pypi/ foo\n    USER root\n",
		"an address":           "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec: {containers: [{name: a, image: 'https://u:M@reg.example.com/repo/a:v1'}]}\n",
		"a waiver":             "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b, annotations: {tenon.dev/waive: 'password M'}}\nstringData: {password: x}\n",
		"a script":             task("#!/bin/sh\nexport PASSWORD=M\ncurl -u admin:M https://a.example\ncurl -H 'Authorization: Bearer M' https://b.example | sh\n"),
		"arguments":            pod(`, args: ["--password=M", "--api-token", "M"], bad: 1`),
		"a key of a ConfigMap": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata: {password: M, bad: 1}\n",
		"an INI file":          "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata:\n  app.ini: |\n    password = M\n  bad: 1\n",
		"a misspelt kind":      "apiVersion: v1\nkind: Secert\nmetadata: {name: a, namespace: b}\ndata:\n  config: M\n",
		"a kind by a tag":      "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: !!str Secret\n  metadata: {name: a, namespace: b}\n  stringData:\n    any: M\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a, namespace: b}\n  spec: {bad: 1}\n",
		"a value in lines":     "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec:\n  containers:\n  - name: a\n    image: x\n    env:\n    - name: DB_PASSWORD\n      value: |\n        M\n    bad: 1\n",
		"a name far away":      "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec:\n  containers:\n  - name: a\n    image: x\n    env:\n    - name: DB_PASSWORD\n      a: 1\n      b: 2\n      c: 3\n      d: 4\n      e: 5\n      value: M\n",
		"words in a list":      "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}\nspec:\n  containers:\n  - name: a\n    image: x\n    args:\n    - --password\n    - M\n    - 5\n",
		"two words":            task("#!/bin/sh\nexport DB_PASSWORD=\"a M\"; curl https://x.example/i.sh | sh\n"),
		"glued to its option":  task("#!/bin/sh\ncurl -uadmin:M https://x.example/i.sh | sh\n"),
		"an enumeration":       "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: a, namespace: b}\nspec:\n  params: [{name: password, type: string, default: M, enum: [x]}]\n  steps: [{name: a, image: a}]\n",
		"a schema's pattern":   "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: as.b.example.com}\nspec:\n  group: b.example.com\n  scope: Namespaced\n  names: {kind: A, plural: as, singular: a, listKind: AList}\n  versions:\n  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {password: {type: string, pattern: '^x$'}}}}}}}\n---\napiVersion: b.example.com/v1\nkind: A\nmetadata: {name: a, namespace: b}\nspec: {password: M}\n",
		"an image":             pod("")[:len(pod(""))-len("reg.example.com/repo/a:v1}\n")] + "'u:M@reg.example.com/repo/a:v1'}\n",
		"behind a bad key":     "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\nstringDatas: {password: M}\n",
		"data of a wrong form": "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\ndata: {password: M!}\n",
		"a text of TOML":       inText("token = '''M'''\npassword = \"\"\"M\"\"\"\n"),
		"pairs in a text":      inText("env:\n- name: DB_PASSWORD\n  value: M\n"),
		"a pair in one line":   inText("env: [{name: DB_PASSWORD, value: M}]\n"),
		"pairs of JSON":        inText("[{\"name\": \"DB_PASSWORD\", \"value\": \"M\"}]\n"),
		"a Secret in a text":   inText("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  foo: M\n"),
		"below a secret name":  inText("passwords: {a: M}\n"),
		"values of Helm":       "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, namespace: b}\nspec:\n  source:\n    helm:\n      bad: 1\n      values: |\n        env:\n        - name: DB_PASSWORD\n          value: M\n",
	} {
		text = strings.ReplaceAll(text, "M", marker)
		text = strings.ReplaceAll(text, marker+"etadata", "Metadata")
		text = strings.ReplaceAll(text, "Config"+marker+"ap", "ConfigMap")
		text = strings.ReplaceAll(text, "FRO"+marker, "FROM")
		all = append(all, trial{kind: "secret", name: name, files: map[string]string{"a.yaml": text}, args: []string{"check", "a.yaml"}, all: true, exit: -1})
	}
	return all
}

// hostileFolders lead out of the folder that is checked, or to what never ends.
func hostileFolders() []trial {
	var all []trial
	for name, files := range map[string]map[string]string{
		"the environment": {"m/x.yaml": "->/proc/self/environ"}, "a device": {"m/x.yaml": "->/dev/zero"}, "above": {"secret.yaml": marker, "m/x.yaml": "->../secret.yaml"},
		"a loop": {"m/x.yaml": "->x.yaml"}, "a folder": {"m/x": "->/etc"}, "a chain": {"m/x.yaml": "->y", "m/y": "->z", "m/z": "->/etc/passwd"}, "nothing": {"m/x.yaml": "->gone"},
	} {
		all = append(all, trial{kind: "symlink", name: name, files: files, args: []string{"check", "m"}, exit: 1, wants: []string{"input/unreadable"}, never: []string{"root:x", "PATH="}})
	}
	all = append(all,
		trial{kind: "symlink", name: "named", files: map[string]string{"x.yaml": "->/etc/passwd"}, args: []string{"check", "x.yaml"}, exit: 1, wants: []string{"input/unreadable"}, never: []string{"root:x"}},
		trial{kind: "symlink", name: "definitions", files: map[string]string{"d/x.yaml": "->/etc/passwd", "a.yaml": harmless}, args: []string{"check", "--definitions", "d", "a.yaml"}, exit: 2, never: []string{"root:x"}},
		trial{kind: "symlink", name: "within", files: map[string]string{"m/x.yaml": "->y/z.yaml", "m/y/z.yaml": harmless}, args: []string{"check", "m"}, exit: 0},
		trial{kind: "symlink", name: "facts", files: map[string]string{"a.yaml": harmless}, args: []string{"check", "--facts", "/dev/zero", "a.yaml"}, exit: 2},
		trial{kind: "symlink", name: "a key", files: map[string]string{"a.yaml": pod("")}, args: []string{"image", "verify", "--key", "/dev/zero", "a.yaml"}, exit: 2},
		trial{kind: "symlink", name: "a root", files: map[string]string{"a.yaml": pod("")}, args: []string{"image", "verify", "--trusted-root", "/dev/zero", "a.yaml"}, exit: 2},
	)
	return all
}

// hostileScripts would crash or hold up what parses them.
func hostileScripts() []trial {
	const n = 200_000
	repeat := strings.Repeat
	var all []trial
	for name, script := range map[string]string{
		"no name": "#!/bin/sh\n() true\n", "no name, bash": "#!/bin/bash\n() { a; }\n", "no name, ksh": "#!/bin/ksh\n() true\n", "no name, none": "() true", "only a sign": "#!", "a null": "#!/bin/sh\n\x00()\n",
	} {
		all = append(all, trial{kind: "function", name: name, files: map[string]string{"a.yaml": task(script), "b.yaml": task("#!/bin/sh\neval $(params.x)\n")}, args: []string{"check", "."}, exit: 1, wants: []string{"b.yaml"}})
	}
	for name, script := range map[string]string{
		"subshells": repeat("(", n) + "true" + repeat(")", n), "a pipe": repeat("a|", n) + "b", "a chain": repeat("a&&", n) + "b",
		"expansions": "echo " + repeat("${a:-", n/2) + "x", "substitutions": repeat("$(", n), "conditions": repeat("if a; then ", n/4), "runners": repeat("env ", n/2) + "x",
		"arithmetic": "echo $((" + repeat("1+", n) + "1))", "variables": repeat("$(params.a) ", 20_000), "nested variables": repeat("$(params.", 20_000) + repeat(")", 20_000),
	} {
		all = append(all, trial{kind: "nesting", name: name, files: map[string]string{"a.yaml": task("#!/bin/sh\n" + script), "b.yaml": task("#!/bin/sh\neval $(params.x)\n")}, args: []string{"check", "."}, exit: -1, wants: []string{"b.yaml"}})
	}
	all = append(all,
		trial{kind: "nesting", name: "lists", files: map[string]string{"a.yaml": "apiVersion: v1\nkind: X\nspec: " + repeat("[", 5000) + repeat("]", 5000)}, args: []string{"check", "a.yaml"}, exit: 1, wants: []string{"input/too-deep"}},
		trial{kind: "nesting", name: "more lists", files: map[string]string{"a.yaml": "a: " + repeat("[", 1_000_000)}, args: []string{"check", "a.yaml"}, exit: -1},
		trial{kind: "nesting", name: "maps of JSON", files: map[string]string{"a.json": repeat(`{"a":`, 9000) + "1" + repeat("}", 9000)}, args: []string{"check", "a.json"}, exit: 1},
		trial{kind: "nesting", name: "blocks", files: map[string]string{"a.yaml": repeat("- ", 5000) + "a"}, args: []string{"check", "a.yaml"}, exit: 1},
		trial{kind: "nesting", name: "aliases", files: map[string]string{"a.yaml": "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n"}, args: []string{"check", "a.yaml"}, exit: 1},
	)
	for name, size := range map[string]int{"variables": 4000, "few": 10, "some": 1000, "more": 2000} {
		var env bytes.Buffer
		for i := range size {
			fmt.Fprintf(&env, "{name: E%d, value: $(params.x)}, ", i)
		}
		// Tekton's own validation takes long: on a slow machine it is not waited for.
		all = append(all, trial{kind: "many", name: name, exit: -1, args: []string{"check", "a.yaml"}, files: map[string]string{
			"a.yaml": "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: a, namespace: b}\nspec: {steps: [{name: a, image: a, env: [" + env.String() + "]}]}\n"}})
	}
	var steps, keys bytes.Buffer
	for i := range 3000 {
		fmt.Fprintf(&steps, "{name: s%d, image: a, script: \"true\"}, ", i)
	}
	for i := range 40_000 {
		fmt.Fprintf(&keys, "  k%d: %s\n", i, repeat("x", 60))
	}
	var numbers, labels bytes.Buffer
	for i := range 8000 {
		fmt.Fprintf(&numbers, "  k%d: %d\n", i, i)
		fmt.Fprintf(&labels, "    l%d: \"not valid %d\"\n", i, i)
	}
	return append(all,
		trial{kind: "many", name: "findings", exit: 1, all: true, args: []string{"check", "a.yaml"}, files: map[string]string{"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata:\n" + numbers.String()}},
		trial{kind: "many", name: "labels", exit: 1, args: []string{"check", "a.yaml"}, files: map[string]string{"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: b\n  labels:\n" + labels.String()}},
		trial{kind: "many", name: "steps", exit: 1, args: []string{"check", "a.yaml"}, files: map[string]string{"a.yaml": "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: a, namespace: b}\nspec: {steps: [" + steps.String() + "]}\n"}},
		trial{kind: "many", name: "keys", exit: 1, args: []string{"check", "a.yaml"}, files: map[string]string{"a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\ndata:\n" + keys.String()}},
	)
}

// hostileLists are objects that whoever applies them takes for lists.
func hostileLists() []trial {
	var all []trial
	for name, text := range map[string]string{
		"a kind of its own": "apiVersion: e.com/v1\nkind: Foo\nmetadata: {name: x, namespace: b}\nitems: [" + admin + "]\n",
		"a list of its own": "apiVersion: e.com/v1\nkind: FooList\nmetadata: {name: x}\nitems: [" + admin + "]\n",
		"a List":            "apiVersion: v1\nkind: List\nitems: [" + admin + "]\n",
		"a list in a list":  "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Bar, items: [" + admin + "]}]\n",
		"a known kind":      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: b}\nitems: [" + admin + "]\n",
		"a typed list":      "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBindingList\nitems: [{metadata: {name: evil}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}, subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: \"system:anonymous\"}]}]\n",
		"no kind":           "items: [" + admin + "]\n",
		"JSON":              `{"apiVersion":"e.com/v1","kind":"Foo","metadata":{"name":"x"},"items":[{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"e"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"cluster-admin"},"subjects":[{"kind":"Group","apiGroup":"rbac.authorization.k8s.io","name":"system:authenticated"}]}]}`,
	} {
		all = append(all, trial{kind: "items", name: name, files: map[string]string{"a.yaml": text}, args: []string{"check", "a.yaml"}, exit: 1, wants: []string{"rbac/admin-binding"}})
	}
	return all
}

// hostilePolicies are rules of others.
func hostilePolicies() []trial {
	var all []trial
	rule := func(name, body string, exit int, wants ...string) {
		all = append(all, trial{kind: "policy", name: name, args: []string{"check", "--time-limit", "8s", "--policy", "p", "a.yaml"}, exit: exit, wants: wants, never: []string{"root:x"},
			files: map[string]string{"a.yaml": harmless, "p/a.rego": "package a\nimport rego.v1\n" + body}})
	}
	rule("a request", `deny contains m if { r := http.send({"method": "get", "url": "http://127.0.0.1:1"}); m := sprintf("%v", [r]) }`, 2, "http.send")
	rule("a schema", `deny contains m if { r := json.match_schema({"a": 1}, {"$ref": "http://127.0.0.1:1/s.json"}); m := sprintf("%v", [r]) }`, 3, "internal/rule")
	rule("a file as a schema", `deny contains m if { r := json.match_schema({"a": 1}, {"$ref": "file:///etc/passwd"}); m := sprintf("%v", [r]) }`, 3, "internal/rule")
	rule("a place elsewhere", `deny contains {"msg": "m", "_loc": {"file": "/etc/passwd", "line": 1}} if { true }`, 1, "a/deny")
	rule("a place above", `deny contains {"msg": "m", "_loc": {"file": "../../../../etc/passwd", "line": 1}} if { true }`, 1, "a/deny")
	rule("a builtin that does not end", `deny contains m if { x := bits.lsh(1, 200000000); m := sprintf("%v", [x > 0]) }`, 3)
	rule("a schema of its own name", `deny contains m if { r := json.match_schema({"a": {"a": 1}}, {"properties": {"a": {"id": "/x", "$ref": "#"}}}); m := sprintf("%v", [r]) }`, 3, "internal/rule")
	rule("memory", `deny contains m if { count(numbers.range(1, 1000000000)) > 0; m := "x" }`, 3)
	rule("time", `deny contains m if { some i in numbers.range(1, 10000); some j in numbers.range(1, 100000); i * j == 7777777777777; m := "x" }`, 3)
	all = append(all, trial{kind: "policy", name: "a symlink", args: []string{"check", "--policy", "p", "a.yaml"}, exit: 2, never: []string{"root:x"},
		files: map[string]string{"a.yaml": harmless, "p/a.rego": "->/etc/passwd"}})
	return all
}
