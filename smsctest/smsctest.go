// Package smsctest runs an SMSC within a Go test, for tests of any SMPP client: an ESME, a gateway, an SMS
// platform. It listens on a free port of the loopback, keeps everything in memory, and speaks SMPP 3.4.
//
//	func TestSend(t *testing.T) {
//		smsc := smsctest.Start(t, smsctest.Options{})
//		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
//		defer cancel()
//		client := dial(t, smsc.Addr()) // your client
//		go client.Send("447700900101", "Hello")
//
//		got, err := smsc.Expect(ctx, smsctest.Match{Receiver: "447700900101"})
//		if err != nil {
//			t.Fatal(err)
//		}
//		// got.Text, got.DataCoding, got.MessageID …
//		err = smsc.InjectReceipt(ctx, got.Receipt("UNDELIV"))
//	}
//
// A scenario says which requests are throttled, answered late or never, and what their receipts are like. Its
// keys are those of `readback sim smsc --scenario`, described in docs/simulator.md.
//
// Nothing in this package sleeps: Expect, Received, WaitBound and the Inject methods wait for what happens, until their
// context ends. Their errors say what came instead. t.Context alone ends with the test only, so a context needs a limit.
package smsctest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"readback/internal/simulator"
	"readback/internal/simulator/scenario"
)

// Options say how an SMSC behaves. The zero value accepts every bind and every message at once, and sends the
// receipts that messages ask for.
type Options struct {
	// Accounts holds the password of each system_id that may bind. Nil lets everybody bind.
	Accounts map[string]string
	// Scenario is the contents of a scenario file; empty: there are no rules.
	Scenario string
	// ScenarioFile is the path of a scenario file, in place of Scenario.
	ScenarioFile string
	// Seed is that of the scenario's probabilities, unless it has one itself. Zero takes any; SMSC.Seed
	// returns it, and Start logs it.
	Seed uint64
	// ResponseDelay is how long each answer to a message is held back.
	ResponseDelay time.Duration
	// Window is how many messages of a session may be unanswered; one more gets ESME_RTHROTTLED. Zero sets
	// no limit.
	Window int
	// Sessions is how many sessions of an account may be bound; one more gets ESME_RBINDFAIL. Zero sets no
	// limit.
	Sessions int
	// DecimalIDs makes message_ids decimal. They are hexadecimal otherwise, from 4A7F01 on.
	DecimalIDs bool
	// NoReceipts sends no delivery receipts, whatever messages ask for. InjectReceipt still does.
	NoReceipts bool
	// OmitVersion leaves sc_interface_version out of bind_resp, as old SMSCs do.
	OmitVersion bool
	// EnquireLink is how often each session is asked whether it is there; one that has not answered by the
	// next time is closed. Zero never asks.
	EnquireLink time.Duration
	// TLS makes the SMSC speak TLS. It needs a certificate.
	TLS *tls.Config
	// Addr is where to listen; empty stands for a free port of 127.0.0.1.
	Addr string
}

// SMSC is an SMSC that runs. Its methods may be called from any goroutine.
type SMSC struct {
	// Static after construction.
	smsc  *simulator.SMSC
	stage *scenario.Stage
	addr  net.Addr
	stop  func() error

	inbox inbox
}

// TB is what Start needs of a *testing.T, *testing.B or *testing.F.
type TB interface {
	Helper()
	Cleanup(func())
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Start runs an SMSC until the test ends. The test fails if it cannot run.
func Start(t TB, opt Options) *SMSC {
	t.Helper()
	s, err := New(opt)
	if err != nil {
		t.Fatalf("smsctest: %v", err)
		return nil // for a TB that goes on
	}
	if opt.Scenario != "" || opt.ScenarioFile != "" {
		t.Logf("smsctest: the seed of the scenario is %d", s.Seed())
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("smsctest: %v", err)
		}
	})
	return s
}

// New runs an SMSC until Close. The error says what is wrong with the options, with line, key and hint for a
// scenario.
func New(opt Options) (*SMSC, error) {
	rules, err := opt.scenario()
	if err != nil {
		return nil, err
	}
	simulated := opt.simulated()
	if err := simulated.Validate(); err != nil {
		return nil, err
	}
	if opt.Addr == "" {
		opt.Addr = "127.0.0.1:0"
	}
	ln, err := net.Listen("tcp", opt.Addr)
	if err != nil {
		return nil, err
	}
	if opt.TLS != nil {
		ln = tls.NewListener(ln, opt.TLS)
	}
	seed := opt.Seed
	if seed == 0 {
		seed = rand.Uint64N(1 << 32)
	}
	s := &SMSC{addr: ln.Addr()}
	simulated.OnSubmit = s.submitted
	s.smsc, s.stage = scenario.NewSMSC(simulated, rules, seed)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.smsc.Serve(ctx, ln) }()
	s.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	return s, nil
}

// simulated returns the options of the simulator.
func (o Options) simulated() simulator.Options {
	return simulator.Options{
		Accounts: o.Accounts, ResponseDelay: o.ResponseDelay, Window: o.Window, Sessions: o.Sessions,
		DecimalIDs: o.DecimalIDs, NoReceipts: o.NoReceipts, OmitVersion: o.OmitVersion, EnquireLink: o.EnquireLink,
		PlainReceivers: true, Keep: maxReceived,
	}
}

// scenario returns what the options ask for; nil if they ask for none.
func (o Options) scenario() (*scenario.Scenario, error) {
	switch {
	case o.Scenario != "" && o.ScenarioFile != "":
		return nil, errors.New("both Scenario and ScenarioFile (hint: one of the two)")
	case o.ScenarioFile != "":
		return scenario.Load(o.ScenarioFile)
	case o.Scenario != "":
		return scenario.Parse("scenario", []byte(o.Scenario))
	}
	return nil, nil
}

// Addr is where the SMSC listens, such as 127.0.0.1:40123.
func (s *SMSC) Addr() string { return s.addr.String() }

// Seed is that of the scenario's probabilities. The same seed and the same requests in the same order give the
// same answers.
func (s *SMSC) Seed() uint64 { return s.stage.Play().Seed() }

// Close ends the SMSC and its sessions, without unbinding them. It returns when all is over, and may be called
// again.
func (s *SMSC) Close() error { return s.stop() }

// SetScenario begins another scenario, in the words of a scenario file. Its counts begin at zero. An empty one
// has no rules. An error names everything that is wrong, and leaves the scenario as it was.
func (s *SMSC) SetScenario(yaml string) error {
	rules, err := scenario.Parse("scenario", []byte(yaml))
	if err != nil {
		return err
	}
	s.stage.Set(rules)
	return nil
}

// WaitBound waits until exactly n sessions of the account are bound. An empty name stands for all accounts.
func (s *SMSC) WaitBound(ctx context.Context, account string, n int) error {
	if err := s.smsc.WaitBound(ctx, account, n); err != nil {
		return fmt.Errorf("smsctest: %d bound sessions of %q: %w", n, account, err)
	}
	return nil
}

// Disconnect closes the connections of the account without unbinding them, and returns how many they were. An
// empty name stands for all connections.
func (s *SMSC) Disconnect(account string) int { return s.smsc.Disconnect(account) }

// Reset forgets all messages, and begins message_ids and the scenario again. Sessions stay bound.
func (s *SMSC) Reset() {
	s.smsc.Reset()
	s.stage.Restart()
	s.inbox.reset()
}
