package relay

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"readback/relay/access"
	"readback/relay/relaytest"
)

func hashOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// subjects are Tokens that stand for themselves; those with a blank are bad.
type subjects struct{}

func (subjects) Subject(token string, _ time.Time) (string, error) {
	if strings.Contains(token, " ") {
		return "", errors.New("token is bad")
	}
	return token, nil
}

// A caller may submit only what its credential allows, also where there are no proofs.
func TestSubmitByCaller(t *testing.T) {
	r := start(t, testOptions(t))
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.submit(c, "id1")
	tests := []struct {
		name  string
		by    access.Caller
		proof string
		code  int
		field string
	}{
		{"another receiver", access.Caller{Receiver: relaytest.Addr(t, "447700900199")}, "", 403, "receiver"},
		{"no proof", access.Caller{NeedsProof: true}, "", 403, "proof"},
		{"no proof, and a token that has expired", access.Caller{NeedsProof: true, Refused: errors.New("token has expired")}, "", 401, ""},
		{"a proof that nobody can check", access.Caller{NeedsProof: true}, "00000000", 403, "proof"},
		{"a proof that nobody asks for", access.Caller{}, "00000000", 202, ""},
		{"its own", access.Caller{Receiver: c.Receiver}, "", 202, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rd := response(c, 1)
			rd.By, rd.Proof = tt.by, tt.proof
			if v := r.Reads().Submit(relaytest.Deadline(t), rd); Code(v.Kind) != tt.code || v.Field != tt.field {
				t.Errorf("got %+v, want %d %s", v, tt.code, tt.field)
			}
		})
	}
}

func TestSetCallers(t *testing.T) {
	opt := testOptions(t)
	opt.Auth, opt.APIKeys = []string{access.AuthAPIKey}, []access.APIKey{{Name: "app", SHA256: hashOf("old")}}
	r := start(t, opt)
	code := func(key string) int {
		got, _ := r.call("POST", "/v1/reads", `{"receiver":"1","number":1}`, "X-API-Key", key)
		return got
	}
	if err := r.SetCallers(access.Rules{Auth: []string{access.AuthJWT}}); err == nil || code("old") != 404 {
		t.Errorf("bad rules: got %v and %d with the old key, want an error and 404", err, code("old"))
	}
	opt.APIKeys = []access.APIKey{{Name: "app", SHA256: hashOf("new")}}
	if err := r.SetCallers(opt.Rules); err != nil || code("old") != 401 || code("new") != 404 {
		t.Errorf("got %v, %d with the old key and %d with the new one", err, code("old"), code("new"))
	}
}
