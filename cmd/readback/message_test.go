package main

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/spf13/cobra"

	"readback/internal/operator"
	"readback/internal/simulator"
	"readback/smpp"
)

// sendTo sends a message, and returns its message_id.
func sendTo(ctx context.Context, t *testing.T, e *simulator.ESME, to string, change func(*simulator.ShortMessage)) string {
	t.Helper()
	m := simulator.ShortMessage{From: simulator.Number("10690001"), To: simulator.Number(to), UserData: []byte("Hello"), RegisteredDelivery: smpp.RegisteredReadAck}
	if change != nil {
		change(&m)
	}
	resp, err := e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0))
	if err != nil {
		t.Fatal(err)
	}
	return string(smpp.MessageID(resp))
}

// TestMessageCommand sends a message, reads it, and follows it until the ESME was told.
func TestMessageCommand(t *testing.T) {
	r := startService(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	told := make(chan struct{}, 10)
	esme, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{
		Bind:      simulator.Bind{SystemID: "bank"},
		OnRequest: func(smpp.Frame) pdu.Status { told <- struct{}{}; return 0 },
	})
	if err != nil {
		t.Fatal(err)
	}
	id := sendTo(ctx, t, esme, "447700900101", nil)
	sendTo(ctx, t, esme, "447700900101", func(m *simulator.ShortMessage) { m.DataCoding = 4 })
	show := func(args ...string) string {
		t.Helper()
		out, err := execute(t, append(args, "--ops", r.Ops())...)
		if err != nil {
			t.Fatalf("%v: got %v", args, err)
		}
		return out
	}
	want := regexp.MustCompile(`(?m)^` + id + `  .*10690001 -> \+44\*+1  bank: sent\n  20.*Z +submitted +by bank in session \d+, number 1 \(udh\)\n  20.*Z +accepted +message_id ` + id + `\n  can be read until 20`)
	if out := show("message", strings.ToLower(id)); !want.MatchString(out) {
		t.Errorf("sent: got %q, want %s", out, want)
	}
	if _, err := execute(t, "reads", "send", "--url", "http://"+r.Reads(), "--receiver", "447700900101", "--number", "1"); err != nil {
		t.Fatal(err)
	}
	<-told
	for !strings.Contains(show("message", id, "--full"), " told ") && ctx.Err() == nil { // the record follows the answer
	}
	var m operator.Message
	if out := show("message", "000"+id, "--json", "--account", "bank"); json.Unmarshal([]byte(out), &m) != nil || m.State != "read" || m.Feedback == nil || m.Feedback.Form != "sme-ack" || m.Way != "http" || m.Session == 0 || m.Feedback.Session != m.Session {
		t.Errorf("in JSON: got %s", out)
	}
	list := show("receiver", "+44 7700 900101")
	if lines := strings.Split(strings.TrimSpace(list), "\n"); len(lines) != 3 || !strings.HasPrefix(lines[0], "SUBMITTED ") ||
		!strings.Contains(lines[1], "no number, binary") || !strings.Contains(lines[2], " told ") || !strings.HasSuffix(lines[2], id) {
		t.Errorf("of the receiver: got %q", list)
	}
	if out := show("receiver", "447700900101", "--sender", "10690001", "--account", "bank", "--limit", "1", "--json"); json.Unmarshal([]byte(out), &m) != nil || m.Skip != "binary" {
		t.Errorf("the newest: got %q", out)
	}
	for _, args := range [][]string{
		{"message", "no-such-id"},
		{"message", id, "--account", "shop"},
		{"receiver", "447700900102"},
		{"receiver", "447700900101", "--sender", "other"},
		{"receiver", "shop"},
		{"receiver", "447700900101", "--optin", "--optout"},
	} {
		if out, err := execute(t, append(args, "--ops", r.Ops())...); err == nil || out != "" {
			t.Errorf("%v: got %q, %v; want an error", args, out, err)
		}
	}
}

// What can become of a message is said for each state.
func TestOutlook(t *testing.T) {
	for _, state := range []string{"waiting", "dead", "off", "superseded", "taken", "gone", "unknown"} {
		if outlook(&operator.Message{Feedback: &operator.Feedback{State: state}}) == "" {
			t.Errorf("%s: got nothing", state)
		}
	}
	for _, known := range []string{"replaced", "unnumbered"} {
		m := &operator.Message{Known: known}
		if stateOf(m) != known || strings.Contains(outlook(m), "can be read") {
			t.Errorf("%s: got %s, %s", known, stateOf(m), outlook(m))
		}
	}
	if got := outlook(&operator.Message{Feedback: &operator.Feedback{State: "told"}}); got != "" {
		t.Errorf("told: got %q", got)
	}
}

// TestReceiverCommands opts a receiver out and in, and erases it.
func TestReceiverCommands(t *testing.T) {
	r := startService(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	esme, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "bank"}})
	if err != nil {
		t.Fatal(err)
	}
	sendTo(ctx, t, esme, "447700900101", nil)
	for _, tt := range []struct {
		flags []string
		want  string
	}{
		{[]string{"--optout"}, "447700900101: read responses are dropped since 20"},
		{[]string{"--optout", "--json"}, `"opted_out":true`},
		{[]string{"--optin"}, "447700900101: read responses are taken\n"},
		{nil, " 10690001 "},
		{[]string{"--erase", "--yes"}, "447700900101: erased\n"},
		{[]string{"--erase", "--yes", "--json"}, `{"erased":true,"receiver":"447700900101"}` + "\n"},
	} {
		out, err := execute(t, append([]string{"receiver", "+447700900101", "--ops", r.Ops()}, tt.flags...)...)
		if err != nil || !strings.Contains(out, tt.want) {
			t.Errorf("%v: got %q, %v; want %q", tt.flags, out, err, tt.want)
		}
	}
	if out, err := execute(t, "receiver", "447700900101", "--ops", r.Ops()); err == nil {
		t.Errorf("after the erasure: got %q", out)
	}
}

// An erasure is confirmed by the word yes alone.
func TestEraseAsks(t *testing.T) {
	for answer, want := range map[string]bool{"yes\n": true, " YES": true, "y\n": false, "\n": false, "": false, "no, yes\n": false} {
		cmd := new(cobra.Command)
		cmd.SetIn(strings.NewReader(answer))
		cmd.SetErr(new(strings.Builder))
		if got := confirmed(cmd, "Erase?"); got != want {
			t.Errorf("%q: got %v, want %v", answer, got, want)
		}
	}
	if _, err := execute(t, "receiver", "447700900101", "--erase", "--ops", "127.0.0.1:1"); err != errNotErased {
		t.Errorf("without an answer: got %v, want %v", err, errNotErased)
	}
}
