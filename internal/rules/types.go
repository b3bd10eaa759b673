package rules

import "tenon.dev/tenon/internal/finding"

var typesRules = []finding.Rule{
	{
		ID: "types/boolean-key", Severity: finding.Warning,
		Title: "No key is read as true or false",
		Why: "YAML 1.1, which kubectl reads, takes y, n, yes, no, on and off for booleans: a ConfigMap with the key on gets a key true, and " +
			"the program that looks for on finds nothing.",
		Remedy: "put quotes around the key",
		Links:  []string{"https://yaml.org/type/bool.html"},
	},
	{
		ID: "types/decode", Severity: finding.Error,
		Title: "Every value decodes",
		Why: "The API server refuses the whole object where one value does not decode: a quantity that is no number (quantities " +
			"must match the regular expression), data of a Secret that is not base64 (illegal base64 data), a null where a list " +
			"has an item.",
		Remedy: "write the value out in the form that the message names",
		Links:  []string{decoding},
	},
	{
		ID: "types/deprecated-version", Severity: finding.Warning,
		Title: "No API version is used that will be removed",
		Why: "kubectl warns of it today; after the upgrade that removes the version, the API server answers \"no matches for " +
			"kind\" and the sync fails.",
		Remedy: "use the version that the message names",
		Links:  []string{retired},
	},
	{
		ID: "types/duplicate", Severity: finding.Error,
		Title: "Items of a list that are told apart by a key have different ones",
		Why: "The API server's own validation, run here, refuses the object (\"Duplicate value\"), for example two volumes, " +
			"ports or containers of one name.",
		Remedy: "rename or remove one of the two",
		Links:  []string{api},
	},
	{
		ID: "types/duplicate-field", Severity: finding.Error,
		Title: "A field is given once",
		Why: "Which of two values counts depends on the parser: reviewers read one, the cluster gets the other. The API server " +
			"refuses both under strict field validation.",
		Remedy: "keep one of them",
		Links:  []string{decoding},
	},
	{
		ID: "types/forbidden", Severity: finding.Error,
		Title: "What the API server forbids is not there",
		Why: "The API server's own validation, run here, refuses the object (\"Forbidden\"): the field may not be set in this " +
			"kind, or not together with another. kubectl apply and the sync fail.",
		Remedy: "take the field away, or what it contradicts",
		Links:  []string{api},
	},
	{
		ID: "types/invalid", Severity: finding.Error,
		Title: "Every value passes the API server's validation",
		Why: "The API server's own validation, run here, refuses the object (\"Invalid value\"), for example a name that is no DNS " +
			"label, a port out of range, or a selector that does not match the template's labels.",
		Remedy: "write a value as the message asks",
		Links:  []string{api},
	},
	{
		ID: "types/items", Severity: finding.Error,
		Title: "Only a list has items",
		Why: "kubectl and Argo CD unpack any object with a field items, whatever its kind: they apply the items, and not the " +
			"object around them, so that a review sees another object than the cluster gets.",
		Remedy: "write the items as objects of their own, and call the field something else",
		Links:  []string{"https://github.com/kubernetes/apimachinery/blob/v0.37.2/pkg/apis/meta/v1/unstructured/unstructured.go"},
	},
	{
		ID: "types/not-supported", Severity: finding.Error,
		Title: "Every choice is one that the API server knows",
		Why: "The API server refuses the object (\"Unsupported value: supported values: ...\"). Choices are written in their exact " +
			"case, such as IfNotPresent.",
		Remedy: "use one of the values that the message lists",
		Links:  []string{api},
	},
	{
		ID: "types/not-validated", Severity: finding.Info,
		Title: "tenon knows the types of what it checks",
		Why: "Neither fields nor values of the object were checked: tenon has no types for the kind, or the operator's schema only " +
			"for another version.",
		Remedy: "let the API server validate it with kubectl apply --dry-run=server",
		Links:  []string{api},
	},
	{
		ID: "types/pipeline-cycle", Severity: finding.Error,
		Title: "No task waits for itself",
		Why: "Tasks that wait for each other, by runAfter or by results, have no first one: Tekton's webhook refuses the Pipeline " +
			"(cycle detected).",
		Remedy: "take one of the runAfter or result references out of the circle",
		Links:  []string{pipeline + "#configuring-the-task-execution-order"},
	},
	{
		ID: "types/pod", Severity: finding.Error,
		Title: "The API server takes the pods that Tekton makes",
		Why: "Tekton takes a Task or podTemplate without looking at all of what its pod will say. The API server refuses the pod " +
			"when the run starts, and the TaskRun fails, long after everything was applied.",
		Remedy: "write the field as the API server asks of a pod",
		Links:  []string{tasks},
	},
	{
		ID: "types/required", Severity: finding.Error,
		Title: "What the API server requires is there",
		Why: "The API server or Tekton's webhook refuses an object without the field (\"Required value\"), or with a parameter " +
			"that has no value.",
		Remedy: "write the field",
		Links:  []string{api},
	},
	{
		ID: "types/tekton", Severity: finding.Error, Lowest: &warning,
		Title: "Tekton's webhook accepts the object",
		Why: "This is what \"admission webhook validation.webhook.pipeline.tekton.dev denied the request\" would say: Tekton's own " +
			"validation, with the feature flags of facts.tekton.",
		Remedy: "mend the field that the message names",
		Links:  []string{"https://tekton.dev/docs/pipelines/pipeline-api/"},
	},
	{
		ID: "types/unknown-field", Severity: finding.Error, Lowest: &warning,
		Title: "Objects have only fields of their kind",
		Why: "The API server drops such a field, or refuses the object under strict validation (\"unknown field\"): mostly it is " +
			"misspelt or one level too high or too deep, and what it was to set has its default. In embedded specs of Tekton, " +
			"another case of a name is only a warning.",
		Remedy: "use the field that the message suggests, or move it to where it belongs",
		Links:  []string{decoding},
	},
	{
		ID: "types/unknown-kind", Severity: finding.Error, Lowest: &warning,
		Title: "The kind is known",
		Why: "\"no matches for kind\": either apiVersion or kind is wrong, or Tekton has removed the kind (ClusterTask, " +
			"PipelineResource, Condition), or the operator that defines it is not stated. The sync of the whole application can " +
			"fail for it.",
		Remedy: "correct apiVersion or kind, or state the operator's kind in facts.customResources as group/Kind",
		Links:  []string{"https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/custom-resources/"},
	},
	{
		ID: "types/unknown-version", Severity: finding.Error,
		Title: "The cluster serves the API version",
		Why: "\"no matches for kind ... in version\": the version was removed from Kubernetes, came with a later one than " +
			"facts.kubernetes says, or never existed. Usually noticed after an upgrade of the cluster.",
		Remedy: "use the version that the message names, or correct facts.kubernetes",
		Links:  []string{retired},
	},
	{
		ID: "types/wrong-type", Severity: finding.Error,
		Title: "A value has the type of its field",
		Why: "The API server or Tekton's webhook cannot decode the object (cannot unmarshal number into Go value of type string), " +
			"and refuses it. Often a number, yes or a date is meant as a text.",
		Remedy: "give a value of the type that the message names; put texts in quotes",
		Links:  []string{decoding},
	},
	{
		ID: "types/warning", Severity: finding.Error, Lowest: &warning,
		Title: "The API server warns of nothing",
		Why: "What kubectl prints as Warning, by the API server's own code (k8s.io/kubernetes, pkg/api/*/warnings.go): a variable or port " +
			"that is given twice, labels and fields that are on their way out, volumes that hide each other. A number of bytes with m " +
			"is a thousandth of a byte, so that the container is killed as it starts: that is an error.",
		Remedy: "write what is meant",
		Links:  []string{"https://kubernetes.io/blog/2020/09/03/warnings/"},
	},
}
