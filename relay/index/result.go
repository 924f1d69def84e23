package index

import (
	"cmp"
	"slices"

	"readback/relay/message"
)

// Outcome is what a record came to, when the index got it.
type Outcome uint8

const (
	Down      Outcome = iota // it is not known: the log is unavailable
	Read                     // the state moved, feedback is on its way
	Duplicate                // the last word was said before
	Noted                    // it is noted, and no feedback comes of it
	Gone                     // there is no such entry any more
)

// Result is what the records of a batch came to. It is valid until the next apply.
type Result struct {
	outcomes      []RecordOutcome // of those that have one, in the order of the records
	Added, Taken  int             // rows of the outbox of feedback
	ReceiptPassed []ReceiptPassed
	Events        bool    // there are new rows in the outbox of events
	Moved         []Moved // in the order of the records
	Steps         []Step  // of messages that are sampled, in the order of the records
}

// RecordOutcome is what one record of a batch came to.
type RecordOutcome struct {
	record uint64 // its place in the batch
	Outcome
	Merged *message.Merged // what the receipts of all parts come to, if this one was the last
}

// Of returns what a record came to that has an outcome.
func (r *Result) Of(record uint64) RecordOutcome {
	i, _ := slices.BinarySearchFunc(r.outcomes, record, func(o RecordOutcome, record uint64) int {
		return cmp.Compare(o.record, record)
	})
	return r.outcomes[i]
}

// ReceiptPassed is a message that was read before its receipts had passed, and now they have.
type ReceiptPassed struct {
	Account string
	Conv    message.Conversation
	Number  uint16
}
