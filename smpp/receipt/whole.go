package receipt

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"readback/smpp"
)

// AppendWhole appends the receipt of a whole message to dst, made of m, the receipt of one
// of its parts. It has the message_id, the state and the error codes of whole. All else
// stays as it is in m, above all the dates. An empty field of whole leaves that of m, but
// for Text. If m does not say its state, the receipt of the whole does. ok is false if it would
// be too long, or if its text would be read in another coding than that of m: some garbage has fields both in UCS2 and
// octet by octet.
func AppendWhole(dst []byte, m smpp.Message, whole Part) (f smpp.Frame, ok bool) {
	hasState, hasID := false, false
	tlvs := m.TLVs()
	for tlv, more := tlvs.Next(); more; tlv, more = tlvs.Next() {
		hasState = hasState || tlv.Tag == smpp.TagMessageState
		hasID = hasID || tlv.Tag == smpp.TagReceiptedMessageID
	}
	b := readBody(m.ESMClass(), m.DataCoding(), m.UserData())
	text := b.whole(whole, !hasState)
	if b.spans != (spans{}) && readBody(m.ESMClass(), m.DataCoding(), text).width != b.width {
		return dst, false
	}
	f, ok = m.AppendChanged(dst, smpp.Change{
		UserData: text, ESMClass: m.ESMClass(), RegisteredDelivery: m.RegisteredDelivery(),
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
	if ok && hasID && !hasState && b.spans == (spans{}) {
		// In front of octets that are no parameters.
		f = slices.Insert(f, len(f)-tlvs.Rest(), smpp.AppendTLV(nil, smpp.TagMessageState, []byte{byte(whole.State)})...)
		binary.BigEndian.PutUint32(f, uint32(len(f)))
	}
	return f, ok
}

// edit is a new value for a part of a text.
type edit struct {
	span
	value string
}

// whole returns the user data of the receipt of the whole message. If mustState is set, a text that has
// fields but no stat gets one.
func (b *body) whole(whole Part, mustState bool) []byte {
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
	if mustState && !b.spans.has(fieldStat) && b.spans != (spans{}) {
		edits = append(edits, b.newStat(whole.State))
	}
	slices.SortStableFunc(edits, func(x, y edit) int { return cmp.Compare(x.start, y.start) })

	out, at := slices.Clone(b.header), 0
	for _, e := range edits {
		out = append(out, b.raw[at:e.start*b.width]...)
		out = b.appendEncoded(out, e.value)
		at = e.end * b.width
	}
	return append(out, b.raw[at:]...)
}

// newStat returns the field stat where a text lacks it: in front of err or text, as in SMPP 3.4
// Appendix B, and at the end of a text that has neither.
func (b *body) newStat(s State) edit {
	for _, f := range []field{fieldErr, fieldText} {
		if !b.spans.has(f) {
			continue
		}
		name := trimSpaces(b.text[:b.spans[f].start]) // and its colon
		_, at := nameAtEnd(name[:len(name)-1])
		value := "stat:" + s.Stat() + " "
		if at > 0 && !isSpace(b.text[at-1]) {
			value = " " + value
		}
		return edit{span{at, at}, value}
	}
	end := len(trimSpaces(b.text))
	return edit{span{end, end}, " stat:" + s.Stat()}
}
