package relaytest

// Logged is a waiter for records that are in the log: it gets their tokens.
type Logged chan uint64

// Logged implements ledger.Waiter.
func (l Logged) Logged(token uint64) { l <- token }

// Credits lets a bounded number of messages be in flight: as many as were put in.
type Credits chan struct{}

// NewCredits returns n of them.
func NewCredits(n int) Credits {
	c := make(Credits, n)
	for range n {
		c <- struct{}{}
	}
	return c
}

// Logged implements ledger.Waiter: one more may go.
func (c Credits) Logged(uint64) { c <- struct{}{} }
