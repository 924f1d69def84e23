package operator

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"readback/internal/gateway"
)

// SMSCSession is a session with the SMSC in JSON: in mirror mode that of an ESME, in shared mode one of the
// gateway's own binds.
type SMSCSession struct {
	ID         uint32     `json:"id"`                // of the ESME's session; in shared mode the number of the bind, from 0
	Account    string     `json:"account,omitempty"` // mirror mode: of the ESME
	Remote     string     `json:"remote"`            // of the SMSC, host:port
	State      string     `json:"state"`             // connecting, binding, bound, unbinding or waiting
	Since      time.Time  `json:"since"`             // when the state began; in mirror mode, when it was connected
	TLS        bool       `json:"tls"`
	Unanswered int        `json:"unanswered"`         // requests that the SMSC has not answered
	Window     int        `json:"window"`             // how many there may be now; 0 is no limit
	MaxWindow  int        `json:"max_window"`         // how many there may be while the SMSC does not throttle
	RetryAt    *time.Time `json:"retry_at,omitempty"` // shared mode: when the next try is
	Error      string     `json:"error,omitempty"`    // shared mode: why it was lost last, or not granted
}

// SMSC is a page of sessions with the SMSC, by ID, and what is known of the SMSC as a whole.
type SMSC struct {
	Mode     string        `json:"mode"` // mirror or shared
	Up       bool          `json:"up"`
	Since    *time.Time    `json:"since,omitempty"` // when it came or went; missing if nobody has needed it yet
	Error    string        `json:"error,omitempty"` // why it is not there
	Sessions []SMSCSession `json:"sessions"`
	Next     string        `json:"next,omitempty"` // cursor of the next page; missing at the end
}

// SMSCSource is what the pages about it ask.
type SMSCSource interface {
	IsShared() bool
	SMSC() gateway.SMSC
	SMSCSessions() []gateway.SMSCSession
	EndSMSCSession(id uint32) bool
}

// SMSCPages returns the pages about the SMSC's side: GET /v1/smsc, and DELETE /v1/smsc/{id}, which ends a session.
func SMSCPages(g SMSCSource) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/smsc", func(w http.ResponseWriter, r *http.Request) { listSMSC(w, r, g) })
	mux.HandleFunc("DELETE /v1/smsc/{id}", func(w http.ResponseWriter, r *http.Request) { endSMSC(w, r, g) })
	return mux
}

func listSMSC(w http.ResponseWriter, r *http.Request, g SMSCSource) {
	from, ok := whole(w, r, "cursor", 0, 0, 1<<32-1)
	if !ok {
		return
	}
	limit, ok := whole(w, r, "limit", usualPage, 1, maxPage)
	if !ok {
		return
	}
	page := SMSC{Mode: modeOf(g.IsShared()), Sessions: []SMSCSession{}}
	page.Up, page.Since, page.Error = smscState(g.SMSC())
	all := slices.DeleteFunc(g.SMSCSessions(), func(s gateway.SMSCSession) bool { return uint64(s.ID) < from })
	for i := range all {
		if i == int(limit) {
			page.Next = strconv.FormatUint(uint64(all[i].ID), 10)
			break
		}
		page.Sessions = append(page.Sessions, smscJSON(&all[i]))
	}
	answer(w, page)
}

func smscJSON(s *gateway.SMSCSession) SMSCSession {
	j := SMSCSession{
		ID: s.ID, Account: s.Account, Remote: s.Addr, State: s.State, Since: s.Since.Truncate(time.Second), TLS: s.IsTLS,
		Unanswered: s.Unanswered, Window: s.Window, MaxWindow: s.Widest, RetryAt: moment(s.Retry, time.Millisecond),
	}
	if s.Lost != nil {
		j.Error = s.Lost.Error()
	}
	return j
}

// smscState returns what is known of the SMSC for JSON.
func smscState(s gateway.SMSC) (isUp bool, since *time.Time, reason string) {
	if s.Error != nil && !s.Up {
		reason = s.Error.Error()
	}
	return s.Up, moment(s.Since, time.Second), reason
}

func modeOf(isShared bool) string {
	if isShared {
		return "shared"
	}
	return "mirror"
}

// moment returns a time for JSON; nil if it is zero.
func moment(t time.Time, to time.Duration) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.Truncate(to)
	return &t
}

func endSMSC(w http.ResponseWriter, r *http.Request, g SMSCSource) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 32)
	if err != nil {
		refuse(w, http.StatusBadRequest, problem{Field: "id", Detail: "the id of a session is a whole number", Hint: "GET /v1/smsc lists them"})
		return
	}
	if !g.EndSMSCSession(uint32(id)) {
		refuse(w, http.StatusNotFound, problem{
			Detail: "there is no session " + r.PathValue("id") + " with the SMSC that is bound", Hint: "it may have ended; GET /v1/smsc lists those that there are",
		})
		return
	}
	w.WriteHeader(http.StatusAccepted)
}
