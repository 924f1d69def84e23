package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// TestWhyCommand asks why a message has no number.
func TestWhyCommand(t *testing.T) {
	r := startService(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	esme, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "bank"}})
	if err != nil {
		t.Fatal(err)
	}
	m := simulator.ShortMessage{
		From: simulator.Number("10690001"), To: simulator.Number("447700900101"), DataCoding: 4, UserData: []byte("x"), RegisteredDelivery: smpp.RegisteredReadAck,
	}
	resp, err := esme.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0))
	if err != nil {
		t.Fatal(err)
	}
	id := string(smpp.MessageID(resp))
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, " bank "},
		{nil, " +44*********1 "},
		{nil, " binary  " + id + "  "},
		{[]string{"--account", "bank", "--full"}, " +447700900101 "},
		{[]string{"--account", "bank", "--json"}, `"skip":"binary"`},
	} {
		out, err := execute(t, append([]string{"why", "--ops", r.Ops()}, tt.args...)...)
		if err != nil || !strings.Contains(out, tt.want) {
			t.Errorf("%v: got %q, %v; want %q", tt.args, out, err, tt.want)
		}
	}
	const faulty = "447700900008" // a receiver that the simulated SMSC refuses
	m.To, m.DataCoding = simulator.Number(faulty), 0
	if resp, err = esme.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0)); err != nil || resp.Status() == smpp.StatusOK {
		t.Fatalf("got %v, %v, want it refused", resp, err)
	}
	for _, args := range [][]string{{"why"}, {"receiver", faulty}} {
		if out, err := execute(t, append(args, "--ops", r.Ops())...); err != nil || !strings.Contains(out, "refused") || !strings.Contains(out, smpp.StatusName(resp.Status())) {
			t.Errorf("%v: got %q, %v; want that the SMSC refused the message", args, out, err)
		}
	}
	if out, err := execute(t, "message", id, "--ops", r.Ops()); err != nil || !strings.Contains(out, "binary") {
		t.Errorf("message %s: got %q, %v; want why it has no number", id, out, err)
	}
	if out, err := execute(t, "why", "--json", "--account", "shop", "--ops", r.Ops()); err != nil || out != "" {
		t.Errorf("of another account: got %q, %v", out, err)
	}
}
