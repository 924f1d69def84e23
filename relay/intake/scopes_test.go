package intake

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"readback/relay/access"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// scopedKeys are keys whose names say what they may do.
func scopedKeys() []access.APIKey {
	key := func(name string, g access.Grant) access.APIKey {
		return access.APIKey{Name: name, SHA256: relaytest.SHA256(name), Grant: g}
	}
	return []access.APIKey{
		key("report", access.Grant{Scopes: access.ScopeReport}), key("lookup", access.Grant{Scopes: access.ScopeLookup}),
		key("erase", access.Grant{Scopes: access.ScopeErase}), key("all", access.Grant{}),
		key("bank", access.Grant{Accounts: []string{"bank"}}), key("shop", access.Grant{Accounts: []string{"shop"}}),
	}
}

// A key is accepted for what it may do, and gets 403 for the rest.
func TestScopes(t *testing.T) {
	opt := testOptions(t)
	opt.Auth, opt.APIKeys = []string{access.AuthAPIKey}, scopedKeys()
	r := serve(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	pages := []struct{ scope, method, path, body string }{
		{"report", "POST", "/v1/reads", `{"receiver":"447700900123","sender":"10690001","number":1}`},
		{"lookup", "GET", "/v1/conversations/10690001/447700900123", ""},
		{"erase", "GET", optOutPath, ""},
		{"erase", "PUT", optOutPath, ""},
		{"erase", "DELETE", optOutPath, ""},
		{"erase", "DELETE", "/v1/receivers/447700900123", ""},
	}
	for _, key := range []string{"report", "lookup", "erase", "bank", "all"} {
		r.submit(c, "id-"+key)
		for _, p := range pages {
			may := key == "all" || key == p.scope || key == "bank" && p.scope != "erase"
			code, body := r.call(p.method, p.path, p.body, "X-API-Key", key)
			if (code == http.StatusForbidden) == may || may && code >= 300 && code != http.StatusNotFound {
				t.Errorf("%s with key %s: got %d %s", p.method+" "+p.path, key, code, body)
			}
			if !may && !strings.Contains(body, "needs the scope "+p.scope) {
				t.Errorf("%s with key %s: got %s", p.path, key, body)
			}
		}
	}
}

// A key for one account sees the messages of that account alone, in every way: others are not there.
func TestScopesOfAccounts(t *testing.T) {
	opt := testOptions(t)
	opt.Auth, opt.APIKeys, opt.Listen = []string{access.AuthAPIKey}, scopedKeys(), "127.0.0.1:0"
	lines := auditLines(&opt)
	r := serve(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	bank, shop := r.ledger.SendOf("bank", c, "id1"), r.ledger.SendOf("shop", c, "id2")
	for name, send := range r.ways(lines) {
		for _, tt := range []struct {
			body string
			want int
		}{
			{`{"receiver":"447700900123","sender":"10690001","number":%d}`, http.StatusNotFound},
			{`{"receiver":"447700900123","number":%d}`, http.StatusBadRequest}, // it could be a message of either
		} {
			if code, _ := send("Bearer bank", fmt.Sprintf(tt.body, shop.Number)); code != tt.want {
				t.Errorf("%s: shop's message, by bank: got %d, want %d", name, code, tt.want)
			}
		}
		if got := r.state(shop); got != message.StateSent {
			t.Fatalf("%s: shop's message is %v", name, got)
		}
		if code, _ := send("Bearer bank", fmt.Sprintf(`{"receiver":"447700900123","sender":"10690001","number":%d}`, bank.Number)); code != http.StatusAccepted {
			t.Errorf("%s: its own message: got %d, want 202", name, code)
		}
	}
	for key, want := range map[string][2]bool{"bank": {true, false}, "shop": {false, true}, "all": {true, true}} {
		code, body := r.call("GET", "/v1/conversations/10690001/447700900123", "", "X-API-Key", key)
		got := [2]bool{strings.Contains(body, "id1"), strings.Contains(body, "id2")}
		if code != http.StatusOK || got != want {
			t.Errorf("lookup by %s: got %d %s", key, code, body)
		}
	}
}

// A key that may not report for all accounts cannot connect by MQTT or WebSocket, where a message does not say
// who sent it.
func TestScopesOfClients(t *testing.T) {
	opt := clientOptions(t)
	opt.APIKeys = scopedKeys()
	r := serveClients(t, opt)
	for key, may := range map[string]bool{"report": true, "all": true, "lookup": false, "erase": false, "bank": false} {
		token := dial(t, r.mqttURL(), "app", key, nil).Connect()
		if token.Wait(); (token.Error() == nil) != may {
			t.Errorf("MQTT with key %s: got %v", key, token.Error())
		}
		nc, err := nats.Connect(r.webSocketURL(), nats.Token(key))
		if (err == nil) != may {
			t.Errorf("WebSocket with key %s: got %v", key, err)
		}
		if err == nil {
			nc.Close()
		}
	}
}

// The operator looks up, opts out and erases, whatever callers need, and the audit log says who did it.
func TestOperatorHandler(t *testing.T) {
	opt := testOptions(t)
	opt.Auth, opt.Tokens = []string{access.AuthJWT}, subjects{}
	log := &relaytest.LogLines{}
	opt.Logger = log.Logger()
	r := serve(t, opt)
	r.submit(relaytest.Conversation(t, "10690001", "447700900123"), "id1")
	h := r.api.OperatorHandler(func(*http.Request) string { return "pia" })
	for _, tt := range []struct {
		method, path string
		code         int
		line         string
	}{
		{"GET", "/v1/conversations/10690001/447700900123", 200, "lookup"},
		{"PUT", optOutPath, 200, "opt-out"},
		{"DELETE", optOutPath, 200, "end of opt-out"},
		{"DELETE", "/v1/receivers/447700900123", 204, "erasure"},
		{"POST", "/v1/reads", 404, ""},
	} {
		w := relaytest.Request(h, tt.method, tt.path, "")
		if w.Code != tt.code {
			t.Errorf("%s %s: got %d %s, want %d", tt.method, tt.path, w.Code, w.Body, tt.code)
		}
		if code, _ := r.call(tt.method, tt.path, ""); code != http.StatusUnauthorized {
			t.Errorf("%s %s by a caller: got %d, want 401", tt.method, tt.path, code)
		}
		if tt.line != "" && log.Count(tt.line) == 0 {
			t.Errorf("%s %s: no line %q", tt.method, tt.path, tt.line)
		}
	}
	if got := log.Count("operator:pia"); got != 4 {
		t.Errorf("got %d lines of pia, want 4", got)
	}
}
