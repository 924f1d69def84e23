package relay

import (
	"bytes"
	"context"
	"time"
)

// Bounds of the receipts that are being looked at.
const (
	maxReceipts = 4096 // that just came
	maxEarly    = 4096 // that came before the SMSC's answer to their message
	earlyWait   = 30 * time.Second
)

// receipt is a delivery receipt that passed by.
type receipt struct {
	conv      Conversation
	messageID string
	state     State
	at        time.Time
}

// Receipt notes that a delivery receipt for messageID, sent from c.Sender to c.Receiver, passed
// by. It never waits: when too many receipts do, this one is dropped and counted.
func (l *Ledger) Receipt(c Conversation, messageID []byte, state State) {
	if !l.status.up.Load() || len(messageID) == 0 || len(messageID) > maxMessageID {
		return
	}
	select {
	case l.receipts <- receipt{conv: c, messageID: string(messageID), state: state, at: time.Now()}:
	default:
		l.metrics.receipts.Inc()
	}
}

// resolveReceipts finds the message of each receipt, and has the log know. A receipt
// may come before the SMSC's answer to its message: it is looked at again until the
// wait is over.
func (r *Relay) resolveReceipts(ctx context.Context) {
	l := r.ledger
	again := time.NewTicker(500 * time.Millisecond)
	defer again.Stop()
	var early []receipt
	for {
		select {
		case <-ctx.Done():
			return
		case rc := <-l.receipts:
			if !l.resolve(&rc) && len(early) < maxEarly && l.known(&rc.conv) {
				early = append(early, rc)
			}
		case now := <-again.C:
			left := early[:0]
			for _, rc := range early {
				if !l.resolve(&rc) && now.Sub(rc.at) < earlyWait {
					left = append(left, rc)
				}
			}
			early = left
		}
	}
}

// known tells whether a conversation is in memory: only then can the message of a
// receipt be on its way to the index.
func (l *Ledger) known(c *Conversation) bool {
	sh := l.table.of(&c.Receiver)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	h := sh.heads[*c]
	return h != nil && len(h.out) > 0
}

// resolve finds the message and queues the record; false when there is none yet.
func (l *Ledger) resolve(rc *receipt) bool {
	p, seq, err := l.index.findMessage(&rc.conv, rc.messageID, dayOf(rc.at.UnixMilli()))
	if err != nil || p == nil {
		return err != nil
	}
	b := l.queue.begin(kindReceipt)
	if b == nil {
		return true
	}
	b.buf = appendReceipt(b.buf, &record{place: *p, partSeq: seq, state: rc.state, at: rc.at.UnixMilli()})
	l.queue.end(b)
	return true
}

// sameID compares message_ids: SMSCs differ in case and leading zeros between the
// answer to a message and its receipt.
func sameID(a, b []byte) bool {
	return bytes.EqualFold(bytes.TrimLeft(a, "0"), bytes.TrimLeft(b, "0"))
}
