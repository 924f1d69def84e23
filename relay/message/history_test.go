package message

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// What happened comes in the order of time, and only that.
func TestHistoryEvents(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	for _, tt := range []struct {
		name string
		h    History
		want string
	}{
		{"sent", History{SubmittedAt: at(1)}, "1 submitted"},
		{"expired", History{SubmittedAt: at(1), Trail: Trail{Carriage: CarriageUDH, Answered: 1000}, State: StateExpired, FailedAt: at(4)}, "1 submitted, 2 accepted, 4 expired"},
		{"delivered after all", History{SubmittedAt: at(1), State: StateDelivered, FailedAt: at(4), DeliveredAt: at(5)}, "1 submitted, 4 failed, 5 delivered"},
		{"told", History{SubmittedAt: at(1), DeliveredAt: at(3), NotReadAt: at(4), ReceivedAt: at(5), State: StateRead, Told: Told{State: ToldDone, At: at(6)}}, "1 submitted, 3 delivered, 4 not_read, 5 read, 6 told"},
		{"receipt after the read", History{SubmittedAt: at(1), DeliveredAt: at(3), ReceivedAt: at(2), State: StateRead, Told: Told{State: ToldWaiting}}, "1 submitted, 2 read, 3 delivered"},
		{"given up", History{SubmittedAt: at(1), ReceivedAt: at(2), State: StateDeletedUnread, Told: Told{State: ToldDead, At: at(9)}}, "1 submitted, 2 deleted_unread, 9 dead_letter"},
	} {
		var got []string
		for _, e := range tt.h.Events() {
			got = append(got, fmt.Sprint(e.At.Unix(), " ", e.What))
		}
		if got := strings.Join(got, ", "); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// Each state of feedback has a name.
func TestToldNames(t *testing.T) {
	seen := make(map[string]bool)
	for s := ToldNothing; s <= ToldGone; s++ {
		if seen[s.String()] {
			t.Errorf("%d: got %q twice", s, s)
		}
		seen[s.String()] = true
	}
}
