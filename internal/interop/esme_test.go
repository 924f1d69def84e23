//go:build e2e

package interop

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// rawESME is an ESME that sends the octets it is told to and notes those it gets.
type rawESME struct {
	*simulator.ESME
	w        *world
	statuses []pdu.Status // of its next responses, ESME_ROK behind them; owned by the read goroutine

	mu  sync.Mutex
	saw []string // guarded by mu
}

// bindRaw binds an ESME of raw octets, which gives its first responses the statuses.
func (w *world) bindRaw(b simulator.Bind, statuses ...pdu.Status) *rawESME {
	w.Helper()
	e := &rawESME{w: w, statuses: statuses}
	if b.SystemID == "" {
		b.SystemID, b.Password = account, password
	}
	const window = 50
	esme, err := simulator.OpenESME(w.ctx, w.addr(), simulator.ESMEOptions{
		Bind: b, Window: window, OnRequest: e.request,
	})
	if err != nil {
		w.Fatalf("bind: %v", err)
	}
	e.ESME = esme
	e.note("bind_resp", esme.BindResponse())
	return e
}

// request notes a request of the SMSC's; feedback is left out.
func (e *rawESME) request(f smpp.Frame) pdu.Status {
	if isFeedback(f) {
		return smpp.StatusOK
	}
	e.note("request", f)
	if len(e.statuses) == 0 {
		return smpp.StatusOK
	}
	status := e.statuses[0]
	e.statuses = e.statuses[1:]
	return status
}

func (e *rawESME) note(what string, f smpp.Frame) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.saw = append(e.saw, fmt.Sprintf("%s % x", what, blurReceipt(f)))
}

// call sends a request and waits for its response, which is noted in the order of
// arrival.
func (e *rawESME) call(f smpp.Frame) {
	e.w.Helper()
	answered := make(chan bool, 1)
	err := e.Submit(e.w.ctx, f, func(response smpp.Frame) {
		if response != nil {
			e.note("response", response)
		}
		answered <- response != nil
	})
	if err != nil {
		e.w.Fatalf("%s: %v", smpp.Command(f.ID()), err)
	}
	select {
	case ok := <-answered:
		if !ok {
			e.w.Fatalf("%s: the session ended before the response", smpp.Command(f.ID()))
		}
	case <-e.w.ctx.Done():
		e.w.Fatalf("%s: no response", smpp.Command(f.ID()))
	}
}

// leave unbinds and returns what the ESME saw.
func (e *rawESME) leave() []string {
	e.w.Helper()
	if err := e.Unbind(e.w.ctx); err != nil {
		e.w.Fatalf("unbind: %v", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.saw
}

// deliver has the SMSC send a request of its own and checks how it was answered.
func (w *world) deliver(f smpp.Frame, want pdu.Status) {
	w.Helper()
	status, err := w.smsc.Deliver(w.ctx, account, f)
	if err != nil {
		w.Fatalf("deliver %s: %v", smpp.Command(f.ID()), err)
	}
	if status != want {
		w.Errorf("deliver %s: got %v, want %v", smpp.Command(f.ID()), status, want)
	}
}

// frame makes a PDU of any kind.
func frame(id pdu.ID, seq uint32, body ...[]byte) smpp.Frame {
	b := bytes.Join(body, nil)
	return append(smpp.AppendHeader(nil, id, 0, seq, len(b)), b...)
}

// from and to are the addresses of most messages.
var (
	from = simulator.Number("10690001")
	to   = simulator.Number("447700900123")
)

// submit makes a submit_sm; change may set what is not usual.
func submit(seq uint32, text string, change func(m *simulator.ShortMessage)) smpp.Frame {
	m := simulator.ShortMessage{From: from, To: to, UserData: []byte(text)}
	if change != nil {
		change(&m)
	}
	return m.Append(nil, pdu.SubmitSMID, seq)
}
