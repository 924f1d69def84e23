package operator

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"readback/internal/gateway"
	"readback/relay/message"
	"readback/smpp"
)

// Session is the session of an ESME in JSON.
type Session struct {
	ID         uint32    `json:"id"`
	Account    string    `json:"account,omitempty"` // missing before the bind
	Remote     string    `json:"remote"`            // host:port
	Bind       string    `json:"bind,omitempty"`    // missing before the bind
	Since      time.Time `json:"since"`
	TLS        bool      `json:"tls"`
	Unanswered int64     `json:"unanswered"`  // requests of the ESME
	Held       int64     `json:"held"`        // those of them that the gateway holds back
	Messages   uint64    `json:"messages"`    // that the ESME has sent
	LastSecond uint64    `json:"last_second"` // those of them in the last whole second
	Rate       float64   `json:"rate"`        // messages a second that the account may send; 0 is no limit
	Window     int       `json:"window"`      // requests that may be unanswered; 0 is no limit
}

// Sessions is a page of sessions, the oldest first.
type Sessions struct {
	Sessions []Session `json:"sessions"`
	Next     string    `json:"next,omitempty"` // cursor of the next page; missing at the end
}

// Gateway is what the API asks.
type Gateway interface {
	Sessions() []gateway.Session
	EndSession(id message.Session) bool
}

// Bounds of a page.
const (
	usualPage = 100
	maxPage   = 1000
)

// SessionPages returns the pages about sessions: GET /v1/sessions, and DELETE /v1/sessions/{id}, which ends one.
func SessionPages(g Gateway) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/sessions", func(w http.ResponseWriter, r *http.Request) { listSessions(w, r, g) })
	mux.HandleFunc("DELETE /v1/sessions/{id}", func(w http.ResponseWriter, r *http.Request) { endSession(w, r, g) })
	return mux
}

func listSessions(w http.ResponseWriter, r *http.Request, g Gateway) {
	after, ok := whole(w, r, "cursor", 0, 0, 1<<32-1)
	if !ok {
		return
	}
	limit, ok := whole(w, r, "limit", usualPage, 1, maxPage)
	if !ok {
		return
	}
	account := r.URL.Query().Get("account")
	all := slices.DeleteFunc(g.Sessions(), func(s gateway.Session) bool {
		return uint64(s.ID) <= after || account != "" && s.Account != account
	})
	page := Sessions{Sessions: make([]Session, 0, min(len(all), int(limit)))}
	for i := range all[:min(len(all), int(limit))] {
		page.Sessions = append(page.Sessions, shown(&all[i]))
	}
	if len(all) > int(limit) {
		page.Next = strconv.FormatUint(uint64(all[limit-1].ID), 10)
	}
	answer(w, page)
}

func shown(s *gateway.Session) Session {
	j := Session{
		ID: uint32(s.ID), Account: s.Account, Remote: s.Remote.String(), Since: s.Since.Truncate(time.Second), TLS: s.IsTLS,
		Unanswered: s.Unanswered, Held: s.Held, Messages: s.Messages, LastSecond: s.LastSecond, Rate: s.Limits.Rate, Window: s.Limits.Window,
	}
	if s.Bind != 0 {
		j.Bind = smpp.Command(s.Bind)
	}
	return j
}

func endSession(w http.ResponseWriter, r *http.Request, g Gateway) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 32)
	if err != nil {
		refuse(w, http.StatusBadRequest, problem{Field: "id", Detail: "the id of a session is a whole number", Hint: "GET /v1/sessions lists them"})
		return
	}
	if !g.EndSession(message.Session(id)) {
		refuse(w, http.StatusNotFound, problem{Detail: "there is no session " + r.PathValue("id"), Hint: "it may have ended; GET /v1/sessions lists those that there are"})
		return
	}
	w.WriteHeader(http.StatusAccepted)
}
