package main

import (
	"crypto/tls"
	"net"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"readback/config"
	"readback/internal/simulator"
	"readback/internal/testpeer"
	"readback/smpp"
)

// An account with a certificate is that of ESMEs that show it, in both modes. Another one of the same authority
// does not do, whatever the password.
func TestServeCertificateOfAccount(t *testing.T) {
	dir, a := t.TempDir(), testpeer.NewAuthority(t)
	a.PutPair(t, dir, "gateway.example")
	testpeer.PutFiles(t, dir, map[string][]byte{"ca.pem": a.PEM(), "password": []byte("secret")})
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	bank, shop := a.Pair(t, "bank.example"), a.Pair(t, "shop.example")
	for _, mode := range []string{"mirror", "shared"} {
		r := startService(t, func(cfg *config.Config) {
			if cfg.SMSC.Mode = mode; mode == "shared" {
				cfg.SMSC.SystemID, cfg.SMSC.Password, cfg.SMSC.Binds = "gateway", "secret", 1
			}
			cfg.Listen.TLS = config.ListenTLS{
				Addr: "127.0.0.1:0", Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), ClientCA: filepath.Join(dir, "ca.pem"),
			}
			own, other := cfg.Account(""), cfg.Account("")
			own.Listed, own.PasswordHash, own.Certificate = true, config.Secret(hash), "bank.example"
			other.Listed, other.PasswordHash = true, config.Secret(hash)
			cfg.Accounts = map[string]config.Account{"bank": own, "shop": other}
		})
		for r.gateway.Ready() != nil { // its own bind
			<-time.After(10 * time.Millisecond)
		}
		for _, tt := range []struct {
			name, account string
			shows         *tls.Certificate // nil: without TLS
			refused       bool
		}{
			{"its own", "bank", &bank, false},
			{"another", "bank", &shop, true},
			{"an account without one", "shop", &shop, false},
			{"an account without one, without TLS", "shop", nil, false},
		} {
			conn := dialESME(t, r, a, tt.shows)
			esme := testpeer.New(t, conn)
			esme.Send(simulator.Bind{SystemID: tt.account, Password: "secret"}.Append(nil, 1))
			want := smpp.StatusOK
			if tt.refused {
				want = smpp.StatusBindFailed
			}
			if f := esme.Next("bind_resp"); f.Status() != want {
				t.Errorf("%s, %s: got status %02X, want %02X", mode, tt.name, uint32(f.Status()), uint32(want))
			}
			_ = conn.Close()
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	}
}

// dialESME connects to the gateway as an ESME, over TLS if it shows a certificate.
func dialESME(t *testing.T, r *running, a *testpeer.Authority, shows *tls.Certificate) net.Conn {
	t.Helper()
	var conn net.Conn
	var err error
	if shows == nil {
		conn, err = net.Dial("tcp", r.ESMEs())
	} else {
		conn, err = tls.Dial("tcp", r.Secure(), &tls.Config{
			ServerName: "gateway.example", RootCAs: a.Pool(), Certificates: []tls.Certificate{*shows},
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
