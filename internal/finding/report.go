package finding

// Report is the outcome of a check.
type Report struct {
	SchemaVersion int       `json:"schemaVersion"`
	Findings      []Finding `json:"findings"`
	Summary       Summary   `json:"summary"`
}

// Summary counts what was looked at and found.
type Summary struct {
	Objects  int `json:"objects"`
	Targets  int `json:"targets"`
	Rules    int `json:"rules"`
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Infos    int `json:"infos"`
	Waived   int `json:"waived"`
	// Skipped counts documents that are not Kubernetes objects.
	Skipped int `json:"skipped"`
	// Known counts findings that the baseline has, and Gone those of it that are no longer found.
	Known int `json:"known,omitempty"`
	Gone  int `json:"gone,omitempty"`
	// Off are the rules that the team switched off.
	Off []string `json:"off,omitempty"`
}

// NewReport counts the findings into the summary, which holds what was looked at.
func NewReport(findings []Finding, summary Summary) Report {
	for _, f := range findings {
		switch {
		case f.Waiver != nil:
			summary.Waived++
		case f.Severity == Error:
			summary.Errors++
		case f.Severity == Warning:
			summary.Warnings++
		default:
			summary.Infos++
		}
	}
	if findings == nil {
		findings = []Finding{}
	}
	return Report{SchemaVersion: 1, Findings: findings, Summary: summary}
}

// Fails tells whether a finding at or above the severity is not waived.
func (r Report) Fails(at Severity) bool {
	for _, f := range r.Findings {
		if f.Waiver == nil && f.Severity >= at {
			return true
		}
	}
	return false
}
