package ledger

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

func TestOneConversationFromFourGoroutines(t *testing.T) {
	p := runLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	const each = 2500
	var mu sync.Mutex
	given := make(map[uint64]bool)
	free := relaytest.NewCredits(64)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			last := uint64(0)
			for i := range each {
				<-free
				s := toSend(c)
				err := p.Assign(s)
				for errors.Is(err, ErrBusy) { // the others were quicker, for a second
					err = p.Assign(s)
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
				p.Accept(s, []byte("id"), free, 0)
			}
		})
	}
	wg.Wait()
	if !given[4*each-1] {
		t.Errorf("last ordinal %d was not given: numbers were skipped", 4*each-1)
	}
}

func TestBurstWithoutAnswers(t *testing.T) {
	p := runLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 16 {
				if err := p.Assign(toSend(c)); err != nil {
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
		l := ledgerOn(index.New(t.TempDir(), slog.New(slog.DiscardHandler)))
		l.beginForTest(1, 0)
		c := relaytest.Conversation(t, "10690001", "447700900123")
		h := l.table.addForTest(c)
		var all []*Sent
		for range window {
			all = append(all, toSend(c))
			if err := l.Assign(all[len(all)-1]); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		late := toSend(c)
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
			if err := l.Assign(toSend(c)); !errors.Is(err, ErrDown) {
				t.Errorf("assign: got %v, want ErrDown", err)
			}
		})
		synctest.Wait()
		l.status.Set(ErrDown)
		wg.Wait()
		l.status.Set(nil)
		wantBusy(t, l, toSend(c), assignWait)
	})
}

func TestNothingIsSkippedAfterCleanStop(t *testing.T) {
	p := runLedger(t)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	want := uint64(0)
	for i := range 4 {
		for range 3 {
			s := p.mustAssign(t, toSend(c))
			if s.ordinal != want {
				t.Errorf("run %d: got ordinal %d, want %d", i, s.ordinal, want)
			}
			want++
			switch i {
			case 0:
				p.accept(s, "id")
			case 1:
				p.Refuse(s)
			}
		}
		if i == 2 {
			p.kill()
			want = 6 + window // the log knows of 6; the 3 of this run are among the W
		} else if err := p.stop(); err != nil {
			t.Fatal(err)
		}
		p = p.again()
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
		if err := log.Open().Append(t.Context(), journal.Seal(journal.AppendHeader(nil, journal.Header{Epoch: 9}))); err != nil {
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
			p := runLedger(t)
			c := relaytest.Conversation(t, "10690001", "447700900123")
			p.read(p.submit(c, "id1"))
			p.submit(c, "id2")
			if err := p.stop(); err != nil {
				t.Fatal(err)
			}
			tt.harm(t, p.dir)
			p = p.again()
			if got := p.entries(c); len(got) != 2 || got[0].State != message.StateRead || string(got[1].Parts[0].ID) != "id2" {
				t.Errorf("conversation: got %+v", got)
			}
			if s := p.submit(c, "id3"); s.ordinal != 2 {
				t.Errorf("next ordinal: got %d, want 2", s.ordinal)
			}
		})
	}
}

func TestMemoryIsBounded(t *testing.T) {
	opt := ledgerOptionsOfTest()
	opt.Conversations = 2 * shards
	r := runLedgerOn(t, new(journal.Memory), t.TempDir(), opt)
	all := relaytest.Conversations(t, 1000)
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
