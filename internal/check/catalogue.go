package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Entry documents a rule that is written in Go. Those in Rego say the same in their METADATA.
type Entry struct {
	// Title is one line that says what holds when the rule is kept.
	Title string
	// Link leads to what the rule follows.
	Link string
}

const (
	api         = "https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation"
	decoding    = "https://kubernetes.io/docs/reference/using-api/api-concepts/#validation-for-unrecognized-or-duplicate-fields"
	retired     = "https://kubernetes.io/docs/reference/using-api/deprecation-guide/"
	tasks       = "https://tekton.dev/docs/pipelines/tasks/"
	pipeline    = "https://tekton.dev/docs/pipelines/pipelines/"
	runs        = "https://tekton.dev/docs/pipelines/pipelineruns/"
	spaces      = "https://tekton.dev/docs/pipelines/workspaces/"
	assist      = "https://tekton.dev/docs/pipelines/affinityassistants/"
	listener    = "https://tekton.dev/docs/triggers/eventlisteners/"
	volumes     = "https://kubernetes.io/docs/concepts/storage/persistent-volumes/"
	classes     = "https://kubernetes.io/docs/concepts/storage/storage-classes/"
	secrets     = "https://kubernetes.io/docs/concepts/configuration/secret/"
	rbac        = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/"
	policies    = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"
	services    = "https://kubernetes.io/docs/concepts/services-networking/service/"
	placing     = "https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/"
	gpus        = "https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/"
	security    = "https://kubernetes.io/docs/concepts/security/pod-security-admission/"
	yaml        = "https://yaml.org/spec/1.2.2/"
	language    = "https://cuelang.org/docs/reference/spec/"
	signingDocs = "https://docs.sigstore.dev/policy-controller/overview/"
	checks      = "https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches"
	waiving     = "docs/platform.md#waivers"
	argo        = "https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/"
)

