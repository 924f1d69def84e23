package gateway

import (
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/numbering"
	"readback/internal/testpeer"
	"readback/relay/message"
	"readback/smpp"
)

// A request that becomes hundreds, to an SMSC that takes a second for each, does not keep the link when the
// gateway stops, nor when the ESME leaves.
func TestManyRequestsEnd(t *testing.T) {
	const many = 200
	ids := make([][]byte, many)
	for i := range ids {
		ids[i] = []byte("P")
	}
	ledger := fakeLedger{partIDs: func(message.Conversation, []byte, []byte) [][]byte { return ids }}
	for name, f := range map[string]smpp.Frame{
		"parts":     submitSM(0, 0, "", payload(strings.Repeat("a", many*148))),
		"receivers": (&scene{sender: "10690001"}).multi(many, "Hello"),
		"cancel_sm": testpeer.Frame(pdu.CancelSMID, 0, 2, "\x00P\x00\x00\x0110690001\x00\x01\x01"+receiver+"\x00"),
	} {
		for _, leaves := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := pipe(t, ledger, func(o *Options) {
						o.Policies.Default = Account{Policy: numbering.Policy{When: numbering.All, Overflow: numbering.SplitNoRoom, SplitMulti: true}}
						o.Window = 1
					})
					var peers sync.WaitGroup
					peers.Go(func() { _, _ = io.Copy(io.Discard, p.esme.Conn) })
					peers.Go(func() { answerSlowly(p.smsc) })
					p.esme.Send(f)
					synctest.Wait()
					begin := time.Now()
					if leaves {
						_ = p.esme.Conn.Close() // noticed at the next enquire_link
					} else {
						p.stop()
					}
					<-p.ended
					o := p.g.opt
					most := max(o.DrainTimeout, o.ESMEEnquireLink) + 2*o.ResponseTimeout + 2*smpp.UnbindTime + 5*time.Second
					if got := time.Since(begin); got > most {
						t.Errorf("the link ended after %v, want %v at most", got, most)
					}
					_, _ = p.esme.Conn.Close(), p.smsc.Conn.Close()
					peers.Wait()
				})
			})
		}
	}
}

// answerSlowly accepts a request a second until the connection ends.
func answerSlowly(smsc *testpeer.Peer) {
	for {
		f, err := smsc.In.Next()
		if err != nil {
			return
		}
		id, seq := f.ID(), f.Seq()
		<-time.After(time.Second)
		if _, err := smsc.Conn.Write(testpeer.Frame(smpp.ResponseID(id), 0, seq, "A\x00")); err != nil {
			return
		}
	}
}
