package rules

import "tenon.dev/tenon/internal/finding"

// standard are severities by consequence: what findings of a rule weigh in manifests that are not of a platform, where
// they are not the rule's own (finding.Rule.Standard). There an error is what a server refuses, what can never start or
// work whatever is not in sight, and a hole that needs no argument: a credential in clear, a webhook's value in a
// script. What is likely wrong, or right only with something that is not in sight, is a warning; advice is an info.
var standard = map[string]finding.Severity{
	// The API server and Tekton take it, and it runs.
	"gpu/one-step":                       finding.Warning, // the pod asks for the sum
	"gpu/not-requested":                  finding.Warning, // device plugins and exporters do so on purpose
	"gpu/visible-devices":                finding.Warning,
	"graph/param-unused":                 finding.Info, // a catalogue keeps parameters that callers give
	"image/not-pinned":                   finding.Info,
	"images/base-not-pinned":             finding.Info,
	"images/root-user":                   finding.Info,
	"images/visible-devices":             finding.Warning,
	"network/ignored-rules":              finding.Warning,
	"network/ingress-without-tls":        finding.Warning,
	"network/open-egress":                finding.Warning,
	"operations/control-plane-namespace": finding.Warning,
	"operations/object-in-config-map":    finding.Warning,
	"operations/owner-reference":         finding.Warning, // an export of a cluster has owners
	"pipeline/host-access":               finding.Warning,
	"pipeline/ignored-failure":           finding.Warning,
	"pipeline/lost-exit-code":            finding.Warning,
	"pipeline/no-tasks":                  finding.Warning,
	"pipeline/root-step":                 finding.Warning,
	"rbac/admin-binding":                 finding.Warning, // controllers need such rights
	"rbac/cluster-wide-secrets":          finding.Warning,
	"rbac/cluster-wide-workloads":        finding.Warning,
	"rbac/impersonation":                 finding.Warning,
	"rbac/wildcard":                      finding.Warning,
	"rollout/empty-sync":                 finding.Warning,
	"secrets/guessable":                  finding.Warning, // examples have them
	"secrets/url-variable":               finding.Warning,
	"storage/in-tree-provisioner":        finding.Warning, // Kubernetes hands its claims to the CSI driver
	"supply-chain/docker-client":         finding.Warning,
	"triggers/unsigned-events":           finding.Warning, // the listener may be reached from the cluster alone

	// What is not in sight may make it right.
	"graph/account-not-allowed":    finding.Warning,
	"graph/api-unreachable":        finding.Warning, // policies add up
	"graph/no-dns":                 finding.Warning,
	"graph/priority-not-found":     finding.Warning,
	"graph/quota-without-defaults": finding.Warning,
	"network/namespace-label":      finding.Warning,
}
