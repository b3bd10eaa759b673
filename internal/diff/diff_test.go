package diff_test

import (
	"encoding/json"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

func object(t *testing.T, text string) manifest.Object {
	t.Helper()
	var value map[string]any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	o, ok := manifest.New(value, nil)
	if !ok {
		t.Fatalf("no object: %s", text)
	}
	return o
}

// lines writes changes as op field before after.
func lines(changes []diff.Change) string {
	var b strings.Builder
	for _, c := range changes {
		parts := []string{string(c.Op), c.Field}
		for _, value := range []any{c.Before, c.After} {
			text, _ := json.Marshal(value)
			parts = append(parts, string(text))
		}
		b.WriteString(strings.Join(parts, " ") + "\n")
	}
	return b.String()
}

const head = "apiVersion: v1\nkind: X\nmetadata: {name: x}\n"

// TestValues holds, for what means the same and for what does not, two versions and what is said.
func TestValues(t *testing.T) {
	for name, test := range map[string]struct{ kind, before, after, want string }{
		"a scalar":                       {"", "spec: {a: 1}", "spec: {a: 2}", "changed spec.a 1 2\n"},
		"a field came":                   {"", "spec: {}", "spec: {a: null}", "added spec.a null null\n"},
		"1 and 1.0":                      {"", "spec: {a: 1}", "spec: {a: 1.0}", ""},
		"quantities by value":            {"", "spec: {limits: {memory: 1Gi, cpu: '1'}}", "spec: {limits: {memory: 1024Mi, cpu: 1000m}}", ""},
		"quantities that differ":         {"", "spec: {limits: {memory: 1Gi}}", "spec: {limits: {memory: 1G}}", "changed spec.limits.memory \"1Gi\" \"1G\"\n"},
		"not every text is a quantity":   {"", "spec: {version: '1'}", "spec: {version: '1000m'}", "changed spec.version \"1\" \"1000m\"\n"},
		"a version is no quantity":       {"", "spec: {params: [{name: v, default: '3.10'}]}", "spec: {params: [{name: v, default: '3.1'}]}", "changed spec.params[name=v].default \"3.10\" \"3.1\"\n"},
		"a default of a LimitRange is":   {"LimitRange", "spec: {limits: [{type: Container, default: {memory: 1Gi}}]}", "spec: {limits: [{type: Container, default: {memory: 1024Mi}}]}", ""},
		"sources in another order":       {"", "spec: {sources: [{path: a}, {path: b}]}", "spec: {sources: [{path: b}, {path: a}]}", "moved spec.sources [\"path=a\",\"path=b\"] [\"path=b\",\"path=a\"]\n"},
		"a hidden list":                  {"", "spec: {params: [{name: tokens, default: [a, b]}]}", "spec: {params: [{name: tokens, default: [a, c]}]}", "changed spec.params[name=tokens].default \"(hidden)\" \"(hidden)\"\n"},
		"a map under a secret's name":    {"", "spec: {params: [{name: token, value: {data: aaaa}}]}", "spec: {params: [{name: token, value: {data: bbbb}}]}", "changed spec.params[name=token].value.data \"(hidden)\" \"(hidden)\"\n"},
		"a name with a bracket":          {"", "spec: {env: [{name: 'MY]PASSWORD', value: aaaa}]}", "spec: {env: [{name: 'MY]PASSWORD', value: bbbb}]}", "changed spec.env[name=MY]PASSWORD].value \"(hidden)\" \"(hidden)\"\n"},
		"durations by value":             {"", "spec: {timeouts: {tasks: 1h}}", "spec: {timeouts: {tasks: 60m0s}}", ""},
		"named items in another order":   {"", "spec: {tasks: [{name: a, x: 1}, {name: b, x: 2}]}", "spec: {tasks: [{name: b, x: 2}, {name: a, x: 1}]}", ""},
		"steps in another order":         {"", "spec: {steps: [{name: a}, {name: b}]}", "spec: {steps: [{name: b}, {name: a}]}", "moved spec.steps [\"name=a\",\"name=b\"] [\"name=b\",\"name=a\"]\n"},
		"a step before another":          {"", "spec: {steps: [{name: a, image: x}]}", "spec: {steps: [{name: b}, {name: a, image: z}]}", "added spec.steps[name=b] null {\"name\":\"b\"}\nchanged spec.steps[name=a].image \"x\" \"z\"\n"},
		"verbs are a set":                {"", "rules: [{verbs: [get, list]}]", "rules: [{verbs: [list, get]}]", ""},
		"a verb more":                    {"", "rules: [{verbs: [get]}]", "rules: [{verbs: [get, '*']}]", "added rules[0].verbs null [\"*\"]\n"},
		"rules in another order":         {"", "rules: [{verbs: [a]}, {verbs: [b]}]", "rules: [{verbs: [b]}, {verbs: [a]}]", ""},
		"arguments are no set":           {"", "spec: {args: [a, b]}", "spec: {args: [b, a]}", "changed spec.args [\"a\",\"b\"] [\"b\",\"a\"]\n"},
		"an argument more":               {"", "spec: {args: [a, b]}", "spec: {args: [a, x, b]}", "added spec.args null [\"x\"]\n"},
		"ports by number and protocol":   {"", "spec: {ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}", "spec: {ports: [{port: 53, protocol: TCP}]}", "removed spec.ports[port=53,protocol=UDP] {\"port\":53,\"protocol\":\"UDP\"} null\n"},
		"a list became a map":            {"", "spec: {a: [1]}", "spec: {a: {b: 1}}", "changed spec.a [1] {\"b\":1}\n"},
		"a secret's value":               {"Secret", "data: {a: eA==}", "data: {a: eQ==}", "changed data.a \"(hidden)\" \"(hidden)\"\n"},
		"a secret's new value":           {"Secret", "{}", "stringData: {a: x}", "added stringData null {\"a\":\"(hidden)\"}\n"},
		"a variable that is a secret":    {"", "spec: {env: [{name: DB_PASSWORD, value: hunter2}]}", "spec: {env: [{name: DB_PASSWORD, value: hunter3}]}", "changed spec.env[name=DB_PASSWORD].value \"(hidden)\" \"(hidden)\"\n"},
		"a new variable that is":         {"", "spec: {env: []}", "spec: {env: [{name: TOKEN, value: abc}]}", "added spec.env[name=TOKEN] null {\"name\":\"TOKEN\",\"value\":\"(hidden)\"}\n"},
		"a token in a script":            {"", "spec: {script: a}", "spec: {script: use ghp_0123456789012345678901234567890123456789}", "changed spec.script \"a\" \"use (hidden)\"\n"},
		"a private key":                  {"", "spec: {k: a}", "spec: {k: '-----BEGIN RSA PRIVATE KEY-----\n\nabc\n\n-----END RSA PRIVATE KEY-----'}", "changed spec.k \"a\" \"(hidden)\"\n"},
		"the name of a secret is no one": {"", "spec: {secretName: a}", "spec: {secretName: b}", "changed spec.secretName \"a\" \"b\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			kind := "X"
			if test.kind != "" {
				kind = test.kind
			}
			h := strings.Replace(head, "kind: X", "kind: "+kind, 1)
			body := func(s string) string {
				if s == "{}" {
					return h
				}
				return h + s
			}
			if got := lines(diff.Values(object(t, body(test.before)), object(t, body(test.after)))); got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
}

func in(phases ...string) (targets []finding.Target) {
	for _, p := range phases {
		targets = append(targets, finding.Target{Environment: "prod", Phase: p})
	}
	return targets
}

// TestFold: a change that all targets have is one entry even where one has another beside it.
func TestFold(t *testing.T) {
	version := func(body string) []manifest.Object { return []manifest.Object{object(t, head+body)} }
	all := diff.Fold([]diff.Target{
		{Target: in("phase1")[0], Before: version("spec: {a: 1, b: 1}"), After: version("spec: {a: 2, b: 1}")},
		{Target: in("phase2")[0], Before: version("spec: {a: 1, b: 1}"), After: version("spec: {a: 2, b: 2}")},
		{Target: in("phase3")[0], Before: version("spec: {a: 1}"), After: nil},
		{Target: in("phase4")[0], Before: version("spec: {a: 1}"), After: version("spec: {a: 1}")},
	})
	var got []string
	for _, o := range all {
		var phases []string
		for _, target := range o.Targets {
			phases = append(phases, target.Phase)
		}
		got = append(got, string(o.Op)+" "+strings.Join(phases, ",")+" "+lines(o.Changes))
	}
	want := "changed phase1,phase2 changed spec.a 1 2\n|changed phase2 changed spec.b 1 2\n|removed phase3 "
	if strings.Join(got, "|") != want {
		t.Errorf("got %q, want %q", strings.Join(got, "|"), want)
	}
}
