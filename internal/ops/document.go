package ops

import "net/http"

// Document returns the page of an OpenAPI document.
func Document(text []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(text) // a client that has gone needs no answer
	})
}
