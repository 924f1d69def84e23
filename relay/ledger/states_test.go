package ledger

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"readback/internal/seed"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// states returns the states of the messages of a conversation, the oldest first.
func (p *partition) states(c message.Conversation) (all []message.State) {
	p.t.Helper()
	for _, e := range p.entries(c) {
		all = append(all, e.State)
	}
	return all
}

// wantStates waits until the messages of a conversation are in these states.
func (p *partition) wantStates(c message.Conversation, want ...message.State) {
	p.t.Helper()
	for ctx := relaytest.Deadline(p.t); ; runtime.Gosched() {
		got := p.states(c)
		if slices.Equal(got, want) {
			return
		}
		if ctx.Err() != nil {
			p.t.Fatalf("states: got %v, want %v", got, want)
		}
	}
}

func TestReceiptsMoveTheState(t *testing.T) {
	const sent, delivered, failed, expired, read = message.StateSent, message.StateDelivered, message.StateFailed, message.StateExpired, message.StateRead
	p := runLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	receipt := func(id string, s message.State) { p.Receipt("bank", c, []byte(id), s, 0) }
	early := p.mustAssign(t, toSend(c))
	receipt("00ab1", delivered) // before the SMSC's answer
	p.accept(early, "AB1")
	second := p.submit(c, "id2")
	receipt("id2", failed)
	p.wantStates(c, delivered, failed)
	receipt("id2", delivered)
	p.wantStates(c, delivered, delivered)
	receipt("id2", expired) // backwards
	p.read(second)
	receipt("id2", delivered)
	receipt("AB1", expired)
	receipt("unknown", delivered)
	for i := range uint8(2) {
		s := toSend(c)
		s.Part = message.Part{Ref: 1, Total: 2, Seq: i + 1}
		p.accept(p.mustAssign(t, s), fmt.Sprint("part", i+1))
	}
	receipt("part1", delivered)
	p.wantStates(c, delivered, read, sent)
	receipt("part2", delivered)
	p.wantStates(c, delivered, read, delivered)
}

// A state never goes back and each message has one feedback, with receipts and read responses in
// any order, repeated, and with crashes in between.
func TestStatesMoveForward(t *testing.T) {
	p, rnd := runLedger(t), seed.Rand(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	all := make([]*Sent, 12)
	for i := range all {
		all[i] = p.submit(c, fmt.Sprint("id", i))
	}
	ranks, read := make([]int, len(all)), make(map[string]uint8)
	for step := range 300 {
		i := rnd.IntN(len(all))
		id := fmt.Sprint("id", i)
		switch rnd.IntN(20) {
		case 0:
			p.kill()
			p = p.again()
		case 1:
			if err := p.stop(); err != nil {
				t.Fatal(err)
			}
			p = p.again()
		case 2, 3, 4, 5:
			status := uint8(rnd.IntN(3))
			if v := p.report(all[i], status); !v.IsAccepted() {
				t.Fatalf("read of %d: got %+v, want 202", i+1, v)
			}
			if _, again := read[id]; !again && status != message.StatusNotRead {
				read[id] = status
			}
		default:
			p.Receipt("bank", c, []byte(id), message.State(1+rnd.IntN(3)), 0)
		}
		if step%10 == 9 {
			checkRanks(t, p.states(c), ranks)
		}
	}
	checkRanks(t, p.states(c), ranks)
	for _, fb := range p.outbox() {
		id := fb.MessageIDs[0]
		if want, ok := read[id]; !ok || fb.Status != want {
			t.Errorf("feedback on %s: got status %d, want one with the first status, %d", id, fb.Status, want)
		}
		delete(read, id)
	}
	if len(read) > 0 {
		t.Errorf("got no feedback on %v", read)
	}
}

// checkRanks compares the states with those of before.
func checkRanks(t *testing.T, states []message.State, ranks []int) {
	t.Helper()
	if len(states) != len(ranks) {
		t.Fatalf("got %d messages, want %d", len(states), len(ranks))
	}
	for i, s := range states {
		if s.Rank() < ranks[i] {
			t.Errorf("message %d went back to %s", i+1, s)
		}
		ranks[i] = s.Rank()
	}
}
