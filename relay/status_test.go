package relay

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// Each change of a status is announced. A status that has ended does not change.
func TestStatus(t *testing.T) {
	s := newStatus()
	changed, err := s.get()
	if !errors.Is(err, errStarting) || s.up.Load() {
		t.Errorf("at first: got %v, up %v, want that it is starting", err, s.up.Load())
	}
	for _, tt := range []struct {
		name string
		set  func(error)
		err  error
		want error
	}{
		{"up", s.set, nil, nil},
		{"down", s.set, ErrDown, ErrDown},
		{"up again", s.set, nil, nil},
		{"ended", s.end, ErrStopped, ErrStopped},
	} {
		tt.set(tt.err)
		select {
		case <-changed:
		default:
			t.Errorf("%s: nobody is told", tt.name)
		}
		if changed, err = s.get(); !errors.Is(err, tt.want) || s.up.Load() != (tt.want == nil) {
			t.Errorf("%s: got %v, up %v, want %v", tt.name, err, s.up.Load(), tt.want)
		}
		select {
		case <-changed:
			t.Errorf("%s: told of the next change before it", tt.name)
		default:
		}
	}
	s.set(nil)
	s.end(ErrDown)
	if _, err := s.get(); !errors.Is(err, ErrStopped) || s.up.Load() {
		t.Errorf("after the end: got %v, up %v, want that it has stopped", err, s.up.Load())
	}
}

// wait returns when the status is up, when it has ended, and when the context ends. It does not
// return when the status is down for another reason.
func TestWaitForStatus(t *testing.T) {
	tests := []struct {
		name string
		then func(s *status, giveUp func())
		want error // nil: up
		also error
	}{
		{"up", func(s *status, _ func()) { s.set(nil) }, nil, nil},
		{"ended", func(s *status, _ func()) { s.end(ErrStopped) }, ErrStopped, ErrStopped},
		{"no more time", func(_ *status, giveUp func()) { giveUp() }, context.Canceled, ErrDown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStatus()
				ctx, giveUp := context.WithCancel(t.Context())
				defer giveUp()
				done := make(chan error, 1)
				go func() { done <- s.wait(ctx) }()
				synctest.Wait()
				s.set(ErrDown)
				synctest.Wait()
				if len(done) > 0 {
					t.Fatalf("when it is down: got %v, want that it waits", <-done)
				}
				tt.then(s, giveUp)
				if err := <-done; !errors.Is(err, tt.want) || !errors.Is(err, tt.also) {
					t.Errorf("got %v, want %v and %v", err, tt.want, tt.also)
				}
			})
		})
	}
}
