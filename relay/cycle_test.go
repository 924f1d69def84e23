package relay

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// TestGoOnBehind: whatever a cycle changes to and whenever, a number comes again only after
// as many messages as the shorter of the two cycles has.
func TestGoOnBehind(t *testing.T) {
	cycles := []cycle{
		{first: 1, last: 40},
		{first: 0, last: 38},
		{first: 1, last: 20},
		{first: 10, last: 30},
		{first: 30, last: 69},
		{first: 35, last: 40},
		{first: 50, last: 60},
		{first: 0, last: 99},
	}
	for _, from := range cycles {
		for _, to := range cycles {
			for _, skip := range []uint64{0, 3} {
				t.Run(fmt.Sprintf("%d-%d to %d-%d skip %d", from.first, from.last, to.first, to.last, skip), func(t *testing.T) {
					for sent := range uint64(90) {
						changeCycle(t, from, to, sent, skip)
					}
				})
			}
		}
	}
}

func (c cycle) numbers() uint64 { return uint64(c.last-c.first) + 1 }

func changeCycle(t *testing.T, from, to cycle, sent, skip uint64) {
	last := make(map[uint16]uint64) // ordinal by number
	var newest *found
	for o := range sent {
		n := from.first + uint16(o%from.numbers())
		last[n] = o
		if n >= to.first && n <= to.last {
			newest = &found{place: place{number: n}, entry: entry{ordinal: o}}
		}
	}
	least := min(from.numbers(), to.numbers())
	now := sent + skip // what is skipped counts as given
	begin := goOnBehind(newest, now, to.first, to.numbers())
	if begin < now || begin >= now+to.numbers() {
		t.Errorf("after %d: got ordinal %d", sent, begin)
	}
	for i := range 2 * to.numbers() {
		n := to.first + uint16((begin+i)%to.numbers())
		if o, given := last[n]; given && now+i-o < least {
			t.Errorf("after %d: number %d comes again after %d, want %d", sent, n, now+i-o, least)
		}
		last[n] = now + i
	}
}

// TestCycleChanges: a store is opened with other numbers, and what is outstanding is still
// told apart.
func TestCycleChanges(t *testing.T) {
	lives := []struct {
		first, last uint16
		send        int
		want        uint16 // the number of the first message
		end         func(*running)
	}{
		{1, 40, 60, 1, func(r *running) { _ = r.stop() }},
		{1, 40, 1, 21, (*running).crash},                  // 20 was the last one
		{0, 31, 5, 30, func(r *running) { _ = r.stop() }}, // W were skipped after the crash
		{0, 31, 1, 3, func(r *running) {
			_ = r.stop()
			if err := os.RemoveAll(filepath.Join(r.opt.Store, "index")); err != nil {
				r.t.Error(err)
			}
		}},
		{100, 200, 3, 100, func(r *running) { _ = r.stop() }},
	}
	opt := testOptions(t)
	opt.Logger = nil
	c := conversation(t, "10690001", "447700900123")
	newest := make(map[uint16]string) // message id by number
	for i, life := range lives {
		opt.First, opt.Last = life.first, life.last
		r := start(t, opt)
		for j := range life.send {
			id := fmt.Sprintf("%d-%d", i, j)
			s := r.submit(c, id)
			if newest[s.Number] = id; j == 0 && s.Number != life.want {
				t.Errorf("life %d: got number %d first, want %d", i, s.Number, life.want)
			}
		}
		life.end(r)
	}
	r := start(t, opt)
	told := r.tellings("bank")
	for number, id := range newest { // of all cycles
		r.read(c, number)
		if fb := receive(t, told); fb.Number != number || fb.MessageIDs[0] != id {
			t.Errorf("read of %d: got message %v, want %s", number, fb.MessageIDs, id)
		}
	}
	v := r.Reads().Submit(deadline(t), response(c, 99))
	if v.Code != http.StatusBadRequest || v.Field != "number" {
		t.Errorf("read of a number of no cycle: got %+v, want 400", v)
	}
}
