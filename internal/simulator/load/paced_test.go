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

// runPaced sends a load to an SMSC in virtual time.
func runPaced(t *testing.T, smsc simulator.Options, opt Options) (r Result) {
	t.Helper()
	opt, err := opt.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		p := testpeer.NewPipes()
		testpeer.Serve(t, "the SMSC", p, simulator.NewSMSC(smsc).Serve)
		l := newLoader(opt, 0, p.Dial())
		defer l.close()
		if _, err := simulator.SendBind(t.Context(), l.conn, l.in, opt.Bind); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := l.run(t.Context(), start, &tally{loaders: []*loader{l}}); err != nil {
			t.Fatal(err)
		}
		r = collect([]*loader{l}, start)
	})
	return r
}

// TestRate sends messages evenly.
func TestRate(t *testing.T) {
	r := runPaced(t, simulator.Options{}, Options{Rate: 10, Messages: 31})
	if r.OK != 31 || r.Duration != 3*time.Second {
		t.Errorf("%d messages in %v, want 31 in 3s", r.OK, r.Duration)
	}
}

// TestPacedLatency wants a stall charged to all messages that were due meanwhile, also to those that
// the window kept back.
func TestPacedLatency(t *testing.T) {
	r := runPaced(t, stalling(time.Second), Options{Rate: 100, Messages: 100, Window: 1})
	if r.OK != 100 || r.P50 < 490*time.Millisecond || r.P50 > 520*time.Millisecond || r.Max != time.Second {
		t.Errorf("got %v, want 100 messages that waited for half a second in the middle", r)
	}
}

// TestTime ends a load by time.
func TestTime(t *testing.T) {
	if r := runPaced(t, simulator.Options{}, Options{Rate: 10, Time: 2 * time.Second}); r.OK != 20 {
		t.Errorf("%d messages, want 20 in two seconds", r.OK)
	}
}
