package feedback

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// delivered puts a delivered message into the index, and a read response unless read is zero.
func (f *fixture) delivered(c message.Conversation, id string, delivered, read time.Time) {
	f.t.Helper()
	p := journal.Place{Conv: c, Day: message.DayOf(delivered.UnixMilli()), Number: 1}
	sent := journaltest.AcceptedAt(p, id)
	sent.At = delivered.UnixMilli()
	all := []journal.Record{sent, {Kind: journal.KindReceipt, Place: p, State: message.StateDelivered, At: delivered.UnixMilli()}}
	if !read.IsZero() {
		all = append(all, readRecord(p, read))
	}
	f.recorder.index.write(all...)
}

// holds puts a receipt into the stream of held receipts.
func (f *fixture) holds(account string, c message.Conversation, id string, at time.Time) {
	f.t.Helper()
	data, err := json.Marshal(heldReceipt{
		Account: account, Sender: c.Sender.String(), Receiver: c.Receiver.String(), Number: 1, MessageID: id, At: at, Receipt: []byte(id),
	})
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.js.Publish(relaytest.Deadline(f.t), heldSubject+account, data); err != nil {
		f.t.Fatal(err)
	}
}

// inQueue returns the message ids of the feedback of an account.
func (f *fixture) inQueue(account string) (all []string) {
	f.t.Helper()
	s, err := f.js.Stream(relaytest.Deadline(f.t), queueStream)
	if err != nil {
		f.t.Fatal(err)
	}
	for seq := uint64(1); ; seq++ {
		m, err := s.GetMsg(relaytest.Deadline(f.t), seq, jetstream.WithGetMsgSubject(queueSubject+account))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return all
		}
		var fb message.Feedback
		if err == nil {
			err = json.Unmarshal(m.Data, &fb)
		}
		if err != nil {
			f.t.Fatal(err)
		}
		seq, all = m.Sequence, append(all, fb.MessageIDs...)
	}
}

// A release delivers, for each account, the held receipts whose time is over, up to the first
// whose time is not. It drops receipts of messages that were read in time, and receipts that it
// cannot read.
func TestRelease(t *testing.T) {
	f := servedFixture(t)
	f.Use(Settings{FeedbackKeep: time.Hour, Account: holding(time.Hour)})
	now := time.UnixMilli(time.Now().UnixMilli())
	if err := f.releaseDue(relaytest.Deadline(t), now); err != nil {
		t.Errorf("nothing is held: got %v", err)
	}
	f.holdEight(now)
	for range 2 {
		if err := f.releaseDue(relaytest.Deadline(t), now); err != nil {
			t.Fatal(err)
		}
		f.wantReleased()
	}
	js := f.js
	f.js = withoutDelete(js)
	if err := f.releaseDue(relaytest.Deadline(t), now.Add(time.Hour)); !errors.Is(err, journal.ErrUnreachable) {
		t.Errorf("nothing can be deleted: got %v, want %v", err, journal.ErrUnreachable)
	}
	f.js = withoutPublish(js)
	if err := f.releaseDue(relaytest.Deadline(t), now.Add(time.Hour)); !errors.Is(err, journal.ErrUnreachable) || f.state(heldStream).Msgs != 2 {
		t.Errorf("nothing can be published: got %v, want %v and the receipts held", err, journal.ErrUnreachable)
	}
	if err := f.index.Close(); err != nil {
		t.Fatal(err)
	}
	f.js = js
	if err := f.releaseDue(relaytest.Deadline(t), now.Add(time.Hour)); !errors.Is(err, index.ErrClosed) || f.state(heldStream).Msgs != 2 {
		t.Errorf("without an index: got %v, want %v and the receipts held", err, index.ErrClosed)
	}
}

// holdEight puts seven receipts of the bank into the stream, one of them no JSON, and one of the
// shop. Two of the bank's are not released now.
func (f *fixture) holdEight(now time.Time) {
	f.t.Helper()
	old, young := now.Add(-2*time.Hour), now.Add(-time.Hour)
	c := func(i byte) message.Conversation {
		return relaytest.Conversation(f.t, "10690001", "44770090012"+string('0'+i))
	}
	f.delivered(c(2), "in time", old, old.Add(time.Hour-1*time.Millisecond))
	f.delivered(c(3), "too late", old, old.Add(time.Hour))
	f.delivered(c(4), "unread", old, time.Time{})
	f.holds("bank", c(1), "gone from the index", old)
	f.holds("bank", c(2), "in time", old)
	f.holds("bank", c(3), "too late", old)
	if _, err := f.js.Publish(relaytest.Deadline(f.t), heldSubject+"bank", []byte("no JSON")); err != nil {
		f.t.Fatal(err)
	}
	f.holds("bank", c(4), "unread", old)
	f.holds("bank", c(5), "young", young)
	f.holds("bank", c(6), "behind a young one", old)
	f.holds("shop", c(7), "of the shop", old)
}

// wantReleased looks at what the first release of eight receipts came to.
func (f *fixture) wantReleased() {
	f.t.Helper()
	for account, want := range map[string][]string{"bank": {"gone from the index", "too late", "unread"}, "shop": {"of the shop"}} {
		if got := f.inQueue(account); !slices.Equal(got, want) {
			f.t.Errorf("%s: got %q told, want %q", account, got, want)
		}
	}
	if got := f.state(heldStream).Msgs; got != 2 {
		f.t.Errorf("got %d held, want 2", got)
	}
	if got := f.counted("superseded"); got != 1 {
		f.t.Errorf("got %v superseded, want 1", got)
	}
	if got := f.counted("published"); got != 4 {
		f.t.Errorf("got %v published, want 4", got)
	}
}

