package feedback

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// holding says how long receipts are held.
func holding(hold time.Duration) func(string) AccountSettings {
	return func(string) AccountSettings { return AccountSettings{HoldReceipt: hold} }
}

// holdingFixture returns a service that holds the receipts of all accounts for an hour, and whose
// records are in the index at once.
func holdingFixture(t *testing.T) *fixture {
	t.Helper()
	f := servedFixture(t)
	f.recorder.applies = true
	f.Use(Settings{FeedbackKeep: time.Hour, Account: holding(time.Hour)})
	return f
}

// send puts a message of the account bank into the index.
func (f *fixture) send(c message.Conversation, number uint16, id string) journal.Place {
	f.t.Helper()
	now := time.Now().UnixMilli()
	p := journal.Place{Conv: c, Day: message.DayOf(now), Number: number, Ordinal: uint64(number) - 1}
	sent := journaltest.AcceptedAt(p, id)
	sent.At = now
	f.recorder.index.write(sent)
	return p
}

// read puts a read response into the index, and the feedback on it into the queue.
func (f *fixture) read(p journal.Place) {
	f.t.Helper()
	f.recorder.index.write(readRecord(p, time.Now()))
	if _, err := f.outbox.publish(relaytest.Deadline(f.t)); err != nil {
		f.t.Fatal(err)
	}
}

// hold gives the service the SMSC's receipt of a message.
func (f *fixture) hold(c message.Conversation, id string) bool {
	f.t.Helper()
	held, err := f.HoldReceipt(relaytest.Deadline(f.t), "bank", c, []byte(id), []byte("receipt of "+id))
	if err != nil {
		f.t.Fatalf("hold the receipt of %s: %v", id, err)
	}
	return held
}

// later lets receipts go as if it were so much later.
func (f *fixture) later(d time.Duration) {
	f.t.Helper()
	if err := f.releaseDue(relaytest.Deadline(f.t), time.Now().Add(d)); err != nil {
		f.t.Fatalf("release: %v", err)
	}
}

// passTime waits until the log, which counts milliseconds, has another time.
func passTime() {
	for began := time.Now(); time.Since(began) < 2*time.Millisecond; {
		runtime.Gosched()
	}
}

func TestReadTakesThePlaceOfTheReceipt(t *testing.T) {
	f := holdingFixture(t)
	told := f.told("bank")
	c := relaytest.Conversation(t, "10690001", "447700900123")
	first := f.send(c, 1, "first")
	if !f.hold(c, "first") {
		t.Error("the receipt is not held")
	}
	if !f.hold(c, "first") { // the SMSC did not hear our answer
		t.Error("the receipt is not held again")
	}
	f.later(0)
	f.read(first)
	if fb := relaytest.Receive(t, told); fb.MessageIDs[0] != "first" || fb.Receipt != nil || fb.DeliveredAt.IsZero() {
		t.Errorf("told: got %+v, want that it is read", fb)
	}
	f.wantMessages(queueStream, 0)
	f.later(2 * time.Hour)
	f.wantMessages(heldStream, 0)
	f.wantMessages(queueStream, 0)
	if got := f.counted("superseded"); got != 1 {
		t.Errorf("superseded: got %v, want 1", got)
	}

	early := f.send(c, 2, "early") // read before its receipt comes
	f.read(early)
	if fb := relaytest.Receive(t, told); fb.MessageIDs[0] != "early" {
		t.Errorf("told: got %+v", fb)
	}
	if !f.hold(c, "early") {
		t.Error("the receipt of what is read passes, want it kept")
	}
	f.wantMessages(heldStream, 0)
}

