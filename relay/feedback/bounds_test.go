package feedback

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/index"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// When the queues are full, feedback is a dead letter at once, and nothing behind it waits. When the dead letters
// are full, the oldest make room.
func TestBoundsInOctets(t *testing.T) {
	f := servedFixture(t)
	const size = 20 << 10
	for _, c := range Streams(&Settings{QueueSize: size, DeadSize: size}) {
		c.Storage = jetstream.FileStorage
		if _, err := f.js.UpdateStream(relaytest.Deadline(t), c); err != nil {
			t.Fatal(err)
		}
	}
	outcomes := make(map[string]int)
	const n = 200
	for i := range n {
		fb := message.Feedback{Event: fmt.Sprintf("01JABCDEFGHJKMNPQRSTVWX%03d", i), Account: "bank", Number: 7}
		data, err := json.Marshal(&fb)
		if err != nil {
			t.Fatal(err)
		}
		p, err := f.outbox.send(relaytest.Deadline(t), index.Row{Body: data})
		if err == nil {
			err = f.outbox.await(relaytest.Deadline(t), &p)
		}
		if err != nil {
			t.Fatalf("number %d: %v", i, err)
		}
		outcomes[p.outcome]++
	}
	queue, dead := f.state(queueStream), f.state(deadStream)
	if outcomes["published"] != int(queue.Msgs) || outcomes["published"]+outcomes["dead"] != n || queue.Msgs < 10 {
		t.Errorf("got %v, and %d in the queue, want all in the queue or dead", outcomes, queue.Msgs)
	}
	if queue.Bytes > size || dead.Bytes > size || dead.Msgs == 0 || int(dead.Msgs) >= outcomes["dead"] {
		t.Errorf("got %d octets in the queue, %d in %d of %d dead letters, want %d at most, without the oldest",
			queue.Bytes, dead.Bytes, dead.Msgs, outcomes["dead"], size)
	}
	if last := f.letters(); last[len(last)-1].Reason != errQueuesFull.Error() || dead.LastSeq != uint64(outcomes["dead"]) {
		t.Errorf("got the reason %q, and %d letters in all", last[len(last)-1].Reason, dead.LastSeq)
	}
}
