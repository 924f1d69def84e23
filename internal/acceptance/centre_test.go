//go:build e2e

package acceptance

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// centre is an SMSC whose receipts come when, where and how a test wants them. Its
// message_ids are hexadecimal in answers and decimal in receipts. A receipt that is
// refused for now, or not answered before its bind is gone, it sends again.
type centre struct {
	addr string

	mu       sync.Mutex
	binds    []*centreBind // guarded by mu, as all below
	turn     int
	messages []*sentReceipt // by message_id, less firstMessage
	ready    []*sentReceipt // to be sent as soon as a bind has room
	late     []*sentReceipt // to be sent when the test says so
	faults   []string
}

// sentReceipt is the receipt of one message and how it fared.
type sentReceipt struct {
	id         uint64
	moment     int
	sender     string
	sent       int
	refused    int // for now
	unanswered int // when their bind was gone
	done       bool
}

// firstMessage is the number of the first message_id: its hexadecimal digits are not
// all decimal, so that a wrong base shows.
const firstMessage = 0xA00001

// Moments of a receipt, by turns.
const (
	receiptAfter      = iota // behind the answer, on the same bind
	receiptBefore            // in front of the answer
	receiptBeforeElse        // some time before the answer, on another bind
	receiptElse              // behind the answer, on another bind
	receiptLate              // when the test says so
	receiptMoments
)

// startCentre starts a centre; it stops with the test.
func startCentre(t *testing.T) *centre {
	t.Helper()
	ln := listen(t, "")
	c := &centre{addr: ln.Addr().String()}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			b := &centreBind{centre: c, conn: conn, pending: map[uint32]*sentReceipt{}}
			serving.Go(b.serve)
		}
	})
	t.Cleanup(func() {
		_ = ln.Close() // Accept sees it
		c.mu.Lock()
		for _, b := range c.binds {
			_ = b.conn.Close() // the gateway may have been first
		}
		c.mu.Unlock()
		serving.Wait()
	})
	return c
}

// accept takes a message and decides when its receipt is to come; mu is held.
func (c *centre) accept(m smpp.Message) *sentReceipt {
	n := len(c.messages)
	r := &sentReceipt{id: firstMessage + uint64(n), moment: n % receiptMoments, sender: string(m.From.Addr)}
	c.messages = append(c.messages, r)
	return r
}

// responseID writes a message_id as answers have it: hexadecimal, in either case, with
// zeros in front or not.
func responseID(id uint64) string {
	return fmt.Sprintf([]string{"%X", "%x", "%010X"}[id%3], id)
}

// frame makes the receipt. Some have the message_id in the TLV and rubbish in the
// text, some in the text alone.
func (r *sentReceipt) frame(seq uint32) smpp.Frame {
	id := fmt.Sprintf([]string{"%d", "%012d"}[r.id%2], r.id)
	m := simulator.ShortMessage{From: simulator.Number("447700900101"), To: simulator.Number(r.sender), ESMClass: smpp.ESMClassReceipt}
	text := id
	if r.id%3 == 0 {
		m.TLVs = smpp.AppendTLV(nil, smpp.TagReceiptedMessageID, append([]byte(id), 0))
		text = "0"
	}
	// The last word is for the test, which finds its message by it.
	m.UserData = fmt.Appendf(nil, "id:%s sub:001 dlvrd:001 submit date:2611230830 done date:2611230830 stat:DELIVRD err:000 text:%d", text, r.id)
	return m.Append(nil, pdu.DeliverSMID, seq)
}

// pump sends the receipts that wait as long as a bind has room; mu is held.
func (c *centre) pump() {
	for len(c.ready) > 0 {
		b := c.free(nil)
		if b == nil {
			return
		}
		r := c.ready[0]
		c.ready = c.ready[1:]
		b.send(r)
	}
}

// free returns a bind with room, by turns, another one than not; mu is held.
func (c *centre) free(not *centreBind) *centreBind {
	for range c.binds {
		c.turn++
		if b := c.binds[c.turn%len(c.binds)]; b != not && len(b.pending) < centreWindow {
			return b
		}
	}
	return nil
}

// centreWindow is how many receipts of a bind may be unanswered.
const centreWindow = 100

// again sends a receipt once more, a little later.
func (c *centre) again(r *sentReceipt) {
	const later = 100 * time.Millisecond
	time.AfterFunc(later, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.ready = append(c.ready, r)
		c.pump()
	})
}

// sendLate sends the receipts that were kept back.
func (c *centre) sendLate() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n = len(c.late)
	c.ready, c.late = append(c.ready, c.late...), nil
	c.pump()
	return n
}
