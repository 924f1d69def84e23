package relay

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"readback/relay/feedback"
	"readback/relay/history"
	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/relaytest"
	"readback/smpp/receipt"
)

// sendOf sends a message of an account.
func (r *running) sendOf(account string, c message.Conversation, id string) *ledger.Sent {
	r.t.Helper()
	s := tracked(c)
	s.Account = account
	if err := r.Ledger().Assign(s); err != nil {
		r.t.Fatalf("assign: %v", err)
	}
	r.accept(s, id)
	return s
}

// byID returns the accounts and numbers of the messages that have an id.
func (r *running) byID(id, account string) string {
	r.t.Helper()
	all, err := r.Histories().ByMessageID(relaytest.Deadline(r.t), id, account)
	if err != nil {
		r.t.Fatalf("%s: %v", id, err)
	}
	var found []string
	for _, h := range all {
		found = append(found, fmt.Sprintf("%s %s %d", h.Account, h.To.Addr, h.Number))
	}
	return strings.Join(found, ", ")
}

// A message is found by its message_id as receipts are: whatever the case, the zeros in front and the base.
func TestFindByMessageID(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.IDs = receipt.IDs{Response: receipt.Hex, Receipt: receipt.Decimal}
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.sendOf("bank", c, "4A7F01")
	r.sendOf("shop", relaytest.Conversation(t, "10690002", "447700900124"), "4a7f01")
	r.sendOf("bank", c, "99")
	for _, tt := range []struct{ id, account, want string }{
		{"4A7F01", "", "bank 447700900123 1, shop 447700900124 1"},
		{"004a7f01", "", "bank 447700900123 1, shop 447700900124 1"},
		{"4882177", "shop", "shop 447700900124 1"}, // in decimal, as its receipt has it
		{"4A7F01", "club", ""},
		{"99", "bank", "bank 447700900123 2"},
		{"nothing", "", ""},
		{"", "", ""},
		{strings.Repeat("9", 1000), "", ""},
	} {
		if got := r.byID(tt.id, tt.account); got != tt.want {
			t.Errorf("%s of %q: got %q, want %q", tt.id, tt.account, got, tt.want)
		}
	}
}

// Of a message whose number a later one has, or that has no number, the id alone is known.
func TestFindOwnerOfID(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.First, opt.Last = 1, 64
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for i := range 65 {
		r.sendOf("bank", c, fmt.Sprint("id", i))
	}
	r.Ledger().Take("bank", &c, []byte("own"), true)
	for ctx := relaytest.Deadline(t); r.byID("own", "") == "" && ctx.Err() == nil; { // until it is in the log
	}
	for id, want := range map[string]message.Standing{"id64": message.Numbered, "id0": message.Replaced, "own": message.Unnumbered} {
		all, err := r.Histories().ByMessageID(relaytest.Deadline(t), id, "")
		if err != nil || len(all) != 1 || all[0].Standing != want || all[0].Account != "bank" || all[0].To.Addr != c.Receiver || all[0].From.Addr != c.Sender {
			t.Errorf("%s: got %+v, %v; want standing %d", id, all, err, want)
		}
	}
}

// The messages of a receiver are listed, the newest first.
func TestFindByReceiver(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	c, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "shop", "447700900123")
	now := time.UnixMilli(time.Now().UnixMilli())
	for i, c := range []message.Conversation{c, other, c, relaytest.Conversation(t, "10690001", "447700900124")} {
		s := tracked(c)
		s.At = now.Add(time.Duration(i-10) * time.Second)
		if err := r.Ledger().Assign(s); err != nil {
			t.Fatal(err)
		}
		r.accept(s, fmt.Sprint("id", i))
	}
	for _, tt := range []struct {
		name string
		q    history.Query
		want string
	}{
		{"all", history.Query{Limit: 10}, "id2 id1 id0"},
		{"some", history.Query{Limit: 2}, "id2 id1"},
		{"until", history.Query{Limit: 10, Until: now.Add(-9 * time.Second)}, "id1 id0"},
		{"from a sender", history.Query{Limit: 10, Sender: "1069-0001"}, "id2 id0"},
		{"from a name", history.Query{Limit: 10, Sender: "SHOP"}, "id1"},
		{"of an account", history.Query{Limit: 10, Account: "bank"}, "id2 id1 id0"},
		{"of another account", history.Query{Limit: 10, Account: "shop"}, ""},
	} {
		tt.q.Receiver = c.Receiver
		page, err := r.Histories().To(relaytest.Deadline(t), &tt.q)
		var ids []string
		for _, h := range page.Histories {
			ids = append(ids, h.Parts[0].ID)
		}
		if got := strings.Join(ids, " "); got != tt.want || err != nil || page.Incomplete {
			t.Errorf("%s: got %s, %v, incomplete %v; want %s", tt.name, got, err, page.Incomplete, tt.want)
		}
	}
	if _, err := r.Histories().To(relaytest.Deadline(t), &history.Query{Receiver: c.Receiver, Sender: strings.Repeat("9", 30)}); err == nil {
		t.Error("a sender that is none: got no error")
	}
}

