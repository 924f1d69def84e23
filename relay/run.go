package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"readback/internal/backoff"
	"readback/relay/journal"
	"readback/relay/ledger"
)

// Bounds of the time between two tries.
const (
	firstWait = 100 * time.Millisecond
	longWait  = 2 * time.Second // somebody may be waiting

	connectTime = 500 * time.Millisecond // for a connection, before it is a reason
)

// Run serves until ctx ends; then it stops cleanly, within some seconds. It opens the store, connects,
// brings the index to the end of the log, and begins an epoch. What fails, and what is lost later, it
// tries again. It is called once.
func (r *Relay) Run(ctx context.Context) error {
	err := r.serve(ctx)
	r.status.End(ledger.ErrStopped)
	if c := r.conn.Load(); c != nil {
		c.end()
	}
	r.feedback.Stop()
	return errors.Join(err, r.Close())
}

// serve runs one session after the other until ctx ends.
func (r *Relay) serve(ctx context.Context) error {
	said := reasons{log: r.log}
	for wait := firstWait; ; wait = min(2*wait, longWait) {
		began := time.Now()
		served, err := r.session(ctx)
		switch {
		case ctx.Err() == nil:
		case served:
			return err
		default:
			return nil
		}
		down := ledger.ErrDown
		if !r.hasBegun() {
			down = ledger.ErrStarting
		}
		r.status.Set(fmt.Errorf("%w: %w", down, err))
		said.about(err, served)
		if served && time.Since(began) > longWait {
			wait = firstWait
		}
		r.pause(ctx, backoff.Jitter(wait))
	}
}

// pause waits, less when the connection to NATS is there again.
func (r *Relay) pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-r.connected:
	case <-ctx.Done():
	}
}

// reasons logs why the ledger is down: each reason once, until the ledger is up again.
type reasons struct {
	log  *slog.Logger
	said map[string]bool
}

// about logs the end of a session that has served, or the failure of one that has not.
func (r *reasons) about(err error, served bool) {
	if served {
		r.said = nil
		r.log.Error("ledger is lost and is opened again", "error", err)
	}
	if text := err.Error(); !r.said[text] && len(r.said) < 100 {
		if !served {
			r.log.Warn("ledger cannot begin", "error", err)
		}
		if r.said == nil {
			r.said = make(map[string]bool)
		}
		r.said[text] = true
	}
}

// session opens what is not open, begins an epoch and works until ctx ends or the ledger is lost. served
// reports whether the epoch had begun. If it had when ctx ended, the error says that the stop was not clean.
func (r *Relay) session(ctx context.Context) (served bool, err error) {
	if err := r.openStore(); err != nil {
		return false, err
	}
	c, err := r.connect(ctx)
	if err != nil {
		return false, err
	}
	if !c.NC.IsConnected() {
		r.pause(ctx, connectTime)
	}
	l, err := r.tryBegin(ctx, c)
	if err != nil {
		return false, err
	}
	release, err := r.own(c)
	if err != nil {
		r.log.Warn("a second gateway could take the ledger away", "error", err)
	} else {
		defer release()
	}
	r.beginOnce()
	r.status.Set(nil)
	return true, r.work(ctx, c, l)
}

// own says that this gateway writes the log.
func (r *Relay) own(c *connection) (release func(), err error) {
	host, _ := os.Hostname() // for the reader of the line
	return journal.Own(c.NC, journal.Owner{Host: host, PID: os.Getpid(), Since: time.Now().UTC().Truncate(time.Second)})
}

// openStore opens the store, the index and the embedded server, as far as they are not open. A store that
// has vanished is given up first: another one takes its place.
func (r *Relay) openStore() error {
	if err := r.store.intact(); err != nil {
		r.leaveStore()
	}
	err := r.store.openLock()
	if err == nil {
		err = r.store.intact() // may it be written?
	}
	if err != nil {
		return err
	}
	if err := r.openIndex(); err != nil {
		return err
	}
	if r.broker == nil {
		return nil
	}
	if err := r.broker.Open(); err != nil {
		return r.store.explain(err)
	}
	return nil
}

// leaveStore closes what writes to a store that cannot be used any more. The index stays open.
func (r *Relay) leaveStore() {
	if r.broker != nil {
		r.broker.Shutdown()
	}
	if err := r.store.close(); err != nil {
		r.log.Warn("lock of the store cannot be given back", "error", err)
	}
}

// openIndex opens the index, unless it is open and can go on. If the store has vanished, its index can
// still be read: the ledger carries over what it knows into the new store when it begins.
func (r *Relay) openIndex() error {
	if err := r.index.Restart(); err != nil {
		return r.store.explain(err)
	}
	return nil
}

// work runs the ledger and everything beside it until ctx ends, or the ledger is lost.
func (r *Relay) work(ctx context.Context, c *connection, l *storedLog) error {
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(l.lost, cancel)()
	stop, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- r.ledger.Run(hard, stop) }()

	beside, end := context.WithCancel(ctx)
	defer end()
	var wg sync.WaitGroup
	all := []func(context.Context){
		r.ledger.ResolveReceipts, r.feedback.Run, r.maintenance.run, r.index.FillHeads, c.ways.Take,
		func(ctx context.Context) { r.watch(ctx, c, l) },
	}
	if r.broker != nil {
		all = append(all, r.broker.Run)
	}
	if r.records != nil {
		all = append(all, func(ctx context.Context) { r.records.Run(ctx, c.readLog) })
	}
	for _, f := range all {
		wg.Go(func() { f(beside) })
	}
	select {
	case <-ctx.Done():
	case err := <-ended:
		end()
		wg.Wait()
		return l.reason(err)
	}
	c.end()
	wg.Wait()
	r.feedback.Stop()
	r.status.End(ledger.ErrStopped)
	deadline := time.AfterFunc(r.opt.stopWithin, cancel)
	defer deadline.Stop()
	close(stop)
	if err := <-ended; err != nil {
		return fmt.Errorf("ledger stopped without a stop record: %w", l.reason(err))
	}
	return nil
}
