//go:build e2e

package acceptance

import (
	"strings"
	"sync"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
	"readback/udh"
)

// checker sees all messages that reach an SMSC, each with a text of its own.
type checker struct {
	mu            sync.Mutex
	texts         map[string]bool     // guarded by mu, as all below
	conversations map[string][]uint16 // the numbers that came last
	twice         int                 // messages that came before
	unnumbered    int
	again         []string // numbers that came again within a cycle
	skipped       int
	waits         []wait
}

// wait is for so many messages.
type wait struct {
	n    int
	come chan struct{}
}

func newChecker() *checker {
	return &checker{texts: map[string]bool{}, conversations: map[string][]uint16{}}
}

// cycle is how many arrivals of a conversation must differ in their numbers: half of
// a cycle of 257, since those of several binds come out of order.
const cycle = 128

// see is the simulator's OnFrame.
func (c *checker) see(r simulator.Record) {
	if r.Frame.ID() != pdu.SubmitSMID {
		return
	}
	m, err := smpp.ParseMessage(r.Frame)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.again = append(c.again, err.Error())
		return
	}
	c.count(m)
	for len(c.waits) > 0 && len(c.texts) >= c.waits[0].n {
		close(c.waits[0].come)
		c.waits = c.waits[1:]
	}
}

// count notes one message; mu is held.
func (c *checker) count(m smpp.Message) {
	text := m.UserData()
	number, ok := udh.Number(text, 0x80)
	if !m.HasUDH() || !ok {
		c.unnumbered++
	} else {
		text = text[1+int(text[0]):]
		c.number(string(m.From.Addr)+" → "+string(m.To.Addr), number)
	}
	if c.texts[string(text)] {
		c.twice++
	}
	c.texts[string(text)] = true
}

// number notes a number of a conversation; mu is held.
func (c *checker) number(conversation string, number uint16) {
	const faults = 10
	recent := c.conversations[conversation]
	for _, before := range recent {
		if before == number && len(c.again) < faults {
			c.again = append(c.again, conversation)
		}
	}
	if len(recent) > 0 {
		const numbers = 257
		if step := (int(number) - int(recent[len(recent)-1]) + numbers) % numbers; step > 1 && step < cycle {
			c.skipped += step - 1
		}
	}
	recent = append(recent, number)
	c.conversations[conversation] = recent[max(0, len(recent)-cycle):]
}

// after is closed when n different messages have come; those who wait longer come later.
func (c *checker) after(n int) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := wait{n, make(chan struct{})}
	c.waits = append(c.waits, w)
	return w.come
}

// check reports what must not be. At least so many messages have come.
func (c *checker) check(t *testing.T, least int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.texts) < least || c.twice > 0 || c.unnumbered > 0 {
		t.Errorf("%d messages came, %d of them twice, %d without a number; want %d, none, none",
			len(c.texts), c.twice, c.unnumbered, least)
	}
	if len(c.again) > 0 {
		t.Errorf("numbers given twice within a cycle: %s", strings.Join(c.again, ", "))
	}
	t.Logf("%d messages of %d conversations, %d numbers skipped or out of order", len(c.texts), len(c.conversations), c.skipped)
}
