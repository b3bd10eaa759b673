package report

import (
	"fmt"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/diff"
	"tenon.dev/tenon/internal/finding"
)

// group is objects that came or went as a whole, in the same targets: those of a new environment, say.
type group struct {
	op      diff.Op
	targets []finding.Target
	objects []diff.Object
}

// fewest is how many objects are worth a group.
const fewest = 4

// grouped takes the objects out of changes that came or went with others.
func grouped(changes []diff.Object) (rest []diff.Object, groups []group) {
	for _, o := range changes {
		if len(o.Changes) > 0 {
			rest = append(rest, o)
			continue
		}
		i := slices.IndexFunc(groups, func(g group) bool { return g.op == o.Op && slices.Equal(g.targets, o.Targets) })
		if i < 0 {
			i, groups = len(groups), append(groups, group{op: o.Op, targets: o.Targets})
		}
		groups[i].objects = append(groups[i].objects, o)
	}
	for _, g := range groups {
		if len(g.objects) < fewest {
			rest = append(rest, g.objects...)
		}
	}
	slices.SortStableFunc(rest, func(a, b diff.Object) int { return strings.Compare(a.Object.Kind, b.Object.Kind) })
	return rest, slices.DeleteFunc(groups, func(g group) bool { return len(g.objects) < fewest })
}

func (g group) title(all int) string {
	return fmt.Sprintf("%s %s%s", count(len(g.objects), "object"), g.op, inTargets(g.targets, all))
}

// kinds names the objects, a line for each kind.
func (g group) kinds() []string {
	var order []string
	names := map[string][]string{}
	for _, o := range g.objects {
		kind, name := o.Object.Kind, o.Object.Name
		if names[kind] == nil {
			order = append(order, kind)
		}
		if o.Object.Namespace != "" && slices.Contains(names[kind], name) {
			name = o.Object.Namespace + "/" + name
		}
		names[kind] = append(names[kind], name)
	}
	for i, kind := range order {
		order[i] = kind + " " + strings.Join(names[kind], ", ")
	}
	return order
}
