package graph

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"
	triggerscel "github.com/tektoncd/triggers/pkg/interceptors/cel"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// celEnvironment is what Triggers compiles expressions in (tektoncd/triggers v0.37.0, pkg/interceptors/cel/cel.go,
// makeCelEnv); making it takes longer than all that it reads. Nothing is evaluated, so that no secret is asked for.
var celEnvironment = sync.OnceValues(func() (*cel.Env, error) {
	object := cel.MapType(cel.StringType, cel.DynType)
	return cel.NewEnv(
		triggerscel.Triggers(context.Background(), "", nil), ext.Strings(), ext.Encoders(), ext.Sets(), ext.Lists(), ext.Math(),
		cel.Variable("body", object), cel.Variable("header", object), cel.Variable("extensions", object), cel.Variable("requestURL", cel.StringType),
	)
})

// interceptorParams are those that the interceptors of Triggers read (pkg/interceptors/*/*.go, InterceptorParams).
var interceptorParams = map[string][]string{
	"cel": {"filter", "overlays"}, "github": {"secretRef", "eventTypes", "addChangedFiles", "githubOwners"}, "gitlab": {"secretRef", "eventTypes"},
	"bitbucket": {"secretRef", "eventTypes"}, "slack": {"requestedFields"},
}

// eventTypes are the events of forges, as their headers name them
// (https://docs.github.com/en/webhooks/webhook-events-and-payloads, https://docs.gitlab.com/user/project/integrations/webhook_events/,
// https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/).
var eventTypes = map[string][]string{
	"github": {
		"branch_protection_rule", "check_run", "check_suite", "code_scanning_alert", "commit_comment", "create", "delete", "dependabot_alert", "deploy_key", "deployment",
		"deployment_status", "discussion", "discussion_comment", "fork", "gollum", "installation", "issue_comment", "issues", "label", "member", "membership", "merge_group",
		"milestone", "organization", "page_build", "ping", "public", "pull_request", "pull_request_review", "pull_request_review_comment", "pull_request_review_thread", "push",
		"registry_package", "release", "repository", "repository_dispatch", "secret_scanning_alert", "star", "status", "team", "team_add", "watch", "workflow_dispatch", "workflow_job", "workflow_run",
	},
	"gitlab": {
		"Push Hook", "Tag Push Hook", "Issue Hook", "Note Hook", "Merge Request Hook", "Wiki Page Hook", "Pipeline Hook", "Job Hook", "Deployment Hook", "Feature Flag Hook",
		"Release Hook", "Emoji Hook", "Milestone Hook", "Member Hook", "Subgroup Hook", "Project Hook", "System Hook", "Vulnerability Hook",
	},
	"bitbucket": {
		"repo:push", "repo:fork", "repo:updated", "repo:commit_comment_created", "repo:commit_status_created", "repo:commit_status_updated", "repo:refs_changed", "repo:modified",
		"pullrequest:created", "pullrequest:updated", "pullrequest:approved", "pullrequest:fulfilled", "pullrequest:rejected", "pullrequest:comment_created",
		"pr:opened", "pr:from_ref_updated", "pr:modified", "pr:merged", "pr:declined", "pr:deleted", "pr:comment:added", "pr:reviewer:approved",
	},
}

// ownInterceptor checks what the interceptors of Triggers are given: they say what is wrong of it when an event comes, into a log.
func (g *graph) ownInterceptor(o manifest.Object, in map[string]any, at manifest.Path) {
	name, _ := manifest.Lookup(in, manifest.Path{"ref", "name"})
	kind, _ := manifest.Lookup(in, manifest.Path{"ref", "kind"})
	known, ok := interceptorParams[fmt.Sprint(name)]
	if !ok || kind != nil && kind != "ClusterInterceptor" {
		return
	}
	each(in, manifest.Path{"params"}, func(i int, p map[string]any) {
		param, _ := p["name"].(string)
		here := at.Append("params", i)
		if param != "" && !slices.Contains(known, param) {
			remedy := "it reads " + strings.Join(known, ", ")
			if near := finding.Nearest(param, known); near != "" {
				remedy = "is " + near + " meant?"
			}
			g.add(o, "graph/interceptor-param", finding.Warning, here.Append("name"), fmt.Sprintf("the %v interceptor reads no parameter %s", name, param), remedy)
		}
		switch {
		case name == "cel" && param == "filter":
			g.celFilter(o, p["value"], here.Append("value"))
		case name == "cel" && param == "overlays":
			g.celOverlays(o, p["value"], here.Append("value"))
		case param == "eventTypes":
			g.eventTypes(o, fmt.Sprint(name), p["value"], here.Append("value"))
		}
	})
}

// eventTypes finds names that are nearly those of an event.
func (g *graph) eventTypes(o manifest.Object, forge string, value any, at manifest.Path) {
	list, isList := value.([]any)
	if !isList {
		g.add(o, "graph/interceptor-param", finding.Error, at, "eventTypes is no list: the interceptor refuses every event", "write a list, such as [push]")
		return
	}
	for i, item := range list {
		text, _ := item.(string)
		if near := finding.Nearest(text, eventTypes[forge]); near != "" && !slices.Contains(eventTypes[forge], text) {
			g.add(o, "graph/interceptor-param", finding.Warning, at.Append(i), fmt.Sprintf("no event is called %s: nothing is let through for it", text), "is "+near+" meant?")
		}
	}
}

func (g *graph) celFilter(o manifest.Object, value any, at manifest.Path) {
	text, isText := value.(string)
	if !isText {
		g.add(o, "graph/interceptor-param", finding.Error, at, "the filter is no text: the interceptor refuses every event", "write the expression in quotes")
		return
	}
	if is := g.expression(o, text, at); is != nil && is != cel.BoolType && is != cel.DynType {
		g.add(o, "graph/cel-syntax", finding.Error, at, fmt.Sprintf("the filter is of type %s: only what is true lets an event through", is), "compare it with something")
	}
}

func (g *graph) celOverlays(o manifest.Object, value any, at manifest.Path) {
	list, isList := value.([]any)
	if !isList {
		g.add(o, "graph/interceptor-param", finding.Error, at, "overlays is no list: the interceptor refuses every event", "write a list of key and expression")
		return
	}
	for i, item := range list {
		overlay, _ := item.(map[string]any)
		for _, field := range []string{"key", "expression"} {
			if text, _ := overlay[field].(string); text == "" {
				g.add(o, "graph/interceptor-param", finding.Error, at.Append(i), "the overlay has no "+field+": the interceptor refuses every event", "write key and expression")
			}
		}
		if text, _ := overlay["expression"].(string); text != "" {
			g.expression(o, text, at.Append(i, "expression"))
		}
	}
}

// expression compiles one as Triggers does when an event comes, and gives its type; nil where it does not compile.
func (g *graph) expression(o manifest.Object, text string, at manifest.Path) *cel.Type {
	env, err := celEnvironment()
	if err != nil || strings.TrimSpace(text) == "" {
		return nil
	}
	parsed, issues := env.Parse(text)
	said := "does not parse"
	if issues.Err() == nil {
		var checked *cel.Ast
		if checked, issues = env.Check(parsed); issues.Err() == nil {
			return checked.OutputType()
		}
		said = "does not compile"
	}
	message, _, _ := strings.Cut(issues.Errors()[0].Message, "\n")
	g.add(o, "graph/cel-syntax", finding.Error, at, fmt.Sprintf("the expression %s, so that every event is refused: %s", said, message), "see https://tekton.dev/docs/triggers/cel_expressions/")
	return nil
}
