package pool

import "time"

// window is the window of one session as the SMSC allows it. It is halved when the SMSC says that it
// gets too much, and else grows by one request a round trip.
type window struct {
	size   float64
	most   int
	halved time.Time // when it was halved last
}

// newWindow returns a window that is as wide as it may be.
func newWindow(most int) window { return window{size: float64(most), most: most} }

// halveEvery keeps the answers to one burst from halving the window many times.
const halveEvery = 100 * time.Millisecond

// answered moves the window by one answer of the SMSC, and returns its size, between 1 and most.
func (w *window) answered(throttled bool, now time.Time) int {
	switch {
	case !throttled:
		w.size = min(w.size+1/w.size, float64(w.most))
	case now.Sub(w.halved) >= halveEvery:
		w.size, w.halved = max(w.size/2, 1), now
	}
	return int(w.size)
}
