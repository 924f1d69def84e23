package gateway

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"readback/internal/numbering"
	"readback/internal/seed"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
	"readback/udh"
)

// sender is an ESME that sends a message when the one before is answered.
type sender struct {
	*world
	esme, smsc *testpeer.Peer
	seq        uint32
}

func newSender(t *testing.T) *sender {
	w := serve(t, setup{ledger: manyLedger(t), policy: numbering.Policy{When: numbering.All}})
	s := &sender{world: w, seq: 1}
	s.esme, s.smsc = w.bind(simulator.Bind{})
	return s
}

// pass sends messages, and returns what the SMSC got of each.
func (s *sender) pass(messages ...smpp.Frame) (got []smpp.Message) {
	s.t.Helper()
	for _, f := range messages {
		s.seq++
		f.SetSeq(s.seq)
		s.esme.Send(f)
		sent := bytes.Clone(s.smsc.Next("message"))
		got = append(got, parsed(s.t, sent))
		s.smsc.Send(accepted(smpp.Frame(sent).Seq(), fmt.Sprint("id", s.seq)))
		s.esme.Want("submit_sm_resp", accepted(s.seq, fmt.Sprint("id", s.seq)))
	}
	return got
}

// textOf is n units of text.
func textOf(dataCoding byte, n int) string {
	if udh.CodingOf(dataCoding, udh.GSM7) == udh.UCS2 {
		return strings.Repeat("\x04\x3F", n)
	}
	return strings.Repeat("a", n)
}

// inParts is a message in parts by sar_* parameters, of so many units each.
func inParts(dataCoding byte, ref uint16, units ...int) (parts []smpp.Frame) {
	for i, n := range units {
		parts = append(parts, submitSM(dataCoding, 0, textOf(dataCoding, n), sarTLVs(ref, byte(len(units)), byte(i+1))))
	}
	return parts
}

// arrived is what a message came to.
type arrived struct {
	concat udh.Part // of the first part's header, zero if it has none
	number int      // -1: none
	by     string   // how each part carries it: e, m, or - for a part without
}

// together puts the parts of a message together again. All must go on alike, with the text of the ESME.
func together(t *testing.T, in []smpp.Frame, got []smpp.Message) (a arrived) {
	t.Helper()
	a.number = -1
	for i, m := range got {
		coding, text, headerLen := udh.CodingOf(m.DataCoding(), udh.GSM7), m.UserData(), 0
		n, by := -1, "-"
		var concat udh.Part
		if m.HasUDH() {
			h, err := udh.ParseHeader(text)
			if err != nil {
				t.Fatal(err)
			}
			headerLen, text = h.Len(), text[h.Len():]
			concat, _ = h.Concat()
			if number, ok := udh.Number(h, 0x80); ok {
				n, by = int(number), "e"
			}
		}
		if units, ok := udh.TextLen(coding, text); !ok || units > udh.Room(coding, headerLen) {
			t.Errorf("part %d: %d units do not fit behind %d octets", i, units, headerLen)
		}
		if number, ok := udh.DefaultMarker.Find(text, coding); ok {
			n, by = int(number), "m"
			text, _ = udh.DefaultMarker.Remove(text, coding)
		}
		was := parsed(t, in[i])
		if !bytes.Equal(text, was.UserData()) {
			t.Errorf("part %d: text\n% x, want\n% x", i, text, was.UserData())
		}
		if i == 0 {
			a.concat = concat
		}
		sar := was.Frame[len(was.Frame)-3*4-4:] // total and sequence number are the last octets of two of three
		kept := bytes.HasSuffix(m.Frame, sar)
		want := a.concat
		if want.Total > 0 {
			want.Total, want.Seq = sar[len(sar)-6], sar[len(sar)-1]
		}
		if concat != want || kept != (want.Total == 0) {
			t.Errorf("part %d: got %+v, sar_* kept %v, want %+v as the others", i, concat, kept, want)
		}
		if a.number >= 0 && n >= 0 && n != a.number {
			t.Errorf("part %d: got number %d, want %d as the others", i, n, a.number)
		}
		a.number, a.by = max(a.number, n), a.by+by
	}
	return a
}

