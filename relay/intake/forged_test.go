package intake

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/nats-io/nats.go"

	"readback/internal/token"
	"readback/relay/access"
	"readback/relay/broker"
	"readback/relay/reads/readstest"
	"readback/relay/relaytest"
)

// issuer signs tokens as the one whom the operator trusts.
type issuer struct {
	t      testing.TB
	key    *ecdsa.PrivateKey
	public []byte // PEM, as in the file
}

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return &issuer{t, key, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})}
}

func (i *issuer) verifier() *token.Verifier {
	i.t.Helper()
	file := filepath.Join(i.t.TempDir(), "keys.pem")
	if err := os.WriteFile(file, i.public, 0o600); err != nil {
		i.t.Fatal(err)
	}
	v, err := token.NewVerifier(token.Options{Keys: file, Issuer: "id.example"}, slog.New(slog.DiscardHandler))
	if err != nil {
		i.t.Fatal(err)
	}
	return v
}

// token is one for a receiver; alg and key nil are the right ones.
func (i *issuer) token(receiver, by string, lasts time.Duration, alg jwt.SigningMethod, key any) string {
	i.t.Helper()
	if alg == nil {
		alg, key = jwt.SigningMethodES256, i.key
	}
	s, err := jwt.NewWithClaims(alg, jwt.MapClaims{
		"sub": receiver, "iss": by, "exp": time.Now().Add(lasts).Unix(),
	}).SignedString(key)
	if err != nil {
		i.t.Fatal(err)
	}
	return "Bearer " + s
}

// way sends a read response and returns its verdict and the field at fault.
type way func(authorization, body string) (code int, field string)

// ways are all ways in of this package. They log to lines.
func (r *fixture) ways(lines <-chan map[string]any) map[string]way {
	nc, err := nats.Connect(r.broker.ClientURL())
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(nc.Close)
	verdict := func(answer []byte) (int, string) {
		var v verdictJSON
		if err := json.Unmarshal(answer, &v); err != nil {
			r.t.Fatalf("answer %q: %v", answer, err)
		}
		return v.Code, v.Field
	}
	ask := func(subject, authorization, body string) *nats.Msg {
		m := nats.NewMsg(subject)
		m.Data = []byte(body)
		if authorization != "" {
			m.Header.Set("Authorization", authorization)
		}
		answer, err := nc.RequestMsgWithContext(relaytest.Deadline(r.t), m)
		if err != nil {
			r.t.Fatal(err)
		}
		return answer
	}
	return map[string]way{
		"http": func(authorization, body string) (int, string) {
			var headers []string
			if authorization != "" {
				headers = []string{"Authorization", authorization}
			}
			_, answer := r.call("POST", "/v1/reads", body, headers...)
			relaytest.Receive(r.t, lines)
			return verdict([]byte(answer))
		},
		"nats request": func(authorization, body string) (int, string) {
			answer := ask(broker.SubjectReadsNow, authorization, body)
			relaytest.Receive(r.t, lines)
			return verdict(answer.Data)
		},
		"nats stream": func(authorization, body string) (int, string) {
			ask(subjectReads, authorization, body) // it is stored
			line := relaytest.Receive(r.t, lines)
			field, _ := line["field"].(string)
			return int(line["verdict"].(float64)), field
		},
	}
}

// auditLines logs each verdict to a channel.
func auditLines(opt *fixtureOptions) <-chan map[string]any {
	lines := make(chan map[string]any, 1024)
	opt.Logger = slog.New(slog.NewJSONHandler(writerFunc(func(b []byte) (int, error) {
		line := make(map[string]any)
		if err := json.Unmarshal(b, &line); err != nil {
			return 0, err
		}
		if _, ok := line["verdict"]; ok {
			lines <- line
		}
		return len(b), nil
	}), nil))
	return lines
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

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

// A read response that its caller may not send is refused in every way in, and has no effect.
func TestForgedReads(t *testing.T) {
	const own, other = "447700900123", "447700900124"
	opt := testOptions(t)
	lines := auditLines(&opt)
	i := newIssuer(t)
	opt.Listen, opt.Auth, opt.Tokens = "127.0.0.1:0", []string{access.AuthJWT, access.AuthAPIKey, access.AuthMTLS}, i.verifier()
	opt.APIKeys = []access.APIKey{{Name: "app", SHA256: relaytest.SHA256("secret")}}
	opt.Proofs = proofs(t)
	r := serve(t, opt)
	s := r.submit(relaytest.Conversation(t, "10690001", own), "id1") // number 1
	r.submit(s.Conversation, "id2")                                  // number 2
	r.submit(relaytest.Conversation(t, "10690001", other), "id3")
	read := func(receiver string, number int, more string) string {
		return fmt.Sprintf(`{"receiver":"+%s","sender":"10690001","number":%d%s}`, receiver, number, more)
	}
	good := i.token("+"+own, "id.example", time.Minute, nil, nil)
	wrong, right := `,"proof":"00000000"`, `,"proof":"`+proofOf(opt.Proofs, s)+`"`
	tests := []struct {
		name, authorization, body string
		code                      int
		field                     string
	}{
		{"nobody", "", read(own, 1, ""), 401, ""},
		{"wrong key", "Bearer secret1", read(own, 1, ""), 401, ""},
		{"another scheme", "Basic secret", read(own, 1, ""), 401, ""},
		{"other receiver's token", good, read(other, 1, ""), 403, "receiver"},
		{"expired token", i.token(own, "id.example", -time.Minute, nil, nil), read(own, 1, ""), 401, ""},
		{"wrong issuer", i.token(own, "id.example.org", time.Minute, nil, nil), read(own, 1, ""), 401, ""},
		{"none-alg", i.token(own, "id.example", time.Minute, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType), read(own, 1, ""), 401, ""},
		{"alg confusion", i.token(own, "id.example", time.Minute, jwt.SigningMethodHS256, i.public), read(own, 1, ""), 401, ""},
		{"somebody else's key", newIssuer(t).token(own, "id.example", time.Minute, nil, nil), read(own, 1, ""), 401, ""},
		{"wrong proof", good, read(own, 1, wrong), 403, "proof"},
		{"proof that is no hex", good, read(own, 1, `,"proof":"x"`), 403, "proof"},
		{"proof of another number", good, read(own, 2, right), 403, "proof"},
		{"number never sent", good, read(own, 9, ""), 404, ""},
		{"number out of range", good, read(own, 999, ""), 400, "number"},
		{"not JSON", good, "read it", 400, ""},
		{"nested", good, read(own, 1, `,"x":`+strings.Repeat("[", 20)+strings.Repeat("]", 20)), 400, ""},
		{"other receiver in an array of one", good, "[" + read(other, 1, "") + "]", 403, "receiver"},
	}
	for name, send := range r.ways(lines) {
		for _, tt := range tests {
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
				if code, field := send(good, read(own, step.number, id)); code != step.code || field != step.field {
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
			if code, _ := send(authorization, read(own, 1, right)); code != 202 {
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
