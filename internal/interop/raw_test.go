//go:build e2e

package interop

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdutlv"

	"readback/internal/simulator"
	"readback/smpp"
)

const (
	vendorID     pdu.ID = 0x00010200 // of the range that SMPP 3.4 §5.1.2.1 gives to SMSC vendors
	reservedID   pdu.ID = 0x00000177 // of no version of SMPP
	broadcastID  pdu.ID = 0x00000111 // broadcast_sm (SMPP 5.0 §4.4.1)
	vendorStatus        = 0x00000432
)

// unhex reads octets written with spaces between them.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err) // a constant of this package
	}
	return b
}

func tlv(tag pdutlv.Tag, value string) []byte { return smpp.AppendTLV(nil, tag, []byte(value)) }

// cstrings are fields with a NUL behind each.
func cstrings(fields ...string) []byte { return []byte(strings.Join(fields, "\x00") + "\x00") }

// addressed is a TON, an NPI and an address.
func addressed(a simulator.Address) []byte {
	return append([]byte{a.TON, a.NPI}, cstrings(a.Addr)...)
}

// oddTLVs are vendor parameters out of order, some twice, one empty.
var oddTLVs = bytes.Join([][]byte{
	tlv(0x3FFF, ""), tlv(0x1403, "b"), tlv(smpp.TagUserMessageReference, "\x00\x2A"),
	tlv(0x1400, "DLT-1107"), tlv(0x1403, "a"), tlv(smpp.TagUserMessageReference, "\x00\x2B"),
	tlv(0x0001, "\x00"),
}, nil)

// dataSM makes a data_sm (SMPP 3.4 §4.7.1).
func dataSM(seq uint32, a, b simulator.Address, esmClass byte, tlvs ...[]byte) smpp.Frame {
	return frame(pdu.DataSMID, seq, cstrings(""), addressed(a), addressed(b),
		[]byte{esmClass, 0, 0}, bytes.Join(tlvs, nil))
}

// submitMulti is to two addresses and a distribution list (SMPP 3.4 §4.5.1).
func submitMulti(seq uint32) smpp.Frame {
	return frame(pdu.SubmitMultiID, seq, cstrings("WAP"), addressed(from), []byte{3},
		[]byte{1}, addressed(to), []byte{2}, cstrings("everybody"), []byte{1},
		addressed(simulator.Number("447700900124")), make([]byte, 9), []byte{5}, []byte("Hello"), oddTLVs)
}

// broadcast is a broadcast_sm with its mandatory TLVs (SMPP 5.0 §4.4.1).
func broadcast(seq uint32) smpp.Frame {
	return frame(broadcastID, seq, cstrings(""), addressed(from), cstrings("", ""), []byte{0}, cstrings("", ""),
		[]byte{0, 0, 0}, tlv(0x0606, "\x01\x01"), tlv(0x0604, "\x00\x02"), tlv(smpp.TagMessagePayload, "to all"))
}

// TestMessageOperations sends every kind of request that an ESME has, one by one.
func TestMessageOperations(t *testing.T) {
	const long = 60 << 10
	concat16 := func(m *simulator.ShortMessage) {
		m.ESMClass = smpp.ESMClassUDHI
		m.UserData = append(unhex("06 08 04 12 34 02 01"), "first half, "...)
	}
	ports := func(m *simulator.ShortMessage) {
		m.ESMClass, m.DataCoding = smpp.ESMClassUDHI, 0xF5
		m.UserData = unhex("06 05 04 0B 84 23 F0 01 06 01 AE 02 05 6A 00 45 C6")
	}
	payload := func(text string) func(m *simulator.ShortMessage) {
		return func(m *simulator.ShortMessage) { m.TLVs = append(tlv(smpp.TagMessagePayload, text), oddTLVs...) }
	}
	requests := []smpp.Frame{
		submit(2, "Hello", nil),
		submit(3, "vendor TLVs", func(m *simulator.ShortMessage) { m.TLVs = oddTLVs }),
		submit(4, "stray octets", func(m *simulator.ShortMessage) { m.TLVs = unhex("00 01 02") }),
		submit(5, "", concat16),
		submit(6, "", ports),
		submit(7, "", payload("short payload")),
		submit(8, "", payload(strings.Repeat("60 KiB. ", long/8))),
		submit(9, strings.Repeat("full", 40), nil),
		submit(10, "both acknowledgements", func(m *simulator.ShortMessage) { m.RegisteredDelivery = 0x1D }),
		dataSM(11, from, to, 0, tlv(0x1403, "x"), tlv(smpp.TagMessagePayload, "data"), tlv(0x1400, "y")),
		submitMulti(12),
		frame(pdu.QuerySMID, 13, cstrings("4A7F01"), addressed(from)),
		frame(pdu.QuerySMID, 14, cstrings("unknown"), addressed(from), oddTLVs),
		frame(pdu.CancelSMID, 15, cstrings("", "4A7F02"), addressed(from), addressed(to)),
		frame(pdu.ReplaceSMID, 16, cstrings("4A7F03"), addressed(from), cstrings("", ""), []byte{0, 0, 3}, []byte("new")),
		broadcast(17),
		frame(vendorID, 18, unhex("DE AD BE EF 00 FF")),
		frame(reservedID, 19),
		frame(pdu.SubmitSMID, 20, cstrings("cut short")),
		submit(0x7FFFFFFF, "the highest number", nil),
		submit(0x80000001, "beyond the highest number", nil),
		submit(0xFFFFFFFF, "beyond all", nil),
	}
	numbered := 9 // 2, 3, 7, 10, 12, the last three, and 5: a part has room like any other
	s := scenario{smsc: withoutClock, numbered: numbered, play: func(w *world) []string {
		e := w.bindRaw(simulator.Bind{})
		for _, f := range requests {
			e.call(f)
		}
		return e.leave()
	}}
	s.run(t)
}

