package feedback

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/internal/setting"
	"readback/relay/index"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// boundedFixture returns a service whose queues and dead letters have a bound.
func boundedFixture(t *testing.T, size setting.Size) *fixture {
	t.Helper()
	f := servedFixture(t)
	for _, c := range Streams(&Settings{QueueSize: size, DeadSize: size}) {
		c.Storage = jetstream.FileStorage
		if _, err := f.js.UpdateStream(relaytest.Deadline(t), c); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// publishFor publishes feedback of an account as the outbox does: that with the numbers from first on, with
// so many message_ids. It returns how many became what.
func (f *fixture) publishFor(account string, first, n, ids int) (outcomes map[string]int) {
	f.t.Helper()
	outcomes = make(map[string]int)
	for i := first; i < first+n; i++ {
		fb := message.Feedback{Event: fmt.Sprintf("01JABCDEFGHJKMNPQ%.4s%05d", account, i), Account: account, Number: 7}
		for range ids {
			fb.MessageIDs = append(fb.MessageIDs, "0123456789")
		}
		data, err := json.Marshal(&fb)
		if err != nil {
			f.t.Fatal(err)
		}
		p, err := f.outbox.send(relaytest.Deadline(f.t), index.Row{Body: data})
		if err == nil {
			err = f.outbox.await(relaytest.Deadline(f.t), &p)
		}
		if err != nil {
			f.t.Fatalf("number %d of %s: %v", i, account, err)
		}
		outcomes[p.outcome]++
	}
	return outcomes
}

// lettersOf counts the dead letters of an account, and returns the reason of the last one.
func (f *fixture) lettersOf(account string) (n int, reason string) {
	f.t.Helper()
	all, _, err := f.DeadLetters(relaytest.Deadline(f.t), DeadQuery{Account: account, Limit: MaxPage})
	if err != nil {
		f.t.Fatal(err)
	}
	for i := range all {
		reason = all[i].Reason
	}
	return len(all), reason
}

// When the queues are full, feedback becomes a dead letter, and nothing behind it waits. When the dead letters
// are full, the oldest make room. Nothing goes that is not counted, and the log is bounded.
func TestBoundsInOctets(t *testing.T) {
	const size, n = 20 << 10, 300
	f, lines := boundedFixture(t, size), &relaytest.LogLines{}
	f.log = lines.Logger()
	begun := time.Now()
	outcomes := f.publishFor("bank", 0, n, 0)
	queue, dead := f.state(queueStream), f.state(deadStream)
	if queue.Bytes > size || dead.Bytes > size || queue.Msgs < 10 || dead.Msgs < 10 {
		t.Errorf("got %d octets in the queue, %d in %d dead letters, want %d at most", queue.Bytes, dead.Bytes, dead.Msgs, size)
	}
	full, gone := outcomes["queue_full"]+int(f.counted("queue_full")), int(f.counted("dead_full"))
	if int(queue.Msgs)+full != n || int(dead.Msgs)+gone != full || gone == 0 {
		t.Errorf("of %d (%v) got %d in the queue, %d made dead letters, %d of them left, %d dropped", n, outcomes, queue.Msgs, full, dead.Msgs, gone)
	}
	if _, reason := f.lettersOf("bank"); reason != errQueuesFull.Error() {
		t.Errorf("got the reason %q", reason)
	}
	most := 21 + int(time.Since(begun)/time.Second) // lograte: 20, then one a second
	for _, line := range []string{"msg=\"feedback is a dead letter\"", "msg=\"dead letter dropped\""} {
		if got := lines.Count(line); got == 0 || got > most {
			t.Errorf("got %d lines with %s, want some, %d at most", got, line, most)
		}
	}
}

// An account that fills the queues, and the dead letters, takes the place of no other: however many it
// has, and if those of the other account are larger.
func TestFullestGivesWay(t *testing.T) {
	const size, few = 60 << 10, 20
	f := boundedFixture(t, size)
	for range few {
		l := &letter{account: "shop", event: "event", data: []byte("{}"), seq: 1}
		l.seq += uint64(f.state(deadStream).LastSeq)
		if err := f.store(relaytest.Deadline(t), l, errExpired); err != nil {
			t.Fatal(err)
		}
	}
	f.publishFor("bank", 0, 500, 0)
	before := f.state(queueStream).Msgs
	f.publishFor("shop", 0, few, 20)
	f.publishFor("bank", 500, 300, 0)
	info, err := f.js.Stream(relaytest.Deadline(t), queueStream)
	if err != nil {
		t.Fatal(err)
	}
	queues, err := info.Info(relaytest.Deadline(t), jetstream.WithSubjectFilter(queueSubject+"*"))
	if err != nil {
		t.Fatal(err)
	}
	waiting := queues.State.Subjects
	if waiting[queueSubject+"shop"] != few || waiting[queueSubject+"bank"] < before/2 || waiting[queueSubject+"bank"] >= before {
		t.Errorf("in the queues: got %v, want all %d of shop, and fewer than %d of bank", waiting, few, before)
	}
	if n, reason := f.lettersOf("shop"); n != few || reason != errExpired.Error() || f.counted("dead_full") == 0 {
		t.Errorf("dead letters of shop: got %d (%s), want all %d, and others dropped", n, reason, few)
	}
	if first, err := info.GetMsg(relaytest.Deadline(t), 1, jetstream.WithGetMsgSubject(queueSubject+"bank")); err != nil || first.Sequence != 1 {
		t.Errorf("got %+v, %v as the oldest of bank, want the first one: a session may be getting it", first, err)
	}
}

// What is larger than all dead letters may be is lost, which the log says, and holds up nothing.
func TestLetterBeyondTheBound(t *testing.T) {
	f, lines := boundedFixture(t, 2000), &relaytest.LogLines{}
	f.log = lines.Logger()
	if got := f.publishFor("bank", 0, 1, 0)["published"]; got != 1 {
		t.Errorf("got %d published, want the first one", got)
	}
	l := &letter{account: "bank", event: "event", data: make([]byte, 3000)}
	if err := f.store(relaytest.Deadline(t), l, errExpired); err != nil || lines.Count("feedback is lost") != 1 {
		t.Errorf("got %v, and %d lines, want it lost with a line", err, lines.Count("feedback is lost"))
	}
}
