package simulator

import (
	"bytes"
	"io"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/smpp"
)

// reactTo reacts to requests with this command_id.
func reactTo(id pdu.ID, r Reaction) func(string, smpp.Frame) (Reaction, bool) {
	return func(_ string, f smpp.Frame) (Reaction, bool) { return r, f.ID() == id }
}

func TestReactionStatus(t *testing.T) {
	var seen []Submitted
	_, addr := startSMSC(t, Options{
		React:    reactTo(pdu.SubmitSMID, Reaction{Status: 0x45}),
		OnSubmit: func(s Submitted) { seen = append(seen, s) },
	})
	e := openESME(t, addr, ESMEOptions{})
	if got := call(t, e, submit(text(receiver, "Hi"))).Status(); got != 0x45 {
		t.Errorf("status = %#x, want 45", uint32(got))
	}
	if len(seen) != 1 || seen[0].Status != 0x45 || seen[0].MessageID != "" || seen[0].Account != "bank" {
		t.Errorf("OnSubmit got %+v, want one refusal", seen)
	}
}

// A bind is refused by the account that it asks for, and a message operation of an unbound session is not the rules'.
func TestReactionToBind(t *testing.T) {
	_, addr := startSMSC(t, Options{React: func(account string, f smpp.Frame) (Reaction, bool) {
		return Reaction{Status: 0x0D}, account == "bank" || f.ID() == pdu.SubmitSMID
	}})
	p := testpeer.Dial(t, addr)
	p.Send(Bind{SystemID: "bank"}.Append(nil, 1), submit(text(receiver, "Hi")))
	for _, want := range []pdu.Status{0x0D, smpp.StatusInvBindState} {
		if got := p.Next("response").Status(); got != want {
			t.Errorf("status = %#x, want %#x", uint32(got), uint32(want))
		}
	}
}

func TestReactionsThatEnd(t *testing.T) {
	for _, tt := range []struct {
		name string
		fate Fate
		tail string // octets before the end
		want error
	}{
		{"closed", Closed, "", io.EOF},
		{"reset", Reset, "", syscall.ECONNRESET},
		{"garbled", Garbled, string(garbage), io.EOF},
	} {
		for _, delay := range []time.Duration{0, time.Millisecond} {
			t.Run(tt.name+" after "+delay.String(), func(t *testing.T) {
				c, addr := startSMSC(t, Options{React: reactTo(pdu.EnquireLinkID, Reaction{Fate: tt.fate, Delay: delay})})
				p := testpeer.Dial(t, addr)
				p.Send(request(pdu.EnquireLinkID))
				if len(tt.tail) > 0 {
					got := make([]byte, len(tt.tail))
					if _, err := io.ReadFull(p.Conn, got); err != nil || string(got) != tt.tail {
						t.Fatalf("came %q, %v, want %q", got, err, tt.tail)
					}
					c.Disconnect("")
				}
				if _, err := p.Conn.Read(make([]byte, 1)); !isEnd(err, tt.want) {
					t.Errorf("the end is %v, want %v", err, tt.want)
				}
			})
		}
	}
}

func isEnd(err, want error) bool {
	return err != nil && bytes.Contains([]byte(err.Error()), []byte(want.Error()))
}

// The receipt of the message does not follow the unbind: the next session of the account gets it.
func TestReactionUnbinds(t *testing.T) {
	for _, delay := range []time.Duration{0, time.Second} {
		synctest.Test(t, func(t *testing.T) {
			p := testpeer.NewPipes()
			smsc := NewSMSC(Options{React: reactTo(pdu.SubmitSMID, Reaction{Fate: Unbound, Delay: delay})})
			testpeer.Serve(t, "the SMSC", p, smsc.Serve)
			send, next := bindPipe(t, p)
			m := text(receiver, "Hi")
			m.RegisteredDelivery = 1
			send(m.Append(nil, pdu.SubmitSMID, 2))
			var unbind uint32
			for _, want := range []pdu.ID{pdu.SubmitSMRespID, pdu.UnbindID} {
				f, err := next()
				if err != nil || f.ID() != want || f.Status() != 0 {
					t.Fatalf("came %x, %v, want %08x", []byte(f), err, uint32(want))
				}
				unbind = f.Seq()
			}
			send(text(receiver, "Hi").Append(nil, pdu.SubmitSMID, 3))
			if f, err := next(); err != nil || f.Status() != smpp.StatusInvBindState {
				t.Errorf("behind the unbind came %x, %v, want a refusal of the message", []byte(f), err)
			}
			send(smpp.AppendHeader(nil, pdu.UnbindRespID, 0, unbind, 0))
			if _, err := next(); err == nil {
				t.Error("the session outlives the answer to unbind")
			}
			_, next = bindPipe(t, p)
			if f, err := next(); err != nil || f.ID() != pdu.DeliverSMID {
				t.Errorf("the next session got %x, %v, want the receipt", []byte(f), err)
			}
		})
	}
}

