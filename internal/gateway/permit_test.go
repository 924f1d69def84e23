package gateway

import (
	"context"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/message"
	"readback/relay/reads"
	"readback/smpp"
)

// forging is an ESME's message with the header of a read response of the receiver to 10690001.
func forging(id pdu.ID, seq uint32, text string) smpp.Frame {
	return simulator.ShortMessage{
		From: simulator.Number(receiver), To: simulator.Number("10690001"), ESMClass: smpp.ESMClassUDHI,
		UserData: []byte("\x05\x81\x03\x00\x01\x01" + text),
	}.Append(nil, id, seq)
}

// readsBySMS makes the gateway take the read responses of subscribers, and look for them in what ESMEs send.
func readsBySMS(strip bool) setup {
	return setup{options: func(o *Options) {
		o.Reads = func(context.Context, reads.Read) message.Verdict {
			return message.Verdict{Kind: message.VerdictAccepted}
		}
		o.StripReads = strip
	}}
}

// forgeries are requests of an ESME with the read response of a subscriber.
func forgeries() []smpp.Frame {
	address := "\x01\x01" + receiver + "\x00"
	payload := string(smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte("\x05\x81\x03\x00\x01\x01")))
	return []smpp.Frame{
		forging(pdu.SubmitSMID, 2, "Hello"),
		testpeer.Frame(pdu.DataSMID, 0, 3, "\x00"+address+"\x01\x0110690001\x00\x40\x00\x00"+payload),
		testpeer.Frame(pdu.SubmitMultiID, 0, 4, "\x00"+address+"\x01\x01\x01\x0110690001\x00\x40\x00\x00\x00\x00\x00\x00\x00\x00\x06\x05\x81\x03\x00\x01\x01"),
	}
}

// An ESME's message that is a read response of a subscriber does not reach the SMSC, and is counted.
func TestForgedReadOfESME(t *testing.T) {
	account := Account{Policy: numbering.Policy{When: numbering.All, SplitMulti: true}}
	inBothModes(t, readsBySMS(false), account, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		for _, f := range forgeries() {
			esme.Send(f)
			esme.Want("refusal", refusal(f, smpp.StatusSubmitFailed))
		}
		smsc.WantNothing()
		if got := w.count("readback_esme_read_elements_total", "outcome=refused"); got != 3 {
			t.Errorf("counted %v, want 3", got)
		}
		esme.Send(text(receiver, 9)) // the ESME goes on
		smsc.Next("submit_sm")
	})
}

// With reads.sms_from_esme strip the SMSC gets the message without the read response.
func TestForgedReadStripped(t *testing.T) {
	inBothModes(t, readsBySMS(true), Account{}, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		for _, f := range forgeries() {
			esme.Send(f)
			m := parsed(t, smsc.Next("the message"))
			if want := map[pdu.ID]string{pdu.SubmitSMID: "Hello"}[f.ID()]; m.Frame.ID() != f.ID() || m.HasUDH() || string(m.UserData()) != want {
				t.Errorf("the SMSC got %s, header %v, %q, want %q without a header", smpp.Command(m.Frame.ID()), m.HasUDH(), m.UserData(), want)
			}
		}
		if got := w.count("readback_esme_read_elements_total", "outcome=stripped"); got != 3 {
			t.Errorf("counted %v, want 3", got)
		}
	})
}

// In mirror mode, where the SMSC decides what an ESME may send, other commands are looked at as well.
func TestForgedReadByOtherCommands(t *testing.T) {
	w := serve(t, readsBySMS(true))
	esme, smsc := w.bind(simulator.Bind{})
	mo := forging(pdu.DeliverSMID, 2, "Hello")
	esme.Send(mo)
	if m := parsed(t, smsc.Next("deliver_sm")); m.HasUDH() || string(m.UserData()) != "Hello" {
		t.Errorf("the SMSC got header %v, %q", m.HasUDH(), m.UserData())
	}
	replace := testpeer.Frame(pdu.ReplaceSMID, 0, 3, "4A\x00\x01\x01"+receiver+"\x00\x00\x00\x00\x00\x06\x05\x81\x03\x00\x01\x01")
	esme.Send(replace)
	esme.Want("refusal", refusal(replace, smpp.StatusReplaceFailed))
	smsc.WantNothing()
}

// With reads.sms off nothing is a read response.
func TestForgedReadWithoutReads(t *testing.T) {
	w := serve(t, setup{})
	esme, smsc := w.bind(simulator.Bind{})
	f := forging(pdu.SubmitSMID, 2, "Hello")
	esme.Send(f)
	smsc.Want("submit_sm", f)
}
