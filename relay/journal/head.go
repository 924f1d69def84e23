package journal

import (
	"encoding/binary"

	"readback/relay/message"
)

// AppendHead appends the record that all ordinals of a conversation below bound are assigned.
//
//	head      conversation · bound
func AppendHead(dst []byte, c *message.Conversation, bound uint64) []byte {
	dst = message.AppendConversation(append(dst, byte(KindHead)), c)
	return binary.AppendUvarint(dst, bound)
}

func appendHead(dst []byte, r *Record) []byte { return AppendHead(dst, &r.Place.Conv, r.Bound) }

func parseHead(d *Decoder, r *Record) {
	r.Place.Conv = d.conversation()
	r.Bound = d.Ordinal("bound")
}