// The delay is for one message: others are answered meanwhile.
func TestReactionDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := testpeer.NewPipes()
		slow := sync.OnceValue(func() Reaction { return Reaction{Delay: 2 * time.Second} })
		first := true
		smsc := NewSMSC(Options{React: func(_ string, f smpp.Frame) (Reaction, bool) {
			ok := first && f.ID() == pdu.SubmitSMID
			first = first && !ok
			return slow(), ok
		}})
		testpeer.Serve(t, "the SMSC", p, smsc.Serve)
		send, next := bindPipe(t, p)
		start := time.Now()
		m := text(receiver, "Hi")
		m.RegisteredDelivery = 1
		send(m.Append(nil, pdu.SubmitSMID, 2))
		send(text(receiver, "Hi").Append(nil, pdu.SubmitSMID, 3))
		for _, want := range []struct {
			id    pdu.ID
			seq   uint32
			after time.Duration
		}{{pdu.SubmitSMRespID, 3, 0}, {pdu.SubmitSMRespID, 2, 2 * time.Second}, {pdu.DeliverSMID, 0x20000000, 2 * time.Second}} {
			f, err := next()
			if err != nil || f.ID() != want.id || f.Seq() != want.seq || time.Since(start) != want.after {
				t.Fatalf("came %x, %v after %v, want %+v", []byte(f), err, time.Since(start), want)
			}
		}
	})
}

// A reaction takes the place of what a magic receiver provokes, also if it changes nothing.
func TestReactionToMagicReceivers(t *testing.T) {
	_, addr := startSMSC(t, Options{React: reactTo(pdu.SubmitSMID, Reaction{})})
	e := openESME(t, addr, ESMEOptions{})
	for _, to := range []string{"12025550008", "12025550058", "12025559000", "12025559001"} {
		if got := call(t, e, submit(text(to, "Hi"))).Status(); got != smpp.StatusOK {
			t.Errorf("%s: status %#x, want 0", to, uint32(got))
		}
	}
}

func TestSessionsLimit(t *testing.T) {
	_, addr := startSMSC(t, Options{Sessions: 1})
	openESME(t, addr, ESMEOptions{})
	p := testpeer.Dial(t, addr)
	p.Send(Bind{SystemID: "bank"}.Append(nil, 1), Bind{SystemID: "shop"}.Append(nil, 2))
	for _, want := range []pdu.Status{smpp.StatusBindFailed, smpp.StatusOK} {
		if got := p.Next("bind_resp").Status(); got != want {
			t.Errorf("status = %#x, want %#x", uint32(got), uint32(want))
		}
	}
}

// An answer that is lost is that of a message which was delivered.
func TestReactionAnswerLost(t *testing.T) {
	network := NewNetwork(HandsetOptions{})
	_, addr := startSMSC(t, Options{Network: network, React: reactTo(pdu.SubmitSMID, Reaction{Fate: AnswerLost})})
	p := testpeer.Dial(t, addr)
	m := text(receiver, "Hi")
	m.RegisteredDelivery = 1
	p.Send(Bind{SystemID: "bank"}.Append(nil, 1), m.Append(nil, pdu.SubmitSMID, 2), smpp.AppendHeader(nil, pdu.EnquireLinkID, 0, 3, 0))
	for _, want := range []pdu.ID{pdu.BindTransceiverRespID, pdu.DeliverSMID, pdu.EnquireLinkRespID} {
		if f := p.Next("PDU"); f.ID() != want {
			t.Fatalf("came %x, want %08x", []byte(f), uint32(want))
		}
	}
	if got := len(network.Handset(receiver).Messages()); got != 1 {
		t.Errorf("the handset has %d messages, want 1", got)
	}
}

// What is sent when OnSubmit is called comes behind the answer.
func TestOnSubmitComesBehind(t *testing.T) {
	var c *SMSC
	c, addr := startSMSC(t, Options{OnSubmit: func(Submitted) {
		_, _ = c.Deliver(testpeer.Within(t), "bank", smpp.AppendHeader(nil, pdu.AlertNotificationID, 0, 7, 0))
	}})
	p := testpeer.Dial(t, addr)
	p.Send(Bind{SystemID: "bank"}.Append(nil, 1), submit(text(receiver, "Hi")))
	for _, want := range []pdu.ID{pdu.BindTransceiverRespID, pdu.SubmitSMRespID, pdu.AlertNotificationID} {
		if f := p.Next("PDU"); f.ID() != want {
			t.Fatalf("came %x, want %08x", []byte(f), uint32(want))
		}
	}
}
