package gateway

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/ledger"
	"readback/smpp"
)

// Every golden PDU of an ESME leaves the gateway as its file says.
func TestGoldenThroughLink(t *testing.T) {
	var number atomic.Uint32
	w := serve(t, setup{ledger: fakeLedger{assign: func(s *ledger.Sent) error {
		s.Number = uint16(number.Load())
		return nil
	}}})
	esme, smsc := w.bind(simulator.Bind{})
	for _, g := range golden.All(t) {
		f := smpp.Frame(g.In)
		if g.From != "esme" || smpp.IsBind(f.ID()) {
			continue
		}
		number.Store(uint32(g.Number))
		w.Use(Policies{Default: Account{Policy: numbering.Policy{
			When: map[string]numbering.When{"all": numbering.All, "requested": numbering.Requested}[g.When], Carriage: map[string]numbering.Carriage{"udh": numbering.ByElement, "text": numbering.ByMarker, "auto": numbering.Auto}[g.Carriage],
		}}})
		esme.Send(f)
		smsc.Want(g.Name, g.Want())
		answer := testpeer.Frame(smpp.ResponseID(f.ID()), 0, f.Seq(), "of "+g.Name+"\x00") // not that of replace_sm
		smsc.Send(answer)
		esme.Want("answer to "+g.Name, answer)
	}
}

// burst is PDUs of all kinds, numbered from seq.
func burst(t *testing.T, from string, more ...smpp.Frame) (all [][]byte) {
	t.Helper()
	for _, g := range golden.All(t) {
		if f := smpp.Frame(g.In); g.From == from && !smpp.IsBind(f.ID()) {
			all = append(all, bytes.Clone(f))
		}
	}
	for _, f := range more {
		all = append(all, bytes.Clone(f))
	}
	for i, f := range all {
		if f := smpp.Frame(f); f.ID() != pdu.GenericNACKID {
			f.SetSeq(uint32(1000 + i))
		}
	}
	return all
}

// What is not numbered passes both ways at once, octet for octet and in order:
// also what answers nothing, and what no standard knows.
func TestEverythingPasses(t *testing.T) {
	w := serve(t, setup{policy: numbering.Policy{When: numbering.Off}})
	esme, smsc := w.bind(simulator.Bind{})
	vendorTLVs := "\x14\x01\x00\x01b\x14\x00\x00\x00\x14\x01\x00\x01a\xFF\xFF\x00\x00"
	empty := testpeer.Frame(pdu.DeliverSMID, 0, 0, "\x00\x01\x01447700900123\x00\x00\x0110690001\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	odd := []smpp.Frame{
		testpeer.Frame(pdu.DataSMID, 0, 0, "\x00\x01\x01447700900123\x00\x00\x0110690001\x00\x00\x00\x00"+vendorTLVs),
		testpeer.Frame(pdu.DataSMID, 0, 0, "not a data_sm at all"),
		testpeer.Frame(0x00010203, 0, 0, "vendor"),
		testpeer.Frame(0x7FFFFFFF, 0x12345678, 0, ""),
		testpeer.Frame(0x80010203, 0x0499, 0, "its response"),
		testpeer.Frame(pdu.GenericNACKID, smpp.StatusInvCmdID, 0, ""),
		testpeer.Frame(pdu.GenericNACKID, smpp.StatusInvCmdLen, 999, ""),
		testpeer.Frame(0x00010204, 0, 0, strings.Repeat("long", (smpp.MaxFrameLen-smpp.HeaderLen)/4)),
	}
	up := burst(t, "esme", odd...)
	down := burst(t, "smsc", append(odd, empty, testpeer.Frame(pdu.AlertNotificationID, 0, 0, "\x01\x01447700900123\x00\x00\x0110690001\x00"),
		testpeer.Frame(pdu.DeliverSMID, 0, 0, string(empty.Body())+vendorTLVs), testpeer.Frame(pdu.DeliverSMID, 0, 0, "broken"))...)
	go func() { _, _ = esme.Conn.Write(bytes.Join(up, nil)) }() // what does not come is seen below
	go func() { _, _ = smsc.Conn.Write(bytes.Join(down, nil)) }()
	for i := range max(len(up), len(down)) {
		if i < len(up) {
			smsc.Want("from the ESME", up[i])
		}
		if i < len(down) {
			esme.Want("from the SMSC", down[i])
		}
	}
}

// Sequence numbers stay, also those that the gateway counts its own requests in.
func TestSequenceNumbers(t *testing.T) {
	w := serve(t, setup{policy: numbering.Policy{When: numbering.All}, ledger: assigning(1)})
	esme, smsc := w.bind(simulator.Bind{})
	for _, seq := range []uint32{0, 1, 2, smpp.OwnSeq, smpp.OwnSeq + 1, smpp.MaxSeq, 0xFFFFFFFF, 1} {
		esme.Send(text(receiver, seq))
		if f := smsc.Next("submit_sm"); f.Seq() != seq {
			t.Errorf("submit_sm: got sequence_number %#x, want %#x", f.Seq(), seq)
		}
		smsc.Send(accepted(seq, "A"))
		esme.Want("submit_sm_resp", accepted(seq, "A"))

		f := testpeer.Frame(pdu.DeliverSMID, 0, seq, "anything")
		smsc.Send(f)
		esme.Want("deliver_sm", f)
		esme.Send(testpeer.Frame(pdu.DeliverSMRespID, 0, seq, "\x00"))
		smsc.Want("deliver_sm_resp", testpeer.Frame(pdu.DeliverSMRespID, 0, seq, "\x00"))
	}
}

// A number that comes twice in flight leaves once as one of ours; each answer
// finds its request, in whatever order.
func TestSequenceNumberRepeated(t *testing.T) {
	w := serve(t, setup{policy: numbering.Policy{When: numbering.Off}})
	esme, smsc := w.bind(simulator.Bind{})
	const seq = 7
	messages := []smpp.Frame{text("447700900001", seq), text("447700900002", seq), text("447700900003", seq)}
	esme.Send(messages[0], messages[1], messages[2])
	var seqs [3]uint32
	for i, m := range messages {
		f := smsc.Next("submit_sm")
		if seqs[i] = f.Seq(); !bytes.Equal(f[smpp.HeaderLen:], m.Body()) {
			t.Errorf("message %d: got % x, want % x", i, []byte(f), []byte(m))
		}
	}
	if seqs[0] != seq || seqs[1] < smpp.OwnSeq || seqs[2] < smpp.OwnSeq || seqs[1] == seqs[2] {
		t.Errorf("got sequence_numbers %#x, want 7 and two of ours", seqs)
	}
	for _, i := range []int{2, 0, 1} {
		id := string(rune('A' + i))
		smsc.Send(accepted(seqs[i], id))
		esme.Want("submit_sm_resp "+id, accepted(seq, id))
	}
}

// Both sides of the gateway answer enquire_link for themselves.
func TestEnquireLink(t *testing.T) {
	w := serve(t, setup{})
	esme, smsc := w.bind(simulator.Bind{})
	for _, p := range []*testpeer.Peer{esme, smsc} {
		p.Send(testpeer.Frame(pdu.EnquireLinkID, 0, 9, ""))
		p.Want("enquire_link_resp", testpeer.Frame(pdu.EnquireLinkRespID, 0, 9, ""))
	}
}
