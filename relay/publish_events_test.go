package relay

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

// threeEvents is an index with the events of three messages that were sent.
func threeEvents(t *testing.T) *book {
	t.Helper()
	l := newBook(t)
	p := placeOf(t)
	for i := range 3 {
		p.Number, p.Ordinal = uint16(i+1), uint64(i)
		l.write(acceptedOf(p, "id"))
	}
	return l
}

// eventIDs are the ids of the events in their outbox.
func (l *book) eventIDs() (ids []string) {
	all, err := l.ix.Outbox(index.EventOutbox, 0, 0, 1000)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, row := range all {
		var ev message.Event
		if err := json.Unmarshal(row.Body, &ev); err != nil {
			l.t.Fatal(err)
		}
		ids = append(ids, ev.Event)
	}
	return ids
}

// Events leave their outbox when the stream has acknowledged all of them and the log has a
// record of that.
func TestEventsLeaveTheOutbox(t *testing.T) {
	l := threeEvents(t)
	synctest.Test(t, func(t *testing.T) {
		r, s := idleRelayOn(t, l)
		type result struct {
			n   int
			err error
		}
		done := make(chan result, 1)
		go func() {
			n, err := r.feedback.events.publish(t.Context())
			done <- result{n, err}
		}()
		for i := range 3 {
			synctest.Wait()
			if b := r.ledger.queue.take(); b != nil {
				t.Errorf("after %d acknowledgements: got %d records for the log, want none", i, b.records)
			}
			s.acks[2-i].ok <- &jetstream.PubAck{}
		}
		synctest.Wait()
		b := r.ledger.queue.take()
		if b == nil || b.counts[journal.KindPublished] != 1 || len(done) > 0 {
			t.Fatalf("after all acknowledgements: got %+v for the log, want one record that is waited for", b)
		}
		read, err := journal.ParseBatch(b.buf)
		if rec := (journal.Record{}); err != nil || !read.Next(&rec) || rec.Seq != 3 || rec.Index != 0 {
			t.Errorf("up to: got %d.%d, %v, want 3.0", rec.Seq, rec.Index, err)
		}
		b.waiters[0].tell(index.Noted, nil)
		if got := <-done; got.n != 3 || got.err != nil {
			t.Errorf("got %d, %v, want 3", got.n, got.err)
		}
		if got := value(t, r.registry(), "readback_events_total", ""); got != 3 {
			t.Errorf("counted: got %v, want 3", got)
		}
	})
}

// Events that the stream did not acknowledge, or that the log has no record of, are published
// again with the same ids.
func TestEventsPublishedAgain(t *testing.T) {
	broken := errors.New("no responders")
	acknowledge := func(s *streams) {
		for _, ack := range s.acks {
			ack.ok <- &jetstream.PubAck{}
		}
	}
	tests := []struct {
		name   string
		refuse error
		then   func(*Relay, *streams)
		want   error
	}{
		{"refused at once", broken, func(*Relay, *streams) {}, broken},
		{"the last one refused", nil, func(_ *Relay, s *streams) {
			s.acks[0].ok <- nil
			s.acks[1].ok <- nil
			s.acks[2].err <- broken
		}, broken},
		{"not answered", nil, func(*Relay, *streams) {}, nats.ErrTimeout},
		{"the log is away", nil, func(r *Relay, s *streams) {
			acknowledge(s)
			synctest.Wait()
			r.ledger.queue.take().release().tell()
		}, errDown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := threeEvents(t)
			synctest.Test(t, func(t *testing.T) {
				r, s := idleRelayOn(t, l)
				s.refuse = tt.refuse
				done := make(chan error, 1)
				go func() { _, err := r.feedback.events.publish(t.Context()); done <- err }()
				synctest.Wait()
				tt.then(r, s)
				if err := <-done; !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				if b := r.ledger.queue.take(); b != nil {
					t.Errorf("got %d records for the log, want none", b.records)
				}
				first := s.ids()
				s.published, s.acks = nil, nil
				go func() { _, err := r.feedback.events.publish(t.Context()); done <- err }()
				synctest.Wait()
				want := l.eventIDs()
				if again := s.ids(); !slices.Equal(again, want) || len(first) > 0 && !slices.Equal(first, want) {
					t.Errorf("ids: got %q and again %q, want %q", first, again, want)
				}
				acknowledge(s)
				synctest.Wait()
				r.ledger.queue.take().release().tell() // or it would wait on
				if err := <-done; !errors.Is(err, errDown) {
					t.Errorf("at the end: got %v, want that the log is away", err)
				}
			})
		})
	}
}

// An event goes to the subject of its account, with its own id.
func TestEventMessage(t *testing.T) {
	row := []byte(`{"event":"01JABC","account":"a.b"}`)
	m, err := eventMessage(row)
	if err != nil || m.Subject != "readback.events.a=2Eb" || string(m.Data) != string(row) || m.Header.Get(nats.MsgIdHdr) != "01JABC" {
		t.Errorf("got %+v, %v", m, err)
	}
	if m, err := eventMessage([]byte("{")); err == nil {
		t.Errorf("nonsense: got %+v, want an error", m)
	}
}

// The publisher tries events again until the stream has acknowledged them, and publishes later
// events when they come.
func TestEventsGoOn(t *testing.T) {
	l := threeEvents(t)
	synctest.Test(t, func(t *testing.T) {
		r, s := idleRelayOn(t, l)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan bool)
		go func() { r.feedback.events.run(ctx); close(done) }()
		for i := range 3 {
			time.Sleep(time.Second)
			synctest.Wait()
			if len(s.acks) != 3 {
				t.Fatalf("try %d: got %d events, want 3", i+1, len(s.acks))
			}
			acks := s.acks
			s.acks = nil
			if i < 2 {
				acks[0].err <- nats.ErrNoResponders
				continue
			}
			for _, ack := range acks {
				ack.ok <- nil
			}
		}
		synctest.Wait()
		l.write(journal.Record{Kind: journal.KindPublished, Seq: 3}, acceptedOf(placeOf(t), "id4"))
		r.ledger.queue.take().waiters[0].tell(index.Noted, nil)
		synctest.Wait()
		r.feedback.events.notify()
		synctest.Wait()
		if len(s.acks) != 1 {
			t.Errorf("published later: got %d events, want 1", len(s.acks))
		}
		cancel()
		<-done
	})
}
