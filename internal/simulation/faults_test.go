package simulation

import (
	"slices"
	"time"

	"readback/internal/promise"
)

// action is something that happens while a process runs.
type action struct {
	weight int
	fault  bool // never in quiet times
	do     func(*world, *process)
}

// actions are all that may happen.
var actions = []action{
	{weight: 60, do: (*world).send},
	{weight: 30, do: (*world).readOne},
	{weight: 2, do: (*world).flood},
	{weight: 2, do: (*world).floodOfReads},
	{weight: 5, do: (*world).wait},
	{weight: 4, do: (*world).flush},
	{weight: 1, do: (*world).forget},
	{weight: 1, do: (*world).reload},
	{weight: 1, do: (*world).changeSession},
	{weight: 2, fault: true, do: (*world).logAway},
	{weight: 1, fault: true, do: (*world).queueAway},
	{weight: 1, fault: true, do: (*world).moveSkew},
	{weight: 1, fault: true, do: (*world).startSecond},
	{weight: 2, fault: true, do: (*world).killSoon},
}

// act does one of the actions.
func (w *world) act(p *process) {
	n := 0
	for _, a := range actions {
		n += a.weight
	}
	n = w.rnd.IntN(n)
	for _, a := range actions {
		if n -= a.weight; n < 0 {
			if !a.fault || !w.quiet() {
				a.do(w, p)
			}
			return
		}
	}
}

func (w *world) send(p *process) {
	conv := w.rnd.IntN(len(w.conversations))
	if w.chance(2) {
		conv = 0 // one that is hot
	}
	w.sendIn(p, conv)
}

// sendIn sends a message in a conversation.
func (w *world) sendIn(p *process, conv int) {
	w.ids++
	m := submission{id: w.ids, conv: conv, skew: w.skew, delay: w.between(time.Millisecond, 300*time.Millisecond)}
	switch n := w.rnd.IntN(20); {
	case w.quiet():
	case n < 2 && w.may("refused"):
		m.outcome = refuses
	case n < 3 && w.may("never answered"):
		m.outcome = neverAnswers
	case n < 4 && w.may("never answered"):
		m.outcome, m.delay = answersLate, w.between(0, 10*time.Second)
	case n < 5:
		m.delay = w.between(0, 9*time.Second)
	}
	if w.second != nil && w.chance(2) {
		p = w.second
	}
	p.wg.Go(func() { p.submit(m) })
}

// readOne sends a read response on a message of late, or on any number.
func (w *world) readOne(p *process) {
	w.mu.Lock()
	n := len(w.messages)
	about := sentMessage{w.rnd.IntN(len(w.conversations)), uint16(1 + w.rnd.IntN(int(w.plan.last)))}
	if n > 0 && !w.chance(10) {
		about = w.messages[n-1-w.rnd.IntN(min(n, 1+w.rnd.IntN(150)))]
	}
	w.reads++
	id := w.reads
	w.mu.Unlock()
	if w.second != nil {
		p = w.second // the first one knows nothing of its messages
	}
	p.wg.Go(func() { p.read(id, about) })
}

func (w *world) flood(p *process) {
	for range 20 + w.rnd.IntN(60) {
		w.sendIn(p, 0)
		time.Sleep(time.Duration(1 + w.rnd.IntN(20000)))
	}
}

func (w *world) floodOfReads(p *process) {
	for range 50 + w.rnd.IntN(100) {
		w.readOne(p)
		time.Sleep(time.Duration(1 + w.rnd.IntN(2000)))
	}
}

func (w *world) wait(*process) { time.Sleep(w.between(time.Second, 40*time.Second)) }

// flush writes the index to its files.
func (w *world) flush(p *process) {
	last, begun := p.appended()
	if !begun || !p.part.IsUp() {
		return
	}
	if err := p.ix.Flush(); err == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.dead {
			w.flushed = last
		}
	}
}

func (w *world) forget(p *process) { p.part.Forget(w.conversations[0].Receiver, time.Now()) }

func (w *world) reload(p *process) { p.fb.Use(p.settings()) }

// changeSession lets the ESME leave, and come again.
func (w *world) changeSession(p *process) {
	p.leave()
	time.Sleep(w.between(0, 5*time.Second))
	if !p.isGone() {
		p.join()
	}
}

// logAway makes the log unreachable for a while.
func (w *world) logAway(p *process) {
	d := w.between(10*time.Millisecond, 10*time.Second)
	if w.chance(8) {
		d = w.between(0, 5*time.Minute)
	}
	p.note("log is away for " + d.String())
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	w.log.away = w.now() + d
}

func (w *world) queueAway(p *process) {
	d := w.between(10*time.Millisecond, 20*time.Second)
	p.note("feedback queue is away for " + d.String())
	w.queue.mu.Lock()
	defer w.queue.mu.Unlock()
	w.queue.away = time.Now().Add(d)
}

// moveSkew moves the clock by which messages are stamped. The clock of a bubble never goes back, so
// the messages before got other times instead.
func (w *world) moveSkew(*process) {
	if !w.may("clock") {
		return
	}
	steps := []time.Duration{0, 0, -time.Hour, 20 * time.Minute, 25 * time.Hour, 49 * time.Hour, -25 * time.Hour}
	w.skew = steps[w.rnd.IntN(len(steps))]
	w.add(promise.Event{Kind: promise.Moved, Text: "messages are stamped " + w.skew.String() + " ahead"})
}

// killSoon ends the process at one of the next things that it does.
func (w *world) killSoon(p *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kill, p.power = 1+w.rnd.IntN(30), w.chance(8)
}

// quiet reports whether nothing may fail.
func (w *world) quiet() bool { return w.plan.calm || w.last.Load() }

// copied is an earlier state.
type copied struct {
	log     logState
	disk    image
	flushed uint64
	at      time.Duration
}

// moveClock moves the clock between two lives.
func (w *world) moveClock() {
	if w.plan.calm || !w.chance(6) || !w.may("clock") {
		return
	}
	steps := []time.Duration{
		-72 * time.Hour, -25 * time.Hour, -3 * time.Hour, -time.Minute, time.Hour, 25 * time.Hour, 72 * time.Hour,
	}
	d := steps[w.rnd.IntN(len(steps))]
	w.wall = w.wall.Add(d)
	w.movedBy = d
}

// keepCopy keeps a copy of the state after a life.
func (w *world) keepCopy() {
	if len(w.kept) < 4 || w.chance(4) {
		w.kept = append(w.kept, copied{w.log.copyLog(), w.disk.clone(), w.flushed, w.elapsed})
		if len(w.kept) > 4 {
			w.kept = slices.Delete(w.kept, 0, 1)
		}
	}
}
