package check

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
)

// reviewPipeline runs the gate; which trigger of the forge starts it is the team's own (reviews in cue/schema).
const reviewPipeline = "platform-review"

// started finds pipelines of which nothing starts a run: no run is rendered for them, so that nothing of it has a node.
func (e Environment) started(add func(rule, at, message, remedy string)) {
	started := map[string]bool{}
	for _, trigger := range e.State.Triggers {
		started[trigger.Pipeline] = true
	}
	for _, name := range slices.Sorted(maps.Keys(e.State.Pipelines)) {
		if started[name] || e.State.Pipelines[name].Namespace != "" || name == reviewPipeline && e.State.Reviews != nil {
			continue
		}
		add("graph/never-started", fmt.Sprintf("pipelines.%q", name),
			fmt.Sprintf("nothing starts the pipeline %s: no run of it gets nodes, tolerations and an account", name),
			fmt.Sprintf("write triggers: NAME: {pipeline: %q, ...}; with manual: true it is started by hand", name))
	}
}

// forgeOf are the hosts that are known to be one forge's.
var forgeOf = map[string]string{"github.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket", "codeberg.org": "gitea", "gitea.com": "gitea"}

// forge finds repositories on a host that is another forge's than the one that signs the events.
func (e Environment) forge(add func(rule, at, message, remedy string)) {
	of := func(at, repository string) {
		parsed, err := url.Parse(repository)
		if err != nil || e.State.Forge == "" {
			return
		}
		if forge := forgeOf[parsed.Hostname()]; forge != "" && forge != e.State.Forge {
			add("graph/forge-repository", at, fmt.Sprintf("the platform's forge is %s, and %s is %s: no event of it is taken, and no commit is told", e.State.Forge, parsed.Hostname(), forge),
				fmt.Sprintf("write forge: %q, or name a repository of the platform's forge", forge))
		}
	}
	if e.State.Notebooks != nil {
		of("notebooks.repository", e.State.Notebooks.Repository)
	}
	for _, name := range slices.Sorted(maps.Keys(e.State.Triggers)) {
		of(fmt.Sprintf("triggers.%q.repository", name), e.State.Triggers[name].Repository)
	}
}
