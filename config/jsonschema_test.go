package config

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"readback/internal/yamlfile"
)

var update = flag.Bool("update", false, "write docs/config.schema.json anew")

// TestSchemaFile holds the file for editors against the code. With -update it writes it.
func TestSchemaFile(t *testing.T) {
	const path = "../docs/config.schema.json"
	if *update {
		if err := os.WriteFile(path, JSONSchema(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, JSONSchema()) {
		t.Errorf("docs/config.schema.json is not what the code says (%v): go test ./config -run TestSchemaFile -update", err)
	}
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("config.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("config.json") // against the schema of schemas, too
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON returns a node of YAML as JSON has it: keys are texts.
func asJSON(n *yaml.Node) any {
	switch n = yamlfile.Resolve(n); n.Kind {
	case yaml.DocumentNode:
		return asJSON(n.Content[0])
	case yaml.MappingNode:
		m := make(map[string]any)
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = asJSON(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		all := make([]any, 0, len(n.Content))
		for _, c := range n.Content {
			all = append(all, asJSON(c))
		}
		return all
	}
	var v any
	_ = n.Decode(&v) // what cannot be decoded is null
	switch v.(type) {
	case int, uint64, float64:
		b, _ := json.Marshal(v)
		return json.Number(b)
	case time.Time:
		return n.Value
	}
	return v
}

// onlyLoad are bad files with which only Load finds fault: their keys contradict each other or what is in other
// files, or a value is wrong in a way that a schema cannot say.
var onlyLoad = []string{
	"bad_account_digits.yaml", "bad_case.yaml", "bad_cdr.yaml", "bad_clients.yaml", "bad_clients_cluster.yaml",
	"bad_contradictions.yaml", "bad_contradictions_cluster.yaml", "bad_hold.yaml", "bad_listen_tls.yaml",
	"bad_ops.yaml", "bad_ops_credentials.yaml", "bad_otlp_headers.yaml", "bad_proof.yaml", "bad_proof_keys.yaml", "bad_reads_auth.yaml",
	"bad_shared_empty.yaml", "bad_shared_files.yaml", "bad_shared_missing.yaml", "bad_smsc_tls.yaml",
	"bad_two_documents.yaml",
}

// A good file is good for the schema. A bad one is not, but for those that only Load can judge.
func TestSchemaOfFiles(t *testing.T) {
	schema := compileSchema(t)
	paths, err := filepath.Glob(filepath.Join(files, "*.yaml"))
	if err != nil || len(paths) < 10 {
		t.Fatalf("files: got %d (%v), want at least 10", len(paths), err)
	}
	for _, path := range paths {
		name := filepath.Base(path)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var n yaml.Node
		if yaml.Unmarshal(data, &n) != nil {
			continue // editors say it
		}
		var doc any
		if n.Kind != 0 {
			doc = asJSON(&n)
		}
		err = schema.Validate(doc)
		want := !strings.HasPrefix(name, "bad") || slices.Contains(onlyLoad, name)
		if (err == nil) != want {
			t.Errorf("%s: got %v, want it valid: %t", name, err, want)
		}
	}
}

// The sample with all defaults is good.
func TestSchemaOfSample(t *testing.T) {
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(Sample()), &n); err != nil {
		t.Fatal(err)
	}
	if err := compileSchema(t).Validate(asJSON(&n)); err != nil {
		t.Error(err)
	}
}

// eachKey calls f with each key of the schema that has a value, in the way in which it stands in a file: the sections
// and lists around it, and the key.
func eachKey(s map[string]any, path []string, f func(path []string)) {
	properties, _ := s["properties"].(map[string]any)
	for name, p := range properties {
		eachKey(p.(map[string]any), append(slices.Clone(path), name), f)
	}
	if item, ok := s["items"].(map[string]any); ok && item["properties"] != nil {
		eachKey(item, append(slices.Clone(path), "[]"), f)
	}
	if account, ok := s["additionalProperties"].(map[string]any); ok {
		eachKey(account, append(slices.Clone(path), "bank"), f)
	}
	if properties == nil {
		f(path)
	}
}

// Load knows each key of the schema, and the schema each key of Load's.
func TestSchemaKeys(t *testing.T) {
	var s map[string]any
	if err := json.Unmarshal(JSONSchema(), &s); err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	eachKey(s, nil, func(path []string) {
		seen[strings.ReplaceAll(strings.Join(path, "."), "accounts.bank.", "accounts.SYSTEM_ID.")] = true
		text := "7"
		for _, name := range slices.Backward(path) {
			if name == "[]" {
				text = "[" + text + "]"
			} else {
				text = "{" + name + ": " + text + "}"
			}
		}
		file := filepath.Join(t.TempDir(), "f.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(file, nil); err != nil && strings.Contains(err.Error(), "unknown key") {
			t.Errorf("%s: Load does not know it: %v", text, err)
		}
	})
	for _, key := range Settings() {
		if !seen[key.Key] {
			t.Errorf("the schema lacks %s", key.Key)
		}
	}
}
