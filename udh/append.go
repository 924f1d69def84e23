package udh

// maxUDHL is the longest header in octets, without its length octet.
const maxUDHL = 255

// Lengths of the elements that say which part of a message this is, in octets, with
// identifier and length (TS 23.040 §9.2.3.24.1, §9.2.3.24.8).
const (
	concat8Len  = elementHeaderLen + 3
	concat16Len = elementHeaderLen + 4
)

// Len is the length of the element that says so, in octets, with identifier and length.
func (p Part) Len() int {
	if p.Wide {
		return concat16Len
	}
	return concat8Len
}

// append appends the element that says so.
func (p Part) append(dst []byte) []byte {
	if p.Wide {
		return append(dst, concat16, concat16Len-elementHeaderLen, byte(p.Ref>>8), byte(p.Ref), p.Total, p.Seq)
	}
	return append(dst, concat8, concat8Len-elementHeaderLen, byte(p.Ref), p.Total, p.Seq)
}

// AppendHeader appends to dst a user data header: the part, if it is one of several,
// the sender's own elements as they are and where they are, and e behind them. A zero
// e stands for none. The error is ErrTaken, or ErrNoRoom for a header over 255 octets, and
// dst comes back as it was.
func AppendHeader(dst []byte, own Header, part *Part, e Element) ([]byte, error) {
	udhl := max(len(own)-1, 0)
	if part != nil {
		udhl += part.Len()
	}
	if e.Data != nil {
		if own.find(e.ID) > 0 {
			return dst, ErrTaken
		}
		udhl += e.Len()
	}
	if udhl > maxUDHL {
		return dst, ErrNoRoom
	}
	dst = append(dst, byte(udhl))
	if part != nil {
		dst = part.append(dst)
	}
	if len(own) > 0 {
		dst = append(dst, own[1:]...)
	}
	if e.Data != nil {
		dst = append(append(dst, e.ID, byte(len(e.Data))), e.Data...)
	}
	return dst, nil
}
