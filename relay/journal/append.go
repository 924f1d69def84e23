package journal

import (
	"encoding/binary"

	"readback/relay/message"
)

func appendPlace(dst []byte, p *Place) []byte {
	dst = message.AppendConversation(dst, &p.Conv)
	dst = binary.AppendUvarint(dst, uint64(p.Day))
	dst = binary.AppendUvarint(dst, uint64(p.Number))
	return binary.AppendUvarint(dst, p.Ordinal)
}

// AppendAddress appends an address as submitted; without text the reader knows its address.
func AppendAddress(dst []byte, a *message.Address, text bool) []byte {
	dst = append(dst, a.TON, a.NPI)
	if text {
		dst = AppendString(dst, a.Addr.Bytes())
	}
	return dst
}

// AppendString appends a length and so many octets.
func AppendString[T string | []byte](dst []byte, s T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}
