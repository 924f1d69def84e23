package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"

	"readback/internal/simulator/scenario"
	"readback/smpp"
)

// maxBody bounds what a caller may send.
const maxBody = 4 * smpp.MaxFrameLen

// Problem is an error as RFC 9457 §3 has it.
type Problem struct {
	Title  string            `json:"title"`
	Status int               `json:"status"`
	Detail string            `json:"detail"`
	Hint   string            `json:"hint,omitempty"`   // what to do
	Errors []ScenarioProblem `json:"errors,omitempty"` // of a scenario: everything that is wrong with it
}

// ScenarioProblem is one thing that is wrong with a scenario.
type ScenarioProblem struct {
	Line    int    `json:"line"`
	Key     string `json:"key,omitempty"`
	Value   string `json:"value,omitempty"`
	Problem string `json:"problem"`
	Hint    string `json:"hint,omitempty"`
}

// readJSON reads the body; it has answered the request if it returns false.
func readJSON(w http.ResponseWriter, r *http.Request, v any) bool {
	b, ok := readBody(w, r)
	if !ok {
		return false
	}
	if what := decode(b, v); what != "" {
		refuse(w, http.StatusBadRequest, "body: "+what, "GET /openapi.yaml describes it")
		return false
	}
	return true
}

// readBody returns the whole body, which is text. It has answered the request if ok is false.
func readBody(w http.ResponseWriter, r *http.Request) (b []byte, ok bool) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	switch {
	case err != nil:
		refuse(w, http.StatusBadRequest, "body: too large, or broken off", fmt.Sprintf("at most %d octets", maxBody))
	case !utf8.Valid(b):
		refuse(w, http.StatusBadRequest, "body: not UTF-8", "hex takes any octets")
	default:
		return b, true
	}
	return nil, false
}

// decode reads the one JSON value in b into v. It returns what is wrong, or nothing.
func decode(b []byte, v any) (what string) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		if dec.Decode(new(json.RawMessage)) != io.EOF {
			return "more than one JSON value"
		}
		return ""
	case err == io.EOF:
		return "empty"
	case errors.As(err, &kind) && kind.Field == "":
		return "found " + kind.Value + ", not an object"
	case errors.As(err, &kind):
		return kind.Field + ": found " + kind.Value + ", not a " + kindName(kind.Type.Kind())
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		return strings.TrimPrefix(err.Error(), "json: ")
	}
	return "not JSON: " + err.Error()
}

// kindName names what a field takes.
func kindName(k reflect.Kind) string {
	switch k {
	case reflect.Bool, reflect.String:
		return k.String()
	}
	return "whole number"
}

// refuse answers a request with a problem.
func refuse(w http.ResponseWriter, code int, detail, hint string) {
	write(w, "application/problem+json", code, Problem{Title: http.StatusText(code), Status: code, Detail: detail, Hint: hint})
}

// refuseError answers with an error, whose hint stands in its text.
func refuseError(w http.ResponseWriter, code int, err error) {
	detail, hint, _ := strings.Cut(strings.TrimSuffix(err.Error(), ")"), " (hint: ")
	if hint == "" {
		detail = err.Error()
	}
	refuse(w, code, detail, hint)
}

// refuseScenario answers with everything that is wrong with a scenario.
func refuseScenario(w http.ResponseWriter, err error) {
	p := Problem{Title: http.StatusText(http.StatusBadRequest), Status: http.StatusBadRequest, Detail: err.Error()}
	if errs, ok := errors.AsType[scenario.Errors](err); ok {
		for _, e := range errs {
			p.Errors = append(p.Errors, ScenarioProblem{e.Line, e.Key, e.Value, e.Problem, e.Hint})
		}
		p.Hint = "docs/simulator.md describes the keys"
	}
	write(w, "application/problem+json", p.Status, p)
}

// answer answers a request with JSON.
func answer(w http.ResponseWriter, code int, v any) { write(w, "application/json", code, v) }

func write(w http.ResponseWriter, kind string, code int, v any) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // the client may be gone
}
