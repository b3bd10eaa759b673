package rules

import "tenon.dev/tenon/internal/finding"

var waiverRules = []finding.Rule{
	{
		ID: "waiver/expired", Severity: finding.Error,
		Title: "A waiver has not expired",
		Why: "After its last day a waiver no longer holds: what it covered is a finding again, and this one says why. It cannot be " +
			"waived.",
		Remedy: "mend what it covered, or renew it with a reason that still holds",
		Links:  []string{waiving},
	},
	{
		ID: "waiver/incomplete", Severity: finding.Error,
		Title: "A waiver names rule, reason and owner",
		Why: "A line of the annotation tenon.dev/waive that does not parse suppresses nothing; without a reason and an owner " +
			"nobody could decide later whether it still holds.",
		Remedy: "write: rule field: a reason of ten letters or more (owner, until YYYY-MM-DD); field and until may be left out",
		Links:  []string{waiving},
	},
	{
		ID: "waiver/unused", Severity: finding.Warning,
		Title: "A waiver suppresses a finding",
		Why: "There is no such finding: it was mended, or the rule, object or field is misspelt. Left there, it would one day hide " +
			"a new finding that nobody has looked at.",
		Remedy: "remove it, or correct its rule, object and field",
		Links:  []string{waiving},
	},
}
