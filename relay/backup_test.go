package relay

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"readback/relay/archive"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// A backup is made while the relay works. After the store is lost and the backup restored, no number is
// assigned again, messages from before the backup can be read, and numbers from after it cannot.
func TestBackup(t *testing.T) {
	t.Parallel()
	const before, after = 5, 4
	opt := testOptions(t)
	opt.Store = filepath.Join(opt.Store, "store")
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	assigned := make(map[uint16]bool)
	send := func(n int) {
		for range n {
			number := r.submit(c, "id").Number
			if assigned[number] {
				t.Errorf("number %d is assigned again", number)
			}
			assigned[number] = true
		}
	}
	send(before)
	dir := filepath.Join(t.TempDir(), "backup")
	var steps []string
	m, err := r.Backup(t.Context(), dir, "test", func(done string) { steps = append(steps, done) })
	if err != nil || m.Messages < before || m.Release != "test" || len(steps) == 0 {
		t.Fatalf("got %+v, %v, %q, want %d messages", m, err, steps, before)
	}
	if _, err := r.Backup(t.Context(), dir, "test", nil); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("second backup: got %v, want it refused", err)
	}
	send(after)
	r.crash()
	if err := removeInUse(opt.Store); err != nil {
		t.Fatal(err)
	}
	tools := opt.Archive()
	if _, err := archive.Restore(t.Context(), &tools, dir); err != nil {
		t.Fatal(err)
	}
	r = start(t, opt)
	for number := uint16(1); number <= before+after; number++ {
		want := message.VerdictAccepted
		if number > before {
			want = message.VerdictNotFound
		}
		if v := r.Reads().Submit(t.Context(), response(c, number)); v.Kind != want {
			t.Errorf("read of number %d: got %+v, want kind %d", number, v, want)
		}
	}
	send(100) // the rest of the cycle, without what is skipped
}

// A relay that has not begun does not know its streams yet.
func TestBackupBeforeBegin(t *testing.T) {
	t.Parallel()
	r := notBegun(t)
	if _, err := r.Backup(t.Context(), filepath.Join(t.TempDir(), "backup"), "test", nil); !errors.Is(err, ledger.ErrStarting) {
		t.Errorf("got %v, want ErrStarting", err)
	}
}
