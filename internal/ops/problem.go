package ops

import (
	"encoding/json"
	"net/http"
	"strings"
)

// problem is an error as RFC 9457 §3 has it.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"` // what to do
}

// hints say what to do about a refusal.
var hints = map[int]string{
	http.StatusUnauthorized:     "present the token of an operator as Authorization: Bearer TOKEN, or a client certificate; ops.operators lists them",
	http.StatusForbidden:        "ops.operators says who has which role, ops.hosts by which names the gateway may be asked",
	http.StatusNotFound:         "GET /v1/openapi.yaml lists the pages",
	http.StatusMethodNotAllowed: "GET /v1/openapi.yaml lists the pages",
}

// isAPI reports whether a program asks, which wants problem details in place of text.
func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/v1/") }

// writeProblem answers a request of a program.
func writeProblem(w http.ResponseWriter, code int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(problem{http.StatusText(code), code, detail, hints[code]}) // a client that has gone needs no answer
}

// problems makes problem details of the answers of a handler that has errors in text only.
type problems struct{ http.ResponseWriter }

// WriteHeader writes the whole answer.
func (p problems) WriteHeader(code int) {
	writeProblem(p.ResponseWriter, code, "there is no such page, or not for this method")
}

// Write drops the text.
func (p problems) Write(text []byte) (int, error) { return len(text), nil }
