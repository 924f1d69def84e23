package gateway

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"golang.org/x/sync/errgroup"

	"readback/internal/simulator"
	"readback/relay"
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

// receiving is a gateway that is given receipts by hand.
type receiving struct {
	*Gateway
	later aside
	path  path
	noted []string
}

func newReceiving(t *testing.T, ledger fakeLedger, change func(*Options)) *receiving {
	t.Helper()
	p := make(path, 10)
	r := &receiving{later: aside{new(errgroup.Group), p}, path: p}
	ledger.receipt = func(_ message.Conversation, id []byte, s message.State) {
		r.noted = append(r.noted, string(id)+" "+s.String())
	}
	opt := DefaultOptions()
	opt.SMSC = "smsc:1"
	change(&opt)
	g, err := New(opt, ledger, fakeDeliverer{})
	if err != nil {
		t.Fatal(err)
	}
	r.Gateway = g
	return r
}

// did waits for what was started, and returns what became of the receipts.
func (r *receiving) did() (outcomes []string) {
	_ = r.later.group.Wait()
	for len(r.path) > 0 {
		outcomes = append(outcomes, <-r.path)
	}
	return outcomes
}

// full is an aside where too much waits already.
func full() aside {
	group := new(errgroup.Group)
	group.SetLimit(0)
	return aside{group, path(nil)}
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
	holds := fakeHolder(func(string, string, []byte) (bool, error) { return true, nil })
	holding := Telling{Form: FormReceipt, HoldReceipt: true}
	for _, tt := range []struct {
		name    string
		account string
		holder  Holder
		telling Telling
		f       smpp.Frame
		want    bool
	}{
		{"a receipt", "bank", holds, holding, from(receiver, "10690001", 0x04, good), true},
		{"of nobody that is known", "", holds, holding, from(receiver, "10690001", 0x04, good), false},
		{"nobody holds", "bank", nil, holding, from(receiver, "10690001", 0x04, good), false},
		{"not asked for", "bank", holds, Telling{Form: FormReceipt}, from(receiver, "10690001", 0x04, good), false},
		{"in another form", "bank", holds, Telling{Form: FormMO, HoldReceipt: true}, from(receiver, "10690001", 0x04, good), false},
		{"a message", "bank", holds, holding, from(receiver, "10690001", 0, good), false},
		{"an intermediate notification", "bank", holds, holding, from(receiver, "10690001", 0x20, good), false},
		{"no message_id", "bank", holds, holding, from(receiver, "10690001", 0x04, "stat:DELIVRD"), false},
		{"no state", "bank", holds, holding, from(receiver, "10690001", 0x04, "id:4A7F01"), false},
		{"expired", "bank", holds, holding, from(receiver, "10690001", 0x04, "id:4A7F01 stat:EXPIRED"), false},
		{"no source_addr", "bank", holds, holding, from("", "10690001", 0x04, good), false},
		{"no destination_addr", "bank", holds, holding, from(receiver, "", 0x04, good), false},
	} {
		r := newReceiving(t, fakeLedger{}, func(o *Options) { o.Holder, o.Policies.Default.Feedback = tt.holder, tt.telling })
		if got := r.holdReceipt(t.Context(), tt.account, parsed(t, tt.f), r.later, r.path); got != tt.want {
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
	holding := func(o *Options) {
		o.Holder = fakeHolder(func(string, string, []byte) (bool, error) { return false, nil })
		o.Policies.Default.Feedback = Telling{Form: FormReceipt, HoldReceipt: true}
	}
	r := newReceiving(t, fakeLedger{}, holding)
	m := parsed(t, deliveredReceipt)
	if !r.holdReceipt(t.Context(), "bank", m, r.later, r.path) {
		t.Error("the receipt was not taken")
	}
	if got := r.did(); !slices.Equal(got, []string{"forwarded"}) || !slices.Equal(r.noted, []string{"4A7F01 delivered"}) {
		t.Errorf("got %v, noted %v; want it to be forwarded and noted", got, r.noted)
	}
	if !r.holdReceipt(t.Context(), "bank", m, full(), r.path) {
		t.Error("the receipt that is one too many was not taken")
	}
	if got := r.did(); !slices.Equal(got, []string{"answered 64"}) {
		t.Errorf("one too many: got %v, want ESME_RX_T_APPN", got)
	}
}

// While a message is under way in parts a receipt of its conversation waits: nothing but
// receipts does, and no more than there is room for.
func TestReceiptsUnderwayOnly(t *testing.T) {
	r := newReceiving(t, fakeLedger{}, func(*Options) {})
	m := parsed(t, deliveredReceipt)
	c, _ := receiptConversation(m)
	f := r.underway.begin(c)
	for name, other := range map[string]smpp.Frame{
		"message":               deliver("10690001", 0, "id:4A7F01 stat:DELIVRD", "", 7),
		"receipt without id":    deliver("10690001", 0x04, "stat:DELIVRD", "", 7),
		"another conversation":  deliver("10690002", 0x04, "id:4A7F01 stat:DELIVRD", "", 7),
		"receipt to no address": deliver("", 0x04, "id:4A7F01 stat:DELIVRD", "", 7),
	} {
		if r.takeReceipt(t.Context(), parsed(t, other), r.later, r.path) {
			t.Errorf("%s: taken, want it to go its way", name)
		}
	}
	if !r.takeReceipt(t.Context(), m, full(), r.path) {
		t.Error("the receipt that is one too many was not taken")
	}
	if got := r.did(); !slices.Equal(got, []string{"answered 64"}) {
		t.Errorf("one too many: got %v, want ESME_RX_T_APPN", got)
	}
	if got := testutil.ToFloat64(r.metrics.merged.WithLabelValues("refused")); got != 1 {
		t.Errorf("refused: counted %v, want 1", got)
	}
	if !r.takeReceipt(t.Context(), m, r.later, r.path) {
		t.Error("the receipt was not taken")
	}
	r.Gateway.underway.end(c, f)
	if got := r.did(); !slices.Equal(got, []string{"forwarded"}) || !slices.Equal(r.noted, []string{"4A7F01 delivered"}) {
		t.Errorf("landed: got %v, noted %v; want it to be forwarded and noted", got, r.noted)
	}
}

// Every receipt of a part is counted by what became of it, and noted if it is final.
func TestMergeOutcomes(t *testing.T) {
	whole := &relay.Merged{PartReceipt: message.PartReceipt{State: 2, ID: "P1"}, Wanted: true}
	for _, tt := range []struct {
		outcome string // empty: not merged
		part    uint8
		f       smpp.Frame
		whole   *relay.Merged
		err     error
		want    string
		noted   []string
	}{
		{"merged", 1, partReceiptOf("P1", "DELIVRD", "000", 2, 7), nil, nil, "answered 00", []string{"P1 delivered"}},
		{"passed", 2, partReceiptOf("P2", "DELIVRD", "000", 2, 7), whole, nil, "forwarded", []string{"P2 delivered"}},
		{"unwanted", 2, partReceiptOf("P2", "DELIVRD", "000", 2, 7), &relay.Merged{}, nil, "answered 00", []string{"P2 delivered"}},
		{"refused", 2, partReceiptOf("P2", "DELIVRD", "000", 2, 7), nil, errors.New("away"), "answered 64", []string{"P2 delivered"}},
		{"", 1, partReceiptOf("P1", "ENROUTE", "000", 1, 7), nil, nil, "forwarded", nil},
		{"", 2, partReceiptOf("P2", "ENROUTE", "000", 1, 7), nil, nil, "answered 00", nil},
	} {
		ledger := fakeLedger{merge: func(_ journal.CutPart, _ message.PartReceipt, done func(*relay.Merged, error)) {
			done(tt.whole, tt.err)
		}}
		r := newReceiving(t, ledger, func(*Options) {})
		r.merge(journal.CutPart{Seq: tt.part}, parsed(t, tt.f), r.path)
		if got := r.did(); !slices.Equal(got, []string{tt.want}) {
			t.Errorf("%q, part %d: got %v, want %s", tt.outcome, tt.part, got, tt.want)
		}
		if !slices.Equal(r.noted, tt.noted) {
			t.Errorf("%q, part %d: noted %v, want %v", tt.outcome, tt.part, r.noted, tt.noted)
		}
		for _, outcome := range []string{"merged", "passed", "unwanted", "refused"} {
			want := map[bool]float64{true: 1}[outcome == tt.outcome]
			if got := testutil.ToFloat64(r.metrics.merged.WithLabelValues(outcome)); got != want {
				t.Errorf("%q, part %d: counted %v as %s, want %v", tt.outcome, tt.part, got, outcome, want)
			}
		}
	}
}

// Of the receipt of the last part everything stays that is not about the part alone.
func TestWholeReceiptKeeps(t *testing.T) {
	const network, vendor = smpp.TagNetworkErrorCode, smpp.Tag(0x1400)
	made := func(id string, state byte, code string) smpp.Frame {
		tlvs := smpp.AppendTLV(nil, vendor, []byte("abc"))
		tlvs = append(tlvs, receiptedID(id)...)
		tlvs = smpp.AppendTLV(tlvs, network, []byte(code))
		tlvs = smpp.AppendTLV(tlvs, smpp.TagMessageState, []byte{state})
		return simulator.ShortMessage{
			From: simulator.Number(receiver), To: simulator.Number("10690001"), ESMClass: 0x44, RegisteredDelivery: 0x11, DataCoding: 3,
			UserData: []byte("id:" + id + " stat:" + stats[state]), TLVs: tlvs,
		}.Append(nil, pdu.DeliverSMID, 7)
	}
	m := parsed(t, made("P2", 2, "\x03\x00\x01"))
	if r := partReceipt(m, 2); r.Network != "\x03\x00\x01" {
		t.Errorf("network_error_code of the part: got % x", r.Network)
	}
	for network, want := range map[string]string{"": "\x03\x00\x01", "\x03\x00\x09": "\x03\x00\x09"} {
		got := wholeReceipt(m, &relay.Merged{PartReceipt: message.PartReceipt{State: 5, ID: "P1", Network: network}})
		if !bytes.Equal(got.Frame, made("P1", 5, want)) {
			t.Errorf("network_error_code % x: got\n% x, want\n% x", network, []byte(got.Frame), []byte(made("P1", 5, want)))
		}
	}
	long := &relay.Merged{PartReceipt: message.PartReceipt{State: 5, ID: string(bytes.Repeat([]byte("9"), 250))}}
	if got := wholeReceipt(m, long); !bytes.Equal(got.Frame, m.Frame) {
		t.Errorf("too long: got\n% x, want it as it came", []byte(got.Frame))
	}
	if got := string(replaceField([]byte("id:P2 stat:DELIVRD"), "id:", "")); got != "id:P2 stat:DELIVRD" {
		t.Errorf("replaced by nothing: got %q", got)
	}
	if before, words := receiptText([]byte("text:id:1")); string(before) != "text:" || string(words) != "id:1" {
		t.Errorf("text in front: got %q, %q", before, words)
	}
}

// Only a receipt has the last word on a message.
func TestReceiptStateOfOthers(t *testing.T) {
	for class, want := range map[byte]bool{0x04: true, 0x44: true, 0x20: false, 0x00: false, 0x08: false} {
		f := deliver("10690001", class&^0x40, "id:A stat:DELIVRD", "", 7)
		if state, isFinal := receiptState(parsed(t, f)); state != 2 || isFinal != want {
			t.Errorf("esm_class %02x: got %d, final %t, want 2, %t", class, state, isFinal, want)
		}
	}
	for _, tt := range []struct {
		class            byte
		text, tlvs, want string
	}{
		{0x04, "id:A stat:DELIVRD", "", "A"},
		{0x20, "id:A stat:ENROUTE", "", "A"},
		{0x04, "id: stat:DELIVRD", "", ""},
		{0x04, "id:A", receiptedID("B"), "B"},
		{0x04, "id:A", receiptedID(""), "A"},
		{0x00, "id:A", receiptedID("B"), ""},
		{0x08, "id:A", receiptedID("B"), ""},
	} {
		got := receiptID(parsed(t, deliver("10690001", tt.class, tt.text, tt.tlvs, 7)))
		if string(got) != tt.want || (got == nil) != (tt.want == "") {
			t.Errorf("esm_class %02x, %q, % x: got %q, nil %t, want %q", tt.class, tt.text, tt.tlvs, got, got == nil, tt.want)
		}
	}
}
