package graph

import (
	"fmt"
	"time"

	pipelineconfig "github.com/tektoncd/pipeline/pkg/apis/config"
	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// defaultTimeout is what Tekton gives a run that states none (config-defaults,
// default-timeout-minutes; https://tekton.dev/docs/pipelines/pipelineruns/#configuring-a-failure-timeout); 0 is no limit.
func (g *graph) defaultTimeout() (time.Duration, string) {
	if g.Defaults != nil && g.Defaults.DefaultTimeoutMinutes != pipelineconfig.DefaultTimeoutMinutes {
		return time.Duration(g.Defaults.DefaultTimeoutMinutes) * time.Minute, ", as config-defaults says"
	}
	return pipelineconfig.DefaultTimeoutMinutes * time.Minute, ", Tekton's default"
}

// timeouts checks that what the tasks of a run may take fits into what the run may take: Tekton
// ends a task with its run, whatever time the task still has.
func (g *graph) timeouts(r Run, run pipelinev1.PipelineRun, spec *pipelinev1.PipelineSpec, in manifest.Object, at manifest.Path) {
	whole, stated := g.limitOf(run)
	if whole == 0 {
		return // no limit
	}
	for i, t := range spec.Tasks {
		if t.Timeout == nil || t.Timeout.Duration <= whole {
			continue
		}
		f := g.add(in, "graph/timeout-cut", finding.Warning, at.Append("tasks", i, "timeout"),
			fmt.Sprintf("task %s may take %s, and the run ends after %s%s", t.Name, short(t.Timeout.Duration), short(whole), stated),
			"raise timeouts.pipeline and timeouts.tasks of the run, or lower the task's")
		f.Causes = []finding.Cause{{Object: *r.Owner.Ref(), Field: r.At.Append("spec", "timeouts").String()}}
		return
	}
	if path, total := longest(spec.Tasks); total > whole {
		f := g.add(r.Owner, "graph/timeout-cut", finding.Info, r.At.Append("spec", "timeouts"),
			fmt.Sprintf("the timeouts of the tasks on the longest way, up to %s, add up to %s, and the run ends after %s%s", path, short(total), short(whole), stated),
			"raise timeouts.pipeline and timeouts.tasks of the run, or lower those of the tasks")
		f.Causes = []finding.Cause{{Object: *in.Ref(), Field: at.Append("tasks").String()}}
	}
}

// limitOf is the time that the tasks of a run have together.
func (g *graph) limitOf(run pipelinev1.PipelineRun) (limit time.Duration, stated string) {
	t := run.Spec.Timeouts
	switch {
	case t != nil && t.Tasks != nil:
		return t.Tasks.Duration, ""
	case t != nil && t.Pipeline != nil && t.Finally != nil && t.Pipeline.Duration > 0:
		return t.Pipeline.Duration - t.Finally.Duration, ""
	case t != nil && t.Pipeline != nil:
		return t.Pipeline.Duration, ""
	}
	return g.defaultTimeout()
}

// longest adds the stated timeouts up along the order of the tasks, and gives the greatest sum
// with the task that it ends at.
func longest(tasks []pipelinev1.PipelineTask) (last string, total time.Duration) {
	byName := map[string]pipelinev1.PipelineTask{}
	for _, t := range tasks {
		byName[t.Name] = t
	}
	known := map[string]time.Duration{}
	var upTo func(name string) time.Duration
	upTo = func(name string) time.Duration {
		if sum, ok := known[name]; ok {
			return sum
		}
		known[name] = 0 // a circle is Tekton's to report
		t := byName[name]
		var before time.Duration
		for _, dependency := range t.Deps() {
			before = max(before, upTo(dependency))
		}
		known[name] = before + duration(t.Timeout)
		return known[name]
	}
	for _, t := range tasks {
		if sum := upTo(t.Name); sum > total {
			last, total = t.Name, sum
		}
	}
	return last, total
}

func duration(d *metav1.Duration) time.Duration {
	if d == nil {
		return 0
	}
	return d.Duration
}

// short writes a duration without its empty parts.
func short(d time.Duration) string {
	if d%time.Hour == 0 {
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	if d%time.Minute == 0 {
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}

// attempts checks numbers that Tekton's webhook takes and its controller cannot use.
func (g *graph) attempts(spec *pipelinev1.PipelineSpec, in manifest.Object, at manifest.Path) {
	for list, tasks := range map[string][]pipelinev1.PipelineTask{"tasks": spec.Tasks, "finally": spec.Finally} {
		for i, t := range tasks {
			if t.Retries < 0 {
				g.add(in, "graph/negative", finding.Error, at.Append(list, i, "retries"), fmt.Sprintf("%s has %d retries", t.Name, t.Retries), "write 0 or more")
			}
			if duration(t.Timeout) < 0 {
				g.add(in, "graph/negative", finding.Error, at.Append(list, i, "timeout"), fmt.Sprintf("%s has a timeout of %s", t.Name, t.Timeout.Duration), "write a positive duration; 0 means no limit")
			}
		}
	}
}

// mostCombinations is how many tasks a matrix may make (config-defaults,
// default-max-matrix-combinations-count).
func (g *graph) mostCombinations() int {
	if g.Defaults != nil {
		return g.Defaults.DefaultMaxMatrixCombinationsCount
	}
	return pipelineconfig.DefaultMaxMatrixCombinationsCount
}

// fanOut counts what matrices make of tasks.
func (g *graph) fanOut(run pipelinev1.PipelineRun, steps []step, in manifest.Object) {
	for _, s := range steps {
		if n := combinations(s, run); n > g.mostCombinations() {
			g.add(in, "graph/matrix-too-large", finding.Warning, s.at.Append("matrix"),
				fmt.Sprintf("the matrix of %s makes %d tasks of values that the run gives: Tekton's limit of %d holds for values that the pipeline gives, so that it creates them all at once", s.Name, n, g.mostCombinations()),
				"split it, or give fewer values")
		}
	}
}
