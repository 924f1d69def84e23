package ledger

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"readback/relay/relaytest"
)

// names lists the senders of the conversations in s.
func (s *shard) names() (all []string) {
	for _, at := range s.slots.all() {
		all = append(all, at.conv.Sender.String())
	}
	slices.Sort(all)
	return all
}

// A full shard evicts clean conversations that were not used lately. It looks at a few only, and never
// evicts one that is not clean.
func TestSecondChance(t *testing.T) {
	for _, tt := range []struct {
		name     string
		before   string // upper case: it is not clean; +: it was used; *: it had messages in parts
		capacity int
		adds     int
		want     string
	}{
		{"room", "a b", 3, 1, "a b new0"},
		{"full", "a b", 2, 1, "b new0"},
		{"over full", "a b c d", 2, 1, "d new0"},
		{"the first is not clean", "A b c", 3, 1, "a c new0"},
		{"none is clean", "A B", 2, 1, "a b new0"},
		{"eight are not clean", "A B C D E F G H i", 9, 1, "a b c d e f g h i new0"},
		{"the next look goes on behind them", "A B C D E F G H i", 9, 2, "a b c d e f g h new1"},
		{"the eighth is clean", "A B C D E F G h i", 9, 1, "a b c d e f g i new0"},
		{"the first was used", "a+ b c", 3, 1, "a c new0"},
		{"the next look goes on", "a+ b c", 3, 2, "a new0 new1"},
		{"a second time round", "a+ b c", 3, 3, "new0 new1 new2"},
		{"all were used", "a+ b+ c+", 3, 1, "b c new0"},
		{"all were used, two come", "a+ b+ c+", 3, 2, "b c new1"},
		{"most were used, and it is over full", "a+ b+ c+ d", 2, 1, "c new0"},
		{"the used one is not clean", "A+ B+ c+", 3, 1, "a b new0"},
		{"eight were used", "a+ b+ c+ d+ e+ f+ g+ h+ i", 9, 1, "b c d e f g h i new0"},
		{"one with parts takes the room of three", "a* b c", 5, 1, "b c new0"},
		{"room beside one with parts", "a* b c", 6, 1, "a b c new0"},
		{"one with parts gives its room back", "a* b c", 5, 3, "b c new0 new1 new2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newShard()
			for name := range strings.FieldsSeq(tt.before) {
				h := s.addForTest(t, strings.ToLower(name[:1]))
				h.used = strings.HasSuffix(name, "+")
				if name[0] < 'a' {
					h.next = 1
				}
				if strings.HasSuffix(name, "*") {
					h.usedRef(1, false)
				}
				s.rest(h)
			}
			for i := range tt.adds {
				c := relaytest.Conversation(t, fmt.Sprint("new", i), "447700900123")
				key := 1000 + uint32(i)
				h := s.add(key, &c, loaded{next: 7, claimed: true}, tt.capacity, time.Now())
				if s.get(key, &c) != h || h.next != 7 || h.logged != 7 || h.cover != 7 || !h.claimed {
					t.Errorf("got %+v, want the new one, as it was loaded", h)
				}
				s.rest(h)
			}
			if got := strings.Join(s.names(), " "); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// A place that is free is passed over, and the next conversation gets it. Evicted ones leave no head.
func TestEvictedPlaceIsUsedAgain(t *testing.T) {
	s := newShard()
	for _, name := range []string{"a", "b", "c"} {
		s.addForTest(t, name)
	}
	s.drop(1)
	s.evict(2, time.Now())
	s.evict(2, time.Now())
	if got := strings.Join(s.names(), " "); got != "c" {
		t.Errorf("got %s, want c", got)
	}
	if got := len(slices.Collect(s.heads.each())); got != 1 {
		t.Errorf("got %d heads, want 1", got)
	}
	for _, name := range []string{"d", "e", "f"} {
		s.addForTest(t, name)
	}
	if got := strings.Join(s.names(), " "); got != "c d e f" || s.slots.made != 5 {
		t.Errorf("got %s in %d places, want four in 4", got, s.slots.made-1)
	}
}
