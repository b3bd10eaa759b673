package rules

import "tenon.dev/tenon/internal/finding"

// pacDocs is where Pipelines-as-Code is documented.
const pacDocs = "https://pipelinesascode.com/docs/guides/"

var pacRules = []finding.Rule{
	{
		ID: "pac/annotation", Severity: finding.Error,
		Title: "Annotations of Pipelines-as-Code are words, or lists in brackets",
		Why: "\"annotations in pipeline are in wrong format\": Pipelines-as-Code reads a value without blanks, or a list such as " +
			"[main, release-*], and patterns as globs. With another value the run never starts.",
		Remedy: "write one value, or a list in brackets",
		Links:  []string{pacDocs + "event-matching/"},
	},
	{
		ID: "pac/expression", Severity: finding.Error, Lowest: &warning,
		Title: "on-cel-expression compiles",
		Why: "The expression is compiled when an event comes, with event, event_type, event_title, headers, body, files, " +
			"target_branch, source_branch, target_url, source_url, the parameters of the Repository, and pathChanged(). Where that " +
			"fails, the run starts for no event.",
		Remedy: "mend the expression",
		Links:  []string{pacDocs + "event-matching/"},
	},
	{
		ID: "pac/ignored-annotation", Severity: finding.Warning,
		Title: "on-event and on-cel-expression are not given together",
		Why: "With on-cel-expression the annotations on-event, on-target-branch, on-label, on-path-change and on-path-change-ignore " +
			"are ignored: the run also starts for events that they were meant to leave out.",
		Remedy: "ask for it in the expression, or take one of both away",
		Links:  []string{pacDocs + "event-matching/"},
	},
	{
		ID: "pac/not-filled", Severity: finding.Warning,
		Title: "What Pipelines-as-Code puts into a file is one value",
		Why: "It replaces placeholders in the text, before that is parsed: an expression of several lines, or with what ends a value of YAML, " +
			"can become whole steps, out of a comment too.",
		Remedy: "write it on one line, without commas and colons outside of quotes; build longer texts in a step",
		Links:  []string{pacDocs + "creating-pipelines/"},
	},
	{
		ID: "pac/same-name", Severity: finding.Error,
		Title:  "Runs of a .tekton folder have names of their own",
		Why:    "\"found multiple pipelinerun in .tekton with the same name\": Pipelines-as-Code starts none of the runs of the repository.",
		Remedy: "rename one of them",
		Links:  []string{pacDocs + "creating-pipelines/"},
	},
	{
		ID: "pac/script-injection", Severity: finding.Error,
		Title: "What others write in an event is not put into scripts",
		Why: "Pipelines-as-Code puts the names of branches, comments, labels and the payload into the text of the run before Tekton " +
			"sees it. Who opens a pull request chooses them: a branch called x$(id) runs id in the step.",
		Remedy: "give the variable to a parameter, the parameter to a variable of the environment, and use that in quotes",
		Links:  []string{pacDocs + "creating-pipelines/", "https://securitylab.github.com/resources/github-actions-untrusted-input/"},
	},
	{
		ID: "pac/unknown-annotation", Severity: finding.Warning,
		Title:  "Annotations of Pipelines-as-Code are ones that it reads",
		Why:    "An annotation that is misspelt does nothing, and nobody says so: the run starts for more events than it was meant to, or for none.",
		Remedy: "write a key that Pipelines-as-Code reads",
		Links:  []string{pacDocs + "event-matching/"},
	},
	{
		ID: "pac/unknown-variable", Severity: finding.Warning,
		Title: "Variables in double braces are ones that Pipelines-as-Code fills in",
		Why: "A variable that neither Pipelines-as-Code has nor a Repository declares in spec.params stays as it is, with its braces: " +
			"scripts and names then have them in it.",
		Remedy: "use a variable that there is, or declare it in spec.params of the Repository",
		Links:  []string{pacDocs + "creating-pipelines/"},
	},
	{
		ID: "pac/yaml-injection", Severity: finding.Warning,
		Title: "Texts of several lines from an event are not put into YAML",
		Why: "Pipelines-as-Code replaces placeholders before anything reads the file as YAML, in comments too. The description of a pull " +
			"request, a comment or the message of a commit has lines: each is a line of YAML, and whoever wrote it adds fields, or a run of his " +
			"own with the accounts and secrets of the namespace.",
		Remedy: "leave it out, and read the event in a step",
		Links:  []string{pacDocs + "creating-pipelines/"},
	},
}
