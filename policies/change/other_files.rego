# METADATA
# title: Files outside of the platform are told
# description: |
#   Nothing here judges what lies beside the platform, and CI may run any of it under a name that is put together while it runs.
# related_resources:
#   - ref: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
# custom:
#   id: change/other-files
#   severity: info
#   input: change
#   remedy: "have them reviewed like other code"
package tenon.rules.change.other_files

deny contains {"msg": msg, "item": files} if {
	some files in input.change.automation
	files.op == "others"
	msg := sprintf("outside of the platform %s, which nothing here judges", [names(files)])
}

names(files) := sprintf("%s changes", [files.names]) if files.many == 1

names(files) := sprintf("%d files change (%s)", [files.many, files.names]) if files.many > 1
