// Package operator is the operator's API on what the gateway does: its status, accounts and their statistics,
// sessions of ESMEs, and messages without a number. Errors are problem details (RFC 9457) with a hint. Who may ask
// for what is for the server to say (internal/ops).
package operator

import (
	"encoding/json"
	"net/http"
)

// problem is an error as RFC 9457 §3 has it.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"` // what to do
	Field  string `json:"field,omitempty"`

	Errors []ConfigError `json:"errors,omitempty"` // of the configuration
}

// refuse answers a request with a problem.
func refuse(w http.ResponseWriter, status int, p problem) {
	p.Title, p.Status = http.StatusText(status), status
	write(w, "application/problem+json", status, p)
}

// answer answers a request with JSON.
func answer(w http.ResponseWriter, v any) { write(w, "application/json", http.StatusOK, v) }

func write(w http.ResponseWriter, kind string, status int, v any) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that has gone needs no answer
}
