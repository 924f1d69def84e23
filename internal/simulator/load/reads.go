package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"readback/handset"
)

// ReadsOptions say what Reads sends. Zero values stand for the defaults named.
type ReadsOptions struct {
	URL           string // of /v1/reads; or of a NATS or MQTT server: nats://host:port, mqtt://host:port
	APIKey        string // for HTTP
	Sender        uint64 // the first short code: 10690001
	First         int    // the first conversation: 0
	Conversations int    // 1000; read i is of conversation First + i modulo this
	Reads         int    // in all: as many as there are conversations
	Number        int    // of the first message of each conversation: 1; the next round reads the next number
	Array         int    // read responses in a request: 1. Over MQTT there is one in each message
	Connections   int    // requests at once, each on a kept connection of its own: 4
}

// ReadsResult is what came of it.
type ReadsResult struct {
	Started  time.Time   // the first request
	Accepted int         // over MQTT, those that the server has acknowledged
	Refused  map[int]int // by HTTP code
	Repeated int         // requests that the gateway put off, and that were sent again
	Duration time.Duration

	P50, P99, P999, Max time.Duration // of a request, repetitions included
}

func (o ReadsOptions) withDefaults() (ReadsOptions, error) {
	o.Sender = cmp.Or(o.Sender, 10690001)
	o.Conversations = cmp.Or(o.Conversations, 1000)
	o.Reads = cmp.Or(o.Reads, o.Conversations)
	o.Number, o.Array, o.Connections = cmp.Or(o.Number, 1), cmp.Or(o.Array, 1), cmp.Or(o.Connections, 4)
	switch {
	case o.URL == "":
		return o, errors.New("reads: no URL to send them to")
	case o.First < 0 || o.Conversations < 0 || o.Reads < 0 || o.Number < 0 || o.Array < 0 || o.Connections < 0:
		return o, errors.New("reads: a count below zero")
	}
	return o, nil
}

// readsSender is what the connections of Reads share.
type readsSender struct {
	opt   ReadsOptions
	start time.Time
	next  atomic.Int64 // the read that is sent next

	mu      sync.Mutex
	result  ReadsResult // guarded by mu, as latency
	latency histogram
}

// Reads sends read responses for the messages that Run with the same conversations has sent, as the
// receivers' apps or their backend would. It returns when all have their verdict, or when a request fails.
func Reads(ctx context.Context, opt ReadsOptions) (ReadsResult, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return ReadsResult{}, err
	}
	s := &readsSender{opt: opt, start: time.Now()}
	s.result = ReadsResult{Started: s.start, Refused: make(map[int]int)}
	group, ctx := errgroup.WithContext(ctx)
	for range opt.Connections {
		group.Go(func() error { return s.run(ctx) })
	}
	err = group.Wait()
	r, h := s.result, &s.latency
	r.Duration = time.Since(s.start)
	r.P50, r.P99, r.P999, r.Max = h.quantile(0.5), h.quantile(0.99), h.quantile(0.999), h.max
	return r, err
}

// run sends requests over one connection until all reads are sent.
func (s *readsSender) run(ctx context.Context) error {
	send, end, err := s.opt.connect()
	if err != nil {
		return fmt.Errorf("reads: %w", err)
	}
	defer end()
	batch := make([]handset.Response, 0, s.opt.Array)
	for {
		if batch = s.fill(batch[:0]); len(batch) == 0 {
			return nil
		}
		if err := s.send(ctx, send, batch); err != nil {
			return err
		}
	}
}

// fill takes the next reads.
func (s *readsSender) fill(batch []handset.Response) []handset.Response {
	n := int64(cap(batch))
	for i := s.next.Add(n) - n; len(batch) < int(n) && i < int64(s.opt.Reads); i++ {
		sender, receiver := Conversation(s.opt.Sender, s.opt.First+int(i)%s.opt.Conversations)
		batch = append(batch, handset.Response{
			Receiver: receiver, Sender: strconv.FormatUint(sender, 10),
			Number: uint16(s.opt.Number + int(i)/s.opt.Conversations), Status: handset.Read, ReadAt: s.start,
		})
	}
	return batch
}

// send sends one request, again if the gateway puts it off, and counts its verdicts.
func (s *readsSender) send(ctx context.Context, send sendReads, batch []handset.Response) error {
	start := time.Now()
	verdicts, err := send(ctx, batch)
	for later := (*handset.LaterError)(nil); errors.As(err, &later); verdicts, err = send(ctx, batch) {
		if time.Since(start) > 30*time.Second {
			return fmt.Errorf("reads: put off for 30 s: %w", err)
		}
		s.mu.Lock()
		s.result.Repeated++
		s.mu.Unlock()
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if err != nil {
		return fmt.Errorf("reads: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latency.add(time.Since(start))
	for _, v := range verdicts {
		if v.Accepted() {
			s.result.Accepted++
		} else {
			s.result.Refused[v.Code]++
		}
	}
	return nil
}
