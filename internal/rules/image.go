package rules

import "tenon.dev/tenon/internal/finding"

var imageRules = []finding.Rule{
	{
		ID: "image/invalid-reference", Severity: finding.Error,
		Title:  "An image reference parses",
		Why:    "The kubelet cannot parse it: the pod stays at InvalidImageName and pulls nothing.",
		Remedy: "write registry/repository:tag@sha256:digest",
		Links:  []string{"https://kubernetes.io/docs/concepts/containers/images/#image-names"},
	},
	{
		ID: "image/not-pinned", Severity: finding.Error,
		Title: "An image is named by digest",
		Why: "A tag can be moved at any time: two runs of one commit get different programs, nodes keep different ones in their " +
			"cache, and whoever may push to the registry changes what runs.",
		Remedy: "run tenon image lock, or write the digest behind the tag",
		Links:  []string{"https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy"},
	},
	{
		ID: "image/not-verified", Severity: finding.Error, Lowest: &warning,
		Title: "An image's signature could be looked at",
		Why: "The registry did not answer, the root of trust or a policy is missing, or a bound was reached: whether " +
			"policy-controller would admit the image is not known. An error where verification is required, else a warning.",
		Remedy: "make the registry reachable, give the root of trust, or cover the image by a signing policy",
		Links:  []string{signingDocs},
	},
	{
		ID: "image/policy-covers-nothing", Severity: finding.Warning,
		Title: "A signing policy covers images that run",
		Why: "Globs match whole references: * stays within one segment and ** crosses them, and images are seen by digest, not by " +
			"tag. A policy that matches nothing verifies nothing, or leaves the images to no-match-policy, which denies them.",
		Remedy: "correct its globs",
		Links:  []string{signingDocs},
	},
	{
		ID: "image/policy-missing", Severity: finding.Error, Lowest: &warning,
		Title: "Policies cover every image of a namespace that has images verified",
		Why: "In a namespace with policy.sigstore.dev/include: \"true\" policy-controller denies what no ClusterImagePolicy " +
			"matches (no matching policies), and so also the images that Tekton puts into pods by itself, such as entrypoint and " +
			"nop: every TaskRun fails.",
		Remedy: "add the image's name to the globs of a policy, or state in facts.tekton.images what the controllers' arguments name " +
			"instead",
		Links: []string{signingDocs},
	},
	{
		ID: "image/signature-failed", Severity: finding.Error, Lowest: &warning,
		Title: "An image is signed as the policy asks",
		Why: "policy-controller denies the pod (no matching signatures): the image was built elsewhere, signed by another " +
			"identity, or replaced in the registry. A warning where the policy's mode is warn.",
		Remedy: "sign the image that is in the registry as the policy asks, or correct the lock",
		Links:  []string{signingDocs},
	},
	{
		ID: "image/tool-missing", Severity: finding.Error,
		Title: "An image has the programs that the platform states",
		Why: "The image was read, and the program is not on its PATH: scripts that call it end with exit code 127, and rules that " +
			"trust tools are wrong about it.",
		Remedy: "use an image that has it, add it to the image, or state the path where it lies",
		Links:  []string{"docs/platform.md#images"},
	},
	{
		ID: "image/variable", Severity: finding.Warning,
		Title: "An image is known before the run starts",
		Why: "An image that is put together from $(params.x) is chosen when the run starts: it cannot be pinned, scanned, verified " +
			"or pre-pulled before, and whoever gives the parameter chooses what runs.",
		Remedy: "name the image with its digest",
		Links:  []string{tasks},
	},
}
