// Package control is an HTTP interface to a simulated SMSC and its handsets, and a client of
// it. Tests in any language use it. docs/openapi-simulator.yaml describes it.
package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"readback/docs"
	"readback/internal/simulator"
	"readback/internal/simulator/scenario"
)

// maxWait bounds how long a request waits for something to happen.
const maxWait = 30 * time.Second

// control has the SMSC that the requests are about.
type control struct {
	smsc  *simulator.SMSC
	stage *scenario.Stage
}

// routes are the requests that there are.
func (c control) routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /healthz":                    func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, struct{}{}) },
		"GET /openapi.yaml":               c.openAPI,
		"GET /status":                     c.status,
		"GET /handsets":                   c.handsets,
		"GET /handsets/{msisdn}/messages": c.messages,
		"POST /handsets/{msisdn}/open":    c.open,
		"GET /received":                   c.received,
		"POST /deliver":                   c.deliver,
		"POST /mo":                        c.mo,
		"POST /receipts":                  c.receipt,
		"POST /disconnect":                c.disconnect,
		"POST /reset":                     c.reset,
		"GET /scenario":                   c.scenario,
		"PUT /scenario":                   c.setScenario,
	}
}

// NewHandler returns a handler that drives an SMSC and its handsets over HTTP with JSON. GET /openapi.yaml
// describes it. A wait ends after 30 seconds with what there is. Whoever reaches it may do everything, so it
// belongs on loopback or in a network of its own.
func NewHandler(smsc *simulator.SMSC, stage *scenario.Stage) http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range (control{smsc, stage}).routes() {
		mux.HandleFunc(pattern, h)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if allowed := methodsOf(mux, r); len(allowed) > 0 {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			refuse(w, http.StatusMethodNotAllowed, "only with another method", strings.Join(allowed, " or "))
			return
		}
		refuse(w, http.StatusNotFound, "no such page", "GET /openapi.yaml lists them")
	})
	return mux
}

// methodsOf lists the methods that the path of a request is served with.
func methodsOf(mux *http.ServeMux, r *http.Request) (allowed []string) {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut} {
		other := *r
		other.Method = method
		if _, pattern := mux.Handler(&other); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	return allowed
}

// waitFor reads the parameter wait and bounds the waiting. It has answered the request if ok is false.
func waitFor(w http.ResponseWriter, r *http.Request) (ctx context.Context, cancel context.CancelFunc, n int, ok bool) {
	if text := r.FormValue("wait"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 0 {
			refuse(w, http.StatusBadRequest, fmt.Sprintf("wait %q: not a number", text), "how many to wait for, such as 1")
			return nil, nil, 0, false
		}
	}
	ctx, cancel = context.WithTimeout(r.Context(), maxWait)
	return ctx, cancel, n, true
}

func (c control) openAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(docs.SimulatorAPI) // the client may be gone
}

// Session is a session of an ESME.
type Session struct {
	Session    uint64    `json:"session"`
	Account    string    `json:"account"` // empty before the bind
	Bind       string    `json:"bind,omitempty"`
	Remote     string    `json:"remote"`
	Since      time.Time `json:"since"`
	Unanswered int       `json:"unanswered"`
}

// Status says how the SMSC is.
type Status struct {
	Accepted uint64    `json:"accepted"` // messages that got a message_id
	Sessions []Session `json:"sessions"`
}

func (c control) status(w http.ResponseWriter, _ *http.Request) {
	out := Status{Accepted: c.smsc.Accepted(), Sessions: []Session{}}
	for _, s := range c.smsc.Sessions() {
		out.Sessions = append(out.Sessions, Session{s.Session, s.Account, bindName(s), s.Remote, s.Since, s.Unanswered})
	}
	answer(w, http.StatusOK, out)
}

// bindName names the kind of a bind; it is empty before.
func bindName(s simulator.SessionInfo) string {
	switch {
	case s.Transmits && s.Receives:
		return "transceiver"
	case s.Transmits:
		return "transmitter"
	case s.Receives:
		return "receiver"
	}
	return ""
}

func (c control) disconnect(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Account string `json:"account"`
	}
	if readJSON(w, r, &body) {
		answer(w, http.StatusOK, map[string]int{"sessions": c.smsc.Disconnect(body.Account)})
	}
}

func (c control) reset(w http.ResponseWriter, _ *http.Request) {
	c.smsc.Reset()
	c.stage.Restart()
	answer(w, http.StatusOK, struct{}{})
}

// Scenario is the scenario that runs.
type Scenario struct {
	Seed  uint64           `json:"seed"`
	Rules []scenario.Count `json:"rules"`
}

func (c control) scenario(w http.ResponseWriter, _ *http.Request) {
	play := c.stage.Play()
	answer(w, http.StatusOK, Scenario{play.Seed(), play.Counts()})
}

func (c control) setScenario(w http.ResponseWriter, r *http.Request) {
	b, ok := readBody(w, r)
	if !ok {
		return
	}
	s, err := scenario.Parse("scenario", b)
	if err != nil {
		refuseScenario(w, err)
		return
	}
	c.stage.Set(s)
	c.scenario(w, r)
}

// Serve serves NewHandler on ln until ctx ends.
func Serve(ctx context.Context, ln net.Listener, smsc *simulator.SMSC, stage *scenario.Stage) error {
	srv := &http.Server{
		Handler:           NewHandler(smsc, stage),
		ReadHeaderTimeout: 5 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	defer context.AfterFunc(ctx, func() { _ = srv.Close() })()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
