package numbering

import (
	"strings"
	"testing"

	"readback/relay/ledger"
	"readback/relay/message"
	"readback/smpp"
)

// The ledger is told where a message carries its number.
func TestCarriageOfSent(t *testing.T) {
	full, parts := strings.Repeat("x", 160), sarParameters(7, 2, 1)
	following := giving(17)
	following.follow = func(*ledger.Sent) bool { return true }
	for _, tt := range []struct {
		name     string
		f        smpp.Frame
		carriage Carriage
		split    bool
		want     message.Carriage
	}{
		{"element", shortMessage(0, 0, "hi", nil), ByElement, false, message.CarriageUDH},
		{"marker", shortMessage(0, 0, "hi", nil), ByMarker, false, message.CarriageText},
		{"split, by element", shortMessage(0, 0, full, nil), ByElement, true, message.CarriageUDH},
		{"split, by marker", shortMessage(0, 0, full, nil), ByMarker, true, message.CarriageText},
		{"a part before the one with the marker", shortMessage(0, 0, full, parts), ByMarker, false, message.CarriageElsewhere},
	} {
		i, b, p := interceptorOf(following), new(Scratch), Policy{When: All, Carriage: tt.carriage, Overflow: SplitNoRoom}
		var sent *ledger.Sent
		if tt.split {
			if s, _ := i.Split(b, "bank", p, tt.f); s != nil {
				sent = s.Sent
			}
		} else {
			_, sent, _ = i.Submit(b, "bank", p, tt.f)
		}
		if sent == nil || sent.Carriage != tt.want {
			t.Errorf("%s: got %+v, want carriage %q", tt.name, sent, tt.want)
		}
	}
}
