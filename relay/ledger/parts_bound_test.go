package ledger

import (
	"fmt"
	"testing"
	"time"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// opener opens messages in parts, each in a conversation of its own, in one shard.
type opener struct {
	t  *testing.T
	sh *shard
	n  int
}

func newOpener(t *testing.T) *opener {
	return &opener{t: t, sh: &newTable(shards).shard[0]}
}

// open tells whether account may have another open message at that time.
func (o *opener) open(account string, at time.Time) bool {
	o.t.Helper()
	o.n++
	c := relaytest.Conversation(o.t, "10690001", fmt.Sprintf("4477009%05d", o.n))
	h := o.sh.add(uint32(o.n), &c, loaded{}, 1<<20, at)
	return h.openParts(&Sent{Account: account, At: at, Part: message.Part{Ref: 1, Total: 2, Seq: 1}}) != nil
}

// opened counts how many messages an account may open, up to most.
func (o *opener) opened(account string, at time.Time, most int) (n int) {
	for n < most && o.open(account, at) {
		n++
	}
	return n
}

// An account that opens messages in parts and never sends the rest takes its share of a shard,
// and no more: others go on.
func TestOpenPartsOfAnAccount(t *testing.T) {
	o, now := newOpener(t), time.Now()
	if got := o.opened("flood", now, 2*maxOpenPerShard); got != maxOpenPerShard/shares {
		t.Errorf("one account: got %d open messages, want %d", got, maxOpenPerShard/shares)
	}
	if !o.open("bank", now) {
		t.Error("another account may open none")
	}
}

// What an account has left open is forgotten after the wait, wherever it is: it need not send
// in the same conversation again.
func TestOpenPartsExpireEverywhere(t *testing.T) {
	o, now := newOpener(t), time.Now()
	for i := range shares {
		o.opened(fmt.Sprint("flood", i), now, maxOpenPerShard/shares)
	}
	if o.open("bank", now) {
		t.Fatalf("got more than %d open messages in a shard", maxOpenPerShard)
	}
	later := now.Add(partsWait + time.Second)
	if !o.open("bank", later) {
		t.Error("after the wait: got none, want room for a new one")
	}
	if o.sh.open != 1 || len(o.sh.by) != 1 {
		t.Errorf("open: got %d, by account %v; want bank's one", o.sh.open, o.sh.by)
	}
}

// Early parts of one account do not take the place of those of others either.
func TestEarlyPartsOfAnAccount(t *testing.T) {
	sh := newOpener(t).sh
	sh.hold("flood", 1, maxEarlyParts/shares)
	for account, want := range map[string]bool{"flood": false, "bank": true} {
		if got := sh.mayKeep(account); got != want {
			t.Errorf("%s may have another early part: got %v, want %v", account, got, want)
		}
	}
	sh.hold("others", 1, maxEarlyParts-maxEarlyParts/shares)
	if sh.mayKeep("bank") {
		t.Error("got more early parts than a shard may have")
	}
}
