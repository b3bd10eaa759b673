# METADATA
# title: What verified attestations say of an image
package tenon.attested

# provenances are the predicates of SLSA, of version 1 and 0.2 (https://slsa.dev/spec/v1.0/provenance).
provenances contains statement.predicate if {
	some statement in input.image.attestations
	startswith(statement.predicateType, "https://slsa.dev/provenance/")
}

builders contains predicate.runDetails.builder.id if some predicate in provenances

builders contains predicate.builder.id if some predicate in provenances

materials contains material.uri if {
	some predicate in provenances
	some material in predicate.buildDefinition.resolvedDependencies
}

materials contains material.uri if {
	some predicate in provenances
	some material in predicate.materials
}

# sources are the materials that are repositories, bases those that are images.
sources contains uri if {
	some uri in materials
	startswith(uri, "git+")
}

bases contains uri if {
	some uri in materials
	some scheme in ["pkg:docker/", "pkg:oci/", "docker://", "oci://"]
	startswith(uri, scheme)
}

# packages of the SBOMs, of SPDX and of CycloneDX, each with its licences.
packages contains {"name": entry.name, "version": object.get(entry, "versionInfo", ""), "licences": licences} if {
	some statement in input.image.attestations
	statement.predicateType == "https://spdx.dev/Document"
	some entry in statement.predicate.packages
	licences := {licence | some field in ["licenseDeclared", "licenseConcluded"]; licence := entry[field]; licence != "NOASSERTION"}
}

packages contains {"name": component.name, "version": object.get(component, "version", ""), "licences": licences} if {
	some statement in input.image.attestations
	statement.predicateType == "https://cyclonedx.org/bom"
	some component in statement.predicate.components
	some licences in [licences_of(object.get(component, "licenses", []))]
}

licences_of(list) := {licence | some entry in list; licence := entry.license.id} | {licence | some entry in list; licence := entry.expression}

# starts tells whether a URI is below one of those that may be.
starts(uri, allowed) if {
	some start in allowed
	startswith(uri, start)
}
