package gateway

import (
	"net"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/admission"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// query is a request that no rate counts.
func query(seq uint32) smpp.Frame {
	return testpeer.Frame(pdu.QuerySMID, 0, seq, "A\x00\x01\x01447700900123\x00")
}

// Over its rate an account is refused on all its sessions, if the operator wants that.
func TestRateReject(t *testing.T) {
	ledger := remembering()
	ledger.routes.Store("A", "bank")
	account := Account{Limits: account.Limits{Rate: 0.001, Burst: 2, Reject: true}}
	inBothModes(t, setup{ledger: ledger}, account, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		submitted(esme, smsc, 2, "A")
		submitted(esme, smsc, 3, "B")
		other, otherSMSC := join()
		for _, p := range []*testpeer.Peer{esme, other} {
			p.Send(text(receiver, 4), query(5))
			p.Want("over the rate", refusal(text(receiver, 4), smpp.StatusThrottled))
		}
		smsc.Want("what no rate counts, in place of a message", query(5))
		if f := otherSMSC.Next("the same of the other session"); f.ID() != pdu.QuerySMID {
			t.Errorf("got % x, want query_sm", []byte(f))
		}
	})
}

// Over its rate the messages of an account wait: all go, but later.
func TestRatePace(t *testing.T) {
	account := Account{Limits: account.Limits{Rate: 50, Burst: 1}}
	inBothModes(t, setup{}, account, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		const n = 11
		begin := time.Now()
		for seq := range uint32(n) {
			esme.Send(text(receiver, 10+seq))
		}
		for seq := range uint32(n) {
			f := smsc.Next("submit_sm")
			smsc.Send(accepted(f.Seq(), "A"))
			esme.Want("submit_sm_resp", accepted(10+seq, "A"))
		}
		if took, want := time.Since(begin), (n-1)*time.Second/50; took < want {
			t.Errorf("%d messages took %v, want %v at least", n, took, want)
		}
	})
}

// The messages of a session with its window full go on when one of its requests is answered. What is no
// message does not wait, and other sessions do not.
func TestWindow(t *testing.T) {
	inBothModes(t, setup{}, Account{Limits: account.Limits{Window: 2}}, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		esme.Send(text(receiver, 2), text(receiver, 3), text(receiver, 4), testpeer.Frame(pdu.EnquireLinkID, 0, 9, ""))
		smsc.Next("first")
		smsc.Next("second")
		esme.Want("enquire_link_resp", testpeer.Frame(pdu.EnquireLinkRespID, 0, 9, ""))
		smsc.WantNothing()
		other, otherSMSC := join()
		other.Send(text(receiver, 50))
		if f := otherSMSC.Next("of another session"); f.Seq() != 50 {
			t.Errorf("got number %d, want 50", f.Seq())
		}
		smsc.Send(accepted(3, "B"))
		esme.Want("answer", accepted(3, "B"))
		if f := smsc.Next("third"); f.Seq() != 4 {
			t.Errorf("got number %d, want 4", f.Seq())
		}
	})
}

// A full window ends with the answers that the gateway gives in the SMSC's stead.
func TestWindowOfASilentSMSC(t *testing.T) {
	s := setup{inMemory: true, options: func(o *Options) { o.ResponseTimeout = 100 * time.Millisecond }}
	inBothModes(t, s, Account{Limits: account.Limits{Window: 1}}, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, _ := join()
		esme.Send(text(receiver, 2), text(receiver, 3), text(receiver, 4))
		for seq := uint32(2); seq <= 4; seq++ {
			esme.Want("submit_sm_resp", refusal(text(receiver, seq), smpp.StatusSysErr))
		}
	})
}

// An account has so many sessions at a time, and a place again when one leaves.
func TestAccountMaxSessions(t *testing.T) {
	inBothModes(t, setup{}, Account{Limits: account.Limits{MaxSessions: 1}}, func(t *testing.T, w *world, log logged, join func() (esme, smsc *testpeer.Peer)) {
		esme, smsc := join()
		request := simulator.Bind{SystemID: "bank", Password: "secret"}.Append(nil, 1)
		second := w.connect()
		second.Send(request)
		second.Want("bind_resp", refusal(request, smpp.StatusAlreadyBound))
		log.want(t, "bind refused", "account=bank", "max_sessions of the account is reached", "remote="+second.Conn.LocalAddr().String())
		if got := w.count("readback_binds_refused_total", ""); got != 1 {
			t.Errorf("counted %v, want 1", got)
		}
		_ = esme.Conn.Close()
		if w.opt.Shared == nil {
			smsc.Unbind() // or the link would wait for smpp.UnbindTime
		}
		log.want(t, "link ended", "account=bank")
		join()
	})
}

// A bind that the SMSC refuses takes no place.
func TestAccountMaxSessionsRefused(t *testing.T) {
	w := serve(t, setup{options: func(o *Options) {
		o.Policies.Accounts = map[string]Account{"bank": {Limits: account.Limits{MaxSessions: 1}}}
	}})
	esme := w.binding(simulator.Bind{Password: "wrong"})
	smsc := w.accept()
	smsc.Next("bind")
	smsc.Send(testpeer.Frame(pdu.BindTransceiverRespID, 0x0E, 1, ""))
	esme.Next("bind_resp") // it stays connected
	w.bind(simulator.Bind{})
}

// From elsewhere nobody binds as this account, whatever the password.
func TestAccountAllow(t *testing.T) {
	var allowed bool
	account := Account{Allow: func(addr net.Addr) bool { return addr.(*net.TCPAddr).IP.IsLoopback() && allowed }}
	inBothModes(t, setup{}, account, func(t *testing.T, w *world, log logged, join func() (esme, smsc *testpeer.Peer)) {
		allowed = false
		request := simulator.Bind{SystemID: "bank", Password: "secret"}.Append(nil, 1)
		esme := w.connect()
		esme.Send(request)
		esme.Want("bind_resp", refusal(request, smpp.StatusBindFailed))
		log.want(t, "bind refused", "account=bank", "address is not in the account's allow list", "remote="+esme.Conn.LocalAddr().String())
		w.noConnection()
		allowed = true
		join()
	})
}

// An ESME that has bound keeps its place, and gives one that does not bind to the next.
func TestBoundKeepsItsPlace(t *testing.T) {
	s := setup{limits: admission.Limits{Total: 4, Pending: 1, PendingPerSource: 1}}
	inBothModes(t, s, Account{}, func(t *testing.T, w *world, _ logged, join func() (esme, smsc *testpeer.Peer)) {
		for range 4 {
			join()
		}
		w.connect().WantEnd()
	})
}
