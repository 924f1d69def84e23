package index

import (
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// acceptedOn is acceptedAt of a message that was submitted on a day.
func acceptedOn(day uint16, p journal.Place, id string) journal.Record {
	r := journaltest.AcceptedAt(p, id)
	r.At = message.Time(0).AddDate(0, 0, int(day)).UnixMilli()
	return r
}

// A message that lasts is found until the day under which it is filed expires. A newer message that is filed
// under an earlier day has its id nevertheless.
func TestOwnersThatLast(t *testing.T) {
	l := newLogbook(t)
	c, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690002", "447700900123")
	lasting := acceptedOn(101, journal.Place{Conv: c, Day: 110, Number: 1}, "A")
	newer := acceptedOn(105, journal.Place{Conv: other, Day: 105, Number: 2}, "A")
	want := func(what string, number uint16, o *journal.IDOwner, err error) {
		t.Helper()
		if err != nil || (o == nil) != (number == 0) || o != nil && o.Place.Number != number {
			t.Errorf("%s: got %+v, %v, want number %d", what, o, err, number)
		}
	}
	look := func(ofAccount, in, to uint16) {
		t.Helper()
		for _, today := range []uint16{106, 112} {
			o, err := l.ix.OwnerOf("bank", []byte("a"), today, 11)
			want("of the account", ofAccount, o, err)
			o, err = l.ix.OwnerIn(&c, []byte("a"), today, 11)
			want("in the conversation", in, o, err)
			for _, account := range []string{"", "bank"} {
				o, err = l.ix.OwnerTo(&c.Receiver, account, []byte("a"), today, 11)
				want("to the receiver", to, o, err)
			}
		}
	}
	l.write(lasting)
	look(1, 1, 1)
	l.write(newer)
	look(2, 1, 2)
	if err := l.ix.Expire(106); err != nil {
		t.Fatal(err)
	}
	look(1, 1, 1)
	l.write(journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: message.Conversation{Receiver: c.Receiver}}, At: 4})
	look(0, 0, 0)
}
