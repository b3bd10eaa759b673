package finding

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// longestCompared and mostCompared bound what is compared.
const longestCompared, mostCompared = 100, 400

// Nearest returns the name that differs from a given one by a slip of the keys, in case, or
// by an ending.
func Nearest(name string, names []string) string {
	if len(name) > longestCompared || len(names) > mostCompared {
		return "" // a comparison takes the product of all lengths
	}
	best, distance := "", max(1, len(name)/3)+1
	for _, candidate := range names {
		if len(candidate) > longestCompared {
			continue
		}
		d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(candidate))
		if d < distance {
			best, distance = candidate, d
		}
	}
	return best
}
