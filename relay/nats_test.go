package relay

import (
	"crypto/ed25519"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"readback/relay/relaytest"
)

// A pair of keys for the tests only.
const (
	testSeed   = "SUAHDONNFPSABHXUWTCQM2YFZNHQYV3XG3TFA63GNGSWWP33HOGQDOSNR4"
	testPublic = "UA2O7SXENST4NQXQPPVVVR3AVMYQIGXPSVJ7EO5DW3UOPQ3QZG3PL5L7"
)

func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// works sends a message through a relay that is not known to be ready.
func works(t *testing.T, opt Options) *running {
	t.Helper()
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.read(c, r.submit(c, "id1").Number)
	return r
}

func TestNKey(t *testing.T) {
	t.Parallel()
	s := relaytest.Serve(t, &server.Options{
		Port: server.RANDOM_PORT, StoreDir: t.TempDir(), Nkeys: []*server.NkeyUser{{Nkey: testPublic}},
	})
	opt := testOptions(t)
	opt.NATS, opt.NKey, opt.Logger = s.ClientURL(), secretFile(t, testSeed+"\n"), nil
	works(t, opt)

	opt.Store, opt.NKey = t.TempDir(), secretFile(t, "no seed")
	_ = launch(t, opt).waitReason("nkey")
}

// credsAuth lets in who signs with the key.
type credsAuth struct{ asked chan bool }

func (a credsAuth) Check(c server.ClientAuthentication) bool {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(testPublic)
	if err != nil {
		return false
	}
	signature, err := base64.RawURLEncoding.DecodeString(c.GetOpts().Sig)
	ok := err == nil && ed25519.Verify(key[1:1+ed25519.PublicKeySize], c.GetNonce(), signature) // between kind and checksum
	select {
	case a.asked <- ok:
	default:
	}
	return ok
}

func TestCreds(t *testing.T) {
	t.Parallel()
	auth := credsAuth{asked: make(chan bool, 1)}
	s := relaytest.Serve(t, &server.Options{
		Port: server.RANDOM_PORT, StoreDir: t.TempDir(), CustomClientAuthentication: auth, AlwaysEnableNonce: true,
	})
	creds := "-----BEGIN NATS USER JWT-----\na.b.c\n------END NATS USER JWT------\n\n" +
		"-----BEGIN USER NKEY SEED-----\n" + testSeed + "\n------END USER NKEY SEED------\n"
	opt := testOptions(t)
	opt.NATS, opt.Creds, opt.Logger = s.ClientURL(), secretFile(t, creds), nil
	works(t, opt)
	if !relaytest.Receive(t, auth.asked) {
		t.Error("first connection was refused")
	}

	opt.Store, opt.Creds = t.TempDir(), ""
	r := launch(t, opt)
	if relaytest.Receive(t, auth.asked) {
		t.Error("without credentials: let in")
	}
	for err := r.Ready(); !errors.Is(err, nats.ErrAuthorization); err = r.Ready() {
		relaytest.Receive(t, auth.asked) // it goes on trying
	}
}
