package ledger

import (
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

func (p *partition) wantRouted(id, want string) {
	p.t.Helper()
	if got, ok := p.Routed(message.Conversation{}, []byte(id)); got != want || ok != (want != "") {
		p.t.Errorf("account of %q: got %q, %v, want %q", id, got, ok, want)
	}
}

// pendingRoutes is how many are not yet in the index.
func (l *Partition) pendingRoutes() int {
	rs := l.routes
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return len(rs.pending)
}

// wantNoRoutes waits until no route is in memory.
func (l *Partition) wantNoRoutes(t testing.TB) {
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
		end  func(p *partition)
	}{
		{"nothing", func(*partition) {}},
		{"stop", func(p *partition) { _ = p.stop() }},
		{"crash", func(p *partition) { p.kill() }},
		{"crash, and the index is lost", func(p *partition) { p.kill(); p.loseIndex() }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := runLedger(t)
			p.route("bank", "4a7f01")
			p.route("bank", "4a7f02")
			p.route("shop", "4a7f02") // given again by the SMSC: the newest wins
			p.wantNoRoutes(t)
			if tt.end(p); tt.name != "nothing" {
				p = p.again()
			}
			p.wantRouted("4a7f01", "bank")
			p.wantRouted("4a7f02", "shop")
			p.wantRouted("4a7f03", "")
			p.wantRouted("4a7f0", "")
		})
	}
}

func TestRouteIsNotRecorded(t *testing.T) {
	p := runLedger(t)
	tests := []struct{ name, account, id string }{
		{"no id", "bank", ""},
		{"no account", "", "1"},
		{"long id", "bank", strings.Repeat("1", 66)},
		{"long account", strings.Repeat("a", 65), "1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p.route(tt.account, tt.id)
			p.wantRouted(tt.id, "")
		})
	}
	longest := strings.Repeat("1", 65)
	p.route("bank", longest)
	p.wantRouted(longest, "bank")
}

// Routes that cannot get to the log are dropped.
func TestRoutesAreBounded(t *testing.T) {
	l := ledgerOn(index.New(t.TempDir(), slog.New(slog.DiscardHandler)))
	l.queue.records = maxQueuedRecords
	w := make(relaytest.Logged, 1)
	l.Route("bank", journal.Place{}, []byte("1"), w, 0)
	relaytest.Receive(t, w)
	if _, ok := l.Routed(message.Conversation{}, []byte("1")); ok || l.queue.drops != 1 {
		t.Errorf("queue full: known %v, %d dropped, want one dropped", ok, l.queue.drops)
	}
}

// A route stays in memory until the index has it. A route that replaced it meanwhile stays.
func TestRoutesInMemory(t *testing.T) {
	rs := newRoutes(nil)
	add := func(account, id string) route { return rs.add(route{key: id, id: id, account: account}) }
	first, other, second := add("bank", "1"), add("bank", "2"), add("shop", "1")
	want := func(what, id, account string) {
		t.Helper()
		if got, ok := rs.find([]byte(id), func(*route) bool { return true }); got != account || ok != (account != "") {
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
	l := indexedLedger(t)
	today, days := message.DayOf(time.Now().UnixMilli()), uint16(l.keep/(24*time.Hour))
	for back, want := range map[uint16]string{0: "bank", 1: "bank", days: "bank", days + 5: ""} {
		id := fmt.Sprint("id", back)
		l.applyRecords(t, uint64(back)+1, func(b []byte) []byte { return journal.AppendRoute(b, today-back, "bank", []byte(id)) })
		if got, ok := l.Routed(message.Conversation{}, []byte(id)); got != want || ok != (want != "") {
			t.Errorf("%d days ago: got %q, %v, want %q", back, got, ok, want)
		}
	}
}

// The exact id decides before the newest one, also while neither is in the index.
func TestExactRouteOnItsWay(t *testing.T) {
	l := indexedLedger(t)
	w := make(relaytest.Logged, 2)
	l.Route("bank", journal.Place{}, []byte("0AB"), w, 1)
	l.Route("shop", journal.Place{}, []byte("ab"), w, 2)
	for id, want := range map[string]string{"0AB": "bank", "ab": "shop", "AB": "shop"} {
		if got, ok := l.Routed(message.Conversation{}, []byte(id)); got != want || !ok {
			t.Errorf("id %q: got %q, %v, want %q", id, got, ok, want)
		}
	}
}

// Of several messages with one id, the addresses of a receipt decide on the account, then the exact id, and
// then the time: on the way to the index, and there.
func TestAddressesDecideRoutes(t *testing.T) {
	p := runLedger(t)
	a, b := relaytest.Conversation(t, "10690001", "447700900123"), relaytest.Conversation(t, "10690002", "447700900124")
	route := func(account string, c message.Conversation, id string) {
		w := make(relaytest.Logged, 1)
		p.Take(account, &c, []byte(id), true)
		p.Route(account, journal.Place{Conv: c}, []byte(id), w, 1)
		relaytest.Receive(t, w)
	}
	route("bank", a, "0AB")
	route("shop", b, "ab")
	for range 2 {
		for _, tt := range []struct {
			c        message.Conversation
			id, want string
		}{
			{a, "ab", "bank"},
			{b, "0AB", "shop"},
			{message.Conversation{}, "0AB", "bank"},
			{message.Conversation{}, "ab", "shop"},
			{message.Conversation{}, "00aB", "shop"},
			{message.Conversation{Sender: b.Sender, Receiver: a.Receiver}, "ab", "bank"},
			{message.Conversation{}, "abc", ""},
			{a, "", ""},
		} {
			if got, ok := p.Routed(tt.c, []byte(tt.id)); got != tt.want || ok != (tt.want != "") {
				t.Errorf("%v, id %q: got %q, %v, want %q", tt.c, tt.id, got, ok, tt.want)
			}
		}
		p.wantNoRoutes(t)
	}
}
