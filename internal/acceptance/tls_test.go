//go:build e2e

package acceptance

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/smpp"
)

// readFrame reads one frame.
func readFrame(r io.Reader) (smpp.Frame, error) {
	f, err := smpp.NewReader(r).Next()
	return bytes.Clone(f), err
}

// message is a submit_sm with a text.
func message(text string) smpp.Frame {
	m := simulator.ShortMessage{
		From: simulator.Number("10690001"), To: simulator.Number("447700900101"), UserData: []byte(text),
	}
	return m.Append(nil, pdu.SubmitSMID, 0)
}

// modes are the settings that make the gateway one of both.
func modes(t *testing.T) map[string]settings {
	t.Helper()
	return map[string]settings{"mirror": {}, "shared": shared(t, 2)}
}

// TestClients has ESMEs of other makers bind and send, over TLS and without.
func TestClients(t *testing.T) {
	ctx := within(t)
	for mode, s := range modes(t) {
		ca := newAuthority(t)
		c := startSMSC(t, listen(t, ""), simulator.Options{
			Accounts: map[string]string{accounts[0]: password, gatewayID: password},
		})
		g := startGateway(ctx, t, free(t).with(s).with(ca.listenTLS()).with(settings{"smsc.addr": c.addr}).write(t))
		for name, client := range clients {
			for way, l := range map[string]login{"plain": {addr: g.addr}, "TLS": {addr: g.secure, ca: ca}} {
				t.Run(mode+" "+name+" "+way, func(t *testing.T) {
					before := c.Accepted()
					if err := client(ctx, l); err != nil {
						t.Error(err)
					}
					if got := c.Accepted() - before; got != 1 {
						t.Errorf("the SMSC accepted %d messages, want 1", got)
					}
				})
			}
		}
	}
}

// TestClientCertificate lets in only who has a certificate of the right authority.
func TestClientCertificate(t *testing.T) {
	ctx := within(t)
	ca, stranger := newAuthority(t), newAuthority(t)
	c := startSMSC(t, listen(t, ""), simulator.Options{})
	g := startGateway(ctx, t, free(t).with(ca.listenTLS()).with(settings{
		"smsc.addr": c.addr, "listen.addr": "", "listen.tls.client_ca": ca.file,
	}).write(t))
	cert, key := ca.issue("esme", "esme")
	wrong, wrongKey := stranger.issue("esme", "esme")
	all := map[string]func(context.Context, login) error{"openssl": opensslClient}
	for name, client := range clients {
		all[name] = client
	}
	for name, client := range all {
		if err := client(ctx, login{g.secure, ca, cert, key}); err != nil {
			t.Errorf("%s with its certificate: %v", name, err)
		}
		if err := client(ctx, login{g.secure, ca, wrong, wrongKey}); err == nil {
			t.Errorf("%s came in with another authority's certificate", name)
		}
	}
	g.expectLine(ctx, "connection refused", `"reason":"tls"`, "unknown authority")
	for name, client := range clients {
		if err := client(ctx, login{addr: g.secure, ca: ca}); err == nil {
			t.Errorf("%s came in without a certificate", name)
		}
	}
	g.expectLine(ctx, "connection refused", `"reason":"tls"`, "client didn't provide a certificate")
}

// TestNewCertificate replaces the certificate under an open session.
func TestNewCertificate(t *testing.T) {
	t.Parallel() // the gateway looks at its files every 10 s
	ctx := within(t)
	ca := newAuthority(t)
	c := startSMSC(t, listen(t, ""), simulator.Options{})
	g := startGateway(ctx, t, free(t).with(ca.listenTLS()).with(settings{"smsc.addr": c.addr}).write(t))
	conn := handshake(t, ca, g.secure)
	bindOver(t, conn)
	ca.issue("gateway", "second")
	const atMost = 15 * time.Second
	soon, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	start := time.Now()
	isSecond := func() bool {
		conn := handshake(t, ca, g.secure)
		defer func() { _ = conn.Close() }()
		bindOver(t, conn) // many connections that do not bind are refused
		return commonName(conn) == "second"
	}
	if !poll(soon, isSecond) {
		t.Fatalf("the new certificate is not shown after %v", atMost)
	}
	t.Logf("the new certificate is shown after %v", time.Since(start).Round(time.Millisecond))
	g.expectLine(ctx, "certificates reloaded")
	if _, err := conn.Write(message("Hello")); err != nil {
		t.Fatal(err)
	}
	if f, err := readFrame(conn); err != nil || f.ID() != pdu.SubmitSMRespID || f.Status() != 0 {
		t.Errorf("the open session answered %x, %v, want submit_sm_resp", []byte(f), err)
	}
	if got := commonName(conn); got != "first" {
		t.Errorf("the open session has certificate %q, want the first", got)
	}
}

// handshake connects over TLS; the connection is closed with the test.
func handshake(t *testing.T, ca *authority, addr string) *tls.Conn {
	t.Helper()
	conn, err := tls.Dial("tcp", addr, ca.client("", ""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // the gateway may have been first
	return conn
}

func commonName(conn *tls.Conn) string {
	return conn.ConnectionState().PeerCertificates[0].Subject.CommonName
}

// bindOver binds as a transceiver.
func bindOver(t *testing.T, conn io.ReadWriter) {
	t.Helper()
	if status := tryBind(t, conn, accounts[0], password); status != smpp.StatusOK {
		t.Fatalf("bind: %v", status)
	}
}

// tryBind sends a bind and returns what it is answered.
func tryBind(t *testing.T, conn io.ReadWriter, account, password string) pdu.Status {
	t.Helper()
	_, err := conn.Write(simulator.Bind{SystemID: account, Password: password}.Append(nil, 1))
	if err != nil {
		t.Fatal(err)
	}
	f, err := readFrame(conn)
	if err != nil || f.ID() != pdu.BindTransceiverRespID {
		t.Fatalf("bind: answered %x, %v", []byte(f), err)
	}
	return f.Status()
}
