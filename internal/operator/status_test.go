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

// someStatus is a gateway with some sessions in one mode.
type someStatus struct {
	*fakeGateway
	isShared, isUp bool
}

func (s someStatus) SMSC() gateway.SMSC {
	if s.isUp {
		return gateway.SMSC{Up: true}
	}
	return gateway.SMSC{Since: time.Date(2026, 11, 30, 11, 0, 0, 7, time.UTC), Error: errors.New("connection refused")}
}

func (s someStatus) IsShared() bool { return s.isShared }

// The status counts sessions and accounts, and says which part cannot do its work.
func TestStatus(t *testing.T) {
	since := time.Date(2026, 11, 30, 10, 0, 0, 7, time.UTC)
	away := time.Date(2026, 11, 30, 11, 0, 0, 0, time.UTC)
	fine := func() error { return nil }
	for _, tt := range []struct {
		name   string
		g      someStatus
		checks map[string]func() error
		want   Status
	}{
		{
			"well",
			someStatus{newFakeGateway(), false, true},
			map[string]func() error{"smsc": fine, "relay": fine},
			Status{Ready: true, Mode: "mirror", SMSCUp: true, Parts: []Part{{Name: "relay", Ready: true}, {Name: "smsc", Ready: true}}},
		},
		{
			"not well",
			someStatus{newFakeGateway(), true, false},
			map[string]func() error{"smsc": func() error { return errors.New("no bind to the SMSC is up") }, "relay": fine},
			Status{Mode: "shared", SMSCSince: &away, SMSCError: "connection refused", Parts: []Part{{Name: "relay", Ready: true}, {Name: "smsc", Reason: "no bind to the SMSC is up"}}},
		},
	} {
		w := httptest.NewRecorder()
		StatusPage("v1.2.3", since, tt.checks, tt.g).ServeHTTP(w, httptest.NewRequest("GET", "/v1/status", nil))
		var got Status
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		tt.want.Version, tt.want.Since, tt.want.Sessions, tt.want.Unbound, tt.want.Accounts = "v1.2.3", since.Truncate(time.Second), 4, 1, 2
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", tt.name, got, tt.want)
		}
	}
}
