package reads

import (
	"encoding/hex"
	"errors"
	"net/netip"
	"testing"

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

// Wrong proofs, and proofs of no message, are guesses: whoever shows one has to wait. Others have not, and
// right proofs do not count.
func TestGuessesWait(t *testing.T) {
	l := readstest.NewLedger(t)
	rs := newService(l, func(opt *Options) { opt.Proofs, opt.GuessRate = testProofs(t), 4 })
	m := l.Send(relaytest.Conversation(t, "10690001", "447700900123"), "id1")
	tag := rs.opt.Proofs.Sign(&m.Conversation, m.Number, m.At)
	read := func(source string, number uint16, proof string) message.VerdictKind {
		rd := responseTo(m)
		rd.Number, rd.Proof = number, proof
		rd.By = access.Caller{NeedsProof: true, Source: access.Source{IP: netip.MustParseAddr(source)}}
		return rs.Submit(relaytest.Deadline(t), rd).Kind
	}
	const wrong = "00000000"
	for i, tt := range []struct {
		name, source string
		number       uint16
		proof        string
		want         message.VerdictKind
	}{
		{"right", "192.0.2.1", m.Number, hex.EncodeToString(tag[:]), message.VerdictAccepted},
		{"right again", "192.0.2.1", m.Number, hex.EncodeToString(tag[:]), message.VerdictAccepted},
		{"wrong", "192.0.2.1", m.Number, wrong, message.VerdictForbidden},
		{"wrong again", "192.0.2.1", m.Number, wrong, message.VerdictTooMany},
		{"right behind that", "192.0.2.1", m.Number, hex.EncodeToString(tag[:]), message.VerdictTooMany},
		{"no message", "192.0.2.2", m.Number + 1, wrong, message.VerdictForbidden},
		{"no message again", "192.0.2.2", m.Number + 1, wrong, message.VerdictTooMany},
		{"another source", "192.0.2.3", m.Number, hex.EncodeToString(tag[:]), message.VerdictAccepted},
	} {
		if got := read(tt.source, tt.number, tt.proof); got != tt.want {
			t.Errorf("%d, %s: got kind %d, want %d", i, tt.name, got, tt.want)
		}
	}
}

// With right proofs a receiver has a rate, even where others have none.
func TestProofRate(t *testing.T) {
	l := readstest.NewLedger(t)
	rs := newService(l, func(opt *Options) { opt.Proofs, opt.ReadRate, opt.ReadBurst = testProofs(t), 1, 2 })
	m := l.Send(relaytest.Conversation(t, "10690001", "447700900123"), "id1")
	tag := rs.opt.Proofs.Sign(&m.Conversation, m.Number, m.At)
	rd := responseTo(m)
	rd.Proof, rd.By = hex.EncodeToString(tag[:]), access.Caller{NeedsProof: true}
	for i, want := range []message.VerdictKind{message.VerdictAccepted, message.VerdictAccepted, message.VerdictTooMany} {
		if v := rs.Submit(relaytest.Deadline(t), rd); v.Kind != want {
			t.Errorf("%d: got %+v, want kind %d", i, v, want)
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
