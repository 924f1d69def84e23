//go:build e2e

package acceptance

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// TestReceipts sends messages of two accounts through shared mode, with the gateway
// stopped and killed in between: each receipt reaches the account of its message, once.
func TestReceipts(t *testing.T) {
	ctx := within(t)
	messages := size(20_000)
	c := startCentre(t)
	config := free(t).with(shared(t, binds)).with(settings{
		"smsc.addr": c.addr, "smsc.message_id.response": "hex", "smsc.message_id.receipt": "dec",
	}).write(t)
	g := startGateway(ctx, t, config)
	b := newReceiptBook(messages)
	stop := b.run(ctx, g.addr)

	b.await(ctx, t, messages/4)
	g.terminate()
	g.awaitExit(ctx)
	g = startGateway(ctx, t, config)
	b.move(g.addr)
	t.Logf("%d late receipts after SIGTERM", c.sendLate())

	b.await(ctx, t, messages/2)
	g.kill()
	g = startGateway(ctx, t, config)
	b.move(g.addr)

	b.await(ctx, t, messages*3/4)
	g.kill()
	g = startGateway(ctx, t, config)
	b.move(g.addr)
	t.Logf("%d late receipts after kill -9", c.sendLate())

	b.await(ctx, t, messages)
	awaitReceipts(ctx, t, c, b)
	stop()
	checkReceipts(t, c, b)
}

// awaitReceipts waits until the receipt of each message that was answered with
// ESME_ROK has been accepted.
func awaitReceipts(ctx context.Context, t *testing.T, c *centre, b *receiptBook) {
	t.Helper()
	const soon = time.Minute
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	missing := 0
	if !poll(ctx, func() bool {
		c.sendLate() // of messages that were under way as well
		b.mu.Lock()
		defer b.mu.Unlock()
		c.mu.Lock()
		defer c.mu.Unlock()
		missing = 0
		for _, r := range c.messages {
			if b.accepted[r.id] != "" && !r.done {
				missing++
			}
		}
		return missing == 0
	}) {
		t.Errorf("%d receipts are still refused or unanswered", missing)
	}
}

// checkReceipts holds what came against what was sent.
func checkReceipts(t *testing.T, c *centre, b *receiptBook) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	var lost, wrong, twice, again, unknown int
	var sent, refused [receiptMoments]int
	for _, r := range c.messages {
		account, came := b.accepted[r.id], b.came[r.id]
		if account == "" {
			unknown++
			continue
		}
		sent[r.moment]++
		if r.refused > 0 {
			refused[r.moment]++
		}
		switch {
		case len(came) == 0:
			lost++
		case len(came) > 1+r.unanswered:
			twice++
		case len(came) > 1:
			again++
		}
		if slices.ContainsFunc(came, func(a string) bool { return a != account }) {
			wrong++
		}
	}
	t.Logf("%d messages, %d of them not answered; receipts by moment %v, of which were refused for now %v; %d came again since their answer was lost",
		len(c.messages), unknown, sent, refused, again)
	if lost > 0 || wrong > 0 || twice > 0 || len(c.faults) > 0 {
		t.Errorf("%d receipts lost, %d to another account, %d twice, %q; want none", lost, wrong, twice, c.faults)
	}
	// Around a restart nobody is there to take them; else they wait for the answer.
	if refused[receiptBeforeElse] > sent[receiptBeforeElse]/4 {
		t.Errorf("%d of %d early receipts were refused, want a few at most", refused[receiptBeforeElse], sent[receiptBeforeElse])
	}
}

// receiptBook is what the ESMEs saw.
type receiptBook struct {
	goal int // messages that are to be accepted

	mu       sync.Mutex
	addr     string // guarded by mu, as all below: of the gateway
	accepted map[uint64]string
	came     map[uint64][]string // receipts: the accounts that got them
	more     chan struct{}       // closed with the next one accepted, and when addr changes
}

func newReceiptBook(goal int) *receiptBook {
	return &receiptBook{goal: goal, accepted: map[uint64]string{}, came: map[uint64][]string{}, more: make(chan struct{})}
}

// changed wakes who waits; mu is held.
func (b *receiptBook) changed() {
	close(b.more)
	b.more = make(chan struct{})
}

// move has the ESMEs bind elsewhere.
func (b *receiptBook) move(addr string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.addr = addr
	b.changed()
}

// state returns where the gateway is, how many messages are accepted, and what tells of more.
func (b *receiptBook) state() (addr string, n int, more <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.addr, len(b.accepted), b.more
}

// await waits until n messages are accepted.
func (b *receiptBook) await(ctx context.Context, t *testing.T, n int) {
	t.Helper()
	for {
		_, have, more := b.state()
		if have >= n {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			t.Fatalf("%d messages are accepted, want %d", have, n)
		}
	}
}

// run has two ESMEs of each account send and receive until the function that it
// returns is called.
func (b *receiptBook) run(ctx context.Context, addr string) (stop func()) {
	b.addr = addr
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for i, account := range accounts {
		for range 2 {
			sender := fmt.Sprintf("1069%04d", i)
			running.Go(func() {
				for ctx.Err() == nil {
					b.session(ctx, account, sender)
				}
			})
		}
	}
	return func() { cancel(); running.Wait() }
}

// session binds and sends until the gateway has gone; once all is sent it receives.
func (b *receiptBook) session(ctx context.Context, account, sender string) {
	addr, _, more := b.state()
	e, err := simulator.OpenESME(ctx, addr, simulator.ESMEOptions{
		Bind: simulator.Bind{SystemID: account, Password: password}, Window: window, Keep: 1,
		OnRequest: func(f smpp.Frame) pdu.Status { return b.receive(account, f) },
	})
	if err != nil { // it is away: until it has moved, or a little while
		select {
		case <-more:
		case <-time.After(often):
		case <-ctx.Done():
		}
		return
	}
	defer func() { _ = e.Close() }() // the gateway may have been first
	m := simulator.ShortMessage{
		From: simulator.Number(sender), To: simulator.Number("447700900101"), RegisteredDelivery: 1, UserData: []byte("Hello"),
	}
	for {
		if _, n, _ := b.state(); n >= b.goal {
			break
		}
		if e.Submit(ctx, m.Append(nil, pdu.SubmitSMID, 0), func(f smpp.Frame) { b.answered(account, f) }) != nil {
			return
		}
	}
	select {
	case <-e.Done():
	case <-ctx.Done():
	}
}

// answered notes an answer to a message, nil if there was none.
func (b *receiptBook) answered(account string, f smpp.Frame) {
	if f == nil || f.Status() != smpp.StatusOK {
		return
	}
	text, _, _ := bytes.Cut(f.Body(), []byte{0})
	id, _ := strconv.ParseUint(string(text), 16, 64) // what is no number is no message of the centre
	b.mu.Lock()
	defer b.mu.Unlock()
	b.accepted[id] = account
	b.changed()
}

// receive notes a receipt.
func (b *receiptBook) receive(account string, f smpp.Frame) pdu.Status {
	m, err := smpp.ParseMessage(f)
	if err != nil {
		return smpp.StatusInvMsgLen
	}
	_, text, _ := bytes.Cut(m.UserData(), []byte("text:"))
	id, _ := strconv.ParseUint(string(text), 10, 64) // what is no number shows as lost
	b.mu.Lock()
	defer b.mu.Unlock()
	b.came[id] = append(b.came[id], account)
	return smpp.StatusOK
}
