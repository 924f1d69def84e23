package intake

import (
	"encoding/json"
	"net/http"
	"time"

	"readback/relay/message"
	"readback/relay/reads"
)

// Bounds of the requests of the HTTP API.
const (
	maxOperators = 4           // requests of the operator's API
	maxRequests  = 1000        // that are handled at a time; further ones get 503
	requestWait  = time.Second // for that: an instant refusal would be followed by an instant repetition
	shortBody    = 4 << 10     // octets; a body up to this length needs no place of its own
)

// atMost passes up to most requests at a time to h. It answers those with 503 that wait for too long.
func atMost(most int, h http.Handler) http.Handler {
	slots := make(chan struct{}, most)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !take(slots, req) {
			refuse(w, message.TryAgain("too many requests are under way, send it again"))
			return
		}
		defer func() { <-slots }()
		h.ServeHTTP(w, req)
	})
}

// take takes a slot for a request. It waits up to requestWait.
func take(slots chan<- struct{}, req *http.Request) bool {
	select {
	case slots <- struct{}{}:
		return true
	default:
	}
	t := time.NewTimer(requestWait)
	defer t.Stop()
	select {
	case slots <- struct{}{}:
		return true
	case <-t.C:
	case <-req.Context().Done():
	}
	return false
}

// turnstile passes one request at a time and processor of the budget to h. Thus the server parses no more
// of them at a time either, whatever becomes of them later.
func (a *API) turnstile(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		a.budget.Work(func() {})
		h.ServeHTTP(w, req)
	})
}

// within passes requests to h when they have a place of the budget. It answers those with 503 that get none.
// A client that reads its answer slowly has no place meanwhile.
func (a *API) within(load reads.Load, h http.HandlerFunc) http.HandlerFunc {
	place := reads.Request{Way: "http", Load: load}
	return func(w http.ResponseWriter, req *http.Request) {
		if !a.budget.Enter(req.Context(), place) {
			v := reads.OverBudget()
			a.reads.Report("http", callerOf(req), v)
			refuse(w, v)
			return
		}
		later := held{ResponseWriter: w}
		defer later.release()
		defer a.budget.Leave(place)
		h(&later, req)
	}
}

// held is a response that is not written before release.
type held struct {
	http.ResponseWriter
	code int
	text []byte
}

// WriteHeader keeps the status code.
func (h *held) WriteHeader(code int) { h.code = code }

// Write keeps a part of the body.
func (h *held) Write(text []byte) (int, error) {
	h.text = append(h.text, text...)
	return len(text), nil
}

func (h *held) release() {
	if h.code != 0 {
		h.ResponseWriter.WriteHeader(h.code)
		_, _ = h.ResponseWriter.Write(h.text) // the peer may have gone
	}
}

// encode returns the JSON of an answer. What is long takes the processor some time.
func (a *API) encode(answer any) (text json.RawMessage) {
	a.budget.Work(func() { text, _ = json.Marshal(answer) }) // of strings, numbers and times
	return text
}
