// Package message holds the values that the rest of relay speaks of: who sent what to
// whom, how far a message got, and what is reported about it. It does no I/O and imports
// no other package of the module.
package message

// Conversation is what numbers are counted in: the two addresses, normalised.
type Conversation struct {
	Sender   Addr // source_addr of the submit_sm
	Receiver Addr // destination_addr of the submit_sm
}
