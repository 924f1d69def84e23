package relay

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/relaytest"
	"readback/smpp/receipt"
)

// stored sends the n-th message of a store to a receiver; change may be nil.
func (r *running) stored(n int, receiver, id string, change func(*ledger.Sent)) *ledger.Sent {
	r.t.Helper()
	s := tracked(storeConversation(r.t, receiver))
	s.At, s.Carriage, s.Session = storeTime.Add(time.Duration(n)*time.Minute), message.CarriageUDH, 7
	if change != nil {
		change(s)
	}
	if err := r.Ledger().Assign(s); err != nil {
		r.t.Fatalf("assign: %v", err)
	}
	r.accept(s, id)
	return s
}

// word sends a read response that came a minute after the message.
func (r *running) word(s *ledger.Sent, status uint8, id string) {
	r.t.Helper()
	rd := response(s.Conversation, s.Number)
	rd.Status, rd.ReadAt, rd.ID, rd.Way = status, s.At.Add(time.Minute), id, "http"
	if v := r.Reads().Submit(relaytest.Deadline(r.t), rd); !v.IsAccepted() {
		r.t.Fatalf("read of %d: got %+v, want 202", s.Number, v)
	}
}

// passed notes the SMSC's receipt of a message, and waits for its state.
func (r *running) passed(s *ledger.Sent, id string, to message.State) {
	r.t.Helper()
	r.Ledger().Receipt("bank", s.Conversation, []byte(id), to, 0)
	r.awaitState(s.Conversation, s.Number, to.String())
}

// writeFirstSession brings a record of each kind into the log but the stop, which is
// written at the end of it.
func writeFirstSession(r *running) {
	r.writeTold()
	r.writeDead()
	r.writeStates()
	r.writeParts()
	r.writeCut()
	r.writeHeld()
	r.writeOptOut()
	r.writeErased()
	r.writeLate()
	r.writeEpoch()
	r.route("bank", "4a7f01")
	r.route("shop", "4a7f02")
	r.settled()
}

// writeTold writes a message whose ESME has acknowledged the feedback.
func (r *running) writeTold() {
	told := r.stored(1, storeReceiver, "4A7F01", func(s *ledger.Sent) {
		s.Reference, s.HasReference, s.WantsReceipt = 42, true, true
		s.To.Addr = addrAsSubmitted(r.t, storeReceiver)
	})
	r.passed(told, "4A7F01", message.StateDelivered)
	r.word(told, message.StatusRead, "")
	r.wantMessages(streamFeedback, 1)
	leave := r.deliverTo("bank", 7, func(context.Context, *message.Feedback) error { return nil })
	r.wantMessages(streamFeedback, 0)
	leave()
	r.awaitReported(told)
}

// writeDead writes a message whose ESME has refused the feedback.
func (r *running) writeDead() {
	dead := r.stored(2, storeDead, "4A7F02", func(s *ledger.Sent) { s.Account = "shop" })
	r.word(dead, message.StatusRead, "")
	leave := r.deliver("shop", refusing)
	r.awaitDead(1)
	leave()
}

// writeStates writes messages in each state.
func (r *running) writeStates() {
	r.passed(r.stored(3, storeReceiver, "4A7F03", nil), "4A7F03", message.StateFailed)
	r.passed(r.stored(4, storeReceiver, "4A7F04", nil), "4A7F04", message.StateExpired)
	r.passed(r.stored(5, storeReceiver, "4A7F05", nil), "4A7F05", message.StateDelivered)
	refused := tracked(storeConversation(r.t, storeReceiver))
	if err := r.Ledger().Assign(refused); err != nil {
		r.t.Fatal(err)
	}
	r.Ledger().Refuse(refused) // number 5 has no message
	r.word(r.stored(6, storeReceiver, "4A7F06", nil), message.StatusNotRead, "")
	r.word(r.stored(7, storeReceiver, "4A7F07", nil), message.StatusDeletedUnread, "")
	r.word(r.stored(8, storeReceiver, "4A7F08", func(s *ledger.Sent) { s.WantsReceipt = true }), message.StatusRead, "read-8")
}

// writeParts writes a message in parts of the ESME's.
func (r *running) writeParts() {
	part := func(seq uint8) func(*ledger.Sent) {
		return func(s *ledger.Sent) { s.Part = message.Part{Ref: 500, Wide: true, Total: 2, Seq: seq} }
	}
	first := r.stored(9, storeParts, "4A7F09", part(1))
	r.stored(10, storeParts, "4A7F0A", part(2))
	r.Ledger().Receipt("bank", first.Conversation, []byte("4A7F09"), message.StateDelivered, 0)
	r.awaitPart(first.Conversation, first.Number, 1)
}

// writeCut writes two messages in parts of the gateway's. A receipt of the second one is missing.
func (r *running) writeCut() {
	cut := storeConversation(r.t, storeCut)
	r.submitCut(cut, 1, "4A7F0B", "4A7F0C")
	r.mergeAll(cut, "4a7f0b", "4a7f0c")
	r.submitCut(cut, 1, "4A7F0D", "4A7F0E", "4A7F0F")
	r.mergeAll(cut, "4a7f0e", "4a7f0d") // and not yet 4a7f0f
}

// writeHeld writes a message whose receipt is held.
func (r *running) writeHeld() {
	held := r.stored(11, storeHeld, "4A7F10", nil)
	kept, err := r.feedback.HoldReceipt(relaytest.Deadline(r.t), "bank", held.Conversation, []byte("4A7F10"), []byte("receipt of 4A7F10"))
	if err != nil || !kept {
		r.t.Errorf("got the receipt held %v, %v, want that it is", kept, err)
	}
}

