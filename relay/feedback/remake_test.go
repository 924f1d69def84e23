package feedback

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// A stream that is deleted while the service runs is made again, and an ERROR says so. Feedback flows
// again, to a session that was there before.
func TestStreamsAreMadeAgain(t *testing.T) {
	f, lines := servedFixture(t), &relaytest.LogLines{}
	f.log, f.recorder.applies = lines.Logger(), true
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { f.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	told := f.told("bank")
	c := relaytest.Conversation(t, "10690001", "447700900123")
	f.fill("bank", c, "id1")
	relaytest.Receive(t, told)
	all := []string{queueStream, deadStream, heldStream, eventsStream}
	for _, name := range all {
		if err := f.js.DeleteStream(relaytest.Deadline(t), name); err != nil {
			t.Fatal(err)
		}
	}
	f.recorder.index.writeReads(1)
	f.outbox.notify()
	if fb := relaytest.Receive(t, told); fmt.Sprint(fb.MessageIDs) != "[id0]" {
		t.Errorf("got %+v, want the feedback that came afterwards", fb)
	}
	f.remaking.Lock() // the stream of the queues is made first
	defer f.remaking.Unlock()
	for _, name := range all {
		if _, err := f.js.Stream(relaytest.Deadline(t), name); err != nil || lines.Count("level=ERROR msg=\"a stream was gone, with all that was in it; it is made again\" stream="+name) != 1 {
			t.Errorf("%s: got %v, want it made again, and one line", name, err)
		}
	}
}

// What is held when its stream is made again is delivered all the same, before what came later. It is
// acknowledged to no stream: the new one has given its sequence to other feedback.
func TestHeldOutlivesItsStream(t *testing.T) {
	f := servedFixture(t)
	f.recorder.applies = true
	c := relaytest.Conversation(t, "10690001", "447700900123")
	told, answer := make(chan string, 16), make(chan error)
	leave := f.deliver("bank", func(ctx context.Context, fb *message.Feedback) error {
		told <- fb.MessageIDs[0]
		select {
		case err := <-answer:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	f.fill("bank", c, "id1", "id2")
	relaytest.Receive(t, told)
	held := func() (n int) {
		f.accounts.mu.Lock()
		a := f.accounts.all["bank"]
		f.accounts.mu.Unlock()
		a.change(func(o *schedule) { n = len(o.held) })
		return n
	}
	for held() != 2 {
		runtime.Gosched()
	}
	if err := f.js.DeleteStream(relaytest.Deadline(t), queueStream); err != nil {
		t.Fatal(err)
	}
	for ctx := relaytest.Deadline(t); ; runtime.Gosched() {
		if _, err := f.js.Stream(ctx, queueStream); err == nil {
			break
		}
	}
	f.fill("bank", c, "id3", "id4")
	for held() != 4 {
		runtime.Gosched()
	}
	for _, want := range []string{"id2", "id3"} {
		answer <- nil
		if got := relaytest.Receive(t, told); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	leave()
	if got := f.state(queueStream).Msgs; got != 2 {
		t.Errorf("in the queue: got %d, want the two that came later", got)
	}
}

// Sequences count on when the stream is another one, or has gone back.
func TestIncarnation(t *testing.T) {
	began := time.Unix(1795000000, 0)
	var i incarnation
	for _, tt := range []struct {
		name    string
		created time.Time
		last    uint64
		other   bool
		seq     uint64 // that comes then
		want    uint64
	}{
		{"the first", began, 7, false, 7, 7},
		{"the same", began, 9, false, 8, 8},
		{"nothing new", began, 8, false, 8, 8},
		{"restored from a backup", began, 5, true, 6, 14},
		{"the same again", began, 6, false, 6, 14},
		{"made again", began.Add(time.Second), 20, true, 1, 15},
		{"made again, and empty", began.Add(time.Minute), 0, true, 1, 16},
	} {
		info := &jetstream.StreamInfo{Created: tt.created, State: jetstream.StreamState{LastSeq: tt.last}}
		if got := i.isOther(info); got != tt.other {
			t.Errorf("%s: got another stream: %v, want %v", tt.name, got, tt.other)
		}
		if got := i.sequence(tt.seq); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
}

// Any other error does not have streams made.
func TestStreamsAreLeftAlone(t *testing.T) {
	f := newFixture(t, newTestIndex(t)) // whose JetStream would panic
	for _, err := range []error{nil, context.Canceled, nats.ErrTimeout, journal.ErrUnreachable, message.Permanent(errors.New("no")), jetstream.ErrConsumerNotFound} {
		if got := f.remake(t.Context(), err); !errors.Is(got, err) {
			t.Errorf("got %v, want %v", got, err)
		}
	}
}
