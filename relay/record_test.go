package relay

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"readback/internal/seed"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// sampleRecords has a record of each kind.
func sampleRecords(t testing.TB) []record {
	c := relaytest.Conversation(t, "Bank", "+8613800138000")
	p := place{conv: c, day: 20780, number: 257, ordinal: 1 << 40}
	mixed, err := message.NewAddr("Bank")
	if err != nil {
		t.Fatal(err)
	}
	return []record{
		{kind: kindStart, first: 1, last: 257, instance: []byte("gw1"), at: 1795000000123},
		{kind: kindStop, at: 1795000000124},
		{kind: kindHead, place: place{conv: c}, bound: 300},
		{
			kind: kindAccepted, place: p, bound: 1<<40 + 5, at: 1795000000125,
			account: []byte("bank"), messageID: []byte("4A7F01"),
			from: message.Address{TON: 5, Addr: mixed}, to: message.Address{TON: 1, NPI: 1, Addr: c.Receiver},
			reference: 42, hasReference: true, wantsReceipt: true, part: message.Part{Ref: 500, Wide: true, Total: 3, Seq: 2},
		},
		{
			kind: kindAccepted, place: p, bound: 1<<40 + 1, at: 1795000000126, account: []byte{}, messageID: []byte{},
			from: message.Address{Addr: c.Sender}, to: message.Address{Addr: c.Receiver},
		},
		{kind: kindReceipt, place: p, partSeq: 2, state: message.StateDelivered, at: 1795000000127},
		{kind: kindRead, place: p, status: message.StatusDeletedUnread, readAt: 1795000000128, at: 1795000000129, id: 77},
		{kind: kindFed, seq: 1 << 50, index: 999},
		{kind: kindOptOut, place: place{conv: message.Conversation{Receiver: c.Receiver}}, status: 1, readAt: 1795000000130, at: 1795000000131},
		{kind: kindErase, place: place{conv: message.Conversation{Receiver: c.Receiver}}, at: 1795000000132},
		{kind: kindRoute, place: place{day: 20780}, account: []byte("bank"), messageID: []byte("4a7f01")},
		{
			kind: kindCut, place: place{conv: message.Conversation{Receiver: c.Receiver}, day: 20780}, part: message.Part{Total: 3}, partSeq: 2,
			cut: cutRecord{first: []byte("4a7f01"), key: []byte("4a7f02"), wanted: 0x02},
		},
		{
			kind: kindMerge, place: place{day: 20780}, partSeq: 2, cut: cutRecord{first: []byte("4a7f01")},
			notes: PartReceipt{State: messageExpired, ID: "4A7F02", Err: "021", Network: "\x03\x00\x15", Text: "Your table"},
		},
		{kind: kindReported, place: p, at: 1795000000130},
		{kind: kindPublished, seq: 1 << 50, index: 998},
	}
}

func encode(dst []byte, r *record) []byte {
	switch r.kind {
	case kindStart:
		return appendStart(dst, r)
	case kindStop:
		return appendStop(dst, r.at)
	case kindHead:
		return appendHead(dst, &r.place.conv, r.bound)
	case kindAccepted:
		return appendAccepted(dst, r, r.account)
	case kindReceipt:
		return appendReceipt(dst, r)
	case kindRead:
		return appendRead(dst, r)
	case kindCut:
		return appendCut(dst, r)
	case kindMerge:
		return appendMerge(dst, CutPart{r.partSeq, string(r.cut.first), r.place.day}, r.notes)
	case kindOptOut:
		return appendOptOut(dst, r)
	case kindErase:
		return appendErase(dst, &r.place.conv.Receiver, r.at)
	case kindReported:
		return appendReported(dst, r)
	case kindPublished:
		return appendPublished(dst, r.seq, r.index)
	case kindRoute:
		return appendRoute(dst, r.place.day, r.account, r.messageID)
	}
	return appendFed(dst, r.seq, r.index)
}

func sampleBatch(t testing.TB) []byte {
	b := appendHeader(nil, header{epoch: 3, instance: 1 << 60, serial: 9})
	for _, r := range sampleRecords(t) {
		b = encode(b, &r)
	}
	return b
}

func TestRecordsComeBack(t *testing.T) {
	want := sampleRecords(t)
	r, err := parseBatch(sampleBatch(t))
	if err != nil {
		t.Fatal(err)
	}
	if wantHeader := (header{epoch: 3, instance: 1 << 60, serial: 9}); r.header != wantHeader {
		t.Errorf("header: got %+v, want %+v", r.header, wantHeader)
	}
	var got record
	for i := range want {
		if !r.next(&got) {
			t.Fatalf("record %d: %v", i, r.err)
		}
		if !reflect.DeepEqual(got, want[i]) {
			t.Errorf("record %d: got %+v, want %+v", i, got, want[i])
		}
	}
	if r.next(&got) || r.err != nil {
		t.Errorf("after the last record: got %+v, error %v", got, r.err)
	}
}

