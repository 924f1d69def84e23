//go:build faults

package faults

import (
	"testing"
	"time"

	"readback/internal/seed"
)

// TestUnanswered has an SMSC leave a message of a conversation unanswered for long, while the ESME sends
// as fast as it can: no message waits for more than a second.
func TestUnanswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, seed.Rand(t), nil, t.TempDir(), nil)
	w.hot, w.timeout = 95, 5*time.Second
	w.configure(nil)
	w.run()
	p := w.launch()
	rest(w.ctx, 10*time.Second)
	w.reckon(p)
	w.book.judge(t)
}
