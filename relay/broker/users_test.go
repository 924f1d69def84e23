package broker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"readback/relay/relaytest"
)

// keyPair makes an NKey of a user, and the option to present it.
func keyPair(t *testing.T) (public string, option nats.Option, sign nats.SignatureHandler) {
	t.Helper()
	kp, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	if public, err = kp.PublicKey(); err != nil {
		t.Fatal(err)
	}
	return public, nats.Nkey(public, kp.Sign), kp.Sign
}

// withUsers has the server listen for app and spy, who have passwords, the owner of an NKey, and admin, who may do
// everything.
func withUsers(public string) func(*Options) {
	sum := func(password string) string {
		s := sha256.Sum256([]byte(password))
		return hex.EncodeToString(s[:])
	}
	return func(o *Options) {
		o.Listen = "127.0.0.1:0"
		o.Users = []User{
			{Name: "app", SHA256: sum("app-password")},
			{Name: "spy", SHA256: sum("spy-password")},
			{Name: "backend", NKey: public},
			{Name: "admin", SHA256: sum("admin-password"), Full: true},
		}
	}
}

// dial connects to the listener of NATS clients.
func (f *fixture) dial(t *testing.T, options ...nats.Option) (*nats.Conn, error) {
	t.Helper()
	quiet := nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {})
	nc, err := nats.Connect(f.ClientURL(), append(options, nats.MaxReconnects(0), quiet)...)
	if err == nil {
		t.Cleanup(nc.Close)
	}
	return nc, err
}

// Nobody connects without the credential of a user, and no credential is good at another listener.
func TestUsersAreAsked(t *testing.T) {
	public, _, sign := keyPair(t)
	other, otherOption, otherSign := keyPair(t)
	f := serve(t, withUsers(public))
	for name, o := range map[string]nats.Option{
		"nobody":                       nats.Name("nobody"),
		"wrong password":               nats.UserInfo("app", "guess"),
		"another's password":           nats.UserInfo("app", "spy-password"),
		"no password":                  nats.UserInfo("backend", ""),
		"password without a name":      nats.Token("app-password"),
		"the process's name":           nats.UserInfo(ownUser, "app-password"),
		"an API key":                   nats.Token("secret"),
		"an NKey that is not listed":   otherOption,
		"a listed NKey, no signature":  nats.Nkey(public, func([]byte) ([]byte, error) { return nil, nil }),
		"a listed NKey, signed by one": nats.Nkey(public, otherSign),
		"the signature of another nonce": nats.Nkey(public, func([]byte) ([]byte, error) {
			return sign([]byte("an earlier nonce"))
		}),
		"an NKey of its own, signed by it": nats.Nkey(other, otherSign),
	} {
		if _, err := f.dial(t, o); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%s: got %v, want %v", name, err, nats.ErrAuthorization)
		}
	}
	if got := testutil.ToFloat64(f.opt.Metrics.refused); got != 12 || f.log.Count("no user of relay.users") != 12 {
		t.Errorf("got %v refused, and the lines %q, want 12", got, f.log.All)
	}
	_, port := f.Ports()
	if _, err := nats.Connect(fmt.Sprintf("ws://127.0.0.1:%d", port), nats.UserInfo("admin", "admin-password")); err == nil {
		t.Error("a user of relay.listen by WebSocket: let in")
	}
}

