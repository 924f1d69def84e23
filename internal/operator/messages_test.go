package operator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/gateway"
	"readback/internal/numbering"
	"readback/relay/history"
	"readback/relay/message"
)

func addrOf(t testing.TB, s string) message.Addr {
	t.Helper()
	a, err := message.NormalAddr(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// ledgerOf finds the histories that it is given.
func ledgerOf(all []message.History, skips skipped) MessageSource {
	return MessageSource{
		ByMessageID: func(_ context.Context, id, account string) (found []message.History, err error) {
			for _, h := range all {
				if h.Parts[0].ID == id && (account == "" || h.Account == account) {
					found = append(found, h)
				}
			}
			return found, nil
		},
		To: func(_ context.Context, q *history.Query) (page history.Page, err error) {
			for _, h := range all {
				if h.To.Addr == q.Receiver && (q.Until.IsZero() || !h.SubmittedAt.After(q.Until)) && len(page.Histories) < q.Limit {
					page.Histories = append(page.Histories, h)
				}
			}
			return page, nil
		},
		Skipped: skips.Skipped,
		SameID:  bytes.EqualFold,
		Form:    func(string) string { return "sme-ack" },
		Log:     func(*http.Request, string) {},
	}
}

func askMessages(t *testing.T, s MessageSource, query string, into any) (status int) {
	t.Helper()
	w := httptest.NewRecorder()
	MessagePage(s).ServeHTTP(w, httptest.NewRequest("GET", "/v1/messages"+query, nil))
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatalf("%s: %v in %q", query, err, w.Body)
	}
	return w.Code
}

// aHistory is of a message in two parts that was read and told.
func aHistory(t testing.TB) message.History {
	at := func(s int) time.Time { return time.Date(2026, 11, 30, 10, 0, s, 0, time.UTC) }
	reference := uint16(42)
	return message.History{
		Account: "bank", From: message.Address{TON: 5, Addr: addrOf(t, "shop")}, To: message.Address{TON: 1, NPI: 1, Addr: addrOf(t, "447700900101")},
		Trail: message.Trail{Carriage: message.CarriageUDH, Split: true, Session: 7, Answered: 120}, Way: "http",
		SubmittedAt: at(0), Number: 17, Reference: &reference, WantsReceipt: true, State: message.StateRead, Total: 2,
		Parts:       []message.HistoryPart{{Seq: 1, ID: "4A7F01", State: message.StateDelivered}, {Seq: 2, ID: "4A7F02"}},
		DeliveredAt: at(2), ReadAt: at(3), ReceivedAt: at(4), ReadableTill: at(9), Told: message.Told{State: message.ToldDone, Event: "01J", At: at(5), By: 8},
	}
}

// The JSON of a message, field by field.
func TestMessageJSON(t *testing.T) {
	var got map[string]any
	askMessages(t, ledgerOf([]message.History{aHistory(t)}, nil), "?message_id=4A7F01", &got)
	event := func(time, event, detail string) map[string]any {
		e := map[string]any{"time": "2026-11-30T10:00:0" + time + "Z", "event": event}
		if detail != "" {
			e["detail"] = detail
		}
		return e
	}
	want := map[string]any{"messages": []any{map[string]any{
		"account": "bank", "sender": "shop", "sender_ton": 5., "sender_npi": 0., "receiver": "+44*********1", "receiver_ton": 1., "receiver_npi": 1.,
		"submitted_at": "2026-11-30T10:00:00Z", "known": "all", "number": 17., "state": "read", "user_message_reference": 42., "receipt_requested": true,
		"carriage": "udh", "split": true, "session": 7., "accepted_at": "2026-11-30T10:00:00.12Z", "way": "http",
		"total": 2., "parts": []any{
			map[string]any{"part": 1., "message_id": "4A7F01", "state": "delivered"}, map[string]any{"part": 2., "message_id": "4A7F02", "state": "sent"},
		},
		"delivered_at": "2026-11-30T10:00:02Z", "status": 1., "read_at": "2026-11-30T10:00:03Z", "received_at": "2026-11-30T10:00:04Z",
		"readable_until": "2026-11-30T10:00:09Z",
		"feedback":       map[string]any{"state": "told", "event": "01J", "form": "sme-ack", "at": "2026-11-30T10:00:05Z", "session": 8.},
		"events": []any{
			event("0", "submitted", "by bank in session 7, number 17 (udh), split into 2 parts"),
			map[string]any{"time": "2026-11-30T10:00:00.12Z", "event": "accepted", "detail": "message_id 4A7F01 4A7F02"},
			event("2", "delivered", ""),
			event("4", "read", "at 2026-11-30T10:00:03Z by the receiver's clock, reported by http"), event("5", "told", "sme-ack in session 8"),
		},
	}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	askMessages(t, ledgerOf([]message.History{aHistory(t)}, nil), "?message_id=4A7F01&full=true", &got)
	if m := got["messages"].([]any)[0].(map[string]any); m["receiver"] != "+447700900101" {
		t.Errorf("in full: got %v", m["receiver"])
	}
}

// What happened to the feedback is shown, and nothing that has not happened.
func TestMessageEvents(t *testing.T) {
	dead := aHistory(t)
	dead.State, dead.Told = message.StateDeletedUnread, message.Told{State: message.ToldDead, Event: "01J", At: dead.ReceivedAt, Reason: "ESME_RX_P_APPN", Letter: 4}
	sent := aHistory(t)
	sent.State, sent.DeliveredAt, sent.ReceivedAt, sent.ReadAt, sent.Told = message.StateSent, time.Time{}, time.Time{}, time.Time{}, message.Told{}
	failed := sent
	failed.State, failed.FailedAt = message.StateFailed, failed.SubmittedAt.Add(time.Second)
	earlier := sent // of an earlier release
	earlier.Trail = message.Trail{}
	owner := message.History{Account: "bank", To: sent.To, Standing: message.Replaced, Number: 3, Parts: sent.Parts[:1], SubmittedAt: sent.SubmittedAt}
	for _, tt := range []struct {
		name, known, state, feedback, events string
		h                                    message.History
	}{
		{"sent", "all", "sent", "", "submitted accepted", sent},
		{"of an earlier release", "all", "sent", "", "submitted", earlier},
		{"failed", "all", "failed", "", "submitted accepted failed", failed},
		{"dead", "all", "deleted_unread", "dead ESME_RX_P_APPN 4", "submitted accepted delivered deleted_unread dead_letter", dead},
		{"owner of an id", "replaced", "", "", "", owner},
	} {
		var page Messages
		askMessages(t, ledgerOf([]message.History{tt.h}, nil), "?message_id=4A7F01", &page)
		m := page.Messages[0]
		var events []string
		for _, e := range m.Events {
			events = append(events, e.Event)
		}
		feedback := ""
		if f := m.Feedback; f != nil {
			feedback = fmt.Sprint(f.State, " ", f.Reason, " ", f.Letter)
		}
		if m.Known != tt.known || m.State != tt.state || feedback != tt.feedback || strings.Join(events, " ") != tt.events {
			t.Errorf("%s: got %+v, feedback %q", tt.name, m, feedback)
		}
	}
}

// A page goes on where the one before ended, although messages came at the same time, and others come meanwhile. Messages
// without a number are among them.
func TestMessagePages(t *testing.T) {
	at := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
	var all []message.History
	var skips skipped
	to := addrOf(t, "447700900101")
	for i := range 7 {
		h := message.History{Account: "bank", To: message.Address{TON: 1, Addr: to}, Number: uint16(10 - i), Parts: []message.HistoryPart{{ID: "x"}}}
		h.SubmittedAt = at.Add(time.Duration(-i/3) * time.Second)
		all = append(all, h)
	}
	for i := range 3 {
		skips = append(skips, gateway.Skipped{
			Time: at.Add(time.Duration(-i)*time.Second + 300), Account: "shop", Command: pdu.SubmitSMID, Sequence: uint32(i + 1),
			From: "10690001", To: "+447700900101", Skip: numbering.NoRoom,
		})
	}
	skips = append(skips, gateway.Skipped{Time: at, To: "+447700900102"})
	want := "[s1 10 9] [8 s2 7] [6 5 s3] [4] "
	for _, late := range []bool{false, true} {
		got, query := "", "?receiver=447700900101&limit=3"
		for cursor := "-"; cursor != ""; {
			var page Messages
			if status := askMessages(t, ledgerOf(all, skips), query, &page); status != 200 {
				t.Fatalf("%s: got %d", query, status)
			}
			var names []string
			for _, m := range page.Messages {
				if m.Number != nil {
					names = append(names, fmt.Sprint(*m.Number))
				} else {
					names = append(names, fmt.Sprint("s", m.Sequence))
				}
			}
			got += fmt.Sprint(names, " ")
			cursor = page.Next
			query = "?receiver=447700900101&limit=3&cursor=" + cursor
			if late {
				all = append([]message.History{{To: all[0].To, SubmittedAt: at.Add(time.Minute), Parts: all[0].Parts}}, all...)
			}
		}
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// A message without a number is shown with the reason.
func TestSkippedMessage(t *testing.T) {
	skips := someSkipped()
	var page Messages
	askMessages(t, ledgerOf(nil, skips), "?receiver=%2B447700900123&sender=10690001", &page)
	if len(page.Messages) != 1 {
		t.Fatalf("got %+v", page)
	}
	m := page.Messages[0]
	if m.Known != "skipped" || m.Skip != "no_room" || m.Reason == "" || m.Session != 7 || m.Sequence != 3 || m.Command != "submit_sm" || len(m.Events) != 2 || m.Receiver != "+44*********3" {
		t.Errorf("got %+v", m)
	}
	for query, want := range map[string]int{
		"?receiver=447700900123": 2, "?receiver=447700900123&account=shop": 1, "?receiver=447700900123&sender=447700900111": 1, "?receiver=447700900124": 0,
	} {
		page := Messages{}
		if askMessages(t, ledgerOf(nil, skips), query, &page); len(page.Messages) != want || page.Messages == nil {
			t.Errorf("%s: got %d messages, want %d", query, len(page.Messages), want)
		}
	}
	// Numbered, and refused by the SMSC.
	skips[1].Skip, skips[1].Status = numbering.Numbered, "ESME_RSUBMITFAIL"
	page = Messages{}
	askMessages(t, ledgerOf(nil, skips), "?receiver=447700900123&account=shop", &page)
	if m := page.Messages[0]; m.Known != "refused" || m.Skip != "refused" || !strings.Contains(m.Reason, "ESME_RSUBMITFAIL") || len(m.Events) != 2 || m.Events[1].Event != "refused" ||
		m.Events[1].Detail != "ESME_RSUBMITFAIL" {
		t.Errorf("refused: got %+v", m)
	}
	skips[0].Status = "ESME_RTHROTTLED"
	page = Messages{}
	askMessages(t, ledgerOf(nil, skips), "?receiver=447700900123&account=bank", &page)
	if m := page.Messages[0]; m.Known != "skipped" || len(m.Events) != 3 || m.Events[2].Detail != "ESME_RTHROTTLED" {
		t.Errorf("without a number, and refused: got %+v", m)
	}
	// By its message_id, also where the ledger does not know of it.
	skips[0].MessageID, skips[0].Status, skips[0].Answered, skips[0].WantsReceipt = "4A7F", "ESME_ROK", skips[0].Time.Add(time.Second), true
	page = Messages{}
	askMessages(t, ledgerOf(nil, skips), "?message_id=4a7f&account=bank", &page)
	if len(page.Messages) != 1 || page.Messages[0].Skip != "no_room" || len(page.Messages[0].Parts) != 1 || page.Messages[0].Parts[0].MessageID != "4A7F" {
		t.Fatalf("by message_id: got %+v", page)
	}
	m = page.Messages[0]
	accepted := Event{Time: skips[0].Answered.Truncate(time.Millisecond), Event: "accepted", Detail: "message_id 4A7F"}
	if len(m.Events) != 3 || m.Events[2] != accepted || m.AcceptedAt != accepted.Time || m.Receipt == nil || !*m.Receipt {
		t.Errorf("what the SMSC answered: got %+v, want at last %+v, and that a receipt was asked for", m, accepted)
	}
	h := message.History{
		Account: "bank", From: message.Address{Addr: addrOf(t, "10690001")}, To: message.Address{Addr: addrOf(t, "447700900123")},
		Standing: message.Unnumbered, SubmittedAt: skips[0].Time.Truncate(24 * time.Hour), Parts: []message.HistoryPart{{ID: "4A7F"}},
	}
	newer := h
	newer.Standing, newer.Number, newer.SubmittedAt = message.Numbered, 3, skips[0].Time.Add(time.Hour)
	for want, known := range map[string]message.History{"skipped": h, "all": newer} {
		page = Messages{}
		askMessages(t, ledgerOf([]message.History{known}, skips), "?message_id=4A7F", &page)
		if len(page.Messages) != 1 || page.Messages[0].Known != want {
			t.Errorf("got %+v, want one that is %s", page.Messages, want)
		}
	}
	skips[0].MessageID = "another"
	page = Messages{}
	if askMessages(t, ledgerOf([]message.History{h}, skips), "?message_id=4A7F", &page); len(page.Messages) != 1 || page.Messages[0].Known != "unnumbered" || page.Messages[0].Receipt != nil {
		t.Errorf("not in memory: got %+v", page.Messages)
	}
}

func TestMessageProblems(t *testing.T) {
	ok, down := ledgerOf(nil, nil), ledgerOf(nil, nil)
	down.ByMessageID = func(context.Context, string, string) ([]message.History, error) {
		return nil, errors.New("index is closed")
	}
	down.To = func(context.Context, *history.Query) (history.Page, error) {
		return history.Page{}, errors.New("index is closed")
	}
	for _, tt := range []struct {
		name   string
		source MessageSource
		query  url.Values
		status int
		field  string
	}{
		{"nothing", ok, nil, 400, "message_id"},
		{"both", ok, url.Values{"message_id": {"1"}, "receiver": {"447700900101"}}, 400, "message_id"},
		{"no number", ok, url.Values{"receiver": {"shop"}}, 400, "receiver"},
		{"a long sender", ok, url.Values{"receiver": {"447700900101"}, "sender": {strings.Repeat("x", 30)}}, 400, "sender"},
		{"limit", ok, url.Values{"receiver": {"447700900101"}, "limit": {"0"}}, 400, "limit"},
		{"cursor", ok, url.Values{"receiver": {"447700900101"}, "cursor": {"x"}}, 400, "cursor"},
		{"half a cursor", ok, url.Values{"receiver": {"447700900101"}, "cursor": {"12"}}, 400, "cursor"},
		{"down, by id", down, url.Values{"message_id": {"1"}}, 503, ""},
		{"down, by receiver", down, url.Values{"receiver": {"447700900101"}}, 503, ""},
	} {
		var p problem
		if status := askMessages(t, tt.source, "?"+tt.query.Encode(), &p); status != tt.status || p.Field != tt.field || p.Detail == "" {
			t.Errorf("%s: got %d, %+v; want %d and field %q", tt.name, status, p, tt.status, tt.field)
		}
	}
	var page Messages
	if status := askMessages(t, ok, "?message_id=1", &page); status != 200 || page.Messages == nil || len(page.Messages) > 0 {
		t.Errorf("not found: got %d, %+v; want an empty list", status, page)
	}
}
