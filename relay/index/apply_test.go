package index

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// logbook is an index with an applier. The test writes the log.
type logbook struct {
	t        testing.TB
	ix       *Index
	a        *Applier
	seq      uint64   // of the last message
	messages uint64   // accepted so far
	result   Result   // of the last message
	rows     [][2]int // of the outbox that were added and taken, by message that did
}

func newLogbook(t testing.TB) *logbook {
	t.Helper()
	ix, err := Open(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ix.Close() })
	l := &logbook{t: t, ix: ix}
	l.a = &Applier{
		Index:  ix,
		Events: func([]byte) bool { return true },
	}
	return l
}

// bytes returns a message of the log with these records, and whether they may change entries.
func (l *logbook) bytes(all ...journal.Record) (data []byte, changes bool) {
	data = journal.AppendHeader(nil, journal.Header{Epoch: 3, Serial: l.seq, Messages: l.messages})
	for i := range all {
		r := &all[i]
		data = journal.Append(data, r)
		changes = changes || r.Kind.Changes() || r.Kind == journal.KindAccepted && r.Part.Total > 1
		if r.Kind == journal.KindAccepted || r.Kind == journal.KindLate {
			l.messages++
		}
	}
	return journal.Seal(data), changes
}

// write applies the records as one message of the log.
func (l *logbook) write(all ...journal.Record) []Outcome {
	l.t.Helper()
	l.seq++
	data, changes := l.bytes(all...)
	res, err := l.a.Apply(l.seq, data, changes)
	if err != nil {
		l.t.Fatal(err)
	}
	if l.result = *res; res.Added+res.Taken > 0 {
		l.rows = append(l.rows, [2]int{res.Added, res.Taken})
	}
	var came []Outcome
	for _, o := range res.outcomes {
		came = append(came, o.Outcome)
	}
	return came
}

// entry returns the entry at a place, or nil.
func (l *logbook) entry(p journal.Place) *Entry {
	l.t.Helper()
	f, err := l.ix.FindNumber(&p.Conv, p.Number, relaytest.Any)
	if err != nil {
		l.t.Fatal(err)
	}
	if f == nil {
		return nil
	}
	return &f.Entry
}

