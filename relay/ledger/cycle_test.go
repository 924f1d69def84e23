package ledger

import (
	"fmt"
	"testing"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// After any change of the cycle, a number comes again only after as many messages as the shorter
// cycle has.
func TestGoOnBehind(t *testing.T) {
	cycles := []index.Cycle{
		{First: 1, Last: 40},
		{First: 0, Last: 38},
		{First: 1, Last: 20},
		{First: 10, Last: 30},
		{First: 30, Last: 69},
		{First: 35, Last: 40},
		{First: 50, Last: 60},
		{First: 0, Last: 99},
	}
	for _, from := range cycles {
		for _, to := range cycles {
			for _, skip := range []uint64{0, 3} {
				t.Run(fmt.Sprintf("%d-%d to %d-%d skip %d", from.First, from.Last, to.First, to.Last, skip), func(t *testing.T) {
					for sent := range uint64(90) {
						changeCycle(t, from, to, sent, skip)
					}
				})
			}
		}
	}
}

func numbersOf(c index.Cycle) uint64 { return uint64(c.Last-c.First) + 1 }

func changeCycle(t *testing.T, from, to index.Cycle, sent, skip uint64) {
	last := make(map[uint16]uint64) // ordinal by number
	var newest *index.Found
	for o := range sent {
		n := from.First + uint16(o%numbersOf(from))
		last[n] = o
		if n >= to.First && n <= to.Last {
			newest = &index.Found{Place: journal.Place{Number: n}, Entry: index.Entry{Ordinal: o}}
		}
	}
	least := min(numbersOf(from), numbersOf(to))
	now := sent + skip // what is skipped counts as given
	begin := cycle{first: to.First, numbers: numbersOf(to)}.goOnBehind(newest, now)
	if begin < now || begin >= now+numbersOf(to) {
		t.Errorf("after %d: got ordinal %d", sent, begin)
	}
	for i := range 2 * numbersOf(to) {
		n := to.First + uint16((begin+i)%numbersOf(to))
		if o, given := last[n]; given && now+i-o < least {
			t.Errorf("after %d: number %d comes again after %d, want %d", sent, n, now+i-o, least)
		}
		last[n] = now + i
	}
}

// A conversation goes on behind its newest number that is in the cycle. Numbers outside the
// cycle do not matter, and the newest one may be old.
func TestGoOn(t *testing.T) {
	l := indexedLedger(t)
	l.first, l.numbers = 100, 50
	c := relaytest.Conversation(t, "10690001", "447700900123")
	if got, err := l.goOn(l.index, &c, 7); err != nil || l.number(got) != 100 || got < 7 || got >= 57 {
		t.Errorf("no number: got ordinal %d, %v, want the next one of the first number", got, err)
	}
	seq := uint64(0)
	for _, tt := range []struct {
		name         string
		number       uint16
		ordinal      uint64
		day          uint16
		next         uint64
		wantedNumber uint16
	}{
		{"below the cycle", 99, 10, 20780, 11, 100},
		{"above the cycle", 150, 11, 20780, 12, 100},
		{"the first of the cycle", 100, 12, 20780, 13, 101},
		{"the last of the cycle", 149, 13, 20781, 14, 100},
		{"an older one", 120, 5, 20782, 14, 100},
		{"one more", 110, 20, 20779, 23, 113},
	} {
		seq++
		p := journal.Place{Conv: c, Day: tt.day, Number: tt.number, Ordinal: tt.ordinal}
		l.applyRecords(t, seq, func(b []byte) []byte {
			return journal.AppendAccepted(b, &journal.Record{Place: p, Bound: tt.ordinal + 1, At: 1, From: message.Address{Addr: c.Sender}, To: message.Address{Addr: c.Receiver}}, "bank")
		})
		got, err := l.goOn(l.index, &c, tt.next)
		if err != nil || l.number(got) != tt.wantedNumber || got < tt.next || got >= tt.next+50 {
			t.Errorf("%s: got ordinal %d, number %d, %v, want number %d", tt.name, got, l.number(got), err, tt.wantedNumber)
		}
	}
	for _, tt := range []struct {
		c    index.Cycle
		want bool
	}{{index.Cycle{First: 1, Last: 257, Since: 1}, true}, {index.Cycle{First: 1, Last: 257, Since: 0}, false}, {index.Cycle{First: 2, Last: 257, Since: 1}, false}, {index.Cycle{First: 1, Last: 256, Since: 1}, false}} {
		if got := tt.c.Is(1, 257); got != tt.want {
			t.Errorf("%+v: got %v, want %v", tt.c, got, tt.want)
		}
	}
}

// A ledger can be opened with another cycle. The index still finds the newest message with each
// number.
func TestCycleChanges(t *testing.T) {
	stop := func(p *partition) { _ = p.stop() }
	lives := []struct {
		first, last uint16
		send        int
		want        uint16 // the number of the first message
		end         func(*partition)
	}{
		{1, 40, 60, 1, stop},
		{1, 40, 1, 21, func(p *partition) { p.kill() }}, // 20 was the last one
		{0, 31, 5, 30, stop},                            // W were skipped after the crash
		{0, 31, 1, 3, func(p *partition) { _ = p.stop(); p.loseIndex() }},
		{100, 200, 3, 100, stop},
	}
	log, dir, opt := new(journal.Memory), t.TempDir(), ledgerOptionsOfTest()
	c := relaytest.Conversation(t, "10690001", "447700900123")
	newest := make(map[uint16]string) // message id by number
	for i, life := range lives {
		opt.First, opt.Last = life.first, life.last
		p := runLedgerOn(t, log, dir, opt)
		for j := range life.send {
			id := fmt.Sprintf("%d-%d", i, j)
			s := p.submit(c, id)
			if newest[s.Number] = id; j == 0 && s.Number != life.want {
				t.Errorf("life %d: got number %d first, want %d", i, s.Number, life.want)
			}
		}
		life.end(p)
	}
	p := runLedgerOn(t, log, dir, opt)
	for number, id := range newest { // of all cycles
		f, err := p.index.FindNumber(&c, number, relaytest.Any)
		if err != nil || f == nil || f.Entry.MessageIDs()[0] != id {
			t.Errorf("number %d: got %+v, %v, want message %s", number, f, err, id)
		}
	}
}
