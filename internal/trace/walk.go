package trace

import (
	"bytes"
	"encoding/binary"

	"readback/smpp"
)

// part is a field or an optional parameter of one frame.
type part struct {
	field
	at, end int // where its octets are in the frame: of a C-octet string without the NUL, of user data without the length

	isTLV bool
	tag   smpp.Tag
}

// parts are what a frame consists of behind its header.
type parts struct {
	all  []part
	rest int // offset of what cannot be read as fields or optional parameters; the length of the frame if there is nothing
}

// walk divides a frame into its parts. The body of a response may be missing, or end after any field.
func walk(f smpp.Frame) parts {
	w := walker{f: f, parts: parts{rest: smpp.HeaderLen}}
	layout, known := layouts[f.ID()]
	if !known {
		return w.parts
	}
	if f.IsResponse() && len(f) == smpp.HeaderLen {
		return w.parts
	}
	for _, fd := range layout {
		if !w.take(fd) {
			return w.parts
		}
	}
	w.optional()
	return w.parts
}

type walker struct {
	f smpp.Frame
	parts
}

// take reads one field. It returns false if the frame ends within it.
func (w *walker) take(fd field) bool {
	rest := w.f[w.rest:]
	switch fd.kind {
	case text, address, secret:
		n := bytes.IndexByte(rest, 0)
		return n >= 0 && w.add(fd, 0, n, 1)
	case number, bits, state:
		return w.add(fd, 0, 1, 0)
	case status:
		return w.add(fd, 0, 4, 0)
	case userData:
		return len(rest) > 0 && w.add(fd, 1, int(rest[0]), 0)
	case receivers:
		return w.list(w.receiver)
	case failures:
		return w.list(func() bool { return w.takeAll(destination) && w.take(field{"error_status_code", status}) })
	}
	return false
}

// add adds a part of n octets, which skip octets precede and tail octets follow.
func (w *walker) add(fd field, skip, n, tail int) bool {
	if len(w.f)-w.rest < skip+n+tail {
		return false
	}
	at := w.rest + skip
	w.all = append(w.all, part{field: fd, at: at, end: at + n})
	w.rest = at + n + tail
	return true
}

// list reads an octet with a number, and so many entries.
func (w *walker) list(entry func() bool) bool {
	if w.rest >= len(w.f) {
		return false
	}
	n := w.f[w.rest]
	w.rest++
	for range n {
		if !entry() {
			return false
		}
	}
	return true
}

// receiver reads one receiver of a submit_multi (SMPP 3.4 §5.2.25).
func (w *walker) receiver() bool {
	if w.rest >= len(w.f) {
		return false
	}
	flag := w.f[w.rest]
	w.rest++
	if flag == 1 {
		return w.takeAll(destination)
	}
	return flag == 2 && w.take(field{"dl_name", text})
}

func (w *walker) takeAll(all []field) bool {
	for _, fd := range all {
		if !w.take(fd) {
			return false
		}
	}
	return true
}

// maxTLVs is how many optional parameters of a PDU are shown one by one. No PDU has so many.
const maxTLVs = 200

// optional reads the optional parameters, which a NUL may precede as smpp.Message has it.
func (w *walker) optional() {
	at := w.rest
	if len(w.f) > at && w.f[at] == 0 && !areTLVs(w.f[at:]) && areTLVs(w.f[at+1:]) {
		at++
	}
	r := smpp.TLVs(w.f[at:])
	before := len(w.all)
	for t, ok := r.Next(); ok && len(w.all) < before+maxTLVs; t, ok = r.Next() {
		start := at + t.Offset + 4
		w.all = append(w.all, part{field: field{name: tagName(t.Tag)}, at: start, end: start + len(t.Value), isTLV: true, tag: t.Tag})
		w.rest = start + len(t.Value)
	}
}

// areTLVs reports whether b is optional parameters to the end.
func areTLVs(b []byte) bool {
	r := smpp.TLVs(b)
	for _, ok := r.Next(); ok; _, ok = r.Next() {
	}
	return r.Rest() == 0
}

// find returns the octets of the first field with a name; nil if there is none.
func (p *parts) find(f smpp.Frame, name string) []byte {
	for i := range p.all {
		if q := &p.all[i]; q.name == name {
			return f[q.at:q.end]
		}
	}
	return nil
}

// octet returns the only octet of the first field with a name; zero if there is none.
func (p *parts) octet(f smpp.Frame, name string) byte {
	if b := p.find(f, name); len(b) == 1 {
		return b[0]
	}
	return 0
}

func uint32Of(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
