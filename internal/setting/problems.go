package setting

import (
	"fmt"
	"slices"
	"strings"
)

// maxProblems is how many problems of one list are shown.
const maxProblems = 5

// Problems joins what is wrong with the items of a list.
type Problems struct {
	whats, hints []string
	more         int
}

// Add adds the problem of an item. It shows the same problem once, and the same hint.
func (ps *Problems) Add(what, hint string) {
	if slices.Contains(ps.whats, what) {
		return
	}
	if len(ps.whats) == maxProblems {
		ps.more++
		return
	}
	ps.whats = append(ps.whats, what)
	if hint != "" && !slices.Contains(ps.hints, hint) {
		ps.hints = append(ps.hints, hint)
	}
}

// Joined returns all of them as one; nil if there is none.
func (ps *Problems) Joined() *Problem {
	if len(ps.whats) == 0 {
		return nil
	}
	what := strings.Join(ps.whats, "; ")
	if ps.more > 0 {
		what += fmt.Sprintf("; and %d more", ps.more)
	}
	return &Problem{what, strings.Join(ps.hints, "; ")}
}
