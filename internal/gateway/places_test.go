package gateway

import (
	"net"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/testpeer"
	"readback/smpp"
)

// named is a connection from an address that is no host and port.
type named struct{ net.Conn }

func (named) RemoteAddr() net.Addr { return &net.UnixAddr{Name: "@esme", Net: "unix"} }

// An ESME is known by its address without the port, and by all of it where there is none.
func TestESMEIP(t *testing.T) {
	g, err := New(func() Options { o := DefaultOptions(); o.SMSC = "smsc:1"; return o }(), fakeLedger{})
	if err != nil {
		t.Fatal(err)
	}
	near, far := net.Pipe()
	defer func() { _, _ = near.Close(), far.Close() }()
	for want, conn := range map[string]net.Conn{"192.0.2.1": addressed{near}, "@esme": named{near}} {
		if got := newLink(g, conn).esmeIP(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if err := g.Ready(); err != nil { // in mirror mode there is no pool to wait for
		t.Errorf("Ready: got %v, want nil", err)
	}
}

// A refusal says nothing of the SMSC's congestion but by its status.
func TestCongestionOfRefusal(t *testing.T) {
	body := "A\x00" + string(smpp.AppendTLV(nil, smpp.TagCongestionState, []byte{99}))
	for status, want := range map[pdu.Status]bool{0: true, smpp.StatusSysErr: false, smpp.StatusThrottled: true} {
		if got := throttled(testpeer.Frame(pdu.SubmitSMRespID, status, 1, body)); got != want {
			t.Errorf("status %v: got %t, want %t", status, got, want)
		}
	}
}
