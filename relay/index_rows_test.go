package relay

import (
	"bytes"
	"maps"
	"testing"

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
func indexRows(t *testing.T, ix *index) map[string]string {
	t.Helper()
	l, err := ix.lookup()
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]string)
	for ok := l.it.First(); ok; ok = l.it.Next() {
		rows[string(l.it.Key())] = string(l.it.Value())
	}
	if err := firstError(l.it.Error(), l.close()); err != nil {
		t.Fatal(err)
	}
	return rows
}

func wantRows(t *testing.T, ix *index, want map[string]string) {
	t.Helper()
	got := indexRows(t, ix)
	for key, value := range want {
		if g, ok := got[key]; !ok {
			t.Errorf("key %q: got no row", key)
		} else if g != value {
			t.Errorf("key %q: %s", key, hexDiff([]byte(g), []byte(value)))
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
	m := goldenAccepted(func(r *record) { r.reference, r.hasReference, r.wantsReceipt = 42, true, true })
	later := goldenAccepted(func(r *record) {
		r.place.number, r.place.ordinal, r.bound, r.account = 1, 1<<40+1, 1<<40+2, []byte("shop")
	})
	erased := message.Conversation{Sender: goldenConversation.Sender, Receiver: mustAddr("447700900199")}
	gone := goldenAccepted(func(r *record) { r.place.conv, r.to.Addr, r.account = erased, erased.Receiver, []byte("shop") })
	part := func(seq uint8, key string) record {
		return record{
			kind: kindCut, place: goldenReceiverOn(20780), part: message.Part{Total: 2}, partSeq: seq,
			cut: cutRecord{first: []byte("4a7f01"), key: []byte(key), wanted: 1},
		}
	}
	receipt := func(seq, state uint8, id string) record {
		return record{
			kind: kindMerge, place: place{day: 20780}, partSeq: seq, cut: cutRecord{first: []byte("4a7f01")},
			notes: PartReceipt{State: state, ID: id, Err: "021", Network: "\x03\x00\x15", Text: "Your table"},
		}
	}
	batch := appendHeader(nil, header{epoch: 3})
	for _, rec := range []record{
		{kind: kindStart, first: 1, last: 257, at: goldenTime},
		{kind: kindHead, place: place{conv: mostConversation}, bound: 300},
		m,
		{kind: kindReceipt, place: goldenPlace, state: message.StateDelivered, at: goldenTime},
		{kind: kindRead, place: goldenPlace, status: message.StatusRead, readAt: goldenTime + 1, at: goldenTime + 2, id: 77},
		{kind: kindReported, place: goldenPlace, at: goldenTime},
		later,
		{kind: kindRoute, place: place{day: 20780}, account: []byte("bank"), messageID: []byte("4a7f01")},
		part(1, "4a7f01"), part(2, "4a7f02"), receipt(2, messageUndeliverable, "4A7F02"), receipt(1, messageDelivered, "4A7F01"),
		{kind: kindOptOut, place: goldenReceiverOn(0), status: 1, readAt: goldenTime + 1, at: goldenTime + 2},
		gone,
		{kind: kindErase, place: place{conv: erased}, at: goldenTime},
		{kind: kindStop, at: goldenTime},
	} {
		batch = encode(batch, &rec)
	}
	return batch
}

// goldenRows has the rows of an index whose log has goldenLog as message 7.
func goldenRows(t *testing.T) map[string]string {
	values := goldenOctets(t, "index_values.txt")
	second := goldenPlace
	second.number = 1
	m := goldenEntry(func(e *entry) {
		e.reference, e.hasReference, e.wantsReceipt, e.state, e.parts[0].state = 42, true, true, message.StateRead, message.StateDelivered
		e.deliveredAt, e.readAt, e.receivedAt, e.readID, e.reportedAt = goldenTime, goldenTime+1, goldenTime+2, 77, goldenTime
	})
	later := goldenEntry(func(e *entry) { e.ordinal, e.account = 1<<40+1, []byte("shop") })
	cut := goldenCuts()["cut, complete"]
	cut.closing = 1
	erased := message.Conversation{Sender: goldenConversation.Sender, Receiver: mustAddr("447700900199")}
	rows := map[string][]byte{
		string(keyApplied):                                   appendApplied(nil, applied{seq: 7, epoch: 3, stopped: true, cycle: cycle{1, 257, 3}}),
		string(headKey(nil, &mostConversation)):              appendHeadValue(nil, 3, 300),
		string(headKey(nil, &goldenConversation)):            appendHeadValue(nil, 3, 1<<40+2),
		string(hashedHeadKey(nil, &erased)):                  appendHeadValue(nil, 3, 1<<40+5),
		string(entryKey(nil, &goldenPlace)):                  appendEntry(nil, &m),
		string(entryKey(nil, &second)):                       appendEntry(nil, &later),
		string(routeKey(nil, 20780, []byte("4a7f01"))):       []byte("bank"),
		string(cutKey(nil, 20780, []byte("4a7f01"))):         appendCutState(nil, &cut),
		string(optOutKey(nil, &goldenConversation.Receiver)): values["opt-out"],
		string(outboxKey(nil, prefixOutbox, 7, 4)):           []byte(goldenFeedback),
		string(outboxKey(nil, prefixEvent, 7, 2)):            []byte(goldenSent),
		string(outboxKey(nil, prefixEvent, 7, 3)):            []byte(goldenDelivered),
		string(outboxKey(nil, prefixEvent, 7, 4)):            []byte(goldenRead),
		string(outboxKey(nil, prefixEvent, 7, 5)):            []byte(goldenReported),
	}
	for seq, key := range []string{"4a7f01", "4a7f02"} {
		part := CutPart{Seq: uint8(seq + 1), first: "4a7f01"}
		rows[string(partKey(nil, 20780, &goldenConversation.Receiver, []byte(key)))] = appendPart(nil, &part)
	}
	all := make(map[string]string)
	for key, value := range rows {
		all[key] = string(value)
	}
	return all
}

// The records of the log become these rows of the index, and later records remove them.
func TestGoldenIndex(t *testing.T) {
	l := newLogbook(t)
	l.a.events = func(account []byte) bool { return string(account) == "bank" }
	if _, err := l.a.apply(7, goldenLog(), true); err != nil {
		t.Fatal(err)
	}
	want := goldenRows(t)
	wantRows(t, l.ix, want)

	batch := appendHeader(nil, header{epoch: 3})
	batch = appendFed(batch, 7, 4)
	batch = appendPublished(batch, 7, 4)
	batch = appendOptOut(batch, &record{place: goldenReceiverOn(0)})
	if _, err := l.a.apply(8, batch, false); err != nil {
		t.Fatal(err)
	}
	delete(want, string(optOutKey(nil, &goldenConversation.Receiver)))
	maps.DeleteFunc(want, func(key, _ string) bool {
		return key[0] == prefixOutbox || key[0] == prefixEvent && bytes.Compare([]byte(key), outboxKey(nil, prefixEvent, 7, 4)) <= 0
	})
	want[string(keyApplied)] = string(appendApplied(nil, applied{seq: 8, epoch: 3, cycle: cycle{1, 257, 3}}))
	wantRows(t, l.ix, want)
}
