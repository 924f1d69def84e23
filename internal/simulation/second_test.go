package simulation

import (
	"time"

	"readback/internal/promise"
)

// startSecond starts another process on the same log, with a disk of its own. It takes the log over. When
// it has gone, the first one goes on.
func (w *world) startSecond(p *process) {
	if w.second != nil {
		if w.chance(3) {
			w.endSecond()
			time.Sleep(10 * time.Second) // until the first one has noticed
		}
		return
	}
	if w.forgetful {
		return // it would know the log only
	}
	p.note("another process starts")
	w.setSecond(start(w, make(image), true))
	w.add(promise.Event{Kind: promise.Overtaken})
}

// endSecond ends it as kill -9 does.
func (w *world) endSecond() {
	if w.second == nil {
		return
	}
	w.second.killNow(false)
	w.second.tearDown()
	w.setSecond(nil)
	w.add(promise.Event{Kind: promise.Overtaken, Text: "by the first process"})
}

// outlive waits until the process that has taken the log over has gone. It returns false if this one is
// to stop.
func (p *process) outlive() bool {
	for p.w.hasSecond() {
		if p.sleep(p.serving, time.Second) != nil {
			return false
		}
	}
	return p.serving.Err() == nil
}

// hasSecond reports whether another process works on the log.
func (w *world) hasSecond() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.second != nil
}

func (w *world) setSecond(p *process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.second = p
}
