package receipt

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
	"readback/smpp"
)

// FuzzReceipt shows that any text and any TLVs can be read as a receipt or not at all, that
// the values found are in the message, that the receipt of a whole message made of it says
// what it is to say, and that a receipt which is written is read back.
func FuzzReceipt(f *testing.F) {
	for _, g := range golden.All(f) {
		if m, err := smpp.ParseMessage(g.In); err == nil && smpp.Frame(g.In).ID() == pdu.DeliverSMID {
			r := m.TLVs()
			f.Add(m.UserData(), g.In[len(g.In)-r.Rest():], m.ESMClass(), m.DataCoding(), "4A7F01", byte(2))
		}
	}
	f.Add([]byte("text:id:1 stat:DELIVRD err:"), []byte("\x00\x1E\x00\x00\x04\x27\x00\x01\x09"), byte(0x20), byte(0), "1", byte(8))
	f.Add([]byte("id:stat:dlvrd:001 TEXT: Text:err:"), []byte("\x00\x1E\x00\x02\x00A\x04\x27\x00\x02\x02\x02"), byte(0x44), byte(0), "0", byte(1))
	f.Add([]byte(ucs2("ID: A Stat:DELIVRDerr:1 text:\u00E9")), []byte{}, byte(0x04), byte(8), "0", byte(5))
	f.Add([]byte("\x03\x00\x01\x02id : A submit_date:1 donedate :2"), []byte{}, byte(0x44), byte(3), "0", byte(5))
	f.Fuzz(func(t *testing.T, text, tlvs []byte, esmClass, dataCoding byte, id string, state byte) {
		s := State(state%8 + 1)
		text = text[:min(len(text), smpp.MaxShortMessage)]
		m, err := smpp.ParseLenient(deliver(esmClass, dataCoding, string(text), string(tlvs)))
		if err == nil {
			checkRead(t, m)
			checkWhole(t, m, id, s)
		}
		checkWritten(t, id, s)
	})
}

// checkRead compares what is read of a receipt with its octets.
func checkRead(t *testing.T, m smpp.Message) {
	r, ok := Parse(m)
	if !ok {
		if r.ID != nil || r.State != 0 {
			t.Errorf("no receipt: got %q, %v", r.ID, r.State)
		}
		return
	}
	octets := append(bytes.Clone(m.Frame), narrow(m.UserData())...)
	octets = append(octets, narrow(m.UserData()[headerLen(m.UserData()):])...)
	got := r.Fields()
	for i, value := range [][]byte{r.ID, r.Network, got.ID, got.Sub, got.Delivered, got.SubmitDate, got.DoneDate, got.Stat, got.Err, got.Text} {
		if !bytes.Contains(octets, value) {
			t.Errorf("value %d, %q, is not in it", i, value)
		}
		if isWord := i > 1 && i < 9; isWord && bytes.ContainsAny(value, " \t\v\f\r\n\x00") {
			t.Errorf("value %d, %q, is no word", i, value)
		}
	}
	if r.IsFinal() && (r.Intermediate || !r.State.IsFinal()) {
		t.Errorf("esm_class %02x, %v is final", m.ESMClass(), r.State)
	}
}

// checkWhole makes m the receipt of a whole message, and reads that.
func checkWhole(t *testing.T, m smpp.Message, id string, s State) {
	r, ok := Parse(m)
	if !ok || !isID(id) {
		return
	}
	f, ok := AppendWhole(nil, m, Part{State: s, ID: id, Text: "words"})
	if !ok {
		return
	}
	whole, err := smpp.ParseLenient(f)
	if err != nil {
		t.Fatalf("the receipt of the whole cannot be read: %v", err)
	}
	before, hadID := r.Fields(), len(r.ID) > 0
	r, _ = Parse(whole)
	after := r.Fields()
	if hadID && r.State != s {
		t.Errorf("state of the whole: got %v, want %v in %q", r.State, s, whole.UserData())
	}
	if before.ID != nil && string(after.ID) != id {
		t.Errorf("id of the whole: got %q, want %q in %q", after.ID, id, whole.UserData())
	}
	if before.Stat != nil && ParseStat(after.Stat) != s {
		t.Errorf("stat of the whole: got %q, want %v in %q", after.Stat, s, whole.UserData())
	}
	if before.Text != nil && string(after.Text) != "words" {
		t.Errorf("text of the whole: got %q in %q", after.Text, whole.UserData())
	}
	if !bytes.Equal(before.Sub, after.Sub) || !bytes.Equal(before.DoneDate, after.DoneDate) {
		t.Errorf("got sub %q, done date %q in %q, want %q, %q", after.Sub, after.DoneDate, whole.UserData(), before.Sub, before.DoneDate)
	}
}

// isID reports whether the text of a receipt can have the message_id.
func isID(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, "0123456789ABCDEFabcdef") == ""
}

// checkWritten writes a receipt, and reads it back.
func checkWritten(t *testing.T, id string, s State) {
	if !isID(id) {
		return
	}
	at := time.Date(2026, 11, 23, 8, 29, 0, 0, time.UTC)
	text := string(Report{ID: id, State: s, Submitted: at, Done: at, Text: "id:9 stat:UNKNOWN"}.AppendText(nil))
	for name, f := range map[string]smpp.Frame{
		"text": deliver(0x04, 0, text, ""),
		"TLVs": deliver(0x04, 0, "", string(AppendTLVs(nil, id, s))),
	} {
		r, ok := Parse(parsed(t, f))
		if !ok || string(r.ID) != id || r.State != s {
			t.Errorf("%s: got %q, %v, %t; want %q, %v", name, r.ID, r.State, ok, id, s)
		}
	}
	r, _ := Parse(parsed(t, deliver(0x04, 0, text, "")))
	if got := ParseDate(r.Fields().DoneDate); !got.Equal(at) {
		t.Errorf("done date: got %v, want %v", got, at)
	}
}