// earlierBatch is a batch as the first release wrote it, with each of the kinds there were then.
const earlierBatch = "" +
	"01031000000000000000090101810203677731fbbcd9f29e3402fcbcd9f29e34030462616e6b0d3836313338303031333830" +
	"3030ac02040462616e6b0d38363133383030313338303030aca201810280808080802004fdbcd9f29e340f0462616e6b0634" +
	"413746303105000442616e6b01012af4030302040462616e6b0d38363133383030313338303030aca2018102808080808020" +
	"00febcd9f29e3400000000000000050462616e6b0d38363133383030313338303030aca20181028080808080200203ffbcd9" +
	"f29e34060462616e6b0d38363133383030313338303030aca20181028080808080200280bdd9f29e3481bdd9f29e34000000" +
	"000000004d078080808080808002e70708aca2010462616e6b06346137663031"

// The logs of earlier releases can be read.
func TestLogOfEarlierRelease(t *testing.T) {
	data, err := hex.DecodeString(earlierBatch)
	if err != nil {
		t.Fatal(err)
	}
	var want []record
	for _, rec := range sampleRecords(t) {
		if rec.kind <= kindRoute {
			rec.wantsReceipt = false // nobody asked
			want = append(want, rec)
		}
	}
	r, err := parseBatch(data)
	if err != nil {
		t.Fatal(err)
	}
	var got record
	for i := range want {
		if !r.next(&got) || !reflect.DeepEqual(got, want[i]) {
			t.Fatalf("record %d: got %+v, %v, want %+v", i, got, r.err, want[i])
		}
	}
	if r.next(&got) || r.err != nil {
		t.Errorf("after the last record: got %+v, error %v", got, r.err)
	}
}

// readAll reads all records, and tells how many there were.
func readAll(data []byte) (n int, err error) {
	r, err := parseBatch(data)
	if err != nil {
		return 0, err
	}
	var rec record
	for r.next(&rec) {
		n++
	}
	return n, r.err
}

func TestBatchCutAnywhere(t *testing.T) {
	whole := sampleBatch(t)
	ends := map[int]bool{}
	b := appendHeader(nil, header{epoch: 3, instance: 1 << 60, serial: 9})
	ends[len(b)] = true
	for _, r := range sampleRecords(t) {
		b = encode(b, &r)
		ends[len(b)] = true
	}
	for i := range whole {
		if _, err := readAll(whole[:i]); (err == nil) != ends[i] {
			t.Errorf("cut at %d: got error %v, want one: %v", i, err, !ends[i])
		}
	}
}

func TestBatchRefused(t *testing.T) {
	head := appendHeader(nil, header{epoch: 1})
	tests := []struct {
		name  string
		data  []byte
		field string
	}{
		{"empty", nil, "version"},
		{"another version", []byte{2, 1}, "version"},
		{"unknown kind", append(bytes.Clone(head), 99), "kind"},
		{"no kind", append(bytes.Clone(head), 0), "kind"},
		{"address over 20 octets", append(bytes.Clone(head), byte(kindHead), 21), "sender"},
		{"message_id of a route over 65 octets", appendRoute(bytes.Clone(head), 1, "a", bytes.Repeat([]byte("1"), 66)), "message_id"},
		{"no address", append(bytes.Clone(head), byte(kindHead), 0), "sender"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readAll(tt.data)
			var bad *RecordError
			if !errors.As(err, &bad) || bad.Field != tt.field {
				t.Errorf("got %v, want an error of field %q", err, tt.field)
			}
		})
	}
}

// Any batch that can be read is the same when written and read again.
func FuzzBatch(f *testing.F) {
	f.Add(sampleBatch(f))
	f.Add([]byte{})
	for name, octets := range goldenOctets(f, "log_*.txt") {
		if !strings.HasPrefix(name, "header") {
			octets = append(appendHeader(nil, header{epoch: 3}), octets...)
		}
		f.Add(octets)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parseBatch(data)
		if err != nil {
			return
		}
		again := appendHeader(nil, r.header)
		var recs []record
		var rec record
		for r.next(&rec) {
			recs = append(recs, rec)
			again = encode(again, &rec)
		}
		back, err := parseBatch(again)
		if err != nil {
			t.Fatalf("header written again: %v", err)
		}
		for i := range recs {
			if !back.next(&rec) {
				t.Fatalf("record %d written again: %v", i, back.err)
			}
			if !reflect.DeepEqual(rec, recs[i]) {
				t.Errorf("record %d: got %+v, want %+v", i, rec, recs[i])
			}
		}
	})
}

// Any value of the index that can be read is written as it was read.
func FuzzEntry(f *testing.F) {
	c := relaytest.Conversation(f, "10690001", "8613800138000")
	e := entry{
		ordinal: 9, account: []byte("bank"), from: message.Address{TON: 1, Addr: c.Sender}, to: message.Address{Addr: c.Receiver},
		at: 5, state: message.StateRead, readAt: 6, receivedAt: 7, readID: 8, total: 2, hasReference: true, reference: 3,
		parts: []entryPart{{seq: 1, id: []byte("a")}, {seq: 2, state: message.StateDelivered, id: []byte("b")}},
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
		p := place{
			conv: relaytest.Conversation(t, "bank\x00x", "1555010"+string(rune('0'+rnd.IntN(10)))),
			day:  uint16(rnd.UintN(1 << 16)), number: uint16(rnd.UintN(1 << 16)),
		}
		got, err := parseEntryKey(entryKey(nil, &p))
		if err != nil || got != p {
			t.Fatalf("got %+v, %v, want %+v", got, err, p)
		}
	}
}
