package conversation

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const sender, receiver = "10690001", "447700900101"

var start = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func at(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }

func submit(n int) Submit {
	return Submit{Key: fmt.Sprint("k", n), Sender: sender, Receiver: receiver, At: at(n)}
}

// show is a conversation in a line: each message's key, state and mark.
func show(b *Book, sender, receiver string) string {
	v, _ := b.Conversation(sender, receiver)
	var all []string
	for i, m := range v.Messages {
		all = append(all, strings.TrimRight(m.Key+" "+m.State.String()+" "+strings.ToUpper(v.Mark(i)), " "))
	}
	return strings.Join(all, ", ")
}

// sent is a book with messages k1 … kn, of message_ids 1 … n.
func sent(n int) *Book {
	b := New(Options{})
	for i := range n {
		b.Submitted(submit(i + 1))
		b.Answered(fmt.Sprint("k", i+1), fmt.Sprint(i+1))
	}
	return b
}

func tell(b *Book, s State, ids ...string) bool {
	return b.Tell(News{MessageIDs: ids, State: s, ReadAt: at(60)})
}

func TestBook(t *testing.T) {
	tests := []struct {
		name string
		do   func(b *Book)
		want string
	}{
		{"not answered", func(b *Book) { b.Submitted(submit(3)) }, "k1 sent, k2 sent SENT, k3 submitted"},
		{"read", func(b *Book) { tell(b, Read, "1") }, "k1 read READ, k2 sent SENT"},
		{"read all", func(b *Book) { tell(b, Read, "1"); tell(b, Read, "2") }, "k1 read, k2 read READ"},
		{"read the newer", func(b *Book) { tell(b, Read, "2") }, "k1 sent SENT, k2 read READ"},
		{"delivered", func(b *Book) { tell(b, Delivered, "1") }, "k1 delivered, k2 sent SENT"},
		{"deleted", func(b *Book) { tell(b, DeletedUnread, "2") }, "k1 sent, k2 deleted_unread SENT"},
		{"failed", func(b *Book) { tell(b, Failed, "2") }, "k1 sent SENT, k2 failed"},
		{"refused", func(b *Book) { b.Submitted(submit(3)); b.Refused("k3") }, "k1 sent, k2 sent SENT, k3 failed"},
		{"failed by mistake", func(b *Book) { tell(b, Failed, "1"); tell(b, Delivered, "1") }, "k1 delivered, k2 sent SENT"},
		{"nothing goes back", func(b *Book) { tell(b, Read, "1"); tell(b, Delivered, "1"); tell(b, Failed, "1") }, "k1 read READ, k2 sent SENT"},
		{"of no message", func(b *Book) { tell(b, Read, "77"); tell(b, Read); tell(b, Read, "") }, "k1 sent, k2 sent SENT"},
		{
			"feedback before the answer", func(b *Book) { tell(b, Read, "3"); b.Answered("k3", "3"); b.Submitted(submit(3)) },
			"k1 sent, k2 sent SENT, k3 read READ",
		},
		{"an older one submitted later", func(b *Book) { b.Submitted(submit(0)) }, "k0 submitted, k1 sent, k2 sent SENT"},
		{
			"without key", func(b *Book) {
				for range 2 {
					b.Submitted(Submit{MessageIDs: []string{"8"}, Sender: sender, Receiver: receiver, At: at(8)})
				}
				b.Submitted(Submit{Sender: sender, Receiver: receiver, At: at(9)})
				tell(b, Read, "8")
			}, "k1 sent, k2 sent SENT,  read READ",
		},
		{
			"an id given again", func(b *Book) { b.Submitted(submit(3)); b.Answered("k3", "1"); tell(b, Read, "1") },
			"k1 sent, k2 sent SENT, k3 read READ",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := sent(2)
			for range 2 { // twice is once
				tt.do(b)
			}
			if got := show(b, "+"+sender, "00"+receiver); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestParts(t *testing.T) {
	long := submit(1)
	long.Parts = 2
	tests := []struct {
		name string
		do   func(b *Book)
		want State
	}{
		{"one answered", func(b *Book) { b.Answered("k1", "1") }, Submitted},
		{"both answered", func(b *Book) { b.Answered("k1", "1"); b.Answered("k1", "2") }, Sent},
		{"one delivered", func(b *Book) { b.Answered("k1", "1", "2"); tell(b, Delivered, "2") }, Sent},
		{"both delivered", func(b *Book) { b.Answered("k1", "1", "2"); tell(b, Delivered, "2"); tell(b, Delivered, "1") }, Delivered},
		{"one failed", func(b *Book) { b.Answered("k1", "1", "2"); tell(b, Failed, "2"); tell(b, Delivered, "1") }, Failed},
		{"one refused", func(b *Book) { b.Answered("k1", "1"); b.Refused("k1") }, Failed},
		{"read by one id", func(b *Book) { b.Answered("k1", "1", "2"); tell(b, Read, "1") }, Read},
		{"read by both", func(b *Book) { b.Answered("k1", "1", "2"); tell(b, Read, "1", "2") }, Read},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := New(Options{})
			b.Submitted(long)
			tt.do(b)
			v, _ := b.Conversation(sender, receiver)
			if got := v.Messages[0].State; got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestTellChanged(t *testing.T) {
	b := sent(1)
	steps := []struct {
		state State
		id    string
		want  bool
	}{
		{Delivered, "1", true}, {Delivered, "1", false}, {Read, "1", true}, {Read, "1", false}, {Delivered, "1", false}, {Read, "2", false},
	}
	for i, s := range steps {
		if got := tell(b, s.state, s.id); got != s.want {
			t.Errorf("step %d, %v of %s: got %v, want %v", i+1, s.state, s.id, got, s.want)
		}
	}
}

func TestView(t *testing.T) {
	b := sent(2)
	number := uint16(17)
	for _, minutes := range []int{50, 40, 45} {
		b.Tell(News{MessageIDs: []string{"2"}, State: Read, ReadAt: at(minutes), Number: &number})
	}
	number = 18 // the caller's own
	v, ok := b.Conversation(sender, receiver)
	m := v.Messages[1]
	if !ok || m.Key != "k2" || !slices.Equal(m.MessageIDs, []string{"2"}) || !m.ReadAt.Equal(at(40)) || m.Number == nil || *m.Number != 17 {
		t.Errorf("got %+v, want k2 read at %v with number 17", m, at(40))
	}
	if v.Read != 1 || v.Sent != 0 || v.Messages[0].Number != nil || !v.Messages[0].ReadAt.IsZero() {
		t.Errorf("got %+v, want read at 1 and sent at 0", v)
	}
	if v, ok := b.Conversation(receiver, sender); ok || v.Read != -1 || v.Sent != -1 {
		t.Errorf("got %+v, %v, want no conversation", v, ok)
	}
}

func TestNormal(t *testing.T) {
	tests := map[string]string{
		"+447700900101": receiver, "00447700900101": receiver, receiver: receiver,
		"ACME Bank": "acme bank", "0012": "0012", "+": "+", "+44a": "+44a", "": "", "A\xe4": "a\xe4",
	}
	for in, want := range tests {
		if got := normal(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestAsMuchAsSaid fills each bound: what is within it is kept, and the oldest beyond it is
// not.
func TestAsMuchAsSaid(t *testing.T) {
	b := New(Options{Early: 2})
	for _, n := range []string{"1", "2"} {
		b.Answered("k"+n, n)
		tell(b, Read, "r"+n)
	}
	b.Submitted(submit(1))
	b.Submitted(Submit{Key: "k3", MessageIDs: []string{"r1"}, Sender: sender, Receiver: receiver, At: at(3)})
	if got, want := show(b, sender, receiver), "k1 sent SENT, k3 read READ"; got != want {
		t.Errorf("within what may come early: got %s, want %s", got, want)
	}
	b = New(Options{Early: 2})
	for _, n := range []string{"1", "2", "4"} {
		b.Answered("k"+n, n)
		tell(b, Read, "r"+n)
	}
	b.Submitted(submit(1))
	b.Submitted(submit(2))
	b.Submitted(Submit{Key: "k3", MessageIDs: []string{"r1"}, Sender: sender, Receiver: receiver, At: at(3)})
	if got, want := show(b, sender, receiver), "k1 submitted, k2 sent, k3 sent SENT"; got != want {
		t.Errorf("beyond it: got %s, want %s", got, want)
	}
	b = sent(0)
	many := submit(1)
	many.Parts = maxParts + 1
	for n := range maxParts + 1 {
		many.MessageIDs = append(many.MessageIDs, fmt.Sprint(n))
	}
	b.Submitted(many)
	v, _ := b.Conversation(sender, receiver)
	if got := v.Messages[0]; len(got.MessageIDs) != maxParts || got.State != Sent {
		t.Errorf("got %d parts, %v, want %d, %v", len(got.MessageIDs), got.State, maxParts, Sent)
	}
}

func TestStateNames(t *testing.T) {
	for s, want := range map[State]string{Submitted: "submitted", Read: "read", Read + 1: "unknown", 255: "unknown"} {
		if got := s.String(); got != want {
			t.Errorf("state %d: got %s, want %s", s, got, want)
		}
	}
}

// TestNewsOfKnownAndUnknown tells of a message by a message_id that is known and one that is
// not: the latter is not kept for an answer to come. Of those that all are unknown no more
// are kept than a message can have.
func TestNewsOfKnownAndUnknown(t *testing.T) {
	b := sent(2)
	tell(b, Read, "x", "1", "2")
	if got, want := show(b, sender, receiver), "k1 read, k2 read READ"; got != want || b.byID["x"] != nil {
		t.Errorf("got %s, kept x: %v, want %s without it", got, b.byID["x"] != nil, want)
	}
	var ids []string
	for n := range maxParts + 1 {
		ids = append(ids, fmt.Sprint("u", n))
	}
	tell(b, Read, ids...)
	if got := len(b.earlyParts); got != maxParts {
		t.Errorf("kept %d message_ids, want %d", got, maxParts)
	}
}
