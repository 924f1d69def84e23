package admission

import (
	"fmt"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// world is a gate and what it has closed.
type world struct {
	*Gate
	refused []string // reason and address
	closed  []string
}

func newWorld(l Limits) *world {
	w := &world{}
	l.Words = Words{Total: "max_sessions", Pending: "max_unbound"}
	w.Gate = NewGate(l, func(reason string, remote net.Addr) { w.refused = append(w.refused, reason+" "+remote.String()) })
	return w
}

// enter enters a connection of an address, such as 192.0.2.1:7.
func (w *world) enter(from string) *Place {
	addr, _ := net.ResolveTCPAddr("tcp", from) // it is one
	return w.Enter(addr, func() { w.closed = append(w.closed, from) })
}

func (w *world) want(t *testing.T, what string, closed, refused []string) {
	t.Helper()
	if !slices.Equal(w.closed, closed) || !slices.Equal(w.refused, refused) {
		t.Errorf("%s: closed %q and refused %q, want %q and %q", what, w.closed, w.refused, closed, refused)
	}
	w.closed, w.refused = nil, nil
}

// inBubble runs a test in virtual time.
func inBubble(t *testing.T, f func(t *testing.T)) { t.Helper(); synctest.Test(t, f) }

// The slowest connection of a source gives way to a new one of it, and never one that has bound or that
// waits for an answer.
func TestSlowestGivesWay(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(Limits{PendingPerSource: 3})
		w.enter("192.0.2.1:1").Bind()
		w.enter("192.0.2.1:2").Working()
		slow, other := w.enter("192.0.2.1:3"), w.enter("192.0.2.1:4")
		w.enter("192.0.2.9:1")
		time.Sleep(grace)
		slow.Silent() // it has said something
		time.Sleep(grace)
		w.enter("192.0.2.1:5")
		w.want(t, "slowest", []string{"192.0.2.1:4"}, []string{"gave_way 192.0.2.1:4"})
		other.Silent() // too late: it does not count any more
		other.Leave()
		slow.Refused()
		time.Sleep(grace)
		w.enter("192.0.2.1:6")
		w.want(t, "refused", []string{"192.0.2.1:3"}, []string{"gave_way 192.0.2.1:3"})
		if w.enter("192.0.2.1:7") == nil { // the fifth is slow by now
			t.Error("got no place, want that of the slow one")
		}
		w.want(t, "slow again", []string{"192.0.2.1:5"}, []string{"gave_way 192.0.2.1:5"})
		if w.enter("192.0.2.1:8") != nil {
			t.Error("got a place, want none: the others of the source came just now, or wait for an answer")
		}
		w.want(t, "none is slow", nil, []string{"per_address 192.0.2.1:8"})
	})
}

// One source cannot keep out another one, whatever its connections do.
func TestOneSourceOfMany(t *testing.T) {
	for name, do := range map[string]func(*Place){
		"silent": func(*Place) {}, "working": (*Place).Working, "talking": (*Place).Silent,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(Limits{Pending: 10})
			for i := range 10 {
				do(w.enter(fmt.Sprintf("192.0.2.1:%d", i)))
			}
			for i := range 5 {
				w.enter(fmt.Sprintf("192.0.2.%d:1", 2+i)).Working()
			}
			if len(w.closed) != 5 || slices.ContainsFunc(w.closed, func(a string) bool { return a[:10] != "192.0.2.1:" }) {
				t.Errorf("closed %q, want five of the source with the most connections", w.closed)
			}
		})
	}
}

// Connections that were accepted give way last, and those that have bound never do.
func TestTotal(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(Limits{Total: 4})
		w.enter("192.0.2.1:1").Bind()
		w.enter("192.0.2.1:2").Accept()
		w.enter("192.0.2.1:3").Accept()
		w.enter("192.0.2.2:4")
		time.Sleep(grace)
		w.enter("192.0.2.3:5").Bind()
		w.want(t, "slow", []string{"192.0.2.2:4"}, []string{"gave_way 192.0.2.2:4"})
		w.enter("192.0.2.3:6").Bind()
		w.enter("192.0.2.3:7").Bind()
		w.want(t, "accepted", []string{"192.0.2.1:2", "192.0.2.1:3"}, []string{"gave_way 192.0.2.1:2", "gave_way 192.0.2.1:3"})
		if w.enter("192.0.2.3:8") != nil {
			t.Error("got a place, want none: all have bound")
		}
		w.want(t, "bound", nil, []string{"max_sessions 192.0.2.3:8"})
	})
}

// A connection that was accepted does not give way where those are too many that nobody has accepted: they would not
// become fewer.
func TestAcceptedKeepsItsPlace(t *testing.T) {
	for name, l := range map[string]Limits{"of one source": {PendingPerSource: 2}, "in all": {Pending: 2}} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newWorld(l)
				w.enter("192.0.2.1:1").Accept()
				time.Sleep(grace)
				w.enter("192.0.2.1:2").Working()
				w.enter("192.0.2.1:3").Working()
				if w.enter("192.0.2.1:4") != nil || len(w.closed) > 0 {
					t.Errorf("closed %q, want no place and none closed", w.closed)
				}
			})
		})
	}
}

