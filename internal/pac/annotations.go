package pac

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/gobwas/glob"

	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
)

// said are the annotations that people write, and written those that the controller does
// (pkg/apis/pipelinesascode/keys/keys.go).
var (
	said = []string{
		"cancel-in-progress", "max-keep-runs", "on-cel-expression", "on-comment", "on-event", "on-label", "on-path-change", "on-path-change-ignore",
		"on-target-branch", "pipeline", "target-namespace", "task",
	}
	written = []string{
		"branch", "check-run-id", "controller-info", "event-type", "execution-order", "ghe-url", "git-auth-secret", "git-provider", "installation-id", "log-url",
		"original-prname", "pull-request", "repo-url", "repository", "scm-reporting-plr-started", "sender", "sha", "sha-title", "sha-url", "source-branch",
		"source-project-id", "source-repo-url", "state", "target-project-id", "url-org", "url-repository",
	}
)

// task fits the key of an annotation about tasks: several have numbers (pkg/matcher/annotation_tasks_install.go).
var task = regexp.MustCompile(`^task(-[0-9]+)?$`)

// listForm fits a value that is one word, or a list in brackets (reValidateTag of pkg/matcher).
var listForm = regexp.MustCompile(`^\[(.*)\]$|^[^[\]\s]*$`)

// ignored are the annotations that count for nothing beside an expression (pkg/matcher/annotation_matcher.go).
var ignored = []string{"on-event", "on-target-branch", "on-label", "on-path-change", "on-path-change-ignore"}

// Annotations finds what is wrong with the annotations of a run. Declared are further variables of expressions.
func Annotations(o manifest.Object, declared []string) []finding.Finding {
	all := annotationsOf(o)
	var found []finding.Finding
	add := func(rule string, severity finding.Severity, key, message, remedy string) {
		found = append(found, finding.Finding{
			Rule: rule, Severity: severity, Object: o.Ref(), Field: manifest.Path{"metadata", "annotations", prefix + key}.String(), Message: message, Remedy: remedy,
		})
	}
	expression, hasExpression := all[prefix+"on-cel-expression"]
	for _, full := range slices.Sorted(maps.Keys(all)) {
		key, own := strings.CutPrefix(full, prefix)
		switch {
		case !own:
		case !task.MatchString(key) && !slices.Contains(said, key) && !slices.Contains(written, key):
			remedy := "use one of " + strings.Join(said, ", ")
			if near := finding.Nearest(key, said); near != "" {
				remedy = "is " + near + " meant?"
			}
			add("pac/unknown-annotation", finding.Warning, key, fmt.Sprintf("Pipelines-as-Code knows no annotation %s: it does nothing", key), remedy)
		case hasExpression && slices.Contains(ignored, key):
			add("pac/ignored-annotation", finding.Warning, key, key+" is ignored, because on-cel-expression is given", "ask for it in the expression, or take one of both away")
		case isList(key):
			if why := badList(key, all[full]); why != "" {
				add("pac/annotation", finding.Error, key, fmt.Sprintf("%s is not read: %s", key, why), "write one value, or a list such as [main, release-*]; a comma within a value is &#44;")
			}
		}
	}
	events(all, hasExpression, add)
	if hasExpression {
		if why, severity := wrong(expression, declared); why != "" {
			add("pac/expression", severity, "on-cel-expression", why, "mend the expression; an event for which it cannot be evaluated starts nothing")
		}
	}
	return found
}

// eventNames are the events that a run is taken up for (pkg/matcher/annotation_matcher.go, pkg/params/triggertype/types.go).
var eventNames = []string{"push", "pull_request", "incoming", "comment", "pull_request_labeled", "pull_request_closed", "ok-to-test", "retest"}

// events finds values that no event has, and what is beside them in vain.
func events(all map[string]string, hasExpression bool, add func(rule string, severity finding.Severity, key, message, remedy string)) {
	on, asked := all[prefix+"on-event"]
	_, comment := all[prefix+"on-comment"]
	if _, branch := all[prefix+"on-target-branch"]; asked && !branch && !hasExpression && !comment {
		add("pac/annotation", finding.Warning, "on-event", "on-event without on-target-branch: no event starts the run", "add on-target-branch, such as [main]")
	}
	for _, event := range values(on) {
		if !slices.Contains(eventNames, event) && !hasExpression && !strings.Contains(event, "{{") {
			remedy := "write one of " + strings.Join(eventNames, ", ")
			if near := finding.Nearest(event, eventNames); near != "" {
				remedy = "is " + near + " meant?"
			}
			add("pac/annotation", finding.Warning, "on-event", fmt.Sprintf("no event is called %s: it starts nothing", event), remedy)
		}
	}
	if runs, ok := all[prefix+"max-keep-runs"]; ok && !digits.MatchString(strings.TrimSpace(runs)) {
		add("pac/annotation", finding.Error, "max-keep-runs", fmt.Sprintf("max-keep-runs is no number: %q", finding.Clip(runs)), "write how many runs are kept, such as \"5\"")
	}
	if form, ok := all[prefix+"on-comment"]; ok {
		if _, err := regexp.Compile(form); err != nil {
			add("pac/annotation", finding.Error, "on-comment", "on-comment is no regular expression, so that no comment starts the run: "+finding.Clip(err.Error()), "write one, such as ^/test")
		}
	}
}

