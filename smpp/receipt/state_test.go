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
		{Accepted, "ACCEPTED", "ACCEPTD", false},
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

func TestParseStat(t *testing.T) {
	for word, want := range map[string]State{
		"": 0, "READ": 0, "DELIVERED": 0, "DELIV": 0, "delivrd": Delivered, "UnDeliv": Undeliverable,
	} {
		if got := ParseStat([]byte(word)); got != want {
			t.Errorf("%q: got %d, want %d", word, got, want)
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
		{0x15, Delivered, true},
		{0x16, Delivered, false},
	} {
		if got := Wanted(tt.registeredDelivery, tt.state); got != tt.want {
			t.Errorf("registered_delivery %02x, %v: got %t, want %t", tt.registeredDelivery, tt.state, got, tt.want)
		}
	}
}
