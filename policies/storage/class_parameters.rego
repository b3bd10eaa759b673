# METADATA
# title: A StorageClass has parameters that its driver knows
# description: |
#   A driver refuses claims of a class with parameters that it does not know or that lack: they
#   stay Pending, and only an event says why.
# related_resources:
#   - ref: https://github.com/kubernetes-sigs/aws-efs-csi-driver#storage-class-parameters-for-dynamic-provisioning
#   - ref: https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md
# custom:
#   id: storage/class-parameters
#   severity: error
#   remedy: "write the parameters of the driver, see its documentation"
package tenon.rules.storage.class_parameters

efs if input.provisioner in {"efs.csi.aws.com", "kubernetes.io/aws-efs"}

ebs if input.provisioner in {"ebs.csi.aws.com", "kubernetes.io/aws-ebs"}

deny contains {"msg": msg, "path": ["parameters", "provisioningMode"]} if {
	input.kind == "StorageClass"
	efs
	mode := object.get(input, ["parameters", "provisioningMode"], "")
	mode != "efs-ap"
	msg := sprintf("the EFS driver has no provisioningMode %q, only efs-ap", [mode])
}

deny contains {"msg": msg, "path": ["parameters"]} if {
	input.kind == "StorageClass"
	efs
	not input.parameters.fileSystemId
	msg := "the EFS driver needs fileSystemId"
}

deny contains {"msg": msg, "path": ["parameters", "type"]} if {
	input.kind == "StorageClass"
	ebs
	type := input.parameters.type
	not type in {"gp2", "gp3", "io1", "io2", "st1", "sc1", "standard"}
	msg := sprintf("EBS has no volume type %s", [type])
}

deny contains {"msg": msg, "path": ["parameters", "throughput"]} if {
	input.kind == "StorageClass"
	ebs
	input.parameters.throughput
	input.parameters.type != "gp3"
	msg := sprintf("only gp3 takes a throughput, and the class makes %s", [input.parameters.type])
}
