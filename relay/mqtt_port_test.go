package relay

import (
	"net"
	"strings"
	"testing"

	"readback/relay/broker"
)

func TestMQTTPortTaken(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	opt := testOptions(t)
	opt.MQTT = &broker.Listener{Addr: ln.Addr().String()}
	if _, err := Open(opt); err == nil || !strings.Contains(err.Error(), "MQTT") {
		t.Errorf("got %v, want that MQTT cannot listen", err)
	}
}