// TestOldPeer binds as version 3.3, which knows neither TLVs nor data_sm, to an
// SMSC that does not tell its own version.
func TestOldPeer(t *testing.T) {
	const version33 = 0x33
	s := scenario{
		smsc: func() simulator.Options { return simulator.Options{OmitVersion: true, DecimalIDs: true} }, numbered: 2,
		play: func(w *world) []string {
			var saw []string
			for _, id := range []pdu.ID{pdu.BindTransmitterID, pdu.BindReceiverID, pdu.BindTransceiverID} {
				e := w.bindRaw(simulator.Bind{ID: id, SystemID: account, Password: password, Version: version33, SystemType: "VMA"})
				if id != pdu.BindReceiverID {
					e.call(submit(7, "from an old peer", nil))
				}
				saw = append(saw, e.leave()...)
			}
			return saw
		},
	}
	s.run(t)
}

// TestResponses has an SMSC that answers in unusual ways.
func TestResponses(t *testing.T) {
	answer := func(_ string, f smpp.Frame) ([]byte, bool) {
		id := smpp.ResponseID(f.ID())
		switch f.Seq() {
		case 2: // negative, without body
			return smpp.AppendHeader(nil, id, smpp.StatusQueueFull, f.Seq(), 0), true
		case 3: // of no version of SMPP, and with TLVs
			return append(smpp.AppendHeader(nil, id, vendorStatus, f.Seq(), 1+len(oddTLVs)), append([]byte{0}, oddTLVs...)...), true
		case 4: // generic_nack in place of the response
			return smpp.AppendHeader(nil, pdu.GenericNACKID, smpp.StatusInvCmdID, f.Seq(), 0), true
		case 5: // accepted, with a message_id of 64 octets and TLVs
			body := append(cstrings(strings.Repeat("m", 64)), oddTLVs...)
			return append(smpp.AppendHeader(nil, id, 0, f.Seq(), len(body)), body...), true
		case 6: // accepted, without message_id
			return smpp.AppendHeader(nil, id, 0, f.Seq(), 0), true
		case 7: // a response of the wrong kind, and then its own
			wrong := smpp.AppendHeader(nil, pdu.DataSMRespID, 0, f.Seq(), 0)
			return smpp.AppendHeader(wrong, id, 0, f.Seq(), 0), true
		}
		return nil, false
	}
	smsc := func() simulator.Options { return simulator.Options{Answer: answer} }
	s := scenario{smsc: smsc, numbered: 7, play: func(w *world) []string {
		e := w.bindRaw(simulator.Bind{})
		for seq := uint32(2); seq <= 7; seq++ {
			e.call(submit(seq, "answered in an unusual way", nil))
		}
		for seq := uint32(2); seq <= 4; seq++ {
			e.call(frame(pdu.QuerySMID, seq, cstrings("4A7F01"), addressed(from)))
		}
		e.call(submit(8, "to a receiver that is refused", func(m *simulator.ShortMessage) { m.To.Addr = "447700900008" }))
		return e.leave()
	}}
	s.run(t)
}

// TestOrder has an SMSC that answers in reverse order, and an ESME that uses one
// sequence_number several times at once, and zero.
func TestOrder(t *testing.T) {
	const inFlight = 5
	s := scenario{numbered: inFlight, renumbered: 2}
	s.smsc = func() simulator.Options { return simulator.Options{Answer: reversed(inFlight)} }
	s.play = func(w *world) []string {
		e := w.bindRaw(simulator.Bind{})
		for i, seq := range []uint32{9, 0, 9, 0, 8} {
			if err := e.Send(submit(seq, "message "+string(rune('A'+i)), nil)); err != nil {
				w.Fatal(err)
			}
		}
		responses, err := e.WaitReceived(w.ctx, inFlight, pdu.SubmitSMRespID)
		if err != nil {
			w.Fatalf("responses: got %d, want %d: %v", len(responses), inFlight, err)
		}
		for _, r := range responses {
			e.note("response", r.Frame)
		}
		return e.leave()
	}
	s.run(t)
}

// reversed answers n submit_sm at once, the last one first.
func reversed(n int) func(string, smpp.Frame) ([]byte, bool) {
	var held [][]byte
	return func(_ string, f smpp.Frame) ([]byte, bool) {
		if f.ID() != pdu.SubmitSMID {
			return nil, false
		}
		id := binary.BigEndian.AppendUint16(nil, uint16(len(held))+0x4141)
		held = append([][]byte{frame(pdu.SubmitSMRespID, f.Seq(), id, []byte{0})}, held...)
		if len(held) < n {
			return nil, true
		}
		return bytes.Join(held, nil), true
	}
}
