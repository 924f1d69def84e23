package relay

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"readback/relay/access"
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
