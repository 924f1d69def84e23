package relay

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// loneLedger is a ledger without a log that knows one conversation, and that conversation.
func loneLedger(t *testing.T) (*Ledger, *head) {
	t.Helper()
	opt := testOptions(t)
	l := newLedger(&opt, &index{}, newStatus(), newMetrics(nil))
	l.status.set(nil)
	h := &head{conv: conversation(t, "10690001", "447700900123")}
	l.table.of(&h.conv.Receiver).add(h, 1, time.Now())
	return l, h
}

// recorded are the records that wait for the log, which they leave.
func recorded(t *testing.T, l *Ledger) []record {
	t.Helper()
	var all []record
	for b := l.queue.take(); b != nil; b = l.queue.take() {
		r, err := parseBatch(b.buf)
		if err != nil {
			t.Fatal(err)
		}
		for rec := (record{}); r.next(&rec); {
			all = append(all, rec)
		}
	}
	return all
}

// acceptedParts are the message_ids of accepted records with their ordinal and part.
func acceptedParts(all []record) (text string) {
	for _, r := range all {
		if r.kind == kindAccepted {
			text += fmt.Sprintf("%s=%d.%d ", r.messageID, r.place.ordinal, r.part.Seq)
		}
	}
	return text
}

// TestEarlyPartsGetTheNumber: the parts that the SMSC took before their message had a number are
// recorded with it, and so is one that is answered later.
func TestEarlyPartsGetTheNumber(t *testing.T) {
	l, h := loneLedger(t)
	w := make(logged, 8)
	now := time.Now()
	first, second, third := partOf(t, 3, 1, now), partOf(t, 3, 2, now), partOf(t, 3, 3, now)
	if !l.Follow(first) || !l.Follow(second) {
		t.Fatal("a part is not noted")
	}
	id := []byte("id1")
	l.Accept(first, id, w, 0)
	id[0] = 'x' // it was copied
	if got := recorded(t, l); len(got) != 0 || h.shard.early != 1 {
		t.Errorf("before the number: got %d records, %d early, want none and 1", len(got), h.shard.early)
	}
	if err := l.Assign(third); err != nil || third.ordinal != 0 {
		t.Fatalf("assign: ordinal %d, %v", third.ordinal, err)
	}
	all := recorded(t, l)
	if got := acceptedParts(all); got != "id1=0.1 " || all[0].place.number != third.Number || all[0].bound != 1 || h.shard.early != 0 {
		t.Errorf("with the number: got %s%+v, %d early, want the first part", got, all, h.shard.early)
	}
	l.Accept(second, []byte("id2"), w, 0)
	l.Accept(third, []byte("id3"), w, 0)
	if got := acceptedParts(recorded(t, l)); got != "id2=0.2 id3=0.3 " {
		t.Errorf("after it: got %s, want the second and the third", got)
	}
	if len(h.parts) != 0 {
		t.Errorf("when all are answered: got %+v open", h.parts)
	}
}

// TestFollowWithANumber: a part without room for the number is out with the number of its message,
// until the SMSC has answered.
func TestFollowWithANumber(t *testing.T) {
	l, h := loneLedger(t)
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

// TestFollowIsForParts: what is no part, or cannot be noted, is not followed by an answer.
func TestFollowIsForParts(t *testing.T) {
	l, h := loneLedger(t)
	own := message(h.conv)
	nobody, long := partOf(t, 2, 1, time.Now()), partOf(t, 2, 1, time.Now())
	nobody.Conversation.Sender = Addr{}
	long.Account = string(make([]byte, maxAccount+1))
	unread := partOf(t, 2, 1, time.Now())
	unread.Conversation = conversation(t, "10690001", "447700900199") // the index is closed
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
	l.status.set(ErrDown)
	if l.Follow(partOf(t, 2, 1, time.Now())) {
		t.Error("down: it is noted")
	}
}

// TestFormOfParts: a part goes on as it came when an earlier one did, or when it is the last and
// nothing is known of those before it; one that the ESME sends in the right form does not care.
func TestFormOfParts(t *testing.T) {
	tests := []struct {
		name     string
		earlier  *bool // how an earlier part went on; nil: there is none
		seq      uint8
		converts bool
		asIs     bool // goes as is
		keeps    bool // when the ledger is down
	}{
		{"first part", nil, 1, true, false, true},
		{"last part, alone", nil, 3, true, true, true},
		{"last part, in the right form", nil, 3, false, false, false},
		{"behind one in another form", ptr(false), 3, true, false, false},
		{"behind one as it came", ptr(true), 2, true, true, true},
		{"in the right form, behind one as it came", ptr(true), 2, false, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, h := loneLedger(t)
			if tt.earlier != nil {
				h.openParts(partOf(t, 3, 1, time.Now())).asIs = *tt.earlier
			}
			s := partOf(t, 3, tt.seq, time.Now())
			s.Converts = tt.converts
			if got := h.goesAsIs(s); got != tt.asIs {
				t.Errorf("goes as is: got %v, want %v", got, tt.asIs)
			}
			if got := h.shard.keepsForm(s); got != tt.keeps {
				t.Errorf("keeps its form when nothing can be noted: got %v, want %v", got, tt.keeps)
			}
		})
	}
}

