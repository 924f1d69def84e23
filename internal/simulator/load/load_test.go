package load

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// invSystemID is ESME_RINVSYSID.
const invSystemID pdu.Status = 0x0F

// startSink serves an SMSC until the test ends and returns its address.
func startSink(t testing.TB, opt simulator.Options) (*simulator.SMSC, string) {
	t.Helper()
	c, ln := simulator.NewSMSC(opt), testpeer.Listen(t)
	testpeer.Serve(t, "the SMSC", ln, c.Serve)
	return c, ln.Addr().String()
}

// seen collects what a load brought to the SMSC.
type seen struct {
	mu            sync.Mutex
	serials       map[string]int
	conversations map[string]int
}

func (s *seen) frame(t *testing.T) func(simulator.Record) {
	s.serials, s.conversations = map[string]int{}, map[string]int{}
	return func(r simulator.Record) {
		if r.Frame.ID() != pdu.SubmitSMID {
			return
		}
		m, err := smpp.ParseMessage(r.Frame)
		if err != nil {
			t.Errorf("%x: %v", []byte(r.Frame), err)
			return
		}
		ud := m.UserData()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.serials[string(ud[len(ud)-serialDigits:])]++
		s.conversations[string(m.From.Addr)+" "+string(m.To.Addr)]++
	}
}

func TestLoad(t *testing.T) {
	const messages, conversations = 20_000, 5_000
	var s seen
	_, addr := startSink(t, simulator.Options{OnFrame: s.frame(t)})
	r, err := Run(testpeer.Within(t), Options{
		Addr: addr, Binds: 4, Messages: messages, Conversations: conversations, Serial: true, RegisteredDelivery: 1, Linger: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Sent != messages || r.OK != messages || len(r.Failed) != 0 || r.Unanswered != 0 || r.Duration <= 0 {
		t.Errorf("result %v, want %d ok", r, messages)
	}
	if r.Delivered == 0 || r.P50 <= 0 || r.P50 > r.P99 || r.P99 > r.Max {
		t.Errorf("result %v: receipts or latencies are wrong", r)
	}
	if len(s.serials) != messages || len(s.conversations) != conversations {
		t.Errorf("%d serials in %d conversations, want %d in %d", len(s.serials), len(s.conversations), messages, conversations)
	}
	for c, n := range s.conversations {
		if n != messages/conversations {
			t.Fatalf("conversation %s has %d messages, want %d", c, n, messages/conversations)
		}
	}
	if !strings.Contains(r.String(), "ok 20000") {
		t.Errorf("String() = %q", r.String())
	}
}

func TestLoadFailures(t *testing.T) {
	_, addr := startSink(t, simulator.Options{Answer: func(_ string, f smpp.Frame) ([]byte, bool) {
		if f.ID() != pdu.SubmitSMID || f.Seq()%10 != 0 {
			return nil, false
		}
		return smpp.AppendRefusal(nil, f.ID(), smpp.StatusThrottled, f.Seq()), true
	}})
	r, err := Run(testpeer.Within(t), Options{Addr: addr, Messages: 1000})
	if err != nil || r.OK != 900 || r.Failed[smpp.StatusThrottled] != 100 {
		t.Errorf("result %v, %v, want 900 ok and 100 throttled", r, err)
	}
	if !strings.Contains(r.String(), "status 0x58") {
		t.Errorf("String() = %q, want the status", r.String())
	}
}

func TestLoadEnds(t *testing.T) {
	swallow := func(_ string, f smpp.Frame) ([]byte, bool) { return nil, f.ID() == pdu.SubmitSMID }
	_, addr := startSink(t, simulator.Options{Answer: swallow})
	r, err := Run(testpeer.Within(t), Options{Addr: addr, Messages: 100, Stall: time.Millisecond})
	if err == nil || r.Unanswered != 16 || !strings.Contains(err.Error(), "nothing came") {
		t.Errorf("stall: %v, %v, want 16 unanswered and an error", r, err)
	}
	ctx, cancel := context.WithCancel(testpeer.Within(t))
	_, addr = startSink(t, simulator.Options{Answer: swallow, OnFrame: func(r simulator.Record) {
		if r.Frame.ID() == pdu.SubmitSMID {
			cancel()
		}
	}})
	if _, err := Run(ctx, Options{Addr: addr}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v, want %v", err, context.Canceled)
	}
	_, addr = startSink(t, simulator.Options{Accounts: map[string]string{}})
	if _, err := Run(testpeer.Within(t), Options{Addr: addr}); !errors.Is(err, invSystemID) {
		t.Errorf("refused bind: %v, want %v", err, invSystemID)
	}
	for _, opt := range []Options{
		{Window: 10_001},
		{Messages: -1},
		{Text: strings.Repeat("x", 161)},
		{Sender: 99999999, Conversations: 10_000},
		{Bind: simulator.Bind{Password: "far too long"}},
	} {
		if _, err := Run(testpeer.Within(t), opt); err == nil || !strings.HasPrefix(err.Error(), "load: ") {
			t.Errorf("%+v: %v, want a refusal", opt, err)
		}
	}
}

func TestHistogram(t *testing.T) {
	var h histogram
	for i := range 100_000 {
		h.add(time.Duration(i+1) * time.Microsecond)
	}
	var all histogram
	all.merge(&h)
	for _, q := range []float64{0.01, 0.5, 0.9, 0.999, 1} {
		want := time.Duration(q*100_000) * time.Microsecond
		if got := all.quantile(q); got < want || got > want*65/64 {
			t.Errorf("quantile %v = %v, want %v and at most a 64th more", q, got, want)
		}
	}
	for i := range len(h.counts) - 2*subBuckets {
		if got := bucket(upper(i)); got != i {
			t.Fatalf("upper(%d) is in bucket %d", i, got)
		}
		if got := bucket(upper(i) + 1); got != i+1 {
			t.Fatalf("upper(%d)+1 is in bucket %d", i, got)
		}
		if upper(i) > time.Hour {
			break
		}
	}
}

func TestLoaderAllocatesNothing(t *testing.T) {
	opt, err := Options{Messages: 1 << 30, Conversations: 100_000, Serial: true}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	l := newLoader(opt, 0, nil)
	now := time.Now()
	response := smpp.Frame(smpp.AppendHeader(nil, pdu.SubmitSMRespID, 0, 0, 0))
	round := func() {
		l.fill(now)
		l.out = l.out[:0]
		for seq := l.seq - uint32(opt.Window) + 1; seq <= l.seq; seq++ {
			response.SetSeq(seq)
			l.handle(response, now)
		}
	}
	round()
	if got := testing.AllocsPerRun(100, round); got != 0 {
		t.Errorf("%v allocations in a round of %d messages, want 0", got, opt.Window)
	}
	if l.open != 0 || l.ok != l.sent {
		t.Errorf("%d open, %d ok of %d", l.open, l.ok, l.sent)
	}
}

// BenchmarkSink is how fast the SMSC takes messages, load and all.
func BenchmarkSink(b *testing.B) {
	for _, window := range []int{16, 100, 1000} {
		b.Run(fmt.Sprintf("window=%d", window), func(b *testing.B) {
			_, addr := startSink(b, simulator.Options{})
			b.ReportAllocs()
			r, err := Run(context.Background(), Options{
				Addr: addr, Binds: 4, Window: window, Messages: max(b.N, 4), Conversations: 100_000,
			})
			if err != nil || r.OK != r.Sent {
				b.Fatalf("%v %v", r, err)
			}
			b.ReportMetric(r.PerSecond(), "msg/s")
		})
	}
}