// A history says what became of the feedback on a message.
func TestFindFeedback(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.Account = func(account string) feedback.AccountSettings {
		return feedback.AccountSettings{Quiet: account == "quiet", Own: account == "own"}
	}
	r := start(t, opt)
	wantTold := func(id string, want message.ToldState) message.Told {
		t.Helper()
		all, err := r.Histories().ByMessageID(relaytest.Deadline(t), id, "")
		if err != nil || len(all) != 1 || all[0].Told.State != want || (all[0].Told.Event == "") != (want == message.ToldNothing) {
			t.Fatalf("%s: got %+v, %v; want %q", id, all, err, want)
		}
		return all[0].Told
	}
	n := 0
	readOf := func(account string) string {
		n++
		c := relaytest.Conversation(t, "10690001", fmt.Sprint("44770090010", n))
		id := fmt.Sprint("id", n)
		s := r.sendOf(account, c, id)
		wantTold(id, message.ToldNothing)
		r.read(c, s.Number)
		return id
	}
	id := readOf("bank")
	wantTold(id, message.ToldWaiting)
	leave := r.deliver("bank", refusing)
	dead := r.awaitDead(1)[0]
	r.wantMessages("READBACK_FEEDBACK", 0)
	leave()
	if got := r.awaitTold(id, message.ToldDead); got.Reason != "ESME_RX_P_APPN" || got.Letter != dead.ID || !got.At.Equal(dead.Time) || got.Event != dead.Event {
		t.Errorf("dead letter: got %+v, want that of %+v", got, dead)
	}
	r.operate("POST", "/v1/dead/replay?all=true", 200, nil)
	wantTold(id, message.ToldWaiting)
	relaytest.Receive(t, r.tellings("bank"))
	r.awaitTold(id, message.ToldDone)
	quiet := readOf("quiet")
	r.wantMessages("READBACK_FEEDBACK", 0)
	wantTold(quiet, message.ToldOff)
	own := readOf("own")
	wantTold(own, message.ToldWaiting)
}

// awaitTold waits until the index has the state of a message's feedback, and returns what is found.
func (r *running) awaitTold(id string, state message.ToldState) message.Told {
	r.t.Helper()
	for ctx := relaytest.Deadline(r.t); ; {
		all, err := r.Histories().ByMessageID(ctx, id, "")
		if err != nil || len(all) != 1 {
			r.t.Fatalf("message %s: got %+v, %v, want %s", id, all, err, state)
		}
		if told := all[0].Told; told.State == state && (state != message.ToldDone || !told.At.IsZero()) {
			return told
		}
	}
}

// Feedback that somebody dropped is nowhere.
func TestFindDropped(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.read(c, r.submit(c, "id").Number)
	r.deliver("bank", refusing)
	r.awaitDead(1)
	r.wantMessages("READBACK_FEEDBACK", 0)
	r.operate("DELETE", "/v1/dead?all=true", 200, nil)
	r.awaitTold("id", message.ToldGone)
}

