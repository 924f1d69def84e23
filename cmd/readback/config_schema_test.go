package main

import (
	"encoding/json"
	"testing"
)

// TestConfigSchemaCommand prints a schema.
func TestConfigSchemaCommand(t *testing.T) {
	out, err := execute(t, "config", "schema")
	var s struct{ Properties map[string]any }
	if err != nil || json.Unmarshal([]byte(out), &s) != nil || s.Properties["smsc"] == nil {
		t.Errorf("got %.200q, %v", out, err)
	}
}
