package simulation

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"readback/internal/promise"
	"readback/relay/message"
)

// errESME is an ESME's answer to feedback that it takes later.
var errESME = errors.New("simulated: the ESME is busy")

// join starts a session of the ESME, which takes feedback until leave is called.
func (p *process) join() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := p.fb.Deliver(ctx, "bank", 0, p.tell); err != nil {
			p.note("session of the ESME ended: " + err.Error())
		}
	}()
	p.leave = sync.OnceFunc(func() {
		cancel()
		<-done
	})
}

// tell gives the ESME a feedback. Its answer follows from the message and how often it was told.
func (p *process) tell(ctx context.Context, fb *message.Feedback) error {
	id, err := strconv.Atoi(strings.TrimPrefix(fb.MessageIDs[0], "m"))
	if err != nil {
		return err
	}
	p.separate(id)
	p.w.mu.Lock()
	p.w.tells[id]++
	rnd := p.w.draw(2, uint64(id), uint64(p.w.tells[id]))
	p.w.mu.Unlock()
	p.reach()
	took := !p.w.quiet() && rnd.IntN(20) > 0 || p.w.quiet()
	if !p.add(promise.Event{Kind: promise.Told, Message: id, OK: took}) {
		return context.Canceled
	}
	p.reach()
	d := time.Duration(rnd.Int64N(int64(20 * time.Millisecond)))
	if !p.w.quiet() && rnd.IntN(30) == 0 {
		d += time.Duration(rnd.Int64N(int64(3 * time.Second)))
	}
	// The answer is on its way although the session ends: the gateway awaits it.
	_ = p.sleep(p.ctx, d)
	if ctx.Err() != nil && !took {
		return ctx.Err()
	}
	if !took {
		return errESME
	}
	return nil
}
