package index

import (
	"errors"
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
)

// A batch whose checksum is right and whose last record cannot be read, as a later release may write it, is
// not applied: nothing of its other records is in the index when that is open again.
func TestUnknownRecord(t *testing.T) {
	p, l := testPlace(t), newLogbook(t)
	data, _ := l.bytes(journaltest.AcceptedAt(p, "id"), readAt(p, message.StatusRead, 2000))
	data = journal.Seal(append(journal.Unseal(data), 99))
	for _, changes := range []bool{false, true} {
		_, err := l.a.Apply(1, data, changes)
		if _, bad := errors.AsType[*journal.RecordError](err); !bad {
			t.Errorf("got %v, want an error of a record", err)
		}
		if err := l.ix.Restart(); err != nil {
			t.Fatal(err)
		}
		if e := l.entry(p); e != nil {
			t.Errorf("entry: got %+v, want none", e)
		}
		if fb, events := l.feedback(), l.changes(); len(fb)+len(events) > 0 {
			t.Errorf("feedback and events: got %v, %v, want none", fb, events)
		}
		if at, err := l.ix.Position(); err != nil || at.Seq != 0 {
			t.Errorf("how far it got: got %+v, %v, want nothing", at, err)
		}
	}
}
