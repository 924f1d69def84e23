package relay

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/archive"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// wantDown wants that no number is given and no read taken, and that readiness says why.
func (r *running) wantDown(why string) {
	r.t.Helper()
	c := relaytest.Conversation(r.t, "10690001", "447700900123")
	if err := r.Ready(); err == nil || !strings.Contains(err.Error(), why) {
		r.t.Errorf("ready: got %v, want %q", err, why)
	}
	if err := r.Ledger().Assign(tracked(c)); !errors.Is(err, ledger.ErrDown) {
		r.t.Errorf("assign: got %v, want ErrDown", err)
	}
	if v := r.Reads().Submit(relaytest.Deadline(r.t), response(c, 1)); v.Kind != message.VerdictUnavailable {
		r.t.Errorf("read: got %+v, want 503", v)
	}
}

// wantWorking waits until the relay is ready, and sends and reads a message.
func (r *running) wantWorking(id string) {
	r.t.Helper()
	if err := r.WaitReady(relaytest.Deadline(r.t)); err != nil {
		r.t.Fatal(err)
	}
	c := relaytest.Conversation(r.t, "10690001", "447700900124")
	r.read(c, r.submit(c, id).Number)
}

// A relay runs without a store that it can use, says why, and opens the store when it can.
func TestStoreComesLater(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spoil, mend func(store string) error
		why         string
	}{
		"a file is in its place": {
			func(store string) error {
				return errors.Join(os.MkdirAll(filepath.Dir(store), 0o750), os.WriteFile(store, nil, 0o600))
			}, os.Remove, "not a directory; a file is in the place",
		},
		"a file is in the place of its parent": {
			func(store string) error { return os.WriteFile(filepath.Dir(store), nil, 0o600) },
			func(store string) error { return os.Remove(filepath.Dir(store)) }, "a file is in the place of a directory",
		},
		"a file is in the place of the index": {
			func(store string) error {
				return errors.Join(os.MkdirAll(store, 0o750), os.WriteFile(filepath.Join(store, "index"), nil, 0o600))
			},
			func(store string) error { return os.Remove(filepath.Join(store, "index")) }, "a file is in the place of a directory",
		},
		"a file is in the place of the streams": {
			func(store string) error {
				return errors.Join(os.MkdirAll(store, 0o750), os.WriteFile(filepath.Join(store, "nats"), nil, 0o600))
			},
			func(store string) error { return os.Remove(filepath.Join(store, "nats")) }, "not a directory",
		},
		"a backup is being restored": {
			func(store string) error { return os.MkdirAll(filepath.Join(store, archive.RestoringDir), 0o750) },
			func(store string) error { return os.Remove(filepath.Join(store, archive.RestoringDir)) }, "run readback store restore again",
		},
		"LOCK is a directory": {
			func(store string) error { return os.MkdirAll(filepath.Join(store, "LOCK"), 0o750) },
			func(store string) error { return os.Remove(filepath.Join(store, "LOCK")) }, "is a directory",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opt, lines, reg := testOptions(t), &relaytest.LogLines{}, prometheus.NewRegistry()
			opt.Store, opt.Logger, opt.Registerer = filepath.Join(opt.Store, "parent", "store"), lines.Logger(), reg
			if err := tt.spoil(opt.Store); err != nil {
				t.Fatal(err)
			}
			r := launch(t, opt)
			_ = r.waitReason(tt.why)
			r.wantDown(tt.why)
			awaitValue(t, reg, "readback_ledger_down", "", 1)
			for range 2 { // tries
				changed, _ := r.status.Get()
				relaytest.Receive(t, changed)
			}
			if n := lines.Count("ledger cannot begin"); n != 1 {
				t.Errorf("got %d lines %q, want one", n, lines.All)
			}
			if err := tt.mend(opt.Store); err != nil {
				t.Fatal(err)
			}
			r.wantWorking("id1")
			awaitValue(t, reg, "readback_ledger_down", "", 0)
		})
	}
}

// A relay whose store cannot be opened stops at once.
func TestStopWithoutStore(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.Logger = nil
	opt.Store = filepath.Join(opt.Store, "store")
	if err := os.WriteFile(opt.Store, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := launch(t, opt)
	_ = r.waitReason("a file is in the place")
	began := time.Now()
	if err := r.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}

// removeInUse removes a directory in which files may be made meanwhile.
func removeInUse(dir string) (err error) {
	for range 100 {
		if err = os.RemoveAll(dir); err == nil {
			break
		}
	}
	return err
}

// A store that vanishes while it is in use is noticed, and another one is opened. Nothing is accepted
// in between.
func TestStoreVanishes(t *testing.T) {
	t.Parallel()
	for name, vanish := range map[string]func(store string) error{
		"removed":         removeInUse,
		"moved":           func(store string) error { return os.Rename(store, store+".away") },
		"replaced":        func(store string) error { return errors.Join(os.Rename(store, store+".away"), os.Mkdir(store, 0o750)) },
		"LOCK removed":    func(store string) error { return os.Remove(filepath.Join(store, "LOCK")) },
		"index removed":   func(store string) error { return os.RemoveAll(filepath.Join(store, "index")) },
		"streams removed": func(store string) error { return removeInUse(filepath.Join(store, "nats")) },
		"one stream removed": func(store string) error {
			return os.RemoveAll(filepath.Join(store, "nats", "jetstream", "$G", "streams", streamFeedback))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opt, lines := testOptions(t), &relaytest.LogLines{}
			opt.Store, opt.Logger = filepath.Join(opt.Store, "store"), lines.Logger()
			r := start(t, opt)
			r.wantWorking("id1")
			if err := vanish(opt.Store); err != nil {
				t.Fatal(err)
			}
			_ = r.waitReason("removed or replaced while it was in use")
			r.wantWorking("id2")
			if n := lines.Count("level=ERROR"); n > 2 || lines.Count("ledger is lost") != 1 { // another one says what the log has lost
				t.Errorf("got %d ERROR lines %q, want one of the loss", n, lines.All)
			}
			if err := r.stop(); err != nil {
				t.Errorf("stop: %v", err)
			}
		})
	}
}

// An idle relay notices, too, that its store is another one.
func TestIdleStoreVanishes(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.Logger = nil
	r := start(t, opt)
	if err := os.Remove(filepath.Join(opt.Store, "LOCK")); err != nil {
		t.Fatal(err)
	}
	_ = r.waitReason("removed or replaced while it was in use")
}

func TestExplain(t *testing.T) {
	s := &store{dir: "/store"}
	for err, want := range map[error]string{
		syscall.EROFS: "mount it for writing", syscall.ENOSPC: "free some room", syscall.EDQUOT: "free some room",
		syscall.EACCES: "must own", syscall.EPERM: "must own", syscall.ENOTDIR: "relay.store", syscall.EIO: "look at the file system",
	} {
		got := s.explain(&fs.PathError{Op: "open", Path: "/store/LOCK", Err: err})
		if !errors.Is(got, err) || !strings.HasPrefix(got.Error(), "store /store cannot be used") || !strings.Contains(got.Error(), want) {
			t.Errorf("%v: got %v, want %q", err, got, want)
		}
	}
	for err, want := range map[error]bool{
		nil: false, syscall.EAGAIN: true, syscall.EACCES: true, errors.New("lock held by current process"): true,
		syscall.ENOLCK: false, error(&fs.PathError{Err: syscall.EACCES}): false, error(&fs.PathError{Err: syscall.EROFS}): false,
	} {
		if got := isHeld(err); got != want {
			t.Errorf("%v: got held %v, want %v", err, got, want)
		}
	}
}
