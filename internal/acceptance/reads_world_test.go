//go:build e2e

package acceptance

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/handset"
	"readback/internal/simulator"
	"readback/internal/simulator/load"
	"readback/smpp"
	"readback/udh"
)

// readWorld is a gateway with messages to read, and an ESME that is away half the time.
type readWorld struct {
	*testing.T
	smsc   *smsc
	config string
	set    settings

	mu        sync.Mutex
	gateway   *gateway            // guarded by mu, as all below
	down      chan struct{}       // closed when the gateway is killed
	receivers map[string]bool     // who got messages
	numbers   map[string][]uint16 // of these, in the order of sending
	told      map[string][]string // texts of the feedback, by receiver and number
	more      chan struct{}       // closed at each
	strange   []string            // what came and is no feedback
}

func newReadWorld(ctx context.Context, t *testing.T, extra func(*testing.T) settings) *readWorld {
	t.Helper()
	w := &readWorld{T: t, receivers: map[string]bool{}, numbers: map[string][]uint16{}, told: map[string][]string{}, more: make(chan struct{})}
	w.smsc = startSMSC(t, listen(t, ""), simulator.Options{NoReceipts: true, OnFrame: w.sees})
	w.set = free(t).with(settings{"smsc.addr": w.smsc.addr, "reads.rate": 60_000, "log.audit": false})
	if extra != nil {
		w.set = w.set.with(extra(t))
	}
	w.config = w.set.write(t)
	w.start(ctx)
	return w
}

func (w *readWorld) start(ctx context.Context) {
	g := startGateway(ctx, w.T, w.config)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gateway, w.down = g, make(chan struct{})
}

// listens is the address of a listener whose setting was chosen.
func (w *readWorld) listens(key string) string { return w.set[key].(string) }

// current is the gateway, and what is closed when it is killed.
func (w *readWorld) current() (*gateway, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.gateway, w.down
}

func (w *readWorld) restart(ctx context.Context) {
	g, _ := w.current()
	g.kill()
	w.mu.Lock()
	close(w.down)
	w.mu.Unlock()
	w.start(ctx)
}

// submit sends the messages: each receiver gets numbers 1 to eachReceiver.
func (w *readWorld) submit(ctx context.Context, receivers int) {
	w.Helper()
	g, _ := w.current()
	r, err := load.Run(ctx, load.Options{
		Bind: simulator.Bind{SystemID: accounts[0]}, Addr: g.addr, Binds: binds, Window: window,
		Messages: receivers * eachReceiver, Conversations: receivers, Text: "Hello",
	})
	if err != nil || r.OK != receivers*eachReceiver {
		w.Fatalf("load: %v, %v", err, r)
	}
}

// sees notes who gets messages.
func (w *readWorld) sees(r simulator.Record) {
	if m, err := smpp.ParseMessage(r.Frame); err == nil && r.Frame.ID() == pdu.SubmitSMID {
		w.mu.Lock()
		w.receivers[string(m.To.Addr)] = true
		if h, err := udh.ParseHeader(m.UserData()); err == nil {
			if number, ok := udh.Number(h, handset.DefaultIEI); ok {
				w.numbers[string(m.To.Addr)] = append(w.numbers[string(m.To.Addr)], number)
			}
		}
		w.mu.Unlock()
	}
}

// comeAndGo binds the ESME for a while and unbinds it for as long, until stop is called; then
// it stays.
func (w *readWorld) comeAndGo(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		const while = 700 * time.Millisecond
		for ctx.Err() == nil {
			w.listenFor(ctx, while)
			pause(ctx, while)
		}
	})
	return func() { cancel(); wg.Wait() }
}

// pause waits, and returns early when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// listenFor is bound for a while, or until the gateway is gone.
func (w *readWorld) listenFor(ctx context.Context, while time.Duration) {
	g, down := w.current()
	e, err := simulator.OpenESME(ctx, g.addr, simulator.ESMEOptions{Bind: simulator.Bind{SystemID: accounts[0]}, OnRequest: w.hear})
	if err != nil {
		return // it is just being killed
	}
	select {
	case <-time.After(while):
	case <-down:
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = e.Unbind(ctx) // a gateway that is gone answers nothing
}

// hear takes a feedback.
func (w *readWorld) hear(f smpp.Frame) pdu.Status {
	m, err := smpp.ParseMessage(f)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil || m.ESMClass() != smpp.ESMClassDeliveryAck {
		w.strange = append(w.strange, fmt.Sprintf("%x", []byte(f)))
		return smpp.StatusOK
	}
	text := string(m.UserData())
	var receiver string
	var number int
	if _, err := fmt.Sscanf(text, "readback receiver:%s number:%d", &receiver, &number); err != nil {
		w.strange = append(w.strange, text)
		return smpp.StatusOK
	}
	key := readKey(receiver, number)
	w.told[key] = append(w.told[key], text)
	close(w.more)
	w.more = make(chan struct{})
	return smpp.StatusOK
}

func readKey(receiver string, number int) string { return receiver + " " + strconv.Itoa(number) }
