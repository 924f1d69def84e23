package simulator

import (
	"regexp"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/smpp"
)

func TestReceipt(t *testing.T) {
	_, addr := startSMSC(t, Options{})
	m := text(receiver, "Your code is 4711, good for an hour")
	m.RegisteredDelivery = 1
	m.TLVs = smpp.AppendTLV(nil, smpp.TagUserMessageReference, []byte{0, 42})
	for _, tt := range []struct {
		name    string
		version byte
		tlvs    string
	}{
		{"3.4", 0x34, "\x00\x1e\x00\x074A7F01\x00" + "\x04\x27\x00\x01\x02" + "\x02\x04\x00\x02\x00\x2a"},
		{"3.3", 0x33, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := openESME(t, addr, ESMEOptions{Bind: Bind{Version: tt.version}})
			id := messageID(call(t, e, submit(m)))
			got, err := e.WaitReceived(testpeer.Within(t), 1, pdu.DeliverSMID)
			if err != nil {
				t.Fatal(err)
			}
			d, err := smpp.ParseMessage(got[0].Frame)
			if err != nil {
				t.Fatal(err)
			}
			want := regexp.MustCompile("^id:" + id + ` sub:001 dlvrd:001 submit date:\d{10} done date:\d{10} stat:DELIVRD err:000 text:Your code is 4711, g$`)
			if !want.Match(d.UserData()) || d.ESMClass() != smpp.ESMClassReceipt {
				t.Errorf("receipt %q esm_class %02x, want %v, 04", d.UserData(), d.ESMClass(), want)
			}
			if string(d.From.Addr) != receiver || string(d.To.Addr) != sender || d.From.TON != 1 || d.To.NPI != 1 {
				t.Errorf("receipt from %s to %s, want %s to %s", d.From.Addr, d.To.Addr, receiver, sender)
			}
			_, rest, _ := strings.Cut(string(got[0].Frame), string(d.UserData()))
			if wantTLVs := strings.Replace(tt.tlvs, "4A7F01", id, 1); rest != wantTLVs {
				t.Errorf("TLVs %x, want %x", rest, wantTLVs)
			}
			if err := e.Unbind(testpeer.Within(t)); err != nil {
				t.Errorf("Unbind = %v", err)
			}
		})
	}
}

// TestReceiptsWait has a transmitter submit, and a receiver come later that
// leaves no more than its window unanswered.
func TestReceiptsWait(t *testing.T) {
	c, addr := startSMSC(t, Options{DeliverWindow: 2})
	tx := openESME(t, addr, ESMEOptions{Bind: Bind{ID: pdu.BindTransmitterID}})
	m := text(receiver, "Hi")
	m.RegisteredDelivery = 1
	const messages = 10
	for range messages {
		call(t, tx, submit(m))
	}
	if err := tx.Unbind(testpeer.Within(t)); err != nil {
		t.Fatal(err)
	}
	if err := c.WaitBound(testpeer.Within(t), "bank", 0); err != nil {
		t.Fatal(err)
	}
	p := testpeer.Dial(t, addr)
	p.Send(Bind{ID: pdu.BindReceiverID, SystemID: "bank"}.Append(nil, 1))
	open := []uint32{}
	if f := p.Next("bind_receiver_resp"); f.ID() != pdu.BindReceiverRespID {
		t.Fatalf("first came %08x, want bind_receiver_resp", uint32(f.ID()))
	}
	for got := 0; got < messages; got++ {
		if len(open) == 2 { // the window is used: an answer to something else comes first
			p.Send(testpeer.Frame(pdu.EnquireLinkID, 0, 77, ""))
			if f := p.Next("enquire_link_resp"); f.ID() != pdu.EnquireLinkRespID {
				t.Fatalf("receipt beyond the window: %x", []byte(f))
			}
			for _, seq := range open {
				p.Send(testpeer.Frame(pdu.DeliverSMRespID, 0, seq, "\x00"))
			}
			open = open[:0]
		}
		f := p.Next("deliver_sm")
		if f.ID() != pdu.DeliverSMID {
			t.Fatalf("got %08x, want deliver_sm", uint32(f.ID()))
		}
		open = append(open, f.Seq())
	}
}

func TestNoReceipts(t *testing.T) {
	_, addr := startSMSC(t, Options{NoReceipts: true})
	e := openESME(t, addr, ESMEOptions{})
	m := text(receiver, "Hi")
	m.RegisteredDelivery = 1
	call(t, e, submit(m))
	call(t, e, request(pdu.EnquireLinkID)) // a receipt would have come before its answer
	if got := e.Received(pdu.DeliverSMID); len(got) != 0 {
		t.Errorf("%d receipts came, want none", len(got))
	}
}

func TestReceiptsFull(t *testing.T) {
	c, addr := startSMSC(t, Options{})
	e := openESME(t, addr, ESMEOptions{Bind: Bind{ID: pdu.BindTransmitterID}})
	c.accounts["bank"].receipts = make([]*waitingReceipt, maxReceipts)
	m := text(receiver, "Hi")
	if got := call(t, e, submit(m)).Status(); got != smpp.StatusOK {
		t.Errorf("without receipt: status %#x, want 0", uint32(got))
	}
	m.RegisteredDelivery = 1
	if got := call(t, e, submit(m)).Status(); got != smpp.StatusQueueFull {
		t.Errorf("with receipt: status %#x, want %#x", uint32(got), uint32(smpp.StatusQueueFull))
	}
}
