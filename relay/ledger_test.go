package relay

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/relaytest"
)

func TestOneConversationFromFourGoroutines(t *testing.T) {
	opt := testOptions(t)
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	const each = 2500
	var mu sync.Mutex
	given := make(map[uint64]bool)
	free := make(credits, 64)
	for range 64 {
		free <- struct{}{}
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			last := uint64(0)
			for i := range each {
				<-free
				s := tracked(c)
				err := r.Ledger().Assign(s)
				for errors.Is(err, ErrBusy) { // the others were quicker, for a second
					err = r.Ledger().Assign(s)
				}
				if err != nil {
					t.Errorf("assign: %v", err)
					return
				}
				mu.Lock()
				if given[s.ordinal] || i > 0 && s.ordinal <= last || s.Number != uint16(1+s.ordinal%257) {
					t.Errorf("ordinal %d, number %d after %d", s.ordinal, s.Number, last)
				}
				given[s.ordinal], last = true, s.ordinal
				mu.Unlock()
				r.Ledger().Accept(s, []byte("id"), free, 0)
			}
		})
	}
	wg.Wait()
	if !given[4*each-1] {
		t.Errorf("last ordinal %d was not given: numbers were skipped", 4*each-1)
	}
}

func TestBurstWithoutAnswers(t *testing.T) {
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 16 {
				if err := r.Ledger().Assign(tracked(c)); err != nil {
					t.Errorf("assign: %v", err)
				}
			}
		})
	}
	wg.Wait()
}

// Without the log, W numbers of a conversation are assigned and no more.
func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledgerOn(&index.Index{})
		l.status.set(nil)
		c := relaytest.Conversation(t, "10690001", "447700900123")
		h := &head{conv: c}
		l.table.of(&c.Receiver).add(h, 1, time.Now())
		var all []*Sent
		for range window {
			all = append(all, tracked(c))
			if err := l.Assign(all[len(all)-1]); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		if err := l.Assign(tracked(c)); !errors.Is(err, ErrBusy) || time.Since(began) != assignWait {
			t.Errorf("one more: got %v after %s, want ErrBusy after %s", err, time.Since(began), assignWait)
		}
		var wg sync.WaitGroup
		late := tracked(c)
		wg.Go(func() {
			if err := l.Assign(late); err != nil {
				t.Errorf("assign: %v", err)
			}
		})
		synctest.Wait()
		h.shard.mu.Lock()
		h.raise(1)
		h.shard.mu.Unlock()
		wg.Wait()
		if late.ordinal != window {
			t.Errorf("ordinal: got %d, want %d", late.ordinal, window)
		}
		wg.Go(func() {
			if err := l.Assign(tracked(c)); !errors.Is(err, ErrDown) {
				t.Errorf("assign: got %v, want ErrDown", err)
			}
		})
		synctest.Wait()
		l.status.set(ErrDown)
		wg.Wait()
	})
}

func TestNothingIsSkippedAfterCleanStop(t *testing.T) {
	opt := testOptions(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	want := uint64(0)
	for i := range 4 {
		r := start(t, opt)
		for range 3 {
			s := tracked(c)
			if err := r.Ledger().Assign(s); err != nil {
				t.Fatal(err)
			}
			if s.ordinal != want {
				t.Errorf("run %d: got ordinal %d, want %d", i, s.ordinal, want)
			}
			want++
			switch i {
			case 0:
				r.accept(s, "id")
			case 1:
				r.Ledger().Refuse(s)
			}
		}
		if i == 2 {
			r.crash()
			want = 6 + window // the log knows of 6; the 3 of this run are among the W
			continue
		}
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// foreignIndex is of another log, and further.
func foreignIndex(t *testing.T, dir string) {
	ix, err := index.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	log := new(journal.Memory)
	for range 9 {
		if err := log.Open().Append(t.Context(), journal.AppendHeader(nil, journal.Header{Epoch: 9})); err != nil {
			t.Fatal(err)
		}
	}
	a := &index.Applier{Index: ix}
	if at, err := a.Replay(t.Context(), log.Open(), slog.New(slog.DiscardHandler)); err != nil || at.Seq != 9 {
		t.Fatalf("got %+v, %v, want sequence 9", at, err)
	}
	if err := ix.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestIndexIsBuiltAgain(t *testing.T) {
	tests := []struct {
		name string
		harm func(t *testing.T, dir string)
	}{
		{"removed", func(t *testing.T, dir string) {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}},
		{"damaged", func(t *testing.T, dir string) {
			files, err := filepath.Glob(filepath.Join(dir, "MANIFEST-*"))
			if err != nil || len(files) == 0 {
				t.Fatalf("manifest: %v, %v", files, err)
			}
			for _, f := range files {
				if err := os.WriteFile(f, []byte("damaged"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}},
		{"of another log", foreignIndex},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opt := testOptions(t)
			opt.Logger = nil
			r := start(t, opt)
			c := relaytest.Conversation(t, "10690001", "447700900123")
			r.submit(c, "id1")
			r.submit(c, "id2")
			r.read(c, 1)
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
			tt.harm(t, filepath.Join(opt.Store, "index"))
			r = start(t, opt)
			v, err := r.views.conversation("10690001", "447700900123")
			if err != nil || len(v.Messages) != 2 || v.Messages[0].State != "read" || v.Messages[1].MessageIDs[0] != "id2" {
				t.Errorf("conversation: got %+v, %v", v, err)
			}
			if s := r.submit(c, "id3"); s.ordinal != 2 {
				t.Errorf("next ordinal: got %d, want 2", s.ordinal)
			}
		})
	}
}

func TestMemoryIsBounded(t *testing.T) {
	opt := ledgerOptionsOfTest()
	opt.Conversations = 2 * shards
	r := runLedgerOn(t, new(journal.Memory), t.TempDir(), opt)
	all := conversations(t, 1000)
	for range 3 {
		for _, c := range all {
			r.submit(c, "id")
		}
	}
	if n := r.table.count(); n > 2*shards {
		t.Errorf("conversations in memory: got %d, want %d at most", n, 2*shards)
	}
	for _, c := range all {
		if s := r.submit(c, "id"); s.ordinal != 3 {
			t.Fatalf("ordinal after coming back: got %d, want 3", s.ordinal)
		}
	}
}
