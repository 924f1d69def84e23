//go:build e2e

package interop

import (
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// fromSMSC makes a deliver_sm from the handset to the sender.
func fromSMSC(seq uint32, text string, change func(m *simulator.ShortMessage)) smpp.Frame {
	m := simulator.ShortMessage{From: to, To: from, UserData: []byte(text)}
	if change != nil {
		change(&m)
	}
	return m.Append(nil, pdu.DeliverSMID, seq)
}

// TestFromSMSC has the SMSC send every kind of request that it has, one by one.
func TestFromSMSC(t *testing.T) {
	receipt := "id:4A7F01 sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:DELIVRD err:000 text:Hello"
	answered := []smpp.Frame{
		fromSMSC(0, "MO", nil),
		fromSMSC(1, "sequence number 1", nil),
		fromSMSC(0x7FFFFFFF, "the highest number", nil),
		fromSMSC(0x80000001, "beyond it", nil),
		fromSMSC(0, "", func(m *simulator.ShortMessage) {
			m.ESMClass, m.UserData = smpp.ESMClassUDHI, append(unhex("05 00 03 64 02 01"), "first part"...)
		}),
		fromSMSC(0, "", func(m *simulator.ShortMessage) {
			m.ESMClass, m.UserData = smpp.ESMClassUDHI, append(unhex("04 80 02 01 01"), "the element itself"...)
		}),
		fromSMSC(0, receipt, func(m *simulator.ShortMessage) {
			m.ESMClass, m.TLVs = smpp.ESMClassReceipt, append(tlv(smpp.TagMessageState, "\x02"), oddTLVs...)
		}),
		fromSMSC(0, "stray octets", func(m *simulator.ShortMessage) { m.TLVs = unhex("00 01 02") }),
		fromSMSC(0, "", func(m *simulator.ShortMessage) { m.TLVs = tlv(smpp.TagMessagePayload, "MO by payload") }),
		dataSM(0, to, from, 0, tlv(0x1403, "x"), tlv(smpp.TagMessagePayload, "data"), tlv(0x1400, "y")),
	}
	unanswerable := []smpp.Frame{
		frame(vendorID, 0, unhex("DE AD")), // the ESME does not know it: generic_nack
		frame(reservedID, 0),
	}
	s := scenario{numbered: 1, play: func(w *world) []string {
		e := w.bindRaw(simulator.Bind{})
		e.call(submit(2, "the one that the receipt is for", nil))
		for _, f := range answered {
			w.deliver(f, smpp.StatusOK)
		}
		for _, f := range unanswerable {
			w.deliver(f, smpp.StatusInvCmdID)
		}
		alert := frame(pdu.AlertNotificationID, 0, addressed(to), addressed(from), tlv(0x0422, "\x00"))
		w.deliver(alert, smpp.StatusOK)
		if _, err := e.WaitReceived(w.ctx, 1, pdu.AlertNotificationID); err != nil {
			w.Fatalf("alert_notification: %v", err)
		}
		return e.leave()
	}}
	s.run(t)
}

// TestReceipts has the SMSC send the receipts that messages ask for.
func TestReceipts(t *testing.T) {
	const messages = 20
	s := scenario{numbered: messages, play: func(w *world) []string {
		e := w.bindRaw(simulator.Bind{})
		for i := range uint32(messages) {
			e.call(submit(i+2, "tell me", func(m *simulator.ShortMessage) {
				m.RegisteredDelivery, m.TLVs = 1, oddTLVs
			}))
			if _, err := e.WaitReceived(w.ctx, int(i)+1, pdu.DeliverSMID); err != nil {
				w.Fatalf("receipt %d: %v", i+1, err)
			}
		}
		if _, err := w.smsc.WaitReceived(w.ctx, messages, pdu.DeliverSMRespID); err != nil {
			w.Fatalf("answers to the receipts: %v", err)
		}
		return e.leave()
	}}
	s.run(t)
}

// TestSMSCUnbinds has the SMSC end the session.
func TestSMSCUnbinds(t *testing.T) {
	s := scenario{numbered: 1, play: func(w *world) []string {
		e := w.bindRaw(simulator.Bind{})
		e.call(submit(2, "the only one", nil))
		w.deliver(frame(pdu.UnbindID, 0x20000777), smpp.StatusOK)
		<-e.Done()
		if err := e.Close(); err != nil {
			w.Fatal(err)
		}
		return e.saw
	}}
	s.run(t)
}

// TestRefusedBind passes the SMSC's refusal on, and lets the ESME try again.
func TestRefusedBind(t *testing.T) {
	accounts := func() simulator.Options {
		return simulator.Options{Accounts: map[string]string{account: password}}
	}
	s := scenario{smsc: accounts, play: func(w *world) []string {
		var saw []string
		for _, b := range []simulator.Bind{{SystemID: account, Password: "wrong"}, {SystemID: "nobody", Password: password}} {
			_, err := simulator.OpenESME(w.ctx, w.addr(), simulator.ESMEOptions{Bind: b})
			if err == nil {
				w.Fatalf("bind of %s with %q: accepted", b.SystemID, b.Password)
			}
			saw = append(saw, err.Error())
		}
		return append(saw, w.bindRaw(simulator.Bind{}).leave()...)
	}}
	s.run(t)
}
