// Package inprocess asks a NATS server of the same process, one request at a time. The goroutine that asks
// writes the request and reads the answer itself, while a client of nats.go has two more goroutines between
// it and the server. What nats.go is for beside that is not here: subscriptions, servers elsewhere, and
// requests that overlap.
package inprocess

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"
)

var (
	// ErrTimeout says that the server did not answer in time.
	ErrTimeout = errors.New("no answer in time")
	// ErrNoResponders says that nobody takes requests on the subject.
	ErrNoResponders = errors.New("nobody takes requests there")
)

// Options are those of a client.
type Options struct {
	Dial           func() (net.Conn, error) // connects to the server that runs now
	User, Password string                   // what the client presents; empty: nothing
	Name           string                   // of the connection, for the server
	Timeout        time.Duration            // of a request
}

// Client asks a server. It connects with the first request, and again after each failure: the answer to a
// request that failed cannot be taken for that to a later one. A goroutine at a time may use it.
type Client struct {
	opt     Options
	late    *time.Timer   // cuts the connection
	wasLate chan struct{} // gets a value when that is done

	now     atomic.Pointer[conn] // nil: not connected
	ctx     context.Context      // of the last request, which is watched; nil: none
	unwatch func() (cut bool)    // ends that, and reports whether the connection was cut
}

// New returns a client that is not connected yet.
func New(opt Options) *Client {
	c := &Client{opt: opt, wasLate: make(chan struct{}, 1)}
	c.late = time.AfterFunc(time.Hour, func() {
		c.cut()
		c.wasLate <- struct{}{}
	})
	c.late.Stop()
	return c
}

// Ask sends a request, with a block of headers as NATS has them, or without any, and waits for its answer.
// The answer is valid until the next call. After an error the server may have taken the request.
func (c *Client) Ask(ctx context.Context, subject string, header, data []byte) (answer []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.watch(ctx)
	c.late.Reset(c.opt.Timeout)
	answer, err = c.exchange(subject, header, data)
	inTime := c.stopTimer()
	if err != nil || !inTime {
		c.Close()
	}
	switch {
	case err == nil:
		return answer, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case !inTime:
		return nil, ErrTimeout
	}
	return nil, err
}

func (c *Client) exchange(subject string, header, data []byte) ([]byte, error) {
	now := c.now.Load()
	if now == nil {
		var err error
		if now, err = c.connect(); err != nil {
			return nil, err
		}
	}
	if err := now.request(subject, header, data); err != nil {
		return nil, err
	}
	return now.answer()
}

// stopTimer reports whether the time was not over. It returns when the timer does not cut the connection any more.
func (c *Client) stopTimer() bool {
	inTime := c.late.Stop()
	if !inTime {
		<-c.wasLate
	}
	return inTime
}

// watch has the connection cut when ctx ends. Requests mostly have the same context.
func (c *Client) watch(ctx context.Context) {
	if ctx == c.ctx {
		return
	}
	c.leave()
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		c.cut()
		close(done)
	})
	c.ctx, c.unwatch = ctx, func() bool {
		if stop() {
			return false
		}
		<-done
		return true
	}
}

// leave ends the watch on the context of the last request. A connection that was cut is given up.
func (c *Client) leave() {
	if c.ctx != nil && c.unwatch() {
		c.now.Store(nil)
	}
	c.ctx, c.unwatch = nil, nil
}

// cut ends the request that is under way. It may be called from any goroutine.
func (c *Client) cut() {
	if now := c.now.Load(); now != nil {
		_ = now.Close() // nothing is expected of it any more
	}
}

// Close closes the connection. The next request connects again.
func (c *Client) Close() {
	c.leave()
	c.cut()
	c.now.Store(nil)
}
