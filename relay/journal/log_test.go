package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/relaytest"
)

// streamLog opens the log in a stream of a NATS server.
func streamLog(t *testing.T) (open func() Log, js jetstream.JetStream) {
	t.Helper()
	js = relaytest.JetStream(t)
	return func() Log {
		s, err := js.CreateOrUpdateStream(relaytest.Deadline(t), jetstream.StreamConfig{Name: Stream, Subjects: []string{Subject}, AllowDirect: true})
		if err != nil {
			t.Fatal(err)
		}
		l, err := NewJetStream(js, s.CachedInfo(), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(l.Close)
		return l
	}, js
}

// onBoth runs a test on a log in JetStream and on one in memory.
func onBoth(t *testing.T, test func(t *testing.T, open func() Log)) {
	t.Run("JetStream", func(t *testing.T) {
		open, _ := streamLog(t)
		test(t, open)
	})
	t.Run("memory", func(t *testing.T) { test(t, new(Memory).Open) })
}

func mustAppend(t *testing.T, l Log, batches ...string) {
	t.Helper()
	for _, b := range batches {
		if err := l.Append(relaytest.Deadline(t), []byte(b)); err != nil {
			t.Fatal(err)
		}
	}
}

// A log gives back what was appended, from any sequence on, and says where it begins and ends.
func TestReplay(t *testing.T) {
	onBoth(t, func(t *testing.T, open func() Log) {
		first := open()
		if got := first.Info(); !got.Empty || got.Last != 0 || got.Created == 0 {
			t.Errorf("before the first batch: got %+v, want it empty", got)
		}
		if newest, err := first.Newest(relaytest.Deadline(t)); newest != nil || err != nil {
			t.Errorf("newest: got %q, %v, want none", newest, err)
		}
		mustAppend(t, first, "one", "two", "three")
		if first.Last() != 3 {
			t.Errorf("last: got %d, want 3", first.Last())
		}
		l := open()
		if got := l.Info(); got.Empty || got.First != 1 || got.Last != 3 || l.Last() != 3 || got.Created != first.Info().Created {
			t.Errorf("opened again: got %+v, last %d, want 1 to 3", got, l.Last())
		}
		if newest, err := l.Newest(relaytest.Deadline(t)); string(newest) != "three" || err != nil {
			t.Errorf("newest: got %q, %v, want three", newest, err)
		}
		mustAppend(t, l, "four") // behind what is replayed
		all := []string{"1 one", "2 two", "3 three"}
		for from := range uint64(5) {
			var got []string
			err := l.Replay(relaytest.Deadline(t), from, func(seq uint64, b []byte) error {
				got = append(got, fmt.Sprint(seq, " ", string(b)))
				return nil
			})
			if want := all[min(max(from, 1)-1, 3):]; !slices.Equal(got, want) || err != nil {
				t.Errorf("from %d: got %q, %v, want %q", from, got, err, want)
			}
		}
		broken := errors.New("broken")
		if err := l.Replay(relaytest.Deadline(t), 1, func(uint64, []byte) error { return broken }); !errors.Is(err, broken) {
			t.Errorf("got %v, want the error of the reader", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := l.Replay(ctx, 1, func(uint64, []byte) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want that the time is over", err)
		}
		if err := l.Append(ctx, []byte("five")); !errors.Is(err, context.Canceled) {
			t.Errorf("append: got %v, want that the time is over", err)
		}
	})
}

// Of two writers the one that has not appended last is refused, and loses the log.
func TestSecondWriter(t *testing.T) {
	onBoth(t, func(t *testing.T, open func() Log) {
		a := open()
		mustAppend(t, a, "one")
		b := open()
		mustAppend(t, b, "two")
		err := a.Append(relaytest.Deadline(t), []byte("mine"))
		if refused, ok := errors.AsType[*RefusedError](err); !ok || refused.Unwrap() == nil || a.Last() != 1 {
			t.Errorf("append: got %v and the end at %d, want a refusal and 1", err, a.Last())
		}
		if fate, err := a.Settle(relaytest.Deadline(t), []byte("mine")); fate != Unknown || !errors.Is(err, ErrFenced) || !IsFinal(err) {
			t.Errorf("settle: got %v, %v, want ErrFenced", fate, err)
		}
		mustAppend(t, b, "three")
	})
}

// An append whose acknowledgement was lost is not repeated.
func TestAppendThatLanded(t *testing.T) {
	onBoth(t, func(t *testing.T, open func() Log) {
		behind := open()
		l := open()
		mustAppend(t, l, "one")
		if fate, err := behind.Settle(relaytest.Deadline(t), []byte("one")); fate != Landed || err != nil || behind.Last() != 1 {
			t.Errorf("landed: got %v, %v and the end at %d, want 1", fate, err, behind.Last())
		}
		if fate, err := behind.Settle(relaytest.Deadline(t), []byte("two")); fate != Lost || err != nil || behind.Last() != 1 {
			t.Errorf("lost: got %v, %v and the end at %d, want 1", fate, err, behind.Last())
		}
		mustAppend(t, behind, "two")
	})
}

// A log whose batches have all expired goes on behind them.
func TestAppendBehindExpired(t *testing.T) {
	open, js := streamLog(t)
	l := open()
	mustAppend(t, l, "one", "two")
	stream, err := js.Stream(relaytest.Deadline(t), Stream)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(relaytest.Deadline(t)); err != nil {
		t.Fatal(err)
	}
	if got := open(); !got.Info().Empty || got.Info().Last != 2 || got.Last() != 2 {
		t.Errorf("opened again: got %+v, last %d, want it empty behind 2", got.Info(), got.Last())
	}
	if fate, err := l.Settle(relaytest.Deadline(t), []byte("three")); fate != Lost || err != nil {
		t.Errorf("all expired: got %v, %v, want lost", fate, err)
	}
	if mustAppend(t, l, "three"); l.Last() != 3 {
		t.Errorf("append to what has expired: the end is at %d, want 3", l.Last())
	}
}

// A fault of the log in memory fails an append, with or without its batch.
func TestFault(t *testing.T) {
	fault := errors.New("fault")
	for _, stored := range []bool{false, true} {
		m := new(Memory)
		m.SetFault(func([]byte) (bool, error) { return stored, fault })
		l := m.Open()
		if err := l.Append(t.Context(), []byte("one")); !errors.Is(err, fault) || l.Last() != 0 {
			t.Errorf("append: got %v and the end at %d, want the fault and 0", err, l.Last())
		}
		want := Lost
		if stored {
			want = Landed
		}
		if fate, err := l.Settle(t.Context(), []byte("one")); fate != want || err != nil {
			t.Errorf("settle: got %v, %v, want %v", fate, err, want)
		}
		m.SetFault(nil)
		mustAppend(t, l, "two")
	}
}

// What a newer release has written last is refused. What is damaged matters when it is read.
func TestCheckNewest(t *testing.T) {
	head := AppendHeader(nil, Header{Epoch: 9})
	damaged := Seal([]byte{BatchVersion + 1, 1, 2, 3})
	damaged[2]++
	for _, tt := range []struct {
		name  string
		batch []byte
		newer bool
	}{
		{"none", nil, false},
		{"empty", []byte{}, false},
		{"damaged", []byte{0}, false},
		{"no header", Seal([]byte{BatchVersion}), false},
		{"kind 0", Seal(append(slices.Clone(head), 0)), false},
		{"a newer kind", Seal(append(slices.Clone(head), byte(Kinds), 0)), true},
		{"a newer version", Seal([]byte{BatchVersion + 1, 1, 2, 3}), true},
		{"a newer version, damaged", damaged, false},
	} {
		m := new(Memory)
		if l := m.Open(); tt.batch != nil {
			mustAppend(t, l, string(tt.batch))
		}
		_, isNewer := errors.AsType[*FormatError](CheckNewest(t.Context(), m.Open()))
		if isNewer != tt.newer {
			t.Errorf("%s: refused %v, want %v", tt.name, isNewer, tt.newer)
		}
	}
	open, js := streamLog(t)
	mustAppend(t, open(), "one")
	l := open()
	js.Conn().Close()
	if err := CheckNewest(relaytest.Deadline(t), l); err == nil {
		t.Error("a log that cannot be asked: got no error")
	}
}
