package archive

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"readback/relay/broker"
	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// world is a store with a ledger, and a directory for a backup of it.
type world struct {
	*testing.T
	opt  Options
	dir  string
	conv message.Conversation
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, dir: filepath.Join(t.TempDir(), "backup"), conv: relaytest.Conversation(t, "10690001", "447700900123")}
	w.opt = Options{
		Store: filepath.Join(t.TempDir(), "store"), Embedded: true, Replicas: 1, Keep: 168 * time.Hour, FeedbackKeep: time.Hour,
		First: 1, Last: 257, Release: "test", Log: new(relaytest.LogLines).Logger(),
	}
	return w
}

// number appends an epoch in which n messages get numbers, without a clean stop. It leaves the index behind
// the log if flush is false.
func (w *world) number(n int, flush bool) {
	w.Helper()
	w.in(func(ctx context.Context, s *stopped) {
		a, l, err := s.follow(ctx, &w.opt, w.opt.Log)
		if err != nil {
			w.Fatal(err)
		}
		defer l.Close()
		_, next, err := s.index.Head(&w.conv)
		if err != nil {
			w.Fatal(err)
		}
		at := a.Position()
		h := journal.Header{Epoch: at.Epoch + 1, Instance: uint64(time.Now().UnixNano()), Serial: at.Serial, Messages: at.Messages}
		w.append(ctx, l, a, flush, &h, &journal.Record{Kind: journal.KindStart, First: 1, Last: 257, At: time.Now().UnixMilli()})
		for i := range uint64(n) {
			rec := w.accepted(next + i)
			w.append(ctx, l, a, flush, &h, &rec)
			h.Messages++
		}
	})
}

// accepted is the record of the message with an ordinal.
func (w *world) accepted(ordinal uint64) journal.Record {
	r := journal.Record{
		Kind: journal.KindAccepted, Bound: ordinal + 1, At: time.Now().UnixMilli(), Account: []byte("bank"), MessageID: fmt.Append(nil, ordinal),
		From: message.Address{TON: 1, NPI: 1, Addr: w.conv.Sender}, To: message.Address{TON: 1, NPI: 1, Addr: w.conv.Receiver},
	}
	r.Place = journal.Place{Conv: w.conv, Day: message.DayOf(r.At), Number: uint16(1 + ordinal%257), Ordinal: ordinal}
	return r
}

func (w *world) append(ctx context.Context, l *journal.JetStream, a *index.Applier, apply bool, h *journal.Header, rec *journal.Record) {
	w.Helper()
	h.Serial++
	b := journal.Seal(journal.Append(journal.AppendHeader(nil, *h), rec))
	err := l.Append(ctx, b)
	if err == nil && apply {
		_, err = a.Apply(l.Last(), b, true)
	}
	if err != nil {
		w.Fatal(err)
	}
}

// in opens the store for f.
func (w *world) in(f func(ctx context.Context, s *stopped)) {
	w.Helper()
	if err := os.MkdirAll(w.opt.Store, 0o750); err != nil {
		w.Fatal(err)
	}
	s, err := w.opt.open(w.Context(), w.opt.Store, w.opt.Log)
	if err != nil {
		w.Fatal(err)
	}
	f(w.Context(), s)
	if err := s.close(); err != nil {
		w.Fatal(err)
	}
}

// queue puts feedback into its queue.
func (w *world) queue(text string) {
	w.Helper()
	w.in(func(ctx context.Context, s *stopped) {
		l, err := s.log(ctx, &w.opt)
		if err != nil {
			w.Fatal(err)
		}
		l.Close()
		if _, err := s.conn.JS.Publish(ctx, "readback.feedback.0.bank", []byte(text)); err != nil {
			w.Fatal(err)
		}
	})
}

// queued returns what waits in the queues of feedback.
func (w *world) queued() (all []string) {
	w.Helper()
	w.in(func(ctx context.Context, s *stopped) {
		err := s.conn.EachMessage(ctx, "READBACK_FEEDBACK", func(m *broker.Message) error {
			all = append(all, string(m.Data))
			return nil
		})
		if err != nil {
			w.Fatal(err)
		}
	})
	return all
}

