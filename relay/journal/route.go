package journal

import "encoding/binary"

// MaxRouteID is how many octets a message_id has at most (SMPP 3.4 §5.2.23).
const MaxRouteID = 65

// AppendRoute appends the record that a message_id, in one form, belongs to an account.
//
//	route     day · account(string) · message_id(string)
func AppendRoute[T string | []byte](dst []byte, day uint16, account T, id []byte) []byte {
	dst = binary.AppendUvarint(append(dst, byte(KindRoute)), uint64(day))
	return AppendString(AppendString(dst, account), id)
}

func appendRoute(dst []byte, r *Record) []byte {
	return AppendRoute(dst, r.Place.Day, r.Account, r.MessageID)
}

func parseRoute(d *Decoder, r *Record) {
	r.Place.Day = d.Uint16("day")
	r.Account = d.String("account", MaxAccount)
	r.MessageID = d.String("message_id", MaxRouteID)
}
