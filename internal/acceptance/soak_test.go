//go:build e2e

package acceptance

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/simulator/load"
	"readback/smpp"
	"readback/udh"
)

// The environment of a soak. The names do not begin with READBACK_, which is for settings.
const (
	soakTime = "SOAK_TIME" // how long it takes; without it there is none
	soakRate = "SOAK_RATE" // messages a second
	soakFile = "SOAK_FILE" // where the samples go
)

// A soak samples the gateway every sampleEvery. The warm-up is a third of it: whatever has a bound is to reach
// it by then. A leak of leakBound octets a message would take as much of the memory as the bound of the
// conversations within a day at 200 messages a second. noise is what the live heap varies by, of 60 samples on
// either side of the middle.
const (
	sampleEvery       = 10 * time.Second
	soakConversations = 20_000
	leakBound         = 8       // octets a message
	noise             = 3 << 20 // octets
	mostExtra         = 20      // goroutines or files that may come and go
	perConversation   = 192     // octets in the heap
)

// TestSoak has messages, receipts and reads pass for a long time. What is bounded may grow to its bound, and
// nothing else may grow. It is run by `make soak`.
func TestSoak(t *testing.T) {
	d, err := time.ParseDuration(os.Getenv(soakTime))
	if err != nil {
		t.Skipf("%s is not set", soakTime)
	}
	rate, err := strconv.Atoi(os.Getenv(soakRate))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), d+5*time.Minute)
	defer cancel()
	r := &readers{}
	c := startSMSC(t, listen(t, ""), simulator.Options{OnFrame: r.see})
	s := free(t).with(settings{"smsc.addr": c.addr, "reads.rate": 0, "log.audit": false, "relay.memory": "16MiB"})
	g := startGateway(ctx, t, s.write(t))
	sampling, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	var samples []sample
	wg.Go(func() { samples = g.sampleAll(sampling, s["relay.store"].(string), os.Getenv(soakFile)) })
	wg.Go(func() { r.read(sampling, "http://"+g.reads+"/v1/reads", rate) })
	messages := rate * int(d.Seconds())
	res, err := load.Run(ctx, load.Options{
		Bind: simulator.Bind{SystemID: accounts[0], Password: password}, Addr: g.addr, Binds: binds, Window: window,
		Messages: messages, Conversations: soakConversations, Rate: float64(rate), RegisteredDelivery: 1,
	})
	stop()
	wg.Wait()
	if err != nil || res.OK != messages || res.Delivered < messages {
		t.Errorf("load: %v, %v", err, res)
	}
	t.Logf("%v\nread: %d accepted, %d refused", res, r.accepted.Load(), r.refused.Load())
	if r.accepted.Load() < int64(messages)/20 {
		t.Errorf("got %d reads accepted, want one in ten messages or so", r.accepted.Load())
	}
	checkGrowth(t, samples, rate)
}

// checkGrowth compares the middle of the time after the warm-up with the end.
func checkGrowth(t *testing.T, all []sample, rate int) {
	t.Helper()
	warm := all[len(all)/3:]
	if len(warm) < 6 {
		t.Fatalf("got %d samples after the warm-up, want more time", len(warm))
	}
	early, late := mean(warm[:len(warm)/3]), mean(warm[len(warm)-len(warm)/3:])
	hours := late.at.Sub(early.at).Hours()
	grown := late.unbounded() - early.unbounded()
	most := float64(leakBound*rate)*hours*3600 + noise
	t.Logf("live heap without conversations: %.1f MiB, then %.1f MiB, %+.1f MiB an hour; it may grow by %.1f MiB in %.2f h",
		early.unbounded()/(1<<20), late.unbounded()/(1<<20), grown/hours/(1<<20), most/(1<<20), hours)
	t.Logf("RSS %.0f MiB, then %.0f MiB; store %.0f MiB, then %.0f MiB", early.rss/(1<<20), late.rss/(1<<20), early.store/(1<<20), late.store/(1<<20))
	if grown > most {
		t.Errorf("the live heap without conversations grew by %.1f MiB, want at most %.1f", grown/(1<<20), most/(1<<20))
	}
	for name, n := range map[string][2]float64{"goroutines": {early.goroutines, late.goroutines}, "files": {early.files, late.files}} {
		if n[1] > n[0]+mostExtra {
			t.Errorf("%s: got %.0f, then %.0f, want no more", name, n[0], n[1])
		}
	}
}

// readers send read responses to some of the newest messages.
type readers struct {
	accepted, refused atomic.Int64

	mu     sync.Mutex
	newest [1000]string // bodies of read responses
	came   int
	turn   int // which of them are next in some
}

// see notes a message that the SMSC got.
func (r *readers) see(rec simulator.Record) {
	if rec.Frame.ID() != pdu.SubmitSMID {
		return
	}
	m, err := smpp.ParseMessage(rec.Frame)
	if err != nil || !m.HasUDH() {
		return
	}
	if n, ok := udh.Number(m.UserData(), 0x80); ok {
		r.mu.Lock()
		r.newest[r.came%len(r.newest)] = fmt.Sprintf(`{"receiver":%q,"sender":%q,"number":%d}`, m.To.Addr, m.From.Addr, n)
		r.came++
		r.mu.Unlock()
	}
}

// read sends as many read responses as there are messages, ten at a time, half of them again and again.
func (r *readers) read(ctx context.Context, url string, rate int) {
	tick := time.NewTicker(time.Second * 10 / time.Duration(rate))
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if body := r.some(10); body != "" {
			r.post(ctx, url, body)
		}
	}
}

// some returns an array of read responses.
func (r *readers) some(n int) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.came == 0 {
		return ""
	}
	all := make([]string, n)
	for i := range all {
		all[i] = r.newest[r.turn%min(r.came, len(r.newest))]
		r.turn++
	}
	return "[" + strings.Join(all, ",") + "]"
}

func (r *readers) post(ctx context.Context, url, body string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return // the end
	}
	defer func() { _ = resp.Body.Close() }()
	var text bytes.Buffer
	_, _ = text.ReadFrom(resp.Body)
	accepted := int64(strings.Count(text.String(), `"code":202`))
	r.accepted.Add(accepted)
	r.refused.Add(10 - accepted)
}
