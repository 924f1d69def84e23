package intake

import (
	"fmt"
	"testing"

	"readback/relay/access"
	"readback/relay/relaytest"
)

// The limits of a key and of a receiver answer 429 with the time to wait.
func TestReadRates(t *testing.T) {
	opt := testOptions(t)
	opt.Auth = []string{access.AuthAPIKey}
	opt.APIKeys = []access.APIKey{{Name: "app", SHA256: relaytest.SHA256("app")}, {Name: "slow", SHA256: relaytest.SHA256("slow"), Rate: 1}}
	opt.ReadRate, opt.ReadBurst = 1, 2
	r := serve(t, opt)
	post := func(key, receiver string) (int, string) {
		return r.call("POST", "/v1/reads", `{"receiver":"`+receiver+`","number":1}`, "X-API-Key", key)
	}
	for i, want := range []int{404, 404, 429} {
		if code, body := post("app", "447700900123"); code != want {
			t.Errorf("number %d of one receiver: got %d %s, want %d", i+1, code, body, want)
		}
	}
	if code, _ := post("app", "447700900124"); code != 404 {
		t.Errorf("another receiver: got %d, want 404", code)
	}
	for i, want := range []int{404, 429} {
		if code, body := post("slow", fmt.Sprint("44770090020", i)); code != want {
			t.Errorf("number %d of a slow key: got %d %s, want %d", i+1, code, body, want)
		}
	}
	w := r.record("POST", "/v1/reads", `{"receiver":"447700900123","number":1}`, "X-API-Key", "app")
	if after := w.Header().Get("Retry-After"); after == "" || after == "0" {
		t.Errorf("Retry-After: got %q, want seconds", after)
	}
}
