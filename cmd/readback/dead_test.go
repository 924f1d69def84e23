package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// execute runs a command as a user would.
func execute(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	var out bytes.Buffer
	cmd := newCommand()
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(new(bytes.Buffer))
	err = cmd.ExecuteContext(t.Context())
	return out.String(), err
}

// TestLookingThingsUp sends two messages, reads one by the command line, has its feedback
// die, and looks it all up.
func TestLookingThingsUp(t *testing.T) {
	r := startService(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	told := make(chan struct{}, 10)
	status := smpp.StatusPermApp
	e, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{
		Bind:      simulator.Bind{SystemID: "bank"},
		OnRequest: func(smpp.Frame) pdu.Status { told <- struct{}{}; return status },
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		m := simulator.ShortMessage{From: simulator.Number("10690001"), To: simulator.Number("447700900101"), UserData: []byte("Hello")}
		if _, err := e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0)); err != nil {
			t.Fatal(err)
		}
	}
	url := "http://" + r.Reads()
	out, err := execute(t, "reads", "send", "--url", url, "--receiver", "447700900101", "--sender", "10690001", "--number", "1")
	if err != nil || out != "202 Accepted\n" {
		t.Fatalf("reads send: got %q, %v", out, err)
	}
	if _, err := execute(t, "reads", "send", "--url", url, "--receiver", "447700900101", "--number", "9"); err == nil ||
		err.Error() != "404 Not Found: no such message" {
		t.Errorf("reads send of no message: got %v", err)
	}
	out, err = execute(t, "conversations", "--url", url, "10690001", "447700900101")
	if want := regexp.MustCompile(`(?s)1 +read +bank .*\n2 +sent +bank .*shown: read at 1, sent at 2\n`); err != nil || !want.MatchString(out) {
		t.Errorf("conversations: got %q, %v", out, err)
	}
	if out, err := execute(t, "conversations", "--json", "--url", url, "10690001", "447700900101"); err != nil ||
		!strings.HasPrefix(out, `{"sender":"10690001","receiver":"447700900101","messages":[{"number":1,"state":"read","account":"bank",`) {
		t.Errorf("conversations in JSON: got %q, %v", out, err)
	}
	if out, err := execute(t, "conversations", "--url", url, "10690001", "447700900109"); out != "" || err == nil ||
		!strings.HasPrefix(err.Error(), "no message from 10690001 to 447700900109 is known") {
		t.Errorf("conversations without messages: got %q, %v", out, err)
	}
	if _, err := execute(t, "conversations", "--url", url, "no number at all, it is far too long", "1"); err == nil || !strings.HasPrefix(err.Error(), "400 ") {
		t.Errorf("conversations of nobody: got %v", err)
	}
	<-told
	event := awaitDead(ctx, t, r)
	file := filepath.Join(t.TempDir(), "readback.yaml")
	if err := os.WriteFile(file, []byte("ops: {addr: \""+r.Ops()+"\"}"), 0o600); err != nil {
		t.Fatal(err)
	}
	lookAtDead(t, event, file)
	<-told // it was replayed
	if err := r.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// TestFeedbackCommand shows what waits for an ESME that is away.
func TestFeedbackCommand(t *testing.T) {
	r := startService(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	e, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{Bind: simulator.Bind{ID: pdu.BindTransmitterID, SystemID: "bank"}})
	if err != nil {
		t.Fatal(err)
	}
	r.exchange(ctx, t, e, receiver(0))
	for row := regexp.MustCompile(`bank +1 +\d{4}-\S+Z +\d+s +0\n`); ; {
		out, err := execute(t, "feedback", "--ops", r.Ops())
		if err != nil || ctx.Err() != nil {
			t.Fatalf("feedback: got %q, %v", out, err)
		}
		if row.MatchString(out) {
			break
		}
	}
	if out, err := execute(t, "feedback", "--json", "--ops", r.Ops()); err != nil || !strings.HasPrefix(out, `{"account":"bank","waiting":1,`) {
		t.Errorf("in JSON: got %q, %v", out, err)
	}
}

// awaitDead waits for the dead letter of the bank, and returns its event.
func awaitDead(ctx context.Context, t *testing.T, r *running) string {
	t.Helper()
	row := regexp.MustCompile(`bank +(\w{26}) +1 +10690001 +447\*\*\*\*\*\*\*\*1 +1 +\S`)
	for {
		out, err := execute(t, "dead", "list", "--ops", r.Ops())
		if err != nil || ctx.Err() != nil {
			t.Fatalf("dead list: got %q, %v", out, err)
		}
		if m := row.FindStringSubmatch(out); m != nil {
			return m[1]
		}
	}
}

// lookAtDead looks at the dead letter of an event, and replays it.
func lookAtDead(t *testing.T, event, file string) {
	t.Helper()
	for _, tt := range []struct {
		args []string
		want string // in the output; or, behind "error ", in the error
	}{
		{[]string{"show", "--event", event}, `"receiver": "447********1"`},
		{[]string{"show", "--event", event}, `"sender": "10690001"`},
		{[]string{"show", "--event", event, "--full"}, `"receiver": "447700900101"`},
		{[]string{"show", "--event", event, "--json"}, `"event":"` + event},
		{[]string{"show", "--event", "none"}, "error no dead letter of event none"},
		{[]string{"show"}, "error which one"},
		{[]string{"list", "--full"}, "447700900101"},
		{[]string{"list"}, "ESME_RX_P_APPN"},
		{[]string{"list", "--json"}, `"reason":"ESME_RX_P_APPN: `},
		{nil, "ESME_RX_P_APPN"},
		{[]string{"--json", "--full"}, `"receiver":"447700900101"`},
		{[]string{"replay"}, "error which ones"},
		{[]string{"replay", "--event", "none"}, "error no dead letter of event none"},
		{[]string{"drop", "--event", "none"}, "error no dead letter of event none"},
		{[]string{"drop", "--account", "shop"}, "0 dead letter(s): drop"},
		{[]string{"drop", "--account", "shop", "--json"}, `{"count":0}`},
		{[]string{"replay", "--event", event}, "1 dead letter(s): replay"},
	} {
		out, err := execute(t, append(append([]string{"dead"}, tt.args...), "--config", file)...)
		want, fails := strings.CutPrefix(tt.want, "error ")
		if fails {
			out = ""
			if err != nil {
				out = err.Error()
			}
		}
		if (err != nil) != fails || !strings.Contains(out, want) {
			t.Errorf("dead %v: got %q, %v; want %q", tt.args, out, err, tt.want)
		}
	}
}
