package intake

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"readback/docs"
)

// The document of the API has the pages that there are, and is served to everybody.
func TestDocument(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(docs.ReceiversAPI)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	served, described := []string{"GET /v1/openapi.yaml", "POST /v1/reads"}, []string(nil)
	for _, p := range (&API{}).receiverPages() {
		served = append(served, p.pattern)
	}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	slices.Sort(served)
	slices.Sort(described)
	if !slices.Equal(described, served) {
		t.Errorf("described\n%s\nserved\n%s", strings.Join(described, "\n"), strings.Join(served, "\n"))
	}
	refused := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	for _, tt := range []struct {
		method, path string
		code         int
	}{
		{"GET", "/v1/openapi.yaml", 200},
		{"POST", "/v1/openapi.yaml", 401},
		{"GET", "/v1/reads", 401},
	} {
		w := httptest.NewRecorder()
		documented(refused).ServeHTTP(w, httptest.NewRequest(tt.method, tt.path, nil))
		if w.Code != tt.code || tt.code == 200 && w.Body.String() != string(docs.ReceiversAPI) {
			t.Errorf("%s %s: got %d, want %d", tt.method, tt.path, w.Code, tt.code)
		}
	}
}
