# METADATA
# title: Images run as a user of their own
# description: |
#   Without USER, or with root, the image runs as root: Pod Security restricted refuses it, or what it writes belongs to root.
# related_resources:
#   - ref: https://docs.docker.com/build/building/best-practices/#user
# custom:
#   id: images/root-user
#   severity: error
#   remedy: "end with USER and the number of a user without rights"
package tenon.rules.images.root_user

deny contains {"msg": msg, "path": d.path, "text": text} if {
	some d in input.tenon.dockerfiles
	some stage in d.facts.stages
	stage.last
	user := split(stage.user, ":")[0]
	user in {"", "0", "root"}

	not says_nonroot(stage, user)
	text := {true: "FROM", false: "USER"}[user == ""]
	msg := sprintf("the image runs as %s", [{true: "root, since no USER is set", false: user}[user == ""]])
}

# Images of this name say themselves that they run as another user.
says_nonroot(stage, "") if contains(stage.from, "nonroot")
