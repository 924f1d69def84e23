package relay

import (
	"context"
	"testing"
	"time"

	"readback/relay/message"
	"readback/relay/relaytest"
	"readback/smpp/receipt"
)

// The ledger compares the message_ids of receipts as the options of the relay say.
func TestReceiptsCompareAsSet(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.IDs = receipt.IDs{Response: receipt.Hex, Receipt: receipt.Decimal}
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	s := r.submit(c, "1F")
	r.Ledger().Receipt("bank", c, []byte("31"), message.StateDelivered, 0)
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
