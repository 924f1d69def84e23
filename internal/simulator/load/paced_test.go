package load

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/testpeer"
)

// stalling is an SMSC that leaves the first submit_sm unanswered for a while, with all behind it.
func stalling(stall time.Duration) simulator.Options {
	first := true
	return simulator.Options{OnFrame: func(r simulator.Record) {
		if r.Frame.ID() == pdu.SubmitSMID && first {
			first = false
			time.Sleep(stall)
		}
	}}
}

// TestPacedLatency wants a stall charged to all messages that were due meanwhile, also to those that
// the window kept back.
func TestPacedLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := testpeer.NewPipes()
		testpeer.Serve(t, "the SMSC", p, simulator.NewSMSC(stalling(time.Second)).Serve)
		opt, err := Options{Rate: 100, Messages: 100, Window: 1}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		l := newLoader(opt, 0, p.Dial())
		if _, err := simulator.SendBind(t.Context(), l.conn, l.in, opt.Bind); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := l.run(t.Context(), start, &tally{loaders: []*loader{l}}); err != nil {
			t.Fatal(err)
		}
		r := collect([]*loader{l}, start)
		if r.OK != 100 || r.P50 < 490*time.Millisecond || r.P50 > 520*time.Millisecond || r.Max != time.Second {
			t.Errorf("got %v, want 100 messages that waited for half a second in the middle", r)
		}
		l.close()
	})
}

// TestTime ends a load by time.
func TestTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := testpeer.NewPipes()
		testpeer.Serve(t, "the SMSC", p, simulator.NewSMSC(simulator.Options{}).Serve)
		opt, err := Options{Rate: 10, Time: 2 * time.Second}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		l := newLoader(opt, 0, p.Dial())
		if _, err := simulator.SendBind(t.Context(), l.conn, l.in, opt.Bind); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := l.run(t.Context(), start, &tally{loaders: []*loader{l}}); err != nil || l.ok != 20 {
			t.Errorf("%d messages, %v; want 20 in two seconds", l.ok, err)
		}
		l.close()
	})
}
