package broker

import (
	"fmt"
	"slices"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/relaytest"
)

// messagesOf returns the sequences, subjects and texts that a stream has.
func messagesOf(t *testing.T, c Connection, stream string) (all []string) {
	t.Helper()
	err := c.EachMessage(t.Context(), stream, func(m *Message) error {
		all = append(all, fmt.Sprintf("%d %s %s %s", m.Seq, m.Subject, m.Data, m.Header.Get("Key")))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A stream is copied without taking anything out of it. The copy has the same messages, and with keep the
// same sequences.
func TestCopyStream(t *testing.T) {
	js := relaytest.JetStream(t)
	c := Connection{NC: js.Conn(), JS: js}
	from := jetstream.StreamConfig{Name: "FROM", Subjects: []string{"from.*"}, Retention: jetstream.WorkQueuePolicy}
	s, err := js.CreateStream(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 9 {
		m := nats.NewMsg("from.a")
		m.Data = fmt.Append(nil, "text ", i)
		m.Header.Set("Key", "value")
		m.Header.Set(jetstream.ExpectedLastSeqHeader, fmt.Sprint(i))
		if _, err := js.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for _, seq := range []uint64{1, 2, 5, 6} {
		if err := s.DeleteMsg(t.Context(), seq); err != nil {
			t.Fatal(err)
		}
	}
	want := messagesOf(t, c, "FROM")
	if len(want) != 5 || want[0] != "3 from.a text 2 value" {
		t.Fatalf("got %q, want 5 messages from 3 on", want)
	}
	var all []Message
	if err := c.EachMessage(t.Context(), "FROM", func(m *Message) error { all = append(all, *m); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), "FROM"); err != nil {
		t.Fatal(err)
	}
	for _, keep := range []bool{false, true} {
		to := from
		to.Name = fmt.Sprintf("TO_%v", keep) // a server under load removes the files of a deleted stream later
		if _, err := c.CreateAgain(t.Context(), to); err != nil {
			t.Fatal(err)
		}
		f, err := c.Fill(t.Context(), to.Name, keep)
		if err != nil {
			t.Fatal(err)
		}
		for i := range all {
			if err := f.Put(t.Context(), &all[i]); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := f.End(t.Context()); n != 5 || err != nil {
			t.Errorf("got %d, %v, want 5", n, err)
		}
		got := messagesOf(t, c, to.Name)
		if keep && !slices.Equal(got, want) || len(got) != len(want) || !keep && got[0] != "1 from.a text 2 value" {
			t.Errorf("keep %v: got %q, want %q", keep, got, want)
		}
		if err := js.DeleteStream(t.Context(), to.Name); err != nil {
			t.Fatal(err)
		}
	}
	if got := messagesOf(t, c, "FROM"); len(got) > 0 {
		t.Errorf("a stream that is gone: got %q", got)
	}
}

// The only stream of an account can be deleted and another be made at once, as often as one likes.
func TestCreateAgain(t *testing.T) {
	js := relaytest.JetStream(t)
	c := Connection{NC: js.Conn(), JS: js}
	for i := range 200 {
		cfg := jetstream.StreamConfig{Name: fmt.Sprint("S", i), Subjects: []string{"s.*"}}
		if _, err := c.CreateAgain(t.Context(), cfg); err != nil {
			t.Fatalf("stream %d: %v", i, err)
		}
		if err := js.DeleteStream(t.Context(), cfg.Name); err != nil {
			t.Fatal(err)
		}
	}
}
