package journal

import (
	"encoding/binary"

	"readback/relay/message"
)

// The first number of a conversation in an epoch waits for a head record, its claim. If the epoch ends
// without a clean stop, only the conversations with a claim can have numbers that the log does not
// know.

// AppendUnclaimed appends the record that from now on numbers of the epoch are assigned without
// claims. If the epoch ends without a clean stop, any conversation can have such numbers.
//
//	unclaimed (nothing)
func AppendUnclaimed(dst []byte) []byte { return append(dst, byte(KindUnclaimed)) }

func appendUnclaimed(dst []byte, _ *Record) []byte { return AppendUnclaimed(dst) }

func parseUnclaimed(*Decoder, *Record) {}

// AppendSkip appends the record that so many numbers of each conversation may have been assigned
// before this epoch which the log does not know, because it was restored from a backup, or damaged.
//
//	skip      numbers · time
func AppendSkip(dst []byte, numbers uint64, at int64) []byte {
	dst = binary.AppendUvarint(append(dst, byte(KindSkip)), numbers)
	return binary.AppendUvarint(dst, uint64(at))
}

func appendSkip(dst []byte, r *Record) []byte { return AppendSkip(dst, r.Skip, r.At) }

func parseSkip(d *Decoder, r *Record) { r.Skip, r.At = d.Ordinal("numbers"), d.Time("time") }

// AppendCycle appends the record that a conversation goes on, from an ordinal on, in another cycle of
// numbers than the one from first to last, in which it was before another ordinal. Ordinals in between
// are not assigned.
//
//	cycle     conversation · before · from · first · last
func AppendCycle(dst []byte, c *message.Conversation, before, from uint64, first, last uint16) []byte {
	dst = message.AppendConversation(append(dst, byte(KindCycle)), c)
	dst = binary.AppendUvarint(dst, before)
	dst = binary.AppendUvarint(dst, from)
	dst = binary.AppendUvarint(dst, uint64(first))
	return binary.AppendUvarint(dst, uint64(last))
}

func appendCycle(dst []byte, r *Record) []byte {
	return AppendCycle(dst, &r.Place.Conv, r.Place.Ordinal, r.Bound, r.First, r.Last)
}

func parseCycle(d *Decoder, r *Record) {
	r.Place.Conv = d.conversation()
	r.Place.Ordinal, r.Bound = d.Ordinal("before"), d.Ordinal("from")
	r.First, r.Last = d.Uint16("first"), d.Uint16("last")
}
