# METADATA
# title: Volumes are made by CSI drivers
# description: |
#   The drivers in Kubernetes itself are gone: kubernetes.io/aws-ebs lives on as a name that is
#   translated if the CSI driver is installed, and kubernetes.io/aws-efs never existed.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/storage/volumes/#awselasticblockstore
# custom:
#   id: storage/in-tree-provisioner
#   severity: error
#   remedy: "name the CSI driver, such as ebs.csi.aws.com or efs.csi.aws.com"
package tenon.rules.storage.in_tree_provisioner

deny contains {"msg": msg, "path": ["provisioner"]} if {
	input.kind == "StorageClass"
	startswith(input.provisioner, "kubernetes.io/")
	input.provisioner != "kubernetes.io/no-provisioner"
	msg := sprintf("provisioner %s is not a CSI driver", [input.provisioner])
}
