package operator

import (
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/gateway"
	"readback/internal/numbering"
)

// skipped is what a gateway remembers.
type skipped []gateway.Skipped

func (s skipped) Skipped(account string) (all []gateway.Skipped) {
	for _, m := range s {
		if account == "" || m.Account == account {
			all = append(all, m)
		}
	}
	return all
}

func someSkipped() skipped {
	at := time.Date(2026, 11, 30, 10, 0, 0, 1234567, time.UTC)
	return skipped{
		{Time: at, Account: "bank", Session: 7, Command: pdu.SubmitSMID, Sequence: 3, From: "10690001", To: "+447700900123", Skip: numbering.NoRoom},
		{Time: at, Account: "shop", Session: 8, Command: pdu.DataSMID, Sequence: 4, From: "+447700900111", To: "+447700900123", Skip: numbering.Ack},
	}
}

func unnumbered(t *testing.T, query string) (status int, page Unnumbered) {
	t.Helper()
	w := httptest.NewRecorder()
	UnnumberedPage(someSkipped()).ServeHTTP(w, httptest.NewRequest("GET", "/v1/unnumbered"+query, nil))
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
		t.Fatalf("%v in %q", err, w.Body)
	}
	return w.Code, page
}

// Receivers are masked, and senders that may be subscribers, unless they are asked for in full.
func TestUnnumbered(t *testing.T) {
	_, page := unnumbered(t, "?account=bank")
	want := []UnnumberedMessage{{
		Time: time.Date(2026, 11, 30, 10, 0, 0, 1000000, time.UTC), Account: "bank", Session: 7, Command: "submit_sm", Sequence: 3,
		Sender: "10690001", Receiver: "+44*********3", Skip: "no_room", Reason: "The number does not fit beside the text.",
	}}
	if !reflect.DeepEqual(page.Messages, want) {
		t.Errorf("got  %+v\nwant %+v", page.Messages, want)
	}
	for _, tt := range []struct {
		query, sender, receiver string
	}{
		{"?account=shop", "+44*********1", "+44*********3"},
		{"?account=shop&full=true", "+447700900111", "+447700900123"},
		{"?account=shop&full=false", "+44*********1", "+44*********3"},
	} {
		_, page := unnumbered(t, tt.query)
		if m := page.Messages[0]; m.Sender != tt.sender || m.Receiver != tt.receiver {
			t.Errorf("%s: got %s and %s, want %s and %s", tt.query, m.Sender, m.Receiver, tt.sender, tt.receiver)
		}
	}
	if _, page := unnumbered(t, "?account=nobody"); page.Messages == nil || len(page.Messages) > 0 {
		t.Errorf("of nobody: got %v, want an empty list", page.Messages)
	}
	if _, page := unnumbered(t, "?limit=1"); len(page.Messages) != 1 || page.Messages[0].Account != "bank" {
		t.Errorf("limited: got %v", page.Messages)
	}
	if status, _ := unnumbered(t, "?limit=x"); status != 400 {
		t.Errorf("a wrong limit: got %d, want 400", status)
	}
}
