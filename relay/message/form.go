package message

// Form is what the gateway changed in the user data of a message, and what a later replace_sm of the
// message needs: that has neither esm_class nor data_coding (SMPP 3.4 §4.10). The zero Form is that of a
// message whose user data is as it came.
type Form struct {
	Changed    bool
	DataCoding byte
	Number     uint16
	Marked     bool   // the marker follows the text
	Own        uint8  // length of the header with which the message came; 0: none
	HeaderLen  uint16 // length of the header with which it went on; 0: none
	Header     [MaxFormHeader]byte
}

// MaxFormHeader is the length of the longest header that a Form holds.
const MaxFormHeader = 32

// SetHeader sets the header with which the message went on. Of one that is too long only the length is kept.
func (f *Form) SetHeader(h []byte) {
	f.HeaderLen = uint16(len(h))
	copy(f.Header[:], h)
}

// HeaderOctets returns the header with which the message went on. ok is false if it was too long.
func (f *Form) HeaderOctets() (h []byte, ok bool) {
	if int(f.HeaderLen) > len(f.Header) {
		return nil, false
	}
	return f.Header[:f.HeaderLen], true
}
