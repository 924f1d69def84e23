package simulation

import (
	"context"
	"log/slog"
	"time"

	"readback/internal/promise"
)

// reach is called at each operation that somebody outside of the process could notice. The process may
// end there.
func (p *process) reach() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead || p.kill == 0 {
		return
	}
	if p.kill--; p.kill == 0 {
		p.end()
	}
}

// killNow ends the process as kill -9 does, or as a power cut.
func (p *process) killNow(power bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.dead {
		p.power = power
		p.end()
	}
}

// end ends the process: nothing that it does from now on has an effect. What was written to files
// stays, or after a power cut what was synced. It is called with mu held.
func (p *process) end() {
	p.dead = true
	if p.power {
		p.disk.SetIgnoreSyncs(true)
	} else {
		p.image = p.disk.files()
	}
	if p.second {
		return // the other one goes on
	}
	text := ""
	if p.power {
		text = "power cut"
	}
	p.w.add(promise.Event{Kind: promise.Killed, Text: text})
}

// tearDown waits for the goroutines of a process that has ended, and returns what is on its disk.
func (p *process) tearDown() image {
	p.gone()
	p.leave()
	p.fb.Stop()
	p.wg.Wait()
	_ = p.ix.Discard()
	if !p.power {
		return p.image
	}
	p.disk.ResetToSyncedState()
	return p.disk.files()
}

// isGone reports whether the process has ended.
func (p *process) isGone() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dead
}

func (p *process) isClean() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.clean
}

// add adds an event that the process brings about: none when it has ended.
func (p *process) add(e promise.Event) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return false
	}
	if !p.second || e.Kind < promise.Up {
		p.w.add(e)
	}
	return true
}

func (p *process) note(text string) { p.add(promise.Event{Kind: promise.Note, Text: text}) }

// sleep waits. The error is that of ctx, or of the process.
func (p *process) sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		return ctx.Err()
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
	return nil
}

// separate waits for a time that differs in all that may go on at the same instant, so that they go on
// in an order that follows from the seed.
func (p *process) separate(id int) { _ = p.sleep(p.ctx, time.Duration(1+id%9973)) }

// errorLines tells the checker of each line at level ERROR.
type errorLines struct {
	p *process
	slog.Handler
}

func (h *errorLines) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
func (h *errorLines) WithAttrs([]slog.Attr) slog.Handler           { return h }

func (h *errorLines) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool {
		text += " " + a.String()
		return true
	})
	e := promise.Event{Kind: promise.Note, Text: text}
	if r.Level >= slog.LevelError {
		e.Kind = promise.Logged
	}
	h.p.add(e)
	return nil
}
