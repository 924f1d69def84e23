package index

import (
	"bytes"
	"reflect"
	"testing"

	"readback/internal/seed"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// entryOf is the entry of a message in total parts. If total is 0, the message is not in parts.
func entryOf(total uint8, seqs ...uint8) *Entry {
	e := &Entry{Total: total}
	for _, seq := range seqs {
		e.Parts = append(e.Parts, EntryPart{Seq: seq})
	}
	return e
}

// A message is delivered when all of its parts are, and has failed when one part has.
func TestReceiptsOfOneMessage(t *testing.T) {
	type receipt struct {
		seq uint8
		to  message.State
	}
	const sent, expired, failed, delivered = message.StateSent, message.StateExpired, message.StateFailed, message.StateDelivered
	tests := []struct {
		name  string
		e     *Entry
		state message.State // before
		came  []receipt
		want  []message.State // after each
		at    int64           // of the delivery: which receipt said so, from 1; 0: none
	}{
		{"its own, delivered", entryOf(0, 0), sent, []receipt{{0, delivered}}, []message.State{delivered}, 1},
		{"its own, failed", entryOf(0, 0), sent, []receipt{{0, failed}}, []message.State{failed}, 0},
		{"its own, delivered twice", entryOf(0, 0), sent, []receipt{{0, delivered}, {0, delivered}}, []message.State{delivered, delivered}, 1},
		{"its own, failed and delivered", entryOf(0, 0), sent, []receipt{{0, failed}, {0, delivered}}, []message.State{failed, delivered}, 2},
		{"its own, delivered and failed", entryOf(0, 0), sent, []receipt{{0, delivered}, {0, failed}}, []message.State{delivered, delivered}, 1},
		{"its own, failed and expired", entryOf(0, 0), sent, []receipt{{0, failed}, {0, expired}}, []message.State{failed, failed}, 0},
		{"its own, read before", entryOf(0, 0), message.StateRead, []receipt{{0, delivered}}, []message.State{message.StateRead}, 0},
		{"one of two", entryOf(2, 1, 2), sent, []receipt{{1, delivered}}, []message.State{sent}, 0},
		{"two of two", entryOf(2, 1, 2), sent, []receipt{{1, delivered}, {2, delivered}}, []message.State{sent, delivered}, 2},
		{"the same one twice", entryOf(2, 1, 2), sent, []receipt{{1, delivered}, {1, delivered}}, []message.State{sent, sent}, 0},
		{"two of three", entryOf(3, 1, 2, 3), sent, []receipt{{1, delivered}, {3, delivered}}, []message.State{sent, sent}, 0},
		{"all that were answered yet", entryOf(3, 1, 2), sent, []receipt{{1, delivered}, {2, delivered}}, []message.State{sent, sent}, 0},
		{"of a part not answered yet", entryOf(2, 1), sent, []receipt{{2, delivered}, {1, delivered}}, []message.State{sent, delivered}, 2},
		{"one of two failed", entryOf(2, 1, 2), sent, []receipt{{2, failed}}, []message.State{failed}, 0},
		{"failed, then the other delivered", entryOf(2, 1, 2), sent, []receipt{{2, failed}, {1, delivered}}, []message.State{failed, failed}, 0},
		{"delivered, then the other failed", entryOf(2, 1, 2), sent, []receipt{{1, delivered}, {2, failed}}, []message.State{sent, failed}, 0},
		{"delivered, then the other expired", entryOf(2, 1, 2), sent, []receipt{{1, delivered}, {2, expired}}, []message.State{sent, expired}, 0},
		{"a part does not go back", entryOf(2, 1, 2), sent, []receipt{{1, delivered}, {1, expired}, {2, delivered}}, []message.State{sent, sent, delivered}, 3},
		{"a failure that was none", entryOf(2, 1, 2), sent, []receipt{{1, failed}, {2, delivered}, {1, delivered}}, []message.State{failed, failed, delivered}, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.e.State = tt.state
			for i, r := range tt.came {
				tt.e.receipt(r.seq, r.to, int64(i+1))
				if tt.e.State != tt.want[i] {
					t.Errorf("after receipt %d: got %s, want %s", i+1, tt.e.State, tt.want[i])
				}
			}
			if tt.e.DeliveredAt != tt.at {
				t.Errorf("delivered: got %d, want %d", tt.e.DeliveredAt, tt.at)
			}
		})
	}
}

