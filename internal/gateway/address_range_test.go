package gateway

import (
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/account"
	"readback/internal/pool"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// What is no address belongs to nobody.
func TestAccountOfNobody(t *testing.T) {
	p := Policies{Accounts: map[string]Account{
		"all":  {Addresses: []account.AddressRange{{Prefix: true, Low: "", High: "\xFF"}}},
		"none": {},
	}}
	for addr, want := range map[string]string{"10690001": "all", "": "", strings.Repeat("1", 100): "all"} {
		if got, ok := p.accountOf([]byte(addr)); got != want || ok != (want != "") {
			t.Errorf("%q: got %q, %t, want %q", addr, got, ok, want)
		}
	}
	p = Policies{Accounts: map[string]Account{"bank": {Addresses: []account.AddressRange{{Low: "1", High: "1"}, {Low: "10690001", High: "10690001"}}}}}
	if got, ok := p.accountOf([]byte("10690001")); got != "bank" || !ok {
		t.Errorf("second range: got %q, %t, want bank", got, ok)
	}
	const longest = "12345678901234567890"
	p = Policies{Accounts: map[string]Account{"bank": {Addresses: []account.AddressRange{{Low: longest, High: longest}, {Low: longest[1:], High: longest[1:]}}}}}
	for addr, want := range map[string]bool{longest: true, longest + "1": false, "+" + longest: false, "+" + longest[1:]: true} {
		if got, ok := p.accountOf([]byte(addr)); ok != want {
			t.Errorf("%q: got %q, %t, want %t", addr, got, ok, want)
		}
	}
}

// An alert_notification is dropped, and said to be, only where nobody gets it.
func TestAlertDropped(t *testing.T) {
	w := share(t, setup{}, pool.Config{}, map[string]Account{"bank": {Addresses: []account.AddressRange{{Low: "10690001", High: "10690001"}}}})
	smsc := w.answerBind()
	esme := w.login(simulator.Bind{})
	alert := func(to string) smpp.Frame {
		return testpeer.Frame(pdu.AlertNotificationID, 0, 9, "\x01\x01"+receiver+"\x00\x00\x01"+to+"\x00")
	}
	for to, dropped := range map[string]bool{"10690001": false, "10690002": true} {
		w.await("the session of the account", func() bool { return len(w.members.of("bank")) == 1 })
		for len(w.log) > 0 {
			<-w.log
		}
		smsc.Send(alert(to), testpeer.Frame(pdu.EnquireLinkID, 0, 10, ""))
		smsc.Want("what is behind the alert", testpeer.Frame(pdu.EnquireLinkRespID, 0, 10, ""))
		if !dropped {
			esme.Want("alert_notification", alert(to))
		}
		said := false
		for len(w.log) > 0 {
			said = said || strings.Contains(<-w.log, "alert_notification dropped")
		}
		if said != dropped {
			t.Errorf("to %s: said to be dropped %t, want %t", to, said, dropped)
		}
	}
	for n := range 10 { // cut short
		smsc.Send(testpeer.Frame(pdu.AlertNotificationID, 0, 9, "\x01\x01123\x00\x00\x01\x00"[:n]))
	}
	smsc.Send(testpeer.Frame(pdu.EnquireLinkID, 0, 11, ""))
	smsc.Want("what is behind broken alerts", testpeer.Frame(pdu.EnquireLinkRespID, 0, 11, ""))
}

// An answer that belongs to nobody is counted.
func TestPoolCountsUnmatched(t *testing.T) {
	w, _, smsc := pair(t, setup{}, bank)
	smsc.Send(accepted(99, "LATE"), testpeer.Frame(pdu.EnquireLinkID, 0, 10, ""))
	smsc.Want("what is behind it", testpeer.Frame(pdu.EnquireLinkRespID, 0, 10, ""))
	for name, label := range map[string]string{"readback_pdus_total": "command=submit_sm_resp", "readback_unmatched_responses_total": "from=smsc"} {
		if got := w.count(name, label); got != 1 {
			t.Errorf("%s: got %v, want 1", name, got)
		}
	}
}

// A submit_multi that goes on as it came is one message of the account: its receipts find it.
func TestMultiIsRouted(t *testing.T) {
	_, esme, smsc := pair(t, setup{ledger: remembering()}, bank)
	tail := "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05Hello"
	f := testpeer.Frame(pdu.SubmitMultiID, 0, 2, multiFrom+"\x01"+"\x01\x01\x01"+three[0]+"\x00"+tail)
	esme.Send(f)
	smsc.Want("submit_multi", f)
	answer := testpeer.Frame(pdu.SubmitMultiRespID, 0, 2, "M1\x00\x00")
	smsc.Send(answer)
	esme.Want("submit_multi_resp", answer)
	takes(esme, smsc, deliverFrame("10690001", 0x04, "id:M1 stat:DELIVRD", "", 7))
}

// A request that nobody knows to have a response gets none when the SMSC is gone.
func TestUnknownRequestUnanswered(t *testing.T) {
	w := serve(t, setup{})
	esme, smsc := w.bind(simulator.Bind{})
	vendor := testpeer.Frame(0x00010203, 0, 2, "vendor")
	esme.Send(vendor)
	smsc.Want("request of a vendor", vendor)
	_ = smsc.Conn.Close()
	esme.Unbind()
}
