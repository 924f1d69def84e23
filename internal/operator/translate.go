package operator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// Problems returns the pages of h with errors as all pages of the operator have them. Those of h are verdicts, as
// callers of reads.addr get them, or lines of text.
func Problems(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := &translated{ResponseWriter: w}
		h.ServeHTTP(t, r)
		t.finish(r)
	})
}

// translated keeps an answer back that is an error.
type translated struct {
	http.ResponseWriter
	code int // of the error; 0: it is none
	body bytes.Buffer
}

// WriteHeader implements http.ResponseWriter.
func (t *translated) WriteHeader(code int) {
	if code >= http.StatusBadRequest {
		t.code = code
		return
	}
	t.ResponseWriter.WriteHeader(code)
}

// Write implements http.ResponseWriter.
func (t *translated) Write(p []byte) (int, error) {
	if t.code != 0 {
		return t.body.Write(p)
	}
	return t.ResponseWriter.Write(p)
}

// finish answers with the problem, if there is one.
func (t *translated) finish(r *http.Request) {
	if t.code == 0 {
		return
	}
	var v struct {
		Error string
		Field string
	}
	if t.Header().Get("Content-Type") == "application/problem+json" {
		t.ResponseWriter.WriteHeader(t.code)
		_, _ = t.ResponseWriter.Write(t.body.Bytes()) // a client that has gone needs no answer
		return
	}
	if json.Unmarshal(t.body.Bytes(), &v) != nil || v.Error == "" {
		v.Error = strings.TrimSpace(t.body.String())
	}
	if v.Field != "" {
		v.Error = v.Field + " " + v.Error // a verdict says of its field what is wrong
	}
	t.Header().Del("Content-Length")
	refuse(t.ResponseWriter, t.code, problem{Detail: v.Error, Field: v.Field, Hint: hintFor(r, t.code, v.Field)})
}

// hintFor says what to do about an error of a page on receivers, conversations, queues and dead letters.
func hintFor(r *http.Request, code int, field string) string {
	isDead := strings.HasPrefix(r.URL.Path, "/v1/dead")
	switch {
	case code == http.StatusServiceUnavailable:
		return "ask again in a while; GET /v1/status says which part is not ready, and why"
	case code == http.StatusTooManyRequests:
		return "ask again after the seconds that Retry-After says"
	case code == http.StatusBadRequest && isDead:
		return "limit is 1 to 1000; cursor is next of the page before; a change needs account, event or all=true"
	case code == http.StatusBadRequest && (field == "receiver" || strings.HasPrefix(r.URL.Path, "/v1/receivers/")):
		return "a phone number with its country code, such as 447700900123 or +447700900123"
	case code == http.StatusBadRequest:
		return "/v1/conversations/SENDER/RECEIVER, as in the messages"
	case code == http.StatusNotFound:
		return "GET /v1/messages finds messages"
	}
	return ""
}
