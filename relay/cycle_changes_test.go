package relay

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// A store can be opened with another cycle. A read response still finds the newest message with
// its number.
func TestCycleChanges(t *testing.T) {
	t.Parallel()
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
	c := relaytest.Conversation(t, "10690001", "447700900123")
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
		if fb := relaytest.Receive(t, told); fb.Number != number || fb.MessageIDs[0] != id {
			t.Errorf("read of %d: got message %v, want %s", number, fb.MessageIDs, id)
		}
	}
	v := r.Reads().Submit(relaytest.Deadline(t), response(c, 99))
	if v.Kind != message.VerdictMalformed || v.Field != "number" {
		t.Errorf("read of a number of no cycle: got %+v, want 400", v)
	}
}