// A message awaits its receipt, if the ESME wants one, until the receipts of all parts have
// passed.
func TestAwaitsReceipt(t *testing.T) {
	part := func(seq uint8, s message.State) EntryPart { return EntryPart{Seq: seq, State: s} }
	tests := []struct {
		name  string
		wants bool
		total uint8
		parts []EntryPart
		want  bool
	}{
		{"not wanted", false, 0, []EntryPart{part(0, message.StateSent)}, false},
		{"not passed", true, 0, []EntryPart{part(0, message.StateSent)}, true},
		{"delivered", true, 0, []EntryPart{part(0, message.StateDelivered)}, false},
		{"failed", true, 0, []EntryPart{part(0, message.StateFailed)}, false},
		{"expired", true, 0, []EntryPart{part(0, message.StateExpired)}, false},
		{"no part passed", true, 2, []EntryPart{part(1, message.StateSent), part(2, message.StateSent)}, true},
		{"one part passed", true, 2, []EntryPart{part(1, message.StateDelivered), part(2, message.StateSent)}, true},
		{"one part not answered yet", true, 2, []EntryPart{part(1, message.StateDelivered)}, true},
		{"all parts passed", true, 2, []EntryPart{part(1, message.StateDelivered), part(2, message.StateFailed)}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := &Entry{WantsReceipt: tt.wants, Total: tt.total, Parts: tt.parts}
			if got := e.AwaitsReceipt(); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// The parts of an entry are in order, whichever the SMSC accepted first.
func TestPartsInOrder(t *testing.T) {
	e := &Entry{Total: 4}
	for _, seq := range []uint8{3, 1, 4, 2, 3, 1} {
		p := e.part(seq)
		if p.Seq != seq {
			t.Errorf("part %d: got %d", seq, p.Seq)
		}
		p.ID = append(p.ID, 'a'+seq)
	}
	want := []EntryPart{{Seq: 1, ID: []byte("bb")}, {Seq: 2, ID: []byte("c")}, {Seq: 3, ID: []byte("dd")}, {Seq: 4, ID: []byte("e")}}
	if !reflect.DeepEqual(e.Parts, want) {
		t.Errorf("got %+v, want %+v", e.Parts, want)
	}
}

// Each field of an entry is in its value. A value that is cut short or too long is an error.
func TestEntryComesBack(t *testing.T) {
	c := relaytest.Conversation(t, "10690001", "447700900123")
	plain := Entry{
		Ordinal: 9, Account: []byte("bank"), From: message.Address{TON: 5, NPI: 8, Addr: c.Sender}, To: message.Address{TON: 1, NPI: 1, Addr: c.Receiver},
		At: 500, Parts: []EntryPart{{ID: []byte("a")}},
	}
	full := plain
	full.Reference, full.HasReference, full.WantsReceipt = 3, true, true
	full.State, full.DeliveredAt, full.ReadAt, full.ReceivedAt, full.ReadID = message.StateRead, 501, 502, 503, 504
	full.NotReadAt, full.ReportedAt, full.Total = 505, 506, 2
	full.Parts = []EntryPart{{Seq: 1, State: message.StateDelivered, ID: []byte("a")}, {Seq: 2, State: message.StateFailed, ID: []byte("b")}}
	notRead, reported, zero := plain, plain, plain
	notRead.NotReadAt, reported.ReportedAt = 505, 506
	zero.HasReference = true
	for name, e := range map[string]Entry{"plain": plain, "full": full, "not read": notRead, "reported": reported, "reference 0": zero} {
		t.Run(name, func(t *testing.T) {
			value := appendEntry(nil, &e)
			got, err := parseEntry(value)
			if err != nil || !reflect.DeepEqual(got, e) {
				t.Fatalf("got %+v, %v, want %+v", got, err, e)
			}
			for i := range value {
				if _, err := parseEntry(value[:i]); err == nil {
					t.Errorf("cut at %d of %d: got no error", i, len(value))
				}
			}
			if _, err := parseEntry(append(bytes.Clone(value), 0)); err == nil {
				t.Error("an octet behind it: got no error")
			}
		})
	}
}

// A key that is cut short or too long is not the key of an entry.
func TestEntryKeyIsWhole(t *testing.T) {
	p := testPlace(t)
	p.Ordinal = 0
	key := entryKey(nil, &p)
	if got, err := parseEntryKey(key); err != nil || got != p {
		t.Fatalf("got %+v, %v, want %+v", got, err, p)
	}
	for i := range key {
		if got, err := parseEntryKey(key[:i]); err == nil {
			t.Errorf("cut at %d: got %+v, want an error", i, got)
		}
	}
	if got, err := parseEntryKey(append(bytes.Clone(key), 0)); err == nil {
		t.Errorf("an octet more: got %+v, want an error", got)
	}
	key[0] = prefixHead
	if got, err := parseEntryKey(key); err == nil {
		t.Errorf("of another kind: got %+v, want an error", got)
	}
}

// Any value of the index that can be read is written as it was read.
func FuzzEntry(f *testing.F) {
	c := relaytest.Conversation(f, "10690001", "8613800138000")
	e := Entry{
		Ordinal: 9, Account: []byte("bank"), From: message.Address{TON: 1, Addr: c.Sender}, To: message.Address{Addr: c.Receiver},
		At: 5, State: message.StateRead, ReadAt: 6, ReceivedAt: 7, ReadID: 8, Total: 2, HasReference: true, Reference: 3,
		Parts: []EntryPart{{Seq: 1, ID: []byte("a")}, {Seq: 2, State: message.StateDelivered, ID: []byte("b")}},
	}
	f.Add(appendEntry(nil, &e))
	f.Fuzz(func(t *testing.T, value []byte) {
		e, err := parseEntry(value)
		if err != nil {
			return
		}
		back, err := parseEntry(appendEntry(nil, &e))
		if err != nil || !reflect.DeepEqual(back, e) {
			t.Errorf("got %+v, %v, want %+v", back, err, e)
		}
	})
}

func TestEntryKeyComesBack(t *testing.T) {
	rnd := seed.Rand(t)
	for range 100 {
		p := journal.Place{
			Conv: relaytest.Conversation(t, "bank\x00x", "1555010"+string(rune('0'+rnd.IntN(10)))),
			Day:  uint16(rnd.UintN(1 << 16)), Number: uint16(rnd.UintN(1 << 16)),
		}
		got, err := parseEntryKey(entryKey(nil, &p))
		if err != nil || got != p {
			t.Fatalf("got %+v, %v, want %+v", got, err, p)
		}
	}
}
