package index

import (
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
)

// An entry keeps by what ways the message, the read response and the feedback went, and when it failed.
func TestEntryTrail(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	sent := journaltest.AcceptedAt(p, "id")
	sent.Trail = message.Trail{Carriage: message.CarriageUDH, Session: 7, Answered: 120}
	read := readAt(p, message.StatusRead, 3000)
	read.Way = []byte("mqtt")
	l.write(sent, journal.Record{Kind: journal.KindReceipt, Place: p, State: message.StateFailed, At: 2000})
	if e := l.entry(p); e.FailedAt != 2000 || e.DeliveredAt != 0 || e.Trail != sent.Trail {
		t.Errorf("failed: got %+v", e)
	}
	l.write(read, journal.Record{Kind: journal.KindTold, Place: p, At: 4000, Session: 8})
	if e := l.entry(p); e.FailedAt != 2000 || e.Trail != sent.Trail || string(e.Way) != "mqtt" || e.ToldTo != 8 || e.ReportedAt != 4000 {
		t.Errorf("told: got %+v", e)
	}
	again := readAt(p, message.StatusRead, 5000)
	again.Way = []byte("http")
	l.write(again, journal.Record{Kind: journal.KindTold, Place: p, At: 6000, Session: 9})
	if e := l.entry(p); string(e.Way) != "mqtt" || e.ToldTo != 8 {
		t.Errorf("repeated: got %+v, want the first ones", e)
	}
}

// Of a message in parts the trail is that of the part that came first.
func TestEntryTrailOfParts(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	for seq := uint8(1); seq <= 2; seq++ {
		part := journaltest.AcceptedAt(p, "id")
		part.Part = message.Part{Ref: 1, Total: 2, Seq: seq}
		part.Trail = message.Trail{Carriage: message.CarriageUDH, Session: message.Session(seq)}
		l.write(part)
	}
	if e := l.entry(p); e.Trail.Session != 1 || len(e.Parts) != 2 {
		t.Errorf("got %+v, want session 1", e)
	}
}

// A receipt of a delivery that comes after one of a failure counts.
func TestEntryDeliveredAfterAll(t *testing.T) {
	l, p := newLogbook(t), testPlace(t)
	l.write(journaltest.AcceptedAt(p, "id"))
	for i, state := range []message.State{message.StateExpired, message.StateFailed, message.StateDelivered, message.StateFailed} {
		l.write(journal.Record{Kind: journal.KindReceipt, Place: p, State: state, At: int64(2000 + i)})
	}
	if e := l.entry(p); e.State != message.StateDelivered || e.FailedAt != 2000 || e.DeliveredAt != 2002 {
		t.Errorf("got %+v, want it failed at 2000 and delivered at 2002", e)
	}
}
