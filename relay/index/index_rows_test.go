package index

import (
	"bytes"
	"maps"
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
)

// goldenFeedback and the events are JSON that the index and the streams store and that clients read.
const (
	goldenFeedback = `{"event":"01M7Q5CQKXS79WF07606GY3RJD","account":"bank","sender":"10690001","receiver":"447700900123",` +
		`"sender_ton":5,"sender_npi":0,"receiver_ton":1,"receiver_npi":1,"number":257,"status":1,"message_ids":["4A7F01"],` +
		`"user_message_reference":42,"submitted_at":"2026-11-18T11:06:40.123Z","read_at":"2026-11-18T11:06:40.124Z",` +
		`"received_at":"2026-11-18T11:06:40.125Z","delivered_at":"2026-11-18T11:06:40.123Z"}`
	goldenMessage = `"account":"bank","sender":"10690001","receiver":"447700900123","number":257,"message_ids":["4A7F01"],` +
		`"user_message_reference":42,"submitted_at":"2026-11-18T11:06:40.123Z",`
	goldenSent      = `{"event":"01M7Q5CQKVB04CYYCJ09V35AGH","type":"sent",` + goldenMessage + `"at":"2026-11-18T11:06:40.123Z"}`
	goldenDelivered = `{"event":"01M7Q5CQKVGKJK1BZCEJB30TAS","type":"delivered",` + goldenMessage + `"at":"2026-11-18T11:06:40.123Z"}`
	goldenRead      = `{"event":"01M7Q5CQKXWN29ZJ56XMM0TTQV","type":"read",` + goldenMessage + `"at":"2026-11-18T11:06:40.125Z"}`
	goldenReported  = `{"event":"01M7Q5CQKV1XNNE8BVK2473WD6","type":"reported",` + goldenMessage + `"at":"2026-11-18T11:06:40.123Z"}`
)

// indexRows are all rows of an index, by key.
func indexRows(t *testing.T, ix *Index) map[string]string {
	t.Helper()
	err := ix.writeStaged()
	if err != nil {
		t.Fatal(err)
	}
	l, err := ix.lookup()
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]string)
	for ok := l.it.First(); ok; ok = l.it.Next() {
		rows[string(l.it.Key())] = string(l.it.Value())
	}
	delete(rows, string(keyStaged)) // it depends on when the rows were written
	if err := firstError(l.it.Error(), l.close()); err != nil {
		t.Fatal(err)
	}
	return rows
}

func wantRows(t *testing.T, ix *Index, want map[string]string) {
	t.Helper()
	got := indexRows(t, ix)
	for key, value := range want {
		if g, ok := got[key]; !ok {
			t.Errorf("key %q: got no row", key)
		} else if g != value {
			t.Errorf("key %q: %s", key, journaltest.HexDiff([]byte(g), []byte(value)))
		}
	}
	for key, value := range got {
		if _, ok := want[key]; !ok {
			t.Errorf("key %q: got %q, want no row", key, value)
		}
	}
}