// TestEarlyPartsAreBounded: no more early parts than there is room for are kept, and none without
// an open message.
func TestEarlyPartsAreBounded(t *testing.T) {
	l, h := loneLedger(t)
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

// TestNoRoomForEarlyParts: early parts that find no room in the log are let go, and the number is
// given all the same.
func TestNoRoomForEarlyParts(t *testing.T) {
	l, h := loneLedger(t)
	w := make(logged, 4)
	for seq := uint8(1); seq <= 2; seq++ {
		s := partOf(t, 3, seq, time.Now())
		if !l.Follow(s) {
			t.Fatal("a part is not noted")
		}
		l.Accept(s, []byte("id"), w, 0)
	}
	l.queue.close()
	last := partOf(t, 3, 3, time.Now())
	if err := l.Assign(last); err != nil || h.shard.early != 0 || h.parts[0].early != nil {
		t.Errorf("got %v, %d early in the shard, %d of the message, want none", err, h.shard.early, len(h.parts[0].early))
	}
}

// TestAcceptCut: the parts that the gateway made are recorded with what a receipt of each needs, and
// the message is settled with the last record.
func TestAcceptCut(t *testing.T) {
	l, h := loneLedger(t)
	w := make(logged, 4)
	cut := func(keys ...string) (*Sent, Cut) {
		s := message(h.conv)
		s.Cut = uint8(len(keys))
		if err := l.Assign(s); err != nil {
			t.Fatal(err)
		}
		c := Cut{Wanted: 2}
		for _, k := range keys {
			c.IDs, c.Keys = append(c.IDs, []byte("ID"+k)), append(c.Keys, []byte(k))
		}
		return s, c
	}
	s, c := cut("a1", "a2")
	l.AcceptCut(s, c, w, 7)
	b := l.queue.take()
	if b.counts[kindAccepted] != 2 || b.counts[kindCut] != 2 || b.counts[kindHead] != 1 || len(b.waits) != 1 || len(b.cuts) != 2 ||
		!b.changes || len(b.marks) != 1 || !b.marks[0].settles || b.marks[0].ordinal != s.ordinal || b.marks[0].bound != 1 || len(h.out) != 1 {
		t.Errorf("got %+v, %d out, want two parts, what their receipts need, and one who waits", b, len(h.out))
	}
	if p, ok := l.PartOf([]byte("a2"), h.conv.Receiver); !ok || p.Seq != 2 || p.first != "a1" {
		t.Errorf("second part: got %+v %v", p, ok)
	}
	l.AcceptCut(s, c, w, 8) // it was handed over already
	if b := l.queue.take(); b != nil {
		t.Errorf("once more: got %+v, want nothing", b)
	}
	s, c = cut("b1", "b1")
	l.AcceptCut(s, c, w, 9)
	if b := l.queue.take(); b.counts[kindAccepted] != 2 || b.counts[kindCut] != 0 || len(b.waits) != 1 {
		t.Errorf("parts of one name: got %+v, want that their receipts pass as they come", b)
	}
	for name, room := range map[string]int{"no room at all": 0, "for one part": 1, "for one and its name": 2, "for all but the head": 4} {
		l.queue.dropped()
		s, c = cut("c1", "c2")
		out := len(h.out)
		l.queue.records = maxQueuedRecords - room
		l.AcceptCut(s, c, w, 10)
		l.queue.records = room
		l.queue.take()
		if _, late := l.queue.dropped(); len(late) != 1 || late[0].token != 10 || len(h.out) != out-1 {
			t.Errorf("%s: got %d told and %d out, want one told and that it is settled", name, len(late), len(h.out))
		}
		l.queue.records = 0
	}
}

// TestMergeWhenDown: nothing is known of a receipt while the ledger is down, or has no room.
func TestMergeWhenDown(t *testing.T) {
	l, _ := loneLedger(t)
	merge := func() (m *Merged, err error, told bool) {
		l.Merge(CutPart{Seq: 1, first: "a1"}, PartReceipt{State: messageDelivered}, func(got *Merged, failed error) {
			m, err, told = got, failed, true
		})
		return m, err, told
	}
	if _, _, told := merge(); told {
		t.Error("up: told before the log has it")
	}
	if got := recorded(t, l); len(got) != 1 || got[0].kind != kindMerge {
		t.Errorf("up: got %+v, want one record", got)
	}
	l.status.set(ErrDown)
	if m, err, told := merge(); !told || m != nil || !errors.Is(err, ErrDown) {
		t.Errorf("down: got %v, %v, told %v, want ErrDown", m, err, told)
	}
	l.status.set(nil)
	l.queue.close()
	if m, err, told := merge(); !told || m != nil || !errors.Is(err, ErrDown) {
		t.Errorf("no room: got %v, %v, told %v, want ErrDown", m, err, told)
	}
}
