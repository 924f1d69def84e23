package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/config"
	"readback/handset"
	"readback/internal/ops"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// running is a gateway as serve runs it, before a simulated SMSC.
type running struct {
	*service
	smsc    *simulator.SMSC
	stop    func() error // as SIGTERM would
	written *written
	hangup  chan<- os.Signal
}

// written is the configuration that a reload finds.
type written struct {
	mu  sync.Mutex
	cfg config.Config
	err error
}

func (w *written) load() (config.Config, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cfg, w.err
}

// write changes what a reload finds.
func (w *written) write(change func(*config.Config), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cfg.Accounts = maps.Clone(w.cfg.Accounts)
	change(&w.cfg)
	w.err = err
}

func startService(t *testing.T, change func(*config.Config)) *running {
	t.Helper()
	return startBefore(t, simulator.Options{NoReceipts: true, Keep: 1000}, change)
}

// startBefore starts a gateway before an SMSC of this kind.
func startBefore(t *testing.T, opt simulator.Options, change func(*config.Config)) *running {
	t.Helper()
	return startLogging(t, slog.New(slog.DiscardHandler), new(ops.LogSettings), opt, change)
}

// startLogging starts a gateway with a log and its settings before an SMSC of this kind.
func startLogging(t *testing.T, log *slog.Logger, logging *ops.LogSettings, opt simulator.Options, change func(*config.Config)) *running {
	t.Helper()
	ln := testpeer.Listen(t)
	cfg := demoConfig(t.TempDir(), ln.Addr().String(), demoAddrs{reads: "127.0.0.1:0", ops: "127.0.0.1:0"})
	if change != nil {
		change(&cfg)
	}
	s, err := open(cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	w := &written{cfg: cfg}
	hangups := make(chan os.Signal, 1)
	s.load, s.logging, s.hangups = w.load, logging, hangups
	smsc := simulator.NewSMSC(opt)
	stopSMSC := testpeer.Serve(t, "the SMSC", ln, smsc.Serve)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	stopped := false
	stop := func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		err := <-done
		stopSMSC()
		return err
	}
	t.Cleanup(func() { _ = stop() })
	return &running{s, smsc, stop, w, hangups}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close() // it is read
	return resp.StatusCode, string(body)
}