// A message by sar_* parameters goes on alike in all parts, and the choice is made before the first part
// leaves: with IE 00, behind which everything fits that fits an SMS; with IE 08, if it begins with a short
// part; with carriage text, as it came, and the marker behind the last part.
func TestSARParts(t *testing.T) {
	s := newSender(t)
	for i, tt := range []struct {
		name     string
		carriage numbering.Carriage
		dc       byte
		units    []int
		as       udh.Part // but for the reference
		by       string
	}{
		{"surrogate pair at the cut", numbering.ByElement, 8, []int{66, 67, 10}, udh.Part{Total: 3, Seq: 1}, "--e"},
		{"escape at the cut", numbering.ByElement, 0, []int{152, 153, 10}, udh.Part{Total: 3, Seq: 1}, "--e"},
		{"words", numbering.ByElement, 0, []int{140, 153, 150, 10}, udh.Part{Total: 4, Seq: 1}, "e--e"},
		{"octets", numbering.ByElement, 3, []int{133, 134, 10}, udh.Part{Total: 3, Seq: 1}, "--e"},
		{"full parts", numbering.ByElement, 0, []int{153, 153}, udh.Part{Total: 2, Seq: 1}, "--"},
		{"short", numbering.ByElement, 0, []int{40, 152, 10}, udh.Part{Wide: true, Total: 3, Seq: 1}, "e-e"},
		{"too long for a header", numbering.ByElement, 0, []int{154, 20, 10}, udh.Part{}, "---"},
		{"too long for a header, auto", numbering.Auto, 0, []int{154, 20, 10}, udh.Part{}, "--m"},
		{"auto", numbering.Auto, 0, []int{153, 8}, udh.Part{Total: 2, Seq: 1}, "-e"},
		{"auto, room for the marker only", numbering.Auto, 0, []int{153, 149}, udh.Part{Total: 2, Seq: 1}, "-m"},
		{"marker", numbering.ByMarker, 0, []int{153, 8}, udh.Part{}, "-m"},
		{"marker in UCS2", numbering.ByMarker, 8, []int{67, 8}, udh.Part{}, "-m"},
		{"no room for the marker", numbering.ByMarker, 0, []int{153, 150}, udh.Part{}, "--"},
	} {
		s.Use(Policies{Default: Account{Policy: numbering.Policy{When: numbering.All, Carriage: tt.carriage}}})
		ref := uint16(0x1234 + i)
		if tt.as.Ref = ref; tt.as.Total == 0 {
			tt.as.Ref = 0
		} else if !tt.as.Wide {
			tt.as.Ref &= 0xFF
		}
		in := inParts(tt.dc, ref, tt.units...)
		if got := together(t, in, s.pass(in...)); got.concat != tt.as || got.by != tt.by {
			t.Errorf("%s: got %+v, want %+v by %s", tt.name, got, tt.as, tt.by)
		}
	}
}

// Messages in parts of any length that fits an SMS go on alike, in whatever order their parts come. The one
// exception is a first part of at most a quarter of an SMS, with one behind it that fills an SMS.
func TestSARPartsAtRandom(t *testing.T) {
	r, s := seed.Rand(t), newSender(t)
	for c := range 3 {
		carriage := numbering.Carriage(c)
		s.Use(Policies{Default: Account{Policy: numbering.Policy{When: numbering.All, Carriage: carriage}}})
		for message := range 30 {
			dc := []byte{0, 3, 8}[r.IntN(3)]
			coding := udh.CodingOf(dc, udh.GSM7)
			units := make([]int, 2+r.IntN(4))
			for i := range units {
				units[i] = randomUnits(r, coding)
			}
			in := inParts(dc, uint16(0x1200+30*c+message), units...)
			if short := units[0] <= udh.Room(coding, 0)/4; short && slices.Max(units) > udh.Room(coding, 7) {
				continue
			}
			r.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
			got := together(t, in, s.pass(in...))
			if got.concat.Total > 0 != (carriage != numbering.ByMarker) {
				t.Errorf("carriage %d, parts of %d: got %+v", carriage, units, got)
			}
		}
	}
}

