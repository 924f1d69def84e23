package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"readback/internal/simulator"
	"readback/smpp"
)

// Idle is what `sim idle` does: it binds sessions that send nothing.
type Idle struct {
	simulator.ESMEOptions
	Addr     string
	Sessions int
	Out      io.Writer
}

// How long Idle waits before it binds again, and how often it does, when a bind gets ESME_RTHROTTLED.
const (
	idleAgain = 200 * time.Millisecond
	idleTries = 150
)

// RunIdle binds the sessions one after the other, prints so, and keeps them until ctx ends or one is lost.
func RunIdle(ctx context.Context, cmd Idle) error {
	cmd.Keep = 1
	lost := make(chan error, 1)
	for i := range cmd.Sessions {
		e, err := cmd.bind(ctx)
		if err != nil {
			return fmt.Errorf("session %d: %w", i+1, err)
		}
		defer func() { _ = e.Close() }()
		go func() {
			err := e.Err()
			select {
			case lost <- err:
			default: // one is enough
			}
		}()
	}
	(&printer{w: cmd.Out}).printf("bound %d sessions\n", cmd.Sessions)
	select {
	case <-ctx.Done():
		return nil
	case err := <-lost:
		return fmt.Errorf("a session ended: %w", err)
	}
}

// bind binds one session, again while the gateway answers ESME_RTHROTTLED.
func (cmd Idle) bind(ctx context.Context) (*simulator.ESME, error) {
	for try := 1; ; try++ {
		e, err := simulator.OpenESME(ctx, cmd.Addr, cmd.ESMEOptions)
		if !errors.Is(err, smpp.StatusThrottled) || try == idleTries {
			return e, err
		}
		select {
		case <-time.After(idleAgain):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