// A source has so many connections at a time, and a place again when one leaves.
func TestPerSource(t *testing.T) {
	w := newWorld(Limits{PerSource: 2})
	first := w.enter("192.0.2.1:1")
	first.Bind()
	w.enter("192.0.2.1:2").Bind()
	w.enter("192.0.2.1:3")
	w.enter("[2001:db8::1]:1").Bind()
	w.enter("[2001:db8::2]:1").Bind() // of the same network
	w.enter("[2001:db8::3]:1")
	w.enter("[2001:db8:0:1::1]:1")
	w.want(t, "too many", nil, []string{"per_address 192.0.2.1:3", "per_address [2001:db8::3]:1"})
	for range 2 { // a second time gives no second place
		first.Leave()
	}
	w.enter("192.0.2.1:4").Bind()
	w.enter("192.0.2.1:5")
	w.want(t, "one has left", nil, []string{"per_address 192.0.2.1:5"})
}

// A source whose connections come to nothing gets only some a second. Those that are accepted do not count.
func TestRate(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(Limits{Rate: 2, Burst: 5})
		for range 100 {
			p := w.enter("192.0.2.1:1")
			p.Bind()
			p.Leave()
		}
		w.want(t, "accepted", nil, nil)
		good := w.enter("192.0.2.1:1")
		for range 3 {
			w.enter("192.0.2.1:1").Leave()
		}
		for range 10 { // it gives back what it took, and no more
			good.Credit()
		}
		good.Leave()
		for range 2 {
			w.enter("192.0.2.1:1").Leave()
		}
		w.want(t, "burst", nil, nil)
		if w.enter("192.0.2.1:2") != nil || w.enter("192.0.2.2:1") == nil {
			t.Error("want no place for the source, and one for another one")
		}
		w.want(t, "over the rate", nil, []string{"rate 192.0.2.1:2"})
		time.Sleep(time.Second)
		for range 3 {
			w.enter("192.0.2.1:3").Leave()
		}
		w.want(t, "a second later", nil, []string{"rate 192.0.2.1:3"})
	})
}

// Sources do not fill the memory.
func TestSourcesBounded(t *testing.T) {
	w := newWorld(Limits{Rate: 1, Burst: 1})
	for i := range maxSources + 1000 {
		w.Enter(&net.TCPAddr{IP: net.IPv4(10, byte(i>>16), byte(i>>8), byte(i)), Port: 1}, func() {}).Leave()
	}
	if got := w.sources.Len(); got > maxSources {
		t.Errorf("got %d sources in memory, want at most %d", got, maxSources)
	}
	if w.total != 0 || w.pending != 0 || w.order.Len() != 0 {
		t.Errorf("got %d connections, %d pending and %d in order, want none", w.total, w.pending, w.order.Len())
	}
}

// A connection without a place is served as before.
func TestNoPlace(t *testing.T) {
	here, there := net.Pipe()
	defer func() { _, _ = here.Close(), there.Close() }()
	p := Of(here)
	p.Working()
	p.Bind()
	p.Leave()
}

// When all are slow, one of the source with the most connections gives way, though another one is slower.
func TestTheMostGiveWay(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(Limits{Pending: few + 2})
		w.enter("192.0.2.1:1")
		for i := range few + 1 {
			w.enter(fmt.Sprintf("192.0.2.2:%d", 1+i))
		}
		time.Sleep(grace)
		w.enter("192.0.2.3:1")
		w.want(t, "all are slow", []string{"192.0.2.2:1"}, []string{"gave_way 192.0.2.2:1"})
	})
}

// Connections of many sources, one each, keep out no other source while they say nothing, and no known one
// while they wait for an answer.
func TestManySources(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := newWorld(Limits{Pending: 3})
		w.enter("192.0.2.9:1").Bind()
		var others []*Place
		for i := range 3 {
			others = append(others, w.enter(fmt.Sprintf("192.0.2.%d:1", 1+i)))
		}
		w.enter("192.0.2.8:1").Leave() // at once, when none is slow yet
		w.want(t, "silent", []string{"192.0.2.1:1"}, []string{"gave_way 192.0.2.1:1"})
		w.enter("192.0.2.4:1").Working()
		for _, p := range others {
			p.Working()
		}
		if w.enter("192.0.2.7:1") != nil {
			t.Error("got a place, want none: the others wait for an answer")
		}
		w.want(t, "working", nil, []string{"max_unbound 192.0.2.7:1"})
		w.enter("192.0.2.9:2")
		w.want(t, "known", []string{"192.0.2.4:1"}, []string{"gave_way 192.0.2.4:1"})
	})
}
