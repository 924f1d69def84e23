package journal

import (
	"encoding/binary"

	"readback/relay/message"
)

// AppendMerge appends the record of the final receipt of a part. Its texts are kept up to
// message.MaxNote octets.
//
//	merge     day · seq(1 octet) · message_state(1 octet) · key of the first part ·
//	          message_id(string) · err(string) · network_error_code(string) · text(string)
func AppendMerge(dst []byte, p SplitPart, r message.PartReceipt) []byte {
	dst = binary.AppendUvarint(append(dst, byte(KindMerge)), uint64(p.Day))
	dst = AppendString(append(dst, p.Seq, r.State), p.First)
	for _, note := range []string{r.ID, r.Err, r.Network, r.Text} {
		dst = AppendString(dst, note[:min(len(note), message.MaxNote)])
	}
	return dst
}

func appendMerge(dst []byte, r *Record) []byte {
	return AppendMerge(dst, SplitPart{Seq: r.PartSeq, First: string(r.Split.First), Day: r.Place.Day}, r.Notes)
}

func parseMerge(d *Decoder, r *Record) {
	r.Place.Day = d.Uint16("day")
	r.PartSeq, r.Notes.State = d.Byte("part seq"), d.Byte("message_state")
	r.Split.First = d.String("first key", MaxMessageID)
	r.Notes.ID = string(d.String("message_id", message.MaxNote))
	r.Notes.Err = string(d.String("err", message.MaxNote))
	r.Notes.Network = string(d.String("network_error_code", message.MaxNote))
	r.Notes.Text = string(d.String("text", message.MaxNote))
}
