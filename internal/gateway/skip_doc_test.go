package gateway

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// docs/operations.md lists every skip, with its meaning.
func TestSkipsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range skips {
		if line := fmt.Sprintf("\n| `%s` | %s |\n", row.name, row.meaning); !strings.Contains(string(doc), line) {
			t.Errorf("docs/operations.md has no line%s", line)
		}
	}
}
