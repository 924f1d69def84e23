package simulation

import (
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"readback/internal/backoff"
	"readback/internal/promise"
)

// run lets a world live until a promise is broken, or its lives are over. In the last one nothing
// fails, and everything that was promised has to be there at its end.
func (w *world) run(t *testing.T) []promise.Violation {
	defer w.makeCertain(t)()
	for i := range w.plan.lives {
		if w.failed() {
			break
		}
		w.last.Store(i == w.plan.lives-1)
		events := w.harm()
		if i > 0 {
			w.moveClock()
		}
		synctest.Test(t, func(*testing.T) { w.life(events) })
		emptyPools()
		w.keepCopy()
	}
	return w.check.Finish()
}

// makeCertain takes out of the process what would make one run of a seed differ from the next: other
// processors, the garbage collector, and random values that do not follow from the seed. The function
// that it returns undoes that.
func (w *world) makeCertain(t *testing.T) (undo func()) {
	processors, collector := runtime.GOMAXPROCS(1), debug.SetGCPercent(-1)
	cryptotest.SetGlobalRandom(t, w.seed)
	rnd, mu := w.draw(3), new(sync.Mutex)
	backoff.SetRandom(func(most time.Duration) time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return time.Duration(rnd.Int64N(int64(most)))
	})
	return func() {
		runtime.GOMAXPROCS(processors)
		debug.SetGCPercent(collector)
		backoff.SetRandom(nil)
	}
}

// emptyPools empties all sync.Pools. Pebble keeps channels in one, which no other bubble may use.
func emptyPools() {
	runtime.GC() // moves what is in a pool to where it is
	runtime.GC() // removed from
}

// life is one life of the process, in a bubble of its own: so the clock can go back.
func (w *world) life(events []promise.Event) {
	time.Sleep(time.Until(w.wall))
	w.begun = time.Now()
	defer func() {
		w.elapsed += time.Since(w.begun)
		w.wall = time.Now()
	}()
	w.queue.begin(w.plan.embedded)
	if w.movedBy != 0 {
		w.add(promise.Event{Kind: promise.Moved, Text: w.movedBy.String()})
		w.movedBy = 0
	}
	for _, e := range events {
		w.add(e)
	}
	if w.last.Load() {
		w.log.away, w.queue.away, w.skew = 0, time.Time{}, 0
		w.add(promise.Event{Kind: promise.Calm})
	}
	p := start(w, w.disk, false)
	p.join()
	if !w.quiet() && w.chance(10) {
		w.killSoon(p)
	}
	for range w.steps() {
		w.act(p)
		time.Sleep(w.between(0, 50*time.Millisecond))
		synctest.Wait()
		if p.isGone() {
			break
		}
		if p.part.IsUp() {
			w.damaged = false
		}
	}
	if w.last.Load() {
		w.reckon(p)
	}
	w.endLife(p)
}

func (w *world) steps() int {
	if w.chance(5) {
		return w.rnd.IntN(3) // restarts without traffic, and kills during the start
	}
	return w.rnd.IntN(w.plan.steps)
}

// endLife ends the process in one way or another.
func (w *world) endLife(p *process) {
	w.endSecond()
	if !p.isGone() {
		switch n := w.rnd.IntN(10); {
		case w.quiet() || n < 4:
			p.stopCleanly()
			if last, begun := p.appended(); begun && p.isClean() {
				w.flushed = last
			}
		case n < 9:
			p.killNow(false)
		default:
			p.killNow(true)
		}
	}
	w.disk = p.tearDown()
	if p.power {
		w.losePower()
	}
}

// losePower takes from the log what was not synced.
func (w *world) losePower() {
	const syncEvery = 250 * time.Millisecond
	if !w.may("power cut") {
		return
	}
	since := w.now() - time.Duration(w.rnd.Int64N(int64(syncEvery)))
	i := slices.IndexFunc(w.log.batches, func(b logged) bool { return b.at >= since })
	if i < 1 {
		return
	}
	behind := w.log.batches[i-1].seq
	w.add(promise.Event{Kind: promise.Lost, Since: since, Text: "not synced"})
	w.forgetful = true
	w.kept, w.flushed = nil, min(w.flushed, behind)
	w.log.change(func(all []logged) []logged { return all[:i] })
	w.log.last = behind
}

// reckon lets everything that is on its way come to its end, and reads what was sent of late.
func (w *world) reckon(p *process) {
	time.Sleep(2 * time.Minute)
	w.mu.Lock()
	late := slices.Clone(w.messages[max(0, len(w.messages)-300):])
	w.mu.Unlock()
	for _, about := range late {
		w.mu.Lock()
		w.reads++
		id := w.reads
		w.mu.Unlock()
		p.wg.Go(func() { p.read(id, about) })
		time.Sleep(time.Millisecond)
	}
	time.Sleep(30 * time.Minute)
	synctest.Wait()
}
