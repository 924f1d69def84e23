package feedback

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/journal/journaltest"
)

// places lists the places of the rows that the records are about.
func places(all []journal.Record) string {
	text := ""
	for _, rec := range all {
		text += fmt.Sprint(rec.Seq, ".", rec.Index, " ")
	}
	return text
}

// gone lists the places in the outbox of the feedback that has left it since gone was last called.
func (f *fixture) gone() string {
	var fed []journal.Record
	for _, rec := range f.recorder.take() {
		if rec.Kind == journal.KindFed {
			fed = append(fed, rec)
		}
	}
	return places(fed)
}

// A feedback leaves the outbox when its queue has acknowledged it and all feedback before it.
func TestFeedbackLeavesTheOutbox(t *testing.T) {
	ix := newTestIndex(t)
	ix.writeReads(3)
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, ix)
		s := f.streams
		p := f.outbox
		done := make(chan error, 1)
		go func() {
			more, err := p.publish(t.Context())
			if more {
				t.Error("there is more: got true, want false")
			}
			done <- err
		}()
		synctest.Wait()
		if len(s.acks) != 3 {
			t.Fatalf("published: got %d, want 3", len(s.acks))
		}
		if got := f.gone(); got != "" {
			t.Errorf("before an acknowledgement: got rows %sgone, want none", got)
		}
		s.acks[1].ok <- &jetstream.PubAck{}
		synctest.Wait()
		if got := f.gone(); got != "" {
			t.Errorf("after that of the second: got rows %sgone, want none yet", got)
		}
		s.acks[0].ok <- &jetstream.PubAck{}
		synctest.Wait()
		if got := f.gone(); got != "2.0 3.0 " {
			t.Errorf("after that of the first: got rows %sgone, want 2.0 3.0", got)
		}
		s.acks[2].ok <- &jetstream.PubAck{}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got := f.gone(); got != "4.0 " {
			t.Errorf("after that of the third: got rows %sgone, want 4.0", got)
		}
		if !f.waits("bank") {
			t.Error("the account is not known to have feedback")
		}
		// The log has not brought in that they are gone: they are not published twice.
		if more, err := p.publish(t.Context()); more || err != nil || len(s.acks) != 3 {
			t.Errorf("once more: got %v, %v, %d published, want nothing new", more, err, len(s.acks))
		}
	})
}

// publish publishes what is in the outbox, and returns once it waits.
func (f *fixture) publish() <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := f.outbox.publish(f.t.Context())
		done <- err
	}()
	synctest.Wait()
	return done
}

// Feedback that the queue did not acknowledge is published again with the same id.
func TestPublishedAgain(t *testing.T) {
	broken := errors.New("no responders")
	tests := []struct {
		name string
		fail func(*streams) // before it is published
		then func(*streams) // when it is published
		want string         // the error
		fed  string
	}{
		{"refused at once", func(s *streams) { s.refuse = broken }, func(*streams) {}, "no responders", ""},
		{"refused", func(*streams) {}, func(s *streams) { s.acks[0].err <- broken }, "no responders", ""},
		{"the second one refused", func(*streams) {}, func(s *streams) {
			s.acks[0].ok <- nil
			s.acks[1].err <- broken
		}, "no responders", "2.0 "},
		{"not answered", func(*streams) {}, func(*streams) { time.Sleep(5 * time.Second) }, "timeout", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ix := newTestIndex(t)
			ix.writeReads(2)
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t, ix)
				s := f.streams
				tt.fail(s)
				done := f.publish()
				began := time.Now()
				tt.then(s)
				if err := <-done; err == nil || !strings.Contains(err.Error(), tt.want) || time.Since(began) > 5*time.Second {
					t.Errorf("got %v after %s, want %s", err, time.Since(began), tt.want)
				}
				if got := f.gone(); got != tt.fed {
					t.Errorf("gone: got rows %q, want %q", got, tt.fed)
				}
				first := s.ids()
				s.published, s.acks = nil, nil
				done = f.publish()
				again := s.ids()
				if len(again) != 2 || again[0] == again[1] || again[0] == "" || len(first) > 0 && !slices.Equal(again, first) {
					t.Errorf("ids: got %q, want both again as %q", again, first)
				}
				s.acknowledge()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A publisher that waits for a queue, or for room in the log, ends with its context.
func TestPublishEnds(t *testing.T) {
	ix := newTestIndex(t)
	ix.writeReads(1)
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, ix)
		s := f.streams
		p := f.outbox
		done := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _, err := p.publish(ctx); done <- err }()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("waiting for the queue: got %v, want that it was cancelled", err)
		}
		f.recorder.full = true
		ctx, cancel = context.WithCancel(t.Context())
		go func() { _, err := p.publish(ctx); done <- err }()
		synctest.Wait()
		s.acks[1].ok <- &jetstream.PubAck{}
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) || p.seq != 0 {
			t.Errorf("waiting for the log: got %v at %d, want that it was cancelled at 0", err, p.seq)
		}
	})
}

