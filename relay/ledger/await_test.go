package ledger

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

func TestAwaitRoute(t *testing.T) {
	r := runLedger(t)
	l := r
	r.route("bank", "known")
	if got, ok := l.AwaitRoute(relaytest.Deadline(t), message.Conversation{}, []byte("known")); got != "bank" || !ok {
		t.Errorf("known: got %q, %v, want bank", got, ok)
	}

	accounts := make(chan string, 2)
	for range 2 {
		go func() {
			account, _ := l.AwaitRoute(relaytest.Deadline(t), message.Conversation{}, []byte("early"))
			accounts <- account
		}()
	}
	r.awaitings(2)
	r.route("shop", "early")
	for range 2 {
		if got := relaytest.Receive(t, accounts); got != "shop" {
			t.Errorf("early: got %q, want shop", got)
		}
	}

	ctx, cancel := context.WithCancel(relaytest.Deadline(t))
	gone := make(chan bool, 2)
	for range 2 {
		go func() {
			_, ok := l.AwaitRoute(ctx, message.Conversation{}, []byte("never"))
			gone <- ok
		}()
	}
	r.awaitings(2)
	cancel()
	for range 2 {
		if relaytest.Receive(t, gone) {
			t.Error("never: got an account")
		}
	}
	r.awaitings(0)
	if n := len(l.routes.awaited); n != 0 {
		t.Errorf("ids awaited: got %d, want none", n)
	}

	l.routes.waiting = maxAwaitings
	if _, ok := l.AwaitRoute(relaytest.Deadline(t), message.Conversation{}, []byte("never")); ok {
		t.Error("too many wait: got an account")
	}
}

// awaitings returns when n wait.
func (p *partition) awaitings(n int) {
	rs := p.routes
	for ctx := relaytest.Deadline(p.t); ; {
		rs.mu.Lock()
		waiting := rs.waiting
		rs.mu.Unlock()
		if waiting == n {
			return
		}
		if ctx.Err() != nil {
			p.t.Fatalf("waiting: got %d, want %d", waiting, n)
		}
	}
}

// When the ledger comes up, AwaitRoute finds a route that was in the log already.
func TestAwaitRouteUntilLogIsRead(t *testing.T) {
	dir := t.TempDir()
	ix, err := index.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ix.Close() }()
	synctest.Test(t, func(t *testing.T) {
		l := ledgerOn(ix)
		found := make(chan string, 1)
		go func() {
			account, _ := l.AwaitRoute(t.Context(), message.Conversation{}, []byte("4a7f01"))
			found <- account
		}()
		synctest.Wait()
		l.applyRecords(t, 1, func(b []byte) []byte {
			return journal.AppendRoute(b, message.DayOf(time.Now().UnixMilli()), "bank", []byte("4a7f01"))
		})
		l.status.Set(nil)
		if got := <-found; got != "bank" {
			t.Errorf("got %q, want bank", got)
		}
	})
}

// Each caller that waits for an id is told once. A caller that has left is not told.
func TestAwaitedRoutes(t *testing.T) {
	rs := newRoutes(nil)
	var all []chan string
	for i := range 4 {
		all = append(all, make(chan string, 1))
		if !rs.await("1", all[i]) {
			t.Fatalf("number %d may not wait", i)
		}
	}
	alone := make(chan string, 1)
	rs.await("2", alone)
	for range 2 {
		rs.leave("1", all[1])
		rs.leave("2", alone)
	}
	if rs.waiting != 3 || len(rs.awaited) != 1 || len(rs.awaited["1"]) != 3 {
		t.Errorf("got %d waiting for %v, want 3 for one id", rs.waiting, rs.awaited)
	}
	rs.add(route{account: "bank", key: "2"})
	rs.add(route{account: "bank", key: "1"})
	rs.add(route{account: "shop", key: "1"})
	for i, told := range append(all, alone) {
		want := ""
		if i != 1 && i < 4 {
			want = "bank"
		}
		got := ""
		if len(told) > 0 {
			got = <-told
		}
		if got != want {
			t.Errorf("number %d: told %q, want %q", i, got, want)
		}
		rs.leave("1", told) // has no effect
	}
	if rs.waiting != 0 || len(rs.awaited) != 0 {
		t.Errorf("got %d waiting for %v, want none", rs.waiting, rs.awaited)
	}
	rs.waiting = maxAwaitings - 1
	if !rs.await("1", all[0]) || rs.await("1", all[1]) {
		t.Error("got more or less than the bound to wait")
	}
}
