package graph

import (
	"testing"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	"sigs.k8s.io/yaml"
)

// TestWidest: what runs at the same time counts together, and nothing else does.
func TestWidest(t *testing.T) {
	for _, c := range []struct {
		name, tasks string
		weights     []int64
		want        int64
	}{
		{"nothing", `[]`, nil, 0},
		{"one after the other", `[{name: a}, {name: b, runAfter: [a]}, {name: c, runAfter: [b]}]`, []int64{2, 5, 3}, 5},
		{"side by side", `[{name: a}, {name: b}, {name: c}]`, []int64{2, 5, 3}, 10},
		{"a diamond", `[{name: a}, {name: b, runAfter: [a]}, {name: c, runAfter: [a]}, {name: d, runAfter: [b, c]}]`, []int64{4, 2, 3, 4}, 5},
		{"a diamond with a heavy end", `[{name: a}, {name: b, runAfter: [a]}, {name: c, runAfter: [a]}, {name: d, runAfter: [b, c]}]`, []int64{4, 2, 3, 6}, 6},
		{"by a result", `[{name: a}, {name: b, params: [{name: x, value: $(tasks.a.results.y)}]}]`, []int64{2, 3}, 3},
		{"two chains, of which parts overlap", `[{name: a}, {name: b, runAfter: [a]}, {name: c}, {name: d, runAfter: [c]}]`, []int64{1, 4, 3, 2}, 7},
	} {
		var tasks []pipelinev1.PipelineTask
		if err := yaml.Unmarshal([]byte(c.tasks), &tasks); err != nil {
			t.Fatal(err)
		}
		if got := newOrder(&pipelinev1.PipelineSpec{Tasks: tasks}).widest(c.weights); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// TestWidestOfMany: as many tasks as fit into the set, and more, where the heaviest stands for all.
func TestWidestOfMany(t *testing.T) {
	for n, want := range map[int]int64{64: 64, 65: 1} {
		tasks := make([]pipelinev1.PipelineTask, n)
		weights := make([]int64, n)
		for i := range tasks {
			tasks[i].Name, weights[i] = string(rune('a'+i)), 1
		}
		if got := newOrder(&pipelinev1.PipelineSpec{Tasks: tasks}).widest(weights); got != want {
			t.Errorf("%d tasks: %d, want %d", n, got, want)
		}
	}
}
