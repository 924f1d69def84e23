//go:build e2e

package interop

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"readback/internal/numbering"
)

// outcome is what becomes of a message.
type outcome string

const (
	numbered  outcome = "numbered"
	cut       outcome = "cut into parts, each numbered"
	converted outcome = "unnumbered, with its sar_* parameters in the header"
	asItCame  outcome = "as it came"
)

// isBinary tells which data_codings stand for no text.
func isBinary(dc byte) bool {
	const compressed = 0x20
	switch {
	case dc >= 0xF0:
		return dc&4 != 0
	case dc >= 0x80:
		return false
	case dc >= 0x10:
		return dc&compressed != 0 || dc>>2&3 == 1
	}
	return dc == 2 || dc == 4
}

// want is what is to become of the message, and of how many parts at least.
func (p *passage) want() (o outcome, parts int) {
	a := p.alphabet()
	header := p.own.length()
	const most = 255
	cutRoom := a.room(p.cutHeader(p.own))
	switch {
	case isBinary(p.coding):
		return asItCame, 1
	case p.units <= a.room(max(header, 1)+p.elementLen()):
		return numbered, 1
	case p.own.sar && p.units <= a.room(header):
		return converted, 1
	case p.own.part[0] != "", !a.cut, p.units > most*cutRoom:
		return asItCame, 1
	}
	return cut, (p.units + cutRoom - 1) / cutRoom
}

// check holds what came out of a message against what went in.
func (c *capture) check(p *passage, read []dissected) {
	want, parts := p.want()
	in, out := read[p.inAt], read[p.outAt:p.outAt+len(p.out)]
	c.tally[want]++
	fail := func(what string, got, want any) {
		c.t.Errorf("%v, %+v: %s: got %q, want %q", p.sample, p.look, what, got, want)
	}
	if len(p.out) < parts || len(p.out) > parts+parts/8+1 || parts == 1 && len(p.out) > 1 {
		fail("parts", len(p.out), parts)
		return
	}
	if got := p.skip == numbering.Numbered; got != (want == numbered || want == cut) {
		fail("outcome", p.skip.String(), want)
		return
	}
	if same := bytes.Equal(p.in, p.out[0]); same != (want == asItCame) {
		fail("unchanged", same, want)
	}
	for i, d := range out {
		if d.faults != "" && d.faults != in.faults {
			fail("faults", d.faults, in.faults)
		}
		if d.coding != in.coding {
			fail("data_coding", d.coding, in.coding)
		}
		if want != asItCame {
			c.checkHeader(p, i, d, want, fail)
		}
	}
	c.checkText(p, in, out, fail)
}

// checkHeader checks the header of one part: the sender's elements as they were, and the
// number's behind them, once.
func (c *capture) checkHeader(p *passage, i int, d dissected, o outcome, fail func(string, any, any)) {
	part, ids, data := p.own.part, p.own.ids, p.own.data
	if o == cut {
		id, _ := p.concat()
		part, ids = [3]string{p.ref, strconv.Itoa(len(p.out)), strconv.Itoa(i + 1)}, append([]string{id}, ids...)
	}
	if p.own.sar {
		ids = []string{"0x00"}
	}
	if o != converted {
		ids, data = append(slices.Clone(ids), "0x80"), data+p.element
	}
	if got, want := d.elements, strings.Join(ids, ","); got != want {
		fail("elements", got, want)
	}
	if got := plainHex(d.data); got != data {
		fail("data of the private elements", got, data)
	}
	if got := [3]string{d.ref, d.total, d.seq}; got != part {
		fail("reference, total and sequence number", got, part)
	}
	if d.sar != "" {
		fail("sar_msg_ref_num", d.sar, "none")
	}
}

// checkText holds the text of all parts against that of the message.
func (c *capture) checkText(p *passage, in dissected, out []dissected, fail func(string, any, any)) {
	var text strings.Builder
	for _, d := range out {
		text.WriteString(p.unfilled(d.text))
	}
	if got, want := text.String(), p.unfilled(in.text); got != want {
		fail("text", got, want)
	}
	for _, d := range out {
		if len(out) > 1 {
			c.checkPart(p, d, fail)
		}
	}
	last := out[len(out)-1]
	if len(out) > 1 && last.count != strconv.Itoa(len(out)) {
		fail("parts put together by Wireshark", last.count, len(out))
	}
	if p.packed && p.alphabet().packed {
		return // the octets differ: each part is packed for itself
	}
	if len(out) == 1 && p.own.part[0] != "" {
		return // it waits for the other parts of the ESME's
	}
	if got, want := plainHex(last.userData()), plainHex(in.userData()); got != want {
		fail("octets of the text", got, want)
	}
}

// checkPart sees that a part fits in one message, and begins with a character.
func (c *capture) checkPart(p *passage, d dissected, fail func(string, any, any)) {
	octets := unhex(plainHex(d.message + d.payload))
	header := 1 + int(octets[0])
	a, units := p.alphabet(), len(octets)-header
	switch {
	case a.unit == 16:
		units /= 2
	case a.packed && p.packed:
		units = units * 8 / 7
	case p.coding == 1: // these have no single septet
		units += strings.Count(d.text, "[") + strings.Count(d.text, "~") + strings.Count(d.text, "|")
	}
	if room := a.room(header); units > room {
		fail("units of a part", units, room)
	}
	if first := octets[header:]; a.unit == 16 && (first[0]&0xFC == 0xDC || bytes.HasPrefix(first, unhex("0301")) || bytes.HasPrefix(first, unhex("200D"))) {
		fail("first unit of a part", first[:2], "a character")
	}
}

// unfilled is text without the carriage return that may fill the last octet of packed text.
func (p *passage) unfilled(text string) string {
	if p.packed && p.alphabet().packed {
		return strings.TrimSuffix(text, `\r`)
	}
	return text
}

// checkTally sees that there were so many of each outcome, and not only of one.
func (c *capture) checkTally(least int) {
	c.t.Helper()
	c.t.Logf("%d frames, messages %v", c.frames, c.tally)
	for _, o := range []outcome{numbered, cut, converted, asItCame} {
		if c.tally[o] < least {
			c.t.Errorf("messages %s: got %d, want %d at least", o, c.tally[o], least)
		}
	}
}
