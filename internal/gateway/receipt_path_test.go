package gateway

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"golang.org/x/sync/errgroup"

	"readback/internal/background"
	"readback/internal/simulator"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp"
)

// parsed is a message that can be read.
func parsed(t testing.TB, f smpp.Frame) smpp.Message {
	t.Helper()
	m, err := smpp.ParseMessage(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// receiving is a receiptHandler that is given receipts by hand.
type receiving struct {
	*receiptHandler
	later background.Runner
	group *errgroup.Group // of later
	path  path
	noted []string
}

func newReceiving(t *testing.T, ledger fakeLedger, change func(*receiptOptions)) *receiving {
	t.Helper()
	p, group := make(path, 10), new(errgroup.Group)
	r := &receiving{later: background.New(group, p), group: group, path: p}
	ledger.receipt = func(_ message.Conversation, id []byte, s message.State) {
		r.noted = append(r.noted, string(id)+" "+s.String())
	}
	opt := receiptOptions{Ledger: ledger, Logger: slog.New(slog.DiscardHandler)}
	opt.IsHeld = func(string) bool { return true }
	change(&opt)
	r.receiptHandler = newReceiptHandler(opt)
	return r
}

// take has the gateway take f, if that is a receipt.
func (r *receiving) take(f smpp.Frame, later background.Runner) bool {
	m, rc, ok := readAgain(f)
	return ok && r.takeReceipt(context.Background(), m, &rc, later, r.path)
}

// hold has the gateway hold f, if that is a receipt.
func (r *receiving) hold(account string, f smpp.Frame, later background.Runner) bool {
	m, rc, ok := readAgain(f)
	return ok && r.holdReceipt(context.Background(), account, m, &rc, later, r.path)
}

// did waits for what was started, and returns what became of the receipts.
func (r *receiving) did() (outcomes []string) {
	_ = r.group.Wait()
	for len(r.path) > 0 {
		outcomes = append(outcomes, <-r.path)
	}
	return outcomes
}

// full is a runner that runs as much as it may.
func full() background.Runner {
	group := new(errgroup.Group)
	group.SetLimit(0)
	return background.New(group, path(nil))
}

// What is held is a receipt of a delivery that says whose message it is about; everything else
// is left to others.
func TestHoldReceiptOnly(t *testing.T) {
	from := func(from, to string, esmClass byte, text string) smpp.Frame {
		return simulator.ShortMessage{
			From: simulator.Number(from), To: simulator.Number(to), ESMClass: esmClass, UserData: []byte(text),
		}.Append(nil, pdu.DeliverSMID, 7)
	}
	const good = "id:4A7F01 stat:DELIVRD"
	holds := holding(func(string, string, []byte) (bool, error) { return true, nil })
	for _, tt := range []struct {
		name    string
		account string
		hold    HoldFunc
		f       smpp.Frame
		want    bool
	}{
		{"a receipt", "bank", holds, from(receiver, "10690001", 0x04, good), true},
		{"of nobody that is known", "", holds, from(receiver, "10690001", 0x04, good), false},
		{"nobody holds", "bank", nil, from(receiver, "10690001", 0x04, good), false},
		{"not asked for", "shop", holds, from(receiver, "10690001", 0x04, good), false},
		{"a message", "bank", holds, from(receiver, "10690001", 0, good), false},
		{"an intermediate notification", "bank", holds, from(receiver, "10690001", 0x20, good), false},
		{"no message_id", "bank", holds, from(receiver, "10690001", 0x04, "stat:DELIVRD"), false},
		{"no state", "bank", holds, from(receiver, "10690001", 0x04, "id:4A7F01"), false},
		{"expired", "bank", holds, from(receiver, "10690001", 0x04, "id:4A7F01 stat:EXPIRED"), false},
		{"no source_addr", "bank", holds, from("", "10690001", 0x04, good), false},
		{"no destination_addr", "bank", holds, from(receiver, "", 0x04, good), false},
	} {
		r := newReceiving(t, fakeLedger{}, func(o *receiptOptions) {
			o.Hold, o.IsHeld = tt.hold, func(account string) bool { return account != "shop" }
		})
		if got := r.hold(tt.account, tt.f, r.later); got != tt.want {
			t.Errorf("%s: held %t, want %t", tt.name, got, tt.want)
		}
		if got := r.did(); tt.want != slices.Equal(got, []string{"answered 00"}) {
			t.Errorf("%s: it was %v", tt.name, got)
		}
		if len(r.noted) > 0 {
			t.Errorf("%s: the ledger hears of %v", tt.name, r.noted)
		}
	}
}

// A receipt that is not held after all passes, and the ledger hears of it; when too many wait
// the SMSC keeps it.
func TestHoldReceiptPasses(t *testing.T) {
	passing := func(o *receiptOptions) {
		o.Hold = holding(func(string, string, []byte) (bool, error) { return false, nil })
	}
	r := newReceiving(t, fakeLedger{}, passing)
	if !r.hold("bank", deliveredReceipt, r.later) {
		t.Error("the receipt was not taken")
	}
	if got := r.did(); !slices.Equal(got, []string{"forwarded"}) || !slices.Equal(r.noted, []string{"4A7F01 delivered"}) {
		t.Errorf("got %v, noted %v; want it to be forwarded and noted", got, r.noted)
	}
	if !r.hold("bank", deliveredReceipt, full()) {
		t.Error("the receipt that is one too many was not taken")
	}
	if got := r.did(); !slices.Equal(got, []string{"answered 64"}) {
		t.Errorf("one too many: got %v, want ESME_RX_T_APPN", got)
	}
}

// While a message is in transit in parts a receipt of its conversation waits: nothing but
// receipts does, and no more than there is room for.
func TestReceiptsInTransitOnly(t *testing.T) {
	r := newReceiving(t, fakeLedger{}, func(*receiptOptions) {})
	c, _ := receiptConversation(parsed(t, deliveredReceipt))
	transit := r.beginTransit(c)
	for name, other := range map[string]smpp.Frame{
		"message":               deliverFrame("10690001", 0, "id:4A7F01 stat:DELIVRD", "", 7),
		"receipt without id":    deliverFrame("10690001", 0x04, "stat:DELIVRD", "", 7),
		"another conversation":  deliverFrame("10690002", 0x04, "id:4A7F01 stat:DELIVRD", "", 7),
		"receipt to no address": deliverFrame("", 0x04, "id:4A7F01 stat:DELIVRD", "", 7),
	} {
		if r.take(other, r.later) {
			t.Errorf("%s: taken, want it to go its way", name)
		}
	}
	if !r.take(deliveredReceipt, full()) {
		t.Error("the receipt that is one too many was not taken")
	}
	if got := r.did(); !slices.Equal(got, []string{"answered 64"}) {
		t.Errorf("one too many: got %v, want ESME_RX_T_APPN", got)
	}
	if got := testutil.ToFloat64(r.merged.WithLabelValues("refused")); got != 1 {
		t.Errorf("refused: counted %v, want 1", got)
	}
	if !r.take(deliveredReceipt, r.later) {
		t.Error("the receipt was not taken")
	}
	transit.end()
	if got := r.did(); !slices.Equal(got, []string{"forwarded"}) || !slices.Equal(r.noted, []string{"4A7F01 delivered"}) {
		t.Errorf("transit ended: got %v, noted %v; want it to be forwarded and noted", got, r.noted)
	}
}

// Every receipt of a part is counted by what became of it, and noted if it is final.
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
		{"refused", 2, partReceiptOf("P2", "DELIVRD", "000", 2, 7), nil, errors.New("away"), "answered 64", []string{"P2 delivered"}},
		{"", 1, partReceiptOf("P1", "ENROUTE", "000", 1, 7), nil, nil, "forwarded", nil},
		{"", 2, partReceiptOf("P2", "ENROUTE", "000", 1, 7), nil, nil, "answered 00", nil},
	} {
		ledger := fakeLedger{merge: func(_ journal.CutPart, _ message.PartReceipt, done func(*message.Merged, error)) {
			done(tt.whole, tt.err)
		}}
		r := newReceiving(t, ledger, func(*receiptOptions) {})
		m, rc, _ := readAgain(tt.f)
		r.merge(journal.CutPart{Seq: tt.part}, m, &rc, r.path)
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

// A receipt that would be too long for that of the whole stays as it came.
func TestWholeReceiptTooLong(t *testing.T) {
	m := parsed(t, deliveredReceipt)
	long := &message.Merged{PartReceipt: message.PartReceipt{State: 5, ID: string(bytes.Repeat([]byte("9"), 250))}}
	if got := wholeReceipt(m, long); !bytes.Equal(got.Frame, m.Frame) {
		t.Errorf("got\n% x, want it as it came", []byte(got.Frame))
	}
}
