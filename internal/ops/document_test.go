package ops

import (
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"readback/docs"
)

// Each page of the table is in the document of the API, with who may ask for it, and no other. The console is for
// people.
func TestDocumentHasThePages(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(docs.OperatorAPI)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	described := make(map[string]*openapi3.Operation)
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			described[method+" "+path] = o
		}
	}
	for _, r := range rules {
		o := described[r.pattern]
		delete(described, r.pattern)
		switch {
		case isConsole(r.pattern):
		case o == nil:
			t.Errorf("docs/openapi.yaml lacks %s", r.pattern)
		case !strings.Contains(o.Description, needs(r.roles)):
			t.Errorf("%s: the description %q does not say %q", r.pattern, o.Description, needs(r.roles))
		case (r.roles == public || r.roles == anyone) != (o.Security != nil):
			t.Errorf("%s: got security %v", r.pattern, o.Security)
		}
	}
	for pattern := range described {
		t.Errorf("docs/openapi.yaml has %s, which is not served", pattern)
	}
}

// needs says in the words of the document who may ask.
func needs(roles Roles) string {
	switch roles {
	case public, anyone:
		return "Needs no credential."
	case anyRole:
		return "Any role."
	}
	return "Needs the role " + strings.ReplaceAll(roles.String(), ", ", " or ") + "."
}

// Programs get problem details with a hint, people and probes a line.
func TestRefusalsAreProblems(t *testing.T) {
	s := serve(t, Access{Operators: people()}, nil)
	for _, tt := range []struct {
		method, path, token string
		code                int
		kind                string
	}{
		{"GET", "/v1/dead", "", 401, "application/problem+json"},
		{"DELETE", "/v1/dead", "viewer", 403, "application/problem+json"},
		{"GET", "/v1/other", "viewer", 404, "application/problem+json"},
		{"PUT", "/v1/dead", "viewer", 405, "application/problem+json"},
		{"POST", "/-/drain", "", 401, "text/plain; charset=utf-8"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), tt.method, "http://"+s.addr+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if tt.token != "" {
			req.Header.Set("Authorization", "Bearer "+tt.token)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if got := resp.Header.Get("Content-Type"); resp.StatusCode != tt.code || got != tt.kind {
			t.Errorf("%s %s: got %d, %s; want %d, %s", tt.method, tt.path, resp.StatusCode, got, tt.code, tt.kind)
		}
	}
}
