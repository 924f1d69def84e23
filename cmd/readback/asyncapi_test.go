package main

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"readback/relay/message"
)

// asyncAPI reads docs/asyncapi.yaml as JSON has it.
func asyncAPI(t *testing.T) map[string]any {
	t.Helper()
	text, err := os.ReadFile("../../docs/asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	text, err = json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc.(map[string]any)
}

// asyncAddresses are the subjects and topics of the document.
func asyncAddresses(t *testing.T) (all []string) {
	t.Helper()
	for _, c := range asyncAPI(t)["channels"].(map[string]any) {
		all = append(all, c.(map[string]any)["address"].(string))
	}
	return all
}

// ownSubjects are subjects of which nobody else may make anything.
var ownSubjects = []string{"readback.ledger.0", "readback.ledger.owner", "readback.held."}

// TestAsyncAPIHasTheSubjects looks for the subjects and topics of the code in the document: constants are whole, or
// end where the name of a receiver or of an account begins.
func TestAsyncAPIHasTheSubjects(t *testing.T) {
	addresses := asyncAddresses(t)
	isSubject := regexp.MustCompile(`^readback[./][a-z]+([./]|$)[a-z0-9./]*$`)
	found := 0
	err := filepath.WalkDir("../../relay", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if _, isImport := n.(*ast.ImportSpec); isImport {
				return false
			}
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, _ := strconv.Unquote(lit.Value) // the parser has seen that it can be
			if !isSubject.MatchString(text) || slices.Contains(ownSubjects, text) {
				return true
			}
			found++
			if !slices.ContainsFunc(addresses, func(a string) bool { return a == text || strings.HasPrefix(a, text+"{") }) {
				t.Errorf("%s: docs/asyncapi.yaml lacks %s", path, text)
			}
			return true
		})
		return nil
	})
	if err != nil || found < 5 {
		t.Errorf("got %d subjects, %v; want all", found, err)
	}
}

// TestAsyncAPIAgreesWithWire compares the document with the tables of subjects and topics in docs/wire.md.
func TestAsyncAPIAgreesWithWire(t *testing.T) {
	page, err := os.ReadFile("../../docs/wire.md")
	if err != nil {
		t.Fatal(err)
	}
	inPage := make(map[string]bool)
	for _, m := range regexp.MustCompile("`(readback[./][a-z0-9./]+(?:<[a-z]+>)?)`").FindAllStringSubmatch(string(page), -1) {
		inPage[strings.NewReplacer("<", "{", ">", "}").Replace(m[1])] = true
	}
	for _, a := range asyncAddresses(t) {
		if a != "/" && !inPage[a] {
			t.Errorf("docs/wire.md lacks %s", a)
		}
	}
}

// TestAsyncAPIExamples checks the JSON in docs/wire.md by the schemas, and the examples of the document itself.
func TestAsyncAPIExamples(t *testing.T) {
	doc := asyncAPI(t)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("asyncapi.json", doc); err != nil {
		t.Fatal(err)
	}
	check := func(name string, v any, where string) {
		t.Helper()
		s, err := c.Compile("asyncapi.json#/components/schemas/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v", where, err)
		}
	}
	for name, m := range doc["components"].(map[string]any)["messages"].(map[string]any) {
		examples, _ := m.(map[string]any)["examples"].([]any)
		for _, e := range examples {
			payload := m.(map[string]any)["payload"].(map[string]any)["$ref"].(string)
			check(payload[strings.LastIndexByte(payload, '/')+1:], e.(map[string]any)["payload"], "the example of "+name)
		}
	}
	counts := make(map[string]int)
	for _, v := range wireExamples(t) {
		name := "Verdicts"
		switch has := func(key string) bool { _, ok := v[key]; return ok }; {
		case has("opted_out"), has("receipt_pending") && len(v) == 1:
			continue // of another page, or a part
		case has("type"):
			name = "Event"
		case has("message_ids"):
			name = "Feedback"
		case has("receiver"):
			name = "Reads"
		case !has("code"):
			continue
		}
		counts[name]++
		check(name, v, "docs/wire.md")
	}
	for _, name := range []string{"Event", "Feedback", "Reads", "Verdicts"} {
		if counts[name] == 0 {
			t.Errorf("docs/wire.md has no example of %s: %v", name, counts)
		}
	}
	if s, err := c.Compile("asyncapi.json#/components/schemas/Event"); err != nil || s.Validate(map[string]any{"type": "opened"}) == nil {
		t.Errorf("an event that is none is valid (%v)", err)
	}
}

// wireExamples returns the objects of JSON in the blocks of docs/wire.md. Times that are left out there are some time.
func wireExamples(t *testing.T) (all []map[string]any) {
	t.Helper()
	page, err := os.ReadFile("../../docs/wire.md")
	if err != nil {
		t.Fatal(err)
	}
	for i, block := range strings.Split(string(page), "\n```") {
		begin := strings.IndexByte(block, '{')
		if i%2 == 0 || begin < 0 { // text between blocks
			continue
		}
		text := strings.ReplaceAll(block[begin:], `"…"`, `"2026-11-30T10:00:00Z"`)
		for d := json.NewDecoder(strings.NewReader(text)); ; {
			d.UseNumber()
			var v map[string]any
			if d.Decode(&v) != nil {
				break
			}
			all = append(all, v)
		}
	}
	return all
}

// TestAsyncAPITypes: the schemas have the fields of the types.
func TestAsyncAPITypes(t *testing.T) {
	schemas := asyncAPI(t)["components"].(map[string]any)["schemas"].(map[string]any)
	for name, v := range map[string]any{"Feedback": message.Feedback{}, "Event": message.Event{}} {
		want := []string{"octets"}
		var required []string
		for f := range reflect.TypeOf(v).Fields() {
			field, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			want = append(want, field)
			if options == "" {
				required = append(required, field)
			}
		}
		s := schemas[name].(map[string]any)
		var got, gotRequired []string
		for p := range s["properties"].(map[string]any) {
			got = append(got, p)
		}
		for _, p := range s["required"].([]any) {
			gotRequired = append(gotRequired, p.(string))
		}
		if !sameSet(got, want) || !sameSet(gotRequired, required) {
			t.Errorf("%s: got %q, required %q; want %q, %q", name, got, gotRequired, want, required)
		}
	}
}
