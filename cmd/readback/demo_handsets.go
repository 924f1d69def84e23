package main

import (
	"context"
	"fmt"
	"sync/atomic"

	"readback/internal/console"
	"readback/internal/simulator"
)

// demoHandsets shows the demo's handsets on the console, and has a person open their messages.
type demoHandsets struct {
	behind atomic.Pointer[simulator.Network]
}

// use says which handsets there are. Before that there is none.
func (d *demoHandsets) use(n *simulator.Network) { d.behind.Store(n) }

func (d *demoHandsets) network() *simulator.Network { return d.behind.Load() }

// Numbers implements console.Handsets.
func (d *demoHandsets) Numbers() []string {
	if n := d.network(); n != nil {
		return n.Handsets()
	}
	return nil
}

// Messages implements console.Handsets.
func (d *demoHandsets) Messages(number string) []console.HandsetMessage {
	inbox := d.network().Handset(number).Messages()
	all := make([]console.HandsetMessage, len(inbox))
	for i, m := range inbox {
		all[i] = console.HandsetMessage{
			Index: m.Index, From: m.From, Text: m.Text, Sent: m.Sent(), Number: m.Number, Carriage: m.Carriage, At: m.At, Opened: m.Opened,
		}
	}
	return all
}

// Open implements console.Handsets. The handset's app sends the read response as it does for all others.
func (d *demoHandsets) Open(ctx context.Context, number string, index int) error {
	n := d.network()
	if n == nil {
		return simulator.ErrNoMessage
	}
	h := n.Handset(number)
	m, err := h.Message(index)
	if err != nil {
		return fmt.Errorf("handset %s, message %d: %w", number, index, err)
	}
	return h.Open(ctx, m)
}
