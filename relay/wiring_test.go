package relay

import (
	"bytes"
	"context"
	"testing"
	"time"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// The ledger compares the message_ids of receipts as the options of the relay say.
func TestReceiptsCompareAsSet(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.SameID = func(receipt, id []byte) bool { return bytes.Equal(receipt, append([]byte("of "), id...)) }
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	s := r.submit(c, "id1")
	r.Ledger().Receipt(c, []byte("of id1"), message.StateDelivered, 0)
	r.awaitState(c, s.Number, "delivered")
}

// A receipt that is to be held waits for the answer to its message, as long as that is on its way.
func TestHeldReceiptWaitsForTheAnswer(t *testing.T) {
	t.Parallel()
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	if err := r.Ledger().Assign(tracked(c)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if held, err := r.Feedback().HoldReceipt(ctx, "bank", c, []byte("id1"), []byte("receipt")); held || err != nil {
		t.Errorf("got it held %v, %v, want that it passes", held, err)
	}
	if ctx.Err() == nil {
		t.Error("it did not wait")
	}
}
