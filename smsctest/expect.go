package smsctest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"readback/internal/simulator"
	"readback/internal/simulator/scenario"
)

// Match says which messages are meant. In the texts * stands for any characters and ? for one, and the whole
// value must fit; + or 00 before a number makes no difference. Empty ones match everything.
type Match struct {
	Account  string // system_id
	Sender   string // source_addr
	Receiver string // destination_addr
	Text     string // decoded, without a header
	// Func, unless it is nil, has the last word. It is called with a lock held: it must not call the SMSC.
	Func func(Submit) bool
}

func (m Match) fits(s *Submit) bool {
	return scenario.Pattern(m.Account).Matches(s.Account) && scenario.Pattern(m.Sender).MatchesNumber(s.Sender.Addr) &&
		scenario.Pattern(m.Receiver).MatchesNumber(s.Receiver.Addr) && scenario.Pattern(m.Text).Matches(s.Text) &&
		(m.Func == nil || m.Func(*s))
}

// maxKept bounds the messages that nobody has expected yet; the oldest go first.
const maxKept = 100_000

// inbox has the messages that nobody has expected yet.
type inbox struct {
	mu     sync.Mutex
	all    []Submit      // guarded by mu, as changed
	change chan struct{} // closed by the next message; nil while nobody waits
}

// submitted is for simulator.Options.
func (s *SMSC) submitted(in simulator.Submitted) {
	if one, ok := newSubmit(in); ok {
		s.inbox.add(one)
	}
}

func (b *inbox) add(s Submit) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.all) >= maxKept {
		b.all = slices.Delete(b.all, 0, 1)
	}
	b.all = append(b.all, s)
	if b.change != nil {
		close(b.change)
		b.change = nil
	}
}

func (b *inbox) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = nil
}

// take removes the first message that fits. If there is none, it returns a channel that closes with the next
// message.
func (b *inbox) take(m Match) (s Submit, ok bool, next <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.all {
		if m.fits(&b.all[i]) {
			s = b.all[i]
			b.all = slices.Delete(b.all, i, i+1)
			return s, true, nil
		}
	}
	if b.change == nil {
		b.change = make(chan struct{})
	}
	return Submit{}, false, b.change
}

// Expect waits for a submit_sm or data_sm that matches, and returns it. It takes the earliest one, whether it
// came before the call or comes later, and each message only once. A message comes when it is answered, or when it
// is known that no answer goes out; what the SMSC sends from then on to the same session comes behind the answer.
//
// When ctx ends first, the error says which messages came instead.
func (s *SMSC) Expect(ctx context.Context, m Match) (Submit, error) {
	for {
		got, ok, next := s.inbox.take(m)
		if ok {
			return got, nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return Submit{}, fmt.Errorf("smsctest: no such message: %w; %s", context.Cause(ctx), s.inbox.describe())
		}
	}
}

// Pending returns the messages that came and that Expect has not returned yet, the oldest first.
func (s *SMSC) Pending() []Submit {
	s.inbox.mu.Lock()
	defer s.inbox.mu.Unlock()
	return slices.Clone(s.inbox.all)
}

// describe says which messages there are.
func (b *inbox) describe() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.all) == 0 {
		return "none came"
	}
	const most = 10
	var text strings.Builder
	fmt.Fprintf(&text, "%d others came", len(b.all))
	for _, s := range b.all[max(0, len(b.all)-most):] {
		text.WriteString("\n\t" + s.String())
	}
	return text.String()
}
