package argocd

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/overlay"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/internal/report"
)

// platformDir is where a platform lies below its root.
const platformDir = "cue/platform"

// Result is what a generation came to.
type Result struct {
	Target finding.Target
	// Objects to hand on; none where the sync is stopped.
	Objects []manifest.Object
	// Report has every finding about the target.
	Report finding.Report
	// Reason says in one line why the sync is stopped; empty where it is not.
	Reason string
	// Notes are for the server's log.
	Notes []string
}

// Generate renders and checks the target that is asked for. tree is the root of the platform. Objects are
// returned only where nothing stops the sync.
func Generate(ctx context.Context, tree fs.FS, checker *check.Checker, r Request, now time.Time) (Result, error) {
	folder := platform.Folder{FS: tree, Dir: platformDir}
	if _, err := environments(folder, r.Environment); err != nil {
		return Result{}, err
	}
	env, refused, err := check.LoadTarget(folder, r.Environment, r.Phase)
	if err != nil {
		return Result{}, err
	}
	result := Result{Target: finding.Target{Environment: r.Environment, Phase: r.Phase}}
	if env.Environment == nil {
		result.Report = finding.NewReport(refused, finding.Summary{})
		result.Reason = reason(result.Target, refused)
		return result, nil
	}
	target := &env.Targets[0]
	result.Target = target.Target
	if err := overlay.Current(tree, "overlays", *target); err != nil {
		return Result{}, err
	}
	if target.Objects, err = override(target.Objects, env.State, r.Images); err != nil {
		return Result{}, err
	}
	if err := result.judge(ctx, checker, env, r, now); err != nil {
		return Result{}, err
	}
	if result.Reason == "" {
		result.Objects = target.Objects
	}
	result.notice(env, r, now)
	return result, nil
}

// environments lists those of the platform, of which the one that is asked for has to be one.
func environments(folder platform.Folder, asked string) ([]string, error) {
	names, err := folder.Environments()
	if err == nil && !slices.Contains(names, asked) {
		err = fmt.Errorf("there is no environment %q: the platform has %s", asked, strings.Join(names, ", "))
	}
	return names, err
}

func (r *Result) judge(ctx context.Context, checker *check.Checker, env check.Environment, asked Request, now time.Time) error {
	only := []check.Environment{env}
	found, summary, err := checker.Find(ctx, only)
	if err != nil {
		return err
	}
	// The clock expires no waiver here: no sync stops overnight. What is expired is noted.
	settled := checker.Settle(found, check.Levels(only), check.Waivers(only), time.Time{}, &summary)
	// One target cannot tell whether a waiver is of use in another.
	settled = slices.DeleteFunc(settled, func(f finding.Finding) bool { return f.Rule == "waiver/unused" })
	r.Report = finding.NewReport(settled, summary)
	stops := slices.DeleteFunc(slices.Clone(settled), func(f finding.Finding) bool {
		return f.Waiver != nil || f.Severity < asked.FailOn
	})
	r.Reason = reason(r.Target, stops)
	return nil
}

// reason names the rules that stop a sync, in a line that a page has room for.
func reason(t finding.Target, stops []finding.Finding) string {
	if len(stops) == 0 {
		return ""
	}
	first := report.Said(stops[0])
	if stops[0].Object != nil {
		first = stops[0].Object.String() + ": " + first
	}
	if stops[0].Source != nil {
		first = stops[0].Source.String() + ": " + first
	}
	const most = 300
	if len(first) > most {
		first = strings.ToValidUTF8(first[:most], "") + "..."
	}
	name := t.Environment
	if t.Phase != "" {
		name = t.String()
	}
	more := ""
	if n := len(stops) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return fmt.Sprintf("%s is not synced: %s %s%s", name, stops[0].Rule, strings.Join(strings.Fields(first), " "), more)
}

// notice collects what does not stop the sync and should be seen.
func (r *Result) notice(env check.Environment, asked Request, now time.Time) {
	for _, w := range env.Waivers {
		if w.Expired(now) {
			r.Notes = append(r.Notes, fmt.Sprintf("waiver %s of %s on %s expired on %s: the next change of the platform will be blocked", w.Name, w.Rule, w.Object, w.Expires))
		}
	}
	stated, is := minor(env.State.Facts.Kubernetes), minor(asked.Kubernetes)
	if stated != "" && is != "" && stated != is {
		r.Notes = append(r.Notes, fmt.Sprintf("the cluster runs Kubernetes %s, and facts.kubernetes says %s", is, stated))
	}
}

// minor cuts a version such as v1.33.2 down to 1.33.
func minor(version string) string {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(parts) < 2 {
		return ""
	}
	return parts[0] + "." + parts[1]
}
