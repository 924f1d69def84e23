// Package message holds the values that all of relay uses: who sent what to whom, how far a
// message got, and what is reported about it. It does no I/O and imports no other package of
// the module.
package message

import "encoding/binary"

// Conversation is what numbers are counted in: the two addresses, normalised.
type Conversation struct {
	Sender   Addr // source_addr of the submit_sm
	Receiver Addr // destination_addr of the submit_sm
}

// AppendConversation appends the two addresses of a conversation, each after its length. The form
// never changes: it stands in the log, and hashes and keys are made of it.
func AppendConversation(dst []byte, c *Conversation) []byte {
	for _, a := range []*Addr{&c.Sender, &c.Receiver} {
		dst = append(binary.AppendUvarint(dst, uint64(len(a.Bytes()))), a.Bytes()...)
	}
	return dst
}
