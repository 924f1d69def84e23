package smsctest_test

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/linxGnu/gosmpp"
	"github.com/linxGnu/gosmpp/data"
	linx "github.com/linxGnu/gosmpp/pdu"

	"readback/internal/testpeer"
	"readback/smpp"
	"readback/smsctest"
)

// TestLinxGnu has the client of gosmpp as the one that is tested, over TLS.
func TestLinxGnu(t *testing.T) {
	authority := testpeer.NewAuthority(t)
	smsc := smsctest.Start(t, smsctest.Options{
		Accounts: map[string]string{"bank": "secret"}, TLS: &tls.Config{Certificates: []tls.Certificate{authority.Pair(t, "smsc.example")}},
	})
	ctx, came := testpeer.Within(t), make(chan linx.PDU, 10)
	dial := func(addr string) (net.Conn, error) {
		return tls.Dial("tcp", addr, &tls.Config{RootCAs: authority.Pool()})
	}
	auth := gosmpp.Auth{SMSC: smsc.Addr(), SystemID: "bank", Password: "secret"}
	session, err := gosmpp.NewSession(gosmpp.TRXConnector(dial, auth), gosmpp.Settings{
		ReadTimeout: testpeer.Patience, WriteTimeout: testpeer.Patience,
		OnPDU: func(p linx.PDU, _ bool) { came <- p },
	}, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = session.Close() }()
	m := linx.NewSubmitSM().(*linx.SubmitSM)
	_ = m.SourceAddr.SetAddress(sender)
	_ = m.DestAddr.SetAddress(receiver)
	_ = m.Message.SetMessageWithEncoding("{€}", data.GSM7BIT)
	if err := session.Transceiver().Submit(m); err != nil {
		t.Fatal(err)
	}
	if got, err := smsc.Expect(ctx, smsctest.Match{Receiver: receiver}); err != nil || got.Text != "{€}" {
		t.Errorf("got %v, %v, want {€}", got, err)
	}
	if err := smsc.Inject(ctx, smsctest.MO{From: receiver, To: sender, Text: strings.Repeat("Long. ", 30)}); err != nil {
		t.Error(err)
	}
	for _, want := range []string{"submit_sm_resp", "deliver_sm", "deliver_sm"} {
		if p := testpeer.Receive(t, want, came); smpp.Command(pdu.ID(p.GetHeader().CommandID)) != want {
			t.Errorf("came %v, want %s", p, want)
		}
	}
}
