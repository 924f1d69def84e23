package archive

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"readback/relay/journal"
)

// purgeLog returns a function that takes all before a sequence out of the log, and one message.
func purgeLog(w *world, before, one uint64) func(ctx context.Context, s *stopped) {
	return func(ctx context.Context, s *stopped) {
		w.Helper()
		log, err := s.conn.JS.Stream(ctx, journal.Stream)
		if err != nil {
			w.Fatal(err)
		}
		for seq := uint64(1); seq < before; seq++ {
			if err := log.DeleteMsg(ctx, seq); err != nil {
				w.Fatal(err)
			}
		}
		if err := log.DeleteMsg(ctx, one); err != nil {
			w.Fatal(err)
		}
	}
}

// A stream whose files are newer than what the server noted of them, as after a kill, is no damage.
func TestAfterKill(t *testing.T) {
	var f findings
	f.logger().Warn("embedded NATS server says of the store", "line", "Filestore [READBACK_LEDGER] Stream state outdated, last block has additional entries, will rebuild")
	f.logger().With("a", 1).Error("log has lost batches", "log_ends_at", 7)
	f.logger().Info("log replayed")
	if got := f.list(); len(got) != 1 || got[0] != "log has lost batches (a 1, log ends at 7)" {
		t.Errorf("got %q, want the one that is damage", got)
	}
}

// block returns the path of the first block of the log.
func (w *world) block() string {
	return filepath.Join(w.opt.Store, natsDir, "jetstream", "$G", "streams", journal.Stream, "msgs", "1.blk")
}

// table returns the path of a table of the index.
func (w *world) table() string {
	w.Helper()
	all, err := filepath.Glob(filepath.Join(w.opt.Store, indexDir, "*.sst"))
	if err != nil || len(all) == 0 {
		w.Fatal("no table", err)
	}
	return all[len(all)-1]
}

// sums returns the checksums of all files of the store.
func (w *world) sums() map[string]string {
	w.Helper()
	all := make(map[string]string)
	err := eachFile(w.opt.Store, func(name string) error {
		if name == "LOCK" {
			return nil
		}
		f, err := sumFile(w.opt.Store, name)
		all[name] = f.SHA256
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return all
}

// A check names what is damaged, and changes nothing. A repair names it, too, and then nothing is damaged.
func TestDamage(t *testing.T) {
	for _, tt := range []struct {
		name   string
		damage func(w *world)
		want   string
	}{
		{"none", func(*world) {}, ""},
		{"an octet of the log", func(w *world) { w.flip(w.block(), func(size int) int { return size / 2 }) }, "1 of 11 messages cannot be read"},
		{"an octet of the index", func(w *world) { w.flip(w.table(), func(int) int { return 30 }) }, "index is damaged"},
		{"a message of the log", func(w *world) { w.in(purgeLog(w, 1, 7)) }, "1 messages between 1 and 11 are gone"},
		{"the end of the log", func(w *world) { w.cut(w.block(), 300) }, "2 messages between 1 and 11 are gone"},
		{"the description of the log", func(w *world) {
			w.flip(filepath.Join(filepath.Dir(filepath.Dir(w.block())), "meta.inf"), func(size int) int { return size / 2 })
		}, "READBACK_LEDGER: the stream has files, and cannot be opened"},
		{"the log", func(w *world) { w.remove(natsDir) }, "log was removed or replaced"},
		{"a batch that is none", func(w *world) { w.publish([]byte("no batch")) }, "the batch with sequence 12 is damaged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.number(10, true)
			tt.damage(w)
			before := w.sums()
			report, err := Check(t.Context(), &w.opt)
			w.wantDamage("check", report, err, tt.want)
			after := w.sums()
			if len(after) != len(before) {
				t.Errorf("check: got %d files, want %d", len(after), len(before))
			}
			for name, sum := range before {
				if after[name] != sum {
					t.Errorf("check changed %s", name)
				}
			}
			report, err = Repair(t.Context(), &w.opt)
			w.wantDamage("repair", report, err, tt.want)
			if next, found := w.next(10); next < 10 || found != 10 {
				t.Errorf("got %d messages and next %d, want all", found, next)
			}
			if report, err = Repair(t.Context(), &w.opt); err != nil {
				t.Fatal(err)
			}
			for _, text := range report.Damaged {
				if !strings.Contains(text, "are gone") { // for good
					t.Errorf("after repair: got %q, want all intact", text)
				}
			}
		})
	}
}

func (w *world) cut(path string, octets int64) {
	w.Helper()
	info, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, info.Size()-octets)
	}
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) wantDamage(what string, r *Report, err error, want string) {
	w.Helper()
	if err != nil {
		w.Errorf("%s: %v", what, err)
		return
	}
	if text := strings.Join(r.Damaged, "\n"); (text == "") != (want == "") || !strings.Contains(text, want) {
		w.Errorf("%s: got %q, want %q", what, text, want)
	}
}
