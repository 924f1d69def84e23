package receipts

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp"
)

// Every receipt of a part is counted by what became of it. It is noted if it is final, and the SMSC is not to
// send it again.
func TestMergeOutcomes(t *testing.T) {
	whole := &message.Merged{PartReceipt: message.PartReceipt{State: 2, ID: "P1"}, Wanted: true}
	for _, tt := range []struct {
		outcome string // empty: not merged
		part    uint8
		f       smpp.Frame
		whole   *message.Merged
		err     error
		want    string
		noted   []string
	}{
		{"merged", 1, partReceiptOf("P1", "DELIVRD", "000", 2, 7), nil, nil, "answered 00", []string{"P1 delivered"}},
		{"passed", 2, partReceiptOf("P2", "DELIVRD", "000", 2, 7), whole, nil, "forwarded", []string{"P2 delivered"}},
		{"unwanted", 2, partReceiptOf("P2", "DELIVRD", "000", 2, 7), &message.Merged{}, nil, "answered 00", []string{"P2 delivered"}},
		{"refused", 2, partReceiptOf("P2", "DELIVRD", "000", 2, 7), nil, errors.New("away"), "answered 64", nil},
		{"merged", 1, deliverFrame("10690001", 0x04, "id:P1 stat:FAILED", "", 7), nil, nil, "answered 00", []string{"P1 failed"}},
		{"merged", 1, deliverFrame("10690001", 0x04, "id:P1 stat:ACCEPTD", "", 7), nil, nil, "answered 00", nil},
		{"merged", 1, deliverFrame("10690001", 0x04, "id:P1", "", 7), nil, nil, "answered 00", nil},
		{"merged", 1, deliverFrame("10690001", 0x04, "id:P1 stat:XYZ", "", 7), nil, nil, "answered 00", nil},
		{"", 1, deliverFrame("10690001", 0x20, "id:P1 stat:DELIVRD", "", 7), nil, nil, "forwarded", nil},
		{"", 2, deliverFrame("10690001", 0x20, "id:P2 stat:DELIVRD", "", 7), nil, nil, "answered 00", nil},
		{"", 1, partReceiptOf("P1", "ENROUTE", "000", 1, 7), nil, nil, "forwarded", nil},
		{"", 2, partReceiptOf("P2", "ENROUTE", "000", 1, 7), nil, nil, "answered 00", nil},
	} {
		ledger := fakeLedger{merge: func(_ journal.SplitPart, _ message.PartReceipt, done func(*message.Merged, error)) {
			done(tt.whole, tt.err)
		}}
		r := newReceiving(t, ledger, func(*Options) {})
		m, rc, _ := Parse(tt.f)
		r.merge(journal.SplitPart{Seq: tt.part}, m, &rc, r.path)
		if got := r.did(); !slices.Equal(got, []string{tt.want}) {
			t.Errorf("%q, part %d: got %v, want %s", tt.outcome, tt.part, got, tt.want)
		}
		if !slices.Equal(r.noted, tt.noted) {
			t.Errorf("%q, part %d: noted %v, want %v", tt.outcome, tt.part, r.noted, tt.noted)
		}
		for _, outcome := range []string{"merged", "passed", "unwanted", "refused"} {
			want := map[bool]float64{true: 1}[outcome == tt.outcome]
			if got := testutil.ToFloat64(r.merged.WithLabelValues(outcome)); got != want {
				t.Errorf("%q, part %d: counted %v as %s, want %v", tt.outcome, tt.part, got, outcome, want)
			}
		}
	}
}

// A receipt of a whole message that would be too long says what became of it, and not how it begins.
func TestWholeReceiptWithoutText(t *testing.T) {
	const text = "id:P2 stat:DELIVRD text:"
	m := parsed(t, deliverFrame("10690001", 0x04, text+strings.Repeat("x", smpp.MaxShortMessage-len(text)), "", 7))
	whole := &message.Merged{PartReceipt: message.PartReceipt{State: 5, ID: "P1-LONGER", Text: strings.Repeat("y", smpp.MaxShortMessage-len(text))}}
	if got, want := wholeReceipt(m, whole).Frame, deliverFrame("10690001", 0x04, "id:P1-LONGER stat:UNDELIV text:", "", 7); !bytes.Equal(got, want) {
		t.Errorf("got\n% x, want\n% x", []byte(got), []byte(want))
	}
}

// A receipt that would be too long for that of the whole stays as it came.
func TestWholeReceiptTooLong(t *testing.T) {
	m := parsed(t, deliveredReceipt)
	long := &message.Merged{PartReceipt: message.PartReceipt{State: 5, ID: string(bytes.Repeat([]byte("9"), 250))}}
	if got := wholeReceipt(m, long); !bytes.Equal(got.Frame, m.Frame) {
		t.Errorf("got\n% x, want it as it came", []byte(got.Frame))
	}
}

// plantedPath is where a receipt would go, if that did not panic.
type plantedPath struct{ path }

func (plantedPath) Forward(smpp.Message, smpp.Frame) error { panic("planted") }

func (p plantedPath) Contain() {
	if recover() != nil {
		p.path <- "contained"
	}
}

// The receipt of a whole message that panics concerns its link only, not the ledger, on whose
// goroutine that is. The SMSC keeps it.
func TestPanicInMerge(t *testing.T) {
	ledger := fakeLedger{merge: func(_ journal.SplitPart, _ message.PartReceipt, done func(*message.Merged, error)) {
		done(&message.Merged{PartReceipt: message.PartReceipt{State: 2, ID: "A"}, Wanted: true}, nil)
	}}
	r := newReceiving(t, ledger, func(*Options) {})
	m, rc, _ := Parse(partReceiptOf("A", "DELIVRD", "000", 2, 7))
	r.merge(journal.SplitPart{Seq: 1}, m, &rc, plantedPath{r.path})
	if got := r.did(); !slices.Equal(got, []string{"contained", "answered 64"}) {
		t.Errorf("got %v, want it contained, and refused for now", got)
	}
}
