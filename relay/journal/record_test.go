package journal_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// sampleRecords has a record of each kind.
func sampleRecords(t testing.TB) []journal.Record {
	c := relaytest.Conversation(t, "Bank", "+8613800138000")
	p := journal.Place{Conv: c, Day: 20780, Number: 257, Ordinal: 1 << 40}
	mixed, err := message.NewAddr("Bank")
	if err != nil {
		t.Fatal(err)
	}
	return []journal.Record{
		{Kind: journal.KindStart, First: 1, Last: 257, Instance: []byte("gw1"), At: 1795000000123},
		{Kind: journal.KindStop, At: 1795000000124},
		{Kind: journal.KindHead, Place: journal.Place{Conv: c}, Bound: 300},
		{
			Kind: journal.KindAccepted, Place: p, Bound: 1<<40 + 5, At: 1795000000125,
			Account: []byte("bank"), MessageID: []byte("4A7F01"),
			From: message.Address{TON: 5, Addr: mixed}, To: message.Address{TON: 1, NPI: 1, Addr: c.Receiver},
			Reference: 42, HasReference: true, WantsReceipt: true, Part: message.Part{Ref: 500, Wide: true, Total: 3, Seq: 2},
		},
		{
			Kind: journal.KindAccepted, Place: p, Bound: 1<<40 + 1, At: 1795000000126, Account: []byte{}, MessageID: []byte{},
			From: message.Address{Addr: c.Sender}, To: message.Address{Addr: c.Receiver},
		},
		{Kind: journal.KindReceipt, Place: p, PartSeq: 2, State: message.StateDelivered, At: 1795000000127},
		{Kind: journal.KindRead, Place: p, Status: message.StatusDeletedUnread, ReadAt: 1795000000128, At: 1795000000129, ID: 77},
		{Kind: journal.KindFed, Seq: 1 << 50, Index: 999},
		{Kind: journal.KindOptOut, Place: journal.Place{Conv: message.Conversation{Receiver: c.Receiver}}, Status: 1, ReadAt: 1795000000130, At: 1795000000131},
		{Kind: journal.KindErase, Place: journal.Place{Conv: message.Conversation{Receiver: c.Receiver}}, At: 1795000000132},
		{Kind: journal.KindRoute, Place: journal.Place{Day: 20780}, Account: []byte("bank"), MessageID: []byte("4a7f01")},
		{
			Kind: journal.KindSplit, Place: journal.Place{Conv: message.Conversation{Receiver: c.Receiver}, Day: 20780}, Part: message.Part{Total: 3}, PartSeq: 2,
			Split: journal.SplitRecord{First: []byte("4a7f01"), Key: []byte("4a7f02"), Wanted: 0x02},
		},
		{
			Kind: journal.KindMerge, Place: journal.Place{Day: 20780}, PartSeq: 2, Split: journal.SplitRecord{First: []byte("4a7f01")},
			Notes: message.PartReceipt{State: 3, ID: "4A7F02", Err: "021", Network: "\x03\x00\x15", Text: "Your table"},
		},
		{Kind: journal.KindReported, Place: p, At: 1795000000130},
		{Kind: journal.KindPublished, Seq: 1 << 50, Index: 998},
		{
			Kind: journal.KindLate, Place: p, Bound: 1<<40 + 1, At: 1795000000133, Account: []byte("bank"), MessageID: []byte("4A7F03"),
			From: message.Address{Addr: c.Sender}, To: message.Address{Addr: c.Receiver},
		},
		{Kind: journal.KindUnclaimed},
		{Kind: journal.KindCycle, Place: journal.Place{Conv: c, Ordinal: 290}, Bound: 300, First: 1, Last: 257},
		{Kind: journal.KindSkip, Skip: 300, At: 1795000000134},
	}
}

var sampleHeader = journal.Header{Epoch: 3, Instance: 1 << 60, Serial: 9, Messages: 300}

// sampleBatch is a batch with a record of each kind, without its checksum.
func sampleBatch(t testing.TB) []byte {
	b := journal.AppendHeader(nil, sampleHeader)
	for _, r := range sampleRecords(t) {
		b = journal.Append(b, &r)
	}
	return b
}

func sealed(batch []byte) []byte { return journal.Seal(bytes.Clone(batch)) }

