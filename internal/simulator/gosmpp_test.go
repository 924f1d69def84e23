package simulator

import (
	"testing"
	"time"

	gosmpp "github.com/fiorix/go-smpp/smpp"
	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"
	"github.com/fiorix/go-smpp/smpp/pdu/pdutext"

	"readback/internal/testpeer"
	"readback/smpp"
)

// TestGoSMPP has somebody else's client as ESME, bound to the SMSC.
func TestGoSMPP(t *testing.T) {
	n := NewNetwork(HandsetOptions{})
	c, addr := startSMSC(t, Options{Accounts: map[string]string{"bank": "secret"}, Network: n, Keep: 100})
	received := make(chan pdu.Body, 10)
	tc := &gosmpp.Transceiver{
		Addr: addr, User: "bank", Passwd: "secret", RespTimeout: testpeer.Patience,
		Handler: func(p pdu.Body) { received <- p },
	}
	if status := <-tc.Bind(); status.Error() != nil {
		t.Fatal(status.Error())
	}
	defer func() { _ = tc.Close() }()

	sm, err := tc.Submit(&gosmpp.ShortMessage{
		Src: sender, Dst: receiver, Text: pdutext.UCS2("你好"), Register: pdufield.FinalDeliveryReceipt,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := sm.RespID(); got != "4A7F01" {
		t.Errorf("message_id = %q, want 4A7F01", got)
	}
	if m, err := n.Handset(receiver).WaitMessage(testpeer.Within(t), 1); err != nil || m.Text != "你好" || m.From != sender {
		t.Errorf("handset has %+v, %v, want 你好", m, err)
	}
	var receipt pdu.Body
	select {
	case receipt = <-received:
	case <-testpeer.Within(t).Done():
		t.Fatal("no receipt")
	}
	if got := receipt.Fields()[pdufield.ESMClass].Bytes()[0]; receipt.Header().ID != pdu.DeliverSMID || got != smpp.ESMClassReceipt {
		t.Errorf("came %v esm_class %02x, want deliver_sm 04", receipt.Header().ID, got)
	}
	if q, err := tc.QuerySM(sender, sm.RespID(), 0, 0); err != nil || q.MsgState != "DELIVERED" {
		t.Errorf("query_sm = %+v, %v, want DELIVERED", q, err)
	}
	_, err = tc.Submit(&gosmpp.ShortMessage{Src: sender, Dst: "447700900058", Text: pdutext.Raw("Hi")})
	if err != smpp.StatusThrottled {
		t.Errorf("magic receiver: %v, want %v", err, smpp.StatusThrottled)
	}
	multi, err := tc.Submit(&gosmpp.ShortMessage{
		Src: sender, DstList: []string{receiver, "447700900124"}, DLs: []string{"list"}, Text: pdutext.Raw("Hi"),
	})
	if err != nil || multi.RespID() == "" {
		t.Errorf("submit_multi = %q, %v", multi.RespID(), err)
	}
	if got, err := c.WaitReceived(testpeer.Within(t), 1, pdu.DeliverSMRespID); err != nil || len(got) != 1 {
		t.Errorf("%d deliver_sm_resp, %v, want 1", len(got), err)
	}
	if got := c.Received()[0]; got.Frame.ID() != pdu.BindTransceiverID || got.Session != 1 || got.Account != "" {
		t.Errorf("first PDU %+v, want the bind", got)
	}
}

func TestGoSMPPRefused(t *testing.T) {
	_, addr := startSMSC(t, Options{Accounts: map[string]string{"bank": "secret"}})
	tc := &gosmpp.Transceiver{Addr: addr, User: "bank", Passwd: "guess", BindInterval: time.Hour}
	defer func() { _ = tc.Close() }()
	if got := (<-tc.Bind()).Error(); got != statusInvPassword {
		t.Errorf("bind = %v, want %v", got, statusInvPassword)
	}
}

// TestLongMessage has go-smpp split a text, and the handset put it together.
func TestLongMessage(t *testing.T) {
	n := NewNetwork(HandsetOptions{})
	_, addr := startSMSC(t, Options{Network: n})
	tc := &gosmpp.Transceiver{Addr: addr, User: "bank", RespTimeout: testpeer.Patience}
	if status := <-tc.Bind(); status.Error() != nil {
		t.Fatal(status.Error())
	}
	defer func() { _ = tc.Close() }()
	var long string
	for len(long) < 400 {
		long += "All work and no play. "
	}
	if _, err := tc.SubmitLongMsg(&gosmpp.ShortMessage{Src: sender, Dst: receiver, Text: pdutext.Latin1(long)}); err != nil {
		t.Fatal(err)
	}
	m, err := n.Handset(receiver).WaitMessage(testpeer.Within(t), 1)
	if err != nil || m.Text != long || m.Parts < 3 {
		t.Errorf("message of %d parts %q, %v, want %q", m.Parts, m.Text, err, long)
	}
}
