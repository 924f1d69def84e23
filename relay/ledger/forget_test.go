package ledger

import (
	"fmt"
	"testing"
	"time"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// forget removes the receiver's conversations from memory. A conversation with a number that is
// not in the index yet stays, and so do other receivers.
func TestForget(t *testing.T) {
	p := runLedger(t)
	mine, other := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690001", "447700900124")
	for i := 125; p.table.of(&other.Receiver) != p.table.of(&mine.Receiver); i++ { // side by side
		other = relaytest.Conversation(t, "10690001", fmt.Sprint(447700900000+i))
	}
	open := relaytest.Conversation(t, "bank", "447700900123")
	for _, c := range []message.Conversation{mine, other} {
		p.read(p.submit(c, "id1"))
	}
	p.mustAssign(t, toSend(open))
	p.Forget(mine.Receiver, time.Now())
	for c, want := range map[message.Conversation]bool{mine: false, open: true, other: true} {
		sh, key := p.table.at(&c)
		sh.mu.Lock()
		got, left := sh.slots.get(key, &c) != nil, false
		for _, s := range sh.slots.chunks[0] {
			left = left || s.conv == c
		}
		sh.mu.Unlock()
		if got != want || left != want {
			t.Errorf("%v: got it in memory %v, its addresses there %v, want %v", c, got, left, want)
		}
	}
}

// A message of a day that has expired is not brought into the index, and days that expire leave it.
func TestDaysExpire(t *testing.T) {
	p := runLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	for _, age := range []time.Duration{p.opt.Keep + 48*time.Hour, p.opt.Keep - time.Hour, 0} {
		s := toSend(c)
		s.At = time.Now().Add(-age)
		p.accept(p.mustAssign(t, s), "id")
	}
	if got := len(p.entries(c)); got != 2 {
		t.Errorf("entries: got %d, want 2", got)
	}
	if err := p.index.Expire(message.DayOf(time.Now().UnixMilli())); err != nil {
		t.Fatal(err)
	}
	if got := len(p.entries(c)); got != 1 {
		t.Errorf("entries after expiry: got %d, want 1", got)
	}
}
