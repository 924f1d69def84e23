package relay

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// route says whose message id is, and waits until that is told.
func (r *running) route(account, id string) {
	w := make(logged, 1)
	r.Ledger().Route(account, []byte(id), w, 9)
	if token := relaytest.Receive(r.t, w); token != 9 {
		r.t.Errorf("route of %s: told with token %d, want 9", id, token)
	}
}

func (r *running) wantRouted(id, want string) {
	r.t.Helper()
	if got, ok := r.Ledger().Routed([]byte(id)); got != want || ok != (want != "") {
		r.t.Errorf("account of %q: got %q, %v, want %q", id, got, ok, want)
	}
}

// pendingRoutes is how many are not yet in the index.
func (l *Ledger) pendingRoutes() int {
	rs := l.routes
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return len(rs.pending)
}

// wantNoRoutes waits until no route is in memory.
func (l *Ledger) wantNoRoutes(t testing.TB) {
	t.Helper()
	for ctx := relaytest.Deadline(t); l.pendingRoutes() > 0; runtime.Gosched() {
		if ctx.Err() != nil {
			t.Fatalf("in memory: got %d routes, want none", l.pendingRoutes())
		}
	}
}

func TestRouteSurvives(t *testing.T) {
	tests := []struct {
		name string
		end  func(r *running)
	}{
		{"nothing", func(*running) {}},
		{"stop", func(r *running) { _ = r.stop() }},
		{"crash", (*running).crash},
		{"crash, and the index is lost", func(r *running) {
			r.crash()
			if err := os.RemoveAll(filepath.Join(r.opt.Store, "index")); err != nil {
				r.t.Error(err)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opt := testOptions(t)
			opt.Logger = nil
			r := start(t, opt)
			r.route("bank", "4a7f01")
			r.route("bank", "4a7f02")
			r.route("shop", "4a7f02") // given again by the SMSC: the newest wins
			r.ledger.wantNoRoutes(t)
			if tt.end(r); tt.name != "nothing" {
				r = start(t, opt)
			}
			r.wantRouted("4a7f01", "bank")
			r.wantRouted("4a7f02", "shop")
			r.wantRouted("4a7f03", "")
			r.wantRouted("4a7f0", "")
		})
	}
}

func TestRouteIsNotRecorded(t *testing.T) {
	r := start(t, testOptions(t))
	tests := []struct{ name, account, id string }{
		{"no id", "bank", ""},
		{"no account", "", "1"},
		{"long id", "bank", strings.Repeat("1", 66)},
		{"long account", strings.Repeat("a", 65), "1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r.route(tt.account, tt.id)
			r.wantRouted(tt.id, "")
		})
	}
	longest := strings.Repeat("1", 65)
	r.route("bank", longest)
	r.wantRouted(longest, "bank")
}

