package transport

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"readback/internal/admission"
)

// limited is a Limiter on a listener that the test fills.
type limited struct {
	*fakeListener
	limiter *Limiter
	ln      net.Listener
	log     *record
	refused []string
}

func newLimited(limits Limits) *limited {
	l := &limited{fakeListener: newFakeListener(), log: &record{}}
	l.limiter = NewLimiter(limits, l.log.logger(), func(reason, remote string) {
		l.refused = append(l.refused, reason+" "+remote)
	})
	l.ln = l.limiter.Listener(l.fakeListener)
	return l
}

func TestLimiterAllow(t *testing.T) { synctest.Test(t, testLimiterAllow) }

func testLimiterAllow(t *testing.T) {
	l := newLimited(Limits{Allow: Allow{}})
	l.dial("192.0.2.1:1")
	accept(t, l.ln) // everybody

	l = newLimited(Limits{Allow: allowing("192.0.2.0/24")})
	out := l.dial("198.51.100.1:7")
	l.dial("192.0.2.1:1")
	if conn := accept(t, l.ln); conn.RemoteAddr().String() != "192.0.2.1:1" {
		t.Errorf("got %v, want the one in the list", conn.RemoteAddr())
	}
	if _, err := out.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want the other one closed", err)
	}
	if l.log.lines("connection refused", "reason=not_allowed", "remote=198.51.100.1:7") != 1 {
		t.Errorf("got log %q, want the reason and the address", l.log)
	}
	if want := []string{"not_allowed 198.51.100.1:7"}; !slices.Equal(l.refused, want) {
		t.Errorf("got refusals %q, want %q", l.refused, want)
	}
}

func TestLimiterPerAddress(t *testing.T) { synctest.Test(t, testLimiterPerAddress) }

func testLimiterPerAddress(t *testing.T) {
	l := newLimited(Limits{Limits: admission.Limits{PerSource: 2}})
	l.dial("192.0.2.1:1")
	l.dial("192.0.2.1:2")
	first, second := accept(t, l.ln), accept(t, l.ln)
	admission.Of(first).Bind() // or they would give way
	admission.Of(second).Bind()
	over := l.dial("192.0.2.1:3")
	l.dial("[::ffff:192.0.2.1]:4") // the same address
	l.dial("192.0.2.2:5")          // another
	if conn := accept(t, l.ln); conn.RemoteAddr().String() != "192.0.2.2:5" {
		t.Errorf("got %v, want the one of another address", conn.RemoteAddr())
	}
	if _, err := over.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want the third one closed", err)
	}
	if want := []string{"per_address 192.0.2.1:3", "per_address 192.0.2.1:4"}; !slices.Equal(l.refused, want) {
		t.Errorf("got refusals %q, want %q", l.refused, want)
	}
	if l.log.lines("connection refused", "reason=per_address", "remote=192.0.2.1:3") != 1 {
		t.Errorf("got log %q, want the reason and the address", l.log)
	}
	for range 2 { // a second Close gives no second place
		_ = first.Close()
	}
	l.dial("192.0.2.1:6")
	l.dial("192.0.2.1:7")
	third := accept(t, l.ln)
	admission.Of(third).Bind()
	l.dial("192.0.2.2:8")
	if conn := accept(t, l.ln); conn.RemoteAddr().String() != "192.0.2.2:8" {
		t.Errorf("got %v, want the place of one only", conn.RemoteAddr())
	}
	_, _ = second.Close(), third.Close()
}

// TestLimiterShared counts two listeners as one. The slow connection of one gives way to that of the other.
func TestLimiterShared(t *testing.T) { synctest.Test(t, testLimiterShared) }

