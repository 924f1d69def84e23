package operator

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"readback/internal/gateway"
)

// someSMSC has three sessions with the SMSC.
type someSMSC struct {
	isShared bool
	state    gateway.SMSC
	ended    *[]uint32
}

func (s someSMSC) IsShared() bool     { return s.isShared }
func (s someSMSC) SMSC() gateway.SMSC { return s.state }

func (s someSMSC) EndSMSCSession(id uint32) bool {
	*s.ended = append(*s.ended, id)
	return id < 3
}

func (s someSMSC) SMSCSessions() []gateway.SMSCSession {
	since := time.Date(2026, 11, 30, 10, 0, 0, 5, time.UTC)
	return []gateway.SMSCSession{
		{ID: 0, Addr: "192.0.2.1:2775", State: "bound", Since: since, IsTLS: true, Unanswered: 4, Window: 5, Widest: 10},
		{ID: 1, Addr: "192.0.2.2:2775", State: "waiting", Since: since, Widest: 10, Retry: since.Add(time.Second), Lost: errors.New("refused")},
		{ID: 2, Account: "bank", Addr: "192.0.2.2:2775", State: "binding", Since: since, Widest: 10},
	}
}

// The JSON of the SMSC's side, field by field, and page by page.
func TestSMSCPages(t *testing.T) {
	var ended []uint32
	at := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	first := map[string]any{"id": 0., "remote": "192.0.2.1:2775", "state": "bound", "since": "2026-11-30T10:00:00Z", "tls": true, "unanswered": 4., "window": 5., "max_window": 10.}
	second := map[string]any{
		"id": 1., "remote": "192.0.2.2:2775", "state": "waiting", "since": "2026-11-30T10:00:00Z", "tls": false, "unanswered": 0., "window": 0., "max_window": 10.,
		"retry_at": "2026-11-30T10:00:01Z", "error": "refused",
	}
	third := map[string]any{"id": 2., "account": "bank", "remote": "192.0.2.2:2775", "state": "binding", "since": "2026-11-30T10:00:00Z", "tls": false, "unanswered": 0., "window": 0., "max_window": 10.}
	for _, tt := range []struct {
		query string
		smsc  someSMSC
		want  map[string]any
	}{
		{"", someSMSC{isShared: true, state: gateway.SMSC{Up: true, Since: at}}, map[string]any{"mode": "shared", "up": true, "since": "2026-11-30T09:00:00Z", "sessions": []any{first, second, third}}},
		{"?limit=1", someSMSC{state: gateway.SMSC{Since: at, Error: errors.New("down")}}, map[string]any{"mode": "mirror", "up": false, "since": "2026-11-30T09:00:00Z", "error": "down", "sessions": []any{first}, "next": "1"}},
		{"?limit=2&cursor=1", someSMSC{state: gateway.SMSC{Up: true}}, map[string]any{"mode": "mirror", "up": true, "sessions": []any{second, third}}},
	} {
		w := httptest.NewRecorder()
		SMSCPages(tt.smsc).ServeHTTP(w, httptest.NewRequest("GET", "/v1/smsc"+tt.query, nil))
		var got map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q:\ngot  %v, %v\nwant %v", tt.query, got, err, tt.want)
		}
	}
	for path, want := range map[string]int{"DELETE /v1/smsc/1": 202, "DELETE /v1/smsc/7": 404, "DELETE /v1/smsc/x": 400, "GET /v1/smsc?limit=0": 400, "GET /v1/smsc?cursor=-1": 400} {
		method, target := path[:3], path[4:]
		if method == "DEL" {
			method, target = "DELETE", path[7:]
		}
		w := httptest.NewRecorder()
		SMSCPages(someSMSC{ended: &ended}).ServeHTTP(w, httptest.NewRequest(method, target, nil))
		if w.Code != want {
			t.Errorf("%s: got %d, want %d", path, w.Code, want)
		}
	}
	if len(ended) != 2 {
		t.Errorf("ended %v, want two tries", ended)
	}
}
