package numbering

import (
	"bytes"
	"testing"

	"readback/internal/golden"
	"readback/relay/access"
	"readback/smpp"
	"readback/udh"
)

// fuzzCase is what one input of FuzzSubmit stands for.
type fuzzCase struct {
	t  *testing.T
	in smpp.Frame
	n  uint16
	p  Policy
	i  *Interceptor

	keeps bool // the part keeps its sar_* parameters
}

// settings of FuzzSubmit, by bit.
const (
	fuzzKeepAcks = 1 << iota
	fuzzPacked
	fuzzProof
	fuzzWide
	fuzzLatin1
)

// FuzzSubmit shows that taking the number out again gives the message back, whether it went
// on whole or in parts, and that a message without one is untouched but for its sar_*
// parameters, which may stand in the header.
func FuzzSubmit(f *testing.F) {
	for _, g := range golden.All(f) {
		for c := range Auto + 1 {
			for _, settings := range []uint8{0, fuzzPacked | fuzzProof, fuzzWide | fuzzLatin1 | fuzzKeepAcks} {
				f.Add(g.In, uint16(1), uint8(c), settings)
			}
		}
	}
	f.Add([]byte(shortMessage(0, 0, "Hello", sarParameters(9, 3, 2))), uint16(7), uint8(ByElement), uint8(0))
	f.Add([]byte(shortMessage(8, 0, "", payloadTLV(string(bytes.Repeat([]byte("\xD8\x3D\xDE\x00"), 100))))), uint16(7), uint8(Auto), uint8(0))
	f.Fuzz(func(t *testing.T, in []byte, n uint16, carriage, settings uint8) {
		if len(in) < smpp.HeaderLen || len(in) > smpp.MaxFrameLen {
			return
		}
		c := fuzzCase{t: t, in: bytes.Clone(in), n: n, i: interceptorOf(giving(n))}
		c.p = Policy{When: All, Carriage: Carriage(carriage % uint8(Auto+1)), ForwardAckBits: settings&fuzzKeepAcks != 0}
		c.i.Form.Packed, c.i.Form.WideRef = settings&fuzzPacked != 0, settings&fuzzWide != 0
		if settings&fuzzLatin1 != 0 {
			c.i.Form.Default = udh.Latin1
		}
		if settings&fuzzProof != 0 {
			c.i.Form.Proofs, _ = access.NewProofs([]byte("sixteen octets a"))
		}
		c.in = c.in[:len(c.in):len(c.in)]
		c.run()
		if !bytes.Equal(c.in, in) {
			t.Fatal("the frame that came in was changed")
		}
	})
}

func (c *fuzzCase) run() {
	out, _, skip := c.i.Submit(&Scratch{}, "bank", c.p, c.in)
	if skip != NoRoom {
		c.check([]smpp.Frame{out}, skip)
		return
	}
	c.check([]smpp.Frame{out}, skip)
	if s, skip := c.i.Split(&Scratch{}, "bank", c.p, c.in); s != nil {
		c.check(s.Frames, skip)
	}
}

// check undoes what was done to the message.
func (c *fuzzCase) check(parts []smpp.Frame, skip Skip) {
	if skip != Numbered && bytes.Equal(parts[0], c.in) {
		return
	}
	was, err := smpp.ParseMessage(c.in)
	if err != nil {
		c.t.Fatalf("changed what cannot be read: %v", err)
	}
	own, text := c.split(was, was.UserData(), was.HasUDH())
	var all []byte
	for n, f := range parts {
		all = append(all, c.part(f, was, own, n, len(parts), skip)...)
	}
	if !bytes.Equal(all, text) {
		c.t.Fatalf("text: got\n% x, want\n% x", all, text)
	}
}

// split cuts user data behind the header, and unpacks the text.
func (c *fuzzCase) split(m smpp.Message, ud []byte, has bool) (header, text []byte) {
	if has {
		h, err := udh.ParseHeader(ud)
		if err != nil {
			c.t.Fatal(err)
		}
		header, ud = h, ud[h.Len():]
	}
	if c.i.Form.Packed && c.coding(m) == udh.GSM7 {
		var ok bool
		if ud, ok = udh.Unpack(nil, ud, len(header)); !ok {
			c.t.Fatalf("packed text has no certain end: % x", ud)
		}
	}
	return header, ud
}

