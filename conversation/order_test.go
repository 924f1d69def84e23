package conversation

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"readback/internal/seed"
)

// step is one call of a book.
type step func(b *Book)

// history makes messages with all that happens to them, in the order in which it
// happens.
func history(r *rand.Rand) (steps []step) {
	for n := range 1 + r.IntN(6) {
		s := submit(n)
		s.Receiver = fmt.Sprint(receiver, r.IntN(2))
		s.Parts = 1 + r.IntN(3)
		steps = append(steps, func(b *Book) { b.Submitted(s) })
		if r.IntN(6) == 0 {
			steps = append(steps, func(b *Book) { b.Refused(s.Key) })
		}
		var ids []string
		for part := range s.Parts {
			if r.IntN(8) == 0 {
				continue // never answered
			}
			id := fmt.Sprint(n, "-", part)
			ids = append(ids, id)
			steps = append(steps, func(b *Book) { b.Answered(s.Key, id) })
			for range r.IntN(3) {
				state := []State{Delivered, Delivered, Failed}[r.IntN(3)]
				steps = append(steps, func(b *Book) { tell(b, state, id) })
			}
		}
		for range r.IntN(3) {
			number, state, readAt := uint16(n), []State{Read, Read, DeletedUnread}[r.IntN(3)], at(60+r.IntN(60))
			about := ids[:r.IntN(len(ids)+1)]
			steps = append(steps, func(b *Book) {
				b.Tell(News{MessageIDs: about, State: state, ReadAt: readAt, Number: &number})
			})
		}
	}
	return steps
}

// views are both conversations; the order of a message's parts is that of its answers.
func views(b *Book) string {
	var all string
	for n := range 2 {
		v, _ := b.Conversation(sender, fmt.Sprint(receiver, n))
		for i, m := range v.Messages {
			slices.Sort(m.MessageIDs)
			number := -1
			if m.Number != nil {
				number = int(*m.Number)
			}
			all += fmt.Sprintln(m.Key, m.MessageIDs, m.At, m.State, m.ReadAt, number, v.Mark(i))
		}
	}
	return all
}

// TestAnyOrder tells books the same things in other orders, some of them twice: they show
// the same, and on the way nothing goes back.
func TestAnyOrder(t *testing.T) {
	r := seed.Rand(t)
	for try := range 400 {
		steps := history(r)
		b := New(Options{})
		for _, s := range steps {
			s(b)
		}
		want := views(b)
		for range 3 {
			for range 2 {
				steps = append(steps, steps[r.IntN(len(steps))])
			}
			r.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
			b := New(Options{})
			reached := make(map[string]State)
			for i, s := range steps {
				s(b)
				for key, m := range b.byKey {
					if m.state() < reached[key] {
						t.Fatalf("history %d, step %d: %s goes from %v back to %v", try, i, key, reached[key], m.state())
					}
					reached[key] = m.state()
				}
			}
			if got := views(b); got != want {
				t.Fatalf("history %d: got\n%swant\n%s", try, got, want)
			}
		}
	}
}

// TestAtOnce has many goroutines tell a book, and one look.
func TestAtOnce(t *testing.T) {
	steps := history(seed.Rand(t))
	one, many := New(Options{}), New(Options{})
	for _, s := range steps {
		s(one)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, s := range steps {
				s(many)
				views(many)
			}
		})
	}
	wg.Wait()
	if got, want := views(many), views(one); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestBounds(t *testing.T) {
	opt := Options{Conversations: 3, Messages: 4, Early: 5}
	b := New(opt)
	for n := range 200 {
		s := submit(n)
		s.Receiver = fmt.Sprint(receiver, n%7/2) // of four, the one without a message for longest is gone
		b.Submitted(s)
		b.Answered(s.Key, fmt.Sprint(n))
		b.Answered(fmt.Sprint("unknown", n), fmt.Sprint("u", n))
		b.Submitted(Submit{MessageIDs: []string{fmt.Sprint("old", n)}, Sender: sender, Receiver: s.Receiver, At: at(-1)})
		tell(b, Read, fmt.Sprint("nobody's", n), fmt.Sprint("neither", n))
		tell(b, Read, fmt.Sprint(n))
	}
	if got := len(b.conversations); got != opt.Conversations || b.recent.Len() != got {
		t.Errorf("%d conversations, want %d", got, opt.Conversations)
	}
	messages := 0
	for _, c := range b.conversations {
		if len(c.messages) > opt.Messages {
			t.Errorf("%d messages in a conversation, want at most %d", len(c.messages), opt.Messages)
		}
		messages += len(c.messages)
	}
	if got, most := len(b.byKey), messages+opt.Early; got > most {
		t.Errorf("%d keys for %d messages, want at most %d", got, messages, most)
	}
	if got, most := len(b.byID), messages+2*opt.Early; got > most {
		t.Errorf("%d message_ids for %d messages, want at most %d", got, messages, most)
	}
	if len(b.earlyMessages) > opt.Early || len(b.earlyParts) > opt.Early {
		t.Errorf("%d and %d that came early, want at most %d", len(b.earlyMessages), len(b.earlyParts), opt.Early)
	}
	long := fmt.Sprintf("%065d", 1)
	tell(b, Read, long)
	b.Answered("k199", long)
	if b.byID[long] != nil {
		t.Error("a message_id of 65 octets is kept")
	}
}