// What was published when the service stops leaves the outbox, so that it is not published again
// after the restart.
func TestPublishedAtTheEnd(t *testing.T) {
	ix := newTestIndex(t)
	ix.writeReads(1)
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, ix)
		done := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _, err := f.outbox.publish(ctx); done <- err }()
		synctest.Wait()
		cancel()
		time.Sleep(stopTime / 2)
		f.streams.acknowledge()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got := f.gone(); got != "2.0 " {
			t.Errorf("gone: got rows %q, want 2.0", got)
		}
	})
}

// The feedback of a quiet account leaves the outbox, and no queue gets it.
func TestQuietAccount(t *testing.T) {
	ix := newTestIndex(t)
	ix.writeReads(1)
	f := newFixture(t, ix)
	s := f.streams
	f.Use(Settings{Account: func(account string) AccountSettings { return AccountSettings{Quiet: account == "bank"} }})
	p := f.outbox
	if _, err := p.publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := f.gone(); got != "2.0 " || len(s.published) != 0 {
		t.Errorf("got rows %sgone and %d published, want 2.0 gone and none", got, len(s.published))
	}
	if f.waits("bank") {
		t.Error("the account is known to have feedback, want that it has none")
	}
	if off, published := f.counted("off"), f.counted("published"); off != 1 || published != 0 {
		t.Errorf("counted: got %v off and %v published, want 1 and 0", off, published)
	}
}

// An outbox with more rows than one batch is published batch by batch, each from where the one
// before ended.
func TestOutboxIsPublishedInPieces(t *testing.T) {
	ix := newTestIndex(t)
	var all []journal.Record
	p := testPlace(t)
	const n = outboxBatch + 3
	for i := range n {
		p.Number, p.Ordinal = uint16(i+1), uint64(i)
		all = append(all, journaltest.AcceptedAt(p, "id"), readRecord(p, time.UnixMilli(2000)))
	}
	ix.write(all...)
	f := newFixture(t, ix)
	s := f.streams
	f.Use(Settings{Account: func(string) AccountSettings { return AccountSettings{Quiet: true} }})
	pub := f.outbox
	for i, want := range []int{outboxBatch, 3, 0} {
		more, err := pub.publish(t.Context())
		if got := len(f.recorder.take()); err != nil || got != want || more != (i == 0) {
			t.Errorf("piece %d: got %d rows gone, more %v, %v, want %d", i+1, got, more, err, want)
		}
	}
	if len(s.published) != 0 {
		t.Errorf("published: got %d of a quiet account", len(s.published))
	}
}

// A feedback goes to the queue of its account. Its id is the same each time, and differs from
// that of any other feedback.
func TestFeedbackMessage(t *testing.T) {
	ix := newTestIndex(t)
	ix.writeReads(2)
	found, err := ix.Outbox(index.FeedbackOutbox, 0, 0, 10)
	if err != nil || len(found) != 2 {
		t.Fatalf("outbox: %d rows, %v", len(found), err)
	}
	var ids []string
	for _, row := range found {
		m, err := feedbackMessage(row)
		if err != nil || m.account != "bank" || m.Subject != "readback.feedback.0.bank" || string(m.Data) != string(row.Body) {
			t.Fatalf("got %+v, %v", m, err)
		}
		ids = append(ids, m.Header.Get(nats.MsgIdHdr))
	}
	again, _ := feedbackMessage(found[0])
	if ids[0] == ids[1] || again.Header.Get(nats.MsgIdHdr) != ids[0] {
		t.Errorf("ids: got %q, and %q made again", ids, again.Header.Get(nats.MsgIdHdr))
	}
	later := index.Row{Body: bytes.Replace(found[0].Body, []byte(`"submitted_at":"1`), []byte(`"submitted_at":"2`), 1)}
	if m, err := feedbackMessage(later); err != nil || m.Header.Get(nats.MsgIdHdr) == ids[0] {
		t.Errorf("a message with the same ordinal, sent later: got %v, the same id", err)
	}
	for _, body := range []string{"{", `{"event":"short"}`, ""} {
		if m, err := feedbackMessage(index.Row{Body: []byte(body)}); !errors.Is(err, errMalformed) {
			t.Errorf("%s: got %+v, %v, want that it is malformed", body, m, err)
		}
	}
}
