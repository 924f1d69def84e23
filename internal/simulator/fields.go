package simulator

import "bytes"

// fields reads past the mandatory fields of a PDU body. It keeps its first failure.
type fields struct {
	b   []byte // what is left
	bad bool
}

// cstring returns a C-octet string without its NUL: part of the body.
func (r *fields) cstring() []byte {
	n := bytes.IndexByte(r.b, 0)
	if n < 0 {
		r.bad, r.b = true, nil
		return nil
	}
	s := r.b[:n]
	r.b = r.b[n+1:]
	return s
}

// octets returns the next n octets: part of the body.
func (r *fields) octets(n int) []byte {
	if len(r.b) < n {
		r.bad, r.b = true, nil
		return nil
	}
	s := r.b[:n]
	r.b = r.b[n:]
	return s
}

func (r *fields) octet() byte {
	s := r.octets(1)
	if r.bad {
		return 0
	}
	return s[0]
}

// address steps over TON, NPI and address and returns the last.
func (r *fields) address() []byte {
	r.octets(2)
	return r.cstring()
}
