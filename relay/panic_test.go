package relay

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"

	"readback/internal/crash"
	"readback/relay/access"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// panicIn tells the test binary which panic to plant, and panicStore on which store.
const (
	panicIn    = "READBACK_TEST_PANIC"
	panicStore = "READBACK_TEST_PANIC_STORE"
)

// ledgerPanics plant a panic while a lock of the ledger's is held.
var ledgerPanics = map[string]func(t *testing.T, r *running){
	"(*Ledger).Assign": func(t *testing.T, r *running) {
		for range 257 { // until it has to wait, which it tells with the lock held
			s := tracked(relaytest.Conversation(t, "10690001", "447700900123"))
			s.Waiting = func() { panic("planted") }
			if err := r.Ledger().Assign(s); err != nil {
				t.Fatal(err)
			}
		}
	},
	"(*heldReceipts).HoldReceipt": func(t *testing.T, r *running) {
		c := relaytest.Conversation(t, "10690001", "447700900123")
		r.submit(c, "id1")
		r.ledger.queue.mu.Lock()
		r.ledger.queue.free = make([]*batch, maxFree) // the next batch is nil; no other is kept now
		r.ledger.queue.mu.Unlock()
		_, err := r.feedback.HoldReceipt(t.Context(), "bank", c, []byte("id1"), []byte("receipt"))
		t.Fatal(err)
	},
}

// A panic while the ledger's locks are held ends the process, whoever would recover from it:
// the conversations behind the lock would wait for ever.
func TestPanicInTheLedger(t *testing.T) {
	if plant := ledgerPanics[os.Getenv(panicIn)]; plant != nil {
		opt := testOptions(t)
		opt.Store = os.Getenv(panicStore)
		r := start(t, opt)
		defer func() { _ = recover() }() // as a link does
		plant(t, r)
		return
	}
	for name := range ledgerPanics {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(relaytest.Deadline(t), os.Args[0], "-test.run=^TestPanicInTheLedger$") // it might hang
			cmd.Env = append(os.Environ(), panicIn+"="+name, panicStore+"="+t.TempDir())
			out, err := cmd.CombinedOutput()
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != crash.Status {
				t.Errorf("end of the process: got %v, want status %d\n%s", err, crash.Status, out)
			}
			if !bytes.Contains(out, []byte("panic: ")) || !bytes.Contains(out, []byte(name)) {
				t.Errorf("standard error: got\n%s\nwant the stack", out)
			}
		})
	}
}

// A panic over one read response is a verdict on that one: the others of the array, and what
// comes later, are taken.
func TestPanicInARead(t *testing.T) {
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.submit(c, "id1")
	opt := r.reads.opt
	r.reads.opt = nil // which every read response is held against
	body := []byte(`{"receiver":"447700900123","sender":"10690001","number":1}`)
	a := r.api.submit(t.Context(), body, "http", access.Caller{Name: "anybody"})
	if a.Kind != message.VerdictFailed || a.Reason == "" {
		t.Errorf("verdict: got %+v, want 500 and a reason", a.Verdict)
	}
	r.reads.opt = opt
	if a := r.api.submit(t.Context(), body, "http", access.Caller{Name: "anybody"}); !a.IsAccepted() {
		t.Errorf("verdict on the next one: got %+v, want 202", a.Verdict)
	}
}
