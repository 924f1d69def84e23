package gateway

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
	"readback/smpp/receipt"
)

// cutBy is f without its last octets.
func cutBy(f smpp.Frame, octets int) smpp.Frame {
	f = bytes.Clone(f[:len(f)-octets])
	binary.BigEndian.PutUint32(f, uint32(len(f)))
	return f
}

// dataSM is a data_sm from the receiver.
func dataSM(to string, esmClass byte, tlvs string, seq uint32) smpp.Frame {
	return testpeer.Frame(pdu.DataSMID, 0, seq, "\x00\x01\x01"+receiver+"\x00\x00\x01"+to+"\x00"+string([]byte{esmClass, 0, 0})+tlvs)
}

// What an ordinary ESME may still understand reaches it in both modes as it came: a receipt by its id, and
// a message by its destination_addr.
func TestMessagesThatAreMalformed(t *testing.T) {
	const to, nobody, text = "10690001", "12025550100", "id:4A7F01 stat:DELIVRD"
	payload := func(text string) string {
		return string(smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte(text)))
	}
	id := receiptedID("4A7F01")
	state := string(smpp.AppendTLV(nil, smpp.TagMessageState, []byte{2}))
	tooLong := deliverFrame(to, 0, "Hello", "", 0)
	tooLong[len(tooLong)-len("Hello")-1] = 0xFF
	longSender := simulator.ShortMessage{From: simulator.Number(strings.Repeat("9", 30)), To: simulator.Number(to), UserData: []byte("Hello")}
	ledger := remembering()
	ledger.routes.Store("4A7F01", "bank")
	bank := Account{Addresses: []account.AddressRange{{Low: "1069", High: "1069", Prefix: true}}}
	inBothModes(t, setup{ledger: ledger}, bank, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		w.await("the session of the account", func() bool { return w.pool == nil || len(w.members.of("bank")) == 1 })
		for i, f := range []smpp.Frame{
			deliverFrame(to, 0, "Hello", payload(""), 0),
			deliverFrame(to, 0, "Hello", payload("Hello"), 0),
			deliverFrame(to, 0, "", payload("Hello")+payload("Hello"), 0),
			deliverFrame(to, 0, "", payload("Hello")+"\x00\x00", 0),
			deliverFrame(to, 0, "", "\x04\x24\x00\x06Hello", 0),
			deliverFrame(to, 0, "Hello", "\x00\x00\x00", 0),
			tooLong,
			// no sm_length
			cutBy(deliverFrame(to, 0, "", "", 0), 1),
			// no esm_class
			cutBy(deliverFrame(to, 0, "", "", 0), 10),
			deliverFrame(to+strings.Repeat("0", 20), 0, "Hello", "", 0),
			longSender.Append(nil, pdu.DeliverSMID, 0),
			dataSM(to, 0, payload("Hello")+"\x00", 0),
			dataSM(to, 0, payload("Hello")+payload(""), 0),
			cutBy(dataSM(to, 0, "", 0), 2),

			deliverFrame(nobody, 0x04, text, payload(""), 0),
			deliverFrame(nobody, 0x04, text, payload(text), 0),
			deliverFrame(nobody, 0x04, ".", payload(text), 0),
			deliverFrame(nobody, 0x04, text, payload("Hello"), 0),
			deliverFrame(nobody, 0x04, "", payload(text)+"\x01", 0),
			deliverFrame(nobody, 0x04, "", id+state+"\x00\x00\x00", 0),
			deliverFrame(nobody, 0x00, text, payload("")+id+state, 0),
			deliverFrame(nobody, 0x04, "", "\x00"+id+state, 0),
			deliverFrame(nobody, 0x04, "", id+"\x04\x27\x00", 0),
			dataSM(nobody, 0x04, payload(text)+payload(""), 0),
			dataSM(nobody, 0x04, id+state+"\x00", 0),
			dataSM(strings.Repeat("9", 30), 0x04, payload(text), 0),
		} {
			f.SetSeq(uint32(10 + i))
			takes(esme, smsc, f)
		}
	})
}

// The receipt of a part is merged even if it is malformed, and the ESME gets a well-formed one.
func TestReceiptOfPartThatIsMalformed(t *testing.T) {
	payload := func(text string) string {
		return string(smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte(text)))
	}
	const first, last, whole = "id:P1 stat:DELIVRD text:one", "id:P2 stat:FAILED text:two", "id:P1 stat:UNDELIV text:one"
	var noted receipt.Merge
	inBothModes(t, setup{ledger: merging(&noted)}, splitNoRoom, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		w.await("the session of the account", func() bool { return w.pool == nil || len(w.members.of("bank")) == 1 })
		for i, tt := range []struct{ text, tlvs, want, wantTLVs string }{
			{last, payload(""), whole, payload("")},
			{last, payload("Hello"), whole, payload("")},
			{".", payload(last), "", payload(whole)},
			{"", payload(last) + "\x00", "", payload(whole) + "\x00"},
			{last, "\x00\x00\x00", whole, "\x00\x00\x00"},
		} {
			noted = receipt.Merge{Wanted: 1, States: make([]byte, 2)}
			seq := uint32(10 + 2*i)
			smsc.Send(deliverFrame("10690001", 0x04, first, payload(""), seq))
			smsc.Want("answer to the first", taken(seq, smpp.StatusOK))
			smsc.Send(deliverFrame("10690001", 0x04, tt.text, tt.tlvs, seq+1))
			esme.Want("receipt of the whole", deliverFrame("10690001", 0x04, tt.want, tt.wantTLVs, seq+1))
			esme.Send(delivered(seq + 1))
			smsc.Want("the ESME's answer", delivered(seq+1))
		}
	})
}

// Of a message whose addresses cannot be read nobody can say for whom it is. In mirror mode it is for the
// one ESME there is. In shared mode the SMSC must not send it again for ever.
func TestMessagesThatNobodyCanRead(t *testing.T) {
	inBothModes(t, setup{ledger: remembering()}, Account{}, func(t *testing.T, w *world, log logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		for i, body := range []string{"", "endless", "\x00\x01\x01" + receiver, "\x00\x01\x01" + receiver + "\x00\x00\x01" + "10690001"} {
			for _, id := range []pdu.ID{pdu.DeliverSMID, pdu.DataSMID} {
				f := testpeer.Frame(id, 0, uint32(10+i), body)
				if w.pool == nil {
					takes(esme, smsc, f)
					continue
				}
				smsc.Send(f)
				smsc.Want("refusal", refusal(f, smpp.StatusInvMsgLen))
				log.want(t, "request of the SMSC refused")
			}
		}
		esme.WantNothing()
	})
}
