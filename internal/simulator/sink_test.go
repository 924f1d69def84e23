package simulator

import (
	"bytes"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// A sink takes no memory for a message: the gateway's speed is measured before it.
func TestSinkAllocs(t *testing.T) {
	const messages = 2000
	in := []byte(Bind{SystemID: "bank"}.Append(nil, 1))
	for seq := range uint32(messages) {
		in = append(in, text(receiver, "Hello").Append(nil, pdu.SubmitSMID, seq+2)...)
	}
	c := NewSMSC(Options{})
	allocs := testing.AllocsPerRun(3, func() {
		_ = newSession(c, &script{in: bytes.NewReader(in)}).run(t.Context()) // until the script ends
	})
	if allocs > messages/2 {
		t.Errorf("%v allocations for %d messages", allocs, messages)
	}
}
