package finding

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
)

// Baseline are findings that a repository had when it began to be checked: they are known, and another one is new.
type Baseline map[string]baselined

// baselined is one entry: how many findings of one identity there are, and what these are about, for people.
type baselined struct {
	ID     string `json:"id"`
	Rule   string `json:"rule"`
	Object string `json:"object,omitempty"`
	Count  int    `json:"count"`
}

// baselineFile is how a baseline is written.
type baselineFile struct {
	SchemaVersion int         `json:"schemaVersion"`
	Findings      []baselined `json:"findings"`
}

// short is an identity as it is written: texts of the repository do not stand in it.
func short(identity string) string {
	sum := sha256.Sum256([]byte(identity))
	return hex.EncodeToString(sum[:12])
}

// NewBaseline is that of all findings that are not waived.
func NewBaseline(found []Finding) Baseline {
	b := Baseline{}
	for _, f := range found {
		if f.Waiver != nil || f.Internal() {
			continue
		}
		for _, id := range slices.Concat(f.Identities()...) {
			one := b[short(id)]
			one.ID, one.Rule, one.Count = short(id), f.Rule, one.Count+1
			if f.Object != nil {
				one.Object = f.Object.String()
			}
			b[one.ID] = one
		}
	}
	return b
}

// ReadBaseline reads one that was written.
func ReadBaseline(text []byte) (Baseline, error) {
	var file baselineFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("it is no baseline: %w", err)
	}
	if file.SchemaVersion != 1 {
		return nil, fmt.Errorf("it is no baseline of this tenon: schemaVersion is %d", file.SchemaVersion)
	}
	b := Baseline{}
	for _, one := range file.Findings {
		b[one.ID] = one
	}
	return b, nil
}

// Write writes it, by rule and object, an entry a line, so that what changes shows in a review.
func (b Baseline) Write(w io.Writer) error {
	all := slices.SortedFunc(maps.Values(b), func(x, y baselined) int {
		return cmp.Or(cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Object, y.Object), cmp.Compare(x.ID, y.ID))
	})
	if _, err := io.WriteString(w, "{\"schemaVersion\": 1, \"findings\": [\n"); err != nil {
		return err
	}
	for i, one := range all {
		line, err := json.Marshal(one)
		if err != nil {
			return err
		}
		if i < len(all)-1 {
			line = append(line, ',')
		}
		if _, err := fmt.Fprintf(w, "%s\n", line); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, "]}\n")
	return err
}

// Fresh are the findings that it does not have, how many it has, and how many of its own are gone. What a check could not
// do is never known.
func (b Baseline) Fresh(found []Finding) (fresh []Finding, known, gone int) {
	left := Ledger{}
	for id, one := range b {
		left[id] = one.Count
	}
	for _, f := range found {
		if f.Waiver != nil || f.Internal() {
			fresh = append(fresh, f)
			continue
		}
		var targets []Target
		isKnown := true
		for i, ids := range f.Identities() {
			for j := range ids {
				ids[j] = short(ids[j])
			}
			if !left.take(ids) {
				isKnown = false
				if len(f.Targets) > 0 {
					targets = append(targets, f.Targets[i])
				}
			}
		}
		if isKnown {
			known++
			continue
		}
		f.Targets = targets
		fresh = append(fresh, f)
	}
	for _, n := range left {
		gone += max(0, n)
	}
	return fresh, known, gone
}
