package receipt

import "testing"

func TestStates(t *testing.T) {
	for _, tt := range []struct {
		state      State
		name, stat string
		isFinal    bool
	}{
		{0, "message_state 0", "", false},
		{Enroute, "ENROUTE", "ENROUTE", false},
		{Delivered, "DELIVERED", "DELIVRD", true},
		{Expired, "EXPIRED", "EXPIRED", true},
		{Deleted, "DELETED", "DELETED", true},
		{Undeliverable, "UNDELIVERABLE", "UNDELIV", true},
		{Accepted, "ACCEPTED", "ACCEPTD", true},
		{Unknown, "UNKNOWN", "UNKNOWN", true},
		{Rejected, "REJECTED", "REJECTD", true},
		{9, "message_state 9", "", false},
		{255, "message_state 255", "", false},
	} {
		if s := tt.state; s.String() != tt.name || s.Stat() != tt.stat || s.IsFinal() != tt.isFinal {
			t.Errorf("%d: got %v, %q, final %t; want %s, %q, %t", s, s, s.Stat(), s.IsFinal(), tt.name, tt.stat, tt.isFinal)
		}
		if got := ParseStat([]byte(tt.stat)); tt.stat != "" && got != tt.state {
			t.Errorf("%s: got %d, want %d", tt.stat, got, tt.state)
		}
	}
}

// message_state has the states of SMPP 3.4 and 5.0. Any other value says nothing.
func TestParseMessageState(t *testing.T) {
	want := map[int]State{
		0: Enroute, 1: Enroute, 2: Delivered, 3: Expired, 4: Deleted, 5: Undeliverable, 6: Accepted, 7: Unknown, 8: Rejected, 9: Undeliverable,
	}
	for v := range 256 {
		s, ok := parseMessageState([]byte{byte(v)})
		if ok != (v < 10) || ok && s != want[v] {
			t.Errorf("%d: got %v, %t, want %v", v, s, ok, want[v])
		}
	}
	for _, value := range []string{"", "\x02\x00"} {
		if s, ok := parseMessageState([]byte(value)); ok {
			t.Errorf("% x: got %v, want nothing", value, s)
		}
	}
}

func TestWanted(t *testing.T) {
	for _, tt := range []struct {
		registeredDelivery byte
		state              State
		want               bool
	}{
		{0, Delivered, false},
		{4, Delivered, false},
		{1, Delivered, true},
		{1, Deleted, true},
		{2, Delivered, false},
		{2, Deleted, true},
		{2, Unknown, true},
		{3, Delivered, true},
		{3, Deleted, false},
		{1, Accepted, true},
		{2, Accepted, false},
		{3, Accepted, false},
		{0x15, Delivered, true},
		{0x16, Delivered, false},
	} {
		if got := Wanted(tt.registeredDelivery, tt.state); got != tt.want {
			t.Errorf("registered_delivery %02x, %v: got %t, want %t", tt.registeredDelivery, tt.state, got, tt.want)
		}
	}
}
