package gateway

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
	"readback/relay"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp"
)

// fakeLedger is a ledger of functions; those left out do nothing.
type fakeLedger struct {
	routes *sync.Map // account by message_id; nil: none
	await  func(context.Context, []byte) (string, bool)
	route  func(account string, id []byte, w relay.Waiter, token uint64)

	assign  func(*relay.Sent) error
	follow  func(*relay.Sent) bool
	accept  func(*relay.Sent, []byte, relay.Waiter, uint64)
	cut     func(*relay.Sent, relay.Cut, relay.Waiter, uint64)
	partOf  func(key []byte, receiver message.Addr) (journal.CutPart, bool)
	partIDs func(c message.Conversation, id, key []byte) [][]byte
	merge   func(journal.CutPart, message.PartReceipt, func(*relay.Merged, error))
	refuse  func(*relay.Sent)
	receipt func(message.Conversation, []byte, message.State)
}

func (l fakeLedger) Assign(s *relay.Sent) error {
	if l.assign == nil {
		s.Number = 1
		return nil
	}
	return l.assign(s)
}

func (l fakeLedger) Follow(s *relay.Sent) bool { return l.follow != nil && l.follow(s) }

func (l fakeLedger) AcceptCut(s *relay.Sent, c relay.Cut, w relay.Waiter, token uint64) {
	if l.cut == nil {
		w.Logged(token)
		return
	}
	l.cut(s, c, w, token)
}

func (l fakeLedger) PartOf(key []byte, receiver message.Addr) (journal.CutPart, bool) {
	if l.partOf == nil {
		return journal.CutPart{}, false
	}
	return l.partOf(key, receiver)
}

func (l fakeLedger) PartIDs(c message.Conversation, id, key []byte) [][]byte {
	if l.partIDs == nil {
		return nil
	}
	return l.partIDs(c, id, key)
}

func (l fakeLedger) Merge(p journal.CutPart, r message.PartReceipt, done func(*relay.Merged, error)) {
	l.merge(p, r, done)
}

func (l fakeLedger) Accept(s *relay.Sent, id []byte, w relay.Waiter, token uint64) {
	if l.accept == nil {
		w.Logged(token)
		return
	}
	l.accept(s, id, w, token)
}

func (l fakeLedger) Refuse(s *relay.Sent) {
	if l.refuse != nil {
		l.refuse(s)
	}
}

func (l fakeLedger) Receipt(c message.Conversation, id []byte, state message.State) {
	if l.receipt != nil {
		l.receipt(c, id, state)
	}
}

func (l fakeLedger) Route(account string, id []byte, w relay.Waiter, token uint64) {
	if l.routes != nil {
		l.routes.Store(string(id), account)
	}
	if l.route != nil {
		l.route(account, id, w, token)
		return
	}
	w.Logged(token)
}

func (l fakeLedger) Routed(id []byte) (account string, ok bool) {
	if l.routes == nil {
		return "", false
	}
	v, ok := l.routes.Load(string(id))
	account, _ = v.(string)
	return account, ok
}

func (l fakeLedger) AwaitRoute(ctx context.Context, id []byte) (account string, ok bool) {
	if l.await != nil {
		return l.await(ctx, id)
	}
	return l.Routed(id)
}

// numbering returns a ledger that gives every message the number n.
func numbering(n uint16) fakeLedger {
	return fakeLedger{assign: func(s *relay.Sent) error { s.Number = n; return nil }}
}

func newInterceptor(l Ledger) *Interceptor {
	return &Interceptor{Form: DefaultOptions().Form, Ledger: l}
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
			out, sent, skip := newInterceptor(numbering(g.Number)).Submit(&Scratch{}, "bank", p, f)
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
	out, _, skip := newInterceptor(numbering(1)).Submit(&Scratch{}, "bank", Policy{When: Off}, f)
	if skip != NotRequested || !bytes.Equal(out, f) {
		t.Errorf("got %s, frame changed %t, want not_requested and the same frame", skip, !bytes.Equal(out, f))
	}
}

// TestSubmitLedgerDown shows that a message passes as it came when there is no number.
func TestSubmitLedgerDown(t *testing.T) {
	down := fakeLedger{assign: func(*relay.Sent) error { return errors.New("away") }}
	f := smpp.Frame(golden.Bytes(t, "submit_gsm7.txt", "in"))
	out, _, skip := newInterceptor(down).Submit(&Scratch{}, "bank", Policy{When: All}, f)
	if skip != LedgerDown || !bytes.Equal(out, f) {
		t.Errorf("got %s, frame changed %t, want ledger_down and the same frame", skip, !bytes.Equal(out, f))
	}
}

// TestSubmitKeepsAckBits shows the setting that leaves registered_delivery alone.
func TestSubmitKeepsAckBits(t *testing.T) {
	f := smpp.Frame(golden.Bytes(t, "submit_both_acks.txt", "in"))
	for _, forward := range []bool{false, true} {
		out, _, _ := newInterceptor(numbering(1)).Submit(&Scratch{}, "bank", Policy{When: All, ForwardAckBits: forward}, f)
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
	_, sent, skip := newInterceptor(numbering(9)).Submit(&Scratch{}, "bank", Policy{When: All}, f)
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
		_, sent, skip := newInterceptor(numbering(9)).Submit(&Scratch{}, "bank", Policy{When: All}, f)
		if !ok || skip != Numbered || sent.WantsReceipt != want {
			t.Errorf("registered_delivery %02x: got %+v, %s, want a receipt: %t", registered, sent, skip, want)
		}
	}
}

// TestSubmitAllocates holds the hot path to no allocation.
func TestSubmitAllocates(t *testing.T) {
	f := smpp.Frame(golden.Bytes(t, "submit_gsm7.txt", "in"))
	i, b, p := newInterceptor(numbering(1)), &Scratch{}, Policy{When: All}
	if n := testing.AllocsPerRun(100, func() { i.Submit(b, "bank", p, f) }); n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