// A user may send read responses and get the answers, and nothing else: neither the streams, nor what others send
// or are answered.
func TestLimitedUser(t *testing.T) {
	public, byKey, _ := keyPair(t)
	f := serve(t, withUsers(public))
	own, js := f.own(t)
	ctx := relaytest.Deadline(t)
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "LEDGER", Subjects: []string{"readback.ledger.>", SubjectReads}}); err != nil {
		t.Fatal(err)
	}
	if _, err := own.Subscribe(SubjectReadsNow, func(m *nats.Msg) { _ = m.Respond([]byte("verdict")) }); err != nil {
		t.Fatal(err)
	}
	spy, err := f.dial(t, nats.UserInfo("spy", "spy-password"))
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan *nats.Msg, 100)
	for _, subject := range []string{">", "_INBOX.>", "*.>", "readback.>", SubjectReadsNow, "$JS.>", "$SYS.>", "_R_.>"} {
		if _, err := spy.ChanSubscribe(subject, seen); err != nil {
			t.Fatal(err)
		}
	}
	_ = spy.Flush()
	for name, o := range map[string]nats.Option{"password": nats.UserInfo("app", "app-password"), "NKey": byKey} {
		nc, err := f.dial(t, o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		// The process must not answer with its own rights where the user may not publish.
		if err := nc.PublishRequest(SubjectReadsNow, "$JS.API.STREAM.PURGE.LEDGER", nil); err != nil {
			t.Fatal(err)
		}
		if m, err := nc.RequestWithContext(ctx, SubjectReadsNow, nil); err != nil || string(m.Data) != "verdict" {
			t.Errorf("%s: request: got %v, %v", name, m, err)
		}
		theirs, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		if ack, err := theirs.Publish(ctx, SubjectReads, nil); err != nil || ack.Stream != "LEDGER" {
			t.Errorf("%s: publish: got %v, %v", name, ack, err)
		}
		for _, subject := range []string{
			"$JS.API.STREAM.PURGE.LEDGER", "$JS.API.STREAM.DELETE.LEDGER", "$JS.API.STREAM.MSG.GET.LEDGER", "$JS.API.INFO",
			"readback.ledger.0", "readback.feedback.0.bank", SubjectReadsOf + "447700900123", "readback.verdicts.447700900123",
			"$SYS.REQ.SERVER.PING", "$MQTT.msgs.readback.reads.447700900123",
		} {
			if m, err := nc.Request(subject, nil, 20*time.Millisecond); err == nil {
				t.Errorf("%s: request to %s: got %q", name, subject, m.Data)
			}
		}
	}
	info, err := js.Stream(ctx, "LEDGER")
	if err != nil {
		t.Fatal(err)
	}
	if got := info.CachedInfo().State; got.Msgs != 2 || got.FirstSeq != 1 {
		t.Errorf("stream: got %d messages from %d on, want the 2 read responses", got.Msgs, got.FirstSeq)
	}
	_ = spy.Flush()
	if len(seen) > 0 {
		t.Errorf("spy: got %q on %s", (<-seen).Data, (<-seen).Subject)
	}
	if got := testutil.ToFloat64(f.opt.Metrics.denied.WithLabelValues("publish")); got != 20 {
		t.Errorf("denied: got %v messages, want 20", got)
	}
}

// A full user may do everything, and all may connect again when another server has taken the place of one.
func TestFullUser(t *testing.T) {
	public, byKey, _ := keyPair(t)
	f := serve(t, withUsers(public))
	for range 2 {
		nc, err := f.dial(t, nats.UserInfo("admin", "admin-password"))
		if err != nil {
			t.Fatal(err)
		}
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{Name: "S", Subjects: []string{SubjectReads}}); err != nil {
			t.Error(err)
		}
		limited, err := f.dial(t, byKey)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := limited.RequestWithContext(ctx, SubjectReads, nil); err != nil {
			t.Errorf("limited user: %v", err)
		}
		cancel()
		f.Shutdown()
		if err := f.Open(); err != nil {
			t.Fatal(err)
		}
	}
}

// Without users everybody may do everything, as before, and so may the process beside users.
func TestNoUsers(t *testing.T) {
	f := serve(t, func(o *Options) { o.Listen, o.MQTT, o.WebSocket = "127.0.0.1:0", nil, nil })
	nc, err := f.dial(t)
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.AccountInfo(relaytest.Deadline(t)); err != nil {
		t.Error(err)
	}
}
