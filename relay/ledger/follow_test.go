package ledger

import (
	"fmt"
	"testing"
	"time"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// acceptedParts are the message_ids of accepted records with their ordinal and part.
func acceptedParts(all []journal.Record) (text string) {
	for _, r := range all {
		if r.Kind == journal.KindAccepted {
			text += fmt.Sprintf("%s=%d.%d ", r.MessageID, r.Place.Ordinal, r.Part.Seq)
		}
	}
	return text
}

// Parts that the SMSC accepted before their message had a number are recorded with it when it is
// assigned. Parts that are answered later are recorded then.
func TestEarlyPartsGetTheNumber(t *testing.T) {
	l, h := idleLedger(t)
	w := make(relaytest.Logged, 8)
	now := time.Now()
	first, second, third := partOf(t, 3, 1, now), partOf(t, 3, 2, now), partOf(t, 3, 3, now)
	if !l.Follow(first) || !l.Follow(second) {
		t.Fatal("a part is not noted")
	}
	id := []byte("id1")
	l.Accept(first, id, w, 0)
	id[0] = 'x' // it was copied
	if got := l.takeRecords(t); len(got) != 0 || h.shard.early != 1 {
		t.Errorf("before the number: got %d records, %d early, want none and 1", len(got), h.shard.early)
	}
	if err := l.Assign(third); err != nil || third.ordinal != 0 {
		t.Fatalf("assign: ordinal %d, %v", third.ordinal, err)
	}
	all := l.takeRecords(t)
	if got := acceptedParts(all); got != "id1=0.1 " || all[0].Place.Number != third.Number || all[0].Bound != 1 || h.shard.early != 0 {
		t.Errorf("with the number: got %s%+v, %d early, want the first part", got, all, h.shard.early)
	}
	l.Accept(second, []byte("id2"), w, 0)
	l.Accept(third, []byte("id3"), w, 0)
	if got := acceptedParts(l.takeRecords(t)); got != "id2=0.2 id3=0.3 " {
		t.Errorf("after it: got %s, want the second and the third", got)
	}
	if len(h.open()) != 0 {
		t.Errorf("when all are answered: got %+v open", h.open())
	}
}

// A part without room for the number is outstanding under the number of its message, until the
// SMSC has answered.
func TestFollowWithANumber(t *testing.T) {
	l, h := idleLedger(t)
	first, second := partOf(t, 2, 1, time.Now()), partOf(t, 2, 2, time.Now())
	if err := l.Assign(first); err != nil {
		t.Fatal(err)
	}
	if !l.Follow(second) || second.Number != first.Number || second.ordinal != first.ordinal || second.day != first.day || len(h.out) != 2 {
		t.Errorf("got %+v, %d out, want it out with the number of the first", second, len(h.out))
	}
	l.Refuse(second)
	if len(h.out) != 1 {
		t.Errorf("refused: got %d out, want the first alone", len(h.out))
	}
}

// Follow ignores a message that is not a part, and a part that it cannot note.
func TestFollowIsForParts(t *testing.T) {
	l, h := idleLedger(t)
	own := toSend(h.conv)
	nobody, long := partOf(t, 2, 1, time.Now()), partOf(t, 2, 1, time.Now())
	nobody.Conversation.Sender = message.Addr{}
	long.Account = string(make([]byte, journal.MaxAccount+1))
	unread := partOf(t, 2, 1, time.Now())
	unread.Conversation = relaytest.Conversation(t, "10690001", "447700900199") // the index is closed
	full := partOf(t, 2, 1, time.Now())
	for name, s := range map[string]*Sent{"no part": own, "no sender": nobody, "account too long": long, "not in memory": unread} {
		if l.Follow(s) || s.head != nil {
			t.Errorf("%s: it is noted", name)
		}
	}
	h.shard.open = maxOpenPerShard
	if l.Follow(full) || full.head != nil {
		t.Error("no room: it is noted")
	}
	h.shard.open = 0
	l.status.Set(ErrDown)
	if l.Follow(partOf(t, 2, 1, time.Now())) {
		t.Error("down: it is noted")
	}
}

// A shard keeps at most maxEarlyParts early parts, and none without an open message.
func TestEarlyPartsAreBounded(t *testing.T) {
	l, h := idleLedger(t)
	s := partOf(t, 2, 1, time.Now())
	if l.numberLate(h, s, []byte("id")) || h.shard.early != 0 {
		t.Error("a part without an open message is kept")
	}
	p := h.openParts(s)
	h.shard.early = maxEarlyParts - 1
	for i, want := range []int{1, 1} {
		if l.numberLate(h, s, []byte("id")) || len(p.early) != want || h.shard.early != maxEarlyParts {
			t.Errorf("part %d: got %d kept, %d in the shard, want %d and %d", i+1, len(p.early), h.shard.early, want, maxEarlyParts)
		}
	}
}

// A number is assigned even if the queue has no room for the early parts, which are then
// dropped.
func TestNoRoomForEarlyParts(t *testing.T) {
	l, h := idleLedger(t)
	w := make(relaytest.Logged, 4)
	for seq := uint8(1); seq <= 2; seq++ {
		s := partOf(t, 3, seq, time.Now())
		if !l.Follow(s) {
			t.Fatal("a part is not noted")
		}
		l.Accept(s, []byte("id"), w, 0)
	}
	l.queue.close()
	last := partOf(t, 3, 3, time.Now())
	if err := l.Assign(last); err != nil || h.shard.early != 0 || h.open()[0].early != nil {
		t.Errorf("got %v, %d early in the shard, %d of the message, want none", err, h.shard.early, len(h.open()[0].early))
	}
}