// rows are the JSON values of an outbox.
func rows[T any](l *logbook, prefix byte) (all []T) {
	l.t.Helper()
	found, err := l.ix.Outbox(prefix, 0, 0, 1000)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, row := range found {
		var v T
		if err := json.Unmarshal(row.Body, &v); err != nil {
			l.t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

func (l *logbook) feedback() []message.Feedback { return rows[message.Feedback](l, FeedbackOutbox) }

// changes are the types of the events.
func (l *logbook) changes() (all []message.Change) {
	for _, ev := range rows[message.Event](l, EventOutbox) {
		all = append(all, ev.Type)
	}
	return all
}

// testPlace is where the message of the tests stands.
func testPlace(t testing.TB) journal.Place {
	return journal.Place{Conv: relaytest.Conversation(t, "10690001", "447700900123"), Day: 20780, Number: 6, Ordinal: 5}
}

func acceptedAt(p journal.Place, id string) journal.Record {
	return journal.Record{
		Kind: journal.KindAccepted, Place: p, Bound: p.Ordinal + 1, At: 1000, Account: []byte("bank"), MessageID: []byte(id),
		From: message.Address{TON: 5, Addr: p.Conv.Sender}, To: message.Address{TON: 1, NPI: 1, Addr: p.Conv.Receiver},
	}
}

func readAt(p journal.Place, status uint8, at int64) journal.Record {
	return journal.Record{Kind: journal.KindRead, Place: p, Status: status, ReadAt: at, At: at + 1, ID: uint64(at)}
}

func receiptAt(p journal.Place, seq uint8, s message.State, at int64) journal.Record {
	return journal.Record{Kind: journal.KindReceipt, Place: p, PartSeq: seq, State: s, At: at}
}

// Of two read responses the first one makes a feedback and the second one does not, in one
// append or in two.
func TestFirstReadCounts(t *testing.T) {
	tests := []struct {
		name          string
		first, second uint8
		state         message.State
	}{
		{"read twice", message.StatusRead, message.StatusRead, message.StateRead},
		{"read, then deleted", message.StatusRead, message.StatusDeletedUnread, message.StateRead},
		{"deleted, then read", message.StatusDeletedUnread, message.StatusRead, message.StateDeletedUnread},
		{"read, then not read", message.StatusRead, message.StatusNotRead, message.StateRead},
	}
	for _, tt := range tests {
		for _, together := range []bool{true, false} {
			t.Run(fmt.Sprint(tt.name, ", in one append: ", together), func(t *testing.T) {
				l, p := newLogbook(t), testPlace(t)
				first, second := readAt(p, tt.first, 2000), readAt(p, tt.second, 3000)
				var got []Outcome
				if together {
					got = l.write(acceptedAt(p, "id1"), first, second)
				} else {
					l.write(acceptedAt(p, "id1"))
					got = append(l.write(first), l.write(second)...)
				}
				if want := []Outcome{Read, Duplicate}; !slices.Equal(got, want) {
					t.Errorf("outcomes: got %v, want %v", got, want)
				}
				if fb := l.feedback(); len(fb) != 1 || fb[0].Status != tt.first || !fb[0].ReadAt.Equal(message.Time(2000)) {
					t.Errorf("feedback: got %+v, want that of the first alone", fb)
				}
				e := l.entry(p)
				if e.State != tt.state || e.ReadAt != 2000 || e.ReceivedAt != 2001 || e.ReadID != 2000 || e.NotReadAt != 0 {
					t.Errorf("entry: got %+v, want what the first said", e)
				}
				if want := [][2]int{{1, 0}}; !slices.Equal(l.rows, want) {
					t.Errorf("rows of the outbox: got %v, want %v", l.rows, want)
				}
			})
		}
	}
}

// A record about a message changes nothing after the message's number was assigned to another
// one.
func TestNumberThatWasGivenAgain(t *testing.T) {
	p := testPlace(t)
	earlier := p
	earlier.Ordinal = 4
	tests := []struct {
		name string
		rec  journal.Record
		want []Outcome
	}{
		{"read", readAt(earlier, message.StatusRead, 2000), []Outcome{Gone}},
		{"not read", readAt(earlier, message.StatusNotRead, 2000), []Outcome{Gone}},
		{"deleted", readAt(earlier, message.StatusDeletedUnread, 2000), []Outcome{Gone}},
		{"receipt", receiptAt(earlier, 0, message.StateDelivered, 2000), nil},
		{"reported", journal.Record{Kind: journal.KindReported, Place: earlier, At: 2000}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLogbook(t)
			l.write(acceptedAt(earlier, "earlier"))
			l.write(acceptedAt(p, "later"))
			state := message.StateSent
			if tt.rec.Kind == journal.KindReported {
				l.write(readAt(p, message.StatusRead, 1500))
				state = message.StateRead
			}
			n := len(l.changes())
			if got := l.write(tt.rec); !slices.Equal(got, tt.want) {
				t.Errorf("outcomes: got %v, want %v", got, tt.want)
			}
			e := l.entry(p)
			if e.Ordinal != 5 || e.State != state || e.NotReadAt != 0 || e.ReportedAt != 0 || e.DeliveredAt != 0 ||
				string(e.Parts[0].ID) != "later" {
				t.Errorf("entry: got %+v, want the later message as it was", e)
			}
			if got := l.changes(); len(got) != n {
				t.Errorf("events: got %v, want none of this record", got[n:])
			}
		})
	}
}

// An event and a feedback have the user_message_reference of the message, including 0. If the
// message has none, they have none.
func TestReferenceIsTold(t *testing.T) {
	for _, want := range []*uint16{nil, new(uint16(0)), new(uint16(7))} {
		l, p := newLogbook(t), testPlace(t)
		r := acceptedAt(p, "id")
		if want != nil {
			r.Reference, r.HasReference = *want, true
		}
		l.write(r, readAt(p, message.StatusRead, 2000))
		got := []*uint16{l.feedback()[0].Reference}
		for _, ev := range rows[message.Event](l, EventOutbox) {
			got = append(got, ev.Reference)
		}
		for _, ref := range got {
			if (ref == nil) != (want == nil) || ref != nil && *ref != *want {
				t.Errorf("got %v, want %v", ref, want)
			}
		}
	}
}

// A message that is too short for a batch is an error, however short it is.
func TestShortMessage(t *testing.T) {
	l := newLogbook(t)
	whole := journal.AppendHeader(nil, journal.Header{Epoch: 1})
	for i := range whole {
		for _, changes := range []bool{false, true} {
			var bad *journal.RecordError
			if _, err := l.a.Apply(1, journal.Seal(slices.Clone(whole[:i])), changes); !errors.As(err, &bad) {
				t.Errorf("%x: got %v, want an error of a field", whole[:i], err)
			}
		}
	}
	if at, err := l.ix.Position(); err != nil || at.Seq != 0 {
		t.Errorf("applied: got %+v, %v, want nothing", at, err)
	}
}
