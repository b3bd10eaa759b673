# METADATA
# title: Wheels are built with a build front end
# description: |
#   setup.py bdist_wheel is deprecated, and an image with python3 alone has no command python.
# related_resources:
#   - ref: https://packaging.python.org/en/latest/discussions/setup-py-deprecated/
# custom:
#   id: images/setup-py
#   severity: info
#   remedy: "python3 -m build --wheel"
package tenon.rules.images.setup_py

deny contains {"msg": msg, "path": d.path, "text": "setup.py"} if {
	some d in input.tenon.dockerfiles
	some stage in d.facts.stages
	some run in stage.run
	regex.match(`setup\.py\s+(bdist_wheel|install|sdist)`, run)
	msg := "the Dockerfile runs setup.py"
}