// TestServe sends a message through the service, reads it, asks the operator's
// pages, and stops it.
func TestServe(t *testing.T) {
	r := startService(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	told := make(chan []byte, 1)
	e, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{
		Bind: simulator.Bind{SystemID: "bank"},
		OnRequest: func(f smpp.Frame) pdu.Status {
			told <- bytes.Clone(f)
			return smpp.StatusOK
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	m := simulator.ShortMessage{
		From: simulator.Number("10690001"), To: simulator.Number("447700900101"), UserData: []byte("Hello"),
	}
	resp, err := e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0))
	if err != nil || resp.Status() != smpp.StatusOK {
		t.Fatalf("submit_sm: %v %v", resp, err)
	}
	read, err := http.Post("http://"+r.Reads()+"/v1/reads", "application/json",
		strings.NewReader(`{"receiver":"+447700900101","sender":"10690001","number":1}`))
	if err != nil || read.StatusCode != http.StatusAccepted {
		t.Fatalf("read response: %v %v", read, err)
	}
	_ = read.Body.Close() // its status is all
	select {
	case f := <-told:
		if msg, err := smpp.ParseMessage(f); err != nil || msg.ESMClass() != smpp.ESMClassDeliveryAck {
			t.Errorf("feedback %x, want a deliver_sm of esm_class 08", f)
		}
	case <-ctx.Done():
		t.Fatal("no feedback")
	}
	if code, body := get(t, "http://"+r.Ops()+"/readyz"); code != http.StatusOK {
		t.Errorf("/readyz: %d %s, want 200", code, body)
	}
	_, metrics := get(t, "http://"+r.Ops()+"/metrics")
	for _, want := range []string{
		`readback_submits_total{account="bank",skip="numbered"} 1`, `readback_reads_total{verdict="202",way="http"} 1`,
		`readback_pdus_total{command="submit_sm",from="esme",status="0x00"} 1`, `readback_ledger_down 0`,
		`readback_added_seconds_count{to="smsc"}`, `readback_smsc_answer_seconds_count 1`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if err := r.stop(); err != nil {
		t.Errorf("stop: %v, want nil", err)
	}
	select {
	case <-e.Done():
	case <-ctx.Done():
		t.Error("the ESME is still bound")
	}
}

// TestServeQuietAccount shows feedback.form off: the read is accepted, and nobody gets
// feedback.
func TestServeQuietAccount(t *testing.T) {
	r := startService(t, func(cfg *config.Config) {
		quiet := cfg.Account("quiet")
		quiet.Feedback.Form = "off"
		cfg.Accounts["quiet"] = quiet
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	told := make(chan string, 10)
	for i, account := range []string{"quiet", "bank"} {
		e, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{
			Bind:      simulator.Bind{SystemID: account},
			OnRequest: func(smpp.Frame) pdu.Status { told <- account; return smpp.StatusOK },
		})
		if err != nil {
			t.Fatal(err)
		}
		m := simulator.ShortMessage{
			From: simulator.Number("10690001"), To: simulator.Number(receiver(i)), UserData: []byte("Hello"),
		}
		if _, err := e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0)); err != nil {
			t.Fatal(err)
		}
		respond := simulator.HTTPReads("http://"+r.Reads()+"/v1/reads", "")
		if err := respond(ctx, handset.Response{Receiver: receiver(i), Sender: "10690001", Number: 1, Status: handset.Read}); err != nil {
			t.Fatalf("read response of %s: %v", account, err)
		}
	}
	// The outbox is in order: when the second account is told the first would have been.
	select {
	case account := <-told:
		if account != "bank" {
			t.Errorf("%s was told, want bank alone", account)
		}
	case <-ctx.Done():
		t.Fatal("bank was not told")
	}
}

// TestOpenSaysWhatIsInUse shows the error of a port that is taken.
func TestOpenSaysWhatIsInUse(t *testing.T) {
	ln := testpeer.Listen(t)
	cfg := demoConfig(t.TempDir(), "127.0.0.1:1", demoAddrs{reads: ln.Addr().String(), ops: "127.0.0.1:0"})
	if _, err := open(cfg, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "reads.addr") {
		t.Errorf("got %v, want an error that names reads.addr", err)
	}
}

// TestServeOneReceipt holds the SMSC's receipt back: the account gets one, which says that
// the message was read.
func TestServeOneReceipt(t *testing.T) {
	r := startService(t, func(cfg *config.Config) {
		cfg.Feedback.Form, cfg.Feedback.HoldReceipt = "receipt", time.Hour
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	told := make(chan string, 10)
	e, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{
		Bind: simulator.Bind{SystemID: "bank"},
		OnRequest: func(f smpp.Frame) pdu.Status {
			if m, err := smpp.ParseMessage(f); err == nil {
				told <- string(m.UserData())
			}
			return smpp.StatusOK
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	from, to := simulator.Number("10690001"), simulator.Number(receiver(0))
	m := simulator.ShortMessage{From: from, To: to, UserData: []byte("Hello"), RegisteredDelivery: 1}
	resp, err := e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0))
	if err != nil {
		t.Fatal(err)
	}
	id, _, _ := strings.Cut(string(resp.Body()), "\x00")
	receipt := simulator.ShortMessage{
		From: to, To: from, ESMClass: smpp.ESMClassReceipt,
		UserData: []byte("id:" + id + " sub:001 dlvrd:001 submit date:2611230815 done date:2611230816 stat:DELIVRD err:000 text:Hello"),
	}
	status, err := r.smsc.Deliver(ctx, "bank", receipt.Append(nil, pdu.DeliverSMID, 0))
	if err != nil || status != smpp.StatusOK {
		t.Fatalf("receipt: got %v, %v, want it taken", status, err)
	}
	for args, want := range map[string]string{"": "bank     " + id + "  ", "--full --account=bank --json": `"receiver":"` + to.Addr + `"`, "--account=shop --json": ""} {
		out, err := execute(t, append([]string{"feedback", "held", "--ops", r.Ops()}, strings.Fields(args)...)...)
		if err != nil || !strings.Contains(out, want) || want == "" && out != "" {
			t.Errorf("feedback held %s: got %q, %v, want %q", args, out, err, want)
		}
	}
	respond := simulator.HTTPReads("http://"+r.Reads()+"/v1/reads", "")
	if err := respond(ctx, handset.Response{Receiver: to.Addr, Sender: from.Addr, Number: 1, Status: handset.Read}); err != nil {
		t.Fatalf("read response: %v", err)
	}
	select {
	case text := <-told:
		if !strings.HasPrefix(text, "id:"+id+" ") || !strings.HasSuffix(text, " stat:DELIVRD err:000 text:READ") {
			t.Errorf("told %q, want the one receipt", text)
		}
	case <-ctx.Done():
		t.Fatal("nothing was told")
	}
	if len(told) > 0 {
		t.Errorf("told %q as well", <-told)
	}
}