// next returns the first ordinal that the next epoch would assign, and how many of the n messages are found.
func (w *world) next(n int) (next uint64, found int) {
	w.Helper()
	w.in(func(ctx context.Context, s *stopped) {
		_, l, err := s.follow(ctx, &w.opt, w.opt.Log)
		if err != nil {
			w.Fatal(err)
		}
		l.Close()
		epoch, at, err := s.index.Head(&w.conv)
		if err != nil {
			w.Fatal(err)
		}
		skips, err := s.index.Skips()
		if err != nil {
			w.Fatal(err)
		}
		next = at + skips.Of(epoch)
		for i := range n {
			f, err := s.index.FindNumber(&w.conv, uint16(1+i), relaytest.Any)
			if err != nil {
				w.Fatal(err)
			}
			if f != nil {
				found++
			}
		}
	})
	return next, found
}

func (w *world) backup() *Manifest {
	w.Helper()
	m, err := Backup(w.Context(), &w.opt, w.dir)
	if err != nil {
		w.Fatal(err)
	}
	return m
}

func (w *world) remove(name string) {
	w.Helper()
	if err := os.RemoveAll(filepath.Join(w.opt.Store, name)); err != nil {
		w.Fatal(err)
	}
}

// flip changes an octet of a file.
func (w *world) flip(path string, at func(size int) int) {
	w.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		w.Fatal(err)
	}
	data[at(len(data))] ^= 0xFF
	if err := os.WriteFile(path, data, 0o600); err != nil {
		w.Fatal(err)
	}
}

// A backup is refused where something is, and a restore of what is no complete backup.
func TestBackupRefuses(t *testing.T) {
	w := newWorld(t)
	w.number(3, true)
	if m := w.backup(); m.Messages != 3 || m.Missing() != 0 || m.Streams[0].Messages != 4 || m.Instance == 0 {
		t.Errorf("got %+v, want 3 messages in 4 batches", m)
	}
	lock, err := w.opt.lock()
	if err != nil {
		t.Fatal(err)
	}
	var locked *LockedError
	if _, err := Restore(t.Context(), &w.opt, w.dir); !errors.As(err, &locked) || !strings.Contains(err.Error(), "stop it first") {
		t.Errorf("restore of a store in use: got %v, want what to do", err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	manifest := filepath.Join(w.dir, manifestFile)
	for _, tt := range []struct {
		name string
		make func()
		do   func() error
		want string
	}{
		{"not empty", func() {}, func() error { _, err := Backup(t.Context(), &w.opt, w.dir); return err }, "not empty"},
		{"relative", func() {}, func() error { _, err := Backup(t.Context(), &w.opt, "backup"); return err }, "not absolute"},
		{"newer", func() { w.write(manifest, `{"format": 1, "index_version": 9, "release": "v9"}`) }, w.restore, "newer release, v9"},
		{"no JSON", func() { w.write(manifest, `{`) }, w.restore, "damaged"},
		{"not complete", func() { w.removeFile(manifest) }, w.restore, "no complete backup"},
	} {
		tt.make()
		if err := tt.do(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
	if next, found := w.next(3); next != 3 || found != 3 {
		t.Errorf("store after refusals: next %d, %d found, want it as it was", next, found)
	}
}

// A command that another user runs would leave files that the gateway cannot use.
func TestOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to give a store to another user")
	}
	w := newWorld(t)
	w.number(1, true)
	if err := os.Chown(w.opt.Store, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	if _, err := Check(t.Context(), &w.opt); err == nil || !strings.Contains(err.Error(), "run this command as that user") {
		t.Errorf("got %v, want who has to run it", err)
	}
}

func (w *world) restore() error {
	_, err := Restore(w.Context(), &w.opt, w.dir)
	return err
}

func (w *world) write(path, text string) {
	w.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

func (w *world) removeFile(path string) {
	w.Helper()
	if err := os.Remove(path); err != nil {
		w.Fatal(err)
	}
}

// A file of a backup that was changed is found before anything is touched.
func TestBackupVerified(t *testing.T) {
	w := newWorld(t)
	w.number(3, true)
	m := w.backup()
	for _, name := range []string{m.Streams[0].Name, m.Files[0].Name} {
		path := filepath.Join(w.dir, name)
		w.flip(path, func(size int) int { return size / 2 })
		if err := w.restore(); err == nil || !strings.Contains(err.Error(), name+" is damaged") {
			t.Errorf("%s: got %v, want it named", name, err)
		}
		w.flip(path, func(size int) int { return size / 2 })
	}
	if _, err := os.Stat(filepath.Join(w.opt.Store, RestoringDir)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want a store that was not touched", err)
	}
}
