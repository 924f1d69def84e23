package receipt

import (
	"cmp"
	"slices"
	"strings"

	"readback/smpp"
)

// AppendWhole appends the receipt of a whole message to dst, made of m, the receipt of one
// of its parts. It has the message_id, the state and the error codes of whole. All else
// stays as it is in m, above all the dates. An empty field of whole leaves that of m, but
// for Text. ok is false if it would be too long.
func AppendWhole(dst []byte, m smpp.Message, whole Part) (f smpp.Frame, ok bool) {
	return m.AppendChanged(dst, smpp.Change{
		UserData: wholeText(m.ESMClass(), m.DataCoding(), m.UserData(), whole),
		ESMClass: m.ESMClass(), RegisteredDelivery: m.RegisteredDelivery(),
		TLV: func(tlv smpp.TLV) (value []byte, keep bool) {
			switch {
			case tlv.Tag == smpp.TagReceiptedMessageID:
				return append([]byte(whole.ID), 0), true
			case tlv.Tag == smpp.TagMessageState:
				return []byte{byte(whole.State)}, true
			case tlv.Tag == smpp.TagNetworkErrorCode && whole.Network != "":
				return []byte(whole.Network), true
			}
			return tlv.Value, true
		},
	})
}

// edit is a new value for a part of a text.
type edit struct {
	span
	value string
}

// wholeText returns the user data of the receipt of the whole message.
func wholeText(esmClass, dataCoding byte, userData []byte, whole Part) []byte {
	b := readBody(esmClass, dataCoding, userData)
	var edits []edit
	replace := func(f field, value string) {
		if b.spans.has(f) && (value != "" || f == fieldText) {
			edits = append(edits, edit{b.spans[f], value})
		}
	}
	replace(fieldID, whole.ID)
	replace(fieldStat, whole.State.Stat())
	replace(fieldErr, whole.Err)
	if whole.State != Delivered {
		replace(fieldDelivered, strings.Repeat("0", len(b.value(fieldDelivered))))
	}
	replace(fieldText, whole.Text)
	slices.SortFunc(edits, func(x, y edit) int { return cmp.Compare(x.start, y.start) })

	out, at := slices.Clone(b.header), 0
	for _, e := range edits {
		out = append(out, b.raw[at:e.start*b.width]...)
		out = b.appendEncoded(out, e.value)
		at = e.end * b.width
	}
	return append(out, b.raw[at:]...)
}
