//go:build e2e

package acceptance

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"golang.org/x/time/rate"

	"readback/smpp"
)

// recovery is how soon the gateway must be bound again when the SMSC is back.
const recovery = 2 * time.Second

// outages are how long the SMSC is away; the last is long enough for the gateway to
// lose patience.
var outages = []time.Duration{0, time.Second / 2, time.Second, 3 * time.Second / 2, 6 * time.Second}

// TestSMSCRestarts stops the SMSC ten times under load, for a shorter or longer while.
func TestSMSCRestarts(t *testing.T) {
	ctx := within(t)
	book := newAcceptor()
	c := startSMSC(t, listen(t, ""), book.options())
	g := startGateway(ctx, t, free(t).with(shared(t, binds)).with(settings{"smsc.addr": c.addr}).write(t))
	l := startSenders(ctx, t, g.addr)
	awaitBinds(ctx, t, c, book)
	const times = 10
	for i := range times {
		l.awaitOK(ctx, size(3000)) // under load
		if err := c.WaitBound(ctx, "", binds); err != nil {
			t.Fatalf("%d binds are not kept: %v", binds, err)
		}
		if n := book.bindsSince(); n != 0 {
			t.Errorf("%d more binds came while all were up", n)
		}
		c.stop()
		l.awaitRefused(ctx, size(500))
		rest(ctx, outages[i%len(outages)])
		back := time.Now()
		c = startSMSC(t, listen(t, c.addr), book.options())
		bound := awaitBinds(ctx, t, c, book)
		l.awaitOK(ctx, 1)
		t.Logf("after return %d: bound in %v, first answer in %v", i+1, bound.Round(time.Millisecond),
			time.Since(back).Round(time.Millisecond))
	}
	l.awaitOK(ctx, size(3000))
	r := l.stop(ctx, book)
	t.Log(r)
	if !r.isClean() || r.sent != r.ok+r.failed[smpp.StatusSysErr]+r.failed[smpp.StatusThrottled] {
		t.Errorf("got %v, want each message answered once and truly", r)
	}
	g.terminate()
	g.awaitExit(ctx)
}

// awaitBinds wants exactly the binds, soon, and returns how soon.
func awaitBinds(ctx context.Context, t *testing.T, c *smsc, book *acceptor) time.Duration {
	t.Helper()
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, recovery)
	defer cancel()
	if err := c.WaitBound(ctx, "", binds); err != nil {
		t.Errorf("not %d binds within %v of the SMSC's return", binds, recovery)
	}
	if n := book.bindsSince(); n != binds {
		t.Errorf("%d binds came, want %d", n, binds)
	}
	return time.Since(start)
}

// rest lets an SMSC stay away for a while.
func rest(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// senders are ESMEs that send as fast as a rate allows until they are stopped.
type senders struct {
	esmes   []*esme
	halt    context.CancelFunc
	running sync.WaitGroup

	mu          sync.Mutex
	ok, refused int           // guarded by mu, as all below
	more        chan struct{} // closed with the next answer
}

// sendRate is that of all senders together, in messages a second.
const sendRate = 3000

func startSenders(ctx context.Context, t *testing.T, addr string) *senders {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	s := &senders{halt: cancel, more: make(chan struct{})}
	limit := rate.NewLimiter(sendRate, window)
	for i := range binds {
		e := openESME(t, addr, s.answered)
		s.esmes = append(s.esmes, e)
		s.running.Go(func() {
			for n := 0; limit.Wait(ctx) == nil && e.submit(ctx, fmt.Sprintf("%d-%d", i, n)); n++ {
			}
		})
	}
	return s
}

func (s *senders) answered(a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.status == smpp.StatusOK {
		s.ok++
	} else {
		s.refused++
	}
	close(s.more)
	s.more = make(chan struct{})
}

// awaitOK waits for n more answers that are ESME_ROK.
func (s *senders) awaitOK(ctx context.Context, n int) { s.await(ctx, &s.ok, n) }

// awaitRefused waits for n more answers that are not.
func (s *senders) awaitRefused(ctx context.Context, n int) { s.await(ctx, &s.refused, n) }

func (s *senders) await(ctx context.Context, count *int, n int) {
	s.mu.Lock()
	until := *count + n
	for *count < until && ctx.Err() == nil {
		more := s.more
		s.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
		}
		s.mu.Lock()
	}
	s.mu.Unlock()
}

// stop ends the sending, waits for the answers that are missing, and adds up.
func (s *senders) stop(ctx context.Context, book *acceptor) tally {
	s.halt()
	s.running.Wait()
	const last = 20 * time.Second
	ctx, cancel := context.WithTimeout(ctx, last)
	defer cancel()
	r := tally{failed: map[pdu.Status]int{}}
	for _, e := range s.esmes {
		e.answeredAll(ctx)
		r.count(e, book)
	}
	return r
}
