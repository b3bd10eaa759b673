package rules

import "tenon.dev/tenon/internal/finding"

var overlayRules = []finding.Rule{
	{
		ID: "overlay/file-name", Severity: finding.Error,
		Title: "Files beside an overlay have names that no other tool acts on",
		Why: "kustomize, Helm and Argo CD act on names such as kustomization.yaml or .argocd-source.yaml: the sync would then " +
			"deploy something else than what was judged. A name can also lead out of the folder.",
		Remedy: "call it samples/NAME, github/NAME, tekton/NAME or NAME.yaml, and write plugin parameters in the Application",
		Links:  []string{"docs/gate.md"},
	},
	{
		ID: "overlay/stale", Severity: finding.Error,
		Title: "The committed overlays are what the platform renders",
		Why: "Argo CD deploys the committed overlays, reviewers read the CUE: where the two differ, somebody edited an overlay by " +
			"hand or forgot to render, and the cluster gets what nobody reviewed.",
		Remedy: "run tenon render and commit overlays/; edit the CUE, not the overlays",
		Links:  []string{"https://argo-cd.readthedocs.io/en/stable/user-guide/kustomize/"},
	},
}
