package rules

import "tenon.dev/tenon/internal/finding"

var schemaRules = []finding.Rule{
	{
		ID: "schema/conflict", Severity: finding.Error,
		Title: "A field has one value",
		Why: "CUE has no overriding: two files that give a field two values (conflicting values) contradict each other, whatever " +
			"their order, and nothing is rendered. A value that environments may change is written as a default with *.",
		Remedy: "keep one of the values, or make the shared one a default",
		Links:  []string{language},
	},
	{
		ID: "schema/cycle", Severity: finding.Error,
		Title:  "No value needs itself",
		Why:    "A value that is made of itself (structural cycle, cyclic reference) has no end, and nothing is rendered.",
		Remedy: "give one of the values that refer to each other itself",
		Links:  []string{language},
	},
	{
		ID: "schema/incomplete", Severity: finding.Error,
		Title: "All values are concrete",
		Why: "A field that only has a type, or several defaults that contradict each other, cannot be rendered (incomplete value). " +
			"Mostly an environment leaves out what the schema asks of it.",
		Remedy: "give the value where it is shared, or in each environment",
		Links:  []string{language},
	},
	{
		ID: "schema/invalid-value", Severity: finding.Error,
		Title: "A value is one that the schema allows",
		Why: "A value that is out of bound, matches none of the alternatives or has another type would otherwise be found on the " +
			"cluster, or never. The message says what the schema means by the field.",
		Remedy: "give a value that the schema allows",
		Links:  []string{language},
	},
	{
		ID: "schema/no-platform", Severity: finding.Error,
		Title:  "An environment's folder fills the field platform",
		Why:    "Everything is rendered from the field platform; a folder without it renders nothing.",
		Remedy: "write platform: schema.#Platform & {...} in the environment's files",
		Links:  []string{language},
	},
	{
		ID: "schema/unknown-field", Severity: finding.Error,
		Title: "The platform has only fields of the schema",
		Why: "Definitions of CUE are closed (field not allowed): a misspelt field would otherwise have no effect, and nobody would " +
			"be told.",
		Remedy: "use the field that the message suggests, or look it up in cue/schema",
		Links:  []string{language},
	},
	{
		ID: "schema/unknown-rule", Severity: finding.Error,
		Title:  "A rule whose severity is changed exists",
		Why:    "A misspelt rule id in platform.rules changes nothing: the rule that was meant goes on as it is.",
		Remedy: "use an id of tenon rules list",
		Links:  []string{waiving},
	},
	{
		ID: "schema/unresolved", Severity: finding.Error,
		Title: "Every name in the CUE is defined",
		Why: "A reference to a pool, image or other field that does not exist (undefined field, reference not found) leaves CUE " +
			"nothing to render.",
		Remedy: "name a part of the platform that exists",
		Links:  []string{language},
	},
	{
		ID: "schema/vendored-differs", Severity: finding.Warning,
		Title: "The copied schema and render are those of this tenon",
		Why: "The copy in cue.mod/pkg renders what another version of tenon would: its fields, and the objects that it makes, may " +
			"not be those that this version documents and checks.",
		Remedy: "use the tenon that wrote it, or copy schema and render anew from tenon init in an empty folder",
		Links:  []string{language},
	},
}
