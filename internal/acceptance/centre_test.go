//go:build e2e

package acceptance

import (
	"fmt"
	"net"
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

// accept takes a message, and tells when its receipt is to come.
func (c *centre) accept(m smpp.Message) (r *sentReceipt, moment int) {
	r = &sentReceipt{id: firstMessage + uint64(len(c.messages)), sender: string(m.From.Addr)}
	c.messages = append(c.messages, r)
	return r, len(c.messages) % receiptMoments
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

// pump sends the receipts that wait; mu is held. None goes first to the bind before.
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

// centreBind is one bind to a centre, or a connection that will be one.
type centreBind struct {
	centre *centre
	conn   net.Conn

	seq     uint32 // guarded by centre.mu, as below: of the last request
	pending map[uint32]*sentReceipt
}

// serve takes frames until the connection ends.
func (b *centreBind) serve() {
	in := smpp.NewReader(b.conn)
	for {
		f, err := in.Next()
		if err != nil {
			break
		}
		b.handle(f)
	}
	_ = b.conn.Close() // the gateway may have been first
	b.centre.leave(b)
}

// leave has what a bind owed sent again.
func (c *centre) leave(b *centreBind) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, other := range c.binds {
		if other == b {
			c.binds = append(c.binds[:i], c.binds[i+1:]...)
			break
		}
	}
	for _, r := range b.pending {
		r.unanswered++
		c.ready = append(c.ready, r)
	}
	b.pending = nil
	c.pump()
}

// handle takes one frame.
func (b *centreBind) handle(f smpp.Frame) {
	c := b.centre
	c.mu.Lock()
	defer c.mu.Unlock()
	switch f.ID() {
	case pdu.SubmitSMID:
		b.accept(f)
	case pdu.DeliverSMRespID:
		b.settle(f)
	case pdu.BindTransceiverID:
		b.write(append(smpp.AppendHeader(nil, smpp.ResponseID(f.ID()), 0, f.Seq(), 1), 0))
		c.binds = append(c.binds, b)
		c.pump()
	default:
		if !f.IsResponse() {
			b.write(smpp.AppendHeader(nil, smpp.ResponseID(f.ID()), 0, f.Seq(), 0))
		}
	}
}

// accept answers a message, and sends its receipt when it is the moment.
func (b *centreBind) accept(f smpp.Frame) {
	c := b.centre
	m, err := smpp.ParseMessage(f)
	if err != nil {
		c.faults = append(c.faults, err.Error())
		return
	}
	r, moment := c.accept(m)
	id := responseID(r.id)
	answer := append(append(smpp.AppendHeader(nil, pdu.SubmitSMRespID, 0, f.Seq(), len(id)+1), id...), 0)
	other := c.free(b)
	switch {
	case moment == receiptBefore:
		b.send(r)
		b.write(answer)
	case moment == receiptBeforeElse && other != nil:
		other.send(r)
		const before = 30 * time.Millisecond
		time.AfterFunc(before, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			b.write(answer)
		})
	case moment == receiptLate:
		b.write(answer)
		c.late = append(c.late, r)
	default:
		b.write(answer)
		if moment == receiptAfter || other == nil {
			other = b
		}
		other.send(r)
	}
}

// send sends a receipt.
func (b *centreBind) send(r *sentReceipt) {
	b.seq++
	r.sent++
	b.pending[b.seq] = r
	b.write(r.frame(b.seq))
}

// settle takes the answer to a receipt.
func (b *centreBind) settle(f smpp.Frame) {
	c := b.centre
	r := b.pending[f.Seq()]
	delete(b.pending, f.Seq())
	switch {
	case r == nil:
		c.faults = append(c.faults, fmt.Sprintf("deliver_sm_resp %d answers nothing", f.Seq()))
	case f.Status() == smpp.StatusOK && r.done:
		c.faults = append(c.faults, fmt.Sprintf("receipt of %d accepted twice", r.id))
	case f.Status() == smpp.StatusOK:
		r.done = true
	case f.Status() == smpp.StatusTempApp:
		r.refused++
		c.again(r)
	default:
		c.faults = append(c.faults, fmt.Sprintf("receipt of %d refused with %#x", r.id, uint32(f.Status())))
	}
	c.pump()
}

// write writes a frame. The gateway reads all the time; if it is gone, serve sees it.
func (b *centreBind) write(f []byte) {
	_, _ = b.conn.Write(f)
}
