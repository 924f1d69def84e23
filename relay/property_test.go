package relay

import (
	"fmt"
	"testing"

	"readback/internal/seed"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// A state never goes back and each message is told once, with receipts and read responses in any
// order, repeated, and with crashes in between.
func TestStatesMoveForward(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.Logger = nil
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	rnd := seed.Rand(t)
	const messages = 12
	ids := make([]string, messages)
	for i := range ids {
		ids[i] = fmt.Sprint("id", i+1)
		r.submit(c, ids[i])
	}
	ranks, read := make([]int, messages), make(map[string]uint8)
	for step := range 300 {
		i := rnd.IntN(messages)
		switch rnd.IntN(20) {
		case 0:
			r.crash()
			r = start(t, opt)
		case 1:
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
			r = start(t, opt)
		case 2, 3, 4, 5:
			rd := response(c, uint16(i+1))
			rd.Status = uint8(rnd.IntN(3))
			v := r.Reads().Submit(relaytest.Deadline(t), rd)
			if !v.IsAccepted() {
				t.Fatalf("read of %d: %+v", i+1, v)
			}
			if _, again := read[ids[i]]; !again && rd.Status != message.StatusNotRead {
				read[ids[i]] = rd.Status
			}
		default:
			r.Ledger().Receipt(c, []byte(ids[i]), message.State(1+rnd.IntN(3)))
		}
		if step%10 == 9 {
			checkRanks(t, r, ranks)
		}
	}
	checkRanks(t, r, ranks)
	told, events := r.tellings("bank"), make(map[string]string)
	for len(events) < len(read) {
		fb := relaytest.Receive(t, told)
		id := fb.MessageIDs[0]
		if e, again := events[id]; again && e != fb.Event {
			t.Errorf("%s was told as %s and as %s", id, e, fb.Event)
		}
		if fb.Status != read[id] {
			t.Errorf("%s was told with status %d, want the first one, %d", id, fb.Status, read[id])
		}
		events[id] = fb.Event
	}
}

// checkRanks holds the states against those of before.
func checkRanks(t *testing.T, r *running, ranks []int) {
	t.Helper()
	v, err := r.conversation("10690001", "447700900123")
	if err != nil || len(v.Messages) != len(ranks) {
		t.Fatalf("conversation: %d messages, %v", len(v.Messages), err)
	}
	for i, m := range v.Messages {
		for s := message.StateSent; s.IsKnown(); s++ {
			if s.String() != m.State {
				continue
			}
			if s.Rank() < ranks[i] {
				t.Errorf("message %d went back to %s", i+1, m.State)
			}
			ranks[i] = s.Rank()
		}
	}
}
