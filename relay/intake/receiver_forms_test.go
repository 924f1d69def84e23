package intake

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"readback/relay/access"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// receiverForms are ways to write the number of ownReceiver. TestParsePhoneNumber has more.
var receiverForms = []string{
	"+447700900123", "00447700900123", "+44 7700 900123", " 447700900123 ", "+44-7700-900123", "+44\u00a07700\u00a0900123",
	"tel:+447700900123", "tel:+44-7700-900123;ext=1", "+44 (0)7700 900123", "\uff0b\uff14\uff14\uff17\uff17\uff10\uff10\uff19\uff10\uff10\uff11\uff12\uff13",
}

// noNumbers are receivers that are no numbers.
var noNumbers = []string{"alice", "+", "-", "4477a", "sip:447700900123@example.com", "*100#", "447700900123,1", strings.Repeat("1", 21)}

// A receiver is the number that is written, in each way in. What is not a number gets 400.
func TestReceiverForms(t *testing.T) {
	opt := testOptions(t)
	lines := auditLines(&opt)
	opt.Listen, opt.ReadRate = "127.0.0.1:0", 0
	r := serve(t, opt)
	r.submit(relaytest.Conversation(t, "10690001", ownReceiver), "id1")
	for name, send := range r.ways(lines) {
		for _, receiver := range receiverForms {
			if code, field := send("", fmt.Sprintf(`{"receiver":%q,"sender":"10690001","number":1}`, receiver)); code != 202 {
				t.Errorf("%s: %q: got %d %s, want 202", name, receiver, code, field)
			}
		}
		for _, receiver := range noNumbers {
			if code, field := send("", fmt.Sprintf(`{"receiver":%q,"sender":"10690001","number":1}`, receiver)); code != 400 || field != "receiver" {
				t.Errorf("%s: %q: got %d %q, want 400 for the receiver", name, receiver, code, field)
			}
		}
	}
}

// The paths of the API name a receiver in any form.
func TestReceiverFormsInPaths(t *testing.T) {
	opt := testOptions(t)
	r := serve(t, opt)
	r.submit(relaytest.Conversation(t, "10690001", ownReceiver), "id1")
	for _, form := range receiverForms {
		receiver := url.PathEscape(form)
		if code, body := r.call("PUT", "/v1/receivers/"+receiver+"/optout", ""); code != 200 && code != 429 {
			t.Errorf("opt-out of %q: got %d %s", form, code, body)
		}
		if code, body := r.call("GET", "/v1/receivers/"+receiver+"/optout", ""); code != 200 || !strings.HasPrefix(body, `{"receiver":"447700900123","opted_out":true`) {
			t.Errorf("opt-out of %q: got %d %s", form, code, body)
		}
		if code, body := r.call("GET", "/v1/conversations/10690001/"+receiver, ""); code != 200 || !strings.Contains(body, `"message_ids":["id1"]`) {
			t.Errorf("conversation with %q: got %d %s", form, code, body)
		}
	}
	for _, form := range noNumbers {
		receiver := url.PathEscape(form)
		for _, ask := range [][2]string{
			{"PUT", "/v1/receivers/" + receiver + "/optout"},
			{"GET", "/v1/receivers/" + receiver + "/optout"},
			{"DELETE", "/v1/receivers/" + receiver + "/optout"},
			{"DELETE", "/v1/receivers/" + receiver},
			{"GET", "/v1/conversations/10690001/" + receiver},
		} {
			if code, body := r.call(ask[0], ask[1], ""); code != 400 || !strings.Contains(body, `"field":"receiver"`) {
				t.Errorf("%s %s: got %d %s, want 400 for the receiver", ask[0], ask[1], code, body)
			}
		}
	}
	if code, body := r.call("DELETE", "/v1/receivers/"+url.PathEscape("+44 7700 900124"), ""); code != 204 {
		t.Errorf("erasure: got %d %s, want 204", code, body)
	}
}

// A sender may be a name, and also a number in any form.
func TestSenderForms(t *testing.T) {
	r := serve(t, testOptions(t))
	for _, tt := range []struct{ submitted, written string }{
		{"12025550123", "+1 (202) 555-0123"},
		{"12025550123", "tel:+1-202-555-0123"},
		{"12025550123", "001 202 555 0123"},
		{"+12025550124", "1-202-555-0124"},
		{"MyBank", "MYBANK"},
		{"My Bank-24", "my bank-24"},
		{"24-7", "24-7"},
		{"1-800-FLOWERS", "1-800-flowers"},
	} {
		c := relaytest.Conversation(t, tt.submitted, ownReceiver)
		s := r.submit(c, "id-"+tt.written)
		if code, body := r.call("POST", "/v1/reads", fmt.Sprintf(`{"receiver":%q,"sender":%q,"number":%d}`, ownReceiver, tt.written, s.Number)); code != 202 {
			t.Errorf("%q: got %d %s, want 202", tt.written, code, body)
		}
		if got := r.state(s); got != message.StateRead {
			t.Errorf("%q: got state %v, want read", tt.written, got)
		}
		if _, body := r.call("GET", "/v1/conversations/"+url.PathEscape(tt.written)+"/"+ownReceiver, ""); !strings.Contains(body, "id-"+tt.written) {
			t.Errorf("conversation of %q: got %s", tt.written, body)
		}
	}
	// The name counts before the number.
	r.submit(relaytest.Conversation(t, "247", ownReceiver), "id1")
	if code, body := r.call("POST", "/v1/reads", `{"receiver":"447700900123","sender":"24-7","number":1}`); code != 202 {
		t.Errorf("name: got %d %s, want 202", code, body)
	}
	if got := r.ledger.Find(relaytest.Conversation(t, "247", ownReceiver), 1).Entry.State; got != message.StateSent {
		t.Errorf("number: got state %v, want sent", got)
	}
	if code, body := r.call("GET", "/v1/conversations/"+strings.Repeat("a", 21)+"/1", ""); code != 400 || !strings.Contains(body, `"field":"sender"`) {
		t.Errorf("long sender: got %d %s, want 400", code, body)
	}
}

// The subscriber of a token, and the user name of an MQTT client, may be written in any form, too.
func TestTokenForms(t *testing.T) {
	i := newIssuer(t)
	opt, _ := handsetOptions(t, i)
	opt.Auth, opt.Tokens = []string{access.AuthJWT}, i.verifier()
	r := serveClients(t, opt)
	s := r.submit(relaytest.Conversation(t, "10690001", handsetNumber), "id1")
	for _, subscriber := range []string{"+44 7700 900123", "tel:+44-7700-900123"} {
		if code, body := r.call("POST", "/v1/reads", fmt.Sprintf(`{"receiver":"00 44 7700 900123","number":%d}`, s.Number),
			"Authorization", i.token(subscriber, "id.example", time.Minute, nil, nil)); code != 202 {
			t.Errorf("%s: got %d %s, want 202", subscriber, code, body)
		}
		h := connected(t, r.mqttURL(), "+44-7700 900123", i.password(subscriber, "id.example", time.Minute), nil)
		h.publish(1, "readback/reads/"+handsetNumber, fmt.Sprintf(`{"receiver":"+44 (7700) 900123","number":%d}`, s.Number))
		wantVerdict(t, h.verdicts, `{"number":1,"code":202}`)
		h.Disconnect(0)
	}
	if code, body := r.call("POST", "/v1/reads", `{"receiver":"447700900123","number":1}`,
		"Authorization", i.token("alice", "id.example", time.Minute, nil, nil)); code != 401 || !strings.Contains(body, "names no subscriber") {
		t.Errorf("no number: got %d %s, want 401", code, body)
	}
}
