package relay

import (
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"readback/relay/broker"
	"readback/relay/journal"
	"readback/relay/relaytest"
)

// clustered starts a relay on a NATS server of the operator.
func clustered(t *testing.T) *running {
	t.Helper()
	s := relaytest.NATS(t, t.TempDir(), server.RANDOM_PORT)
	opt := testOptions(t)
	opt.NATS, opt.Logger = s.ClientURL(), nil
	return start(t, opt)
}

// A connection that NATS has closed for good, because it was misused, is made again: for the log, for
// feedback, and for read responses.
func TestConnectionIsMadeAgain(t *testing.T) {
	t.Parallel()
	r := clustered(t) // and is idle
	told := r.tellings("bank")
	old := r.conn.Load()
	old.NC.Close()
	for r.conn.Load() == old {
		changed, _ := r.status.Get()
		relaytest.Receive(t, changed)
	}
	r.wantWorking("id1")
	if fb := relaytest.Receive(t, told); fb.MessageIDs[0] != "id1" {
		t.Errorf("feedback: got that on %v, want that on id1", fb.MessageIDs)
	}
	m, err := r.conn.Load().NC.RequestWithContext(relaytest.Deadline(t), broker.SubjectReadsNow, []byte(`{"receiver":"447700900199","number":1}`))
	if want := `{"code":404,"error":"no such message"}`; err != nil || string(m.Data) != want {
		t.Errorf("request: got %s, %v, want %s", m.Data, err, want)
	}
}

// A log that is deleted in the cluster, and perhaps made again, is noticed by an idle relay. It goes on
// with a new one.
func TestLogMadeAgain(t *testing.T) {
	t.Parallel()
	const theQueue = "the queue is deleted"
	for name, change := range map[string]func(t *testing.T, r *running){
		"deleted": func(t *testing.T, r *running) {
			if err := r.conn.Load().JS.DeleteStream(relaytest.Deadline(t), journal.Stream); err != nil {
				t.Fatal(err)
			}
		},
		"made again": func(t *testing.T, r *running) {
			js := r.conn.Load().JS
			s, err := js.Stream(relaytest.Deadline(t), journal.Stream)
			if err == nil {
				err = js.DeleteStream(relaytest.Deadline(t), journal.Stream)
			}
			if err == nil {
				_, err = js.CreateStream(relaytest.Deadline(t), s.CachedInfo().Config)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
		theQueue: func(t *testing.T, r *running) {
			if err := r.conn.Load().JS.DeleteStream(relaytest.Deadline(t), streamFeedback); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := clustered(t)
			change(t, r)
			if name != theQueue { // which feedback makes again by itself
				_ = r.waitReason("was deleted")
			}
			r.wantWorking("id1")
			relaytest.Receive(t, r.tellings("bank"))
		})
	}
}

// The ledger hears of each connection, so that it does not wait with its next try.
func TestConnectedIsWired(t *testing.T) {
	t.Parallel()
	r, err := Open(testOptions(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if err := r.openStore(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	relaytest.Receive(t, r.ledgerOptions().Connected)
}
