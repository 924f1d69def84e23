package relay

import (
	"context"

	"readback/internal/crash"
	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

// outstanding returns the senders who have given this number to the receiver without
// the index knowing about it yet; sender is one of them, or zero for any. The channel is
// closed when that has changed; nil when there are none.
func (l *Ledger) outstanding(receiver, sender *message.Addr, number uint16) (senders []message.Addr, changed <-chan struct{}) {
	defer crash.OnPanic()
	sh := l.table.of(receiver)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !sender.IsZero() {
		h := sh.heads[message.Conversation{Sender: *sender, Receiver: *receiver}]
		if h == nil || !l.isOut(h, number) {
			return nil, nil
		}
		return []message.Addr{*sender}, h.change()
	}
	for h := sh.busy; h != nil; h = h.busyNext {
		if h.conv.Receiver == *receiver && l.isOut(h, number) {
			senders = append(senders, h.conv.Sender)
			changed = h.change()
		}
	}
	return senders, changed
}

func (l *Ledger) isOut(h *head, number uint16) bool {
	for _, o := range h.out {
		if l.number(o.ordinal) == number {
			return true
		}
	}
	return false
}

// submit appends a record to the log that has an outcome, and waits for the outcome.
func (l *Ledger) submit(ctx context.Context, k journal.Kind, appendTo func(dst []byte) []byte) message.Verdict {
	defer crash.OnPanic()
	if !l.status.up.Load() {
		return message.LedgerDown()
	}
	b := l.queue.begin(k)
	if b == nil {
		return message.LedgerDown()
	}
	b.buf = appendTo(b.buf)
	came := make(chan index.Outcome, 1) // has room for the one outcome
	b.await(func(o index.Outcome, _ *message.Merged) { came <- o })
	l.queue.end(b)
	select {
	case o := <-came:
		return verdictAfter(o)
	case <-ctx.Done():
		return message.LedgerDown()
	}
}

func verdictAfter(o index.Outcome) message.Verdict {
	switch o {
	case index.Read, index.Duplicate, index.Noted:
		return message.Accept()
	case index.Gone:
		return message.NoSuchMessage()
	}
	return message.LedgerDown()
}

// enqueue queues a record for the log, and does not wait. The error is ErrDown, if there is no room.
func (l *Ledger) enqueue(k journal.Kind, appendTo func(dst []byte) []byte) error {
	defer crash.OnPanic()
	b := l.queue.begin(k)
	if b == nil {
		return ErrDown
	}
	b.buf = appendTo(b.buf)
	l.queue.end(b)
	return nil
}

// isUp reports whether numbers can be given and reads recorded.
func (l *Ledger) isUp() bool { return l.status.up.Load() }
