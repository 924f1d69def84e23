package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"readback/internal/simulator/load"
)

// Sample is what one load showed.
type Sample struct {
	Messages  int     `json:"messages"`
	PerSecond float64 `json:"per_second"`

	P50  time.Duration `json:"p50_ns"`
	P99  time.Duration `json:"p99_ns"`
	P999 time.Duration `json:"p999_ns"`
	Max  time.Duration `json:"max_ns"`

	// Processor time for each message, in microseconds.
	Target float64 `json:"target_us"` // relay, HAProxy or gateway
	Load   float64 `json:"load_us"`
	Sink   float64 `json:"sink_us"`

	Resident   int64 `json:"resident_bytes,omitempty"`   // memory of the relay, HAProxy or gateway, after the load
	Dropped    int   `json:"receipts_dropped,omitempty"` // delivery receipts that the gateway did not record
	Lost       int   `json:"lost,omitempty"`             // receipts or feedback that the ESME did not get in time
	Unnumbered int   `json:"unnumbered,omitempty"`       // messages that passed without a number although they asked for one
}

// perMessage returns the microseconds of d for each of n messages.
func perMessage(d time.Duration, n int) float64 {
	return float64(d) / float64(max(n, 1)) / float64(time.Microsecond)
}

// Bounds of what is waited for.
const (
	restTime     = 3 * time.Second // until the process between load and sink is at rest
	fillRestTime = time.Minute     // likewise, after what is not measured: the next load must not pay for it
	feedbackTime = time.Minute     // receipts and feedback after the last response
	spareTime    = 3 * time.Minute // of a load, beyond what it should take
	slowest      = 5000            // messages a second that any gateway takes
)

// spec is the load of a world.
type spec struct {
	messages int // zero: time
	time     time.Duration
	first    int // conversation
	count    int // conversations
	window   int
	rate     float64
	limit    time.Duration
	rest     time.Duration // how long what is put off is waited for; zero: restTime
}

// args returns the arguments of the load.
func (w *world) args(s spec) []string {
	args := []string{
		"sim", "esme", "--load", "--json", "--addr", w.addr, "--registered-delivery", strconv.Itoa(int(w.route.registered)),
		"--binds", strconv.Itoa(w.setup.Binds), "--window", strconv.Itoa(s.window), "--messages", strconv.Itoa(s.messages),
		"--time", s.time.String(), "--first", strconv.Itoa(s.first), "--conversations", strconv.Itoa(s.count),
		"--text", strings.Repeat("x", w.setup.Octets), "--rate", fmt.Sprint(s.rate),
	}
	if w.route.registered&1 != 0 {
		args = append(args, "--linger", feedbackTime.String(), "--await", strconv.Itoa(load.AwaitEach))
	}
	return args
}

// usage is what the processes of a world have used so far.
type usage struct {
	target, sink time.Duration
	dropped      float64
	numbered     float64
}

func (w *world) usage(ctx context.Context) (u usage, err error) {
	if u.sink, err = w.sink.cpu(); err == nil && w.target != nil {
		u.target, err = w.target.cpu()
	}
	if err == nil && w.ops != "" {
		var m metrics
		m, err = w.metrics(ctx)
		u.dropped, u.numbered = m[metricDropped], m.numbered()
	}
	return u, err
}

// settle waits until what is between load and sink has come to rest.
func (w *world) settle(ctx context.Context, while time.Duration) error {
	if w.target == nil {
		return nil
	}
	return w.target.settle(ctx, while)
}

// load runs a load through the world and returns what it cost.
func (b *bench) load(ctx context.Context, w *world, s spec) (Sample, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.limit, fmt.Errorf("not done within %v; try fewer messages or a shorter time", s.limit))
	defer cancel()
	before, err := w.usage(ctx)
	if err != nil {
		return Sample{}, err
	}
	p, err := start(w.dir, "load", nil, b.opt.Binary, w.args(s)...)
	if err != nil {
		return Sample{}, err
	}
	if err := p.wait(ctx); err != nil {
		return Sample{}, errors.Join(err, p.stop())
	}
	var r load.Result
	if err := p.result(&r); err != nil {
		return Sample{}, err
	}
	if r.OK == 0 || r.OK < r.Sent {
		return Sample{}, p.failed(fmt.Sprintf("of %d messages %d were accepted", r.Sent, r.OK))
	}
	if err := w.settle(ctx, cmp.Or(s.rest, restTime)); err != nil {
		return Sample{}, err
	}
	return w.account(ctx, before, p.total(), r)
}

// account makes a sample of what a load has cost since before.
func (w *world) account(ctx context.Context, before usage, loadTime time.Duration, r load.Result) (Sample, error) {
	after, err := w.usage(ctx)
	if err != nil {
		return Sample{}, err
	}
	s := Sample{
		Messages: r.OK, PerSecond: r.PerSecond(), P50: r.P50, P99: r.P99, P999: r.P999, Max: r.Max,
		Target: perMessage(after.target-before.target, r.OK), Load: perMessage(loadTime, r.OK),
		Sink: perMessage(after.sink-before.sink, r.OK), Dropped: int(after.dropped - before.dropped),
	}
	if w.route.registered&1 != 0 {
		s.Lost = max(0, r.OK-r.Delivered)
	}
	if w.route.registered != 0 {
		s.Unnumbered = r.OK - int(after.numbered-before.numbered)
		if s.Unnumbered > r.OK/2 {
			return s, w.target.failed(fmt.Sprintf("of %d messages %v were numbered", r.OK, after.numbered-before.numbered))
		}
	}
	if w.target != nil {
		s.Resident, err = resident(w.target.cmd.Process.Pid)
	}
	return s, err
}

// result reads the last line that the process has printed.
func (p *process) result(to any) error {
	text, err := os.ReadFile(p.output)
	if err != nil {
		return err
	}
	text = []byte(strings.TrimSpace(string(text)))
	line := text[strings.LastIndexByte(string(text), '\n')+1:]
	if err := json.Unmarshal(line, to); err != nil {
		return p.failed(fmt.Sprintf("printed no result: %v", err))
	}
	return nil
}
