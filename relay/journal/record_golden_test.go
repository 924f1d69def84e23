package journal_test

import (
	"bytes"
	"math"
	"reflect"
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
)

// goldenRecord is a record and the section with its octets.
type goldenRecord struct {
	name string
	rec  journal.Record
}

func goldenRecords() []goldenRecord {
	return []goldenRecord{
		{"start", journal.Record{Kind: journal.KindStart, First: 1, Last: 257, Instance: []byte("gw1"), At: journaltest.Time}},
		{"start, all at their most", journal.Record{Kind: journal.KindStart, First: 65535, Last: 65535, Instance: journaltest.Many("i", 64), At: journaltest.MostTime}},
		{"start, all zero", journal.Record{Kind: journal.KindStart, Instance: []byte{}}},
		{"stop", journal.Record{Kind: journal.KindStop, At: journaltest.Time}},
		{"head", journal.Record{Kind: journal.KindHead, Place: journal.Place{Conv: journaltest.Conversation}, Bound: 300}},
		{"head, all at their most", journal.Record{Kind: journal.KindHead, Place: journal.Place{Conv: journaltest.MostConversation}, Bound: journaltest.MostOrdinal}},
		{"accepted, nothing optional", journaltest.Accepted(func(*journal.Record) {})},
		{"accepted, empty strings", journaltest.Accepted(func(r *journal.Record) { r.Bound, r.Account, r.MessageID = 1<<40+1, []byte{}, []byte{} })},
		{"accepted with a reference", journaltest.Accepted(func(r *journal.Record) { r.Reference = 42; r.HasReference = true })},
		{"accepted, reference 0", journaltest.Accepted(func(r *journal.Record) { r.HasReference = true })},
		{"accepted, a part", journaltest.Accepted(func(r *journal.Record) { r.Part = message.Part{Ref: 200, Total: 3, Seq: 2} })},
		{"accepted, a part with a wide reference", journaltest.Accepted(func(r *journal.Record) { r.Part = message.Part{Ref: 500, Wide: true, Total: 3, Seq: 2} })},
		{"accepted, sender not normalised", journaltest.Accepted(func(r *journal.Record) { r.From.Addr = journaltest.AsSubmitted })},
		{"accepted, receiver not normalised", journaltest.Accepted(func(r *journal.Record) { r.To.Addr = journaltest.AsSubmitted })},
		{"accepted, a receipt wanted", journaltest.Accepted(func(r *journal.Record) { r.WantsReceipt = true })},
		{"accepted with a trail", journaltest.Accepted(func(r *journal.Record) {
			r.Trail = message.Trail{Carriage: message.CarriageText, Split: true, Session: 300, Answered: 120}
		})},
		{"accepted, all at their most", journal.Record{
			Kind: journal.KindAccepted, Place: journaltest.MostPlace, Bound: 1<<63 + 1, At: journaltest.MostTime, Account: journaltest.Many("a", 64), MessageID: journaltest.Many("m", 255),
			From: message.Address{TON: 255, NPI: 255, Addr: journaltest.AsSubmitted}, To: message.Address{TON: 255, NPI: 255, Addr: journaltest.AsSubmitted},
			Reference: 65535, HasReference: true, WantsReceipt: true, Part: message.Part{Ref: 65535, Wide: true, Total: 255, Seq: 255},
			Trail: message.Trail{Carriage: message.CarriageText, Split: true, Session: math.MaxUint32, Answered: math.MaxUint32},
		}},
		{"receipt, sent", journal.Record{Kind: journal.KindReceipt, Place: journaltest.Place, PartSeq: 0, State: message.StateSent, At: journaltest.Time}},
		{"receipt, expired", journal.Record{Kind: journal.KindReceipt, Place: journaltest.Place, PartSeq: 1, State: message.StateExpired, At: journaltest.Time}},
		{"receipt, failed", journal.Record{Kind: journal.KindReceipt, Place: journaltest.Place, PartSeq: 1, State: message.StateFailed, At: journaltest.Time}},
		{"receipt, delivered", journal.Record{Kind: journal.KindReceipt, Place: journaltest.Place, PartSeq: 2, State: message.StateDelivered, At: journaltest.Time}},
		{"receipt, read", journal.Record{Kind: journal.KindReceipt, Place: journaltest.Place, PartSeq: 1, State: message.StateRead, At: journaltest.Time}},
		{"receipt, deleted unread", journal.Record{Kind: journal.KindReceipt, Place: journaltest.Place, PartSeq: 255, State: message.StateDeletedUnread, At: journaltest.Time}},
		{"read, not yet", journal.Record{Kind: journal.KindRead, Place: journaltest.Place, Status: message.StatusNotRead, ReadAt: journaltest.Time + 1, At: journaltest.Time + 2, ID: 0}},
		{"read, read", journal.Record{Kind: journal.KindRead, Place: journaltest.Place, Status: message.StatusRead, ReadAt: journaltest.Time + 1, At: journaltest.Time + 2, ID: 77}},
		{"read, deleted unread", journal.Record{Kind: journal.KindRead, Place: journaltest.Place, Status: message.StatusDeletedUnread, ReadAt: journaltest.Time + 1, At: journaltest.Time + 2, ID: 1<<64 - 1}},
		{"read, by a way in", journal.Record{Kind: journal.KindRead, Place: journaltest.Place, Status: message.StatusRead, ReadAt: journaltest.Time + 1, At: journaltest.Time + 2, ID: 77, Way: []byte("http")}},
		{"fed", journal.Record{Kind: journal.KindFed, Seq: 1 << 50, Index: 999}},
		{"fed, all at their most", journal.Record{Kind: journal.KindFed, Seq: 1<<64 - 1, Index: 65536}},
		{"route", journal.Record{Kind: journal.KindRoute, Place: journal.Place{Day: 20780}, Account: []byte("bank"), MessageID: []byte("4a7f01")}},
		{"route, all at their most", journal.Record{Kind: journal.KindRoute, Place: journal.Place{Day: 65535}, Account: journaltest.Many("a", 64), MessageID: journaltest.Many("m", 65)}},
		{"cut", journal.Record{Kind: journal.KindSplit, Place: journaltest.ReceiverOn(20780), Part: message.Part{Total: 3}, PartSeq: 2, Split: journal.SplitRecord{First: []byte("4a7f01"), Key: []byte("4a7f02"), Wanted: 1}}},
		{"cut, named", named(journal.IDOwner{Kind: journal.OwnerSplit, Account: "bank", Place: journaltest.Place, Seq: 2}, 3, 1)},
		{"cut, lasting", named(journal.IDOwner{Kind: journal.OwnerSplit, Account: "bank", Place: journaltest.Place, Seq: 2, Lasts: 5}, 3, 1)},
		{"cut, without a number", named(journal.IDOwner{Kind: journal.OwnerUnnumbered, Account: "bank", Place: journal.Place{Conv: journaltest.Conversation, Day: 20780}}, 1, 0)},
		{"cut, all at their most", journal.Record{Kind: journal.KindSplit, Place: journaltest.ReceiverOn(65535), Part: message.Part{Total: 255}, PartSeq: 255, Split: journal.SplitRecord{First: journaltest.Many("f", 255), Key: journaltest.Many("k", 255), Wanted: 255}}},
		{"merge", journal.Record{Kind: journal.KindMerge, Place: journal.Place{Day: 20780}, PartSeq: 2, Split: journal.SplitRecord{First: []byte("4a7f01")}, Notes: message.PartReceipt{State: 3, ID: "4A7F02", Err: "021", Network: "\x03\x00\x15", Text: "Your table"}}},
		{"merge, nothing said", journal.Record{Kind: journal.KindMerge, Place: journal.Place{Day: 20780}, PartSeq: 1, Split: journal.SplitRecord{First: []byte("4a7f01")}, Notes: message.PartReceipt{State: 2}}},
		{"merge, all at their most", journal.Record{Kind: journal.KindMerge, Place: journal.Place{Day: 65535}, PartSeq: 255, Split: journal.SplitRecord{First: journaltest.Many("f", 255)}, Notes: message.PartReceipt{State: 255, ID: string(journaltest.Many("m", 64)), Err: string(journaltest.Many("e", 64)), Network: string(journaltest.Many("n", 64)), Text: string(journaltest.Many("t", 64))}}},
		{"opt-out, on", journal.Record{Kind: journal.KindOptOut, Place: journaltest.ReceiverOn(0), Status: 1, ReadAt: journaltest.Time + 1, At: journaltest.Time + 2}},
		{"opt-out, off", journal.Record{Kind: journal.KindOptOut, Place: journaltest.ReceiverOn(0), Status: 0, ReadAt: journaltest.Time + 1, At: journaltest.Time + 2}},
		{"erase", journal.Record{Kind: journal.KindErase, Place: journaltest.ReceiverOn(0), At: journaltest.Time}},
		{"reported", journal.Record{Kind: journal.KindReported, Place: journaltest.Place, At: journaltest.Time}},
		{"told", journal.Record{Kind: journal.KindTold, Place: journaltest.Place, At: journaltest.Time, Session: 300}},
		{"late, nothing optional", late(journaltest.Accepted(func(*journal.Record) {}))},
		{"late, a part with all that is optional", late(journaltest.Accepted(func(r *journal.Record) {
			r.From.Addr, r.To.Addr, r.WantsReceipt = journaltest.AsSubmitted, journaltest.AsSubmitted, true
			r.Reference, r.HasReference, r.Part = 42, true, message.Part{Ref: 500, Wide: true, Total: 3, Seq: 2}
		}))},
		{"unclaimed", journal.Record{Kind: journal.KindUnclaimed}},
		{"cycle", journal.Record{Kind: journal.KindCycle, Place: journal.Place{Conv: journaltest.Conversation, Ordinal: 290}, Bound: 300, First: 1, Last: 257}},
		{"cycle, all at their most", journal.Record{
			Kind: journal.KindCycle, Place: journal.Place{Conv: journaltest.MostConversation, Ordinal: journaltest.MostOrdinal}, Bound: journaltest.MostOrdinal, First: 65535, Last: 65535,
		}},
		{"skip", journal.Record{Kind: journal.KindSkip, Skip: 300, At: journaltest.Time}},
		{"skip, all at their most", journal.Record{Kind: journal.KindSkip, Skip: journaltest.MostOrdinal, At: journaltest.MostTime}},
		{"published", journal.Record{Kind: journal.KindPublished, Seq: 1 << 50, Index: 998}},
	}
}

