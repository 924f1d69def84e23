package bench

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"readback/internal/simulator/load"
)

// readsPerSecond is how many messages are read for each second of Options.Time. It takes less time than
// that where the gateway is faster.
const readsPerSecond = 3000

// answered is what the load prints when all messages are answered, and may be read.
var answered = regexp.MustCompile(`(?m)^\{.*"OK":(\d+),.*\n`)

// measureReads sends one message in each of many conversations, has all of them read, and waits until the
// ESME has acknowledged the feedback. The sample is about the reads alone: Load is who sends the read
// responses, Sink the ESME, and the latencies are those of the requests.
func (b *bench) measureReads(ctx context.Context, s Setup) (sample Sample, err error) {
	w, err := b.open(ctx, s)
	if err != nil {
		return sample, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	n := b.opt.Messages
	if n == 0 {
		n = max(1, int(s.Time.Seconds()*readsPerSecond))
	}
	limit := s.Time + feedbackTime + spareTime
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not done within %v; try a shorter time", limit))
	defer cancel()
	esme, err := b.sendUnread(ctx, w, n)
	if err != nil {
		return sample, err
	}
	defer func() { err = errors.Join(err, esme.stop()) }()
	return b.read(ctx, w, esme, n)
}

// sendUnread starts an ESME that sends n messages and then waits for the feedback on all of them. It returns
// when they are answered.
func (b *bench) sendUnread(ctx context.Context, w *world, n int) (*process, error) {
	args := append(w.args(spec{messages: n, count: n, window: w.setup.Window}),
		"--linger", (feedbackTime + spareTime).String(), "--await", strconv.Itoa(n))
	esme, err := start(w.dir, "esme", nil, b.opt.Binary, args...)
	if err != nil {
		return nil, err
	}
	found, err := esme.await(ctx, feedbackTime, answered)
	if err == nil && found[1] != strconv.Itoa(n) {
		err = esme.failed(fmt.Sprintf("of %d messages %s were accepted", n, found[1]))
	}
	if err == nil {
		err = w.settle(ctx, fillRestTime)
	}
	if err != nil {
		return nil, errors.Join(err, esme.stop())
	}
	return esme, nil
}

// read has all messages read and returns what that cost, until the ESME has all feedback.
func (b *bench) read(ctx context.Context, w *world, esme *process, n int) (Sample, error) {
	before, err := w.usage(ctx)
	if err != nil {
		return Sample{}, err
	}
	sent, err := esme.cpu()
	if err != nil {
		return Sample{}, err
	}
	sender, r, err := b.sendReads(ctx, w, n)
	if err != nil {
		return Sample{}, err
	}
	var told load.Result
	if err := esme.wait(ctx); err != nil {
		return Sample{}, err
	}
	if err := esme.result(&told); err != nil {
		return Sample{}, err
	}
	if told.Delivered == 0 {
		return Sample{}, w.target.failed("the ESME was told of no read")
	}
	if err := w.settle(ctx, restTime); err != nil {
		return Sample{}, err
	}
	after, err := w.usage(ctx)
	s := Sample{
		Messages: n, P50: r.P50, P99: r.P99, P999: r.P999, Max: r.Max, Lost: max(0, n-told.Delivered),
		PerSecond: float64(told.Delivered) / max(told.LastCame.Sub(r.Started), time.Microsecond).Seconds(),
		Target:    perMessage(after.target-before.target, n), Load: perMessage(sender.total(), n), Sink: perMessage(esme.total()-sent, n),
	}
	if err == nil {
		s.Resident, err = resident(w.target.cmd.Process.Pid)
	}
	return s, err
}

// sendReads sends a read response for each of n messages, and returns when all are accepted.
func (b *bench) sendReads(ctx context.Context, w *world, n int) (sender *process, r load.ReadsResult, err error) {
	sender, err = start(w.dir, "reads", nil, b.opt.Binary, "sim", "reads", "--url", w.reads, "--conversations", strconv.Itoa(n),
		"--array", strconv.Itoa(w.route.array), "--connections", strconv.Itoa(w.route.senders))
	if err != nil {
		return nil, r, err
	}
	if err := sender.wait(ctx); err != nil {
		return nil, r, errors.Join(err, sender.stop())
	}
	if err := sender.result(&r); err != nil {
		return nil, r, err
	}
	if r.Accepted != n {
		return nil, r, sender.failed(fmt.Sprintf("of %d read responses %d were accepted", n, r.Accepted))
	}
	return sender, r, nil
}
