package relaytest

import (
	"net/http"
	"net/http/httptest"
	"strings"
)

// Request sends a request to a handler, and returns the response. headers are names and values.
func Request(h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}
