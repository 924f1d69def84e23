package numbering

import (
	"bytes"
	"errors"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
	"readback/relay/ledger"
	"readback/smpp"
	"readback/udh"
)

// fakeNumbers is a Ledger of functions; those left out do nothing.
type fakeNumbers struct {
	concat func(*ledger.Sent, ledger.Concatenation) ledger.Concatenation
	assign func(*ledger.Sent) error
	follow func(*ledger.Sent) bool
	refuse func(*ledger.Sent)
}

func (l fakeNumbers) Concatenate(s *ledger.Sent, wish ledger.Concatenation) ledger.Concatenation {
	if l.concat == nil {
		return wish
	}
	return l.concat(s, wish)
}

func (l fakeNumbers) Assign(s *ledger.Sent) error {
	if l.assign == nil {
		return nil
	}
	return l.assign(s)
}

func (l fakeNumbers) Follow(s *ledger.Sent) bool { return l.follow != nil && l.follow(s) }

func (l fakeNumbers) Refuse(s *ledger.Sent) {
	if l.refuse != nil {
		l.refuse(s)
	}
}

// giving returns a ledger that gives every message the number n.
func giving(n uint16) fakeNumbers {
	return fakeNumbers{assign: func(s *ledger.Sent) error { s.Number = n; return nil }}
}

func interceptorOf(l Ledger) *Interceptor {
	return &Interceptor{Form: Form{IEI: 0x80, Marker: udh.DefaultMarker, Default: udh.GSM7}, Ledger: l}
}

// subscriber is the subscriber of the messages.
const subscriber = "447700900123"

