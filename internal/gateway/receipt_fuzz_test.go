package gateway

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
	"readback/internal/simulator"
	"readback/relay"
	"readback/relay/message"
	"readback/smpp"
)

// FuzzReceipt shows that any text and any TLVs can be read as a receipt or not at all, that the
// words found are in the text, and that a receipt which is written is read back.
func FuzzReceipt(f *testing.F) {
	for _, g := range golden.All(f) {
		if m, err := smpp.ParseMessage(g.In); err == nil && smpp.Frame(g.In).ID() == pdu.DeliverSMID {
			r := m.TLVs()
			f.Add(m.UserData(), g.In[len(g.In)-r.Rest():], m.ESMClass(), "4A7F01", byte(2))
		}
	}
	f.Add([]byte("text:id:1 stat:DELIVRD err:"), []byte("\x00\x1E\x00\x00\x04\x27\x00\x01\x09"), byte(0x20), "1", byte(8))
	f.Add([]byte("id:stat:dlvrd:001 TEXT: Text:err:"), []byte("\x00\x1E\x00\x02\x00A\x04\x27\x00\x02\x02\x02"), byte(0x44), "0", byte(1))
	f.Fuzz(func(t *testing.T, text, tlvs []byte, esmClass byte, id string, state byte) {
		m, err := smpp.ParseMessage(simulator.ShortMessage{
			From: simulator.Number(receiver), To: simulator.Number("10690001"), ESMClass: esmClass, UserData: text, TLVs: tlvs,
		}.Append(nil, pdu.DeliverSMID, 1))
		if err == nil {
			checkReceipt(t, m, id, state)
		}
		checkWritten(t, id, state)
	})
}

// checkReceipt holds what is read of a receipt against its text.
func checkReceipt(t *testing.T, m smpp.Message, id string, state byte) {
	text := m.UserData()
	if got, _, ok := readReceipt(m); ok && (len(got) == 0 || !bytes.Contains(m.Frame, got)) {
		t.Errorf("message_id %q is not in it", got)
	}
	isReceipt := m.ESMClass()&smpp.ESMClassType == smpp.ESMClassReceipt
	if got := receiptID(m); got != nil && (len(got) == 0 || !isReceipt && m.ESMClass()&smpp.ESMClassType != smpp.ESMClassIntermediate) {
		t.Errorf("message_id %q of esm_class %02x", got, m.ESMClass())
	}
	if s, isFinal := receiptState(m); isFinal && (!isReceipt || !relay.IsFinal(s)) {
		t.Errorf("state %d of esm_class %02x is final", s, m.ESMClass())
	}
	if s := statOf(text); s != 0 && !bytes.Contains(text, []byte("stat:"+stats[s])) {
		t.Errorf("stat %s is not in %q", stats[s], text)
	}
	for _, name := range []string{"id:", "err:", "dlvrd:"} {
		word := receiptField(text, name)
		if bytes.ContainsRune(word, ' ') || len(word) > 0 && !bytes.Contains(text, append([]byte(name), word...)) {
			t.Errorf("%s%q is not in %q", name, word, text)
		}
	}
	before, words := receiptText(text)
	if !bytes.Equal(append(bytes.Clone(before), words...), text) {
		t.Errorf("%q was cut into %q and %q", text, before, words)
	}
	whole := &relay.Merged{PartReceipt: message.PartReceipt{State: state%8 + 1, ID: id, Text: "words"}}
	if _, err := smpp.ParseMessage(wholeReceipt(m, whole).Frame); err != nil {
		t.Errorf("the receipt of the whole cannot be read: %v", err)
	}
	// What is behind the message_id, and before it, may be part of another word in a text like "id:text:".
	if at := bytes.Index(before, []byte("id:")); at >= 0 && isID(id) && !bytes.Contains(before[:at], []byte("stat:")) && bytes.Contains(before[at:], []byte(" ")) {
		if got := string(receiptField(wholeText(text, whole), "id:")); got != id {
			t.Errorf("message_id of the whole: got %q, want %q in %q", got, id, wholeText(text, whole))
		}
	}
}

// isID tells whether a receipt can have a message_id in its text.
func isID(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, "0123456789ABCDEFabcdef") == ""
}

// checkWritten writes receipts as the simulator does (SMPP 3.4 Appendix B) and as our feedback
// does, and reads them back.
func checkWritten(t *testing.T, id string, state byte) {
	state = state%8 + 1
	if !isID(id) {
		return
	}
	text := fmt.Sprintf("id:%s sub:001 dlvrd:001 submit date:2611230829 done date:2611230829 stat:%s err:000 text:id:9 stat:UNKNOWN", id, stats[state])
	want, final := messageStates[state]
	for name, f := range map[string]smpp.Frame{
		"text": deliver("10690001", 0x04, text, "", 1),
		"TLVs": deliver("10690001", 0x04, "", receiptedID(id)+string(smpp.AppendTLV(nil, smpp.TagMessageState, []byte{state})), 1),
	} {
		got, s, ok := readReceipt(parsed(t, f))
		if ok != final || ok && (string(got) != id || s != want) {
			t.Errorf("%s: got %q, %s, %t; want %q, %s, %t", name, got, s, ok, id, want, final)
		}
		if got := string(receiptID(parsed(t, f))); got != id {
			t.Errorf("%s: got %q, want %q", name, got, id)
		}
		if got, _ := receiptState(parsed(t, f)); got != state {
			t.Errorf("%s: got state %d, want %d", name, got, state)
		}
	}
	fb := feedback()
	fb.MessageIDs = []string{id}
	for _, version := range []byte{0x33, 0x34} {
		f, err := deliverSM(fb, &Telling{Form: FormReceipt}, version)
		if err != nil {
			t.Fatal(err)
		}
		if got, s, ok := readReceipt(parsed(t, f)); !ok || string(got) != id || s != message.StateDelivered {
			t.Errorf("feedback to version %02x: got %q, %s, %t; want %q, delivered", version, got, s, ok, id)
		}
	}
}
