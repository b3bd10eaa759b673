package rules

import "tenon.dev/tenon/internal/finding"

var graphImages = []finding.Rule{
	{
		ID: "graph/image-not-found", Severity: finding.Error,
		Title:  "An image's base is an image of the platform",
		Why:    "from names another image of the platform that the build starts with; without it nothing can be built or inherited.",
		Remedy: "name one of the platform's images in from",
		Links:  []string{"https://kubernetes.io/docs/concepts/containers/images/"},
	},
	{
		ID: "graph/tool-not-in-image", Severity: finding.Error,
		Title: "A script calls what its image has",
		Why: "The step ends with exit code 127, command not found, once it gets there; before that it may have waited for a GPU. " +
			"What images hold is read by tenon image inspect, or stated in their tools.",
		Remedy: "use an image that has it, add it to the image, or state it in the image's tools",
		Links:  []string{"https://tekton.dev/docs/pipelines/tasks/#running-scripts-within-steps"},
	},
	{
		ID: "graph/uid-not-in-image", Severity: finding.Error,
		Title: "A container runs as a user whom its image has",
		Why: "A user without an entry in the image has no home and no name (I have no name!, whoami: cannot find name for user " +
			"ID), and may neither read nor write what the image keeps for its own: pip, git and Jupyter fail with Permission " +
			"denied.",
		Remedy: "run as the image's own user, or state the user in facts.images",
		Links:  []string{"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"},
	},
	{
		ID: "graph/volume-owner", Severity: finding.Warning,
		Title: "Volumes belong to a user whom images have",
		Why: "The EFS driver gives each volume's access point the uid and gid of the class: steps that run as another user get " +
			"Permission denied, or write as somebody else.",
		Remedy: "make parameters.uid the user that the steps run as, and gid its group",
		Links:  []string{"https://github.com/kubernetes-sigs/aws-efs-csi-driver#storage-class-parameters-for-dynamic-provisioning"},
	},
}