// Catalogue has the rules that are written in Go, by id.
var Catalogue = map[string]Entry{
	"internal/limit": {"A check ends", "docs/security.md"},
	"internal/panic": {"A check works", "docs/security.md"},
	"internal/rule":  {"A rule can be evaluated", "docs/security.md"},

	"input/cue":                {"The CUE parses", language},
	"input/document-separator": {"All readers see the same documents", "https://yaml.org/spec/1.2.2/#document-markers"},
	"input/encoding":           {"A file is written in UTF-8", "https://yaml.org/spec/1.2.2/#52-character-encodings"},
	"input/gitattributes":      {"A checkout has the texts that git keeps", "https://git-scm.com/docs/gitattributes"},
	"input/ignored-file":       {"All of a platform is committed", "https://git-scm.com/docs/gitignore"},
	"input/lfs-pointer":        {"CUE is not kept in Git LFS", "https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md"},
	"input/symlink":            {"A platform has no symlinks and submodules", "docs/gate.md"},
	"input/too-deep":           {"Values are not nested without end", yaml},
	"input/incomplete-object":  {"A Kubernetes object has apiVersion and kind", "https://kubernetes.io/docs/concepts/overview/working-with-objects/"},
	"input/not-read":           {"What others apply is checked", "https://argo-cd.readthedocs.io/en/stable/user-guide/directory/"},
	"input/no-objects":         {"There is something to check", "https://kubernetes.io/docs/concepts/overview/working-with-objects/"},
	"input/too-large":          {"A file has at most 10 MiB", "https://etcd.io/docs/v3.5/dev-guide/limit/"},
	"input/unreadable":         {"A file can be read", yaml},
	"input/yaml":               {"A document parses", yaml},

	"schema/conflict":         {"A field has one value", language},
	"schema/cycle":            {"No value needs itself", language},
	"schema/incomplete":       {"All values are known", language},
	"schema/invalid-value":    {"A value is one that the schema allows", language},
	"schema/no-platform":      {"An environment's folder fills platform", language},
	"schema/unknown-field":    {"The platform has only fields of the schema", language},
	"schema/unknown-rule":     {"A rule whose severity is changed exists", waiving},
	"schema/unresolved":       {"Every name in the CUE is defined", language},
	"schema/vendored-differs": {"The written schema is that of this tenon", language},

	"types/decode":             {"Every value decodes", decoding},
	"types/deprecated-version": {"No API version is used that will go", retired},
	"types/items":              {"Only a list has items", "https://github.com/kubernetes/apimachinery/blob/v0.37.2/pkg/apis/meta/v1/unstructured/unstructured.go"},
	"types/duplicate-field":    {"A field is given once", decoding},
	"types/forbidden":          {"What the API server forbids is not there", api},
	"types/invalid":            {"Every value is one that the API server takes", api},
	"types/not-supported":      {"Every choice is one of those that there are", api},
	"types/not-validated":      {"tenon knows the types of what it checks", api},
	"types/pipeline-cycle":     {"No task waits for itself", pipeline + "#configuring-the-task-execution-order"},
	"types/pod":                {"The pods that Tekton makes are taken by the API server", tasks},
	"types/required":           {"What the API server requires is there", api},
	"types/tekton":             {"Tekton's webhook takes the object", "https://tekton.dev/docs/pipelines/pipeline-api/"},
	"types/unknown-field":      {"Objects have only fields of their kind", decoding},
	"types/unknown-kind":       {"Somebody knows the kind", "https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/custom-resources/"},
	"types/unknown-version":    {"The cluster serves the version of the API", retired},
	"types/wrong-type":         {"A value has the type of its field", decoding},

	"graph/access-mode":                    {"A class can give the access mode that a claim wants", volumes + "#access-modes"},
	"graph/account-not-allowed":            {"An account may do what is done in its name", rbac},
	"graph/account-not-found":              {"An account that is named exists", "https://kubernetes.io/docs/concepts/security/service-accounts/"},
	"graph/api-by-service-only":            {"The API server is reached by the addresses of its endpoints too", policies},
	"graph/api-unreachable":                {"Pods that talk to the API server may reach it", policies},
	"graph/assistant-apart":                {"Pods that share a claim can run on one node", assist},
	"graph/budget-selects-nothing":         {"A disruption budget selects pods", "https://kubernetes.io/docs/tasks/run-application/configure-pdb/"},
	"graph/checklist":                      {"The infrastructure that is needed is there", "https://kubernetes.io/docs/setup/production-environment/"},
	"graph/claim-not-found":                {"A claim that is named exists", volumes},
	"graph/claim-shared":                   {"A disk is used by one workload at a time", volumes + "#access-modes"},
	"graph/claim-too-small":                {"A claim has the size that its class needs", classes},
	"graph/config-map-not-found":           {"A ConfigMap that is named exists", "https://kubernetes.io/docs/concepts/configuration/configmap/"},
	"graph/driver-not-installed":           {"The driver of a class is installed", classes + "#provisioner"},
	"graph/duplicate-object":               {"An object is defined once", "https://kubernetes.io/docs/concepts/overview/working-with-objects/names/"},
	"graph/environment-name":               {"A folder describes the environment of its name", language},
	"graph/gpu-memory":                     {"A notebook fits into the memory of its share of a GPU", "https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/gpu-sharing.html"},
	"graph/image-not-found":                {"An image that is named is in the platform", "https://kubernetes.io/docs/concepts/containers/images/"},
	"graph/interceptor-not-found":          {"An interceptor that is named exists", "https://tekton.dev/docs/triggers/interceptors/"},
	"graph/matrix-too-large":               {"A run gives a matrix no more values than Tekton lets a pipeline give it", "https://tekton.dev/docs/pipelines/matrix/"},
	"graph/memlock":                        {"Locked memory is asked for where nodes allow it", "https://docs.nvidia.com/datacenter/cloud-native/gpu-operator/latest/"},
	"graph/metric-not-exported":            {"A metric that is named is exported", "https://github.com/NVIDIA/dcgm-exporter/blob/main/etc/default-counters.csv"},
	"graph/monitor-selects-nothing":        {"A monitor selects something to scrape", "https://prometheus-operator.dev/docs/developer/getting-started/"},
	"graph/more-than-one-slice":            {"A pod asks for one slice of a shared GPU", "https://github.com/NVIDIA/k8s-device-plugin#shared-access-to-gpus"},
	"graph/negative":                       {"Retries and timeouts are not negative", pipeline + "#using-the-retries-field"},
	"graph/network-policy-selects-nothing": {"A network policy selects pods", policies},
	"graph/no-dns":                         {"Pods may resolve names", policies},
	"graph/no-pool-matches":                {"A pod selects nodes that there are", placing},
	"graph/no-room-for-node":               {"A timeout leaves time for a node to start", runs + "#configuring-a-failure-timeout"},
	"graph/node-port-taken":                {"A port of the nodes is asked for once", services + "#type-nodeport"},
	"graph/other-device":                   {"Pools that stand for each other offer the same device", gpus},
	"graph/parallel-without-fallback":      {"Somebody sets the status of every commit", checks},
	"graph/param-missing":                  {"What is required is given", pipeline + "#specifying-parameters"},
	"graph/param-type":                     {"A value has the type of its parameter", tasks + "#specifying-parameters"},
	"graph/param-unknown":                  {"What is given is declared", runs + "#specifying-parameters"},
	"graph/param-unused":                   {"A parameter that is declared is used", tasks + "#specifying-parameters"},
	"graph/phase-not-found":                {"An environment is in a phase that there is", language},
	"graph/pipeline-not-found":             {"A pipeline that is named exists", runs + "#specifying-the-target-pipeline"},
	"graph/uid-not-in-image":               {"A container runs as a user whom its image has", "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"},
	"graph/volume-owner":                   {"Volumes belong to a user whom images have", "https://github.com/kubernetes-sigs/aws-efs-csi-driver#storage-class-parameters-for-dynamic-provisioning"},
	"graph/tool-not-in-image":              {"A script calls what its image has", "https://tekton.dev/docs/pipelines/tasks/#running-scripts-within-steps"},
	"graph/group-not-applied":              {"The group of a pod owns its volumes", "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#configure-volume-permission-and-ownership-change-policy-for-pods"},
	"graph/denied-by-order":                {"What a sync waits for may start when it does", "https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/"},
	"graph/init-user":                      {"Tekton's own init containers have a user", security},
	"graph/pod-level":                      {"A pod meets the Pod Security level of its namespace", security},
	"graph/pod-security":                   {"Tekton's own containers meet the level of the namespace", "https://tekton.dev/docs/pipelines/additional-configs/#running-taskruns-and-pipelineruns-with-restricted-pod-security-standards"},
	"graph/pool-size":                      {"A pool has at least as many nodes as its least", language},
	"graph/port-not-found":                 {"A port that is named exists", services + "#field-spec-ports"},
	"graph/priority-not-found":             {"A priority class that is named exists", "https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/"},
	"graph/promql":                         {"A query parses", "https://prometheus.io/docs/prometheus/latest/querying/basics/"},
	"graph/quota-too-small":                {"A quota has room for what runs at a time", "https://kubernetes.io/docs/concepts/policy/resource-quotas/"},
	"graph/quota-unbalanced":               {"A quota's memory and cpu last as long as its GPUs", "https://kubernetes.io/docs/concepts/policy/resource-quotas/"},
	"graph/quota-without-defaults":         {"A quota refuses no pod for what it leaves out", "https://kubernetes.io/docs/concepts/policy/limit-range/"},
	"graph/reserved-name":                  {"Objects of installed operators keep their names", rbac},
	"graph/role-unbound":                   {"A role is bound to somebody", rbac},
	"graph/config-map-unused":              {"A ConfigMap is used", "https://kubernetes.io/docs/concepts/configuration/configmap/"},
	"graph/required-context":               {"A required status comes for every commit", checks},
	"graph/result-not-found":               {"A result that is taken is declared", pipeline + "#passing-one-tasks-results-into-the-parameters-or-when-expressions-of-another"},
	"graph/role-not-found":                 {"A role that is bound exists", rbac},
	"graph/scale-target-not-found":         {"What is scaled exists", "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/"},
	"graph/script-injection":               {"What strangers write does not become a script", "https://tekton.dev/docs/pipelines/variables/"},
	"graph/secret-key-not-found":           {"A key of a Secret that is named exists", secrets},
	"graph/secret-not-found":               {"A Secret that is named exists", secrets},
	"graph/service-not-found":              {"A Service that is named exists", "https://kubernetes.io/docs/concepts/services-networking/ingress/"},
	"graph/service-selects-nothing":        {"A Service selects pods", services},
	"graph/shared-cluster-object":          {"A cluster-scoped object belongs to one environment", argo},
	"graph/shared-differs":                 {"What all environments share is stated the same", argo},
	"graph/storage-class-not-found":        {"A class that is named exists", classes},
	"graph/taint-not-tolerated":            {"A pod tolerates the taints of its pool", "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"},
	"graph/task-not-found":                 {"A task that is named exists", pipeline + "#adding-tasks-to-the-pipeline"},
	"graph/task-run-spec-unknown":          {"What a run says of a task is of a task of the pipeline", runs + "#specifying-taskrunspecs"},
	"graph/timeout-cut":                    {"A run lasts as long as its tasks may", runs + "#configuring-a-failure-timeout"},
	"graph/too-large-for-pools":            {"A pod asks for what one node offers", "https://tekton.dev/docs/pipelines/compute-resources/"},
	"graph/trigger-part-not-found":         {"What a trigger names exists", listener},
	"graph/two-claims":                     {"A task binds one claim", assist},
	"graph/two-deciders":                   {"One environment decides about a commit", checks},
	"graph/variable-unknown":               {"A variable is one that is filled in", "https://tekton.dev/docs/pipelines/variables/"},
	"graph/cel-syntax":                     {"A CEL expression parses", "https://tekton.dev/docs/triggers/cel_expressions/"},
	"graph/volume-not-found":               {"A volume that is mounted is declared", tasks + "#specifying-volumes"},
	"graph/workspace-unbound":              {"A workspace that is required is bound", spaces},
	"graph/workspace-undeclared":           {"A workspace that is used is declared", spaces},
	"graph/workspace-unknown":              {"A workspace that is bound is declared", spaces},
	"graph/workspace-unused":               {"A workspace that is declared is used", spaces},

	"overlay/file-name": {"What is written beside an overlay stays there", "docs/gate.md"},
	"overlay/stale":     {"The committed overlays are what the platform renders", "https://argo-cd.readthedocs.io/en/stable/user-guide/kustomize/"},

	"image/invalid-reference":     {"An image reference parses", "https://kubernetes.io/docs/concepts/containers/images/#image-names"},
	"image/not-pinned":            {"An image is named by digest", "https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy"},
	"image/policy-covers-nothing": {"A signing policy covers images that run", signingDocs},
	"image/policy-missing":        {"Each image of a namespace that has them verified is covered by a policy", signingDocs},
	"image/not-verified":          {"An image's signature could be looked at", signingDocs},
	"image/signature-failed":      {"An image is signed by who should", signingDocs},
	"image/tool-missing":          {"An image has the programs that the platform states", "docs/platform.md#images"},
	"image/variable":              {"An image is known before the run", tasks},

	"storage/slow-claim": {"A claim that is to be fast lies on a disk", "https://kubernetes.io/docs/concepts/storage/storage-classes/"},

	"waiver/expired":    {"A waiver holds", waiving},
	"waiver/unused":     {"A waiver lets something off", waiving},
	"waiver/incomplete": {"A waiver says of what, why and by whom", waiving},
}

// CatalogueMarkdown documents the rules that are written in Go.
func CatalogueMarkdown() string {
	var b strings.Builder
	b.WriteString("\n# Rules of the checker itself\n\nThey ask upstream's own code, or look across objects. Each finding says what to do.\n\n| rule | what holds |\n|---|---|\n")
	for _, id := range slices.Sorted(maps.Keys(Catalogue)) {
		fmt.Fprintf(&b, "| `%s` | [%s](%s) |\n", id, Catalogue[id].Title, Catalogue[id].Link)
	}
	return b.String()
}
