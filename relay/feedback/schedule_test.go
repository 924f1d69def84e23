package feedback

import (
	"fmt"
	"testing"
	"time"

	"readback/relay/message"
)

// nextAlone is next for an only session.
func (o *schedule) nextAlone(now time.Time) (h *held, again time.Time) {
	if o.sessions[1] == nil {
		o.sessions[1] = &session{id: 1}
	}
	return o.next(now, o.sessions[1])
}

func TestOrder(t *testing.T) {
	o := newSchedule()
	now := time.Unix(1795000000, 0)
	fb := func(receiver string) *message.Feedback { return &message.Feedback{Sender: "s", Receiver: receiver} }
	next := func(want uint64) *held {
		t.Helper()
		h, _ := o.nextAlone(now)
		var got uint64
		if h != nil {
			got = h.seq
		}
		if got != want {
			t.Errorf("next: got %d, want %d", got, want)
		}
		return h
	}
	o.add(7, nil, fb("a"), now)
	o.add(5, nil, fb("a"), now)
	o.add(6, nil, fb("b"), now)
	a5 := next(5)
	b6 := next(6)
	next(0) // 7 waits for 5
	o.later(a5, now.Add(time.Second))
	if h, again := o.nextAlone(now); h != nil || !again.Equal(now.Add(time.Second)) {
		t.Errorf("put off: got %v at %v", h, again)
	}
	o.add(5, nil, fb("a"), now) // came again
	next(0)
	now = now.Add(time.Second)
	o.done(next(5), nil)
	o.done(b6, nil)
	o.done(next(7), nil)
	if len(o.held) != 0 || len(o.conversations) != 0 || o.telling != 0 {
		t.Errorf("at the end: got %+v, want nothing", o)
	}
	for i := range uint64(maxTells + 1) {
		o.add(100+i, nil, fb(fmt.Sprint(i)), now)
	}
	for i := range uint64(maxTells) {
		next(100 + i)
	}
	next(0) // no more at once
}

// A conversation is the same in every notation of its addresses.
func TestOrderOfNotations(t *testing.T) {
	o := newSchedule()
	now := time.Unix(1795000000, 0)
	o.add(1, nil, &message.Feedback{Sender: "Bank", Receiver: "+447700900123"}, now)
	o.add(2, nil, &message.Feedback{Sender: "BANK", Receiver: "447700900123"}, now)
	first, _ := o.nextAlone(now)
	if second, _ := o.nextAlone(now); second != nil {
		t.Errorf("got %+v told beside the one before it", second.fb)
	}
	o.done(first, nil)
	if h, _ := o.nextAlone(now); h == nil || h.seq != 2 {
		t.Errorf("got %+v, want the second one", h)
	}
}

func TestAccountToken(t *testing.T) {
	tests := []struct{ account, want string }{
		{"bank", "bank"},
		{"Bank_1-a", "Bank_1-a"},
		{"a.b c*>=", "a=2Eb=20c=2A=3E=3D"},
		{"ü", "=C3=BC"},
		{"", "="},
	}
	for _, tt := range tests {
		if got := accountToken(tt.account); got != tt.want {
			t.Errorf("token of %q: got %q, want %q", tt.account, got, tt.want)
		}
	}
}

func TestOrderKeepsTheRate(t *testing.T) {
	now := time.Unix(1795000000, 0)
	tests := []struct {
		name   string
		rate   float64
		step   time.Duration
		want   int // told within a second
		atOnce int
	}{
		{"none", 0, time.Second, 60, 60},
		{"one", 1, 10 * time.Millisecond, 2, 1}, // at its beginning and at its end
		{"ten", 10, 7 * time.Millisecond, 11, 1},
		{"forty, looked at seldom", 40, 40 * time.Millisecond, 43, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newSchedule()
			o.limits = AccountSettings{Rate: tt.rate, Tells: 100}.limits()
			for i := range uint64(60) {
				o.add(i, nil, &message.Feedback{Receiver: fmt.Sprint(i)}, now)
			}
			told, atOnce := 0, 0
			for at := now; !at.After(now.Add(time.Second)); at = at.Add(tt.step) {
				for {
					h, again := o.nextAlone(at)
					if h == nil {
						if told < 60 && !again.After(at) {
							t.Fatalf("nothing at %v, and to look again at %v", at, again)
						}
						break
					}
					o.done(h, nil)
					told++
				}
				if at.Equal(now) {
					atOnce = told
				}
			}
			if told != tt.want || atOnce != tt.atOnce {
				t.Errorf("told: got %d in a second and %d at once, want %d and %d", told, atOnce, tt.want, tt.atOnce)
			}
		})
	}
}