// HoldReceipt holds the receipt of a known message, and records it.
func TestHoldOrPass(t *testing.T) {
	now := time.UnixMilli(time.Now().UnixMilli())
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for _, tt := range []struct {
		name    string
		read    time.Time
		prepare func(*fixture)
		id      string
		held    bool
		err     error
		queued  int
		stored  uint64
	}{
		{"held", time.Time{}, func(*fixture) {}, "A", true, nil, 1, 1},
		{"it was read", now, func(*fixture) {}, "A", true, nil, 1, 0},
		{"unknown message", time.Time{}, func(*fixture) {}, "B", false, nil, 0, 0},
		{"while down", time.Time{}, func(f *fixture) { f.recorder.down.Store(true) }, "A", false, nil, 0, 0},
		{"no room in the queue", time.Time{}, func(f *fixture) { f.recorder.full = true }, "A", false, errHeld, 0, 0},
		{"no stream", time.Time{}, func(f *fixture) { f.js = withoutPublish(f.js) }, "A", false, journal.ErrUnreachable, 1, 0},
		{"no index", time.Time{}, func(f *fixture) { _ = f.index.Close() }, "A", false, index.ErrClosed, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := servedFixture(t)
			f.delivered(c, "A", now, tt.read)
			tt.prepare(f)
			held, err := f.HoldReceipt(relaytest.Deadline(t), "bank", c, []byte(tt.id), []byte("pdu"))
			if held != tt.held || !errors.Is(err, tt.err) {
				t.Errorf("got %v, %v, want %v, %v", held, err, tt.held, tt.err)
			}
			queued := 0
			for _, rec := range f.recorder.take() {
				if rec.Kind != journal.KindReceipt || rec.State != message.StateDelivered || rec.Place.Number != 1 {
					t.Errorf("got record %+v, want a receipt of the message", rec)
				}
				queued++
			}
			if stored := f.state(heldStream).Msgs; queued != tt.queued || stored != tt.stored {
				t.Errorf("got %d records and %d held, want %d and %d", queued, stored, tt.queued, tt.stored)
			}
		})
	}
}

// A receipt waits for the response to its message, up to its caller's context.
func TestHoldWaitsForTheAnswer(t *testing.T) {
	f := servedFixture(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	f.recorder.sending = true
	ctx, cancel := context.WithCancel(relaytest.Deadline(t))
	cancel()
	if held, err := f.HoldReceipt(ctx, "bank", c, []byte("A"), nil); held || err != nil {
		t.Errorf("its caller goes: got %v, %v, want it to pass", held, err)
	}
	done := make(chan bool)
	go func() {
		held, err := f.HoldReceipt(relaytest.Deadline(t), "bank", c, []byte("A"), nil)
		done <- held && err == nil
	}()
	f.delivered(c, "A", time.Now(), time.Time{})
	if !relaytest.Receive(t, done) {
		t.Error("on its way: got it to pass, want it held")
	}
}

func TestReadInTime(t *testing.T) {
	for _, tt := range []struct {
		name  string
		entry index.Entry
		want  bool
	}{
		{"in time", index.Entry{State: message.StateRead, DeliveredAt: 1000, ReceivedAt: 1999}, true},
		{"too late", index.Entry{State: message.StateRead, DeliveredAt: 1000, ReceivedAt: 2000}, false},
		{"not delivered, as far as is known", index.Entry{State: message.StateRead, ReceivedAt: 9000}, true},
		{"deleted in time", index.Entry{State: message.StateDeletedUnread, DeliveredAt: 1000, ReceivedAt: 1001}, true},
		{"not read", index.Entry{State: message.StateDelivered, DeliveredAt: 1000}, false},
	} {
		if got := readInTime(&tt.entry, time.Second); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
		fb := &message.Feedback{ReceivedAt: message.Time(tt.entry.ReceivedAt), MessageIDs: []string{"A"}}
		if tt.entry.DeliveredAt > 0 {
			fb.DeliveredAt = message.Time(tt.entry.DeliveredAt)
		}
		if !tt.entry.State.IsFinal() {
			continue // there is no feedback
		}
		s := AccountSettings{HoldReceipt: time.Second}
		if got := s.tooLate(fb); got == tt.want {
			t.Errorf("%s: too late %v, want the opposite of %v", tt.name, got, tt.want)
		}
		fb.DeliveredAt = message.Time(1)
		for name, change := range map[string]func(){
			"it is the receipt":    func() { fb.Receipt = []byte("pdu") },
			"it has several parts": func() { fb.Receipt, fb.MessageIDs = nil, []string{"A", "B"} },
			"nothing is held":      func() { fb.Receipt, fb.MessageIDs, s.HoldReceipt = nil, []string{"A"}, 0 },
		} {
			before := s
			if change(); s.tooLate(fb) {
				t.Errorf("%s: got it too late", name)
			}
			s, fb.Receipt, fb.MessageIDs = before, nil, []string{"A"}
		}
	}
}