// writeOptOut writes a message whose receiver opts out, and a read response after that.
func (r *running) writeOptOut() {
	s := r.stored(12, storeOptOut, "4A7F11", nil)
	a := relaytest.Addr(r.t, storeOptOut)
	if v := r.maintenance.optOuts.Set(relaytest.Deadline(r.t), &a, true); !v.IsAccepted() {
		r.t.Fatalf("opt out: got %+v, want 202", v)
	}
	r.word(s, message.StatusRead, "")
}

// writeErased writes messages whose receiver is erased.
func (r *running) writeErased() {
	for i := range 3 {
		r.word(r.stored(13+i, storeErased, fmt.Sprintf("4A7F1%d", 2+i), nil), message.StatusRead, "")
	}
	if v := r.Erase(relaytest.Deadline(r.t), relaytest.Addr(r.t, storeErased)); !v.IsAccepted() {
		r.t.Errorf("erase: got %+v, want 202", v)
	}
}

// writeLate writes a message whose answer comes after it was given up.
func (r *running) writeLate() {
	late := tracked(storeConversation(r.t, storeReceiver))
	late.At = storeTime.Add(16 * time.Minute)
	if err := r.Ledger().Assign(late); err != nil {
		r.t.Fatal(err)
	}
	r.Ledger().Refuse(late)
	r.Ledger().AcceptLate(late, []byte("4A7F16"))
}

// writeEpoch writes the records that a ledger needs after a thousand conversations, a backup that was
// restored, or a change of the numbers.
func (r *running) writeEpoch() {
	c := storeConversation(r.t, storeParts)
	for k, appendTo := range map[journal.Kind]func([]byte) []byte{
		journal.KindUnclaimed: journal.AppendUnclaimed,
		journal.KindSkip:      func(dst []byte) []byte { return journal.AppendSkip(dst, 3, storeTime.UnixMilli()) },
		journal.KindCycle:     func(dst []byte) []byte { return journal.AppendCycle(dst, &c, 0, 0, 1, 99) },
	} {
		if err := r.Ledger().Enqueue(k, appendTo); err != nil {
			r.t.Fatal(err)
		}
	}
}

// writeLastSession is the one that ends in one way or another.
func writeLastSession(r *running) {
	r.word(r.stored(20, storeReceiver, "4A7F20", nil), message.StatusRead, "")
	r.passed(r.stored(21, storeReceiver, "4A7F21", nil), "4A7F21", message.StateDelivered)
	r.stored(22, storeReceiver, "4A7F22", nil)
	r.stored(23, storeErased, "4A7F23", nil)
	r.route("shop", "4a7f20")
	r.settled()
}

// settled waits until the index has what was sent, and nothing is left in its outboxes.
func (r *running) settled() {
	r.t.Helper()
	r.wantNoRows()
	for ctx := relaytest.Deadline(r.t); ; {
		rows, err := r.index.OutboxRows()
		if err != nil || ctx.Err() != nil {
			r.t.Fatalf("feedback stays in the outbox: %d rows, %v", rows, err)
		}
		if rows == 0 {
			return
		}
	}
}

// awaitReported waits until the log knows that the ESME has acknowledged a feedback.
func (r *running) awaitReported(s *ledger.Sent) {
	r.t.Helper()
	for ctx := relaytest.Deadline(r.t); ctx.Err() == nil; {
		if f := r.found(s.Conversation, s.Number); f != nil && f.Entry.ReportedAt != 0 {
			return
		}
	}
	r.t.Fatalf("number %d is not reported", s.Number)
}

func (r *running) mergeAll(c message.Conversation, keys ...string) {
	r.t.Helper()
	for _, key := range keys {
		if _, err := r.merge(c, key, byte(receipt.Delivered)); err != nil {
			r.t.Fatalf("merge %s: %v", key, err)
		}
	}
}

// addrAsSubmitted is an address that is not normalised.
func addrAsSubmitted(t testing.TB, s string) message.Addr {
	a, err := message.NewAddr(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// submitCut sends a message in parts, up to the answer to its ESME.
func (r *running) submitCut(c message.Conversation, wanted byte, ids ...string) *ledger.Sent {
	r.t.Helper()
	s := tracked(c)
	s.Split = uint8(len(ids))
	if err := r.Ledger().Assign(s); err != nil {
		r.t.Fatalf("assign: %v", err)
	}
	cut := ledger.Split{Wanted: wanted}
	for _, id := range ids {
		cut.IDs = append(cut.IDs, []byte(id))
		cut.Keys = append(cut.Keys, []byte(strings.ToLower(id)))
	}
	w := make(relaytest.Logged, 1)
	r.Ledger().AcceptSplit(s, cut, w, 7)
	<-w
	return s
}

// merge tells of a part's receipt, and returns what it came to.
func (r *running) merge(c message.Conversation, key string, state byte) (*message.Merged, error) {
	r.t.Helper()
	p, ok := r.Ledger().PartOf("bank", c, []byte(key))
	if !ok {
		return nil, errors.New("no such part")
	}
	type result struct {
		m   *message.Merged
		err error
	}
	done := make(chan result, 1)
	note := message.PartReceipt{State: state, ID: strings.ToUpper(key), Err: fmt.Sprintf("%03d", state), Text: "text of " + key}
	r.Ledger().Merge(p, note, func(m *message.Merged, err error) { done <- result{m, err} })
	got := relaytest.Receive(r.t, done)
	return got.m, got.err
}
