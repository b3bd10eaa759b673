package cli_test

// hostileCharts are charts of Helm whose templates do not end, hide or tell.
func hostileCharts() []trial {
	var all []trial
	for name, c := range map[string]struct {
		template string
		exit     int
		wants    []string
	}{
		"a loop":          {"{{ range untilStep 0 99999999999 1 }}{{ end }}", 3, []string{"gave up"}},
		"a text":          {`{{ repeat 1000000000 "aaaaaaaaa" }}`, 3, []string{"gave up"}},
		"an expression":   {`{{ regexMatch (repeat 100000 "(a*)*") "aaaa" }}`, -1, nil},
		"itself":          {`{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}`, 1, nil},
		"itself included": {`{{ define "a" }}{{ include "a" . }}{{ include "a" . }}{{ end }}{{ include "a" . }}`, 1, nil},
		"itself by tpl":   {"{{ tpl .Values.self . }}", -1, nil},
		"a circle":        {`{{ $x := dict }}{{ $_ := set $x "a" $x }}{{ toYaml $x }}`, -1, nil},
		"nothing":         {"{{ mustMergeOverwrite nil nil }}", -1, nil},
		"a terminal":      {`{{ fail "\u001b]0;x\u0007 ::error::x" }}`, 1, nil},
		"a secret":        {"{{ fail (print .Values.password .Values.deep.token) }}", 1, nil},
		"marks":           {"\U000F0001\U00100005 {{ .Values.password | quote | len }}", -1, nil},
	} {
		all = append(all, trial{
			kind: "charts", name: name, all: c.exit == 1, exit: c.exit, wants: c.wants, never: []string{marker, "\x1b]", "\n::error::x"},
			args: []string{"check", "--memory-limit", "1024", "--helm", "chart"},
			files: map[string]string{
				"chart/Chart.yaml":       "apiVersion: v2\nname: a\nversion: 1.0.0\n",
				"chart/values.yaml":      "password: " + marker + "\ndeep: {token: " + marker + "}\nself: '{{ tpl .Values.self . }}'\n",
				"chart/templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: " + c.template + "\n",
			},
		})
	}
	return append(all, hostileValues()...)
}

// hostileValues are charts whose findings would quote a secret of the values that they are given.
func hostileValues() []trial {
	var all []trial
	for name, template := range map[string]string{
		"a schedule":   "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec:\n  schedule: {{ .Values.password | quote }}\n  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}}\n",
		"an image":     "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {serviceAccountName: {{ .Values.password | lower | quote }}, containers: [{name: a, image: {{ .Values.password | quote }}}]}\n",
		"a name":       "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Values.password | quote }}, labels: {a: {{ printf \"%s!\" .Values.password | quote }}}}\n",
		"in base64":    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Values.password | b64enc | quote }}}\n",
		"a refusal":    "{{ fail (printf \"%s is weak\" .Values.password) }}\n",
		"quoted twice": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, creationTimestamp: {{ .Values.password | quote }}}\n",
	} {
		never := []string{marker, "UzNjcjN0TTRyazNyWFla"}
		if name == "an image" {
			never = never[:1] // what a template makes of a secret nobody finds: security.md says so
		}
		all = append(all, trial{
			kind: "charts", name: "values: " + name, all: true, exit: -1, never: never, args: []string{"check", "--helm", "chart", "--values", "v.yaml"},
			files: map[string]string{"v.yaml": "password: " + marker + "\n", "chart/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n", "chart/templates/a.yaml": template},
		})
	}
	return all
}
