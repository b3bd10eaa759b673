package rules

import "tenon.dev/tenon/internal/finding"

var internalRules = []finding.Rule{
	{
		ID: "internal/limit", Severity: finding.Error,
		Title: "A check ends",
		Why: "A check that does not end is stopped after 20 seconds an object, 3 seconds a rule, so that one object cannot hold up " +
			"the run; what it would have said of this object is not known. Exit code 3; it cannot be waived or switched off.",
		Remedy: "look for a value that is very large or deeply nested, or mend the rule that is named",
		Links:  []string{"docs/security.md"},
	},
	{
		ID: "internal/panic", Severity: finding.Error,
		Title: "A check works",
		Why: "The code of a check panicked over an object. The other objects are still checked, but this check says nothing of it, " +
			"so that the run ends with exit code 3 and not with a pass; it cannot be waived or switched off.",
		Remedy: "report it as a mistake of tenon, with the object",
		Links:  []string{"docs/security.md"},
	},
	{
		ID: "internal/rule", Severity: finding.Error,
		Title: "A rule can be evaluated",
		Why: "A Rego rule ended in an error on an object, for example one of your own given by --policy. Whether the object breaks " +
			"it is not known: exit code 3, which no waiver takes away.",
		Remedy: "mend the rule that is named, or look for a value in the object that it does not expect",
		Links:  []string{"docs/security.md"},
	},
}
