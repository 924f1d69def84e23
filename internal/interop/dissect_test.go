//go:build e2e

package interop

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"readback/internal/numbering"
	"readback/relay/access"
	"readback/relay/ledger"
	"readback/smpp"
	"readback/udh"
)

// TestDissection has Wireshark read what the interceptor makes of messages of every
// data_coding, length and header, and holds it against what it reads in them as they came.
func TestDissection(t *testing.T) {
	for _, packed := range []bool{false, true} {
		t.Run(map[bool]string{false: "unpacked", true: "packed"}[packed], func(t *testing.T) {
			t.Parallel()
			c := newCapture(t, packed)
			c.addAll()
			c.dissect()
			const least = 500
			c.checkTally(least)
		})
	}
}

// look is what the number's carrier looks like.
type look struct{ wide, proof bool }

var looks = []look{{false, false}, {true, false}, {false, true}, {true, true}}

// elementLen is the length of the number's element in octets.
func (l look) elementLen() int {
	if l.proof {
		return 8
	}
	return 4
}

// concat is the identifier of the element that says which part it is, and the length of it.
func (l look) concat() (id string, length int) {
	if l.wide {
		return "0x08", 6
	}
	return "0x00", 5
}

// passage is one message on its way through the interceptor.
type passage struct {
	*sample
	look
	in      smpp.Frame
	out     []smpp.Frame
	skip    numbering.Skip
	element string // what the number's element holds, in hex
	ref     string // of its parts, if it is cut

	inAt, outAt int // in the capture
}

// capture is what Wireshark is to read next.
type capture struct {
	t        *testing.T
	packed   bool
	proofs   access.Proofs
	given    int // numbers
	all      []smpp.Frame
	passages []passage

	frames int // that were read
	tally  map[outcome]int
}

func newCapture(t *testing.T, packed bool) *capture {
	proofs, err := access.NewProofs([]byte("sixteen octets a"))
	if err != nil {
		t.Fatal(err)
	}
	return &capture{t: t, packed: packed, proofs: proofs, tally: map[outcome]int{}}
}

// add has the message go through the interceptor, with each of the looks. The receivers
// differ, so that Wireshark puts together what belongs together.
func (c *capture) add(s *sample, looks ...look) {
	inAt := len(c.all)
	c.all = append(c.all, s.frame(inAt))
	for _, l := range looks {
		p := passage{sample: s, look: l, in: s.frame(len(c.all)), inAt: inAt, outAt: len(c.all)}
		c.pass(&p)
		c.passages = append(c.passages, p)
		c.all = append(c.all, p.out...)
	}
	const most = 4096 // it takes more time for each the more there are
	if len(c.all) > most {
		c.dissect()
	}
}

// dissect has Wireshark read what there is, and checks it.
func (c *capture) dissect() {
	read := dissectFields(c.t, c.all, c.packed)
	for i := range c.passages {
		c.check(&c.passages[i], read)
	}
	c.frames += len(c.all)
	c.all, c.passages = c.all[:0], c.passages[:0]
}

// pass does as the gateway does with a message of an account that has overflow: split.
func (c *capture) pass(p *passage) {
	i := numbering.Interceptor{
		Form:   numbering.Form{IEI: iei, Marker: udh.DefaultMarker, Packed: c.packed, WideRef: p.wide},
		Ledger: &counter{n: &c.given},
	}
	if p.proof {
		i.Form.Proofs = c.proofs
	}
	policy := numbering.Policy{When: numbering.All, Overflow: numbering.SplitNoRoom}
	var b numbering.Scratch
	in := bytes.Clone(p.in)
	out, sent, skip := i.Submit(&b, account, policy, in)
	p.out, p.skip = []smpp.Frame{bytes.Clone(out)}, skip
	if skip == numbering.NoRoom && (sent == nil || sent.Number == 0) {
		if s, skip := i.Split(&b, account, policy, in); s != nil {
			p.out, p.skip, sent = s.Frames, skip, s.Sent
			p.ref = fmt.Sprint(s.Sent.Part.Ref)
		}
	}
	if p.skip != numbering.Numbered {
		return
	}
	p.element = fmt.Sprintf("%04x", sent.Number)
	if p.proof {
		p.element += fmt.Sprintf("%x", c.proofs.Sign(&sent.Conversation, sent.Number, sent.At))
	}
}

// counter is a ledger that gives one number after the other.
type counter struct {
	numbering.Ledger // what is not asked here

	n *int
}

func (l *counter) Assign(s *ledger.Sent) error {
	*l.n++
	s.Number = uint16(*l.n%257 + 1)
	if s.Split > 0 {
		s.Part.Ref = uint16(*l.n * 257)
		if !s.Part.Wide {
			s.Part.Ref %= 256
		}
	}
	return nil
}

func (l *counter) Concatenate(_ *ledger.Sent, wish ledger.Concatenation) ledger.Concatenation {
	return wish
}

func (l *counter) Follow(*ledger.Sent) bool { return true }

// mainCodings have texts of all lengths up to longest, the others of those at which
// something changes.
var mainCodings = []byte{0x00, 0x01, 0x03, 0x06, 0x08, 0xC0, 0xD0, 0xF0, 0xF1}

const longest = 160

// addAll adds messages of every kind, each with all looks.
func (c *capture) addAll() {
	for dc := range 256 {
		a := alphabetOf(byte(dc), c.packed)
		isMain := slices.Contains(mainCodings, byte(dc))
		if !isMain && c.packed && !a.packed {
			continue // as when unpacked
		}
		for _, o := range owns {
			for length := range longest + 1 {
				if isMain || isEdge(a, o, length) {
					c.add(c.newSample(byte(dc), o, length, length), looks...)
				}
			}
		}
	}
	c.addLong()
}

// isEdge reports whether a text so long just fits, or just does not, in one of the looks.
func isEdge(a alphabet, o own, length int) bool {
	room := a.room(o.length())
	isEdge := length < 2 || length == longest || length == room || length == room+1
	for _, l := range looks {
		room := a.room(max(o.length(), 1) + l.elementLen())
		isEdge = isEdge || length == room || length == room+1
	}
	return isEdge
}

func (c *capture) newSample(dc byte, o own, characters, start int) *sample {
	s := &sample{coding: dc, own: o, packed: c.packed}
	s.text, s.units = s.alphabet().write(characters, start)
	return s
}

// addLong adds messages that become exactly so many parts, and one that would become too
// many.
func (c *capture) addLong() {
	for _, dc := range []byte{0x00, 0x01, 0x03, 0x06, 0x08, 0xF1} {
		for _, l := range looks {
			for _, o := range owns[:3] {
				room := alphabetOf(dc, c.packed).room(l.cutHeader(o))
				for _, parts := range []int{2, 5, 255, 256} {
					if parts > 5 && o.elements != nil {
						continue
					}
					s := &sample{coding: dc, own: o, packed: c.packed}
					s.text, s.units = s.alphabet().plain().write((min(parts, 255)*room)+parts/256, 0)
					c.add(s, l)
				}
				c.add(c.newSample(dc, o, 4*room, 1), l)
			}
		}
	}
}

// cutHeader is the length of the header of each part of a message that is cut.
func (l look) cutHeader(o own) int {
	_, concat := l.concat()
	return max(o.length(), 1) + concat + l.elementLen()
}
