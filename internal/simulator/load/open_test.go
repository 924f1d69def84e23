package load

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// TestAwait ends Linger with the last receipt, and reports once, before it.
func TestAwait(t *testing.T) {
	_, addr := startSink(t, simulator.Options{DeliverAfter: 20 * time.Millisecond})
	var answered []Result
	start := time.Now()
	r, err := Run(testpeer.Within(t), Options{
		Addr: addr, Binds: 3, Messages: 300, RegisteredDelivery: 1, Linger: time.Hour, Await: AwaitEach,
		OnAnswered: func(r Result) { answered = append(answered, r) },
	})
	if err != nil || r.Delivered != 300 || r.LastCame.Before(start) {
		t.Errorf("got %v, last at %v, %v; want 300 delivered", r, r.LastCame, err)
	}
	if len(answered) != 1 || answered[0].OK != 300 {
		t.Errorf("reported %v, want 300 once", answered)
	}
}

// TestBindsAgain binds again when a bind is throttled.
func TestBindsAgain(t *testing.T) {
	var binds atomic.Int64
	_, addr := startSink(t, simulator.Options{Answer: func(_ string, f smpp.Frame) ([]byte, bool) {
		if f.ID() != pdu.BindTransceiverID || binds.Add(1) > 1 {
			return nil, false
		}
		return smpp.AppendRefusal(nil, f.ID(), smpp.StatusThrottled, f.Seq()), true
	}})
	if r, err := Run(testpeer.Within(t), Options{Addr: addr, Messages: 10}); err != nil || r.OK != 10 || binds.Load() != 2 {
		t.Errorf("got %v, %v after %d binds; want 10 messages after 2", r, err, binds.Load())
	}
}

// TestConversations sends to the conversations from First on.
func TestConversations(t *testing.T) {
	opt, err := Options{Conversations: 10, First: 5000}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	for n, c := range map[int]int{0: 5000, 9: 5009, 10: 5000} {
		m, err := smpp.ParseMessage(newTemplate(opt).append(nil, 1, n))
		if err != nil {
			t.Fatal(err)
		}
		sender, receiver := Conversation(opt.Sender, c)
		if got, want := string(m.From.Addr)+" "+string(m.To.Addr), fmt.Sprint(sender, " ", receiver); got != want {
			t.Errorf("message %d: got %s, want %s", n, got, want)
		}
	}
}
