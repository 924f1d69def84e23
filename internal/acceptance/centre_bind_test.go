//go:build e2e

package acceptance

import (
	"fmt"
	"net"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
)

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
	r := c.accept(m)
	id := responseID(r.id)
	answer := append(append(smpp.AppendHeader(nil, pdu.SubmitSMRespID, 0, f.Seq(), len(id)+1), id...), 0)
	other := c.free(b)
	switch {
	case r.moment == receiptBefore:
		b.send(r)
		b.write(answer)
	case r.moment == receiptBeforeElse && other != nil:
		other.send(r)
		const before = 30 * time.Millisecond
		time.AfterFunc(before, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			b.write(answer)
		})
	case r.moment == receiptLate:
		b.write(answer)
		c.late = append(c.late, r)
	default:
		b.write(answer)
		if r.moment == receiptAfter || other == nil {
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
