package command

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
)

// relayBuffer is what a Relay reads at a time.
const relayBuffer = 32 << 10

// Relay is what `sim relay` does: it passes octets between clients and a server without looking at
// them. A gateway in Go cannot be cheaper than that.
type Relay struct {
	Addr string // to listen on; port 0 takes a free one
	To   string // the server
	Out  io.Writer
}

// RunRelay passes octets until ctx ends. It prints where it listens.
func RunRelay(ctx context.Context, cmd Relay) error {
	ln, err := net.Listen("tcp", cmd.Addr)
	if err != nil {
		return err
	}
	out := &printer{w: cmd.Out}
	out.printf("relay listens on %v\n", ln.Addr())
	ctx, cancel := context.WithCancel(ctx)
	defer context.AfterFunc(ctx, func() { _ = ln.Close() })()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for {
		client, err := ln.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = client.Close()
			}
			return nil
		case err != nil:
			return fmt.Errorf("accept: %w", err)
		}
		wg.Go(func() {
			if err := cmd.pass(ctx, client); err != nil {
				out.printf("%v\n", err)
			}
		})
	}
}

// pass connects one client with the server until either has closed.
func (cmd Relay) pass(ctx context.Context, client net.Conn) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = client.Close() })()
	var d net.Dialer
	server, err := d.DialContext(ctx, "tcp", cmd.To)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { copyOctets(client, server); cancel() })
	copyOctets(server, client)
	cancel()
	return nil
}

// copyOctets copies through user space, as a gateway must that reads what it passes on: without splice(2).
func copyOctets(to, from net.Conn) {
	buf := make([]byte, relayBuffer)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return // whoever closed knows why
		}
	}
}