func testLimiterShared(t *testing.T) {
	limiter := NewLimiter(Limits{Limits: admission.Limits{PendingPerSource: 1}}, (&record{}).logger(), nil)
	plain, secure := newFakeListener(), newFakeListener()
	slow := plain.dial("192.0.2.1:1")
	accept(t, limiter.Listener(plain))
	time.Sleep(time.Minute) // virtual: the first one is slow then
	secure.dial("192.0.2.1:2")
	if conn := accept(t, limiter.Listener(secure)); conn.RemoteAddr().String() != "192.0.2.1:2" {
		t.Errorf("got %v, want the new one", conn.RemoteAddr())
	}
	if _, err := slow.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want the slow one closed", err)
	}
}

func TestLimiterPassesErrorsOn(t *testing.T) {
	l := newLimited(Limits{})
	_ = l.ln.Close()
	if _, err := l.ln.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want %v", err, net.ErrClosed)
	}
}

func TestLimiterTotal(t *testing.T) { synctest.Test(t, testLimiterTotal) }

func testLimiterTotal(t *testing.T) {
	l := newLimited(Limits{Limits: admission.Limits{Total: 2, Words: admission.Words{Total: "max_connections"}}})
	l.dial("192.0.2.1:1")
	l.dial("192.0.2.2:2")
	first := accept(t, l.ln)
	admission.Of(first).Bind()
	admission.Of(accept(t, l.ln)).Bind()
	over := l.dial("192.0.2.3:3")
	go func() { // Accept goes on when the place of the first one is free
		_, _ = over.Read(make([]byte, 1))
		_ = first.Close()
		l.dial("192.0.2.4:4")
	}()
	if conn := accept(t, l.ln); conn.RemoteAddr().String() != "192.0.2.4:4" {
		t.Errorf("got %v, want the one that came when there was a place", conn.RemoteAddr())
	}
	if want := []string{"max_connections 192.0.2.3:3"}; !slices.Equal(l.refused, want) {
		t.Errorf("got refusals %q, want %q", l.refused, want)
	}
}

// A connection that is refused is closed a second later; when very many are, those beyond at once.
func TestRefusedCloseLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimited(Limits{Allow: allowing("192.0.2.0/24")})
		go func() { _, _ = l.ln.Accept() }() // refuses them all
		begin := time.Now()
		closed := make(chan time.Duration, maxLate+2)
		for i := range maxLate + 2 {
			conn := l.dial(fmt.Sprintf("198.51.100.1:%d", 1+i))
			go func() {
				_, _ = conn.Read(make([]byte, 1))
				closed <- time.Since(begin)
			}()
		}
		got := map[time.Duration]int{}
		for range maxLate + 2 {
			got[<-closed]++
		}
		if want := map[time.Duration]int{0: 2, lateBy: maxLate}; !maps.Equal(got, want) {
			t.Errorf("got %v closed by time, want %v", got, want)
		}
		synctest.Wait()
		if late := l.limiter.late.Load(); late != 0 {
			t.Errorf("%d count as open, want none", late)
		}
		_ = l.ln.Close()
	})
}

// halfClosed is a connection whose direction from the peer can be closed, as that of TCP.
type halfClosed struct{ net.Conn }

func (c halfClosed) CloseRead() error { return c.SetReadDeadline(time.Unix(1, 0)) }

// Whoever reads a connection that gives way sees its end at once, and the peer a second later.
func TestGivesWayLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimited(Limits{Limits: admission.Limits{Pending: 1}})
		here, there := net.Pipe()
		go func() { l.in <- accepted{conn: &halfClosed{&addressed{there, tcpAddr("192.0.2.1:1")}}} }()
		slow := accept(t, l.ln)
		time.Sleep(time.Minute) // virtual: it is slow then
		begin := time.Now()
		l.dial("192.0.2.2:2")
		accept(t, l.ln)
		if _, err := slow.Read(make([]byte, 1)); err != io.EOF || time.Since(begin) > 0 {
			t.Errorf("got %v after %v, want the end at once", err, time.Since(begin))
		}
		_ = slow.Close()
		if _, err := here.Read(make([]byte, 1)); !errors.Is(err, io.EOF) || time.Since(begin) != lateBy {
			t.Errorf("peer: got %v after %v, want the end after %v", err, time.Since(begin), lateBy)
		}
	})
}
