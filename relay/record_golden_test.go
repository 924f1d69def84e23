package relay

import (
	"bytes"
	"math"
	"reflect"
	"testing"

	"readback/relay/message"
)

const (
	goldenTime  = 1795000000123
	mostTime    = 1 << 48
	mostOrdinal = 1 << 62
)

var (
	goldenConversation = message.Conversation{Sender: mustAddr("10690001"), Receiver: mustAddr("447700900123")}
	goldenPlace        = place{conv: goldenConversation, day: 20780, number: 257, ordinal: 1 << 40}
	goldenFrom         = message.Address{TON: 5, Addr: goldenConversation.Sender}
	goldenTo           = message.Address{TON: 1, NPI: 1, Addr: goldenConversation.Receiver}
	asSubmitted        = mustAddr("+447700900199")
	mostAddr           = mustAddr("12345678901234567890")
	mostConversation   = message.Conversation{Sender: mostAddr, Receiver: mostAddr}
	mostPlace          = place{conv: mostConversation, day: math.MaxUint16, number: math.MaxUint16, ordinal: mostOrdinal}
)

func mustAddr(s string) message.Addr {
	a, err := message.NewAddr(s)
	if err != nil {
		panic(err)
	}
	return a
}

// goldenReceiverOn is the place in a record that has only a receiver and a day.
func goldenReceiverOn(day uint16) place {
	return place{conv: message.Conversation{Receiver: goldenConversation.Receiver}, day: day}
}

// goldenAccepted is the record of an accepted message, changed by change.
func goldenAccepted(change func(*record)) record {
	r := record{
		kind: kindAccepted, place: goldenPlace, bound: 1<<40 + 5, at: goldenTime,
		account: []byte("bank"), messageID: []byte("4A7F01"), from: goldenFrom, to: goldenTo,
	}
	change(&r)
	return r
}

// goldenRecord is a record and the section with its octets.
type goldenRecord struct {
	name string
	rec  record
}

func goldenRecords() []goldenRecord {
	return []goldenRecord{
		{"start", record{kind: kindStart, first: 1, last: 257, instance: []byte("gw1"), at: goldenTime}},
		{"start, all at their most", record{kind: kindStart, first: 65535, last: 65535, instance: many("i", 64), at: mostTime}},
		{"start, all zero", record{kind: kindStart, instance: []byte{}}},
		{"stop", record{kind: kindStop, at: goldenTime}},
		{"head", record{kind: kindHead, place: place{conv: goldenConversation}, bound: 300}},
		{"head, all at their most", record{kind: kindHead, place: place{conv: mostConversation}, bound: mostOrdinal}},
		{"accepted, nothing optional", goldenAccepted(func(*record) {})},
		{"accepted, empty strings", goldenAccepted(func(r *record) { r.bound, r.account, r.messageID = 1<<40+1, []byte{}, []byte{} })},
		{"accepted with a reference", goldenAccepted(func(r *record) { r.reference = 42; r.hasReference = true })},
		{"accepted, reference 0", goldenAccepted(func(r *record) { r.hasReference = true })},
		{"accepted, a part", goldenAccepted(func(r *record) { r.part = message.Part{Ref: 200, Total: 3, Seq: 2} })},
		{"accepted, a part with a wide reference", goldenAccepted(func(r *record) { r.part = message.Part{Ref: 500, Wide: true, Total: 3, Seq: 2} })},
		{"accepted, sender not normalised", goldenAccepted(func(r *record) { r.from.Addr = asSubmitted })},
		{"accepted, receiver not normalised", goldenAccepted(func(r *record) { r.to.Addr = asSubmitted })},
		{"accepted, a receipt wanted", goldenAccepted(func(r *record) { r.wantsReceipt = true })},
		{"accepted, all at their most", record{
			kind: kindAccepted, place: mostPlace, bound: 1<<63 + 1, at: mostTime, account: many("a", 64), messageID: many("m", 255),
			from: message.Address{TON: 255, NPI: 255, Addr: asSubmitted}, to: message.Address{TON: 255, NPI: 255, Addr: asSubmitted},
			reference: 65535, hasReference: true, wantsReceipt: true, part: message.Part{Ref: 65535, Wide: true, Total: 255, Seq: 255},
		}},
		{"receipt, sent", record{kind: kindReceipt, place: goldenPlace, partSeq: 0, state: message.StateSent, at: goldenTime}},
		{"receipt, expired", record{kind: kindReceipt, place: goldenPlace, partSeq: 1, state: message.StateExpired, at: goldenTime}},
		{"receipt, failed", record{kind: kindReceipt, place: goldenPlace, partSeq: 1, state: message.StateFailed, at: goldenTime}},
		{"receipt, delivered", record{kind: kindReceipt, place: goldenPlace, partSeq: 2, state: message.StateDelivered, at: goldenTime}},
		{"receipt, read", record{kind: kindReceipt, place: goldenPlace, partSeq: 1, state: message.StateRead, at: goldenTime}},
		{"receipt, deleted unread", record{kind: kindReceipt, place: goldenPlace, partSeq: 255, state: message.StateDeletedUnread, at: goldenTime}},
		{"read, not yet", record{kind: kindRead, place: goldenPlace, status: message.StatusNotRead, readAt: goldenTime + 1, at: goldenTime + 2, id: 0}},
		{"read, read", record{kind: kindRead, place: goldenPlace, status: message.StatusRead, readAt: goldenTime + 1, at: goldenTime + 2, id: 77}},
		{"read, deleted unread", record{kind: kindRead, place: goldenPlace, status: message.StatusDeletedUnread, readAt: goldenTime + 1, at: goldenTime + 2, id: 1<<64 - 1}},
		{"fed", record{kind: kindFed, seq: 1 << 50, index: 999}},
		{"fed, all at their most", record{kind: kindFed, seq: 1<<64 - 1, index: 65536}},
		{"route", record{kind: kindRoute, place: place{day: 20780}, account: []byte("bank"), messageID: []byte("4a7f01")}},
		{"route, all at their most", record{kind: kindRoute, place: place{day: 65535}, account: many("a", 64), messageID: many("m", 65)}},
		{"cut", record{kind: kindCut, place: goldenReceiverOn(20780), part: message.Part{Total: 3}, partSeq: 2, cut: cutRecord{first: []byte("4a7f01"), key: []byte("4a7f02"), wanted: 1}}},
		{"cut, all at their most", record{kind: kindCut, place: goldenReceiverOn(65535), part: message.Part{Total: 255}, partSeq: 255, cut: cutRecord{first: many("f", 255), key: many("k", 255), wanted: 255}}},
		{"merge", record{kind: kindMerge, place: place{day: 20780}, partSeq: 2, cut: cutRecord{first: []byte("4a7f01")}, notes: PartReceipt{State: 3, ID: "4A7F02", Err: "021", Network: "\x03\x00\x15", Text: "Your table"}}},
		{"merge, nothing said", record{kind: kindMerge, place: place{day: 20780}, partSeq: 1, cut: cutRecord{first: []byte("4a7f01")}, notes: PartReceipt{State: 2}}},
		{"merge, all at their most", record{kind: kindMerge, place: place{day: 65535}, partSeq: 255, cut: cutRecord{first: many("f", 255)}, notes: PartReceipt{State: 255, ID: string(many("m", 64)), Err: string(many("e", 64)), Network: string(many("n", 64)), Text: string(many("t", 64))}}},
		{"opt-out, on", record{kind: kindOptOut, place: goldenReceiverOn(0), status: 1, readAt: goldenTime + 1, at: goldenTime + 2}},
		{"opt-out, off", record{kind: kindOptOut, place: goldenReceiverOn(0), status: 0, readAt: goldenTime + 1, at: goldenTime + 2}},
		{"erase", record{kind: kindErase, place: goldenReceiverOn(0), at: goldenTime}},
		{"reported", record{kind: kindReported, place: goldenPlace, at: goldenTime}},
		{"published", record{kind: kindPublished, seq: 1 << 50, index: 998}},
	}
}

