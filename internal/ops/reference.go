package ops

import (
	"cmp"
	"fmt"
	"strings"
)

// Reference returns the table of pages and the roles that may ask for them, in Markdown.
func Reference() string {
	var b strings.Builder
	b.WriteString("| page | role |\n|---|---|\n")
	for _, r := range rules {
		role := cmp.Or(strings.ReplaceAll(r.roles.String(), ", ", " or "), "none is needed")
		if r.roles == anyRole {
			role = "any"
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.TrimSuffix(r.pattern, "{$}"), role)
	}
	return b.String()
}
