//go:build faults

package faults

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"readback/internal/promise"
	"readback/internal/seed"
)

// base is a store with a history, of which an older copy is kept.
type base struct {
	store, older string
	book         *history
}

// makeBase runs a gateway for a while, twice, and ends it with kill -9 or SIGTERM. All feedback has
// been delivered by then.
func makeBase(t *testing.T, killed bool) *base {
	t.Helper()
	b := &base{store: filepath.Join(t.TempDir(), "store"), older: filepath.Join(t.TempDir(), "older")}
	w := newWorld(t, seed.Rand(t), nil, b.store, nil)
	w.hot = 20
	w.run()
	p := w.launch()
	p.awaitUp()
	rest(w.ctx, 1500*time.Millisecond)
	w.quieten()
	p.stop()
	copyTree(t, b.store, b.older)
	w.setTraffic(true)
	p = w.launch()
	p.awaitUp()
	rest(w.ctx, 1500*time.Millisecond)
	w.quieten()
	if killed {
		p.kill()
	} else {
		p.stop()
	}
	b.book = w.book
	return b
}

// quieten ends the traffic, and waits for what is on its way.
func (w *world) quieten() {
	w.setTraffic(false)
	rest(w.ctx, 2*w.timeout+time.Second)
	poll(w.ctx, 20*time.Second, func() bool { return w.book.missing() == 0 })
}

func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := os.RemoveAll(to)
	if err == nil {
		err = os.CopyFS(to, os.DirFS(from))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestDamage damages copies of a store in many ways. The log and the index complete each other: nothing
// is lost as long as one of them is whole.
func TestDamage(t *testing.T) {
	t.Parallel()
	for _, killed := range []bool{true, false} {
		name := map[bool]string{true: "killed", false: "stopped"}[killed]
		t.Run(name, func(t *testing.T) {
			b := makeBase(t, killed)
			all := slices.Clone(damages)
			if factor == 1 { // some are enough
				seed.Rand(t).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
				all = all[:4]
			}
			for _, d := range all {
				t.Run(d.name, func(t *testing.T) {
					t.Parallel()
					b.try(t, d)
				})
			}
		})
	}
}

// try damages a copy of the store, and starts a gateway on it.
func (b *base) try(t *testing.T, d damage) {
	store := filepath.Join(t.TempDir(), "store")
	copyTree(t, b.store, store)
	rnd := seed.Rand(t)
	text, err := d.do(store, b.older, rnd)
	if err != nil {
		t.Skip(err)
	}
	book := b.book.copy()
	book.add(promise.Event{Kind: promise.Damaged, Text: d.name + ": " + text, Reported: d.reported})
	if d.queue {
		book.add(promise.Event{Kind: promise.Severed})
	}
	w := newWorld(t, rnd, book, store, nil)
	w.hot = 20
	w.configure(nil)
	w.run()
	p := w.launch()
	p.awaitUp()
	rest(w.ctx, 500*time.Millisecond)
	w.reckon(p)
	w.book.judge(t)
}
