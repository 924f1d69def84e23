package gateway

import (
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/numbering"
	"readback/internal/pool"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/smpp"
)

// What subscribers send goes to the account that has the address: by prefix, range,
// number or name.
func TestAccountOf(t *testing.T) {
	p := Policies{Accounts: map[string]Account{
		"prefix": {Addresses: []account.AddressRange{{Low: "447700900", High: "447700900", Prefix: true}}},
		"range":  {Addresses: []account.AddressRange{{Low: "1069000", High: "1069099"}, {Low: "2000", High: "2009"}}},
		"number": {Addresses: []account.AddressRange{{Low: "15550100", High: "15550100"}}},
		"name":   {Addresses: []account.AddressRange{{Low: "acme", High: "acme"}}},
		"none":   {},
	}}
	tests := []struct{ addr, want string }{
		{"447700900", "prefix"},
		{"447700900123", "prefix"},
		{"+447700900123", "prefix"},
		{"00447700900123", "prefix"},
		{"44770090", ""},
		{"447700901123", ""},
		{"1069000", "range"},
		{"1069050", "range"},
		{"1069099", "range"},
		{"1069100", ""},
		{"1068999", ""},
		{"10690501", ""},
		{"106905", ""},
		{"2005", "range"},
		{"15550100", "number"},
		{"+15550100", "number"},
		{"15550101", ""},
		{"acme", "name"},
		{"ACME", "name"},
		{"acme2", ""},
		{"", ""},
		{strings.Repeat("4", 100), ""},
	}
	for _, tt := range tests {
		if got, ok := p.accountOf([]byte(tt.addr)); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%q: got %q, %t; want %q", tt.addr, got, ok, tt.want)
		}
	}
}

// owned is two accounts with an address each.
var owned = map[string]Account{
	"bank": {Addresses: []account.AddressRange{{Low: "10690001", High: "10690001"}}},
	"shop": {Addresses: []account.AddressRange{{Low: "shop", High: "shop"}}},
}

func TestMO(t *testing.T) {
	w := share(t, setup{}, pool.Config{}, owned)
	smsc := w.answerBind()
	esme := w.login(simulator.Bind{})
	returns(smsc, deliverFrame("SHOP", 0, "Hello", "", 7)) // away
	shop := w.login(simulator.Bind{SystemID: "shop"})
	w.await("shop", func() bool { return len(w.members.of("shop")) == 1 })
	for i, tt := range []struct {
		to   string
		esme *testpeer.Peer
	}{{"10690001", esme}, {"Shop", shop}} {
		seq := uint32(10 * i)
		takes(tt.esme, smsc, deliverFrame(tt.to, 0, "Hello", "", seq))
		takes(tt.esme, smsc, deliverFrame(tt.to, 0x08, "read it", "", seq+1))            // a subscriber's acknowledgement
		takes(tt.esme, smsc, deliverFrame(tt.to, 0x04, "without message_id", "", seq+2)) // what else could it go by
		takes(tt.esme, smsc, testpeer.Frame(pdu.DataSMID, 0, seq+3, "\x00\x01\x01447700900123\x00\x00\x01"+tt.to+"\x00\x00\x00\x00"))
	}
	returns(smsc, deliverFrame("10690002", 0, "Hello", "", 99)) // nobody's
}

