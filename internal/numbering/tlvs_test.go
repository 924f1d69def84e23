package numbering

import (
	"testing"

	"readback/smpp"
	"readback/udh"
)

// sar_* parameters tell of a part if all three are there, of their length, and in their bounds.
func TestSARParameters(t *testing.T) {
	tlv := smpp.AppendTLV
	ref, total, seq := tlv(nil, smpp.TagSarMsgRefNum, []byte{1, 2}), tlv(nil, smpp.TagSarTotalSegments, []byte{3}), tlv(nil, smpp.TagSarSegmentSeqnum, []byte{2})
	join := func(tlvs ...[]byte) (all []byte) {
		for _, t := range tlvs {
			all = append(all, t...)
		}
		return all
	}
	seqOf := func(n byte) []byte { return tlv(nil, smpp.TagSarSegmentSeqnum, []byte{n}) }
	for _, tt := range []struct {
		name string
		tlvs []byte
		sar  bool
		ok   bool
		seq  byte
	}{
		{"all three", join(ref, total, seq), true, true, 2},
		{"in any order", join(seq, ref, total), true, true, 2},
		{"the first", join(ref, total, seqOf(1)), true, true, 1},
		{"the last", join(ref, total, seqOf(3)), true, true, 3},
		{"beyond the last", join(ref, total, seqOf(4)), true, false, 0},
		{"before the first", join(ref, total, seqOf(0)), true, false, 0},
		{"no reference", join(total, seq), true, false, 0},
		{"no total", join(ref, seq), true, false, 0},
		{"no number", join(ref, total), true, false, 0},
		{"reference of one octet", join(tlv(nil, smpp.TagSarMsgRefNum, []byte{1}), total, seq), true, false, 0},
		{"total of two octets", join(ref, tlv(nil, smpp.TagSarTotalSegments, []byte{0, 3}), seq), true, false, 0},
		{"number of two octets", join(ref, total, tlv(nil, smpp.TagSarSegmentSeqnum, []byte{0, 2})), true, false, 0},
		{"none", tlv(nil, smpp.TagUserMessageReference, []byte{0, 1}), false, false, 0},
	} {
		m := viewed(t, shortMessage(0, 0, "Hello", tt.tlvs))
		got := readTLVs(&m)
		p, ok := got.part(false)
		want := udh.Part{Ref: 0x0102, Wide: true, Total: 3, Seq: tt.seq}
		if got.sar != tt.sar || ok != tt.ok || ok && p != want {
			t.Errorf("%s: got %t, %+v, %t; want %t, %+v, %t", tt.name, got.sar, p, ok, tt.sar, want, tt.ok)
		}
		if _, ok := got.part(true); ok {
			t.Errorf("%s: a part beside a header", tt.name)
		}
	}
}

// Only a user_message_reference of two octets is one.
func TestReference(t *testing.T) {
	for _, tt := range []struct {
		value string
		want  uint16
		has   bool
	}{{"\x01\x02", 0x0102, true}, {"\x00\x00", 0, true}, {"\x01", 0, false}, {"\x01\x02\x03", 0, false}} {
		m := viewed(t, shortMessage(0, 0, "Hello", smpp.AppendTLV(nil, smpp.TagUserMessageReference, []byte(tt.value))))
		got := readTLVs(&m)
		if got.reference != tt.want || got.hasReference != tt.has || got.ports || got.sar {
			t.Errorf("% x: got %+v, want %d, %t", tt.value, got, tt.want, tt.has)
		}
	}
}