func (c *fuzzCase) coding(m smpp.Message) udh.Coding {
	return udh.CodingOf(m.DataCoding(), c.i.Form.Default)
}

// part checks one frame that left, and returns its text without the marker.
func (c *fuzzCase) part(f smpp.Frame, was smpp.Message, own []byte, n, total int, skip Skip) []byte {
	m, err := smpp.ParseMessage(f)
	if err != nil {
		c.t.Fatalf("what left cannot be read: %v", err)
	}
	after := readTLVs(&m)
	_, c.keeps = after.part(m.HasUDH())
	header, text := c.split(m, m.UserData(), m.HasUDH())
	coding := c.coding(m)
	if units, ok := udh.TextLen(coding, text); !ok || units > udh.Room(coding, len(header)) {
		c.t.Fatalf("%d units of %v do not fit behind %d octets", units, coding, len(header))
	}
	numbered := false
	if number, ok := udh.Number(header, c.i.Form.IEI); ok && number == c.n {
		numbered = true
		header, _, _ = udh.Remove(nil, header, c.i.Form.IEI)
	} else if c.p.Carriage != ByElement {
		if number, ok := c.i.Form.Marker.Find(text, coding); ok && number == c.n && n == total-1 {
			text, numbered = c.i.Form.Marker.Remove(text, coding)
		}
	}
	if want := skip == Numbered && (n == total-1 || c.p.Carriage != ByMarker); numbered != want && want {
		c.t.Fatalf("part %d of %d has no number: % x", n+1, total, []byte(f))
	}
	c.rest(m, was, c.unpart(header, was, n, total), own, total)
	return text
}

// unpart takes the gateway's own concatenation out of a header again.
func (c *fuzzCase) unpart(header []byte, was smpp.Message, n, total int) []byte {
	tlvs := readTLVs(&was)
	sar, isSAR := tlvs.part(was.HasUDH())
	if total == 1 && (!isSAR || c.keeps) {
		return header
	}
	h, err := udh.ParseHeader(header)
	if err != nil {
		c.t.Fatal(err)
	}
	where, ok := h.Concat()
	want := udh.Part{Ref: where.Ref, Wide: c.i.Form.WideRef, Total: byte(total), Seq: byte(n + 1)}
	if isSAR {
		want = sar
		if !where.Wide {
			want.Ref, want.Wide = sar.Ref&0xFF, false
		}
	}
	if !ok || where != want {
		c.t.Fatalf("part: got %+v, want %+v", where, want)
	}
	id := byte(0x00)
	if want.Wide {
		id = 0x08
	}
	header, has, _ := udh.Remove(nil, header, id)
	if !has {
		return nil
	}
	return header
}

// rest checks that everything around the user data is as it was.
func (c *fuzzCase) rest(m, was smpp.Message, header, own []byte, total int) {
	if !bytes.Equal(header, own) {
		c.t.Fatalf("header: got % x, want % x", header, own)
	}
	tlvs := readTLVs(&was)
	change := smpp.Change{ESMClass: was.ESMClass(), RegisteredDelivery: was.RegisteredDelivery()}
	if _, ok := tlvs.part(was.HasUDH()); ok && !c.keeps {
		change.TLV = withoutSAR
	}
	want, ok := was.AppendChanged(nil, change)
	got, ok2 := m.AppendUserData(nil, nil, was.ESMClass(), was.RegisteredDelivery())
	if !ok || !ok2 || !bytes.Equal(got, want) {
		c.t.Fatalf("around the text: got\n% x, want\n% x", []byte(got), []byte(want))
	}
	if m.ESMClass()&^smpp.ESMClassUDHI != was.ESMClass()&^smpp.ESMClassUDHI {
		c.t.Fatalf("esm_class %02x became %02x", was.ESMClass(), m.ESMClass())
	}
	mask := byte(smpp.RegisteredAckMask)
	if total > 1 {
		mask |= smpp.RegisteredReceipt
	}
	if (m.RegisteredDelivery()^was.RegisteredDelivery())&^mask != 0 {
		c.t.Fatalf("registered_delivery %02x became %02x", was.RegisteredDelivery(), m.RegisteredDelivery())
	}
}
