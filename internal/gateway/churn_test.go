package gateway

import (
	"fmt"
	"sync"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/pool"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// answers is what the ESMEs of a test were told, over all of them.
type answers struct {
	mu      sync.Mutex
	ids     map[string]bool
	refused int
}

// note takes an answer to one of the requests that are open.
func (a *answers) note(f smpp.Frame, open map[uint32]bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	id := string(smpp.MessageID(f))
	switch {
	case !open[f.Seq()]:
		return fmt.Errorf("% x answers nothing that is open", []byte(f))
	case f.Status() == smpp.StatusSysErr:
		a.refused++
	case f.Status() != smpp.StatusOK || id == "" || a.ids[id]:
		return fmt.Errorf("% x, want ESME_RSYSERR or a message_id of its own", []byte(f))
	default:
		a.ids[id] = true
	}
	delete(open, f.Seq())
	return nil
}

// keepSending sends messages, some at a time, until it is to stop, and reads the
// answers to all.
func (a *answers) keepSending(esme *testpeer.Peer, stop <-chan struct{}) error {
	const atOnce = 20
	open, stopped := make(map[uint32]bool), false
	for seq := uint32(100); !stopped || len(open) > 0; {
		for ; !stopped && len(open) < atOnce; seq++ {
			open[seq] = true
			if _, err := esme.Conn.Write(text(receiver, seq)); err != nil {
				return err
			}
		}
		f, err := esme.In.Next()
		if err != nil {
			return err
		}
		if err := a.note(f, open); err != nil {
			return err
		}
		select {
		case <-stop:
			stopped = true
		default:
		}
	}
	return nil
}

// The SMSC goes away again and again under load: each request is answered once,
// none ESME_ROK that the SMSC did not accept, and for each bind that is lost there
// is one new one.
func TestChurn(t *testing.T) {
	const losses, esmes, size = 10, 8, 3
	binds := make(chan struct{}, 100)
	c, addr := startSMSC(t, simulator.Options{OnFrame: func(r simulator.Record) {
		if r.Frame.ID() == pdu.BindTransceiverID {
			binds <- struct{}{}
		}
	}})
	w := share(t, setup{smsc: addr, options: func(o *Options) { o.Window = 5 }}, pool.Config{Binds: size}, bank)
	up := func() {
		t.Helper()
		for range size {
			testpeer.Receive(t, "bind", binds)
		}
		w.await("binds", func() bool { return w.count("readback_smsc_bind_up", "") == size })
	}
	up()
	a, stop, done := answers{ids: make(map[string]bool)}, make(chan struct{}), make(chan error, esmes)
	for range esmes {
		esme := w.login(simulator.Bind{})
		go func() { done <- a.keepSending(esme, stop) }()
	}
	for range losses {
		before := c.Accepted()
		w.await("traffic", func() bool { return c.Accepted() > before+100 })
		c.Disconnect("hub")
		up()
	}
	close(stop)
	for range esmes {
		if err := testpeer.Receive(t, "answers of an ESME", done); err != nil {
			t.Error(err)
		}
	}
	if got, most := len(a.ids), c.Accepted(); uint64(got) > most || a.refused == 0 {
		t.Errorf("got %d ESME_ROK of %d accepted, %d ESME_RSYSERR", got, most, a.refused)
	}
	if len(binds) > 0 {
		t.Errorf("got %d binds too many", len(binds))
	}
}
