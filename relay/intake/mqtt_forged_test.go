package intake

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats.go"

	"readback/relay/access"
	"readback/relay/broker"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// password is a token for a receiver as a handset shows it.
func (i *issuer) password(receiver, by string, lasts time.Duration) string {
	return strings.TrimPrefix(i.token(receiver, by, lasts, nil, nil), "Bearer ")
}

// handsetOptions let in whoever has a token of the issuer's.
func handsetOptions(t *testing.T, i *issuer) (fixtureOptions, *relaytest.LogLines) {
	opt := clientOptions(t)
	opt.Auth, opt.Tokens = []string{access.AuthJWT, access.AuthAPIKey}, i.verifier()
	lines := &relaytest.LogLines{}
	opt.Logger = lines.Logger()
	return opt, lines
}

// Who comes without a token of its own is not let in, and that is logged.
func TestHandsetCredentials(t *testing.T) {
	i := newIssuer(t)
	opt, lines := handsetOptions(t, i)
	r := serveClients(t, opt)
	own := i.password(handsetNumber, "id.example", time.Minute)
	for _, tt := range []struct {
		name, user, password string
		ok                   bool
	}{
		{"own number", handsetNumber, own, true},
		{"own number with +", "+" + handsetNumber, own, true},
		{"another number", "447700900999", own, false},
		{"no number", "app", own, false},
		{"expired", handsetNumber, i.password(handsetNumber, "id.example", -time.Hour), false},
		{"of another issuer", handsetNumber, i.password(handsetNumber, "evil.example", time.Minute), false},
		{"of another key", handsetNumber, newIssuer(t).password(handsetNumber, "id.example", time.Minute), false},
		{"no token", handsetNumber, handsetNumber, false},
		{"nothing", handsetNumber, "", false},
	} {
		before := lines.Count("client refused")
		token := dial(t, r.mqttURL(), tt.user, tt.password, nil).Connect()
		if token.Wait(); (token.Error() == nil) != tt.ok {
			t.Errorf("%s: got %v, want let in: %v", tt.name, token.Error(), tt.ok)
		}
		nc, err := nats.Connect(r.webSocketURL(), nats.UserInfo(tt.user, tt.password))
		if (err == nil) != tt.ok {
			t.Errorf("%s, WebSocket: got %v, want let in: %v", tt.name, err, tt.ok)
		}
		if err == nil {
			nc.Close()
		}
		if got := lines.Count("client refused") - before; got != 2 && !tt.ok {
			t.Errorf("%s: got %d lines in the log, want 2", tt.name, got)
		}
	}
	if lines.Count(handsetNumber) > 0 {
		t.Error("the number stands in the log")
	}
}

// A handset sends for its own number and hears its own verdicts, and nothing else, though its
// message is acknowledged.
func TestHandsetForges(t *testing.T) {
	i := newIssuer(t)
	opt, lines := handsetOptions(t, i)
	r := serveClients(t, opt)
	const other = "447700900999"
	victim := r.submit(relaytest.Conversation(t, "10690001", other), "id1")
	own := r.submit(relaytest.Conversation(t, "10690001", handsetNumber), "id2")
	h := connected(t, r.mqttURL(), handsetNumber, i.password(handsetNumber, "id.example", time.Minute), nil)
	body := fmt.Sprintf(`{"receiver":%q,"sender":"10690001","number":%d}`, other, victim.Number)
	for _, topic := range []string{other, "+" + other, handsetNumber + "/" + other, "now", ""} {
		if topic != "+"+other { // no topic may have a +
			h.publish(1, "readback/reads/"+topic, body)
		}
	}
	h.publish(1, "$MQTT/msgs/readback/reads/"+other, body)
	if got := relaytest.Metric(t, r.registry, "readback_clients_denied_total", "publish"); got != 5 || lines.Count("client may not do this") != 5 {
		t.Errorf("denied: got %v, %d lines, want 5 of each", got, lines.Count("client may not do this"))
	}
	h.publish(1, "readback/reads/"+handsetNumber, body)
	wantVerdict(t, h.verdicts, `{"number":1,"code":403,"error":"is not the caller's","field":"receiver"}`)
	for _, topic := range []string{"readback/verdicts/" + other, "readback/verdicts/#", "readback/reads/#", "#", "$MQTT/sub/#"} {
		token := h.Subscribe(topic, 1, nil).(*mqtt.SubscribeToken)
		if token.Wait(); token.Error() == nil && token.Result()[topic] != 0x80 {
			t.Errorf("subscription to %s: got %v, want a refusal", topic, token.Result())
		}
	}
	h.publish(1, "readback/reads/"+handsetNumber, fmt.Sprintf(`{"number":%d}`, own.Number))
	wantVerdict(t, h.verdicts, `{"number":1,"code":202}`)
	if a, b := r.state(victim), r.state(own); a != message.StateSent || b != message.StateRead {
		t.Errorf("got states %v and %v, want the handset's own message read alone", a, b)
	}
}

