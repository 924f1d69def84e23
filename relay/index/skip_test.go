package index

import (
	"fmt"
	"testing"
	"time"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// epochs writes batches with a record each: s starts the next epoch, c is a claim, u says that there are
// no claims any more, m a message, t a stop.
func epochs(t *testing.T, records string) *logbook {
	t.Helper()
	l, epoch := newLogbook(t), uint64(0)
	for i, r := range records {
		p := testPlace(t)
		p.Ordinal = uint64(i)
		rec := map[rune]journal.Record{
			's': {Kind: journal.KindStart, First: 1, Last: 257, At: int64(1000 * (epoch + 1))},
			'c': {Kind: journal.KindHead, Place: p, Bound: uint64(i)}, 'u': {Kind: journal.KindUnclaimed},
			'm': journaltest.AcceptedAt(p, "id"), 't': {Kind: journal.KindStop, At: 1},
		}[r]
		if r == 's' {
			epoch++
		}
		l.seq++
		b := journal.AppendHeader(nil, journal.Header{Epoch: epoch, Serial: l.seq, Messages: l.messages})
		if r == 'm' {
			l.messages++
		}
		if _, err := l.a.Apply(l.seq, journal.Seal(journal.Append(b, &rec)), false); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// An epoch that ended without a clean stop, and in which numbers were assigned, has the conversations
// skip that have a head of it; and those without one, if there were no claims any more.
func TestUncleanEpochs(t *testing.T) {
	for _, tt := range []struct{ name, records, want string }{
		{"still running", "scm", ""},
		{"clean stop", "scmts", ""},
		{"killed", "scms", "1 8 0 2000, "},
		{"killed after the stop of another", "scmtscs", "2 8 0 3000, "},
		{"killed before a number", "sss", ""},
		{"a message behind the stop", "scmtms", "1 8 0 2000, "},
		{"without claims", "scums", "1 8 8 2000, "},
		{"claims again", "scumscs", "1 8 8 2000, 2 8 0 3000, "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := epochs(t, tt.records)
			skips, err := l.ix.Skips()
			got := ""
			for _, s := range skips {
				got += fmt.Sprint(s.Epoch, " ", s.Own, " ", s.Other, " ", s.At, ", ")
			}
			if got != tt.want || err != nil {
				t.Errorf("got %s, %v, want %s", got, err, tt.want)
			}
		})
	}
	l := epochs(t, "scmscmscm") // known at 2000 and 3000
	lasting := uint16(MaxLasting/(24*time.Hour)) + 2
	if err := l.ix.Expire(lasting); err != nil {
		t.Fatal(err)
	}
	if skips, err := l.ix.Skips(); len(skips) != 2 || err != nil {
		t.Errorf("while a message of before can be read: got %+v, %v, want both", skips, err)
	}
	if err := l.ix.Expire(lasting + 1); err != nil {
		t.Fatal(err)
	}
	if skips, err := l.ix.Skips(); len(skips) != 0 || err != nil {
		t.Errorf("later: got %+v, %v, want none", skips, err)
	}
}

// A conversation skips what is not known of the epoch of its head, and of those after it.
func TestSkipsOfConversation(t *testing.T) {
	all := Skips{{Epoch: 3, Own: 8}, {Epoch: 5, Own: 8, Other: 8}, {Epoch: 7, Own: 20, Other: 20}}
	for epoch, want := range map[uint64]uint64{0: 28, 2: 28, 3: 36, 4: 28, 5: 28, 6: 20, 7: 20, 8: 0} {
		if got := all.Of(epoch); got != want {
			t.Errorf("head of epoch %d: got %d, want %d", epoch, got, want)
		}
	}
	if got := all.Unclaimed(); got != 2 {
		t.Errorf("without claims: got %d, want 2", got)
	}
}

// A late message gets an entry unless a later one has its number, and does not change the head.
func TestLateMessage(t *testing.T) {
	late := func(p journal.Place, ordinal uint64, id string) journal.Record {
		p.Ordinal = ordinal
		r := journaltest.AcceptedAt(p, id)
		r.Kind = journal.KindLate
		return r
	}
	for _, tt := range []struct {
		name    string
		before  []journal.Record
		ordinal uint64
		want    string
		head    uint64
	}{
		{"its number is free", nil, 3, "late", 0},
		{"an earlier message has it", []journal.Record{journaltest.AcceptedAt(testPlace(t), "earlier")}, 9, "late", 6},
		{"a later message has it", []journal.Record{journaltest.AcceptedAt(testPlace(t), "later")}, 3, "later", 6},
		{"it was logged", []journal.Record{journaltest.AcceptedAt(testPlace(t), "late"), receiptAt(testPlace(t), 0, message.StateDelivered, 1500)}, 5, "late", 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, p := newLogbook(t), testPlace(t)
			for _, r := range tt.before {
				l.write(r)
			}
			l.write(late(p, tt.ordinal, "late"))
			f, err := l.ix.FindNumber(&p.Conv, p.Number, relaytest.Any)
			if err != nil || f == nil || string(f.Entry.Parts[0].ID) != tt.want {
				t.Errorf("got %+v, %v, want %s", f, err, tt.want)
			}
			if len(tt.before) == 2 && f.Entry.State != message.StateDelivered {
				t.Errorf("got state %s, want it as it was", f.Entry.State)
			}
			if _, next, err := l.ix.Head(&p.Conv); next != tt.head || err != nil {
				t.Errorf("head: got %d, %v, want %d", next, err, tt.head)
			}
			if got, want := l.a.pos.Messages, l.messages; got != want {
				t.Errorf("messages: got %d, want %d", got, want)
			}
		})
	}
}
