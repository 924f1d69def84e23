package receipt

import (
	"testing"
	"time"

	"readback/internal/golden"
	"readback/smpp"
)

func TestReport(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 29, 59, 0, time.FixedZone("", 3600))
	r := Report{ID: "4A7F01", State: Delivered, Submitted: at, Done: at, Text: "Hello"}
	want := string(parsed(t, golden.Bytes(t, "deliver_receipt.txt", "in")).UserData())
	if got := string(r.AppendText(nil)); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	r.State, r.Done, r.Text = Deleted, at.Add(time.Minute), ""
	want = "-id:4A7F01 sub:001 dlvrd:000 submit date:2611230829 done date:2611230830 stat:DELETED err:000 text:"
	if got := string(r.AppendText([]byte("-"))); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got, want := string(AppendTLVs([]byte("-"), "4A7F01", Delivered)), "-\x00\x1E\x00\x074A7F01\x00\x04\x27\x00\x01\x02"; got != want {
		t.Errorf("TLVs: got % x, want % x", got, want)
	}
}

// A receipt that is written is read back, from the text alone and from the TLVs alone.
func TestReportReadBack(t *testing.T) {
	at := time.Date(2026, 11, 23, 8, 29, 0, 0, time.UTC)
	for s := Enroute; s <= Rejected; s++ {
		text := string(Report{ID: "4A7F01", State: s, Submitted: at, Done: at, Text: "id:9 stat:ENROUTE"}.AppendText(nil))
		for name, f := range map[string]smpp.Frame{
			"text": deliver(0x04, 0, text, ""),
			"TLVs": deliver(0x04, 0, "", string(AppendTLVs(nil, "4A7F01", s))),
		} {
			if r, ok := Parse(parsed(t, f)); !ok || string(r.ID) != "4A7F01" || r.State != s {
				t.Errorf("%v, %s: got %q, %v, %t", s, name, r.ID, r.State, ok)
			}
		}
	}
}
