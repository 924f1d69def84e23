package ledger

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// names lists the senders of heads, the oldest first.
func (l *list) names() (all []string) {
	for h := l.oldest; h != nil; h = h.newer {
		all = append(all, h.conv.Sender.String())
	}
	return all
}

// backwards lists them in the other direction.
func (l *list) backwards() (all []string) {
	for h := l.newest; h != nil; h = h.older {
		all = append(all, h.conv.Sender.String())
	}
	return all
}

func newShard() *shard { return &shard{slots: newSlots(), by: make(map[string]share)} }

// addForTest adds a conversation to s, and returns its head.
func (s *shard) addForTest(t *testing.T, sender string) *head {
	c := relaytest.Conversation(t, sender, "447700900123")
	return s.add(s.slots.made, &c, loaded{}, 1<<20, time.Now())
}

// shardOf returns a shard, and its heads by sender, to which the test refers.
func shardOf(t *testing.T, senders ...string) (*shard, map[string]*head) {
	s := newShard()
	all := make(map[string]*head)
	for _, name := range senders {
		all[name] = s.addForTest(t, name)
		all[name].refer()
	}
	return s, all
}

func TestHeadIsClean(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		name string
		head head
		want bool
	}{
		{"new", head{slot: &slot{}}, true},
		{"all in the log", head{slot: &slot{next: 5}, logged: 5}, true},
		{"one is not in the log", head{slot: &slot{next: 5}, logged: 4}, false},
		{"one is not settled", head{slot: &slot{next: 5}, logged: 5, out: make([]out, 1)}, false},
		{"somebody waits for a change", head{slot: &slot{next: 5}, logged: 5, changed: make(chan struct{})}, false},
		{"somebody goes on with it", head{slot: &slot{next: 5}, logged: 5, refs: 1}, false},
		{"parts are missing", head{slot: &slot{next: 5}, logged: 5, parts: &concat{open: []openPart{{last: now}}}}, false},
		{"parts will not come", head{slot: &slot{next: 5}, logged: 5, parts: &concat{open: []openPart{{last: now.Add(-partsWait - 1)}}}}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.head.shard = &newTable(shards).shard[0]
			if got := tt.head.clean(now); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// The busy list has exactly the heads with outstanding numbers. The others have no memory for such numbers.
func TestBusyHeads(t *testing.T) {
	s, all := shardOf(t, "a", "b", "c")
	step := func(what string, f func(h *head), name string, want ...string) {
		t.Helper()
		f(all[name])
		got, back := s.busy.names(), s.busy.backwards()
		slices.Reverse(back)
		if !slices.Equal(got, back) {
			t.Errorf("%s: got %q in one direction and %q in the other", what, got, back)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q busy, want %q", what, got, want)
		}
	}
	sent := func(ordinal uint64, part uint8) func(*head) {
		return func(h *head) { h.sent(out{ordinal: ordinal, part: part}) }
	}
	settle := func(ordinal uint64, part uint8) func(*head) {
		return func(h *head) { h.settle(ordinal, part) }
	}
	step("first", sent(0, 0), "a", "a")
	step("second", sent(0, 0), "b", "a", "b")
	step("third", sent(0, 0), "c", "a", "b", "c")
	step("one more of one", sent(1, 2), "b", "a", "b", "c")
	step("another ordinal", settle(2, 0), "b", "a", "b", "c")
	step("another part", settle(1, 1), "b", "a", "b", "c")
	if got := all["b"].out; len(got) != 2 {
		t.Errorf("others were settled: got %+v out, want both", got)
	}
	step("one of two", settle(0, 0), "b", "a", "b", "c")
	step("in the middle", settle(1, 2), "b", "a", "c")
	step("again", sent(2, 0), "b", "a", "b", "c")
	step("a part that is repeated", sent(2, 0), "b", "a", "b", "c")
	step("once", settle(2, 0), "b", "a", "b", "c")
	step("the last", settle(0, 0), "a", "b", "c")
	step("the first", settle(2, 0), "b", "c")
	step("the only one", settle(0, 0), "c")
	for name, h := range all {
		if h.out != nil {
			t.Errorf("%s: got %+v out, want none", name, h.out)
		}
	}
}

// A waiter on a head is told of each settled number, and of each number that gets to the log.
func TestChangeIsTold(t *testing.T) {
	_, all := shardOf(t, "a")
	h := all["a"]
	h.sent(out{ordinal: 0})
	for i, tt := range []struct {
		name string
		do   func()
		want bool
	}{
		{"sent", func() { h.sent(out{ordinal: 1}) }, false},
		{"in the log", func() { h.raise(2) }, true},
		{"as before", func() { h.raise(2) }, false},
		{"less than before", func() { h.raise(1) }, false},
		{"settled", func() { h.settle(0, 0) }, true},
		{"the last one", func() { h.settle(1, 0) }, true},
		{"nobody waits", func() { h.tell() }, true},
	} {
		first, second := h.change(), h.change()
		tt.do()
		if got := isClosed(first); got != tt.want || isClosed(second) != tt.want {
			t.Errorf("%d, %s: told %v, want %v", i, tt.name, got, tt.want)
		}
	}
	if h.logged != 2 || h.changed != nil {
		t.Errorf("got %d in the log, want 2", h.logged)
	}
}

// count counts the heads of all shards. A conversation is in the shard of its receiver.
func TestTableCounts(t *testing.T) {
	tab := newTable(640)
	if tab.capacity != 10 || newTable(1).capacity != 1 {
		t.Errorf("got room for %d and %d in a shard, want 10 and 1", tab.capacity, newTable(1).capacity)
	}
	for i := range 100 {
		tab.addForTest(relaytest.Conversation(t, fmt.Sprint(i), fmt.Sprint(447700900100+i/2)))
	}
	if got := tab.count(); got != 100 {
		t.Errorf("got %d conversations, want 100", got)
	}
	c := relaytest.Conversation(t, "0", "447700900100")
	if sh, key := tab.at(&c); sh != tab.of(&c.Receiver) || sh.get(key, &c) == nil {
		t.Error("a conversation is not where its receiver says")
	}
	swapped := message.Conversation{Sender: c.Receiver, Receiver: c.Sender}
	_, key := tab.at(&c)
	if _, other := tab.at(&swapped); other == key {
		t.Error("a conversation has the hash of the one in the other direction")
	}
}
