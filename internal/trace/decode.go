package trace

import (
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/relay/message"
	"readback/smpp"
	"readback/smpp/receipt"
	"readback/udh"
)

// Value is a field of a PDU, as it is shown.
type Value struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// values returns the fields and the optional parameters of a frame, in their order, with the text decoded, if it is
// shown. def is the default alphabet of the SMSC.
func values(f smpp.Frame, p *parts, def udh.Coding, full bool) []Value {
	all := make([]Value, 0, len(p.all)+4)
	for i := range p.all {
		q := &p.all[i]
		if q.name == "short_message" && !q.isTLV || q.isTLV && q.tag == smpp.TagMessagePayload {
			all = appendUserData(all, f, p, q, def, full)
			continue
		}
		all = append(all, Value{q.name, q.value(f)})
	}
	if rest := f[p.rest:]; len(rest) > 0 {
		all = append(all, Value{"octets", hex.EncodeToString(rest)})
	}
	return all
}

// value returns a part as text.
func (q *part) value(f smpp.Frame) string {
	b := f[q.at:q.end]
	if q.isTLV {
		return tags[q.tag].show.value(b)
	}
	switch q.kind {
	case number:
		return strconv.Itoa(int(b[0]))
	case bits:
		return fmt.Sprintf("0x%02x", b[0])
	case state:
		return receipt.State(b[0]).String()
	case status:
		return smpp.StatusName(pdu.Status(uint32Of(b)))
	}
	return message.Shown(string(b))
}

func (s show) value(b []byte) string {
	switch {
	case s == asText:
		if n := len(b); n > 0 && b[n-1] == 0 {
			b = b[:n-1]
		}
		return message.Shown(string(b))
	case s == asState && len(b) == 1:
		return receipt.State(b[0]).String()
	case s == asNumber && len(b) > 0 && len(b) <= 4:
		return strconv.FormatUint(uint64(uint32Of(append(make([]byte, 4-len(b)), b...))), 10)
	}
	return hex.EncodeToString(b)
}

// appendUserData appends the header and the text of user data. A text that is hidden is shown by its length.
func appendUserData(all []Value, f smpp.Frame, p *parts, q *part, def udh.Coding, full bool) []Value {
	ud := f[q.at:q.end]
	if p.octet(f, "esm_class")&smpp.ESMClassUDHI != 0 {
		if h, err := udh.ParseHeader(ud); err == nil {
			all = append(all, Value{"udh", hex.EncodeToString(h)})
			ud = ud[h.Len():]
		}
	}
	if !full {
		return append(all, Value{q.name, fmt.Sprintf("(%d octets)", len(ud))})
	}
	return append(all, Value{q.name, udh.Decode(ud, udh.CodingOf(p.octet(f, "data_coding"), def))})
}

// receiptValues returns what a delivery receipt says in its text, which may be hidden (SMPP 3.4 Appendix B).
func receiptValues(f smpp.Frame) (all []Value) {
	if f.ID() != pdu.DeliverSMID && f.ID() != pdu.DataSMID {
		return nil
	}
	m, err := smpp.ParseLenient(f)
	if err != nil {
		return nil
	}
	r, ok := receipt.Parse(m)
	if !ok {
		return nil
	}
	text := r.Fields()
	for _, v := range []struct {
		name  string
		value []byte
	}{
		{"receipt.id", text.ID}, {"receipt.submit date", text.SubmitDate}, {"receipt.done date", text.DoneDate}, {"receipt.stat", text.Stat}, {"receipt.err", text.Err},
	} {
		if len(v.value) > 0 {
			all = append(all, Value{v.name, message.Shown(string(v.value))})
		}
	}
	return all
}
