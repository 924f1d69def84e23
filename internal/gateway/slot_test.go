package gateway

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/pool"
	"readback/internal/testpeer"
	"readback/smpp"
)

// dialing has the gateway dial names, and tells the test which. Those that are not
// down lead to the script.
func dialing(down ...string) (options func(*Options), dialed chan string) {
	dialed = make(chan string, 100)
	return func(o *Options) {
		addr := o.SMSC
		o.Dial = func(ctx context.Context, name string) (net.Conn, error) {
			dialed <- name
			for _, d := range down {
				if d == name {
					return nil, errors.New("down")
				}
			}
			return dialTCP(ctx, addr)
		}
	}, dialed
}

// The addresses are tried in turn, and after each loss from the first one on.
func TestFailOver(t *testing.T) {
	options, dialed := dialing("a:1")
	w := share(t, setup{options: options}, pool.Config{Addrs: []string{"a:1", "b:1", "c:1"}}, bank)
	want := func(names ...string) {
		t.Helper()
		for _, name := range names {
			if got := testpeer.Receive(t, "connection", dialed); got != name {
				t.Errorf("got a connection to %s, want to %s", got, name)
			}
		}
	}
	want("a:1", "b:1")
	smsc := w.answerBind()
	_ = smsc.Conn.Close()
	w.log.want(t, "bind to the SMSC lost", "smsc=b:1")
	want("a:1", "b:1")

	smsc = w.accept() // this one refuses the bind
	f := smsc.Next("bind")
	smsc.Send(testpeer.Frame(pdu.BindTransceiverRespID, smpp.StatusBindFailed, f.Seq(), ""))
	smsc.WantEnd()
	w.log.want(t, "bind to the SMSC lost", "smsc=b:1", "bind_transceiver")
	want("c:1")
	w.answerBind()
	if len(dialed) > 0 {
		t.Errorf("got a connection to %s, too", <-dialed)
	}
}

// A bind that is not answered is given up for the next address.
func TestFailOverUnanswered(t *testing.T) {
	options, dialed := dialing()
	w := share(t, setup{options: func(o *Options) { options(o); o.ResponseTimeout = 100 * time.Millisecond }},
		pool.Config{Addrs: []string{"a:1", "b:1"}}, bank)
	testpeer.Receive(t, "first connection", dialed)
	silent := w.accept()
	silent.Next("bind")
	silent.WantEnd()
	w.log.want(t, "bind to the SMSC lost", "smsc=a:1", smpp.ErrNoAnswer.Error())
	if got := testpeer.Receive(t, "second connection", dialed); got != "b:1" {
		t.Errorf("got a connection to %s, want to b:1", got)
	}
	w.answerBind()
}

// What the SMSC asks before the bind is refused and logged.
func TestOutbind(t *testing.T) {
	w := share(t, setup{}, pool.Config{}, bank)
	smsc := w.accept()
	f := smsc.Next("bind")
	smsc.Send(testpeer.Frame(pdu.OutbindID, 0, 7, "SMSC\x00secret\x00"))
	smsc.Want("generic_nack", testpeer.Frame(pdu.GenericNACKID, smpp.StatusInvCmdID, 7, ""))
	w.log.want(t, "request of the SMSC refused", "command=outbind")
	smsc.Send(testpeer.Frame(pdu.BindTransceiverRespID, 0, f.Seq(), "SMSC\x00"))
	w.log.want(t, "bound to the SMSC")
}

func TestSharedValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Options)
		ok     bool
	}{
		{"right", func(*Options) {}, true},
		{"mirror", func(o *Options) { o.Shared, o.SMSC = nil, "smsc:2775" }, true},
		{"mirror without SMSC", func(o *Options) { o.Shared = nil }, false},
		{"not valid", func(o *Options) { o.Shared.Binds = 0 }, false},
	}
	for _, tt := range tests {
		opt := DefaultOptions()
		opt.Shared = &pool.Config{Addrs: []string{"smsc:2775"}, Binds: 1}
		tt.change(&opt)
		if err := opt.Validate(); (err == nil) != tt.ok {
			t.Errorf("%s: got %v, want ok %t", tt.name, err, tt.ok)
		}
	}
}
