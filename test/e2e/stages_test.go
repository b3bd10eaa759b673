//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"text/template"

	pipelinev1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"

	"tenon.dev/tenon/internal/manifest"
)

// failAnnotation on a run says which of its tasks fails: "execute-tests" at every attempt,
// "execute-tests@first" at the first one only. Tekton hands annotations of runs on to their pods.
const failAnnotation = "e2e.tenon.dev/fails"

// stage plays the containers of Tekton's pods: they run for a second, and write the results that
// their task declares.
var stage = template.Must(template.New("stage").Delims("[[", "]]").Parse(`apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: tekton-pod-complete}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
    - {key: .metadata.deletionTimestamp, operator: DoesNotExist}
    - {key: .status.phase, operator: In, values: [Running]}
    - {key: '.metadata.ownerReferences.[].kind', operator: In, values: [TaskRun]}
  delay: {durationMilliseconds: 1000}
  next:
    statusTemplate: |
      {{ $now := Now }}
      {{ $root := . }}
      {{ $labels := or .metadata.labels dict }}
      {{ $fails := or (index (or .metadata.annotations dict) "[[ .Annotation ]]") "" }}
      {{ $name := or (index $labels "tekton.dev/pipelineTask") "" }}
      {{ $code := 0 }}
      {{ if and (ne $name "") (or (eq $fails $name) (and (eq $fails (printf "%s@first" $name)) (not (contains "-retry" .metadata.name)))) }}{{ $code = 1 }}{{ end }}
      {{ $task := or (index $labels "tekton.dev/task") "" }}
      {{ $message := "" }}
      {{ if eq $code 0 }}
      [[- range $task, $results := .Results ]]
      {{ if eq $task [[ printf "%q" $task ]] }}{{ $message = [[ printf "%q" $results ]] }}{{ end }}
      [[- end ]]
      {{ end }}
      {{ $last := sub (len .spec.containers) 1 }}
      conditions:
      - {type: Ready, status: "False", reason: PodCompleted, lastTransitionTime: {{ $now | Quote }}}
      - {type: ContainersReady, status: "False", reason: PodCompleted, lastTransitionTime: {{ $now | Quote }}}
      containerStatuses:
      {{ range $index, $item := .spec.containers }}
      - image: {{ $item.image | Quote }}
        imageID: {{ $item.image | Quote }}
        name: {{ $item.name | Quote }}
        ready: false
        restartCount: 0
        started: false
        state:
          terminated:
            {{ if eq $index $last }}
            exitCode: {{ $code }}
            reason: {{ if eq $code 0 }}Completed{{ else }}Error{{ end }}
            message: {{ $message | Quote }}
            {{ else }}
            exitCode: 0
            reason: Completed
            {{ end }}
            finishedAt: {{ $now | Quote }}
            startedAt: {{ $root.status.startTime | Quote }}
      {{ end }}
      phase: {{ if eq $code 0 }}Succeeded{{ else }}Failed{{ end }}
`))

// stages are kwok's rules for the pods of tasks.
func stages(t *testing.T, objects []manifest.Object) []byte {
	t.Helper()
	var b bytes.Buffer
	err := stage.Execute(&b, map[string]any{"Annotation": failAnnotation, "Results": results(t, objects)})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// results are what the steps of each task write into their termination message: a value of the
// declared type for each result (tektoncd/pipeline, pkg/result).
func results(t *testing.T, objects []manifest.Object) map[string]string {
	t.Helper()
	messages := map[string]string{}
	for _, o := range ofKind(objects, "Task") {
		var task pipelinev1.Task
		text, err := json.Marshal(o.Value)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &task); err != nil {
			t.Fatal(err)
		}
		type result struct {
			Key   string `json:"key"`
			Value string `json:"value"`
			Type  int    `json:"type"`
		}
		var list []result
		for _, r := range task.Spec.Results {
			value := "value-of-" + r.Name
			if r.Type == pipelinev1.ResultsTypeArray {
				value = `["` + value + `"]`
			}
			list = append(list, result{r.Name, value, 1})
		}
		if len(list) == 0 {
			continue
		}
		text, err = json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		messages[o.Name] = strings.TrimSpace(string(text))
	}
	return messages
}
