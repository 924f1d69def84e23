package relay

import (
	"testing"
	"time"

	"readback/relay/index"
	"readback/relay/message"
	"readback/relay/relaytest"
)

func TestDaysExpire(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for _, age := range []time.Duration{opt.Keep + 48*time.Hour, opt.Keep - time.Hour, 0} {
		s := tracked(c)
		s.At = time.Now().Add(-age)
		if err := r.Ledger().Assign(s); err != nil {
			t.Fatal(err)
		}
		r.accept(s, "id")
	}
	count := func() (n int) {
		r.ledger.CatchUp() // whoever is told may be ahead of the index
		if err := r.index.EachEntry(&c, message.DayOf(1<<46), func(index.Found) bool { n++; return true }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if got := count(); got != 2 { // a day that has expired is not brought in at all
		t.Errorf("entries: got %d, want 2", got)
	}
	if err := r.index.Expire(message.DayOf(time.Now().UnixMilli())); err != nil {
		t.Fatal(err)
	}
	if got := count(); got != 1 {
		t.Errorf("entries after expiry: got %d, want 1", got)
	}
}
