package transport

import (
	"crypto/tls"
	"encoding/pem"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"readback/internal/testpeer"
)

// A client whose certificate is revoked is refused by both kinds of listeners, as soon as the list is read again.
func TestRevoked(t *testing.T) {
	a := testpeer.NewAuthority(t)
	dir, log := t.TempDir(), &record{}
	a.PutPair(t, dir, "gateway.example")
	mine, lost := a.Pair(t, "mine"), a.Pair(t, "lost")
	soon := time.Now().Add(time.Hour)
	put := func(text []byte) { testpeer.PutFiles(t, dir, map[string][]byte{"crl.pem": text}) }
	testpeer.PutFiles(t, dir, map[string][]byte{"clients.pem": a.PEM()})
	put(a.Revoke(t, soon))
	files := Server{
		Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"),
		ClientCA: filepath.Join(dir, "clients.pem"), ClientCRL: filepath.Join(dir, "crl.pem"),
	}
	s, err := NewServer(files, log.logger())
	must(t, err)
	check := func(when string, want map[string]bool) {
		t.Helper()
		for kind, config := range map[string]*tls.Config{"own": s.Config(), "plain": s.PlainConfig()} {
			for name, pair := range map[string]tls.Certificate{"mine": mine, "lost": lost} {
				client, server := net.Pipe()
				closeAfter(t, client)
				closeAfter(t, server)
				go shake(client, &tls.Config{ServerName: "gateway.example", RootCAs: a.Pool()}, []tls.Certificate{pair})
				err := tls.Server(server, config).Handshake()
				if (err == nil) != want[name] || err != nil && !strings.Contains(err.Error(), "CN="+name+" is revoked") {
					t.Errorf("%s, %s, %s: got %v, want success %v", when, kind, name, err, want[name])
				}
			}
		}
	}
	both, one := map[string]bool{"mine": true, "lost": true}, map[string]bool{"mine": true}
	check("nothing is revoked", both)
	crl := a.Revoke(t, soon, lost.Leaf)
	put(crl)
	must(t, s.Reload())
	check("revoked", one)
	der, _ := pem.Decode(crl)
	put(der.Bytes)
	must(t, s.Reload())
	check("in DER", one)
	put(append(a.Revoke(t, soon, mine.Leaf), crl...))
	must(t, s.Reload())
	check("two lists", nil)

	put(a.Revoke(t, time.Now().Add(-time.Hour), lost.Leaf))
	must(t, s.Reload())
	check("too old", one)
	if log.lines("level=WARN", "should have been replaced", "CN=authority") != 1 {
		t.Errorf("too old: got log %q, want one line", log)
	}
	for name, bad := range map[string][]byte{
		"of another authority": testpeer.NewAuthority(t).Revoke(t, soon), "empty": nil, "a certificate": a.PEM(),
		"cut off": crl[:len(crl)/2], "more that is cut off": append(a.Revoke(t, soon), crl[:len(crl)/2]...), "nonsense": []byte("nonsense"),
	} {
		put(bad)
		if err := s.Reload(); err == nil {
			t.Errorf("%s: want an error", name)
		}
		check(name, one)
	}
}
