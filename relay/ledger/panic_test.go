package ledger

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"

	"readback/internal/crash"
	"readback/relay/journal"
	"readback/relay/relaytest"
)

// panicIn tells the test binary which panic to plant.
const panicIn = "READBACK_TEST_PANIC"

// ledgerPanics plant a panic while a lock of the ledger's is held.
var ledgerPanics = map[string]func(t *testing.T, p *partition){
	"assign": func(t *testing.T, p *partition) {
		for range 257 { // until it has to wait, which it tells with the lock held
			s := toSend(relaytest.Conversation(t, "10690001", "447700900123"))
			s.Waiting = func() { panic("planted") }
			if err := p.Assign(s); err != nil {
				t.Fatal(err)
			}
		}
	},
	"submit": func(t *testing.T, p *partition) {
		p.Partition.Submit(t.Context(), journal.KindRead, func([]byte) []byte { panic("planted") })
	},
	"enqueue": func(_ *testing.T, p *partition) {
		_ = p.Enqueue(journal.KindReported, func([]byte) []byte { panic("planted") })
	},
}

// A panic while the ledger's locks are held ends the process, whoever would recover from it:
// the conversations behind the lock would wait for ever.
func TestPanicInTheLedger(t *testing.T) {
	if plant := ledgerPanics[os.Getenv(panicIn)]; plant != nil {
		p := runLedger(t)
		defer func() { _ = recover() }() // as a link does
		plant(t, p)
		return
	}
	for name := range ledgerPanics {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(relaytest.Deadline(t), os.Args[0], "-test.run=^TestPanicInTheLedger$") // it might hang
			cmd.Env = append(os.Environ(), panicIn+"="+name, "TMPDIR="+t.TempDir())
			out, err := cmd.CombinedOutput()
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != crash.Status {
				t.Errorf("end of the process: got %v, want status %d\n%s", err, crash.Status, out)
			}
			if !bytes.Contains(out, []byte("panic: ")) || !bytes.Contains(bytes.ToLower(out), []byte(")."+name+"(")) {
				t.Errorf("standard error: got\n%s\nwant the stack", out)
			}
		})
	}
}
