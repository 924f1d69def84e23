package intake

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"readback/relay/access"
	"readback/relay/relaytest"
)

// No token and no key appears in the audit log.
func TestAuditHidesCredentials(t *testing.T) {
	opt := testOptions(t)
	var log bytes.Buffer
	opt.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	i := newIssuer(t)
	opt.Auth, opt.Tokens = []string{access.AuthJWT, access.AuthAPIKey}, i.verifier()
	opt.APIKeys = []access.APIKey{{Name: "app", SHA256: relaytest.SHA256("top-secret")}}
	r := serve(t, opt)
	body := `{"receiver":"447700900123","number":1}`
	good := i.token("447700900123", "id.example", 1<<40, nil, nil)
	for _, authorization := range []string{good, good[:len(good)-4], "Bearer top-secret", "Bearer top-secret-1"} {
		r.call("POST", "/v1/reads", body, "Authorization", authorization)
	}
	parts := strings.Split(good, ".")
	for _, secret := range append(parts[1:], "top-secret", relaytest.SHA256("top-secret"), "447700900123") {
		if strings.Contains(log.String(), secret) {
			t.Errorf("got %q in the log:\n%s", secret, &log)
		}
	}
	if got := strings.Count(log.String(), "read response"); got != 4 {
		t.Errorf("got %d lines, want one for each", got)
	}
}
