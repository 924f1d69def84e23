package gateway

import (
	"context"
	"sync"
)

// closing says when a link takes nothing new.
type closing struct {
	begun chan struct{} // closed by begin
	once  sync.Once     // closes begun
}

func newClosing() *closing { return &closing{begun: make(chan struct{})} }

// begin says that the link takes nothing new from now on.
func (c *closing) begin() { c.once.Do(func() { close(c.begun) }) }

// whileOpen runs wait with a context that ends with ctx, and when the link takes nothing new.
func (c *closing) whileOpen(ctx context.Context, wait func(context.Context)) {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel()
	watching.Go(func() {
		select {
		case <-c.begun:
			cancel()
		case <-ctx.Done():
		}
	})
	wait(ctx)
}
