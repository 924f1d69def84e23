package index

import (
	"errors"
	"slices"
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
)

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
			l.write(journaltest.AcceptedAt(earlier, "earlier"))
			l.write(journaltest.AcceptedAt(p, "later"))
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
		r := journaltest.AcceptedAt(p, "id")
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