func TestReceiptGoesWhenItsTimeIsOver(t *testing.T) {
	f := holdingFixture(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	p := f.send(c, 1, "id1")
	if !f.hold(c, "id1") {
		t.Fatal("the receipt is not held")
	}
	f.Use(Settings{FeedbackKeep: time.Hour, Account: holding(time.Nanosecond)}) // what is read from now on is too late
	f.later(time.Minute)
	told := f.told("bank")
	fb := relaytest.Receive(t, told)
	if !bytes.Equal(fb.Receipt, []byte("receipt of id1")) || fb.Number != p.Number {
		t.Errorf("told: got %+v, want the SMSC's receipt", fb)
	}
	passTime()
	f.read(p)
	f.wantMessages(queueStream, 0)
	other := relaytest.Conversation(t, "10690001", "447700900124")
	f.read(f.send(other, 1, "id2"))
	if fb := relaytest.Receive(t, told); fb.MessageIDs[0] != "id2" {
		t.Errorf("told: got %+v, want the other message alone", fb)
	}
}

// A receipt that was held for an account that no deliver_sm tells any more becomes a dead letter.
func TestReceiptOfAnotherForm(t *testing.T) {
	for name, form := range map[string]AccountSettings{"nats": {Own: true}, "off": {Quiet: true}} {
		t.Run(name, func(t *testing.T) {
			f := holdingFixture(t)
			c := relaytest.Conversation(t, "10690001", "447700900123")
			f.send(c, 1, "id1")
			if !f.hold(c, "id1") {
				t.Fatal("the receipt is not held")
			}
			f.Use(Settings{FeedbackKeep: time.Hour, Account: func(string) AccountSettings { return form }})
			f.later(time.Minute)
			f.wantMessages(heldStream, 0)
			f.wantMessages(queueStream, 0)
			if letters := f.letters(); len(letters) != 1 || letters[0].Account != "bank" {
				t.Errorf("got %+v, want the receipt among the dead letters", letters)
			}
		})
	}
}

// The receipts of messages without a number, and of parts, are not held.
func TestReceiptsThatPass(t *testing.T) {
	f := holdingFixture(t)
	p := testPlace(t)
	now := time.Now().UnixMilli()
	p.Day = message.DayOf(now)
	if f.hold(p.Conv, "unknown") {
		t.Error("the receipt of a message without a number is held")
	}
	part := func(seq uint8, id string) journal.Record {
		r := journaltest.AcceptedAt(p, id)
		r.At, r.Part = now, message.Part{Ref: 7, Total: 2, Seq: seq}
		return r
	}
	f.recorder.index.write(part(1, "part"))
	if f.hold(p.Conv, "part") {
		t.Error("the receipt of a part is held")
	}
	f.wantMessages(heldStream, 0)
	receipt := func(seq uint8) journal.Record {
		return journal.Record{Kind: journal.KindReceipt, Place: p, PartSeq: seq, State: message.StateDelivered, At: now}
	}
	f.recorder.index.write(part(2, "part 2"), receipt(1), receipt(2))
	f.Use(Settings{FeedbackKeep: time.Hour, Account: holding(time.Nanosecond)})
	passTime()
	f.read(p)
	if fb := relaytest.Receive(t, f.told("bank")); len(fb.MessageIDs) != 2 || fb.DeliveredAt.IsZero() {
		t.Errorf("told: got %+v, want that both parts are read", fb)
	}
}

// firstHeld is the oldest receipt that is held.
func (f *fixture) firstHeld() (seq uint64, h heldReceipt) {
	f.t.Helper()
	s, err := f.js.Stream(relaytest.Deadline(f.t), heldStream)
	if err != nil {
		f.t.Fatal(err)
	}
	m, err := s.GetMsg(relaytest.Deadline(f.t), 1, jetstream.WithGetMsgSubject(heldSubject+">"))
	if err != nil {
		f.t.Fatal(err)
	}
	if err := json.Unmarshal(m.Data, &h); err != nil {
		f.t.Fatal(err)
	}
	return m.Sequence, h
}

// A read response in time is in the log before the receipt goes.
func TestHeldReceiptHasAMargin(t *testing.T) {
	f := holdingFixture(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	f.send(c, 1, "id1")
	if !f.hold(c, "id1") {
		t.Fatal("the receipt is not held")
	}
	_, h := f.firstHeld()
	due := h.At.Add(time.Hour + heldMargin)
	for _, tt := range []struct {
		name string
		now  time.Time
		want uint64
	}{{"when its time is over", h.At.Add(time.Hour), 1}, {"within the margin", due.Add(-1), 1}, {"after the margin", due, 0}} {
		if err := f.releaseDue(relaytest.Deadline(t), tt.now); err != nil {
			t.Fatal(err)
		}
		if got := f.state(heldStream).Msgs; got != tt.want {
			t.Errorf("%s: got %d held, want %d", tt.name, got, tt.want)
		}
	}
	if heldMargin < time.Second {
		t.Errorf("got a margin of %s, want time for an append that is made again", heldMargin)
	}
	f.wantMessages(queueStream, 1)
}

// A receipt that the SMSC sends again is not delivered twice. The receipt of the next message is
// another one.
func TestReceiptIsHeldOnce(t *testing.T) {
	f := holdingFixture(t)
	c, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	f.send(c, 1, "id1")
	f.send(c, 2, "id2")
	f.send(other, 1, "id1")
	for range 2 {
		if !f.hold(c, "id1") || !f.hold(c, "id2") || !f.hold(other, "id1") {
			t.Fatal("the receipt is not held")
		}
	}
	f.wantMessages(heldStream, 3)
}

// A crash between the publication of a receipt and the removal of the held one does not have it
// delivered twice, wherever it goes.
func TestReceiptGoesOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		form   AccountSettings
		stream string
	}{
		"feedback":    {AccountSettings{HoldReceipt: time.Hour}, queueStream},
		"dead letter": {AccountSettings{HoldReceipt: time.Hour, Own: true}, deadStream},
	} {
		t.Run(name, func(t *testing.T) {
			f := holdingFixture(t)
			f.Use(Settings{FeedbackKeep: time.Hour, Account: func(string) AccountSettings { return tt.form }})
			c := relaytest.Conversation(t, "10690001", "447700900123")
			p := f.send(c, 1, "id1")
			if !f.hold(c, "id1") {
				t.Fatal("the receipt is not held")
			}
			seq, h := f.firstHeld()
			for range 2 {
				if err := f.release(relaytest.Deadline(t), seq, &h, h.At.Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
			}
			f.wantMessages(tt.stream, 1)
			if err := f.release(relaytest.Deadline(t), seq+1, &h, h.At.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			f.wantMessages(tt.stream, 2)
			if got, want := f.waits("bank"), tt.stream == queueStream; got != want {
				t.Errorf("got the account waiting %v, want %v", got, want)
			}
			if tt.stream == deadStream {
				return
			}
			fb := relaytest.Receive(t, f.told("bank"))
			if fb.Event != fmt.Sprint("receipt-", seq) || fb.Account != "bank" || fb.Number != p.Number || fb.MessageIDs[0] != "id1" ||
				fb.Sender != "10690001" || fb.Receiver != "447700900123" || !fb.ReceivedAt.Equal(h.At) {
				t.Errorf("told: got %+v, want the receipt of the message", fb)
			}
		})
	}
}
