package ledger

import (
	"testing"

	"readback/relay/relaytest"
)

func TestAssignAllocatesNothing(t *testing.T) {
	p := runLedger(t)
	s := toSend(relaytest.Conversation(t, "10690001", "447700900123"))
	n := testing.AllocsPerRun(4, func() {
		if err := p.Assign(s); err != nil {
			t.Fatal(err)
		}
		s.head.settle(s.ordinal, 0)
	})
	if n != 0 {
		t.Errorf("allocations of Assign: got %v, want 0", n)
	}
}
