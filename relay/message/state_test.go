package message

import "testing"

// A failure may be followed by a delivery. No state takes back a later one.
func TestStateAfterState(t *testing.T) {
	all := []State{StateSent, StateExpired, StateFailed, StateDelivered, StateRead, StateDeletedUnread}
	want := [][]State{ // by the state before, and by the one that came
		{StateSent, StateExpired, StateFailed, StateDelivered, StateRead, StateDeletedUnread},
		{StateExpired, StateExpired, StateExpired, StateDelivered, StateRead, StateDeletedUnread},
		{StateFailed, StateFailed, StateFailed, StateDelivered, StateRead, StateDeletedUnread},
		{StateDelivered, StateDelivered, StateDelivered, StateDelivered, StateRead, StateDeletedUnread},
		{StateRead, StateRead, StateRead, StateRead, StateRead, StateRead},
		{StateDeletedUnread, StateDeletedUnread, StateDeletedUnread, StateDeletedUnread, StateDeletedUnread, StateDeletedUnread},
	}
	names := []string{"sent", "expired", "failed", "delivered", "read", "deleted_unread"}
	for i, from := range all {
		for j, to := range all {
			if got := from.Forward(to); got != want[i][j] {
				t.Errorf("%s, then %s: got %s, want %s", from, to, got, want[i][j])
			}
		}
		if got := from.String(); got != names[i] {
			t.Errorf("name of %d: got %s, want %s", from, got, names[i])
		}
		if got, want := from.IsFinal(), from == StateRead || from == StateDeletedUnread; got != want {
			t.Errorf("%s is the last word: got %v, want %v", from, got, want)
		}
	}
	if got := State(len(all)).String(); got != "unknown" {
		t.Errorf("name of no state: got %s, want unknown", got)
	}
}
