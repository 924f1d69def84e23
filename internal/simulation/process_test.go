package simulation

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"readback/internal/metric"
	"readback/internal/promise"
	"readback/relay/feedback"
	"readback/relay/index"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/reads"
)

// keep is how long a message can be read.
const keep = 168 * time.Hour

// process is one life of a gateway's ledger, with all that works on it.
type process struct {
	w      *world
	id     uint64 // differs in all processes
	second bool   // another one works on the same log
	disk   *disk
	ix     *index.Index
	status *ledger.Status
	part   *ledger.Partition
	reads  *reads.Service
	fb     *feedback.Service
	begun  chan struct{}
	stop   chan struct{} // closed for a clean stop

	ctx     context.Context // ends with the process, however it ends
	gone    context.CancelFunc
	serving context.Context // ends when it is to stop
	unserve context.CancelFunc
	ended   chan struct{}  // closed when the ledger has ended
	failure error          // with which it did; set before ended is closed
	wg      sync.WaitGroup // everything that works on it

	leave func() // ends the ESME's session

	// Guarded by mu.
	mu      sync.Mutex
	log     *logClient // of the epoch, since Begin
	dead    bool
	clean   bool // it was stopped, and not killed
	kill    int  // so many operations later; 0: never
	power   bool // the kill is a power cut
	image   image
	appends uint64 // writers of the log so far
}

// start starts a process on a disk with these files.
func start(w *world, files image, second bool) *process {
	w.processes++
	p := &process{
		w: w, id: w.processes, second: second, status: ledger.NewStatus(), begun: make(chan struct{}), stop: make(chan struct{}),
		leave: func() {}, ended: make(chan struct{}),
	}
	p.ctx, p.gone = context.WithCancel(context.Background())
	p.serving, p.unserve = context.WithCancel(p.ctx)
	p.disk = newDisk(files, p.reach)
	logger := slog.New(&errorLines{p: p})
	p.ix = index.NewIn(p.disk.fs, indexDir, logger)
	p.part = ledger.New(ledger.Options{
		First: 1, Last: w.plan.last, Conversations: w.plan.memory, Keep: keep,
		Followed: func() error { return p.fb.CountOutbox() },
		Applied:  func(res *index.Result) { p.fb.Applied(res) },
		Logger:   logger,
	}, p.ix, p.status)
	metrics := reads.NewMetrics(metric.With(nil), nil)
	p.reads = reads.New(p.part, p.ix, reads.Options{
		Limits: reads.Limits{ReplayWindow: 10 * time.Minute}, First: 1, Last: w.plan.last, Keep: keep, Wait: 10 * time.Second,
		Audit:   reads.NewAudit(slog.New(slog.DiscardHandler), false, message.Mask, func(k message.VerdictKind) int { return int(k) }),
		Metrics: metrics, Budget: reads.NewBudget(metrics),
	})
	p.fb = feedback.New(&feedback.Config{
		Settings: p.settings(), Delivery: feedback.DefaultDelivery(), Replicas: 1,
		Index: p.ix, Begun: p.begun, Metrics: feedback.NewMetrics(metric.With(nil)), Log: logger,
		Ledger: feedback.Ledger{
			IsUp: p.part.IsUp, Enqueue: p.part.Enqueue, Submit: p.part.Submit,
			IsSending: p.part.OnItsWay, FindMessage: p.part.Find,
		},
	})
	p.fb.Connect(&streams{p: p, s: w.queue})
	p.wg.Go(p.run)
	p.wg.Go(p.watch)
	return p
}

func (p *process) settings() feedback.Settings {
	return feedback.Settings{FeedbackKeep: 8760 * time.Hour}
}

// run opens the index, begins an epoch and runs the ledger, again and again until the process ends.
func (p *process) run() {
	defer close(p.ended)
	for p.ix.Open() != nil {
		if p.sleep(p.serving, time.Second) != nil {
			return
		}
	}
	for first := true; ; first = false {
		if !p.begin() {
			return
		}
		if first {
			close(p.begun)
			p.wg.Go(func() { p.fb.Run(p.serving) })
		}
		p.status.Set(nil)
		err := p.part.Run(p.ctx, p.stop)
		p.failure = err
		if p.serving.Err() != nil {
			return
		}
		p.note("ledger has ended: " + err.Error())
		p.status.Set(errors.Join(ledger.ErrStarting, err))
		if p.second || !p.outlive() {
			return
		}
	}
}

// begin tries until the epoch has begun, and reports whether it has.
func (p *process) begin() bool {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		p.reach()
		p.appends++
		log, err := p.w.log.open(p, p.id<<8|p.appends)
		if err == nil {
			if err = p.part.Begin(p.serving, log); err == nil {
				p.followed(log.(*logClient))
				return true
			}
		}
		if p.serving.Err() != nil {
			return false
		}
		p.note("cannot begin: " + err.Error())
		p.status.Set(errors.Join(ledger.ErrStarting, err))
		if p.sleep(p.serving, wait) != nil {
			return false
		}
	}
}

// followed notes that the index has the log in its files, up to where it ended before Begin.
func (p *process) followed(log *logClient) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log = log
	if !p.dead && !p.second {
		p.w.flushed = log.info.Last
	}
}

// appended is the sequence of the last batch that the process knows to be in the log; false if it has not
// begun an epoch.
func (p *process) appended() (uint64, bool) {
	p.mu.Lock()
	log := p.log
	p.mu.Unlock()
	if log == nil {
		return 0, false
	}
	log.s.mu.Lock()
	defer log.s.mu.Unlock()
	return log.last, true
}

// watch tells the checker whether the ledger is up.
func (p *process) watch() {
	up := false
	for {
		changed, err := p.status.Get()
		if now := err == nil; now != up {
			up = now
			kind := promise.Down
			if up {
				kind = promise.Up
			}
			p.add(promise.Event{Kind: kind})
		}
		select {
		case <-changed:
		case <-p.ctx.Done():
			return
		}
	}
}

// stopCleanly stops the process as SIGTERM does.
func (p *process) stopCleanly() {
	began := time.Now()
	p.unserve()
	p.leave()
	p.fb.Stop()
	_, down := p.status.Get()
	p.status.End(ledger.ErrStopped)
	close(p.stop)
	hard := time.AfterFunc(10*time.Second, p.gone)
	<-p.ended
	hard.Stop()
	p.gone()
	p.wg.Wait()
	err := p.ix.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead { // it was killed while it stopped
		return
	}
	p.dead, p.clean = true, true
	e := promise.Event{Kind: promise.Stopped, Took: time.Since(began), OK: true}
	if err = errors.Join(p.failure, down, err); err != nil { // without the log it could write nothing down
		e.OK, e.Text = false, err.Error()
	}
	p.image = p.disk.files()
	if p.w.queue.isAway() {
		p.w.add(promise.Event{Kind: promise.Severed})
	}
	p.w.add(e)
}