func late(r journal.Record) journal.Record {
	r.Kind = journal.KindLate
	return r
}

// The records of the log are these octets, and these octets are read as those records.
func TestGoldenLog(t *testing.T) {
	golden, seen := journaltest.Golden(t, "log_*.txt"), make(map[journal.Kind]bool)
	for name, want := range map[string]journal.Header{
		"header": {Epoch: 3, Instance: 1 << 60, Serial: 9, Messages: 300},
		"header, all at their most": {
			Epoch: journaltest.MostOrdinal, Instance: math.MaxUint64, Serial: math.MaxUint64, Messages: journaltest.MostOrdinal,
		},
	} {
		if got := journal.AppendHeader(nil, want); !bytes.Equal(got, golden[name]) {
			t.Errorf("%s: %s", name, journaltest.HexDiff(got, golden[name]))
		}
		sealed := journal.Seal(bytes.Clone(golden[name]))
		r, err := journal.ParseBatch(sealed)
		if err != nil || r.Header != want || r.Off != len(golden[name]) || !r.HasMessages() {
			t.Errorf("%s: got %+v, %v, want %+v", name, r.Header, err, want)
		}
		for i := range golden[name] {
			if _, err := journal.ParseBatch(journal.Seal(bytes.Clone(golden[name][:i]))); err == nil {
				t.Errorf("%s: cut at %d: got no error", name, i)
			}
		}
		delete(golden, name)
	}
	checkGoldenBatches(t, golden)
	for _, row := range goldenRecords() {
		octets := golden[row.name]
		delete(golden, row.name)
		seen[row.rec.Kind] = true
		if got := journal.Append(nil, &row.rec); !bytes.Equal(got, octets) {
			t.Errorf("%s: %s", row.name, journaltest.HexDiff(got, octets))
		}
		checkGoldenRecord(t, &row, octets)
	}
	for name := range golden {
		t.Errorf("section [%s] is of no record", name)
	}
	for k := journal.KindStart; k < journal.Kinds; k++ {
		if !seen[k] {
			t.Errorf("no golden record of kind %s", k)
		}
	}
}

