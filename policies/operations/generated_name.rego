# METADATA
# title: What is applied has a name
# description: |
#   kubectl apply and Argo CD cannot apply an object with generateName: it is made anew by
#   kubectl create only.
# related_resources:
#   - ref: https://kubernetes.io/docs/reference/using-api/api-concepts/#generated-values
# custom:
#   id: operations/generated-name
#   severity: info
#   remedy: "keep runs out of what is applied, or make them with kubectl create"
package tenon.rules.operations.generated_name

deny contains {"msg": msg, "path": ["metadata", "generateName"]} if {
	input.metadata.generateName
	endswith(object.get(input.metadata, "name", "*"), "*") # which stands where there is none
	msg := "objects with generateName can be created, but not applied"
}
