package ledger

import (
	"testing"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// ranges are the numbers of the lives of a ledger, one after the other.
type ranges []struct{ first, last uint16 }

// assigned is a message that got a number.
type assigned struct {
	place    journal.Place
	accepted bool
}

// sendIn sends n messages in each of the lives, every third of which is refused.
func sendIn(t *testing.T, lives ranges, n int) (*partition, message.Conversation, []assigned) {
	t.Helper()
	c := relaytest.Conversation(t, "10690001", "447700900123")
	opt := ledgerOptionsOfTest()
	opt.First, opt.Last = lives[0].first, lives[0].last
	p := runLedgerOn(t, new(journal.Memory), t.TempDir(), opt)
	var all []assigned
	for _, r := range lives {
		if err := p.stop(); err != nil {
			t.Fatal(err)
		}
		p.opt.First, p.opt.Last = r.first, r.last
		p = p.again()
		for i := range n {
			s := p.mustAssign(t, toSend(c))
			if i%3 == 2 {
				p.Refuse(s)
			} else {
				p.accept(s, "A")
			}
			all = append(all, assigned{s.Place(), i%3 != 2})
		}
	}
	return p, c, all
}

// After any changes of the cycle, a number stands for no message but the newest one that got it.
func TestStandingAfterChangesOfTheCycle(t *testing.T) {
	for name, lives := range map[string]ranges{
		"shorter":         {{1, 257}, {1, 100}},
		"longer":          {{1, 100}, {1, 257}},
		"others":          {{1, 100}, {300, 400}},
		"overlap":         {{1, 100}, {50, 149}},
		"marker":          {{1, 257}, {0, 255}},
		"two changes":     {{1, 60}, {0, 40}, {20, 90}},
		"there and back":  {{1, 60}, {0, 40}, {1, 60}},
		"by one and back": {{1, 60}, {2, 61}, {1, 60}, {2, 61}},
	} {
		for _, n := range []int{7, 50, 130} {
			p, c, all := sendIn(t, lives, n)
			stands, err := p.Standing(&c)
			if err != nil {
				t.Fatal(err)
			}
			newest := make(map[uint16]uint64)
			for _, a := range all {
				newest[a.place.Number] = a.place.Ordinal
			}
			denied, accepted := 0, 0
			for _, a := range all {
				is := newest[a.place.Number] == a.place.Ordinal
				if stands(&a.place) && !is {
					t.Errorf("%s, %d messages each: number %d stands for ordinal %d, want %d", name, n, a.place.Number, a.place.Ordinal, newest[a.place.Number])
				}
				if is && a.accepted {
					accepted++
					if !stands(&a.place) {
						denied++
					}
				}
			}
			if denied > 0 {
				t.Errorf("%s, %d messages each: %d of %d newest messages cannot be read", name, n, denied, accepted)
			}
		}
	}
}

// An erased conversation goes on with its numbers. No number stands for a message of before.
func TestStandingAfterErasure(t *testing.T) {
	p := runLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	s := p.last(c, 3)
	b := p.queue.begin(journal.KindErase)
	b.buf = journal.Append(b.buf, &journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: c}})
	p.queue.end(b)
	p.Forget(c.Receiver, s.At)
	p.wantNext("erased", c, 3)
	p.CatchUp()
	var found []uint64
	if err := p.index.EachEntry(&c, func(f index.Found) bool {
		found = append(found, f.Entry.Ordinal)
		return true
	}); err != nil || len(found) != 1 || found[0] != 3 {
		t.Errorf("got entries %v, %v, want the one behind the erasure", found, err)
	}
}
