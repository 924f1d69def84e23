package control

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"readback/docs"
	"readback/internal/simulator"
)

// description reads and checks the OpenAPI description, once.
var description = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(docs.SimulatorAPI)
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(context.Background())
})

func describe(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := description()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// checked wraps the handler: each answer that it gives must be as described, and each request that it accepts.
func checked(t *testing.T, h http.Handler) http.Handler {
	t.Helper()
	doc := *describe(t)
	doc.Servers = nil // the test's is another one
	router, err := gorillamux.NewRouter(&doc)
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a client that breaks off gets no answer
		r.Body = io.NopCloser(bytes.NewReader(body))
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes()) // the client may be gone
		route, params, err := router.FindRoute(r)
		if err != nil {
			if rec.Code != http.StatusNotFound && rec.Code != http.StatusMethodNotAllowed {
				t.Errorf("%s %s is not described, and answered %d", r.Method, r.URL, rec.Code)
			}
			return
		}
		compare(t, r, body, rec, route, params)
	})
}

// compare compares a request and its answer with their description.
func compare(t *testing.T, r *http.Request, body []byte, rec *httptest.ResponseRecorder, route *routers.Route, params map[string]string) {
	t.Helper()
	if len(body) > 0 {
		r.Header.Set("Content-Type", kindOf(route))
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route}
	if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil && rec.Code < http.StatusBadRequest {
		t.Errorf("%s %s was accepted against its description: %v", r.Method, r.URL, err)
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: rec.Code, Header: rec.Header(),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	out.SetBodyBytes(rec.Body.Bytes())
	if err := openapi3filter.ValidateResponse(r.Context(), out); err != nil {
		t.Errorf("%s %s answers %d %s against its description: %v", r.Method, r.URL, rec.Code, rec.Body, err)
	}
}

// kindOf is the media type of what a route takes.
func kindOf(route *routers.Route) string {
	if route.Operation.RequestBody != nil {
		for kind := range route.Operation.RequestBody.Value.Content {
			return kind
		}
	}
	return ""
}

// TestDescriptionIsWhole: what is described is what is served, no more and no less.
func TestDescriptionIsWhole(t *testing.T) {
	var described, served []string
	for path, item := range describe(t).Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	for pattern := range (control{}).routes() {
		served = append(served, pattern)
	}
	slices.Sort(described)
	slices.Sort(served)
	if !slices.Equal(described, served) {
		t.Errorf("described\n%s\nserved\n%s", strings.Join(described, "\n"), strings.Join(served, "\n"))
	}
}

// TestDescriptionIsServed also shows that a slip in the description would be found.
func TestDescriptionIsServed(t *testing.T) {
	ctl, _ := startControlled(t, simulator.Options{})
	code, b := ask(t, http.MethodGet, ctl.URL+"/openapi.yaml", "")
	if code != http.StatusOK || !bytes.Equal(b, docs.SimulatorAPI) {
		t.Errorf("answer %d %.100s, want the description", code, b)
	}
	doc, err := openapi3.NewLoader().LoadFromData(bytes.Replace(b, []byte("operationId: status"), []byte("operationId: reset"), 1))
	if err == nil {
		err = doc.Validate(t.Context())
	}
	if err == nil {
		t.Error("an operationId that is given twice is not found")
	}
}