var digits = regexp.MustCompile(`^[0-9]+$`)

func isList(key string) bool {
	return slices.Contains(ignored, key) || task.MatchString(key) || key == "pipeline"
}

// badList says why the values of an annotation are not read.
func badList(key, text string) string {
	text = strings.TrimSpace(text)
	m := listForm.FindStringSubmatch(text)
	switch {
	case m == nil:
		return "it is no word and no list in brackets"
	case strings.HasPrefix(text, "[") && strings.TrimSpace(m[1]) == "":
		return "the list is empty"
	}
	if strings.HasPrefix(key, "on-path") || key == "on-target-branch" {
		for _, value := range values(text) {
			if _, err := glob.Compile(value); err != nil {
				return fmt.Sprintf("the pattern %q is none: %v", value, err)
			}
		}
	}
	return ""
}

// values are those of an annotation.
func values(text string) []string {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "[") {
		text = strings.Trim(text, "[]")
	}
	var all []string
	for _, value := range strings.Split(text, ",") {
		if value = strings.TrimSpace(strings.ReplaceAll(value, "&#44;", ",")); value != "" {
			all = append(all, value)
		}
	}
	return all
}

// Remote tells for the folder of a file whether a run or pipeline of it takes tasks or pipelines from elsewhere: which
// names these have nobody sees from here.
func Remote(objects []manifest.Object) func(file string) bool {
	remote := map[string]bool{}
	for _, o := range objects {
		if o.File == "" || o.Kind != "PipelineRun" && o.Kind != "Pipeline" {
			continue
		}
		for key, value := range annotationsOf(o) {
			if fetches.MatchString(key) {
				remote[folderOf(o.File)] = remote[folderOf(o.File)] || slices.ContainsFunc(values(value), isElsewhere)
			}
		}
	}
	return func(file string) bool { return remote[folderOf(file)] }
}

// fetches fits the keys of annotations by which tasks and pipelines are taken in: the controller looks at their ends
// alone (pkg/matcher/annotation_tasks_install.go).
var fetches = regexp.MustCompile(`pipelinesascode\.tekton\.dev/(task(-[0-9]+)?|pipeline)$`)

// Files are the files of the repository that a run or pipeline takes tasks and pipelines from, by annotation.
func Files(o manifest.Object) map[string][]string {
	if o.Kind != "PipelineRun" && o.Kind != "Pipeline" {
		return nil
	}
	all := map[string][]string{}
	for key, value := range annotationsOf(o) {
		for _, file := range values(value) {
			if fetches.MatchString(key) && strings.Contains(file, "/") && !strings.Contains(file, ":") {
				all[key] = append(all[key], file)
			}
		}
	}
	return all
}

// isElsewhere tells a file of the repository from a name on a hub and an address (pkg/matcher/annotation_tasks_install.go).
func isElsewhere(value string) bool {
	if ext := path.Ext(value); strings.Contains(value, "/") && ext != ".yaml" && ext != ".yml" && ext != ".json" {
		return true // a file of the repository that is called like no manifest was not read
	}
	return strings.Contains(value, "://") || !strings.Contains(value, "/") && path.Ext(value) == "" || strings.Contains(value, ":")
}

// Twice finds runs of one folder that have one name: Pipelines-as-Code refuses all of them (pipelineRunsWithSameName of
// pkg/resolve).
func Twice(objects []manifest.Object) []finding.Finding {
	seen := map[string]manifest.Object{}
	var found []finding.Finding
	for _, o := range objects {
		if !IsRun(o) || o.Ref().Name == "" {
			continue
		}
		in := o.File
		if InFolder(in) {
			in = folderOf(in)
		}
		name := in + "\x00" + o.Ref().Name
		first, again := seen[name]
		if !again {
			seen[name] = o
			continue
		}
		f := finding.Finding{
			Rule: "pac/same-name", Severity: finding.Error, Object: o.Ref(), Field: "metadata.name",
			Message: "another run of the folder has this name: Pipelines-as-Code refuses all runs", Remedy: "rename one of them",
		}
		if places := first.Origin.Trace(manifest.Path{"metadata", "name"}, ""); len(places) > 0 {
			f.Related = []finding.Position{places[0].Position}
		}
		found = append(found, f)
	}
	return found
}
