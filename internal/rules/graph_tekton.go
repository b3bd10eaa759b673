package rules

import "tenon.dev/tenon/internal/finding"

var graphTekton = []finding.Rule{
	{
		ID: "graph/param-twice", Severity: finding.Warning,
		Title:  "A template declares each parameter once",
		Why:    "Triggers takes a TriggerTemplate that declares a parameter twice; which of the defaults a run gets depends on the order.",
		Remedy: "declare it once",
		Links:  []string{"https://tekton.dev/docs/triggers/triggertemplates/"},
	},
	{
		ID: "graph/binding-without-value", Severity: finding.Warning,
		Title:  "A binding gives each parameter a value",
		Why:    "A parameter without a value is the empty text, which goes before the template's default: clones of no repository, tags without a name.",
		Remedy: "give it one, such as $(body.field), or leave it out",
		Links:  []string{"https://tekton.dev/docs/triggers/triggerbindings/"},
	},
	{
		ID: "graph/extension-not-set", Severity: finding.Error,
		Title: "What a binding reads of the extensions is set by an interceptor",
		Why: "Triggers finds no value for $(extensions.name) that no overlay sets: it writes a line into the listener's log, answers the sender " +
			"202, and creates nothing, unless the template has a default for the parameter.",
		Remedy: "set it in overlays of the cel interceptor",
		Links:  []string{"https://tekton.dev/docs/triggers/cel_expressions/"},
	},
	{
		ID: "graph/template-resource-version", Severity: finding.Error,
		Title:  "What a template creates has no resourceVersion",
		Why:    "resourceVersion should not be set on objects to be created, says the API server, and every event ends there.",
		Remedy: "leave out what kubectl get adds: resourceVersion, uid, creationTimestamp, managedFields, status",
		Links:  []string{"https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions"},
	},
	{
		ID: "graph/cel-syntax", Severity: finding.Error,
		Title: "A CEL expression parses",
		Why: "Triggers compiles filters and overlays when an event comes (failed to parse expression), not when the EventListener " +
			"is applied: every event is refused, and no commit starts a run.",
		Remedy: "mend the expression",
		Links:  []string{"https://tekton.dev/docs/triggers/cel_expressions/"},
	},
	{
		ID: "graph/interceptor-not-found", Severity: finding.Error, Lowest: &warning,
		Title: "A trigger's interceptor is installed",
		Why: "The reference is resolved when an event comes: the listener takes the event and starts no run. The shipped ones are " +
			"stated in facts.clusterInterceptors.",
		Remedy: "use an interceptor that is installed, or state it in facts.clusterInterceptors",
		Links:  []string{"https://tekton.dev/docs/triggers/interceptors/"},
	},
	{
		ID: "graph/matrix-too-large", Severity: finding.Warning,
		Title: "A run gives a matrix no more combinations than Tekton's limit",
		Why: "Tekton's webhook counts what the Pipeline itself gives (default-max-matrix-combinations-count, 256); values that the " +
			"run gives are not counted, so that all TaskRuns are created at once and wait for nodes and quota.",
		Remedy: "split the matrix, or give it fewer values",
		Links:  []string{"https://tekton.dev/docs/pipelines/matrix/"},
	},
	{
		ID: "graph/negative", Severity: finding.Error,
		Title:  "Retries and timeouts are not negative",
		Why:    "Tekton's webhook does not refuse such a number, and its controller cannot use it.",
		Remedy: "write 0 or more; a timeout of 0 means no limit",
		Links:  []string{pipeline + "#using-the-retries-field"},
	},
	{
		ID: "graph/param-missing", Severity: finding.Error,
		Title: "Required parameters are given",
		Why: "A run fails as soon as it starts, or when the task is due: ParameterMissing of a PipelineRun, \"missing values for " +
			"these params which have no default values\" of a TaskRun, and the same for keys of object parameters.",
		Remedy: "give the parameter, or give it a default where it is declared",
		Links:  []string{pipeline + "#specifying-parameters"},
	},
	{
		ID: "graph/param-type", Severity: finding.Error,
		Title: "A value has the type of its parameter",
		Why: "A string for an array, or an array for a string, fails the run: ParameterTypeMismatch, or \"param types don't match " +
			"the user-specified type\". The type that is not stated follows from the default; a whole array is handed on as " +
			"$(params.name[*]).",
		Remedy: "give a value of the declared type, or change the declaration",
		Links:  []string{tasks + "#specifying-parameters"},
	},
	{
		ID: "graph/param-unknown", Severity: finding.Warning,
		Title: "Parameters that are given are declared",
		Why: "Tekton ignores a parameter that nobody declares, without an error: the task runs on its default, and a misspelt name " +
			"goes unnoticed.",
		Remedy: "use the name of a declared parameter, or declare it",
		Links:  []string{runs + "#specifying-parameters"},
	},
	{
		ID: "graph/param-becomes-text", Severity: finding.Warning,
		Title: "Elements of lists and maps are texts",
		Why: "Tekton takes a list or map of a parameter with a number or a boolean in it for one text, the brackets included, and says nothing: " +
			"$(params.list[*]) is then one word, and a matrix has one case.",
		Remedy: "write each element in quotes",
		Links:  []string{tasks + "#parameter-type"},
	},
	{
		ID: "graph/param-unused", Severity: finding.Error, Lowest: &info,
		Title: "Declared parameters are used",
		Why: "What is given for it has no effect, and whoever gives it believes that it has. An error for names that decide what " +
			"runs or on what (revision, image, gpu, memory, version), else a warning; an info where a run gives what the pipeline written in it does not use.",
		Remedy: "use it, or remove it here and from whoever gives it",
		Links:  []string{tasks + "#specifying-parameters"},
	},
	{
		ID: "graph/pipeline-not-found", Severity: finding.Error, Lowest: &warning,
		Title:  "The Pipeline that a run names exists",
		Why:    "The run fails at once with CouldntGetPipeline; with Triggers that happens on every push, and no status is set.",
		Remedy: "name a Pipeline that exists in the run's namespace",
		Links:  []string{runs + "#specifying-the-target-pipeline"},
	},
	{
		ID: "graph/result-not-found", Severity: finding.Error,
		Title: "Results that are referenced are declared",
		Why: "The run fails when the consumer is due: InvalidTaskResultReference, \"Could not find result with name ... for " +
			"pipeline task ...\". The producer, perhaps an hour on a GPU, has run in vain.",
		Remedy: "declare the result in the task, or take one that it has",
		Links:  []string{pipeline + "#passing-one-tasks-results-into-the-parameters-or-when-expressions-of-another"},
	},
	{
		ID: "graph/script-injection", Severity: finding.Error,
		Title: "Values from webhooks are not substituted into scripts",
		Why: "Tekton puts $(params.x) into a script as text and does not escape it. Branch names, titles and commit messages come " +
			"from whoever opens a pull request: $(command) or a quote in one of them runs in the step, with its secrets and " +
			"account.",
		Remedy: "hand it over in an environment variable, and use that in quotes",
		Links:  []string{"https://tekton.dev/docs/pipelines/variables/"},
	},
	{
		ID: "graph/task-deprecated", Severity: finding.Info,
		Title:  "A pipeline uses tasks that are maintained",
		Why:    "The label or annotation tekton.dev/deprecated says that nobody mends the task any more, and catalogues take it out one day.",
		Remedy: "use the task that has taken its place",
		Links:  []string{"https://github.com/tektoncd/catalog#task-versioning"},
	},
	{
		ID: "graph/task-not-found", Severity: finding.Error, Lowest: &warning,
		Title: "The Task that a pipeline or run names exists",
		Why: "The run fails at once with CouldntGetTask, or its TaskRun with TaskRunResolutionFailed: Tasks are looked up in the " +
			"run's own namespace.",
		Remedy: "name a Task that exists in the namespace",
		Links:  []string{pipeline + "#adding-tasks-to-the-pipeline"},
	},
	{
		ID: "graph/task-run-spec-unknown", Severity: finding.Error,
		Title: "taskRunSpecs name tasks of the pipeline",
		Why: "Tekton fails the run with InvalidTaskRunSpecs; mostly the task was renamed, and its node selector, tolerations or " +
			"account stayed behind.",
		Remedy: "name a task of the pipeline in pipelineTaskName",
		Links:  []string{runs + "#specifying-taskrunspecs"},
	},
	{
		ID: "graph/timeout-cut", Severity: finding.Warning, Lowest: &info,
		Title: "A run's timeout covers those of its tasks",
		Why: "Tekton ends a task with its run (PipelineRunTimeout), whatever time the task still has. Without timeouts a run has " +
			"one hour (default-timeout-minutes). A warning for one task that is longer than the run, information where the sum " +
			"along the longest way is.",
		Remedy: "raise timeouts.pipeline and timeouts.tasks of the run, or lower those of the tasks",
		Links:  []string{runs + "#configuring-a-failure-timeout"},
	},
	{
		ID: "graph/trigger-part-not-found", Severity: finding.Error, Lowest: &warning,
		Title:  "Triggers, bindings and templates that are named exist",
		Why:    "The names are looked up when an event comes: the listener takes the webhook, logs an error, and starts nothing.",
		Remedy: "name one that exists in the namespace of the listener",
		Links:  []string{listener},
	},
	{
		ID: "graph/variable-unknown", Severity: finding.Error,
		Title: "Variables are ones that Tekton substitutes",
		Why: "A variable that nobody fills in stays as text. In a script the shell takes $(params.x) for a command substitution " +
			"(\"command not found\"), and in a value it arrives as it is. In a TriggerTemplate only $(tt.params.x) is filled in, " +
			"in bindings $(body.x), $(header.x), $(extensions.x).",
		Remedy: "correct the name, or declare what it refers to",
		Links:  []string{"https://tekton.dev/docs/pipelines/variables/"},
	},
	{
		ID: "graph/interceptor-param", Severity: finding.Error, Lowest: &warning,
		Title: "An interceptor gets what it reads",
		Why: "Triggers looks at the parameters of an interceptor when an event comes: one of another name is passed over, one of another " +
			"form has every event refused, and the sender is answered 202 all the same.",
		Remedy: "give it the parameters that it reads, in their form",
		Links:  []string{"https://tekton.dev/docs/triggers/interceptors/"},
	},
	{
		ID: "graph/step-action-not-found", Severity: finding.Error, Lowest: &warning,
		Title: "StepActions that steps name exist",
		Why: "Tekton looks for a StepAction when a TaskRun starts, in the namespace of the run, and fails the run where there is none. An error where all objects " +
			"are known, else a warning.",
		Remedy: "create it, or name one that exists",
		Links:  []string{"https://tekton.dev/docs/pipelines/stepactions/"},
	},
	{
		ID: "graph/result-unwritten", Severity: finding.Warning,
		Title: "Results that a task declares are written",
		Why: "Tekton does not mind a result that no step writes. The run fails where another task takes it: InvalidTaskResultReference, " +
			"after all that came before has run.",
		Remedy: "write it to $(results.name.path), or take it out",
		Links:  []string{"https://tekton.dev/docs/pipelines/tasks/#emitting-results"},
	},
	{
		ID: "graph/workspace-unbound", Severity: finding.Error,
		Title: "Required workspaces are bound",
		Why: "The run fails with InvalidWorkspaceBindings, or the TaskRun when it is due. Tekton binds what a TaskRun leaves open " +
			"only where default-task-run-workspace-binding is set in config-defaults.",
		Remedy: "bind it, or make it optional where it is declared",
		Links:  []string{spaces},
	},
	{
		ID: "graph/workspace-undeclared", Severity: finding.Error,
		Title: "Workspaces that a task uses are declared",
		Why: "$(workspaces.x.path) of an undeclared workspace is not filled in: the shell runs a command of that name, and the " +
			"path is empty.",
		Remedy: "declare it in the task's workspaces, and bind it in the pipeline",
		Links:  []string{spaces},
	},
	{
		ID: "graph/workspace-unknown", Severity: finding.Error,
		Title:  "Workspaces that are bound are declared",
		Why:    "The TaskRun fails validation: \"workspace binding ... does not match any declared workspace\".",
		Remedy: "remove the binding, or declare the workspace in the task",
		Links:  []string{spaces},
	},
	{
		ID: "graph/workspace-unused", Severity: finding.Warning, Lowest: &info,
		Title: "Declared workspaces are used",
		Why: "Runs have to bind a claim for nothing, and with the affinity assistant that claim decides where the pods run. A " +
			"warning in a Pipeline, information in a Task.",
		Remedy: "give it to the tasks that need it, use it by its path variable, or remove it",
		Links:  []string{spaces},
	},
	{
		ID: "graph/resolver-param", Severity: finding.Error, Lowest: &warning,
		Title: "Resolvers are given what they require",
		Why: "Nothing looks at the parameters of a resolver when a Pipeline is applied: \"missing required hub resolver params: name, " +
			"version\" ends the run as it starts. A name that the resolver does not read does nothing.",
		Remedy: "give what is missing",
		Links:  []string{"https://tekton.dev/docs/pipelines/hub-resolver/", "https://tekton.dev/docs/pipelines/git-resolver/"},
	},
	{
		ID: "graph/variable-form", Severity: finding.Error,
		Title:  "Variables of Tekton stand in round brackets",
		Why:    "Tekton substitutes $(params.name) and nothing else: ${params.name}, or a bracket that is missing, is passed on as it is.",
		Remedy: "write $(...)",
		Links:  []string{"https://tekton.dev/docs/pipelines/variables/"},
	},
}
