package gateway

import (
	"errors"
	"slices"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/golden"
	"readback/internal/numbering"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/ledger"
	"readback/smpp"
)

// Each submit_sm is counted by what became of its number.
func TestSkipsCounted(t *testing.T) {
	away := false
	w := serve(t, setup{policy: numbering.Policy{When: numbering.All}, ledger: fakeLedger{assign: func(s *ledger.Sent) error {
		if away {
			return errors.New("away")
		}
		s.Number = 1
		return nil
	}}})
	esme, smsc := w.bind(simulator.Bind{})
	canned := text(receiver, 1)
	canned[len(canned)-len("Your code is 4711.")-2] = 1 // sm_default_msg_id
	tests := []struct {
		skip numbering.Skip
		in   smpp.Frame
	}{
		{numbering.Numbered, golden.Bytes(t, "submit_gsm7.txt", "in")},
		{numbering.NoRoom, golden.Bytes(t, "submit_gsm7_full.txt", "in")},
		{numbering.Taken, golden.Bytes(t, "submit_taken.txt", "in")},
		{numbering.Malformed, golden.Bytes(t, "submit_malformed_udh.txt", "in")},
		{numbering.Malformed, testpeer.Frame(pdu.SubmitSMID, 0, 1, "broken")},
		{numbering.Binary, golden.Bytes(t, "submit_port_binary.txt", "in")},
		{numbering.NoSender, golden.Bytes(t, "submit_no_sender.txt", "in")},
		{numbering.NotAMessage, golden.Bytes(t, "submit_ussd_op.txt", "in")},
		{numbering.Ack, golden.Bytes(t, "submit_ack.txt", "in")},
		{numbering.Replace, golden.Bytes(t, "submit_replace.txt", "in")},
		{numbering.Bypass, canned},
		{numbering.Multi, golden.Bytes(t, "submit_multi.txt", "in")},
		{numbering.LedgerDown, golden.Bytes(t, "submit_gsm7.txt", "in")},
	}
	want := make(map[numbering.Skip]float64)
	for _, tt := range tests {
		away = tt.skip == numbering.LedgerDown
		esme.Send(tt.in)
		smsc.Next(tt.skip.String())
		smsc.Send(testpeer.Frame(smpp.ResponseID(tt.in.ID()), smpp.StatusThrottled, tt.in.Seq(), ""))
		esme.Next("answer")
		want[tt.skip]++
	}
	w.Use(Policies{Accounts: map[string]Account{"bank": {Policy: numbering.Policy{When: numbering.Off}}}, Default: Account{Policy: numbering.Policy{When: numbering.All}}})
	esme.Send(text(receiver, 1), golden.Bytes(t, "submit_multi.txt", "in"))
	smsc.Next("untracked")
	smsc.Next("untracked submit_multi")
	want[numbering.NotRequested]++
	for _, s := range numbering.Skips() {
		if got := w.count("readback_submits_total", "skip="+s.String()); got != want[s] {
			t.Errorf("%s: got %v, want %v", s, got, want[s])
		}
	}
}

// PDUs are counted by who sent them, command and status.
func TestPDUsCounted(t *testing.T) {
	w := serve(t, setup{})
	esme, smsc := w.bind(simulator.Bind{})
	for seq := range uint32(5) {
		esme.Send(text(receiver, seq))
		smsc.Next("submit_sm")
		smsc.Send(testpeer.Frame(pdu.SubmitSMRespID, pdu.Status(seq/3)*smpp.StatusThrottled, seq, ""))
		esme.Next("submit_sm_resp")
	}
	want := map[string]float64{
		"from=esme command=bind_transceiver status=0x00":      1,
		"from=smsc command=bind_transceiver_resp status=0x00": 1,
		"from=esme command=submit_sm status=0x00":             5,
		"from=smsc command=submit_sm_resp status=0x00":        3,
		"from=smsc command=submit_sm_resp status=0x58":        2,
	}
	w.series("readback_pdus_total", func(labels []string, got float64) {
		slices.Sort(labels) // command, from, status
		key := labels[1] + " " + labels[0] + " " + labels[2]
		if got != want[key] {
			t.Errorf("%s: got %v, want %v", key, got, want[key])
		}
		delete(want, key)
	})
	if len(want) > 0 {
		t.Errorf("not counted: %v", want)
	}
	if got := w.count("readback_sessions", ""); got != 1 {
		t.Errorf("sessions: got %v, want 1", got)
	}
}

// Peers cannot fill the memory with commands and statuses of their own.
func TestLabelsBounded(t *testing.T) {
	w := serve(t, setup{})
	const peers = 3000
	for i := range uint32(peers) {
		w.metrics.ofESMEs.count(0, testpeer.Frame(pdu.ID(0x10000+i), pdu.Status(0x500+i), 0, ""))
		w.metrics.ofSMSC.count(0, testpeer.Frame(pdu.SubmitSMRespID, pdu.Status(0x500+i), 0, ""))
		w.metrics.ofSMSC.count(0, testpeer.Frame(pdu.ID(0x10000+i), 0, 0, ""))
	}
	series := 0
	w.series("readback_pdus_total", func(labels []string, value float64) {
		if value == 0 {
			return // it exists from the start
		}
		series++
		if !slices.ContainsFunc(labels, func(l string) bool { return l == "command=other" || l == "status=other" }) || value != peers {
			t.Errorf("%v: got %v, want %d of others", labels, value, peers)
		}
	})
	if remembered := len(w.metrics.ofESMEs.rare) + len(w.metrics.ofSMSC.rare); series != 3 || remembered != 0 {
		t.Errorf("got %d series, %d remembered; want 3 and none", series, remembered)
	}
}
