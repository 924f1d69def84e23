package journal

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"readback/relay/relaytest"
)

// As long as a gateway says that it writes the log, another one waits.
func TestAwaitOwner(t *testing.T) {
	nc := relaytest.JetStream(t).Conn()
	if err := AwaitOwner(relaytest.Deadline(t), nc); err != nil {
		t.Errorf("without an owner: got %v", err)
	}
	owner := Owner{Host: "one.example", PID: 7, Since: time.Unix(1795000000, 0).UTC()}
	release, err := Own(nc, owner)
	if err != nil {
		t.Fatal(err)
	}
	other, ok := errors.AsType[*OwnerError](AwaitOwner(relaytest.Deadline(t), nc))
	if !ok || other.Owner != owner || !strings.Contains(other.Error(), "process 7 on one.example") {
		t.Errorf("got %v, want that %+v has the log", other, owner)
	}
	release()
	if err := AwaitOwner(relaytest.Deadline(t), nc); err != nil {
		t.Errorf("after it: got %v", err)
	}
}

// An owner that does not answer, because its process was stopped, has lost the log.
func TestSilentOwner(t *testing.T) {
	nc := relaytest.JetStream(t).Conn()
	asked := make(chan *nats.Msg, 64)
	if _, err := nc.ChanSubscribe(subjectOwner, asked); err != nil {
		t.Fatal(err)
	}
	if err := AwaitOwner(relaytest.Deadline(t), nc); err != nil || len(asked) < 2 {
		t.Errorf("got %v after it was asked %d times, want nil and more than one", err, len(asked))
	}
}