// goldenLog is a batch with each record that changes the index.
func goldenLog() []byte {
	m := journaltest.Accepted(func(r *journal.Record) { r.Reference, r.HasReference, r.WantsReceipt = 42, true, true })
	later := journaltest.Accepted(func(r *journal.Record) {
		r.Place.Number, r.Place.Ordinal, r.Bound, r.Account = 1, 1<<40+1, 1<<40+2, []byte("shop")
	})
	erased := message.Conversation{Sender: journaltest.Conversation.Sender, Receiver: journaltest.MustAddr("447700900199")}
	gone := journaltest.Accepted(func(r *journal.Record) { r.Place.Conv, r.To.Addr, r.Account = erased, erased.Receiver, []byte("shop") })
	late := journaltest.Accepted(func(r *journal.Record) {
		r.Kind, r.Place.Number, r.Place.Ordinal, r.Account = journal.KindLate, 2, 1<<40+2, []byte("shop")
		r.Bound = 1<<40 + 3
	})
	part := func(seq uint8, key string) journal.Record {
		return journal.Record{
			Kind: journal.KindSplit, Place: journaltest.ReceiverOn(20780), Part: message.Part{Total: 2}, PartSeq: seq,
			Split: journal.SplitRecord{First: []byte("4a7f01"), Key: []byte(key), Wanted: 1},
		}
	}
	receipt := func(seq, state uint8, id string) journal.Record {
		return journal.Record{
			Kind: journal.KindMerge, Place: journal.Place{Day: 20780}, PartSeq: seq, Split: journal.SplitRecord{First: []byte("4a7f01")},
			Notes: message.PartReceipt{State: state, ID: id, Err: "021", Network: "\x03\x00\x15", Text: "Your table"},
		}
	}
	owned := func(o journal.IDOwner, key string) journal.Record {
		return journal.Record{
			Kind: journal.KindSplit, Place: o.Place, Part: message.Part{Total: 2}, PartSeq: max(1, o.Seq),
			Split: journal.SplitRecord{First: journal.AppendName(nil, &o), Key: []byte(key), Wanted: 1},
		}
	}
	split, unnumbered := owned(goldenOwners()["owner, split"], "b1"), owned(goldenOwners()["owner, unnumbered"], "b2")
	batch := journal.AppendHeader(nil, journal.Header{Epoch: 3, Instance: 1 << 60, Serial: 7, Messages: 300})
	for _, rec := range []journal.Record{
		{Kind: journal.KindStart, First: 1, Last: 257, At: journaltest.Time},
		{Kind: journal.KindHead, Place: journal.Place{Conv: journaltest.MostConversation}, Bound: 300},
		m,
		{Kind: journal.KindReceipt, Place: journaltest.Place, State: message.StateDelivered, At: journaltest.Time},
		{Kind: journal.KindRead, Place: journaltest.Place, Status: message.StatusRead, ReadAt: journaltest.Time + 1, At: journaltest.Time + 2, ID: 77},
		{Kind: journal.KindReported, Place: journaltest.Place, At: journaltest.Time},
		later,
		{Kind: journal.KindRoute, Place: journal.Place{Day: 20780}, Account: []byte("bank"), MessageID: []byte("4a7f01")},
		part(1, "4a7f01"), part(2, "4a7f02"), receipt(2, messageUndeliverable, "4A7F02"), receipt(1, messageDelivered, "4A7F01"),
		split, unnumbered,
		{Kind: journal.KindOptOut, Place: journaltest.ReceiverOn(0), Status: 1, ReadAt: journaltest.Time + 1, At: journaltest.Time + 2},
		gone,
		{Kind: journal.KindErase, Place: journal.Place{Conv: erased}, At: journaltest.Time},
		late,
		{Kind: journal.KindUnclaimed},
		{Kind: journal.KindCycle, Place: journal.Place{Conv: journaltest.Conversation, Ordinal: 290}, Bound: 300, First: 1, Last: 257},
		{Kind: journal.KindCycle, Place: journal.Place{Conv: journaltest.Conversation, Ordinal: 890}, Bound: 900, First: 10, Last: 99},
		{Kind: journal.KindSkip, Skip: 100, At: journaltest.Time - 1},
		{Kind: journal.KindSkip, Skip: 200, At: journaltest.Time},
		{Kind: journal.KindStop, At: journaltest.Time},
	} {
		batch = journal.Append(batch, &rec)
	}
	return journal.Seal(batch)
}

func sumOf(batch []byte) uint32 {
	r, _ := journal.ParseBatch(batch)
	return r.Sum
}

