package index

// Cycle is the numbers that a conversation is given round and round.
type Cycle struct {
	First, Last uint16
	Since       uint64 // the epoch that began with it
}

// Is reports whether the cycle is that of these numbers; the zero Cycle is none.
func (c Cycle) Is(first, last uint16) bool { return c.Since > 0 && c.First == first && c.Last == last }
