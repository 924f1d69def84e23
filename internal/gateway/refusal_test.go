package gateway

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// refusedAfter sends a bind on a new connection, and returns how long the refusal takes.
func (w *world) refusedAfter(b simulator.Bind, status pdu.Status) time.Duration {
	w.t.Helper()
	begin, request := time.Now(), b.Append(nil, 1)
	esme := w.connect()
	esme.Send(request)
	esme.Want("bind_resp", refusal(request, status))
	took := time.Since(begin)
	esme.WantEnd() // it has to connect again
	if end := time.Since(begin); end != took {
		w.t.Errorf("the connection ends after %v, want %v", end, took)
	}
	return took
}

// From an address that the account does not allow, the right password looks like a wrong one.
func TestNoOracleFromElsewhere(t *testing.T) {
	for _, password := range []string{"secret", "wrong"} {
		s, acct := setup{inMemory: true}, Account{Allow: func(net.Addr) bool { return false }}
		inBothModes(t, s, acct, func(t *testing.T, w *world, _ logged, _ func() (esme, smsc *testpeer.Peer)) {
			for _, want := range []time.Duration{time.Second, 2 * time.Second} {
				if took := w.refusedAfter(simulator.Bind{SystemID: "bank", Password: password}, smpp.StatusBindFailed); took != want {
					t.Errorf("%s: refused after %v, want %v", password, took, want)
				}
			}
		})
	}
}

// wrongBind binds with a wrong password. reject has the SMSC answer, with its own octets, and refused returns the
// status that the ESME gets.
func (w *world) wrongBind() (reject func(), refused func() pdu.Status) {
	w.t.Helper()
	esme := w.binding(simulator.Bind{Password: "wrong"})
	smsc := w.accept()
	smsc.Next("bind")
	reject = func() { smsc.Send(testpeer.Frame(pdu.BindTransceiverRespID, 0x0E, 1, "SMSC\x00")) }
	return reject, func() pdu.Status {
		f := esme.Next("bind_resp")
		if string(f.Body()) != "SMSC\x00" {
			w.t.Errorf("got % x, want the answer of the SMSC", []byte(f))
		}
		_ = esme.Conn.Close()
		return f.Status()
	}
}

// In mirror mode what the SMSC refuses is passed on later each time. After many wrong binds it is asked no
// more, but about an account that has bound from there.
func TestWrongBindsInMirrorMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := serve(t, setup{inMemory: true})
		w.bind(simulator.Bind{SystemID: "own"})
		for _, want := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 7500 * time.Millisecond} {
			reject, refused := w.wrongBind()
			begin := time.Now()
			reject()
			if status := refused(); status != 0x0E || time.Since(begin) != want {
				t.Errorf("got status %#x after %v, want 0x0e after %v", uint32(status), time.Since(begin), want)
			}
		}
		time.Sleep(time.Minute)
		var rejects []func()
		var refused []func() pdu.Status
		for range 20 {
			reject, status := w.wrongBind()
			rejects, refused = append(rejects, reject), append(refused, status)
		}
		request := simulator.Bind{SystemID: "bank"}.Append(nil, 1)
		waiting := w.connect()
		waiting.Send(request) // the SMSC has not judged the others yet
		w.bind(simulator.Bind{SystemID: "own"})
		for _, reject := range rejects {
			reject()
		}
		waiting.Want("bind_resp", refusal(request, smpp.StatusThrottled))
		for _, status := range refused {
			_ = status()
		}
	})
}

// When many ESMEs come back at once from one address, the SMSC is asked about all of them, some after others.
func TestManyRightBindsInMirrorMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := serve(t, setup{inMemory: true})
		var esmes, centres []*testpeer.Peer
		for i := range 50 {
			esmes = append(esmes, w.binding(simulator.Bind{}))
			if i < 20 {
				centres = append(centres, w.accept())
			}
		}
		for i := range esmes {
			if i >= 20 {
				centres = append(centres, w.accept())
			}
			centres[i].Next("bind")
			centres[i].Send(testpeer.Frame(pdu.BindTransceiverRespID, 0, 1, "SMSC\x00"))
		}
		for _, esme := range esmes {
			if f := esme.Next("bind_resp"); f.Status() != smpp.StatusOK {
				t.Errorf("got % x, want it bound", []byte(f))
			}
		}
	})
}

// Whoever the SMSC has not let in uses none of the sessions of an account.
func TestStrangersTakeNoSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := account.Limits{MaxSessions: 1}
		w := serve(t, setup{inMemory: true, options: func(o *Options) { o.Policies.Default = Account{Limits: limits} }})
		stranger := w.binding(simulator.Bind{Password: "wrong"})
		slow := w.accept()
		slow.Next("bind")
		w.bind(simulator.Bind{}) // the SMSC has not judged the other one yet
		w.refusedAfter(simulator.Bind{SystemID: "bank"}, smpp.StatusAlreadyBound)
		slow.Send(testpeer.Frame(pdu.BindTransceiverRespID, 0, 1, "SMSC\x00")) // it was none
		if f := stranger.Next("bind_resp"); f.Status() != smpp.StatusAlreadyBound {
			t.Errorf("got % x, want ESME_RALYBND", []byte(f))
		}
		slow.Unbind()
		stranger.WantEnd()
	})
}

// The limits of an account hold in whatever case its system_id is written, if the SMSC ignores that.
func TestCaseOfSystemID(t *testing.T) {
	for _, names := range [][]string{{"BANKone", "bankONE"}, {"other", "OTHER", "Other"}} {
		for _, ignored := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				w := serve(t, setup{inMemory: true, options: func(o *Options) {
					o.Policies = Policies{
						Default:    Account{Limits: account.Limits{MaxSessions: 2}},
						Accounts:   map[string]Account{"BankOne": {Limits: account.Limits{MaxSessions: 1}}},
						IgnoreCase: ignored,
					}
				}})
				last := len(names) - 1
				for _, name := range names[:last] {
					w.bind(simulator.Bind{SystemID: name}) // the SMSC gets it as it is written
				}
				if ignored {
					w.refusedAfter(simulator.Bind{SystemID: names[last]}, smpp.StatusAlreadyBound)
				} else {
					w.bind(simulator.Bind{SystemID: names[last]})
				}
			})
		}
	}
}
