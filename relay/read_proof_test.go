package relay

import (
	"encoding/hex"
	"testing"

	"readback/relay/access"
	"readback/relay/relaytest"
)

func TestReadWithProof(t *testing.T) {
	opt := testOptions(t)
	var err error
	if opt.Proofs, err = access.NewProofs([]byte("sixteen octets a")); err != nil {
		t.Fatal(err)
	}
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900101")
	s := r.submit(c, "4A7F01")
	tag := opt.Proofs.Sign(&c, s.Number, s.At)
	for _, tt := range []struct {
		name, proof string
		want        int
	}{
		{"wrong", "00000000", 403},
		{"right", hex.EncodeToString(tag[:]), 202},
		{"wrong, when it was read before", "00000000", 403},
	} {
		rd := response(c, s.Number)
		rd.Proof = tt.proof
		v := r.Reads().Submit(relaytest.Deadline(t), rd)
		if Code(v.Kind) != tt.want {
			t.Errorf("%s: verdict %+v, want %d", tt.name, v, tt.want)
		}
	}
}
