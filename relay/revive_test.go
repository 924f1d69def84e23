package relay

import (
	"net"
	"strings"
	"testing"

	"readback/relay/relaytest"
)

// A stream that could not be written is opened again with its messages, and the ledger goes on.
func TestRevive(t *testing.T) {
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	first := r.submit(c, "id1")
	if err := r.server.Load().ShutdownJetStream(); err != nil {
		t.Fatal(err)
	}
	said := &serverLog{relay: r.Relay}
	said.Errorf("JetStream stream '%s' critical write error: %v", "$G > READBACK_LEDGER", "no space left on device")
	s := r.submit(c, "id2")
	if s.Number != first.Number+1 {
		t.Errorf("number: got %d, want the one behind %d", s.Number, first.Number)
	}
	if err := r.WaitReady(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	r.read(c, first.Number)
	if fb := relaytest.Receive(t, r.tellings("bank")); fb.Number != first.Number {
		t.Errorf("feedback: got %+v, want that of number %d", fb, first.Number)
	}
}

func TestListenPortTaken(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	opt := testOptions(t)
	opt.Listen = ln.Addr().String()
	if _, err := Open(opt); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("got %v, want that the port is in use", err)
	}
}

// The free disk space at the start is not a bound of the streams.
func TestStoreRoom(t *testing.T) {
	r := start(t, testOptions(t))
	const huge = int64(1) << 60
	if got := r.server.Load().JetStreamConfig().MaxStore; got < huge {
		t.Errorf("got %d octets at most, want no bound", got)
	}
}
