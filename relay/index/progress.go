package index

import (
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// tellEvery is how often Replay logs how far it is.
const tellEvery = 5 * time.Second

// Progress is how far Replay has read the log, the last time that it was called.
type Progress struct {
	Running     bool
	Read, Total uint64 // batches
	Took        time.Duration
}

// Left returns how long the rest takes if it is read as fast as before; 0 if that is not known.
func (p Progress) Left() time.Duration {
	if p.Read == 0 {
		return 0
	}
	return time.Duration(float64(p.Took) / float64(p.Read) * float64(p.Total-min(p.Read, p.Total)))
}

// Percent returns how much of the log is read, rounded down.
func (p Progress) Percent() uint64 {
	if p.Total == 0 {
		return 100
	}
	return uint64(100 * float64(p.Read) / float64(p.Total))
}

func (p Progress) String() string {
	text := fmt.Sprintf("reading the log, %d%% of %d batches", p.Percent(), p.Total)
	if left := p.Left(); left > 0 {
		text += fmt.Sprintf(", about %.0f s left", max(1, left.Seconds()))
	}
	return text
}

// progress notes how far a replay is, for others to read.
type progress struct {
	// Guarded by mu.
	mu      sync.Mutex
	now     Progress
	began   time.Time
	first   uint64 // sequence that is read first
	records uint64
}

// Progress returns how far Replay has read the log.
func (ix *Index) Progress() Progress {
	now, _ := ix.progress.get()
	return now
}

func (p *progress) get() (now Progress, records uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now.Running {
		p.now.Took = time.Since(p.began)
	}
	return p.now, p.records
}

// begin notes that the batches between two sequences are going to be read, and logs now and then how far that
// is, also when nothing comes from the log. The caller calls end when it has read them.
func (p *progress) begin(from, to uint64, log *slog.Logger) (end func()) {
	p.mu.Lock()
	p.now, p.began, p.first, p.records = Progress{Running: true, Total: to - from + 1}, time.Now(), from, 0
	p.mu.Unlock()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		p.tell(stop, log)
	}()
	return func() {
		close(stop)
		<-stopped
		p.mu.Lock()
		defer p.mu.Unlock()
		p.now.Running, p.now.Took = false, time.Since(p.began)
	}
}

// read notes that the log is read up to a sequence, and so many records more.
func (p *progress) read(seq, records uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now.Read = seq - p.first + 1
	p.records += records
}

// tell logs how far the replay is until stop is closed. Records per second are those since the line before.
func (p *progress) tell(stop <-chan struct{}, log *slog.Logger) {
	t := time.NewTicker(tellEvery)
	defer t.Stop()
	for before := uint64(0); ; {
		select {
		case <-stop:
			return
		case <-t.C:
		}
		now, records := p.get()
		log.Info("reading the log", "batches", now.Read, "of", now.Total,
			"records_per_second", (records-before)/uint64(tellEvery/time.Second), "left", now.Left().Round(time.Second))
		before = records
	}
}
