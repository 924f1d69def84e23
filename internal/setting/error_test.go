package setting

import (
	"fmt"
	"strings"
	"testing"
)

// TestManyErrors: beyond the first hundred by line, errors are only counted.
func TestManyErrors(t *testing.T) {
	for _, tt := range []struct{ errors, lines int }{{0, 0}, {MaxErrors, MaxErrors}, {MaxErrors + 1, MaxErrors + 1}, {5000, MaxErrors + 1}} {
		var all Errors
		for i := range tt.errors {
			all = append(all, &Error{File: "x.yaml", Line: tt.errors - i, Problem: "wrong"})
		}
		all = all.Sorted()
		if len(all) != tt.lines || all.Count() != tt.errors {
			t.Errorf("%d errors: got %d lines and a count of %d, want %d lines", tt.errors, len(all), all.Count(), tt.lines)
		}
		if tt.errors > MaxErrors {
			text := all.Error()
			last := fmt.Sprintf("x.yaml: and %d more (hint: correct those above first)", tt.errors-MaxErrors)
			if !strings.HasPrefix(text, "x.yaml:1: wrong\nx.yaml:2: wrong\n") || !strings.HasSuffix(text, "\n"+last) {
				t.Errorf("%d errors: got\n%s", tt.errors, text)
			}
		}
	}
}