// An ESME of version 3.3 gets no TLVs, but every text; what it cannot get another
// session of the account may.
func TestOldESME(t *testing.T) {
	w := share(t, setup{}, pool.Config{}, owned)
	smsc := w.answerBind()
	old := w.login(simulator.Bind{Version: 0x33})
	w.await("old", func() bool { return len(w.members.of("bank")) == 1 })
	payload := func(n int) string {
		return string(smpp.AppendTLV(nil, smpp.TagMessagePayload, []byte(strings.Repeat("x", n))))
	}
	reference := string(smpp.AppendTLV(nil, smpp.TagUserMessageReference, []byte{0, 42}))
	for _, tt := range []struct{ name, text, tlvs, want string }{
		{"none", "Hello", "", "Hello"},
		{"some", "Hello", reference, "Hello"},
		{"payload", "", reference + payload(200), strings.Repeat("x", 200)},
	} {
		smsc.Send(deliverFrame("10690001", 0, tt.text, tt.tlvs, 7))
		old.Want(tt.name, deliverFrame("10690001", 0, tt.want, "", 7))
		old.Send(delivered(7))
		smsc.Next("deliver_sm_resp")
	}
	long := deliverFrame("10690001", 0, "", payload(300), 8)
	returns(smsc, long)
	esme := w.login(simulator.Bind{})
	w.await("both", func() bool { return len(w.members.of("bank")) == 2 })
	for range 2 {
		takes(esme, smsc, long)
	}
	old.WantNothing()
}

// An alert_notification goes to one session of the account that has its esme_addr;
// it has no answer.
func TestAlert(t *testing.T) {
	w := share(t, setup{}, pool.Config{}, owned)
	smsc, esme, shop := w.answerBind(), w.login(simulator.Bind{}), w.login(simulator.Bind{SystemID: "shop"})
	alert := func(body string) smpp.Frame { return testpeer.Frame(pdu.AlertNotificationID, 0, 7, body) }
	known := alert("\x01\x01447700900123\x00\x00\x0110690001\x00")
	w.await("bank", func() bool { return len(w.members.of("bank")) == 1 })
	smsc.Send(known)
	esme.Want("alert_notification", known)
	nobodys := "\x01\x01447700900123\x00\x00\x0110690002\x00"
	for n := range len(nobodys) + 1 {
		smsc.Send(alert(nobodys[:n]))
		w.log.want(t, "alert_notification dropped")
	}
	_ = esme.Conn.Close()
	w.await("bank is gone", func() bool { return w.members.of("bank") == nil })
	smsc.Send(known)
	w.log.want(t, "alert_notification dropped")
	smsc.Send(testpeer.Frame(pdu.EnquireLinkID, 0, 9, ""))
	smsc.Want("nothing before it", testpeer.Frame(pdu.EnquireLinkRespID, 0, 9, ""))
	shop.WantNothing()
}

// data_sm is tracked, routed and receipted like submit_sm.
func TestDataSM(t *testing.T) {
	l, record := remembering(), make(chan string, 1)
	l.assign = assigning(0x0102).assign
	remember := l
	l.route = func(account string, _ journal.Place, id []byte, w ledger.Waiter, token uint64) {
		record <- account + " " + string(id)
		remember.routes.Store(string(id), account)
		w.Logged(token)
	}
	_, esme, smsc := pair(t, setup{ledger: l}, map[string]Account{"bank": {Policy: numbering.Policy{When: numbering.All}}})
	const head = "\x00\x00\x0110690001\x00\x01\x01447700900123\x00"
	esme.Send(testpeer.Frame(pdu.DataSMID, 0, 2, head+"\x00\x01\x00\x04\x24\x00\x05Hello"))
	smsc.Want("data_sm", testpeer.Frame(pdu.DataSMID, 0, 2, head+"\x40\x01\x00\x04\x24\x00\x0A\x04\x80\x02\x01\x02Hello"))
	answer := testpeer.Frame(pdu.DataSMRespID, 0, 2, "4A7F01\x00")
	smsc.Send(answer)
	esme.Want("data_sm_resp", answer)
	if got := testpeer.Receive(t, "route", record); got != "bank 4A7F01" {
		t.Errorf("route: got %q, want bank 4A7F01", got)
	}
	receipt := testpeer.Frame(pdu.DataSMID, 0, 7, "\x00\x01\x01447700900123\x00\x00\x0110690001\x00\x04\x00\x00"+receiptedID("4A7F01")+"\x04\x27\x00\x01\x02")
	takes(esme, smsc, receipt)
}
