package ledger

import (
	"bytes"
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/crash"
	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

// Bounds of the receipts that are being looked at.
const (
	maxReceipts = 4096 // that just came
	maxEarly    = 4096 // that came before the SMSC's answer to their message
	earlyWait   = 30 * time.Second
)

// passedReceipt is a delivery receipt that passed by.
type passedReceipt struct {
	conv      message.Conversation
	messageID string
	state     message.State
	session   message.Session // that took it; zero: none
	at        time.Time
}

// receipts records the delivery receipts that pass through the gateway.
type receipts struct {
	*writer
	index  *index.Index
	table  *table
	sameID func(receipt, message []byte) bool
	taken  func(p *journal.Place, by message.Session)

	passed  chan passedReceipt
	dropped prometheus.Counter
}

// newReceipts returns the receipts of a ledger.
func newReceipts(rec *writer, ix *index.Index, heads *table, opt *Options, dropped prometheus.Counter) *receipts {
	rs := &receipts{
		writer: rec, index: ix, table: heads, sameID: opt.SameID, taken: opt.Taken,
		passed: make(chan passedReceipt, maxReceipts), dropped: dropped,
	}
	if rs.sameID == nil {
		rs.sameID = bytes.Equal
	}
	if rs.taken == nil {
		rs.taken = func(*journal.Place, message.Session) {}
	}
	return rs
}

// Receipt notes that a delivery receipt for messageID, sent from c.Sender to c.Receiver, passed
// by. The session has taken it; zero: none has. Receipt never waits: when too many receipts do, this one
// is dropped and counted.
func (rs *receipts) Receipt(c message.Conversation, messageID []byte, state message.State, by message.Session) {
	defer crash.OnPanic()
	if !rs.status.up.Load() || len(messageID) == 0 || len(messageID) > journal.MaxMessageID {
		return
	}
	select {
	case rs.passed <- passedReceipt{conv: c, messageID: string(messageID), state: state, session: by, at: time.Now()}:
	default:
		rs.dropped.Inc()
	}
}

// ResolveReceipts finds the message of each receipt and records it, until ctx ends. A receipt may
// come before the SMSC's answer to its message. Such a receipt is looked at again, for earlyWait.
func (rs *receipts) ResolveReceipts(ctx context.Context) {
	again := time.NewTicker(500 * time.Millisecond)
	defer again.Stop()
	var early []passedReceipt
	for {
		select {
		case <-ctx.Done():
			return
		case rc := <-rs.passed:
			onItsWay := rs.OnItsWay(&rc.conv) // asked first: it may get to the index in between
			if !rs.resolve(&rc) && onItsWay && len(early) < maxEarly {
				early = append(early, rc)
			}
		case now := <-again.C:
			left := early[:0]
			for _, rc := range early {
				if !rs.resolve(&rc) && now.Sub(rc.at) < earlyWait {
					left = append(left, rc)
				}
			}
			early = left
		}
	}
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
	p, seq, err := rs.Find(&rc.conv, []byte(rc.messageID))
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

// Find returns where the message with this message_id stands, and which part of
// it that is; nil when there is none.
func (rs *receipts) Find(c *message.Conversation, id []byte) (*journal.Place, uint8, error) {
	var p *journal.Place
	var seq uint8
	err := rs.index.EachEntry(c, func(f index.Found) bool {
		for _, part := range f.Entry.Parts {
			if rs.sameID(id, part.ID) {
				if p == nil || p.Ordinal < f.Place.Ordinal {
					p, seq = &f.Place, part.Seq
				}
				return f.IsLasting() // a later message may be filed under an earlier day
			}
		}
		return true
	})
	return p, seq, err
}
