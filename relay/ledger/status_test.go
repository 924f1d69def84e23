package ledger

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// Each change of a status is announced. A status that has ended does not change.
func TestStatus(t *testing.T) {
	s := NewStatus()
	changed, err := s.Get()
	if !errors.Is(err, ErrStarting) || s.up.Load() {
		t.Errorf("at first: got %v, up %v, want that it is starting", err, s.up.Load())
	}
	for _, tt := range []struct {
		name string
		set  func(error)
		err  error
		want error
	}{
		{"up", s.Set, nil, nil},
		{"down", s.Set, ErrDown, ErrDown},
		{"up again", s.Set, nil, nil},
		{"ended", s.End, ErrStopped, ErrStopped},
	} {
		tt.set(tt.err)
		select {
		case <-changed:
		default:
			t.Errorf("%s: nobody is told", tt.name)
		}
		if changed, err = s.Get(); !errors.Is(err, tt.want) || s.up.Load() != (tt.want == nil) {
			t.Errorf("%s: got %v, up %v, want %v", tt.name, err, s.up.Load(), tt.want)
		}
		select {
		case <-changed:
			t.Errorf("%s: told of the next change before it", tt.name)
		default:
		}
	}
	s.Set(nil)
	s.End(ErrDown)
	if _, err := s.Get(); !errors.Is(err, ErrStopped) || s.up.Load() {
		t.Errorf("after the end: got %v, up %v, want that it has stopped", err, s.up.Load())
	}
}

// wait returns when the status is up, when it has ended, and when the context ends. It does not
// return when the status is down for another reason.
func TestWaitForStatus(t *testing.T) {
	tests := []struct {
		name string
		then func(s *Status, giveUp func())
		want error // nil: up
		also error
	}{
		{"up", func(s *Status, _ func()) { s.Set(nil) }, nil, nil},
		{"ended", func(s *Status, _ func()) { s.End(ErrStopped) }, ErrStopped, ErrStopped},
		{"no more time", func(_ *Status, giveUp func()) { giveUp() }, context.Canceled, ErrDown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := NewStatus()
				ctx, giveUp := context.WithCancel(t.Context())
				defer giveUp()
				done := make(chan error, 1)
				go func() { done <- s.Wait(ctx) }()
				synctest.Wait()
				s.Set(ErrDown)
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
