package check

import (
	"fmt"
	"regexp"
	"strings"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// waiveAnnotation lets rules off on an object that is not of a platform: on each line a rule,
// perhaps a field, a reason, and in brackets who answers for it and until when.
//
//	image/not-pinned spec.steps[0].image: the mirror pins it (platform team, until 2027-01-31)
const waiveAnnotation = "tenon.dev/waive"

var waiverLine = regexp.MustCompile(`^([a-z-]+/[a-z0-9-]+)(?:\s+(\S+?))?\s*:\s+(.{10,}?)\s*\(([^(),]+?)(?:,\s*until\s+(\d{4}-\d{2}-\d{2}))?\)$`)

// annotated reads the waivers that objects bring with them.
func annotated(objects []manifest.Object) ([]finding.Waiver, []finding.Finding) {
	var waivers []finding.Waiver
	var malformed []finding.Finding
	for _, o := range objects {
		value, _ := manifest.Lookup(o.Value, manifest.Path{"metadata", "annotations", waiveAnnotation})
		text, ok := value.(string)
		if !ok {
			continue
		}
		at := manifest.Path{"metadata", "annotations", waiveAnnotation}
		place := o.Origin.Trace(at, "")[0]
		for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
			position := place.Position
			if place.Text > 0 {
				position = finding.Position{File: position.File, Line: place.Text + i}
			}
			m := waiverLine.FindStringSubmatch(strings.TrimSpace(line))
			if m == nil {
				malformed = append(malformed, finding.Finding{
					Rule: "waiver/incomplete", Severity: finding.Error, Object: o.Ref(), Field: at.String(), Source: &position,
					Message: fmt.Sprintf("line %d of the annotation is no waiver", i+1),
					Remedy:  "write: rule field: a reason of ten letters or more (owner, until YYYY-MM-DD); field and until may be left out",
				})
				continue
			}
			waivers = append(waivers, finding.Waiver{
				Name: "of " + o.Ref().String(), Rule: m[1], Field: m[2], Reason: m[3], Owner: m[4], Expires: m[5],
				Object: o.Ref().String(), Namespace: o.Namespace, File: o.File, Source: &position,
			})
		}
	}
	return waivers, malformed
}
