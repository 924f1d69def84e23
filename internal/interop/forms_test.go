//go:build e2e

package interop

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	fiorix "github.com/fiorix/go-smpp/smpp"
	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"
	"github.com/fiorix/go-smpp/smpp/pdu/pdutext"
	"github.com/linxGnu/gosmpp"
	linx "github.com/linxGnu/gosmpp/pdu"

	"readback/config"
	"readback/internal/deliver"
	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/smpp"
)

// form is a form of feedback, and what stacks make of it.
type form struct {
	name     string
	form     deliver.Form
	esmClass byte
	text     string // what the text starts with
	kannel   string // which URL Kannel calls, and with what
}

var forms = []form{
	{"sme-ack", deliver.SMEAck, 0x08, feedbackWord + to.Addr + " number:001", "/dlr?id=4A7F01&to=447700900123&type=1"},
	{"receipt", deliver.Receipt, 0x04, "id:4A7F01 sub:001 dlvrd:001 submit date:", "/dlr?id=4A7F01&to=447700900123&type=1"},
	{"mo", deliver.MO, 0x00, to.Addr + " has read message 1 at ", "/mo?charset=UTF-8&from=447700900123&text=447700900123+has+read+message+1"},
	{"user-ack", deliver.UserAck, 0x10, feedbackWord + to.Addr + " number:001", "/mo?charset=UTF-8&from=447700900123&text=readback+receiver%3A447700900123"},
}

// stacks are the ESMEs of other makers: each binds, sends a message, and shows what it makes
// of the feedback, which tell brings.
var stacks = map[string]func(w *world, f form, tell func()){
	"Kannel":   kannelIsTold,
	"NetSMPP":  func(w *world, f form, tell func()) { scriptIsTold(w.startScript("perl", "perl/client.pl"), f, tell) },
	"nodeSMPP": func(w *world, f form, tell func()) { scriptIsTold(w.startScript("node", "node/client.js"), f, tell) },
	"gosmpp":   gosmppIsTold,
	"goSMPP":   goSMPPIsTold,
}

// TestForms has each stack told in each form that is a deliver_sm. The SMSC sends no receipt
// of its own, so that a stack can take ours for one.
func TestForms(t *testing.T) {
	for name, isTold := range stacks {
		for _, f := range forms {
			t.Run(name+"/"+f.name, func(t *testing.T) {
				s := &scenario{smsc: func() simulator.Options { return simulator.Options{NoReceipts: true} }}
				s.policies.Default.Policy = numbering.Policy{When: numbering.All}
				template, err := deliver.ParseTemplate(string(config.Default().Feedback.Template))
				if err != nil {
					t.Fatal(err)
				}
				s.policies.Default.Feedback = deliver.Options{Form: f.form, Template: template}
				w := newWorld(t, true, s, "")
				isTold(w, f, func() {
					w.read(from.Addr, to.Addr, 1)
					w.checkTold(f)
				})
			})
		}
	}
}

// checkTold waits until the ESME has answered the gateway's own deliver_sm, and checks both.
func (w *world) checkTold(f form) {
	w.Helper()
	for seen := w.front.events(); ; {
		for _, line := range w.front.traffic(w.T) {
			told := numberedHere(line.down, pdu.DeliverSMID)
			answer := numberedHere(line.up, pdu.DeliverSMRespID)
			if told == nil || answer == nil {
				continue
			}
			m, err := smpp.ParseMessage(told)
			if err != nil || m.ESMClass() != f.esmClass || !strings.HasPrefix(string(m.UserData()), f.text) {
				w.Errorf("told: got % x, %v, want esm_class %02x and %q", []byte(told), err, f.esmClass, f.text)
			}
			if answer.Status() != smpp.StatusOK {
				w.Errorf("answer: got %v, want %v", answer.Status(), smpp.StatusOK)
			}
			return
		}
		if err := w.front.waitEvent(w.ctx, &seen); err != nil {
			w.Fatalf("told and answered: %v", err)
		}
	}
}

// numberedHere is the first PDU of the gateway's own numbering.
func numberedHere(frames []smpp.Frame, id pdu.ID) smpp.Frame {
	for _, f := range frames {
		if f.ID() == id && f.Seq() >= smpp.OwnSeq {
			return f
		}
	}
	return nil
}

// wantSaw wants the line of what a stack has understood to begin so.
func (w *world) wantSaw(got, want string) {
	w.Helper()
	if !strings.HasPrefix(got, want) {
		w.Errorf("understood: got %q, want %q", got, want)
	}
}

func kannelIsTold(w *world, f form, tell func()) {
	w.Helper()
	k := w.startKannel()
	k.send(k.withReceipt(url.Values{"text": {"Hello from Kannel"}}))
	k.await(1) // the SMSC has taken it
	tell()
	k.await(1)
	w.wantSaw(k.saw[len(k.saw)-1], f.kannel)
	k.leave()
}

func scriptIsTold(s script, f form, tell func()) {
	s.w.Helper()
	s.bind("bind_transceiver")
	s.do("submit_sm", submitted(fields{"short_message": "Hello"}))
	tell()
	_, got := s.event(s.w.ctx, "request")
	text := got["short_message"]
	if parsed, ok := text.(map[string]any); ok {
		text = parsed["message"] // as node-smpp shows it
	}
	s.w.wantSaw(fmt.Sprintf("%v %v", got["esm_class"], text), fmt.Sprintf("%d %s", f.esmClass, f.text))
	s.leave()
}

func gosmppIsTold(w *world, f form, tell func()) {
	w.Helper()
	e := w.bindGosmpp(func(a gosmpp.Auth) gosmpp.Connector { return gosmpp.TRXConnector(gosmpp.NonTLSDialer, a) })
	e.all = true
	sm, err := linx.NewShortMessage("Hello")
	if err != nil {
		w.Fatal(err)
	}
	e.send(addressedMessage(w, sm))
	tell()
	saw := e.leave()
	for _, line := range saw {
		if strings.HasPrefix(line, "deliver_sm") {
			w.wantSaw(line, fmt.Sprintf("deliver_sm %s %02x \"%s", to.Addr, f.esmClass, f.text))
			return
		}
	}
	w.Errorf("understood: got %q, want a deliver_sm", saw)
}

func goSMPPIsTold(w *world, f form, tell func()) {
	w.Helper()
	got := make(chan string, 1)
	c := &fiorix.Transceiver{Addr: w.addr(), User: account, Passwd: password, RespTimeout: deadline, Handler: func(p pdu.Body) {
		if p.Header().ID == pdu.DeliverSMID {
			fields := p.Fields()
			got <- fmt.Sprintf("%v %v", fields[pdufield.ESMClass], fields[pdufield.ShortMessage])
		}
	}}
	w.bound(c)
	if _, err := c.Submit(shortMessage(pdutext.Raw("Hello"))); err != nil {
		w.Fatalf("submit: %v", err)
	}
	tell()
	select {
	case line := <-got:
		w.wantSaw(line, fmt.Sprintf("%d %s", f.esmClass, f.text))
	case <-w.ctx.Done():
		w.Fatal("the library shows nothing")
	}
	w.leave(c)
}