// randomUnits is a length of a part, often one at which something changes.
func randomUnits(r *rand.Rand, c udh.Coding) int {
	full := udh.Room(c, 6)
	if r.IntN(2) == 0 {
		return full - r.IntN(8)
	}
	return 1 + r.IntN(full)
}

// Two messages whose references have the same low bits come at the same time: their parts are not mixed up.
func TestSARPartsCollide(t *testing.T) {
	s := newSender(t)
	one, two := inParts(0, 0x0105, 150, 150, 10), inParts(0, 0x0205, 150, 150, 10)
	got := s.pass(one[0], two[0], one[1], two[1], one[2], two[2])
	first := together(t, one, []smpp.Message{got[0], got[2], got[4]})
	second := together(t, two, []smpp.Message{got[1], got[3], got[5]})
	if want := (udh.Part{Ref: 5, Total: 3, Seq: 1}); first.concat != want || second.concat.Total != 0 || first.by != "--e" {
		t.Errorf("got %+v and %+v, want the second as it came", first, second)
	}
}

// A message goes on as it has begun when the policy changes between its parts.
func TestSARPartsOverReload(t *testing.T) {
	off, all := numbering.Policy{When: numbering.Off}, numbering.Policy{When: numbering.All}
	marker := numbering.Policy{When: numbering.All, Carriage: numbering.ByMarker}
	s := newSender(t)
	for i, tt := range []struct {
		name          string
		before, after numbering.Policy
		converted     bool
	}{
		{"off, on", off, all, false},
		{"on, off", all, off, true},
		{"requested, all", numbering.Policy{}, all, false},
		{"marker, element", marker, all, false},
		{"element, marker", all, marker, true},
	} {
		in := inParts(0, uint16(9+i), 60, 153, 10)
		s.Use(Policies{Default: Account{Policy: tt.before}})
		got := s.pass(in[0])
		s.Use(Policies{Default: Account{Policy: tt.after}})
		if a := together(t, in, append(got, s.pass(in[1:]...)...)); a.concat.Total > 0 != tt.converted {
			t.Errorf("%s: got %+v, converted: want %v", tt.name, a, tt.converted)
		}
	}
}

// A NUL behind short_message that sm_length does not count does not hide the optional parameters:
// the parts of a message have one number, and what is for a port has none.
func TestUncountedNUL(t *testing.T) {
	behindNUL := func(tlvs []byte) []byte { return append([]byte{0}, tlvs...) }
	port := smpp.AppendTLV(nil, smpp.TagDestinationPort, []byte{0x0B, 0x84})
	in := []smpp.Frame{
		submitSM(0, 0, "Hello, ", behindNUL(sarTLVs(9, 2, 1))), submitSM(0, 0, "world", behindNUL(sarTLVs(9, 2, 2))),
		submitSM(0, 0, "Hello", behindNUL(port)),
	}
	got := newSender(t).pass(in...)
	if a := together(t, in[:2], got[:2]); a.number != 1 || a.by != "ee" || a.concat.Total != 2 {
		t.Errorf("parts: got %+v, want number 1 in both", a)
	}
	for i, m := range got[:2] {
		want := behindNUL(smpp.AppendTLV(nil, smpp.TagUserMessageReference, []byte{0, 42}))
		if !bytes.HasSuffix(m.Frame, want) {
			t.Errorf("part %d: behind the text: got % x, want the NUL and user_message_reference", i+1, []byte(m.Frame))
		}
	}
	if !bytes.Equal(got[2].Frame, in[2]) {
		t.Errorf("for a port: got % x, want it unchanged", []byte(got[2].Frame))
	}
}
