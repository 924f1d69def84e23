package smpp

import (
	"bytes"
	"encoding/binary"

	"github.com/fiorix/go-smpp/smpp/pdu"
)

// Multi is a view of a submit_multi (SMPP 3.4 §4.5.1): its receivers, and the position of
// their list in the frame.
type Multi struct {
	Frame Frame
	To    []Address // the SME addresses, in their order

	lists      bool // there are distribution lists, too
	from, rest int  // of number_of_dests, and behind the last of them
}

// Values of dest_flag (SMPP 3.4 §5.2.25).
const (
	destSME  = 1
	destList = 2
)

// ParseMulti views f, which must be a submit_multi. It fails with a *MessageError
// where the list of receivers cannot be read.
func ParseMulti(f Frame) (Multi, error) {
	m := Multi{Frame: f}
	r := fieldReader{b: f, at: HeaderLen}
	r.cstring("service_type")
	r.address("source_addr_ton", "source_addr_npi", "source_addr")
	m.from = r.at
	m.lists = r.receivers(func(to Address) { m.To = append(m.To, to) })
	m.rest = r.at
	if r.err != nil {
		return Multi{}, r.err
	}
	return m, nil
}

// receivers reads number_of_dests and the list behind it. It calls each for an SME address, and reports
// whether there are distribution lists.
func (r *fieldReader) receivers(each func(Address)) (lists bool) {
	n := r.octet("number_of_dests")
	if r.err != nil {
		return false
	}
	for range r.b[n] {
		flag := r.octet("dest_flag")
		if r.err != nil {
			return false
		}
		switch r.b[flag] {
		case destSME:
			if to := r.address("dest_addr_ton", "dest_addr_npi", "destination_addr"); r.err == nil {
				each(to)
			}
		case destList:
			lists = true
			r.cstring("dl_name")
		default:
			r.err = &MessageError{"dest_flag", flag}
		}
	}
	return lists
}

// Splits reports whether the message can go to each of its receivers by itself. It cannot if
// it names a distribution list, whose members only the SMSC knows.
func (m Multi) Splits() bool { return len(m.To) > 0 && !m.lists }

// AppendSubmitSM appends the submit_sm to receiver i. The two PDUs differ only in the
// receivers. The submit_sm has the sequence_number of the submit_multi.
func (m Multi) AppendSubmitSM(dst []byte, i int) []byte {
	start := len(dst)
	dst = append(dst, m.Frame[:m.from]...)
	dst = append(dst, m.To[i].TON, m.To[i].NPI)
	dst = append(append(dst, m.To[i].Addr...), 0)
	dst = append(dst, m.Frame[m.rest:]...)
	f := Frame(dst[start:])
	binary.BigEndian.PutUint32(f, uint32(len(f)))
	binary.BigEndian.PutUint32(f[4:], uint32(pdu.SubmitSMID))
	return dst
}

// Clone returns a copy that does not share the frame's octets.
func (a Address) Clone() Address {
	a.Addr = bytes.Clone(a.Addr)
	return a
}
