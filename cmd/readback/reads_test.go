package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"readback/config"
)

// certify issues a certificate by itself, or by another.
func certify(t *testing.T, template *x509.Certificate, by *tls.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, template.NotAfter = big.NewInt(time.Now().UnixNano()), time.Now().Add(time.Hour)
	parent, signer := template, any(key)
	if by != nil {
		parent, signer = by.Leaf, by.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func client(t *testing.T, authority *tls.Certificate, cn string, uris ...*url.URL) *tls.Certificate {
	c := certify(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: cn}, URIs: uris, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, authority)
	return &c
}

// put writes PEM into a file of the test.
func put(t *testing.T, name string, blocks ...*pem.Block) string {
	t.Helper()
	var text bytes.Buffer
	for _, b := range blocks {
		_ = pem.Encode(&text, b) // to memory
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func certPEM(c *tls.Certificate) *pem.Block {
	return &pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}
}

// TestReadsOverTLS lets in a backend and a subscriber by their certificates, another
// subscriber by its token, and nobody else.
func TestReadsOverTLS(t *testing.T) {
	authority := certify(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil)
	server := certify(t, &x509.Certificate{
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, &authority)
	key, err := x509.MarshalPKCS8PrivateKey(server.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	const secret = "0123456789abcdef0123456789abcdef"
	keys := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(keys, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	r := startService(t, func(cfg *config.Config) {
		cfg.Reads.Auth = []string{"mtls", "jwt"}
		cfg.Reads.JWT.Keys = keys
		cfg.Reads.TLS = config.ReadsTLS{
			Cert: put(t, "cert.pem", certPEM(&server)), Key: put(t, "key.pem", &pem.Block{Type: "PRIVATE KEY", Bytes: key}),
			ClientCA: put(t, "ca.pem", certPEM(&authority)),
		}
	})
	if err := r.relay.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "+447700900123", "exp": time.Now().Add(time.Hour).Unix(),
	}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	foreign := certify(t, &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil)
	tel := &url.URL{Scheme: "tel", Opaque: "+447700900123"}
	tests := []struct {
		name  string
		cert  *tls.Certificate
		token string
		code  int // 0: no connection
	}{
		{"nobody", nil, "", 401},
		{"backend", client(t, &authority, "app.example"), "", 404},
		{"subscriber", client(t, &authority, "app", tel), "", 404},
		{"another subscriber", client(t, &authority, "447700900124"), "", 403},
		{"token", nil, token, 404},
		{"bad token", nil, token + "x", 401},
		{"certificate of somebody else", client(t, &foreign, "app.example"), "", 0},
	}
	pool := x509.NewCertPool()
	pool.AddCert(authority.Leaf)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool}}
			defer transport.CloseIdleConnections()
			if tt.cert != nil {
				transport.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
					return tt.cert, nil
				}
			}
			req, err := http.NewRequestWithContext(t.Context(), "POST", "https://"+r.Reads()+"/v1/reads",
				strings.NewReader(`{"receiver":"447700900123","sender":"1","number":1}`))
			if err != nil {
				t.Fatal(err)
			}
			if tt.token != "" {
				req.Header.Set("Authorization", "Bearer "+tt.token)
			}
			resp, err := transport.RoundTrip(req)
			if err != nil {
				if tt.code != 0 {
					t.Error(err)
				}
				return
			}
			body, _ := io.ReadAll(resp.Body) // for the error
			_ = resp.Body.Close()            // it is read
			if resp.StatusCode != tt.code || resp.ProtoMajor != 2 {
				t.Errorf("got %d %s over %s, want %d over HTTP/2", resp.StatusCode, body, resp.Proto, tt.code)
			}
		})
	}
}

// TestLocal refuses to let everyone in on an address of the network.
func TestLocal(t *testing.T) {
	open, closed := config.Reads{Auth: []string{"none"}}, config.Reads{Auth: []string{"api_key"}}
	tests := []struct {
		name string
		cfg  config.Reads
		addr string
		ok   bool
	}{
		{"loopback", open, "127.0.0.1:0", true},
		{"network", open, "0.0.0.0:0", false},
		{"network with keys", closed, "0.0.0.0:0", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := local(tt.cfg, addressed{addr: tt.addr}); (err == nil) != tt.ok {
				t.Errorf("got %v, want right: %v", err, tt.ok)
			}
		})
	}
	if err := local(open, nil); err != nil {
		t.Errorf("no listener: got %v", err)
	}
}

// addressed is a listener that has an address only.
type addressed struct {
	net.Listener
	addr string
}

func (a addressed) Addr() net.Addr {
	addr, err := net.ResolveTCPAddr("tcp", a.addr)
	if err != nil {
		panic(err)
	}
	return addr
}
