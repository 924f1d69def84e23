package intake

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"readback/relay/access"
	"readback/relay/reads/readstest"
	"readback/relay/relaytest"
)

// proofs are those of the tests' key.
func proofs(t testing.TB) access.Proofs {
	t.Helper()
	p, err := access.NewProofs([]byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func proofOf(p access.Proofs, s *readstest.Message) string {
	tag := p.Sign(&s.Conversation, s.Number, s.At)
	return hex.EncodeToString(tag[:])
}

// The receivers of the messages of TestForgedReads.
const ownReceiver, otherReceiver = "447700900123", "447700900124"

// readOf is a read response of a receiver, with more fields.
func readOf(receiver string, number int, more string) string {
	return fmt.Sprintf(`{"receiver":"+%s","sender":"10690001","number":%d%s}`, receiver, number, more)
}

// forgery is a read response that must be refused, and why.
type forgery struct {
	name, authorization, body string
	code                      int
	field                     string
}

// forgeries returns read responses that must be refused. good is the credential of ownReceiver.
// right is the proof of the receiver's message with the number 1.
func forgeries(i *issuer, good, right string) []forgery {
	return []forgery{
		{"nobody", "", readOf(ownReceiver, 1, ""), 401, ""},
		{"wrong key", "Bearer secret1", readOf(ownReceiver, 1, ""), 401, ""},
		{"another scheme", "Basic secret", readOf(ownReceiver, 1, ""), 401, ""},
		{"other receiver's token", good, readOf(otherReceiver, 1, ""), 403, "receiver"},
		{"expired token", i.token(ownReceiver, "id.example", -time.Minute, nil, nil), readOf(ownReceiver, 1, ""), 401, ""},
		{"wrong issuer", i.token(ownReceiver, "id.example.org", time.Minute, nil, nil), readOf(ownReceiver, 1, ""), 401, ""},
		{"none-alg", i.token(ownReceiver, "id.example", time.Minute, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType), readOf(ownReceiver, 1, ""), 401, ""},
		{"alg confusion", i.token(ownReceiver, "id.example", time.Minute, jwt.SigningMethodHS256, i.public), readOf(ownReceiver, 1, ""), 401, ""},
		{"somebody else's key", newIssuer(i.t).token(ownReceiver, "id.example", time.Minute, nil, nil), readOf(ownReceiver, 1, ""), 401, ""},
		{"wrong proof", good, readOf(ownReceiver, 1, `,"proof":"00000000"`), 403, "proof"},
		{"proof that is no hex", good, readOf(ownReceiver, 1, `,"proof":"x"`), 403, "proof"},
		{"proof of another number", good, readOf(ownReceiver, 2, right), 403, "proof"},
		{"number never sent", good, readOf(ownReceiver, 9, ""), 404, ""},
		{"number out of range", good, readOf(ownReceiver, 999, ""), 400, "number"},
		{"not JSON", good, "read it", 400, ""},
		{"nested", good, readOf(ownReceiver, 1, `,"x":`+strings.Repeat("[", 20)+strings.Repeat("]", 20)), 400, ""},
		{"other receiver in an array of one", good, "[" + readOf(otherReceiver, 1, "") + "]", 403, "receiver"},
	}
}

// A read response that its caller may not send is refused in every way in, and has no effect.
func TestForgedReads(t *testing.T) {
	opt := testOptions(t)
	lines := auditLines(&opt)
	i := newIssuer(t)
	opt.Listen, opt.Auth, opt.Tokens = "127.0.0.1:0", []string{access.AuthJWT, access.AuthAPIKey, access.AuthMTLS}, i.verifier()
	opt.APIKeys = []access.APIKey{{Name: "app", SHA256: relaytest.SHA256("secret")}}
	opt.Proofs = proofs(t)
	r := serve(t, opt)
	s := r.submit(relaytest.Conversation(t, "10690001", ownReceiver), "id1") // number 1
	r.submit(s.Conversation, "id2")                                          // number 2
	r.submit(relaytest.Conversation(t, "10690001", otherReceiver), "id3")
	good := i.token("+"+ownReceiver, "id.example", time.Minute, nil, nil)
	right := `,"proof":"` + proofOf(opt.Proofs, s) + `"`
	for name, send := range r.ways(lines) {
		for _, tt := range forgeries(i, good, right) {
			if name != "nats stream" && strings.HasPrefix(tt.body, "[") {
				continue // it is answered as an array
			}
			t.Run(name+" "+tt.name, func(t *testing.T) {
				if code, field := send(tt.authorization, tt.body); code != tt.code || field != tt.field {
					t.Errorf("got %d %q, want %d %q", code, field, tt.code, tt.field)
				}
			})
		}
		t.Run(name+" replayed id", func(t *testing.T) {
			id := `,"status":0,"id":"` + name + `"`
			for _, step := range []struct {
				number, code int
				field        string
			}{{2, 202, ""}, {2, 202, ""}, {1, 403, "id"}} {
				if code, field := send(good, readOf(ownReceiver, step.number, id)); code != step.code || field != step.field {
					t.Errorf("number %d: got %d %q, want %d %q", step.number, code, field, step.code, step.field)
				}
			}
		})
	}
	rows, err := r.ledger.Index.OutboxRows()
	if err != nil || rows != 0 {
		t.Errorf("got %d feedbacks, %v, want none", rows, err)
	}
	for name, send := range r.ways(lines) { // what is right still gets through
		for _, authorization := range []string{good, "bearer secret"} {
			if code, _ := send(authorization, readOf(ownReceiver, 1, right)); code != 202 {
				t.Errorf("%s: got %d, want 202", name, code)
			}
		}
	}
}

// With proofs alone, a stranger who holds the message can report the read. Others learn nothing.
func TestProofAlone(t *testing.T) {
	opt := testOptions(t)
	lines := auditLines(&opt)
	opt.Listen, opt.Auth, opt.Proofs = "127.0.0.1:0", []string{access.AuthProof}, proofs(t)
	r := serve(t, opt)
	s := r.submit(relaytest.Conversation(t, "10690001", "447700900123"), "id1")
	old := r.ledger.SendAt(s.Conversation, "id2", time.Now().Add(-opt.Keep-time.Minute)) // number 2
	right := proofOf(opt.Proofs, s)
	tests := []struct {
		name, sender, proof string
		number, code        int
		field               string
	}{
		{"no proof", "10690001", "", 1, 403, "proof"},
		{"wrong proof", "10690001", "00000000", 1, 403, "proof"},
		{"never sent", "10690001", "00000000", 7, 403, "proof"},
		{"no such conversation", "10690002", right, 1, 403, "proof"},
		{"too old", "10690001", proofOf(opt.Proofs, old), 2, 403, "proof"},
		{"no sender", "", right, 1, 400, "sender"},
		{"right", "10690001", right, 1, 202, ""},
	}
	for name, send := range r.ways(lines) {
		for _, tt := range tests {
			t.Run(name+" "+tt.name, func(t *testing.T) {
				body := fmt.Sprintf(`{"receiver":"447700900123","sender":%q,"number":%d,"proof":%q}`, tt.sender, tt.number, tt.proof)
				if code, field := send("", body); code != tt.code || field != tt.field {
					t.Errorf("got %d %q, want %d %q", code, field, tt.code, tt.field)
				}
			})
		}
	}
	for _, ask := range [][2]string{
		{"GET", "/v1/conversations/10690001/447700900123"},
		{"GET", "/v1/receivers/447700900123/optout"},
		{"PUT", "/v1/receivers/447700900123/optout"},
		{"DELETE", "/v1/receivers/447700900123/optout"},
		{"DELETE", "/v1/receivers/447700900123"},
	} {
		if code, body := r.call(ask[0], ask[1], ""); code != 403 {
			t.Errorf("%s %s: got %d %s, want 403", ask[0], ask[1], code, body)
		}
	}
}
