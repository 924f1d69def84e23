//go:build e2e

package acceptance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"readback/internal/simulator"
	"readback/smpp"
)

// behindOne is how many ESMEs there are behind one address.
const behindOne = 300

// TestManyBehindOneAddress has many ESMEs come back at once from one address, as behind a NAT or a load
// balancer that tells no addresses. With the default limits they all bind, though some have to try again.
func TestManyBehindOneAddress(t *testing.T) {
	for mode, s := range modes(t) {
		t.Run(mode, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(within(t), time.Minute)
			defer cancel()
			c := startSMSC(t, listen(t, ""), simulator.Options{})
			g := startGateway(ctx, t, free(t).with(s).with(settings{"smsc.addr": c.addr}).write(t))
			begin, failed := time.Now(), make([]error, behindOne)
			var running sync.WaitGroup
			for i := range behindOne {
				running.Go(func() { failed[i] = bindInTheEnd(ctx, t, g.addr) })
			}
			running.Wait()
			if err := errors.Join(failed...); err != nil {
				t.Errorf("got %v, want all bound", err)
			}
			t.Logf("%d ESMEs have bound after %v", behindOne, time.Since(begin))
		})
	}
}

// bindInTheEnd binds, and tries again as an ESME does when it is cut off. It stays bound until the test ends.
func bindInTheEnd(ctx context.Context, t *testing.T, addr string) error {
	const pause = time.Second
	for try := 1; ; try++ {
		conn, err := tryOnce(ctx, addr)
		if err == nil {
			t.Cleanup(func() { _ = conn.Close() })
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("try %d: %w", try, err)
		}
		rest(ctx, pause)
	}
}

// tryOnce binds once.
func tryOnce(ctx context.Context, addr string) (net.Conn, error) {
	conn, err := dialFrom(ctx, "127.0.0.1", addr)
	if err != nil {
		return nil, err
	}
	if _, err = conn.Write(abuserBind()); err == nil {
		var f smpp.Frame
		if f, err = readFrame(conn); err == nil && f.Status() != smpp.StatusOK {
			err = fmt.Errorf("got % x", []byte(f))
		}
	}
	if err != nil {
		_ = conn.Close() // the cause is in err
		return nil, err
	}
	return conn, nil
}
