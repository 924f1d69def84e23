// Package load sends many messages through a gateway or to an SMSC, and measures the rate and
// the latencies.
package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"golang.org/x/sync/errgroup"

	"readback/internal/simulator"
)

// Options say what Run sends. Zero values stand for the defaults named.
type Options struct {
	simulator.Bind                   // bind_transceiver by default
	Addr               string        // of the SMSC or gateway
	Binds              int           // sessions at once: 1
	Window             int           // requests unanswered on each: 16, at most 10000
	Messages           int           // in all: 1000, or without bound if there is a Time
	Time               time.Duration // sends no more after that; zero sends all
	Conversations      int           // 1; message i belongs to conversation First + i modulo this
	First              int           // the first conversation: 0
	Sender             uint64        // the first short code: 10690001
	Text               string        // at most 160 characters of ASCII: "Your code is 4711."
	Serial             bool          // ends each text with eight digits of its own, from 00000000
	DataCoding         byte
	RegisteredDelivery byte
	Rate               float64       // messages a second in all; zero is as fast as it goes
	Linger             time.Duration // how long to answer deliver_sm after the last response
	Await              int           // ends Linger when so many deliver_sm came; AwaitEach: as many as messages were accepted
	Stall              time.Duration // gives up when nothing has come for so long: 30 s
	OnAnswered         func(Result)  // called when all messages are answered, before Linger
}

// AwaitEach, as Options.Await, stands for one deliver_sm for each message that was accepted.
const AwaitEach = -1

// Result is what came of it.
type Result struct {
	Sent       int
	OK         int                // answered with ESME_ROK
	Failed     map[pdu.Status]int // answered otherwise
	Unanswered int
	Delivered  int           // deliver_sm and data_sm that came in, all accepted
	LastCame   time.Time     // when the last of these came
	Duration   time.Duration // from the first submit_sm to the last response

	// From the time when a submit_sm was to be sent to its response. With Options.Rate that is the time by
	// the rate, although the window was full then: a peer that stalls is charged for all that had to wait.
	P50, P90, P99, P999, Max time.Duration
}

const (
	maxWindow = 10_000
	unbounded = math.MaxInt / 2 // messages, where the time ends the load
)

// withDefaults fills in what was left empty and checks the rest.
func (o Options) withDefaults() (Options, error) {
	o.Binds = cmp.Or(o.Binds, 1)
	o.Window = cmp.Or(o.Window, 16)
	if o.Messages == 0 && o.Time > 0 {
		o.Messages = unbounded
	}
	o.Messages = cmp.Or(o.Messages, 1000)
	o.Conversations = cmp.Or(o.Conversations, 1)
	o.Sender = cmp.Or(o.Sender, 10690001)
	o.Text = cmp.Or(o.Text, "Your code is 4711.")
	o.Stall = cmp.Or(o.Stall, 30*time.Second)
	o.Binds = min(o.Binds, o.Messages)
	switch {
	case o.Binds < 0 || o.Messages < 0 || o.Conversations < 0 || o.First < 0 || o.Rate < 0 || o.Time < 0:
		return o, errors.New("load: a count below zero")
	case o.Window < 0 || o.Window > maxWindow:
		return o, fmt.Errorf("load: window %d is outside 1…%d", o.Window, maxWindow)
	case len(o.Text) > 160:
		return o, fmt.Errorf("load: text of %d octets, at most 160 fit", len(o.Text))
	case len(o.SystemID) > 15 || len(o.Password) > 8 || len(o.SystemType) > 12:
		return o, errors.New("load: system_id, password or system_type is too long (SMPP 3.4 §5.2)")
	case senderDigits(o.Sender+uint64((o.First+o.Conversations)/len(receivers))) != senderDigits(o.Sender):
		return o, fmt.Errorf("load: sender %d leaves no room for %d conversations", o.Sender, o.Conversations)
	}
	return o, nil
}

// Run sends messages over as many sessions as asked and returns when all are
// answered, the connections fail, nothing comes any more, or ctx ends; an error
// comes with the result so far. Receivers are +44 7700 900000 and up without the
// magic ones, senders the short codes from Sender up, all by the number of the
// conversation, so that each run sends the same.
func Run(ctx context.Context, opt Options) (Result, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return Result{}, err
	}
	loaders := make([]*loader, opt.Binds)
	for i := range loaders {
		if loaders[i], err = openLoader(ctx, opt, i); err != nil {
			break
		}
		defer loaders[i].close()
	}
	if err != nil {
		return Result{}, err
	}
	var group errgroup.Group
	start, t := time.Now(), &tally{loaders: loaders}
	for _, l := range loaders {
		group.Go(func() error { return l.run(ctx, start, t) })
	}
	err = group.Wait()
	return collect(loaders, start), err
}

// collect adds up what the loaders saw.
func collect(loaders []*loader, start time.Time) Result {
	r := Result{Failed: make(map[pdu.Status]int)}
	var h histogram
	for _, l := range loaders {
		if l.lastCame.After(r.LastCame) {
			r.LastCame = l.lastCame
		}
		r.Sent += l.sent
		r.OK += l.ok
		r.Unanswered += l.open
		r.Delivered += l.delivered
		for status, n := range l.failed {
			r.Failed[status] += n
		}
		r.Duration = max(r.Duration, l.last.Sub(start))
		h.merge(&l.latency)
	}
	r.P50, r.P90, r.P99, r.P999, r.Max = h.quantile(0.5), h.quantile(0.9), h.quantile(0.99), h.quantile(0.999), h.max
	return r
}

// PerSecond is how many messages were answered in a second.
func (r Result) PerSecond() float64 {
	answered := float64(r.Sent - r.Unanswered)
	if r.Duration <= 0 {
		return 0
	}
	return answered / r.Duration.Seconds()
}

// String says it in a few lines.
func (r Result) String() string {
	var s strings.Builder
	_, _ = fmt.Fprintf(&s, "sent %d, ok %d, unanswered %d, delivered %d in %v: %.0f msg/s\n",
		r.Sent, r.OK, r.Unanswered, r.Delivered, r.Duration.Round(time.Millisecond), r.PerSecond())
	_, _ = fmt.Fprintf(&s, "answered within p50 %v, p90 %v, p99 %v, p99.9 %v, max %v\n", r.P50, r.P90, r.P99, r.P999, r.Max)
	statuses := make([]pdu.Status, 0, len(r.Failed))
	for status := range r.Failed {
		statuses = append(statuses, status)
	}
	slices.Sort(statuses)
	for _, status := range statuses {
		_, _ = fmt.Fprintf(&s, "status %#02x %s: %d\n", uint32(status), status.Error(), r.Failed[status])
	}
	return s.String()
}
