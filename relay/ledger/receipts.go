package ledger

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/crash"
	"readback/relay/journal"
	"readback/relay/message"
)

// Bounds of the receipts that are being looked at.
const (
	maxReceipts = 4096 // that just came
	maxEarly    = 4096 // that came before the SMSC's answer to their message
	earlyWait   = 30 * time.Second

	// The same for a receipt by whose addresses no message is on its way. They may not be those of its
	// message, which gets to the index in a moment. But most such receipts are about no message of the ledger.
	maxStray  = 256
	strayWait = time.Second
	fillRows  = 20_000 // of the index, that are read at a time
)

// passedReceipt is a delivery receipt that passed by.
type passedReceipt struct {
	account   string
	conv      message.Conversation // as its addresses say
	messageID string
	state     message.State
	session   message.Session // that took it; zero: none
	at        time.Time
	patience  time.Duration // how long after that its message may come
}

// receipts records the delivery receipts that pass through the gateway.
type receipts struct {
	*owners
	table *table
	taken func(p *journal.Place, by message.Session)

	passed  chan passedReceipt
	dropped prometheus.Counter
}

// newReceipts returns the receipts of a ledger.
func newReceipts(o *owners, heads *table, taken func(*journal.Place, message.Session), dropped prometheus.Counter) *receipts {
	if taken == nil {
		taken = func(*journal.Place, message.Session) {}
	}
	return &receipts{owners: o, table: heads, taken: taken, passed: make(chan passedReceipt, maxReceipts), dropped: dropped}
}

// Receipt notes that a delivery receipt of the account's for messageID passed by. By its addresses the
// message went from c.Sender to c.Receiver. The session has taken it; zero: none has. Receipt never waits:
// when too many receipts do, this one is dropped and counted.
func (rs *receipts) Receipt(account string, c message.Conversation, messageID []byte, state message.State, by message.Session) {
	defer crash.OnPanic()
	if !rs.status.up.Load() || len(messageID) == 0 || len(messageID) > journal.MaxMessageID {
		return
	}
	select {
	case rs.passed <- passedReceipt{account: account, conv: c, messageID: string(messageID), state: state, session: by, at: time.Now()}:
	default:
		rs.dropped.Inc()
	}
}

// ResolveReceipts finds the message of each receipt and records it, until ctx ends. A receipt may
// come before the SMSC's answer to its message. Such a receipt is looked at again: see patienceFor.
func (rs *receipts) ResolveReceipts(ctx context.Context) {
	again := time.NewTicker(500 * time.Millisecond)
	defer again.Stop()
	var early []passedReceipt
	for {
		select {
		case <-ctx.Done():
			return
		case rc := <-rs.passed:
			patience, most := rs.patienceFor(&rc) // asked first: it may get to the index in between
			if !rs.resolve(&rc) && len(early) < most {
				rc.patience = patience
				early = append(early, rc)
			}
		case now := <-again.C:
			if rs.status.up.Load() {
				_ = rs.index.FillIDs(fillRows) // whoever looks an id up sees the error
			}
			left := early[:0]
			for _, rc := range early {
				if !rs.resolve(&rc) && now.Sub(rc.at) < rc.patience {
					left = append(left, rc)
				}
			}
			early = left
		}
	}
}

// patienceFor returns how long a receipt is looked at again that has no message yet, if fewer than most are
// looked at.
func (rs *receipts) patienceFor(rc *passedReceipt) (patience time.Duration, most int) {
	if rs.OnItsWay(&rc.conv) {
		return earlyWait, maxEarly
	}
	return strayWait, maxStray
}

// OnItsWay reports whether a message of the conversation is on its way to the index.
func (rs *receipts) OnItsWay(c *message.Conversation) bool {
	defer crash.OnPanic()
	sh := rs.table.of(&c.Receiver)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	h := sh.heads.get(c)
	return h != nil && len(h.out) > 0
}

// resolve finds the message and queues the record. It returns false if there is no such message yet.
func (rs *receipts) resolve(rc *passedReceipt) bool {
	p, seq, err := rs.Find(rc.account, &rc.conv, []byte(rc.messageID))
	if err != nil || p == nil {
		return err != nil
	}
	if rc.session != 0 {
		rs.taken(p, rc.session) // before feedback that waits for the record goes out
	}
	b := rs.queue.begin(journal.KindReceipt)
	if b == nil {
		return true
	}
	b.buf = journal.AppendReceipt(b.buf, &journal.Record{Place: *p, PartSeq: seq, State: rc.state, At: rc.at.UnixMilli()})
	rs.queue.end(b)
	return true
}