// While the streams are not there, the index is searched nevertheless.
func TestFindWithoutStreams(t *testing.T) {
	r := openedRelay(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	day := message.DayOf(time.Now().UnixMilli())
	r.applyRecords(t, 1, func(dst []byte) []byte {
		rec := journal.Record{
			Place: journal.Place{Conv: c, Day: day, Number: 1}, Bound: 1, At: time.Now().UnixMilli(), Account: []byte("bank"), MessageID: []byte("id"),
			From: message.Address{Addr: c.Sender}, To: message.Address{Addr: c.Receiver},
		}
		return journal.AppendRead(journal.AppendAccepted(dst, &rec, "bank"), &journal.Record{Place: rec.Place, Status: 1, ReadAt: rec.At, At: rec.At})
	})
	page, err := r.Histories().To(relaytest.Deadline(t), &history.Query{Receiver: c.Receiver, Limit: 1})
	if err != nil || len(page.Histories) != 1 || page.Histories[0].Told.State != message.ToldUnknown || page.Histories[0].State != message.StateRead {
		t.Errorf("got %+v, %v; want a message that was read", page, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Histories().To(ctx, &history.Query{Receiver: c.Receiver, Limit: 1}); err == nil {
		t.Error("for somebody who is gone: got no error")
	}
}

// Receipts that are held are listed by account, a page at a time.
func TestFindHeldReceipts(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.Account = func(string) feedback.AccountSettings { return feedback.AccountSettings{HoldReceipt: time.Hour} }
	r := start(t, opt)
	var sent []message.Conversation
	for i, account := range []string{"bank", "shop", "bank"} {
		c := relaytest.Conversation(t, "10690001", fmt.Sprint("44770090010", i))
		id := fmt.Sprint("id", i)
		r.sendOf(account, c, id)
		if held, err := r.feedback.HoldReceipt(relaytest.Deadline(t), account, c, []byte(id), []byte("receipt")); !held || err != nil {
			t.Fatalf("hold: got %v, %v", held, err)
		}
		sent = append(sent, c)
	}
	first, more, err := r.HeldReceipts(relaytest.Deadline(t), "bank", 0, 1)
	if err != nil || !more || len(first) != 1 || first[0].MessageID != "id0" || first[0].Conversation != sent[0] || first[0].Number != 1 || first[0].Account != "bank" ||
		first[0].Until.Sub(first[0].Since) < time.Hour {
		t.Fatalf("first of the bank: got %+v, more %v, %v", first, more, err)
	}
	for _, tt := range []struct {
		account string
		after   uint64
		limit   int
		want    string
	}{
		{"bank", first[0].ID, 1, "id2"}, {"", 0, 10, "id0 id1 id2"}, {"", first[0].ID, 2, "id1 id2"}, {"club", 0, 10, ""},
	} {
		all, more, err := r.HeldReceipts(relaytest.Deadline(t), tt.account, tt.after, tt.limit)
		var ids []string
		for _, h := range all {
			ids = append(ids, h.MessageID)
		}
		if got := strings.Join(ids, " "); got != tt.want || more || err != nil {
			t.Errorf("%+v: got %s, more %v, %v", tt, got, more, err)
		}
	}
}

// A history says by what ways the message, the read and the feedback went.
func TestFindTrail(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	s := tracked(c)
	s.Carriage, s.Session = message.CarriageText, 7
	if err := r.Ledger().Assign(s); err != nil {
		t.Fatal(err)
	}
	r.accept(s, "id")
	rd := response(c, s.Number)
	rd.Way = "mqtt"
	if v := r.Reads().Submit(relaytest.Deadline(t), rd); !v.IsAccepted() {
		t.Fatalf("read: got %+v", v)
	}
	r.deliverTo("bank", 8, func(context.Context, *message.Feedback) error { return nil })
	r.awaitTold("id", message.ToldDone)
	failed := r.submit(relaytest.Conversation(t, "10690001", "447700900124"), "id2")
	r.Ledger().Receipt("bank", failed.Conversation, []byte("id2"), message.StateFailed, 0)
	r.awaitState(failed.Conversation, failed.Number, "failed")
	for _, again := range []bool{false, true} { // also when it was written and read
		if again {
			r = r.restart(t)
		}
		all, err := r.Histories().ByMessageID(relaytest.Deadline(t), "id", "")
		if err != nil || len(all) != 1 {
			t.Fatalf("got %+v, %v", all, err)
		}
		h := all[0]
		if h.Trail.Carriage != message.CarriageText || h.Trail.Session != 7 || h.Way != "mqtt" || h.Told.By != 8 || h.AcceptedAt().Before(h.SubmittedAt) {
			t.Errorf("again %v: got %+v", again, h)
		}
		all, err = r.Histories().ByMessageID(relaytest.Deadline(t), "id2", "")
		if err != nil || len(all) != 1 || all[0].FailedAt.IsZero() || !all[0].DeliveredAt.IsZero() || all[0].Trail != (message.Trail{}) {
			t.Errorf("again %v: got %+v, %v; want when it failed", again, all, err)
		}
	}
}

// restart stops a relay, and starts another one on its store.
func (r *running) restart(t *testing.T) *running {
	t.Helper()
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	return start(t, r.opt)
}
