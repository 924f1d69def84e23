package access

import (
	"testing"

	"readback/relay/relaytest"
)

func TestIsAnonymous(t *testing.T) {
	for name, tt := range map[string]struct {
		by   Caller
		want bool
	}{
		"a key":                     {Caller{Name: "app"}, false},
		"a subscriber":              {Caller{Name: AuthJWT, Receiver: relaytest.Addr(t, "447700900123")}, false},
		"the process itself":        {Caller{}, false},
		"nobody, where none counts": {Caller{Name: AuthNone}, true},
		"a proof":                   {Caller{Name: AuthProof, NeedsProof: true}, true},
	} {
		if got := tt.by.IsAnonymous(); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}