// The records of the log are these octets, and these octets are read as those records.
func TestGoldenLog(t *testing.T) {
	golden, seen := goldenOctets(t, "log_*.txt"), make(map[kind]bool)
	for name, want := range map[string]header{
		"header":                    {epoch: 3, instance: 1 << 60, serial: 9},
		"header, all at their most": {epoch: mostOrdinal, instance: math.MaxUint64, serial: math.MaxUint64},
	} {
		if got := appendHeader(nil, want); !bytes.Equal(got, golden[name]) {
			t.Errorf("%s: %s", name, hexDiff(got, golden[name]))
		}
		r, err := parseBatch(golden[name])
		if err != nil || r.header != want || r.off != len(golden[name]) {
			t.Errorf("%s: got %+v, %v, want %+v", name, r.header, err, want)
		}
		for i := range golden[name] {
			if _, err := parseBatch(golden[name][:i]); err == nil {
				t.Errorf("%s: cut at %d: got no error", name, i)
			}
		}
		delete(golden, name)
	}
	for _, row := range goldenRecords() {
		octets := golden[row.name]
		delete(golden, row.name)
		seen[row.rec.kind] = true
		if got := encode(nil, &row.rec); !bytes.Equal(got, octets) {
			t.Errorf("%s: %s", row.name, hexDiff(got, octets))
		}
		checkGoldenRecord(t, &row, octets)
	}
	for name := range golden {
		t.Errorf("section [%s] is of no record", name)
	}
	for k := kindStart; k < kinds; k++ {
		if !seen[k] {
			t.Errorf("no golden record of kind %s", k)
		}
	}
}

// checkGoldenRecord parses the octets of a record: whole, cut anywhere, and with each octet
// changed.
func checkGoldenRecord(t *testing.T, row *goldenRecord, octets []byte) {
	t.Helper()
	batch := appendHeader(nil, header{epoch: 3})
	before := len(batch)
	batch = append(batch, octets...)
	got, err := onlyRecord(batch)
	if err != nil || !reflect.DeepEqual(got, row.rec) {
		t.Errorf("%s: got %+v, %v, want %+v", row.name, got, err, row.rec)
	}
	for i := before + 1; i < len(batch); i++ {
		if _, err := onlyRecord(batch[:i]); err == nil {
			t.Errorf("%s: cut at octet %d: got no error", row.name, i-before)
		}
	}
	for i := before; i < len(batch); i++ {
		for _, bit := range []byte{0x01, 0x02, 0x40, 0x80} {
			other := bytes.Clone(batch)
			other[i] ^= bit
			if got, err := onlyRecord(other); err == nil && reflect.DeepEqual(got, row.rec) {
				t.Errorf("%s: octet %d changed by %02x: got the same record", row.name, i-before, bit)
			}
		}
	}
}

// onlyRecord reads a batch of one record.
func onlyRecord(batch []byte) (rec record, err error) {
	r, err := parseBatch(batch)
	if err != nil {
		return rec, err
	}
	if r.next(&rec) && r.off < len(batch) {
		r.fail("end", "more octets follow")
	}
	return rec, r.err
}
