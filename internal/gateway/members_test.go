package gateway

import (
	"slices"
	"testing"
	"time"

	"readback/internal/account"
	"readback/internal/pool"
	"readback/internal/simulator"
	"readback/relay/message"
	"readback/smpp"
)

// The sessions of an account take turns; one that leaves has no turn, and the last leaves nothing.
func TestMembersTakeTurns(t *testing.T) {
	ms := members{by: make(map[string][]*link)}
	links := make([]*link, 3)
	for i := range links {
		links[i] = &link{bind: bind{account: "bank"}}
		ms.join(links[i])
	}
	other := &link{bind: bind{account: "shop"}}
	ms.join(other)
	turn := func() (order []int) {
		for _, l := range ms.of("bank") {
			order = append(order, slices.Index(links, l))
		}
		return order
	}
	for _, want := range [][]int{{1, 2, 0}, {2, 0, 1}, {0, 1, 2}} {
		if got := turn(); !slices.Equal(got, want) {
			t.Errorf("turn: got %v, want %v", got, want)
		}
	}
	ms.leave(links[1])
	ms.leave(links[1]) // it has left
	for _, want := range [][]int{{2, 0}, {0, 2}} {
		if got := turn(); !slices.Equal(got, want) {
			t.Errorf("turn without one: got %v, want %v", got, want)
		}
	}
	ms.leave(links[0])
	if got := turn(); !slices.Equal(got, []int{2}) {
		t.Errorf("alone: got %v, want the one that is left", got)
	}
	ms.leave(links[2])
	ms.leave(other)
	if got := turn(); len(got) > 0 || len(ms.by) > 0 {
		t.Errorf("nobody: got %v, %v left", got, ms.by)
	}
}

// A message goes to the first session in turn that can take it, whole or without the TLVs that
// its version does not know.
func TestMembersSend(t *testing.T) {
	ms := members{by: make(map[string][]*link)}
	m := parsed(t, deliverFrame("10690001", 0, "Hello", receiptedID("A"), 7))
	if ms.send("bank", m, origin{}, time.Time{}) != nil {
		t.Error("it was sent to nobody")
	}
	for _, tt := range []struct {
		name     string
		version  byte
		draining bool
		closed   bool
		tlvs     bool
		want     bool
	}{
		{"version 3.3", 0x33, false, false, false, true},
		{"version 3.4", 0x34, false, false, true, true},
		{"version 5.0", 0x50, false, false, true, true},
		{"draining", 0x34, true, false, false, false},
		{"gone", 0x34, false, true, false, false},
	} {
		l, esme := offline(t, fakeLedger{}, Account{}, &fakeUpstream{})
		l.bind.version = tt.version
		l.draining.Store(tt.draining)
		if tt.closed {
			l.esme.Close(smpp.ErrClosed)
		}
		ms.join(l)
		if got := ms.send("bank", m, origin{}, time.Time{}) == l; got != tt.want {
			t.Errorf("%s: sent %t, want %t", tt.name, got, tt.want)
		}
		if tt.want {
			got := parsed(t, esme.Next(tt.name))
			if tlvs := got.TLVs(); (tlvs.Rest() > 0) != tt.tlvs || string(got.UserData()) != "Hello" {
				t.Errorf("%s: got % x, want TLVs %t", tt.name, []byte(got.Frame), tt.tlvs)
			}
		}
		ms.leave(l)
	}
}

// An account of the configuration, which is UTF-8, is that of a system_id in Latin-1, too. Its octets go on
// as they are, and its messages find it.
func TestSystemIDInLatin1(t *testing.T) {
	const systemID = "caf\xe9"
	accounts := map[string]Account{"café": {Limits: account.Limits{MaxSessions: 2}, Addresses: []account.AddressRange{{Low: "10690001", High: "10690001"}}}}
	ledger := remembering()
	w := share(t, setup{ledger: ledger}, pool.Config{}, accounts)
	smsc := w.answerBind()
	esme := w.login(simulator.Bind{SystemID: systemID})
	takes(esme, smsc, deliverFrame("10690001", 0, "Hello", "", 7))
	submitted(esme, smsc, 2, "4A7F01")
	if got, ok := ledger.Routed(message.Conversation{}, []byte("4A7F01")); got != systemID || !ok {
		t.Errorf("account of the message_id: got %q, %t, want the octets of the system_id", got, ok)
	}
	takes(esme, smsc, deliverFrame("10690001", 0x04, appendixB, "", 8))
	w.login(simulator.Bind{SystemID: "café"})
	third := w.binding(simulator.Bind{SystemID: systemID})
	if f := third.Next("bind_resp"); f.Status() != smpp.StatusAlreadyBound {
		t.Errorf("beyond max_sessions of the account: got %s", smpp.StatusName(f.Status()))
	}
	if _, ok := (&Policies{Accounts: accounts}).named("cafe"); ok {
		t.Error("another account has its settings")
	}
}