// A route that is added while NATS is away is known at once, and is in the log later.
func TestRouteWhileDown(t *testing.T) {
	t.Parallel() // it waits for time-outs
	store := t.TempDir()
	s := relaytest.NATS(t, store, server.RANDOM_PORT)
	port := relaytest.Port(t, s)
	relaytest.Halt(s)
	opt := testOptions(t)
	opt.NATS, opt.Logger = "nats://127.0.0.1:"+strconv.Itoa(port), nil
	r := launch(t, opt)
	r.route("bank", "early")
	r.wantRouted("early", "bank")

	s = relaytest.NATS(t, store, port)
	if err := r.WaitReady(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	r.route("bank", "up")
	relaytest.Halt(s)
	r.route("bank", "away") // is told after the append's second at most
	r.wantRouted("early", "bank")
	r.wantRouted("away", "bank")
	if err := r.waitDown(); !errors.Is(err, ErrDown) {
		t.Errorf("reason: got %v, want ErrDown", err)
	}
	r.route("shop", "away")

	relaytest.NATS(t, store, port)
	if err := r.WaitReady(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	r.route("bank", "last")
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	opt.Store = t.TempDir() // the log has it all
	r = start(t, opt)
	for id, want := range map[string]string{"early": "bank", "up": "bank", "away": "shop", "last": "bank"} {
		r.wantRouted(id, want)
	}
	if r.ledger.epoch != 1 {
		t.Errorf("epoch after a clean stop: got %d, want 1", r.ledger.epoch)
	}
}

// Routes that cannot get to the log are dropped.
func TestRoutesAreBounded(t *testing.T) {
	l := ledgerOn(&index.Index{})
	l.queue.records = maxQueuedRecords
	w := make(logged, 1)
	l.Route("bank", []byte("1"), w, 0)
	relaytest.Receive(t, w)
	if _, ok := l.Routed([]byte("1")); ok || l.queue.drops != 1 {
		t.Errorf("queue full: known %v, %d dropped, want one dropped", ok, l.queue.drops)
	}
}

// The routes of a ledger that has lost its log are forgotten.
func TestRoutesOfALostLedger(t *testing.T) {
	s := relaytest.NATS(t, t.TempDir(), server.RANDOM_PORT)
	opt := testOptions(t)
	opt.NATS, opt.Logger = s.ClientURL(), nil
	first := start(t, opt)
	opt.Store = t.TempDir()
	start(t, opt) // fences the first one
	for i := range 3 {
		first.route("bank", fmt.Sprint("id", i))
	}
	if err := first.WaitReady(relaytest.Deadline(t)); !errors.Is(err, journal.ErrFenced) {
		t.Fatalf("first: got %v, want ErrFenced", err)
	}
	first.ledger.wantNoRoutes(t)
	_ = first.stop()
}

func applyRoute(t *testing.T, ix *index.Index, day uint16, account, id string) {
	t.Helper()
	a := &index.Applier{Index: ix, Expired: 100}
	b := journal.AppendRoute(journal.AppendHeader(nil, journal.Header{Epoch: 1}), day, account, []byte(id))
	if _, err := a.Apply(uint64(day), b, false); err != nil {
		t.Fatal(err)
	}
}

func TestRoutesExpire(t *testing.T) {
	ix, err := index.Open(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ix.Close() }()
	applyRoute(t, ix, 99, "bank", "expired before it came")
	applyRoute(t, ix, 101, "bank", "both")
	applyRoute(t, ix, 100, "shop", "both")
	applyRoute(t, ix, 100, "shop", "old")
	tests := []struct {
		name   string
		expire uint16
		id     string
		want   string
	}{
		{"expired before it came", 0, "expired before it came", ""},
		{"newest day", 0, "both", "bank"},
		{"still there", 100, "old", "shop"},
		{"expired", 101, "old", ""},
		{"newest day is left", 101, "both", "bank"},
		{"all expired", 102, "both", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := ix.Expire(tt.expire); err != nil {
				t.Fatal(err)
			}
			if got, err := ix.Route([]byte(tt.id), 105, 10); got != tt.want || err != nil {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

// A route stays in memory until the index has it. A route that replaced it meanwhile stays.
func TestRoutesInMemory(t *testing.T) {
	rs := newRoutes()
	first, other, second := rs.add("bank", "1"), rs.add("bank", "2"), rs.add("shop", "1")
	want := func(what, id, account string) {
		t.Helper()
		if got, ok := rs.find([]byte(id)); got != account || ok != (account != "") {
			t.Errorf("%s: got %q, %v for %s, want %q", what, got, ok, id, account)
		}
	}
	want("given again", "1", "shop")
	rs.settle(first)
	want("the first is in the index", "1", "shop")
	want("the first is in the index", "2", "bank")
	rs.settle()
	rs.settle(other, second)
	want("all are", "1", "")
	want("all are", "2", "")
}

// The account of an id is found as long as a message can be read.
func TestRoutedAsLongAsKept(t *testing.T) {
	r := idleRelay(t)
	today, days := message.DayOf(time.Now().UnixMilli()), uint16(r.opt.Keep/(24*time.Hour))
	for back, want := range map[uint16]string{0: "bank", 1: "bank", days: "bank", days + 5: ""} {
		id := fmt.Sprint("id", back)
		r.applyRecords(t, uint64(back)+1, func(b []byte) []byte { return journal.AppendRoute(b, today-back, "bank", []byte(id)) })
		if got, ok := r.Ledger().Routed([]byte(id)); got != want || ok != (want != "") {
			t.Errorf("%d days ago: got %q, %v, want %q", back, got, ok, want)
		}
	}
}