// goldenRows has the rows of an index whose log has goldenLog as message 7.
func goldenRows(t *testing.T) map[string]string {
	values := journaltest.Golden(t, "index_values.txt")
	second := journaltest.Place
	second.Number = 1
	third := journaltest.Place
	third.Number = 2
	m := goldenEntry(func(e *Entry) {
		e.Reference, e.HasReference, e.WantsReceipt, e.State, e.Parts[0].State = 42, true, true, message.StateRead, message.StateDelivered
		e.DeliveredAt, e.ReadAt, e.ReceivedAt, e.ReadID, e.ReportedAt = journaltest.Time, journaltest.Time+1, journaltest.Time+2, 77, journaltest.Time
	})
	later := goldenEntry(func(e *Entry) { e.Ordinal, e.Account = 1<<40+1, []byte("shop") })
	late := goldenEntry(func(e *Entry) { e.Ordinal, e.Account = 1<<40+2, []byte("shop") })
	cut := goldenCuts()["cut, complete"]
	cut.Closing = 1
	erased := message.Conversation{Sender: journaltest.Conversation.Sender, Receiver: journaltest.MustAddr("447700900199")}
	applied := Position{
		Seq: 7, Serial: 7, Sum: sumOf(goldenLog()), Epoch: 3, Messages: 304, Time: journaltest.Time, Stopped: true, Used: true, Unclaimed: true,
		Cycle: Cycle{1, 257, 3},
	}
	rows := map[string][]byte{
		string(keyApplied): appendPosition(nil, &applied),
		string(headKey(nil, &journaltest.MostConversation)):        appendHeadValue(nil, 3, 300),
		string(headKey(nil, &journaltest.Conversation)):            appendHeadValue(nil, 3, 1<<40+2),
		string(hashedHeadKey(nil, &erased)):                        appendHeadValue(nil, 3, 1<<40+5),
		string(entryKey(nil, &journaltest.Place)):                  appendEntry(nil, &m),
		string(entryKey(nil, &second)):                             appendEntry(nil, &later),
		string(entryKey(nil, &third)):                              appendEntry(nil, &late),
		string(skipKey(nil, 3)):                                    appendSkip(nil, &Skip{Epoch: 3, Other: 300, At: journaltest.Time}),
		string(instanceKey(nil, 3)):                                appendInstance(nil, 1<<60, 1, 257),
		string(cycleKey(nil, &journaltest.Conversation)):           values["cycle changes"],
		string(routeKey(nil, 20780, []byte("4a7f01"))):             []byte("bank"),
		string(splitKey(nil, 20780, []byte("4a7f01"))):             appendSplitState(nil, &cut),
		string(optOutKey(nil, &journaltest.Conversation.Receiver)): values["opt-out"],
		string(keyUnpurged):                                        nil,
		string(keyUnpadded):                                        appendSerial(nil, 7),
		string(outboxKey(nil, FeedbackOutbox, 7, 4)):               []byte(goldenFeedback),
		string(outboxKey(nil, EventOutbox, 7, 2)):                  []byte(goldenSent),
		string(outboxKey(nil, EventOutbox, 7, 3)):                  []byte(goldenDelivered),
		string(outboxKey(nil, EventOutbox, 7, 4)):                  []byte(goldenRead),
		string(outboxKey(nil, EventOutbox, 7, 5)):                  []byte(goldenReported),
	}
	for seq, key := range []string{"4a7f01", "4a7f02"} {
		part := journal.SplitPart{Seq: uint8(seq + 1), First: "4a7f01"}
		rows[string(partKey(nil, 20780, &journaltest.Conversation.Receiver, []byte(key)))] = appendPart(nil, &part)
	}
	for key, name := range map[string]string{"b1": "owner, split", "b2": "owner, unnumbered"} {
		o := goldenOwners()[name]
		rows[string(ownerKey(nil, 20780, o.Account, []byte(key)))] = values[name]
		rows[string(ownerInKey(nil, 20780, &o.Place.Conv, []byte(key)))] = values[name]
	}
	first := goldenOwners()["owner, lasting"]
	last := first
	last.Account, last.Place = "shop", third
	last.Place.Ordinal = 1<<40 + 2
	for _, day := range []uint16{20780 - 5, 20780} {
		rows[string(ownerKey(nil, day, "bank", []byte("4a7f01")))] = values["owner, lasting"]
		rows[string(ownerKey(nil, day, "shop", []byte("4a7f01")))] = journal.AppendIDOwner(nil, &last, "shop")
		rows[string(ownerInKey(nil, day, &first.Place.Conv, []byte("4a7f01")))] = journal.AppendIDOwner(nil, &last, "shop")
	}
	rows[string(routeByKey(nil, 20780, []byte("4a7f01")))] = []byte("bank")
	all := make(map[string]string)
	for key, value := range rows {
		all[key] = string(value)
	}
	return all
}

// The records of the log become these rows of the index, and later records remove them.
func TestGoldenIndex(t *testing.T) {
	l := newLogbook(t)
	l.a.Events = func(account []byte) bool { return string(account) == "bank" }
	if _, err := l.a.Apply(7, goldenLog(), true); err != nil {
		t.Fatal(err)
	}
	want := goldenRows(t)
	wantRows(t, l.ix, want)

	batch := journal.AppendHeader(nil, journal.Header{Epoch: 3, Serial: 8, Messages: 304})
	batch = journal.AppendFed(batch, 7, 4)
	batch = journal.AppendPublished(batch, 7, 4)
	batch = journal.AppendOptOut(batch, &journal.Record{Place: journaltest.ReceiverOn(0)})
	batch = journal.Seal(batch)
	if _, err := l.a.Apply(8, batch, false); err != nil {
		t.Fatal(err)
	}
	delete(want, string(optOutKey(nil, &journaltest.Conversation.Receiver)))
	maps.DeleteFunc(want, func(key, _ string) bool {
		return key[0] == FeedbackOutbox || key[0] == EventOutbox && bytes.Compare([]byte(key), outboxKey(nil, EventOutbox, 7, 4)) <= 0
	})
	applied := Position{
		Seq: 8, Serial: 8, Sum: sumOf(batch), Epoch: 3, Messages: 304, Time: journaltest.Time, Used: true, Unclaimed: true,
		Cycle: Cycle{1, 257, 3},
	}
	want[string(keyApplied)] = string(appendPosition(nil, &applied))
	wantRows(t, l.ix, want)
}
