package relay

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"testing"

	"readback/internal/crash"
)

// panicStore tells the test binary to run TestPanicInTheLedger's other half, on that store.
const panicStore = "READBACK_TEST_PANIC_STORE"

// A panic while the ledger's locks are held ends the process, whoever would recover from it:
// the conversations behind the lock would wait for ever.
func TestPanicInTheLedger(t *testing.T) {
	if store := os.Getenv(panicStore); store != "" {
		panicInTheLedger(t, store)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPanicInTheLedger$")
	cmd.Env = append(os.Environ(), panicStore+"="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != crash.Status {
		t.Errorf("end of the process: got %v, want status %d\n%s", err, crash.Status, out)
	}
	for _, want := range []string{"panic: planted", "(*Ledger).Assign"} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("standard error: got\n%s\nwant %q in it", out, want)
		}
	}
}

// panicInTheLedger takes numbers until Assign has to wait, which it tells with the lock held.
func panicInTheLedger(t *testing.T, store string) {
	opt := testOptions(t)
	opt.Store = store
	r := start(t, opt)
	defer func() { _ = recover() }() // as a link does
	for range 257 {
		s := message(conversation(t, "10690001", "447700900123"))
		s.Waiting = func() { panic("planted") }
		if err := r.Ledger().Assign(s); err != nil {
			t.Fatal(err)
		}
	}
}

// A panic over one read response is a verdict on that one: the others of the array, and what
// comes later, are taken.
func TestPanicInARead(t *testing.T) {
	r := start(t, testOptions(t))
	c := conversation(t, "10690001", "447700900123")
	r.submit(c, "id1")
	opt := r.reads.opt
	r.reads.opt = nil // which every read response is held against
	body := []byte(`{"receiver":"447700900123","sender":"10690001","number":1}`)
	a := r.Relay.submit(t.Context(), body, "http", Caller{Name: "anybody"})
	if a.Code != http.StatusInternalServerError || a.Reason == "" {
		t.Errorf("verdict: got %+v, want 500 and a reason", a.Verdict)
	}
	r.reads.opt = opt
	if a := r.Relay.submit(t.Context(), body, "http", Caller{Name: "anybody"}); a.Code != http.StatusAccepted {
		t.Errorf("verdict on the next one: got %+v, want 202", a.Verdict)
	}
}
