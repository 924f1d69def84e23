//go:build faults

package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"readback/internal/promise"
	"readback/internal/seed"
)

// world is a gateway and its peers.
type world struct {
	*testing.T
	ctx    context.Context
	book   *history
	smsc   *smsc
	store  string
	config string
	nats   any // an operator's NATS; nil: the gateway's own

	// What a test may change before run.
	hot     int           // percent of the messages in one conversation
	many    int           // the other conversations
	pace    time.Duration // between two messages of an ESME, on average
	closes  bool          // the SMSC closes connections now and then
	timeout time.Duration // when the gateway gives a message up

	mu      sync.Mutex
	rnd     *rand.Rand // guarded by mu, as all below
	process *process
	traffic bool
	calm    bool
	at      map[int]time.Time // when a message was given to the gateway, by an ESME or the SMSC
}

// newWorld returns a world in which nothing runs yet. It continues a history, or begins one.
func newWorld(t *testing.T, rnd *rand.Rand, book *history, store string, extra map[string]any) *world {
	t.Helper()
	if book == nil {
		book = newHistory()
	}
	w := &world{
		T: t, ctx: t.Context(), book: book, rnd: rnd, at: map[int]time.Time{}, store: store,
		hot: 20, many: 100, pace: 10 * time.Millisecond, timeout: time.Second, traffic: true,
	}
	w.smsc = startSMSC(w, seed.Split(rnd))
	w.configure(extra)
	t.Cleanup(w.end)
	return w
}

// configure writes the configuration. extra are settings of relay.
func (w *world) configure(extra map[string]any) {
	w.Helper()
	relay := map[string]any{"store": w.store}
	maps.Copy(relay, extra)
	if w.nats != nil {
		relay["nats"] = w.nats
	}
	text, err := json.Marshal(map[string]any{
		"listen": map[string]any{"addr": "127.0.0.1:0"},
		"reads":  map[string]any{"addr": "127.0.0.1:0", "rate": 60_000},
		"ops":    map[string]any{"addr": "127.0.0.1:0"},
		"track":  map[string]any{"when": "all"},
		"log":    map[string]any{"audit": false},
		"smsc":   map[string]any{"addr": w.smsc.ln.Addr().String(), "response_timeout": w.timeout.String()},
		"relay":  relay,
	})
	if w.config == "" {
		w.config = filepath.Join(w.TempDir(), "readback.yaml")
	}
	if err == nil {
		err = os.WriteFile(w.config, text, 0o600)
	}
	if err != nil {
		w.Fatal(err)
	}
}

// run starts the ESMEs, the reader, and what measures how late this machine is. They end with the test.
func (w *world) run() {
	ctx, cancel := context.WithCancel(w.ctx)
	var peers sync.WaitGroup
	for range 2 {
		rnd := seed.Split(w.rnd)
		peers.Go(func() { w.esme(ctx, rnd) })
		more := seed.Split(w.rnd)
		peers.Go(func() { w.reader(ctx, more) })
	}
	peers.Go(func() { w.measure(ctx) })
	w.Cleanup(func() {
		w.end()
		cancel()
		peers.Wait()
	})
}

// measure notes when this process, and thus perhaps the other, did not get to run.
func (w *world) measure(ctx context.Context) {
	const tick, late = 10 * time.Millisecond, 30 * time.Millisecond
	for ctx.Err() == nil {
		from := w.book.now()
		rest(ctx, tick)
		if w.book.now()-from > late {
			w.book.pause(from)
		}
	}
}

// end kills a process that a test has left.
func (w *world) end() {
	w.mu.Lock()
	p := w.process
	w.mu.Unlock()
	if p != nil {
		p.kill()
	}
}

func (w *world) set(p *process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.process = p
}

// isCurrent reports whether p is the process that the peers use.
func (w *world) isCurrent(p *process) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.process == p && p.ctx.Err() == nil
}

// enter returns the process if there is one. Its end waits for asking.Done.
func (w *world) enter() *process {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.process == nil || w.process.ctx.Err() != nil {
		return nil
	}
	w.process.asking.Add(1)
	return w.process
}

func (w *world) setTraffic(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.traffic = on
}

func (w *world) hasTraffic() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.traffic
}

func (w *world) isCalm() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calm
}

// leaves and accepted note when a message is given to the gateway; reached and answered how long the
// gateway had it.
func (w *world) leaves(id int)   { w.handed(id) }
func (w *world) accepted(id int) { w.handed(id) }
func (w *world) reached(id int)  { w.passed(id, "request") }
func (w *world) answered(id int) { w.passed(id, "response") }

func (w *world) handed(id int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at[id] = time.Now()
}

func (w *world) passed(id int, what string) {
	w.mu.Lock()
	at := w.at[id]
	delete(w.at, id)
	w.mu.Unlock()
	if took := time.Since(at); !at.IsZero() && took > held {
		w.book.add(promise.Event{Kind: promise.Held, Took: took, Text: fmt.Sprintf("%s of m%d", what, id)})
	}
}

// someTime is a random time.
func (w *world) someTime(least, most time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return least + time.Duration(w.rnd.Int64N(int64(most-least)))
}

// reckon ends all faults, reads what was sent, waits for the feedback, and stops the process.
func (w *world) reckon(p *process) {
	w.Helper()
	w.mu.Lock()
	w.calm = true
	w.mu.Unlock()
	w.book.add(promise.Event{Kind: promise.Calm})
	p.awaitUp()
	rest(w.ctx, time.Second)
	w.setTraffic(false)
	rest(w.ctx, 2*w.timeout+time.Second) // late answers
	p.readAll()
	poll(w.ctx, 40*time.Second, func() bool { return w.book.missing() == 0 })
	p.stop()
}

// format counts for people.
func format(kinds map[string]int, codes map[int]int) string {
	return fmt.Sprintf("%v, verdicts %v", kinds, codes)
}
