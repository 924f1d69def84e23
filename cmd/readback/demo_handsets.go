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

// handset returns the handset with this number, nil if there is none.
func (d *demoHandsets) handset(number string) *simulator.Handset {
	if n := d.network(); n != nil {
		return n.Known(number)
	}
	return nil
}

// Numbers implements console.Handsets.
func (d *demoHandsets) Numbers() []string {
	if n := d.network(); n != nil {
		return n.Handsets()
	}
	return nil
}

// Messages implements console.Handsets.
func (d *demoHandsets) Messages(number string) []console.HandsetMessage {
	h := d.handset(number)
	if h == nil {
		return nil
	}
	inbox := h.Messages()
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
	h := d.handset(number)
	if h == nil {
		return fmt.Errorf("handset %s: %w", number, simulator.ErrNoMessage)
	}
	m, err := h.Message(index)
	if err != nil {
		return fmt.Errorf("handset %s, message %d: %w", number, index, err)
	}
	return h.Open(ctx, m)
}
