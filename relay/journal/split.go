package journal

import (
	"encoding/binary"

	"readback/relay/message"
)

// CutPart is one of the parts that the gateway made of a message which had no room for
// its number, as a receipt names it.
type CutPart struct {
	Seq   uint8
	First string // key of the first part
	Day   uint16
}

// CutRecord is what is recorded of the parts beside the record's other fields.
type CutRecord struct {
	First, Key []byte
	Wanted     byte
}

func AppendCut(dst []byte, r *Record) []byte {
	dst = binary.AppendUvarint(append(dst, byte(KindCut)), uint64(r.Place.Day))
	dst = append(dst, r.Part.Total, r.PartSeq, r.Cut.Wanted)
	dst = AppendString(dst, r.Place.Conv.Receiver.Bytes())
	return AppendString(AppendString(dst, r.Cut.First), r.Cut.Key)
}

func AppendMerge(dst []byte, p CutPart, r message.PartReceipt) []byte {
	dst = binary.AppendUvarint(append(dst, byte(KindMerge)), uint64(p.Day))
	dst = AppendString(append(dst, p.Seq, r.State), p.First)
	for _, note := range []string{r.ID, r.Err, r.Network, r.Text} {
		dst = AppendString(dst, note[:min(len(note), message.MaxNote)])
	}
	return dst
}
