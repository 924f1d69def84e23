package gateway

import (
	"bytes"
	"fmt"
	"testing"

	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/smpp"
	"readback/udh"
)

// passOneByOne sends messages of an ESME, each when the one before is answered, and returns what the
// SMSC got of each.
func passOneByOne(t *testing.T, policy numbering.Policy, messages ...smpp.Frame) (got []smpp.Message) {
	t.Helper()
	esme, smsc := serve(t, setup{ledger: manyLedger(t), policy: policy}).bind(simulator.Bind{})
	for i, f := range messages {
		f.SetSeq(uint32(i + 2))
		esme.Send(f)
		sent := bytes.Clone(smsc.Next("message"))
		got = append(got, parsed(t, sent))
		smsc.Send(accepted(smpp.Frame(sent).Seq(), fmt.Sprint("id", i)))
		esme.Want("submit_sm_resp", accepted(uint32(i+2), fmt.Sprint("id", i)))
	}
	return got
}

// A NUL behind short_message that sm_length does not count does not hide the optional parameters:
// the parts of a message have one number, and what is for a port has none.
func TestUncountedNUL(t *testing.T) {
	behindNUL := func(tlvs []byte) []byte { return append([]byte{0}, tlvs...) }
	port := smpp.AppendTLV(nil, smpp.TagDestinationPort, []byte{0x0B, 0x84})
	binary := submitSM(0, 0, "Hello", behindNUL(port))
	got := passOneByOne(
		t, numbering.Policy{When: numbering.All},
		submitSM(0, 0, "Hello, ", behindNUL(sarTLVs(9, 2, 1))), submitSM(0, 0, "world", behindNUL(sarTLVs(9, 2, 2))), binary,
	)
	for i, m := range got[:2] {
		h, err := udh.ParseHeader(m.UserData())
		if err != nil || !m.HasUDH() {
			t.Fatalf("part %d: header: %v", i+1, err)
		}
		part, isPart := h.Concat()
		if number, ok := udh.Number(h, 0x80); !isPart || int(part.Seq) != i+1 || part.Total != 2 || !ok || number != 1 {
			t.Errorf("part %d: got %+v of number %d, want number 1", i+1, part, number)
		}
		if tail := m.Frame[len(m.Frame)-7:]; !bytes.Equal(tail, behindNUL(smpp.AppendTLV(nil, smpp.TagUserMessageReference, []byte{0, 42}))) {
			t.Errorf("part %d: behind the text: got % x, want the NUL and user_message_reference", i+1, []byte(tail))
		}
	}
	if !bytes.Equal(got[2].Frame, binary) {
		t.Errorf("for a port: got % x, want it unchanged", []byte(got[2].Frame))
	}
}
