package operator

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"readback/internal/gateway"
)

// Part is a part of the gateway that can be unable to do its work.
type Part struct {
	Name   string `json:"name"`
	Ready  bool   `json:"ready"`
	Reason string `json:"reason,omitempty"` // why it is not ready
}

// Status is how the gateway is, in JSON.
type Status struct {
	Version string    `json:"version"`
	Since   time.Time `json:"since"` // when the process began
	Ready   bool      `json:"ready"` // all parts are
	Parts   []Part    `json:"parts"`
	Mode    string    `json:"mode"`    // mirror or shared
	SMSCUp  bool      `json:"smsc_up"` // as the metric readback_smsc_up

	SMSCSince *time.Time `json:"smsc_since,omitempty"` // when the SMSC came or went; missing if nobody has needed it yet
	SMSCError string     `json:"smsc_error,omitempty"` // why it is not there

	Sessions int `json:"sessions"`
	Unbound  int `json:"unbound"`  // those of them that have not bound
	Accounts int `json:"accounts"` // that are bound
}

// StatusSource is what the page about it asks.
type StatusSource interface {
	Sessions() []gateway.Session
	SMSC() gateway.SMSC
	IsShared() bool
}

// StatusPage returns the page GET /v1/status. The checks say by name whether each part can do its work, as for
// /readyz.
func StatusPage(version string, since time.Time, checks map[string]func() error, g StatusSource) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s := Status{Version: version, Since: since.Truncate(time.Second), Ready: true, Mode: modeOf(g.IsShared())}
		s.SMSCUp, s.SMSCSince, s.SMSCError = smscState(g.SMSC())
		for _, name := range slices.Sorted(maps.Keys(checks)) {
			p := Part{Name: name, Ready: true}
			if err := checks[name](); err != nil {
				p.Ready, p.Reason, s.Ready = false, err.Error(), false
			}
			s.Parts = append(s.Parts, p)
		}
		bound := make(map[string]bool)
		for _, session := range g.Sessions() {
			s.Sessions++
			if session.Bind == 0 {
				s.Unbound++
				continue
			}
			bound[session.Account] = true
		}
		s.Accounts = len(bound)
		answer(w, s)
	})
}
