package simulator

import (
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/smpp"
	"readback/smpp/receipt"
)

func TestReceiptChanges(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change ReceiptChange
		want   string // of the text
		copies int
		tlvs   int // octets
	}{
		{"usual", ReceiptChange{}, "^id:4A7F01 .* stat:DELIVRD err:000 ", 1, 11 + 5},
		{"decimal", ReceiptChange{Base: 10}, "^id:4882177 ", 1, 12 + 5},
		{"state", ReceiptChange{State: receipt.Undeliverable, Error: "011"}, "dlvrd:000 .*stat:UNDELIV err:011 ", 1, 11 + 5},
		{"twice", ReceiptChange{Copies: 2}, "^id:4A7F01 ", 2, 11 + 5},
		{"without TLVs", ReceiptChange{NoTLVs: true}, "^id:4A7F01 ", 1, 0},
		{"lost", ReceiptChange{Lost: true}, "", 0, 0},
		{"late", ReceiptChange{After: time.Minute}, "^id:4A7F01 ", 1, 11 + 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := NewNetwork(HandsetOptions{})
				p := testpeer.NewPipes()
				smsc := NewSMSC(Options{Network: network, React: reactTo(pdu.SubmitSMID, Reaction{Receipt: tt.change})})
				testpeer.Serve(t, "the SMSC", p, smsc.Serve)
				send, next := bindPipe(t, p)
				start, m := time.Now(), text(receiver, "Hi")
				m.RegisteredDelivery = 1
				send(m.Append(nil, pdu.SubmitSMID, 2))
				_, _ = next()
				for range tt.copies {
					f, _ := next()
					d, err := smpp.ParseMessage(f)
					tlvs := d.TLVs()
					if err != nil || !regexp.MustCompile(tt.want).Match(d.UserData()) || tlvs.Rest() != tt.tlvs {
						t.Errorf("receipt %q and %d octets, %v, want %s and %d", d.UserData(), tlvs.Rest(), err, tt.want, tt.tlvs)
					}
				}
				if got := time.Since(start); got != tt.change.After {
					t.Errorf("the receipt came after %v, want %v", got, tt.change.After)
				}
				send(request(pdu.EnquireLinkID))
				if f, err := next(); err != nil || f.ID() != pdu.EnquireLinkRespID {
					t.Errorf("came %x, %v, want no more receipts", []byte(f), err)
				}
				if got := len(network.Handset(receiver).Messages()); (got == 1) != (tt.change.State == 0) {
					t.Errorf("the handset has %d messages", got)
				}
			})
		})
	}
}

// A message whose answer is late does not reach its handset behind a reset, nor does its receipt come.
func TestResetDropsLateMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := testpeer.NewPipes()
		smsc := NewSMSC(Options{Network: NewNetwork(HandsetOptions{}), ResponseDelay: time.Minute})
		testpeer.Serve(t, "the SMSC", p, smsc.Serve)
		send, next := bindPipe(t, p)
		m := text(receiver, "Hi")
		m.RegisteredDelivery = 1
		send(m.Append(nil, pdu.SubmitSMID, 2))
		synctest.Wait()
		smsc.Reset()
		for _, want := range []pdu.ID{pdu.SubmitSMRespID, pdu.EnquireLinkRespID} {
			if f, err := next(); err != nil || f.ID() != want {
				t.Errorf("came %x, %v, want %08x", []byte(f), err, uint32(want))
			}
			send(request(pdu.EnquireLinkID))
		}
		if got := len(smsc.Network().Handset(receiver).Messages()); got != 0 {
			t.Errorf("the handset has %d messages, want none", got)
		}
	})
}

func TestResetDropsLateReceipts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := testpeer.NewPipes()
		smsc := NewSMSC(Options{React: reactTo(pdu.SubmitSMID, Reaction{Receipt: ReceiptChange{After: time.Minute}})})
		testpeer.Serve(t, "the SMSC", p, smsc.Serve)
		send, next := bindPipe(t, p)
		m := text(receiver, "Hi")
		m.RegisteredDelivery = 1
		send(m.Append(nil, pdu.SubmitSMID, 2))
		_, _ = next()
		smsc.Reset()
		time.Sleep(2 * time.Minute)
		send(request(pdu.EnquireLinkID))
		if f, err := next(); err != nil || f.ID() != pdu.EnquireLinkRespID {
			t.Errorf("came %x, %v, want no receipt", []byte(f), err)
		}
	})
}
