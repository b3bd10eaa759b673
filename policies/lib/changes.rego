# METADATA
# title: What several rules about changes say
package tenon.changes

# right says what an item of rights is about.
right(item) := sprintf("%s%s", [concat("; ", array.concat(allowed, unknown)), scope(item)]) if {
	allowed := [sprintf("%s %s%s", [verbs(rule), concat(", ", what(rule)), named(rule)]) | some rule in item.rules]
	unknown := [sprintf("do what %s allows, which is not among the objects", [role]) | some role in item.roles]
}

verbs(rule) := "do anything with" if "*" in rule.verbs

verbs(rule) := concat(", ", rule.verbs) if not "*" in rule.verbs

# few names the first of many.
few(names) := concat(", ", names) if count(names) <= 4

few(names) := sprintf("%s and %d more", [concat(", ", array.slice(names, 0, 3)), count(names) - 3]) if count(names) > 4

what(rule) := [name | some resource in rule.resources; some group in rule.apiGroups; name := qualified(resource, group)] if rule.resources

what(rule) := rule.nonResourceURLs if not rule.resources

qualified(resource, "") := resource

qualified(resource, group) := sprintf("%s.%s", [resource, group]) if group != ""

named(rule) := sprintf(" called %s", [concat(", ", rule.resourceNames)]) if rule.resourceNames

named(rule) := "" if not rule.resourceNames

scope(item) := sprintf(" in %s", [item.namespace]) if item.namespace != ""

scope(item) := " in the whole cluster" if item.namespace == ""

# connection says what an item of reach is about.
connection(item) := sprintf("reach %s%s", [item.peer, ports(item)]) if item.direction == "egress"

connection(item) := sprintf("be reached by %s%s", [item.peer, ports(item)]) if item.direction == "ingress"

ports(item) := sprintf(" on %s", [item.ports]) if item.ports != "any"

ports(item) := "" if item.ports == "any"

# multiplied tells whether an amount is twice what it was, or more.
multiplied(cost) if cost.factor >= 2

# next tells whether an environment moves by one phase, or from one that is no more.
next(move) if move.steps == 1

next(move) if not move.known

# was says where an object that is gone was stated, in the base.
was(object) := sprintf(" (was %s)", [object.was]) if object.was

was(object) := "" if not object.was
