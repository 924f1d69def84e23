package ledger

import "readback/relay/message"

// slot is what the ledger keeps of each conversation in memory, in one cache line and without pointers, so
// that the garbage collector need not look at it. If nothing is under way in the conversation, the index
// knows next as well. While something is, the conversation has a head.
type slot struct {
	conv message.Conversation

	taken   bool // by a conversation
	used    bool // since the last look for one to evict
	claimed bool // the log knows that numbers are assigned in this epoch
	stalled bool // a message has waited for a number in vain, and none was given since

	key  uint32 // hash of conv
	head uint32 // the place of its head; 0: it has none
	next uint64 // the ordinal of the next message; in a slot that is free, the place of another free one
}
