//go:build e2e

package interop

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/smpp"
	"readback/udh"
)

// iei identifies the element, as the gateway's default has it.
const iei = 0x80

// ofPeers leaves out what is nobody's but the gateway's own: enquire_link of each
// leg, feedback, and the unbind by which it ends a leg; hasty also leaves out the
// peer's unbind and what belongs to it.
func (t traffic) ofPeers(hasty bool) traffic {
	feedback := map[uint32]bool{}
	for _, f := range t.down {
		if isFeedback(f) {
			feedback[f.Seq()] = true
		}
	}
	own := func(f smpp.Frame) bool { return hasty || f.Seq() >= smpp.OwnSeq }
	drop := func(f smpp.Frame) bool {
		switch f.ID() {
		case pdu.EnquireLinkID, pdu.EnquireLinkRespID:
			return true
		case pdu.UnbindID, pdu.UnbindRespID:
			return own(f)
		case pdu.DeliverSMRespID:
			return feedback[f.Seq()]
		}
		return isFeedback(f)
	}
	return traffic{slices.DeleteFunc(t.up, drop), slices.DeleteFunc(t.down, drop)}
}

// isFeedback reports whether f is what the gateway tells of a read message.
func isFeedback(f smpp.Frame) bool {
	return f.ID() == pdu.DeliverSMID && bytes.Contains(f, []byte("readback receiver:"))
}

// crossing compares the two sides of the gateway.
type crossing struct {
	numbered    int
	changedSeqs int
	renumbered  map[uint32]uint32 // of one connection: sequence_number behind the gateway → before it
}

// compareUp holds what the SMSC got against what the ESME sent.
func (c *crossing) compareUp(t *testing.T, sent, got []smpp.Frame) {
	t.Helper()
	for i := range min(len(sent), len(got)) {
		want, f := sent[i], bytes.Clone(got[i])
		if smpp.Frame(f).Seq() != want.Seq() && smpp.Frame(f).Seq() >= smpp.OwnSeq && !want.IsResponse() {
			c.changedSeqs++
			c.renumbered[smpp.Frame(f).Seq()] = want.Seq()
			smpp.Frame(f).SetSeq(want.Seq())
		}
		if bytes.Equal(f, want) {
			continue
		}
		if untracked, ok := untrack(f, want); ok && bytes.Equal(untracked, want) {
			c.numbered++
			continue
		}
		if original, ok := withoutNumber(f, want); ok && bytes.Equal(original, want) {
			continue
		}
		t.Errorf("PDU %d, %s: the ESME sent\n% x\nthe SMSC got\n% x", i+1, smpp.Command(want.ID()), want, got[i])
		break
	}
	if len(sent) != len(got) {
		t.Errorf("PDUs to the SMSC: the ESME sent %s, the SMSC got %s", names(sent), names(got))
	}
}

// compareDown holds what the ESME got against what the SMSC sent.
func (c *crossing) compareDown(t *testing.T, sent, got []smpp.Frame) {
	t.Helper()
	for i := range min(len(sent), len(got)) {
		want := smpp.Frame(bytes.Clone(sent[i]))
		if seq, ok := c.renumbered[want.Seq()]; ok && want.IsResponse() {
			want.SetSeq(seq)
		}
		if !bytes.Equal(got[i], want) {
			t.Errorf("PDU %d, %s: the SMSC sent\n% x\nthe ESME got\n% x", i+1, smpp.Command(want.ID()), want, got[i])
			break
		}
	}
	if len(sent) != len(got) {
		t.Errorf("PDUs to the ESME: the SMSC sent %s, the ESME got %s", names(sent), names(got))
	}
}

// untrack takes the number out of a submit_sm or data_sm again, and puts back the bits that
// ask for acknowledgements as the ESME had them.
func untrack(f, was smpp.Frame) (smpp.Frame, bool) {
	if f.ID() != pdu.SubmitSMID && f.ID() != pdu.DataSMID {
		return nil, false
	}
	m, err := smpp.ParseMessage(f)
	original, errWas := smpp.ParseMessage(was)
	if err != nil || errWas != nil {
		return nil, false
	}
	ud, class, ok := withoutElement(m)
	if !ok {
		if ud, ok = withoutMarker(m); !ok {
			return nil, false
		}
	}
	asked := original.RegisteredDelivery() & smpp.RegisteredAckMask
	return m.AppendUserData(nil, ud, class, m.RegisteredDelivery()|asked)
}

// withoutNumber takes the element out of the new text of a numbered message, and puts back the bits that ask
// for acknowledgements.
func withoutNumber(f, was smpp.Frame) (smpp.Frame, bool) {
	if f.ID() != pdu.ReplaceSMID {
		return nil, false
	}
	r, err := smpp.ParseReplace(f)
	original, errWas := smpp.ParseReplace(was)
	if err != nil || errWas != nil {
		return nil, false
	}
	ud, _, ok := udh.Remove(nil, r.UserData(), iei)
	if !ok {
		return nil, false
	}
	asked := original.RegisteredDelivery() & smpp.RegisteredAckMask
	return r.AppendChanged(nil, ud, r.RegisteredDelivery()|asked)
}

func withoutElement(m smpp.Message) (ud []byte, class byte, ok bool) {
	class = m.ESMClass()
	if !m.HasUDH() {
		return nil, class, false
	}
	ud, has, ok := udh.Remove(nil, m.UserData(), iei)
	if ok && !has {
		class &^= smpp.ESMClassUDHI
	}
	return ud, class, ok
}

func withoutMarker(m smpp.Message) ([]byte, bool) {
	coding := udh.CodingOf(m.DataCoding(), udh.GSM7)
	return udh.DefaultMarker.Remove(m.UserData(), coding)
}

// clock is what the simulator's receipts have of the time, and of the text, whose
// beginning is not shown when a header stands before it.
var clock = regexp.MustCompile(`date:\d{10}|text:[^"]*$`)

// finalDate is a final_date, in a frame and in hexadecimal.
var finalDate = regexp.MustCompile(`\d{12}000\+|(3\d ){12}30 30 30 2b`)

// blurDates takes the time of a final_date out of what a peer saw.
func blurDates(s string) string { return finalDate.ReplaceAllString(s, "final_date") }

// blurReceipt takes out of a receipt, or of the answer to a query_sm, what may differ from run to run.
func blurReceipt(f smpp.Frame) smpp.Frame {
	if f.ID() == pdu.QuerySMRespID {
		return smpp.Frame(blurDates(string(f)))
	}
	m, err := smpp.ParseMessage(f)
	if f.ID() != pdu.DeliverSMID || err != nil || m.ESMClass()&smpp.ESMClassType != smpp.ESMClassReceipt {
		return bytes.Clone(f)
	}
	text := clock.ReplaceAll(m.UserData(), nil)
	blurred, _ := m.AppendUserData(nil, text, m.ESMClass(), m.RegisteredDelivery()) // shorter text always fits
	return blurred
}

// names lists PDUs for a message of failure.
func names(all []smpp.Frame) string {
	var out []string
	for _, f := range all {
		out = append(out, smpp.Command(f.ID()))
	}
	return "[" + strings.Join(out, " ") + "]"
}
