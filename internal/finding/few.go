package finding

import (
	"fmt"
	"strings"
)

// Few names the first of many, and says how many more there are.
func Few(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