// Where the proof is all that is asked for, anybody may send, and each response must show it.
func TestHandsetWithProof(t *testing.T) {
	opt := clientOptions(t)
	opt.Auth = []string{access.AuthProof}
	var err error
	if opt.Proofs, err = access.NewProofs([]byte("an example key, of 16 octets at least")); err != nil {
		t.Fatal(err)
	}
	r := serveClients(t, opt)
	c := relaytest.Conversation(t, "10690001", handsetNumber)
	first, second := r.submit(c, "id1"), r.submit(c, "id2")
	proof := opt.Proofs.Sign(&c, second.Number, second.At)
	h := dial(t, r.mqttURL(), "", "", nil)
	h.done(h.Connect())
	const to = "readback/reads/" + handsetNumber
	h.publish(1, to, fmt.Sprintf(`{"sender":"10690001","number":%d}`, first.Number))
	h.publish(1, to, fmt.Sprintf(`{"sender":"10690001","number":%d,"proof":%q}`, first.Number, hex.EncodeToString(proof[:])))
	h.publish(1, to, fmt.Sprintf(`{"sender":"10690001","number":%d,"proof":%q}`, second.Number, hex.EncodeToString(proof[:])))
	r.awaitRead(second)
	relaytest.WantMessages(t, r.js, broker.StreamMQTT, 0)
	if got := r.state(first); got != message.StateSent {
		t.Errorf("first message: got state %v, want sent", got)
	}
	if got := relaytest.Metric(t, r.registry, "readback_reads_total", "403mqtt"); got != 2 {
		t.Errorf("refused: got %v, want 2", got)
	}
	token := h.Subscribe("readback/verdicts/"+handsetNumber, 0, nil).(*mqtt.SubscribeToken)
	if token.Wait(); token.Error() == nil && token.Result()["readback/verdicts/"+handsetNumber] != 0x80 {
		t.Error("anybody may hear the verdicts")
	}
}

// A token whose subscriber is a wildcard would be let in to what is everybody's.
func TestTokenOfWildcard(t *testing.T) {
	i := newIssuer(t)
	opt, _ := handsetOptions(t, i)
	r := serveClients(t, opt)
	for _, subscriber := range []string{">", "*", "*.*", "44*7700", handsetNumber + ".>"} {
		password := i.password(subscriber, "id.example", time.Minute)
		if token := dial(t, r.mqttURL(), subscriber, password, nil).Connect(); token.Wait() && token.Error() == nil {
			t.Errorf("%q is let in", subscriber)
		}
		nc, err := nats.Connect(r.webSocketURL(), nats.Token(password))
		if err == nil {
			nc.Close()
			t.Errorf("%q is let in over WebSocket", subscriber)
		}
	}
}

// The proof is no credential beside others: who sent a message that is stored could not be told.
func TestProofBesideTokens(t *testing.T) {
	opt, _ := handsetOptions(t, newIssuer(t))
	opt.Auth = append(opt.Auth, access.AuthProof)
	opt.Proofs = proofs(t)
	r := serveClients(t, opt)
	if token := dial(t, r.mqttURL(), "", "", nil).Connect(); token.Wait() && token.Error() == nil {
		t.Error("let in without a credential")
	}
}
