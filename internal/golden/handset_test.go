package golden

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestHandsetReadme: the README explains each field of the vectors, and the names of the vectors are all different.
func TestHandsetReadme(t *testing.T) {
	all := HandsetVectors(t)
	names := make(map[string]bool)
	for _, m := range all.Messages {
		if names[m.Name] {
			t.Errorf("two messages are called %s", m.Name)
		}
		names[m.Name] = true
		if isNone := strings.HasPrefix(m.Name, "none") || m.Malformed; isNone != (m.Found.Number == nil) || isNone != (len(m.Responses) == 0) {
			t.Errorf("%s has a number or responses against its name", m.Name)
		}
		if m.Malformed != strings.HasPrefix(m.Name, "malformed") {
			t.Errorf("%s: malformed is %t", m.Name, m.Malformed)
		}
	}
	readme, err := os.ReadFile(filepath.Join(Testdata(t), "handset", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(Testdata(t), HandsetPath))
	if err != nil {
		t.Fatal(err)
	}
	var file any
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	for key := range keysOf(file, make(map[string]bool)) {
		if !strings.Contains(string(readme), "`"+key+"`") {
			t.Errorf("the README does not explain %s", key)
		}
	}
}

// keysOf collects the keys of JSON, but for those of a read response's body, which docs/wire.md explains.
func keysOf(v any, keys map[string]bool) map[string]bool {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			keys[key] = true
			if key != "json" {
				keysOf(value, keys)
			}
		}
	case []any:
		for _, value := range v {
			keysOf(value, keys)
		}
	}
	return keys
}
