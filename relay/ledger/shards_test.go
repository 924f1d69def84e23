package ledger

import (
	"fmt"
	"hash/maphash"
	"slices"
	"testing"
	"time"

	"readback/relay/relaytest"
)

// names lists the senders of heads in their order.
func names(first *head, next func(*head) *head) (all []string) {
	for h := first; h != nil; h = next(h) {
		all = append(all, h.conv.Sender.String())
	}
	return all
}

func newerThan(h *head) *head { return h.newer }

func olderThan(h *head) *head { return h.older }

// wantOrder checks the order of the heads of a shard in both directions.
func wantOrder(t *testing.T, s *shard, what string, want ...string) {
	t.Helper()
	if got := names(s.idle.oldest, newerThan); !slices.Equal(got, want) {
		t.Errorf("%s: got %q from the oldest on, want %q", what, got, want)
	}
	back := slices.Clone(want)
	slices.Reverse(back)
	if got := names(s.idle.newest, olderThan); !slices.Equal(got, back) {
		t.Errorf("%s: got %q from the newest back, want %q", what, got, back)
	}
	if got := s.heads.count(); got != len(want) {
		t.Errorf("%s: got %d heads, want %d", what, got, len(want))
	}
}

func newShard() *shard { return &shard{heads: newHeads(maphash.MakeSeed())} }

// shardOf returns a shard with heads that are clean, the first one the oldest.
func shardOf(t *testing.T, senders ...string) (*shard, map[string]*head) {
	t.Helper()
	s := newShard()
	all := make(map[string]*head)
	for _, name := range senders {
		all[name] = &head{conv: relaytest.Conversation(t, name, "447700900123")}
		s.add(all[name], len(senders)+1, time.Now())
	}
	return s, all
}

func TestLastUseOrdersHeads(t *testing.T) {
	s, all := shardOf(t, "a", "b", "c", "d")
	wantOrder(t, s, "added", "a", "b", "c", "d")
	use := func(name string) {
		all[name].sent(out{})
		all[name].settle(0, 0)
	}
	use("b")
	wantOrder(t, s, "from the middle", "a", "c", "d", "b")
	use("a")
	wantOrder(t, s, "the oldest", "c", "d", "b", "a")
	use("a")
	wantOrder(t, s, "the newest", "c", "d", "b", "a")
	for _, name := range []string{"d", "a", "c", "b"} { // middle, newest, oldest, only
		s.idle.remove(all[name])
		s.heads.remove(all[name])
	}
	wantOrder(t, s, "emptied")
	s.add(all["d"], 1, time.Now())
	wantOrder(t, s, "begun again", "d")
}

// A full shard evicts the least recently used clean heads. It looks at a few heads only, and
// never evicts one that is not clean.
func TestOldestCleanHeadGoes(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		name     string
		before   []string // upper case: it is not clean
		capacity int
		want     []string
	}{
		{"room", []string{"a", "b"}, 3, []string{"a", "b", "new"}},
		{"full", []string{"a", "b"}, 2, []string{"b", "new"}},
		{"over full", []string{"a", "b", "c", "d"}, 2, []string{"d", "new"}},
		{"the oldest is not clean", []string{"A", "b", "c"}, 3, []string{"c", "a", "new"}},
		{"none is clean", []string{"A", "B"}, 2, []string{"a", "b", "new"}},
		{"eight are not clean", []string{"A", "B", "C", "D", "E", "F", "G", "H", "i"}, 9, []string{"i", "a", "b", "c", "d", "e", "f", "g", "h", "new"}},
		{"the eighth is clean", []string{"A", "B", "C", "D", "E", "F", "G", "h", "i"}, 9, []string{"i", "a", "b", "c", "d", "e", "f", "g", "new"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newShard()
			for _, name := range tt.before {
				h := &head{conv: relaytest.Conversation(t, name, "447700900123")}
				if name < "a" {
					h.next = 1
				}
				s.add(h, len(tt.before)+1, now)
			}
			h := &head{conv: relaytest.Conversation(t, "new", "447700900123")}
			if s.add(h, tt.capacity, now); h.shard != s || s.heads.get(&h.conv) != h {
				t.Error("the new one is not in")
			}
			wantOrder(t, s, "afterwards", tt.want...)
		})
	}
}

func TestHeadIsClean(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		name string
		head head
		want bool
	}{
		{"new", head{}, true},
		{"all in the log", head{next: 5, logged: 5}, true},
		{"one is not in the log", head{next: 5, logged: 4}, false},
		{"one is not settled", head{next: 5, logged: 5, out: make([]out, 1)}, false},
		{"somebody waits for a change", head{next: 5, logged: 5, changed: make(chan struct{})}, false},
		{"somebody was told of a change", head{next: 5, logged: 5, waiting: 1}, false},
		{"parts are missing", head{next: 5, logged: 5, parts: &concat{open: []openPart{{last: now}}}}, false},
		{"parts will not come", head{next: 5, logged: 5, parts: &concat{open: []openPart{{last: now.Add(-partsWait - 1)}}}}, true},
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
		got := names(s.busy.oldest, newerThan)
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
		c := relaytest.Conversation(t, fmt.Sprint(i), fmt.Sprint(447700900100+i/2))
		tab.of(&c.Receiver).add(&head{conv: c}, 100, time.Now())
	}
	if got := tab.count(); got != 100 {
		t.Errorf("got %d conversations, want 100", got)
	}
	c := relaytest.Conversation(t, "0", "447700900100")
	if tab.of(&c.Receiver).heads.get(&c) == nil {
		t.Error("a conversation is not where its receiver says")
	}
}