// checkGoldenBatches compares a whole batch, and reads one of the version before.
func checkGoldenBatches(t *testing.T, golden map[string][]byte) {
	t.Helper()
	batch := journal.AppendHeader(nil, journal.Header{Epoch: 3, Instance: 1 << 60, Serial: 9, Messages: 300})
	batch = journal.Seal(journal.AppendStop(batch, journaltest.Time))
	if got := golden["batch"]; !bytes.Equal(got, batch) {
		t.Errorf("batch: %s", journaltest.HexDiff(batch, got))
	}
	want := journal.Header{Epoch: 3, Instance: 1 << 60, Serial: 9}
	r, err := journal.ParseBatch(golden["batch of version 1"])
	if rec := (journal.Record{}); err != nil || r.Header != want || r.HasMessages() || r.Sum != 0 || !r.Next(&rec) || rec.Kind != journal.KindStop {
		t.Errorf("batch of version 1: got %+v, %v, want %+v and a stop", r.Header, err, want)
	}
	r, err = journal.ParseBatch(golden["batch of version 2"])
	if rec, want := (journal.Record{}), (journal.Header{Epoch: 3, Instance: 1 << 60, Serial: 9, Messages: 300}); err != nil || r.Header != want || !r.HasMessages() || !r.Next(&rec) || rec.Kind != journal.KindStop {
		t.Errorf("batch of version 2: got %+v, %v, want %+v and a stop", r.Header, err, want)
	}
	delete(golden, "batch")
	delete(golden, "batch of version 2")
	delete(golden, "batch of version 1")
}

// checkGoldenRecord parses the octets of a record: whole, cut anywhere, and with each octet
// changed.
func checkGoldenRecord(t *testing.T, row *goldenRecord, octets []byte) {
	t.Helper()
	batch := journal.AppendHeader(nil, journal.Header{Epoch: 3})
	before := len(batch)
	batch = append(batch, octets...)
	got, err := journaltest.OnlyRecord(batch)
	if err != nil || !reflect.DeepEqual(got, row.rec) {
		t.Errorf("%s: got %+v, %v, want %+v", row.name, got, err, row.rec)
	}
	for i := before + 1; i < len(batch); i++ {
		if _, err := journaltest.OnlyRecord(batch[:i]); err == nil {
			t.Errorf("%s: cut at octet %d: got no error", row.name, i-before)
		}
	}
	for i := before; i < len(batch); i++ {
		for _, bit := range []byte{0x01, 0x02, 0x40, 0x80} {
			other := bytes.Clone(batch)
			other[i] ^= bit
			if got, err := journaltest.OnlyRecord(other); err == nil && reflect.DeepEqual(got, row.rec) {
				t.Errorf("%s: octet %d changed by %02x: got the same record", row.name, i-before, bit)
			}
		}
	}
}
