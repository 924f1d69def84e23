package smpp

import (
	"context"
	"testing"
	"testing/synctest"
)

// requested is a Handler that hands out the context of each request.
type requested struct {
	fakeHandler
	got chan context.Context
}

func (r requested) Request(ctx context.Context, _ Frame) error {
	r.got <- ctx
	return nil
}

// The context of a request outlasts its handler, and ends with the session.
func TestRequestContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := requested{got: make(chan context.Context, 1)}
		s := start(t, BoundTRX, Options{}, h)
		s.peer.send(submit(1))
		ctx := <-h.got
		synctest.Wait()
		if ctx.Err() != nil {
			t.Error("the context has ended before the session")
		}
		_ = s.peer.conn.Close()
		_ = s.wantEnded()
		if ctx.Err() == nil {
			t.Error("the session has ended, but the context has not")
		}
	})
}
