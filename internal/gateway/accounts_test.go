package gateway

import (
	"testing"

	"readback/internal/account"
	"readback/internal/numbering"
	"readback/internal/simulator"
)

// An operator sees each account that is listed, bound or has sent something, with what it may use and uses.
func TestAccounts(t *testing.T) {
	w := serve(t, setup{options: func(o *Options) {
		o.Policies.Default = Account{Limits: account.Limits{Rate: 9}, Policy: numbering.Policy{When: numbering.Requested}}
		o.Policies.Accounts = map[string]Account{"quiet": {Limits: account.Limits{MaxSessions: 3}}}
	}})
	esme, smsc := w.bind(simulator.Bind{SystemID: "bank"})
	w.bind(simulator.Bind{SystemID: "bank"})
	w.connect() // of no account yet
	esme.Send(text(receiver, 2))
	smsc.Next("submit_sm")
	gone, goneSMSC := w.bind(simulator.Bind{SystemID: "shop"})
	gone.Send(text(receiver, 2))
	goneSMSC.Next("submit_sm")
	_ = gone.Conn.Close()
	goneSMSC.Unbind()
	w.awaitSessions(3)
	all := w.Accounts()
	if len(all) != 3 {
		t.Fatalf("got %+v, want three accounts", all)
	}
	for i, want := range []AccountUse{
		{Name: "bank", Limits: account.Limits{Rate: 9}, Sessions: 2, Unanswered: 1},
		{Name: "quiet", IsListed: true, Limits: account.Limits{MaxSessions: 3}},
		{Name: "shop", Limits: account.Limits{Rate: 9}},
	} {
		got := all[i]
		messages := uint64(1)
		if want.IsListed {
			messages = 0
		}
		if got.Name != want.Name || got.IsListed != want.IsListed || got.Limits != want.Limits || got.Sessions != want.Sessions ||
			got.Unanswered != want.Unanswered || got.Submits[numbering.NotRequested] != messages {
			t.Errorf("got %+v, want %+v and %d messages", got, want, messages)
		}
	}
}
