package gateway

import (
	"net"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/simulator"
	"readback/smpp"
)

// query is a request that no rate counts.
func query(seq uint32) smpp.Frame {
	return frame(pdu.QuerySMID, 0, seq, "A\x00\x01\x01447700900123\x00")
}

// Over its rate an account is refused on all its sessions, if the operator wants that.
func TestRateReject(t *testing.T) {
	ledger := remembering()
	ledger.routes.Store("A", "bank")
	account := Account{Limits: account.Limits{Rate: 0.001, Burst: 2, Reject: true}}
	inBothModes(t, setup{ledger: ledger}, account, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *peer)) {
		esme, smsc := join()
		submitted(esme, smsc, 2, "A")
		submitted(esme, smsc, 3, "B")
		other, otherSMSC := join()
		for _, p := range []*peer{esme, other} {
			p.send(text(receiver, 4), query(5))
			p.want("over the rate", refusal(text(receiver, 4), smpp.StatusThrottled))
		}
		smsc.want("what no rate counts, in place of a message", query(5))
		if f := otherSMSC.next("the same of the other session"); f.ID() != pdu.QuerySMID {
			t.Errorf("got % x, want query_sm", []byte(f))
		}
	})
}

// Over its rate an account is not read: all goes, but later.
func TestRatePace(t *testing.T) {
	account := Account{Limits: account.Limits{Rate: 50, Burst: 1}}
	inBothModes(t, setup{}, account, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *peer)) {
		esme, smsc := join()
		const n = 11
		begin := time.Now()
		for seq := range uint32(n) {
			esme.send(text(receiver, 10+seq))
		}
		for seq := range uint32(n) {
			f := smsc.next("submit_sm")
			smsc.send(accepted(f.Seq(), "A"))
			esme.want("submit_sm_resp", accepted(10+seq, "A"))
		}
		if took, want := time.Since(begin), (n-1)*time.Second/50; took < want {
			t.Errorf("%d messages took %v, want %v at least", n, took, want)
		}
	})
}

// A session with its window full is not read until one of its requests is
// answered; other sessions are.
func TestWindow(t *testing.T) {
	inBothModes(t, setup{}, Account{Limits: account.Limits{Window: 2}}, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *peer)) {
		esme, smsc := join()
		esme.send(text(receiver, 2), text(receiver, 3), text(receiver, 4), frame(pdu.EnquireLinkID, 0, 9, ""))
		smsc.next("first")
		smsc.next("second")
		smsc.wantNothing()
		esme.wantNothing()
		other, otherSMSC := join()
		other.send(text(receiver, 50))
		if f := otherSMSC.next("of another session"); f.Seq() != 50 {
			t.Errorf("got number %d, want 50", f.Seq())
		}
		smsc.send(accepted(3, "B"))
		esme.want("answer", accepted(3, "B"))
		if f := smsc.next("third"); f.Seq() != 4 {
			t.Errorf("got number %d, want 4", f.Seq())
		}
		esme.want("enquire_link_resp", frame(pdu.EnquireLinkRespID, 0, 9, ""))
	})
}

// A full window ends with the answers that the gateway gives in the SMSC's stead.
func TestWindowOfASilentSMSC(t *testing.T) {
	s := setup{options: func(o *Options) { o.ResponseTimeout = 100 * time.Millisecond }}
	inBothModes(t, s, Account{Limits: account.Limits{Window: 1}}, func(t *testing.T, _ *world, _ logged, join func() (esme, smsc *peer)) {
		esme, _ := join()
		esme.send(text(receiver, 2), text(receiver, 3), text(receiver, 4))
		for seq := uint32(2); seq <= 4; seq++ {
			esme.want("submit_sm_resp", refusal(text(receiver, seq), smpp.StatusSysErr))
		}
	})
}

// An account has so many sessions at a time, and a place again when one leaves.
func TestAccountMaxSessions(t *testing.T) {
	inBothModes(t, setup{}, Account{Limits: account.Limits{MaxSessions: 1}}, func(t *testing.T, w *world, log logged, join func() (esme, smsc *peer)) {
		esme, smsc := join()
		request := simulator.Bind{SystemID: "bank", Password: "secret"}.Append(nil, 1)
		second := w.connect()
		second.send(request)
		second.want("bind_resp", refusal(request, smpp.StatusAlreadyBound))
		log.want(t, "bind refused", "account=bank", "max_sessions of the account is reached", "remote="+second.conn.LocalAddr().String())
		if got := w.count("readback_binds_refused_total", ""); got != 1 {
			t.Errorf("counted %v, want 1", got)
		}
		_ = esme.conn.Close()
		if w.opt.Shared == nil {
			smsc.unbind() // or the link would wait for smpp.UnbindTime
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
	smsc.next("bind")
	smsc.send(frame(pdu.BindTransceiverRespID, 0x0E, 1, ""))
	esme.next("bind_resp") // it stays connected
	w.bind(simulator.Bind{})
}

// From elsewhere nobody binds as this account, whatever the password.
func TestAccountAllow(t *testing.T) {
	var allowed bool
	account := Account{Allow: func(addr net.Addr) bool { return addr.(*net.TCPAddr).IP.IsLoopback() && allowed }}
	inBothModes(t, setup{}, account, func(t *testing.T, w *world, log logged, join func() (esme, smsc *peer)) {
		allowed = false
		request := simulator.Bind{SystemID: "bank", Password: "secret"}.Append(nil, 1)
		esme := w.connect()
		esme.send(request)
		esme.want("bind_resp", refusal(request, smpp.StatusBindFailed))
		log.want(t, "bind refused", "account=bank", "address is not in the account's allow list", "remote="+esme.conn.LocalAddr().String())
		w.noConnection()
		allowed = true
		join()
	})
}

// Those who do not bind take no more places than there are for them.
func TestMaxUnbound(t *testing.T) {
	s := setup{options: func(o *Options) { o.MaxUnbound = 1 }}
	inBothModes(t, s, Account{}, func(t *testing.T, w *world, log logged, join func() (esme, smsc *peer)) {
		alive := frame(pdu.EnquireLinkID, 0, 1, "")
		stranger := w.connect()
		stranger.send(alive)
		stranger.next("enquire_link_resp")
		w.connect().wantEnd()
		log.want(t, "connection refused", `reason="max_unbound is reached"`)
		if got := w.count("readback_connections_refused_total", "reason=max_unbound"); got != 1 {
			t.Errorf("counted %v, want 1", got)
		}
		_ = stranger.conn.Close()
		for range 3 { // each bound ESME leaves the place to the next
			w.await("place", func() bool {
				limit := w.connections.Add()
				if limit == "" {
					w.connections.Bound()
					w.connections.Remove()
				}
				return limit == ""
			})
			join()
		}
	})
}
