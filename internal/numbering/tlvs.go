package numbering

import (
	"encoding/binary"
	"time"

	"readback/smpp"
	"readback/udh"
)

// tlvs is what the interceptor wants to know of the optional parameters.
type tlvs struct {
	reference    uint16 // user_message_reference (SMPP 3.4 §5.3.2.17)
	hasReference bool
	lives        time.Duration // qos_time_to_live, of a data_sm (SMPP 3.4 §5.3.2.9)
	ports        bool          // source_port or destination_port: for an application
	noMessage    bool          // no person reads it

	// The sar_* parameters (SMPP 3.4 §5.3.2.22–24): all three, or none.
	sar              bool // any of them is there
	sarRef           uint16
	sarTotal, sarSeq byte
	hasRef           bool
}

func readTLVs(m *smpp.Message) (t tlvs) {
	r := m.TLVs()
	for tlv, ok := r.Next(); ok; tlv, ok = r.Next() {
		switch tlv.Tag {
		case smpp.TagUserMessageReference:
			if len(tlv.Value) == 2 {
				t.reference, t.hasReference = binary.BigEndian.Uint16(tlv.Value), true
			}
		case smpp.TagQosTimeToLive:
			if len(tlv.Value) == 4 {
				t.lives = time.Duration(binary.BigEndian.Uint32(tlv.Value)) * time.Second
			}
		case smpp.TagSourcePort, smpp.TagDestinationPort:
			t.ports = true
		case smpp.TagSarMsgRefNum, smpp.TagSarTotalSegments, smpp.TagSarSegmentSeqnum:
			t.readSAR(tlv)
		default:
			t.noMessage = t.noMessage || saysNoMessage(tlv)
		}
	}
	return t
}

func (t *tlvs) readSAR(tlv smpp.TLV) {
	t.sar = true
	switch {
	case tlv.Tag == smpp.TagSarMsgRefNum && len(tlv.Value) == 2:
		t.sarRef, t.hasRef = binary.BigEndian.Uint16(tlv.Value), true
	case tlv.Tag == smpp.TagSarTotalSegments && len(tlv.Value) == 1:
		t.sarTotal = tlv.Value[0]
	case tlv.Tag == smpp.TagSarSegmentSeqnum && len(tlv.Value) == 1:
		t.sarSeq = tlv.Value[0]
	}
}

// part is what the sar_* parameters say, if they are whole and there is no header, which
// would exclude them.
func (t *tlvs) part(hasUDH bool) (p udh.Part, ok bool) {
	if hasUDH || !t.hasRef || t.sarSeq == 0 || t.sarSeq > t.sarTotal {
		return udh.Part{}, false
	}
	return udh.Part{Ref: t.sarRef, Wide: true, Total: t.sarTotal, Seq: t.sarSeq}, true
}

// withoutSAR leaves the sar_* parameters out.
func withoutSAR(tlv smpp.TLV) (value []byte, keep bool) {
	switch tlv.Tag {
	case smpp.TagSarMsgRefNum, smpp.TagSarTotalSegments, smpp.TagSarSegmentSeqnum:
		return nil, false
	}
	return tlv.Value, true
}
