package gateway

import (
	"testing"
	"unicode/utf16"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
)

// merging returns a ledger that knows the parts P1 and P2 of a message, and keeps in noted what their
// receipts come to.
func merging(noted *receipt.Merge) fakeLedger {
	return mergingLedger(func(p journal.SplitPart, r message.PartReceipt) (*message.Merged, error) {
		whole := noted.Note(p.Seq, receipt.Part{State: receipt.State(r.State), ID: r.ID, Err: r.Err, Network: r.Network, Text: r.Text})
		if whole == nil {
			return nil, nil
		}
		merged := message.PartReceipt{State: byte(whole.State), ID: whole.ID, Err: whole.Err, Network: whole.Network, Text: whole.Text}
		return &message.Merged{PartReceipt: merged, Wanted: noted.IsWanted(whole.State)}, nil
	})
}

// receiptIn is a receipt with a text in ASCII or UCS2.
func receiptIn(dataCoding byte, text string, seq uint32) smpp.Frame {
	ud := []byte(text)
	if dataCoding == 8 {
		ud = nil
		for _, c := range utf16.Encode([]rune(text)) {
			ud = append(ud, byte(c>>8), byte(c))
		}
	}
	return simulator.ShortMessage{
		From: simulator.Number(receiver), To: simulator.Number("10690001"), ESMClass: smpp.ESMClassReceipt,
		DataCoding: dataCoding, UserData: ud,
	}.Append(nil, pdu.DeliverSMID, seq)
}

// inPlace is a receipt of the SMSC's, and what the ESME gets in its place; empty: nothing.
type inPlace struct{ text, want string }

const firstDelivered = "id:P1 stat:DELIVRD err:000 text:words"

// vendorReceipts are receipts of the two parts of a message, in words of SMSCs.
var vendorReceipts = map[string][]inPlace{
	"failed":        {{firstDelivered, ""}, {"id:P2 stat:FAILED err:001 text:end", "id:P1 stat:UNDELIV err:001 text:words"}},
	"full names":    {{"id:P1 stat:DELIVERED err:000", ""}, {"id:P2 stat:UNDELIVERABLE err:001", "id:P1 stat:UNDELIV err:001"}},
	"small letters": {{"id:P1 stat:delivrd", ""}, {"id:P2 stat:delivrd", "id:P1 stat:DELIVRD"}},
	"capitals, spaces and lines": {
		{"ID: P1\r\nSTAT: expird\r\nERR: 009\r\n\x00", ""},
		{"ID: P2\nSTAT: Delivered\nERR: 000\x00", "ID: P1\nSTAT: EXPIRED\nERR: 009\x00"},
	},
	"no word": {{firstDelivered, ""}, {"id:P2 stat: err:001", "id:P1 stat:UNKNOWN err:001"}},
	"no stat": {{firstDelivered, ""}, {"id:P2 dlvrd:001 err:001 text:end", "id:P1 dlvrd:000 stat:UNKNOWN err:001 text:words"}},
	"no stat in the first": {
		{"id:P1 err:000", ""}, {"id:P2 stat:UNDELIV err:001", "id:P1 stat:UNDELIV err:001"},
	},
	"a word that nobody knows, and then one": {
		{firstDelivered, ""}, {"id:P2 stat:XYZ err:001", "id:P1 stat:UNKNOWN err:001"}, {"id:P2 stat:DELIVRD err:000", "id:P1 stat:DELIVRD err:000"},
	},
	"accepted": {{firstDelivered, ""}, {"id:P2 stat:ACCEPTD err:001", "id:P1 stat:ACCEPTD err:001"}},
	"accepted, and then delivered": {
		{"id:P1 stat:ACCEPTD err:000", ""},
		{"id:P2 stat:ACCEPTED err:001", "id:P1 stat:ACCEPTD err:001"},
		{firstDelivered, ""},
		{"id:P2 stat:DELIVRD err:000", "id:P1 stat:DELIVRD err:000"},
	},
	"accepted, and then rejected": {
		{firstDelivered, ""}, {"id:P2 stat:ACCEPTD err:001", "id:P1 stat:ACCEPTD err:001"}, {"id:P2 stat:REJECTED err:002", "id:P1 stat:REJECTD err:002"},
	},
	"skipped":        {{firstDelivered, ""}, {"id:P2 stat:SKIPPED err:001", "id:P1 stat:UNDELIV err:001"}},
	"buffered first": {{"id:P2 stat:BUFFERED", ""}, {firstDelivered, ""}, {"id:P2 stat:DELIVRD", "id:P1 stat:DELIVRD"}},
}

// SMSCs have words of their own for the state of a message, or none. The ESME gets a receipt of the whole
// message in a word of the standard, and another one when more is known.
func TestReceiptsInWordsOfSMSCs(t *testing.T) {
	var noted receipt.Merge
	inBothModes(t, setup{ledger: merging(&noted)}, splitNoRoom, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		seq := uint32(10)
		for name, receipts := range vendorReceipts {
			for _, dataCoding := range []byte{0, 8} {
				noted = receipt.Merge{Wanted: 1, States: make([]byte, 2)}
				for i, r := range receipts {
					seq++
					smsc.Send(receiptIn(dataCoding, r.text, seq))
					if r.want != "" {
						if got, want := esme.Next("receipt"), receiptIn(dataCoding, r.want, seq); string(got) != string(want) {
							t.Errorf("%s, data_coding %d, receipt %d: got\n%q, want\n%q", name, dataCoding, i+1, got, want)
						}
						esme.Send(delivered(seq))
					}
					smsc.Want(name, taken(seq, smpp.StatusOK))
				}
			}
		}
		esme.WantNothing()
	})
}
