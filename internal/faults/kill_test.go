//go:build faults

package faults

import (
	"syscall"
	"testing"
	"time"

	"readback/internal/promise"
	"readback/internal/seed"
)

// TestKills kills the process again and again, with a conversation that is hot and many that are not.
func TestKills(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		hot    int
		closes bool
		kills  int
	}{
		{"hot", 95, false, 20},
		{"many", 10, true, 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, seed.Rand(t), nil, t.TempDir(), nil)
			w.hot, w.closes, w.pace = tt.hot, tt.closes, 5*time.Millisecond
			w.run()
			for range tt.kills * factor {
				p := w.launch()
				rest(w.ctx, w.someTime(0, 700*time.Millisecond))
				p.kill()
			}
			w.reckon(w.launch())
			w.book.judge(t, closing(tt.closes)...)
		})
	}
}

// closing are the rules that cannot be judged if an SMSC closes connections: nobody sees a number that was
// assigned then.
func closing(closes bool) []promise.Rule {
	if closes {
		return []promise.Rule{promise.SkippedFar}
	}
	return nil
}

// TestKillsWithoutTraffic kills the process while a conversation rests: no number is skipped.
func TestKillsWithoutTraffic(t *testing.T) {
	t.Parallel()
	w := newWorld(t, seed.Rand(t), nil, t.TempDir(), nil)
	w.hot = 100
	w.run()
	p := w.launch()
	p.awaitUp()
	rest(w.ctx, time.Second)
	w.setTraffic(false)
	rest(w.ctx, time.Second)
	for i := range 35 {
		p.kill()
		if p = w.launch(); i%4 > 0 {
			p.awaitUp()
		}
	}
	p.awaitUp()
	w.setTraffic(true)
	w.reckon(p)
	w.book.judge(t)
}

// TestPauses stops the process for seconds under load. The ESMEs and the SMSC wait.
func TestPauses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, seed.Rand(t), nil, t.TempDir(), nil)
	w.hot, w.timeout = 5, 3*time.Second
	w.configure(nil)
	w.run()
	p := w.launch()
	p.awaitUp()
	for i := range 2 * factor {
		rest(w.ctx, 2*time.Second)
		from := w.book.now()
		p.signal(syscall.SIGSTOP)
		rest(w.ctx, []time.Duration{3 * time.Second, 6 * time.Second, 10 * time.Second}[i%3])
		p.signal(syscall.SIGCONT)
		rest(w.ctx, 500*time.Millisecond) // for what has piled up
		w.book.pause(from)
	}
	w.reckon(p)
	w.book.judge(t, promise.SkippedFar) // numbers that came too late are not sent
}

func (p *process) signal(s syscall.Signal) {
	p.w.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.w.Fatal(err)
	}
}
