package reads

import (
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"readback/relay/access"
	"readback/relay/message"
	"readback/relay/reads/readstest"
	"readback/relay/relaytest"
)

// A caller may submit only what its credential allows, also where there are no proofs.
func TestSubmitByCaller(t *testing.T) {
	l := readstest.NewLedger(t)
	rs := newService(l, nil)
	m := l.Send(relaytest.Conversation(t, "10690001", "447700900123"), "id1")
	tests := []struct {
		name  string
		by    access.Caller
		proof string
		kind  message.VerdictKind
		field string
	}{
		{"another receiver", access.Caller{Receiver: relaytest.Addr(t, "447700900199")}, "", message.VerdictForbidden, "receiver"},
		{"no proof", access.Caller{NeedsProof: true}, "", message.VerdictForbidden, "proof"},
		{"no proof, and a token that has expired", access.Caller{NeedsProof: true, Refused: errors.New("token has expired")}, "", message.VerdictUnauthenticated, ""},
		{"a proof that nobody can check", access.Caller{NeedsProof: true}, "00000000", message.VerdictForbidden, "proof"},
		{"a proof that nobody asks for", access.Caller{}, "00000000", message.VerdictAccepted, ""},
		{"its own", access.Caller{Receiver: m.Receiver}, "", message.VerdictAccepted, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rd := responseTo(m)
			rd.By, rd.Proof = tt.by, tt.proof
			if v := rs.Submit(relaytest.Deadline(t), rd); v.Kind != tt.kind || v.Field != tt.field {
				t.Errorf("got %+v, want kind %d %s", v, tt.kind, tt.field)
			}
		})
	}
}

// A proof must be that of the message. A message that was read does not change that.
func TestReadWithProof(t *testing.T) {
	l := readstest.NewLedger(t)
	proofs := testProofs(t)
	rs := newService(l, func(opt *Options) { opt.Proofs = proofs })
	m := l.Send(relaytest.Conversation(t, "10690001", "447700900101"), "4A7F01")
	tag := proofs.Sign(&m.Conversation, m.Number, m.At)
	for _, tt := range []struct {
		name, proof string
		want        message.VerdictKind
	}{
		{"wrong", "00000000", message.VerdictForbidden},
		{"right", hex.EncodeToString(tag[:]), message.VerdictAccepted},
		{"wrong, when it was read before", "00000000", message.VerdictForbidden},
	} {
		rd := responseTo(m)
		rd.Proof = tt.proof
		if v := rs.Submit(relaytest.Deadline(t), rd); v.Kind != tt.want {
			t.Errorf("%s: verdict %+v, want kind %d", tt.name, v, tt.want)
		}
	}
}

// A caller with a proof of 32 bits has a limited number of attempts, even where others have no
// limit.
func TestGuessRate(t *testing.T) {
	l := readstest.NewLedger(t)
	for _, tt := range []struct{ rate, burst, want int }{{0, 0, 1000}, {1 << 20, 1 << 20, 1000}, {1, 2, 2}} {
		now := time.Now()
		rs := newService(l, func(opt *Options) {
			opt.Proofs, opt.ReadRate, opt.ReadBurst = testProofs(t), tt.rate, tt.burst
		})
		rd := Read{Receiver: "447700900123", Sender: "bank", Number: 1, Proof: "00000000", By: access.Caller{NeedsProof: true}}
		taken := 0
		for ; taken <= 1000; taken++ {
			if _, v := rs.check(&rd, now); v.Kind == message.VerdictTooMany {
				break
			}
		}
		if taken != tt.want {
			t.Errorf("rate %d, burst %d: got %d guesses at once, want %d", tt.rate, tt.burst, taken, tt.want)
		}
		rd.By = access.Caller{Name: "app"}
		if _, v := rs.check(&rd, now); v.IsDecided() {
			t.Errorf("rate %d: a key: got %+v", tt.rate, v)
		}
	}
}

// testProofs are those of the tests' key.
func testProofs(t testing.TB) access.Proofs {
	t.Helper()
	p, err := access.NewProofs([]byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
