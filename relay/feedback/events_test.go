package feedback

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// threeEvents is an index with the events of three messages that were sent.
func threeEvents(t *testing.T) *testIndex {
	t.Helper()
	ix := newTestIndex(t)
	p := testPlace(t)
	for i := range 3 {
		p.Number, p.Ordinal = uint16(i+1), uint64(i)
		ix.write(journaltest.AcceptedAt(p, "id"))
	}
	return ix
}

// Events leave their outbox when the stream has acknowledged all of them and the log has a
// record of that.
func TestEventsLeaveTheOutbox(t *testing.T) {
	ix := threeEvents(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, ix)
		type result struct {
			more bool
			err  error
		}
		done := make(chan result, 1)
		go func() {
			more, err := f.events.publish(t.Context())
			done <- result{more, err}
		}()
		for i := range 3 {
			synctest.Wait()
			if got := f.recorder.take(); len(got) > 0 {
				t.Errorf("after %d acknowledgements: got %+v for the log, want nothing", i, got)
			}
			f.streams.acks[2-i].ok <- &jetstream.PubAck{}
		}
		synctest.Wait()
		got := f.recorder.take()
		if len(got) != 1 || got[0].Kind != journal.KindPublished || len(done) > 0 {
			t.Fatalf("after all acknowledgements: got %+v for the log, want one record that is waited for", got)
		}
		if got[0].Seq != 3 || got[0].Index != 0 {
			t.Errorf("up to: got %d.%d, want 3.0", got[0].Seq, got[0].Index)
		}
		f.recorder.answer(message.Accept())
		if got := <-done; got.more || got.err != nil {
			t.Errorf("got more %v, %v, want no more", got.more, got.err)
		}
		if got := relaytest.Metric(t, f.reg, "readback_events_total", ""); got != 3 {
			t.Errorf("counted: got %v, want 3", got)
		}
	})
}

// publishEvents publishes what is in the outbox of the events, and returns once it waits.
func (f *fixture) publishEvents() <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := f.events.publish(f.t.Context())
		done <- err
	}()
	synctest.Wait()
	return done
}

// Events that the stream did not acknowledge, or that the log has no record of, are published
// again with the same ids.
func TestEventsPublishedAgain(t *testing.T) {
	broken := errors.New("no responders")
	tests := []struct {
		name   string
		refuse error
		then   func(*fixture)
		want   error
	}{
		{"refused at once", broken, func(*fixture) {}, broken},
		{"the last one refused", nil, func(f *fixture) {
			f.streams.acks[0].ok <- nil
			f.streams.acks[1].ok <- nil
			f.streams.acks[2].err <- broken
		}, broken},
		{"not answered", nil, func(*fixture) {}, nats.ErrTimeout},
		{"the log is away", nil, func(f *fixture) {
			f.streams.acknowledge()
			synctest.Wait()
			f.recorder.take()
			f.recorder.answer(message.LedgerDown())
		}, errDown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ix := threeEvents(t)
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t, ix)
				f.streams.refuse = tt.refuse
				done := f.publishEvents()
				tt.then(f)
				if err := <-done; !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				if got := f.recorder.take(); len(got) > 0 {
					t.Errorf("got %+v for the log, want nothing", got)
				}
				first := f.streams.ids()
				f.streams.published, f.streams.acks = nil, nil
				done = f.publishEvents()
				want := ix.eventIDs()
				if again := f.streams.ids(); !slices.Equal(again, want) || len(first) > 0 && !slices.Equal(first, want) {
					t.Errorf("ids: got %q and again %q, want %q", first, again, want)
				}
				f.streams.acknowledge()
				synctest.Wait()
				f.recorder.answer(message.LedgerDown()) // or it would wait on
				if err := <-done; !errors.Is(err, errDown) {
					t.Errorf("at the end: got %v, want that the log is away", err)
				}
			})
		})
	}
}

// Events that were published when the service stops leave their outbox.
func TestEventsPublishedAtTheEnd(t *testing.T) {
	ix := threeEvents(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, ix)
		done := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _, err := f.events.publish(ctx); done <- err }()
		synctest.Wait()
		cancel()
		f.streams.acknowledge()
		synctest.Wait()
		f.recorder.answer(message.Accept())
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// An event goes to the subject of its account, with its own id.
func TestEventMessage(t *testing.T) {
	row := []byte(`{"event":"01JABC","account":"a.b"}`)
	m, err := eventMessage(row)
	if err != nil || m.Subject != "readback.events.a=2Eb" || string(m.Data) != string(row) || m.Header.Get(nats.MsgIdHdr) != "01JABC" {
		t.Errorf("got %+v, %v", m, err)
	}
	octets := []byte(`{"event":"01JABC","account":"café","octets":{"account":"Y2Fm6Q=="}}`)
	if m, err := eventMessage(octets); err != nil || m.Subject != "readback.events.caf=E9" {
		t.Errorf("octets that are not UTF-8: got %+v, %v", m, err)
	}
	if m, err := eventMessage([]byte("{")); err == nil {
		t.Errorf("nonsense: got %+v, want an error", m)
	}
}

// The publisher tries events again until the stream has acknowledged them, and publishes later
// events when they come.
func TestEventsGoOn(t *testing.T) {
	ix := threeEvents(t)
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, ix)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan bool)
		go func() { f.events.run(ctx); close(done) }()
		for i := range 3 {
			time.Sleep(time.Second)
			synctest.Wait()
			acks := f.streams.acks
			if len(acks) != 3 {
				t.Fatalf("try %d: got %d events, want 3", i+1, len(acks))
			}
			f.streams.acks = nil
			if i < 2 {
				acks[0].err <- nats.ErrTimeout
				continue
			}
			for _, ack := range acks {
				ack.ok <- nil
			}
		}
		synctest.Wait()
		ix.write(journal.Record{Kind: journal.KindPublished, Seq: 3}, journaltest.AcceptedAt(testPlace(t), "id4"))
		f.recorder.answer(message.Accept())
		synctest.Wait()
		f.events.notify()
		synctest.Wait()
		if len(f.streams.acks) != 1 {
			t.Errorf("published later: got %d events, want 1", len(f.streams.acks))
		}
		cancel()
		<-done
	})
}
