//go:build e2e

package interop

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	fiorix "github.com/fiorix/go-smpp/smpp"
	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"
	"github.com/fiorix/go-smpp/smpp/pdu/pdutext"
	"github.com/fiorix/go-smpp/smpp/pdu/pdutlv"
	"github.com/fiorix/go-smpp/smpp/smpptest"

	"readback/smpp"
)

// notes is what an ESME by go-smpp saw.
type notes struct {
	messages chan struct{} // a token for each message of the SMSC's that has been noted

	mu  sync.Mutex
	saw []string // guarded by mu
}

func newNotes() *notes {
	const unread = 100
	return &notes{messages: make(chan struct{}, unread)}
}

func (n *notes) add(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.saw = append(n.saw, fmt.Sprintf(format, args...))
}

// handle takes what the SMSC sends; the library answers it.
func (n *notes) handle(p pdu.Body) {
	f := p.Fields()
	if text := fmt.Sprint(f[pdufield.ShortMessage]); !strings.HasPrefix(text, feedbackWord) {
		n.add("%v %v %v %q", p.Header().ID, f[pdufield.SourceAddr], f[pdufield.ESMClass], text)
		n.messages <- struct{}{}
	}
}

// message has the SMSC send one, and waits until it is noted: the library may
// answer before that.
func (n *notes) message(w *world, text string) {
	w.Helper()
	w.deliver(fromSMSC(0, text, nil), smpp.StatusOK)
	select {
	case <-n.messages:
	case <-w.ctx.Done():
		w.Fatalf("%q did not come", text)
	}
}

// all returns what has been noted.
func (n *notes) all() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.saw
}

// bound waits until the library has bound.
func (w *world) bound(c fiorix.ClientConn) {
	w.Helper()
	select {
	case s := <-c.Bind():
		if s.Status() != fiorix.Connected {
			w.Fatalf("bind: %v: %v", s.Status(), s.Error())
		}
	case <-w.ctx.Done():
		w.Fatal("bind: no answer")
	}
}

// leave closes a connection of the library, which unbinds.
func (w *world) leave(c fiorix.Closer) {
	w.Helper()
	if err := c.Close(); err != nil {
		w.Errorf("close: %v", err)
	}
}

// shortMessage makes a message for the library.
func shortMessage(text pdutext.Codec) *fiorix.ShortMessage {
	return &fiorix.ShortMessage{
		Src: from.Addr, SourceAddrTON: from.TON, SourceAddrNPI: from.NPI,
		Dst: to.Addr, DestAddrTON: to.TON, DestAddrNPI: to.NPI, Text: text,
	}
}

// submits sends messages of several kinds.
func (n *notes) submits(w *world, tx *fiorix.Transmitter) {
	w.Helper()
	messages := []*fiorix.ShortMessage{
		shortMessage(pdutext.GSM7("Hello")),
		shortMessage(pdutext.UCS2("Здравствуйте")),
		shortMessage(pdutext.Latin1("Grüße")),
		shortMessage(pdutext.Raw("with TLVs in any order")),
	}
	messages[3].TLVFields = pdutlv.Fields{
		pdutlv.TagUserMessageReference: []byte{0, 42}, 0x1400: []byte("op"), 0x3FFF: []byte("x"),
	}
	for _, m := range messages {
		sm, err := tx.Submit(m)
		if err != nil {
			w.Fatalf("submit: %v", err)
		}
		n.add("submit_sm_resp %s", sm.RespID())
	}
	parts, err := tx.SubmitLongMsg(shortMessage(pdutext.GSM7(strings.Repeat("a long message, ", 20))))
	if err != nil {
		w.Fatalf("submit a long message: %v", err)
	}
	n.add("%d parts", len(parts))
	many := shortMessage(pdutext.Raw("to many"))
	many.DstList = []string{"447700900124", "447700900125"}
	sm, err := tx.Submit(many)
	n.add("submit_multi_resp %v %v", sm != nil, err)
	_, err = tx.QuerySM(from.Addr, "unknown", from.TON, from.NPI)
	n.add("query_sm_resp %v", err)
}

// fiorixNumbered counts the short ones and the last part of the long one, since the
// library fills the others.
const fiorixNumbered = 4 + 1

// TestGoSMPP has go-smpp's Transceiver as the ESME.
func TestGoSMPP(t *testing.T) {
	s := scenario{numbered: fiorixNumbered, blur: blurChosen, hasty: true, play: func(w *world) []string {
		n := newNotes()
		c := &fiorix.Transceiver{Addr: w.addr(), User: account, Passwd: password, RespTimeout: deadline, Handler: n.handle}
		w.bound(c)
		n.submits(w, &c.Transmitter)
		n.message(w, "MO for go-smpp")
		if w.gated() {
			w.readFirst()
		}
		w.leave(c)
		return n.all()
	}}
	s.run(t)
}

// TestGoSMPPOneWay has go-smpp's Transmitter and Receiver, bound at once.
func TestGoSMPPOneWay(t *testing.T) {
	s := scenario{numbered: fiorixNumbered, blur: blurChosen, hasty: true, play: func(w *world) []string {
		n := newNotes()
		rx := &fiorix.Receiver{Addr: w.addr(), User: account, Passwd: password, Handler: n.handle}
		tx := &fiorix.Transmitter{Addr: w.addr(), User: account, Passwd: password, RespTimeout: deadline}
		w.bound(rx)
		w.bound(tx)
		n.submits(w, tx)
		n.message(w, "the other way")
		if w.gated() {
			w.readFirst()
		}
		w.leave(rx)
		w.leave(tx)
		return n.all()
	}}
	s.run(t)
}

// TestGoSMPPServer has go-smpp's test server as the SMSC. Its bind_resp has a
// sequence_number of its own.
func TestGoSMPPServer(t *testing.T) {
	start := func(t *testing.T) string {
		srv := smpptest.NewUnstartedServer()
		srv.User, srv.Passwd = account, password
		srv.Handler = answerSubmit
		srv.Start()
		t.Cleanup(srv.Close)
		return srv.Addr()
	}
	s := scenario{numbered: 1, startSMSC: start, blur: blurChosen, hasty: true, play: func(w *world) []string {
		n := newNotes()
		c := &fiorix.Transceiver{Addr: w.addr(), User: account, Passwd: password, RespTimeout: deadline, Handler: n.handle}
		w.bound(c)
		sm, err := c.Submit(shortMessage(pdutext.Raw("Hello")))
		if err != nil {
			w.Fatalf("submit: %v", err)
		}
		n.add("submit_sm_resp %s", sm.RespID())
		if w.gated() {
			w.readAndCheck(from.Addr, to.Addr, 1, "go-smpp-1")
		}
		w.leave(c)
		return n.all()
	}}
	s.run(t)
}

// answerSubmit is the test server's answer to a submit_sm; it echoes the rest.
func answerSubmit(c smpptest.Conn, p pdu.Body) {
	if p.Header().ID != pdu.SubmitSMID {
		smpptest.EchoHandler(c, p)
		return
	}
	r := pdu.NewSubmitSMResp()
	r.Header().Seq = p.Header().Seq
	// The peer sees it if one of these fails.
	_ = r.Fields().Set(pdufield.MessageID, "go-smpp-1")
	_ = c.Write(r)
}