func TestRecordsComeBack(t *testing.T) {
	want := sampleRecords(t)
	r, err := journal.ParseBatch(sealed(sampleBatch(t)))
	if err != nil {
		t.Fatal(err)
	}
	if r.Header != sampleHeader {
		t.Errorf("header: got %+v, want %+v", r.Header, sampleHeader)
	}
	var got journal.Record
	for i := range want {
		if !r.Next(&got) {
			t.Fatalf("record %d: %v", i, r.Err)
		}
		if !reflect.DeepEqual(got, want[i]) {
			t.Errorf("record %d: got %+v, want %+v", i, got, want[i])
		}
	}
	if r.Next(&got) || r.Err != nil {
		t.Errorf("after the last record: got %+v, error %v", got, r.Err)
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
	var want []journal.Record
	for _, rec := range sampleRecords(t) {
		if rec.Kind <= journal.KindRoute {
			rec.WantsReceipt = false // nobody asked
			want = append(want, rec)
		}
	}
	r, err := journal.ParseBatch(data)
	if err != nil {
		t.Fatal(err)
	}
	var got journal.Record
	for i := range want {
		if !r.Next(&got) || !reflect.DeepEqual(got, want[i]) {
			t.Fatalf("record %d: got %+v, %v, want %+v", i, got, r.Err, want[i])
		}
	}
	if r.Next(&got) || r.Err != nil {
		t.Errorf("after the last record: got %+v, error %v", got, r.Err)
	}
	// No release wrote other kinds in such a batch: it is damaged, and not of a newer release.
	for _, kind := range []journal.Kind{0, journal.KindLate, journal.Kinds, 255} {
		var newer *journal.FormatError
		if _, err := readAll(append(bytes.Clone(data), byte(kind))); err == nil || errors.As(err, &newer) {
			t.Errorf("kind %d: got %v, want that the batch is damaged", kind, err)
		}
	}
}

// readAll reads all records, and tells how many there were.
func readAll(data []byte) (n int, err error) {
	r, err := journal.ParseBatch(data)
	if err != nil {
		return 0, err
	}
	var rec journal.Record
	for r.Next(&rec) {
		n++
	}
	return n, r.Err
}

func TestBatchCutAnywhere(t *testing.T) {
	whole := sampleBatch(t)
	ends := map[int]bool{}
	b := journal.AppendHeader(nil, sampleHeader)
	ends[len(b)] = true
	for _, r := range sampleRecords(t) {
		b = journal.Append(b, &r)
		ends[len(b)] = true
	}
	for i := range whole {
		if _, err := readAll(sealed(whole[:i])); (err == nil) != ends[i] {
			t.Errorf("cut at %d: got error %v, want one: %v", i, err, !ends[i])
		}
	}
}

func TestBatchRefused(t *testing.T) {
	head := journal.AppendHeader(nil, journal.Header{Epoch: 1})
	tests := []struct {
		name  string
		data  []byte
		field string
	}{
		{"another version", []byte{4, 1}, "version"},
		{"no version", append([]byte{0}, head[1:]...), "version"},
		{"unknown kind", append(bytes.Clone(head), 99), "kind"},
		{"no kind", append(bytes.Clone(head), 0), "kind"},
		{"address over 20 octets", append(bytes.Clone(head), byte(journal.KindHead), 21), "sender"},
		{"message_id of a route over 65 octets", journal.AppendRoute(bytes.Clone(head), 1, "a", bytes.Repeat([]byte("1"), 66)), "message_id"},
		{"no address", append(bytes.Clone(head), byte(journal.KindHead), 0), "sender"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readAll(sealed(tt.data))
			var bad *journal.RecordError
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
	for name, octets := range journaltest.Golden(f, "log_*.txt") {
		if !strings.HasPrefix(name, "header") {
			octets = append(journal.AppendHeader(nil, journal.Header{Epoch: 3}), octets...)
		}
		f.Add(octets)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := journal.ParseBatch(data)
		if err != nil {
			r, err = journal.ParseBatch(sealed(data))
		}
		if err != nil {
			return
		}
		again := journal.AppendHeader(nil, r.Header)
		var recs []journal.Record
		var rec journal.Record
		for r.Next(&rec) {
			recs = append(recs, rec)
			again = journal.Append(again, &rec)
		}
		back, err := journal.ParseBatch(journal.Seal(again))
		if err != nil {
			t.Fatalf("header written again: %v", err)
		}
		for i := range recs {
			if !back.Next(&rec) {
				t.Fatalf("record %d written again: %v", i, back.Err)
			}
			if !reflect.DeepEqual(rec, recs[i]) {
				t.Errorf("record %d: got %+v, want %+v", i, rec, recs[i])
			}
		}
	})
}