// viewed is a view of f, which must be a message.
func viewed(t testing.TB, f smpp.Frame) smpp.Message {
	t.Helper()
	m, err := smpp.ParseMessage(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// pduOf makes a PDU of body.
func pduOf(id pdu.ID, status pdu.Status, seq uint32, body string) smpp.Frame {
	return append(smpp.AppendHeader(nil, id, status, seq, len(body)), body...)
}

var carriageNames = map[string]Carriage{"udh": ByElement, "text": ByMarker, "auto": Auto}

// TestSubmitGolden checks every golden submit_sm: what leaves, and why not.
func TestSubmitGolden(t *testing.T) {
	for _, g := range golden.All(t) {
		f := smpp.Frame(g.In)
		if g.From != "esme" || f.ID() != pdu.SubmitSMID && f.ID() != pdu.DataSMID {
			continue
		}
		carriages := []Carriage{carriageNames[g.Carriage]}
		if g.Carriage == "any" {
			carriages = []Carriage{ByElement, ByMarker, Auto}
		}
		for _, c := range carriages {
			p := Policy{When: map[string]When{"all": All, "requested": Requested}[g.When], Carriage: c}
			out, sent, skip := interceptorOf(giving(g.Number)).Submit(&Scratch{}, "bank", p, f)
			if !bytes.Equal(out, g.Want()) {
				t.Errorf("%s, carriage %d: got\n%x, want\n%x", g.Name, c, []byte(out), g.Want())
			}
			want := g.Skip
			if want == "" {
				want = "numbered"
			}
			if skip.String() != want {
				t.Errorf("%s, carriage %d: skip %s, want %s", g.Name, c, skip, want)
			}
			if skip == Numbered && sent.Number != g.Number {
				t.Errorf("%s: number %d, want %d", g.Name, sent.Number, g.Number)
			}
		}
	}
}

// TestSubmitOff shows that nothing is tracked for an account that is off.
func TestSubmitOff(t *testing.T) {
	f := smpp.Frame(golden.Bytes(t, "submit_gsm7.txt", "in"))
	out, _, skip := interceptorOf(giving(1)).Submit(&Scratch{}, "bank", Policy{When: Off}, f)
	if skip != NotRequested || !bytes.Equal(out, f) {
		t.Errorf("got %s, frame changed %t, want not_requested and the same frame", skip, !bytes.Equal(out, f))
	}
}

// TestSubmitLedgerDown shows that a message passes as it came when there is no number.
func TestSubmitLedgerDown(t *testing.T) {
	down := fakeNumbers{assign: func(*ledger.Sent) error { return errors.New("away") }}
	f := smpp.Frame(golden.Bytes(t, "submit_gsm7.txt", "in"))
	out, _, skip := interceptorOf(down).Submit(&Scratch{}, "bank", Policy{When: All}, f)
	if skip != LedgerDown || !bytes.Equal(out, f) {
		t.Errorf("got %s, frame changed %t, want ledger_down and the same frame", skip, !bytes.Equal(out, f))
	}
}

// TestSubmitKeepsAckBits shows the setting that leaves registered_delivery alone.
func TestSubmitKeepsAckBits(t *testing.T) {
	f := smpp.Frame(golden.Bytes(t, "submit_both_acks.txt", "in"))
	for _, forward := range []bool{false, true} {
		out, _, _ := interceptorOf(giving(1)).Submit(&Scratch{}, "bank", Policy{When: All, ForwardAckBits: forward}, f)
		m, err := smpp.ParseMessage(out)
		if err != nil {
			t.Fatal(err)
		}
		want := byte(0x01)
		if forward {
			want = 0x0D
		}
		if got := m.RegisteredDelivery(); got != want {
			t.Errorf("forward_ack_bits %t: registered_delivery %02x, want %02x", forward, got, want)
		}
	}
}

// TestSubmitRecord shows what the ledger is told.
func TestSubmitRecord(t *testing.T) {
	f := smpp.Frame(golden.Bytes(t, "submit_concat16.txt", "in"))
	m, err := smpp.ParseMessage(f)
	if err != nil {
		t.Fatal(err)
	}
	_, sent, skip := interceptorOf(giving(9)).Submit(&Scratch{}, "bank", Policy{When: All}, f)
	if skip != Numbered {
		t.Fatalf("skip %s", skip)
	}
	if sent.Account != "bank" || sent.From.Addr.String() != string(m.From.Addr) || sent.To.TON != m.To.TON || sent.To.NPI != m.To.NPI {
		t.Errorf("got %+v, want the addresses of the message", sent)
	}
	if sent.Part.Total < 2 || !sent.Part.Wide {
		t.Errorf("part %+v, want a part of a message with a 16-bit reference", sent.Part)
	}
}

// TestSubmitWantsReceipt shows for which messages the feedback waits for a receipt.
func TestSubmitWantsReceipt(t *testing.T) {
	m, err := smpp.ParseMessage(golden.Bytes(t, "submit_gsm7.txt", "in"))
	if err != nil {
		t.Fatal(err)
	}
	for registered, want := range map[byte]bool{0x00: false, 0x01: true, 0x02: false, 0x03: true, 0x04: false, 0x15: true, 0x10: false} {
		f, ok := m.AppendUserData(nil, m.UserData(), m.ESMClass(), registered)
		_, sent, skip := interceptorOf(giving(9)).Submit(&Scratch{}, "bank", Policy{When: All}, f)
		if !ok || skip != Numbered || sent.WantsReceipt != want {
			t.Errorf("registered_delivery %02x: got %+v, %s, want a receipt: %t", registered, sent, skip, want)
		}
	}
}

// TestSubmitAllocates holds the hot path to no allocation.
func TestSubmitAllocates(t *testing.T) {
	f := smpp.Frame(golden.Bytes(t, "submit_gsm7.txt", "in"))
	i, b, p := interceptorOf(giving(1)), &Scratch{}, Policy{When: All}
	if n := testing.AllocsPerRun(100, func() { i.Submit(b, "bank", p, f) }); n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkSubmit(b *testing.B) {
	f := smpp.Frame(golden.Bytes(b, "submit_gsm7.txt", "in"))
	i, scratch, p := interceptorOf(giving(1)), &Scratch{}, Policy{When: All}
	b.ReportAllocs()
	for b.Loop() {
		i.Submit(scratch, "bank", p, f)
	}
}
