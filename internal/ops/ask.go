package ops

import (
	"bytes"
	"context"
	"net/http"
)

// Ask asks for a page as whoever sent r, and returns its answer. The rules hold as for a request that comes in, except
// that nothing is read from r beyond its sender: not its cookies, not its body.
func (s *Server) Ask(r *http.Request, method, target string) (status int, body []byte) {
	req, err := http.NewRequestWithContext(r.Context(), method, target, nil)
	if err != nil {
		return http.StatusBadRequest, []byte(err.Error())
	}
	req.RemoteAddr, req.Host = r.RemoteAddr, r.Host
	w := &answered{header: make(http.Header), status: http.StatusOK}
	_, pattern := s.guard.rules.Handler(req)
	needed, listed := s.guard.needed(req, pattern, s.access.Load())
	by, ok := r.Context().Value(personKey{}).(*Person)
	if !ok {
		by = &Person{}
	}
	switch {
	case !listed:
		return http.StatusNotFound, nil
	case Withdrawn(r) != nil:
		return http.StatusUnauthorized, []byte(errWithdrawn.Error())
	case by.Roles&needed == 0:
		return http.StatusForbidden, []byte("this needs the role " + needed.String())
	case method != http.MethodGet:
		s.log.Info("operator's request", requestAttrs(req, pattern, by.Name)...)
	}
	s.mux.ServeHTTP(w, req)
	return w.status, w.body.Bytes()
}

// answered is an answer in memory.
type answered struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answered) Header() http.Header         { return a.header }
func (a *answered) WriteHeader(status int)      { a.status = status }
func (a *answered) Write(p []byte) (int, error) { return a.body.Write(p) }

// withPerson returns r with its sender in its context.
func withPerson(r *http.Request, by *Person) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), personKey{}, by))
}
