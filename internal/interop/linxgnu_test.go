//go:build e2e

package interop

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linxGnu/gosmpp"
	"github.com/linxGnu/gosmpp/data"
	linx "github.com/linxGnu/gosmpp/pdu"

	"readback/smpp"
)

// gosmppESME is an ESME by linxGnu/gosmpp.
type gosmppESME struct {
	*gosmpp.Session
	w      *world
	closed chan struct{}
	all    bool // feedback is shown, too; set before any comes

	mu      sync.Mutex
	answers map[int32]chan linx.PDU // guarded by mu, by sequence_number
	saw     []string                // guarded by mu
}

// bindGosmpp binds by the connector that connect makes.
func (w *world) bindGosmpp(connect func(gosmpp.Auth) gosmpp.Connector) *gosmppESME {
	w.Helper()
	e := &gosmppESME{w: w, answers: map[int32]chan linx.PDU{}, closed: make(chan struct{})}
	var once sync.Once // the library may tell twice
	auth := gosmpp.Auth{SMSC: w.addr(), SystemID: account, Password: password}
	session, err := gosmpp.NewSession(connect(auth), gosmpp.Settings{
		ReadTimeout:  deadline,
		WriteTimeout: deadline,
		OnPDU:        e.got,
		OnClosed:     func(gosmpp.State) { once.Do(func() { close(e.closed) }) },
	}, 0)
	if err != nil {
		w.Fatalf("bind: %v", err)
	}
	e.Session = session
	return e
}

// got takes what the SMSC sends; the library has answered it.
func (e *gosmppESME) got(p linx.PDU, _ bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch p := p.(type) {
	case *linx.DeliverSM:
		text, err := p.Message.GetMessage()
		if e.all || !strings.HasPrefix(text, feedbackWord) {
			e.saw = append(e.saw, fmt.Sprintf("deliver_sm %s %02x %q %v", p.SourceAddr.Address(), p.EsmClass, text, err))
		}
	case *linx.UnbindResp: // it comes as the library hangs up, or just too late
	case *linx.SubmitSMResp:
		e.saw = append(e.saw, fmt.Sprintf("submit_sm_resp %v %s", p.CommandStatus, p.MessageID))
	default:
		e.saw = append(e.saw, fmt.Sprintf("%T %v", p, p.IsOk()))
	}
	if answer := e.answers[p.GetSequenceNumber()]; answer != nil {
		answer <- p
	}
}

// send submits a request and waits for its response.
func (e *gosmppESME) send(p linx.PDU) {
	e.w.Helper()
	answer := make(chan linx.PDU, 1)
	e.mu.Lock()
	e.answers[p.GetSequenceNumber()] = answer
	e.mu.Unlock()
	if err := e.Transceiver().Submit(p); err != nil {
		e.w.Fatalf("%T: %v", p, err)
	}
	select {
	case <-answer:
	case <-e.w.ctx.Done():
		e.w.Fatalf("%T: no response", p)
	}
}

// leave closes the session, which unbinds, and returns what the ESME saw.
func (e *gosmppESME) leave() []string {
	e.w.Helper()
	_ = e.Close() // an error if the peer was first
	select {
	case <-e.closed:
	case <-time.After(deadline):
		e.w.Fatal("the session does not close")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.saw
}

// addressedMessage fills in the addresses of a submit_sm.
func addressedMessage(w *world, sm linx.ShortMessage) *linx.SubmitSM {
	w.Helper()
	p := linx.NewSubmitSM().(*linx.SubmitSM)
	var errs [2]error
	p.SourceAddr, errs[0] = linx.NewAddressWithTonNpiAddr(from.TON, from.NPI, from.Addr)
	p.DestAddr, errs[1] = linx.NewAddressWithTonNpiAddr(to.TON, to.NPI, to.Addr)
	for _, err := range errs {
		if err != nil {
			w.Fatal(err)
		}
	}
	p.Message = sm
	return p
}

// TestGosmpp has linxGnu/gosmpp as the ESME.
func TestGosmpp(t *testing.T) {
	texts := []struct {
		text string
		enc  data.Encoding
	}{
		{"Hello", data.GSM7BIT},
		{"Здравствуйте", data.UCS2},
		{"Grüße", data.LATIN1},
		{strings.Repeat("a long message, ", 20), data.GSM7BIT},
	}
	const short, parts = 4, 3 // the library cuts parts so short that all have room
	s := scenario{numbered: short + parts, blur: blurChosen, hasty: true, play: func(w *world) []string {
		e := w.bindGosmpp(func(a gosmpp.Auth) gosmpp.Connector { return gosmpp.TRXConnector(gosmpp.NonTLSDialer, a) })
		for _, m := range texts {
			parts, err := linx.NewLongMessageWithEncoding(m.text, m.enc)
			if err != nil {
				w.Fatal(err)
			}
			for _, sm := range parts {
				p := addressedMessage(w, *sm)
				if len(parts) > 1 {
					p.EsmClass = smpp.ESMClassUDHI
				}
				e.send(p)
			}
		}
		sm, err := linx.NewShortMessage("with TLVs in any order")
		if err != nil {
			w.Fatal(err)
		}
		p := addressedMessage(w, sm)
		for _, tag := range []linx.Tag{0x1400, 0x1401, 0x3FFF, linx.TagUserMessageReference} {
			p.RegisterOptionalParam(linx.Field{Tag: tag, Data: []byte{0, 42}})
		}
		e.send(p)
		e.send(linx.NewQuerySM())
		w.deliver(fromSMSC(0, "MO for gosmpp", nil), smpp.StatusOK)
		if w.gated() {
			w.readFirst()
		}
		return e.leave()
	}}
	s.run(t)
}

// TestGosmppOneWay has gosmpp as a transmitter, then as a receiver.
func TestGosmppOneWay(t *testing.T) {
	s := scenario{numbered: 1, blur: blurChosen, hasty: true, play: func(w *world) []string {
		tx := w.bindGosmpp(func(a gosmpp.Auth) gosmpp.Connector { return gosmpp.TXConnector(gosmpp.NonTLSDialer, a) })
		sm, err := linx.NewShortMessage("one way")
		if err != nil {
			w.Fatal(err)
		}
		tx.send(addressedMessage(w, sm))
		saw := tx.leave()
		rx := w.bindGosmpp(func(a gosmpp.Auth) gosmpp.Connector { return gosmpp.RXConnector(gosmpp.NonTLSDialer, a) })
		w.deliver(fromSMSC(0, "the other way", nil), smpp.StatusOK)
		if w.gated() {
			w.readFirst()
		}
		return append(saw, rx.leave()...)
	}}
	s.run(t)
}
