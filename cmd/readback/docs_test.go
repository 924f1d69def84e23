package main

import (
	"os"
	"strings"
	"testing"

	"readback/config"
)

// TestOperationsPage holds the table of settings in the page to the code's.
func TestOperationsPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), config.Reference()) {
		t.Error("docs/operations.md lacks the table that `readback check --docs` prints: put it in")
	}
}
