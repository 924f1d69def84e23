package main

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/config"
	"readback/handset"
	"readback/internal/simulator"
	"readback/smpp"
)

// octetsESME is an ESME whose system_id and sender are Latin-1. It answers each feedback as it is told.
func octetsESME(ctx context.Context, t *testing.T, r *running, answer func() pdu.Status) (*simulator.ESME, <-chan string) {
	t.Helper()
	told := make(chan string, 10)
	e, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{
		Bind: simulator.Bind{SystemID: "caf\xe9"},
		OnRequest: func(f smpp.Frame) pdu.Status {
			if m, err := smpp.ParseMessage(f); err == nil {
				told <- string(m.To.Addr) + " " + string(m.UserData())
			}
			return answer()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e, told
}

// submitFrom sends a message from a sender.
func submitFrom(ctx context.Context, t *testing.T, e *simulator.ESME, sender, to string) {
	t.Helper()
	m := simulator.ShortMessage{From: simulator.Address{TON: 5, Addr: sender}, To: simulator.Number(to), UserData: []byte("Hello")}
	if resp, err := e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0)); err != nil || resp.Status() != smpp.StatusOK {
		t.Fatalf("submit_sm: got % x, %v", []byte(resp), err)
	}
}

// A system_id and a sender that are not UTF-8 keep their octets on the whole way. A read response and a
// question name them in UTF-8, in capitals or not, and JSON shows them so. The settings of the account are
// those of the name in UTF-8.
func TestServeOctets(t *testing.T) {
	r := startService(t, func(cfg *config.Config) {
		a := cfg.Account("café")
		a.Feedback.Form, a.Feedback.Template = "mo", "{{.Account}} {{.Number}}"
		cfg.Accounts = map[string]config.Account{"café": a}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	e, told := octetsESME(ctx, t, r, func() pdu.Status { return smpp.StatusOK })
	respond := simulator.HTTPReads("http://"+r.Reads()+"/v1/reads", "")
	for i, sender := range []string{"Müller", "MÜLLER", "müller"} {
		submitFrom(ctx, t, e, "M\xfcller", receiver(i))
		if err := respond(ctx, handset.Response{Receiver: receiver(i), Sender: sender, Number: 1, Status: handset.Read}); err != nil {
			t.Fatalf("read response to %s: %v", sender, err)
		}
		select {
		case got := <-told:
			// The text is UCS2.
			if to, text, _ := strings.Cut(got, " "); to != "M\xfcller" || strings.ReplaceAll(text, "\x00", "") != "caf\xe9 1" {
				t.Errorf("told %q, want the sender as it was, and the text of the account's template", got)
			}
		case <-ctx.Done():
			t.Fatal("nothing was told")
		}
	}
	for _, sender := range []string{"Müller", "M\xfcller", "MÜLLER"} {
		code, body := get(t, "http://"+r.Reads()+"/v1/conversations/"+url.PathEscape(sender)+"/"+receiver(0))
		if code != http.StatusOK || !strings.Contains(body, `"account":"café"`) || !strings.Contains(body, `"state":"read"`) {
			t.Errorf("conversation of %q: got %d %s", sender, code, body)
		}
	}
}

// A dead letter of such an account is listed, and replayed, under its name in UTF-8.
func TestServeOctetsDeadLetter(t *testing.T) {
	r := startService(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	answers := make(chan pdu.Status, 2)
	answers <- smpp.StatusPermApp
	answers <- smpp.StatusOK
	e, told := octetsESME(ctx, t, r, func() pdu.Status { return <-answers })
	submitFrom(ctx, t, e, "M\xfcller", receiver(0))
	respond := simulator.HTTPReads("http://"+r.Reads()+"/v1/reads", "")
	if err := respond(ctx, handset.Response{Receiver: receiver(0), Sender: "Müller", Number: 1, Status: handset.Read}); err != nil {
		t.Fatal(err)
	}
	wait := func(name string) {
		t.Helper()
		select {
		case got := <-told:
			if !strings.HasPrefix(got, "M\xfcller ") {
				t.Errorf("%s: told %q", name, got)
			}
		case <-ctx.Done():
			t.Fatalf("%s: nothing was told", name)
		}
	}
	wait("at first")
	for account, want := range map[string]bool{"café": true, "caf\xe9": true, "cafe": false} {
		for ctx.Err() == nil {
			code, body := get(t, "http://"+r.Ops()+"/v1/dead?full=true&account="+url.QueryEscape(account))
			if got := strings.Contains(body, `"account":"café"`) && strings.Contains(body, `"sender":"Müller"`); code == http.StatusOK && got == want {
				break
			}
		}
	}
	if _, masked := get(t, "http://"+r.Ops()+"/v1/dead"); strings.Contains(masked, "octets") || strings.Contains(masked, "4477009") || !strings.Contains(masked, "Müller") {
		t.Errorf("masked: got %s", masked)
	}
	resp, err := http.Post("http://"+r.Ops()+"/v1/dead/replay?account="+url.QueryEscape("café"), "", nil)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("replay: got %v, %v", resp, err)
	}
	_ = resp.Body.Close()
	wait("after the replay")
	if code, body := get(t, "http://"+r.Ops()+"/metrics"); code != http.StatusOK || !strings.Contains(body, "readback_feedback_total") {
		t.Errorf("metrics: got %d", code)
	}
}
