package relay

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/feedback"
	"readback/relay/index"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/reads"
	"readback/relay/relaytest"
)

// eventsOf reads the event stream of an account from its beginning.
func (r *running) eventsOf(account string) <-chan message.Event {
	r.t.Helper()
	c, err := r.conn.Load().JS.OrderedConsumer(relaytest.Deadline(r.t), streamEvents, jetstream.OrderedConsumerConfig{FilterSubjects: []string{subjectEvents + account}})
	if err != nil {
		r.t.Fatal(err)
	}
	events := make(chan message.Event, 64)
	consuming, err := c.Consume(func(m jetstream.Msg) {
		var ev message.Event
		if err := json.Unmarshal(m.Data(), &ev); err != nil || m.Headers().Get(nats.MsgIdHdr) != ev.Event {
			r.t.Errorf("event %s: %v, id %q", m.Data(), err, m.Headers().Get(nats.MsgIdHdr))
		}
		events <- ev
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(consuming.Stop)
	return events
}

func wantEvent(t *testing.T, events <-chan message.Event, s *ledger.Sent, want message.Change) {
	t.Helper()
	ev := relaytest.Receive(t, events)
	if ev.Type != want || ev.Number != s.Number || ev.Receiver != s.Conversation.Receiver.String() || ev.Account != "bank" {
		t.Errorf("got %+v, want %s of number %d", ev, want, s.Number)
	}
	if len(ev.Event) != 26 || ev.At.Before(ev.SubmittedAt.Add(-time.Second)) {
		t.Errorf("got id %q, at %s, submitted at %s", ev.Event, ev.At, ev.SubmittedAt)
	}
}

func eventOptions(t testing.TB) Options {
	opt := testOptions(t)
	opt.Settings.Events = true
	opt.Settings.Account = func(account string) feedback.AccountSettings {
		return feedback.AccountSettings{Events: account == "bank"}
	}
	return opt
}

// Each change of a message's state is told once, in order.
func TestEvents(t *testing.T) {
	t.Parallel()
	r := start(t, eventOptions(t))
	events := r.eventsOf("bank")
	c := relaytest.Conversation(t, "10690001", "447700900123")
	receipt := func(id string, s message.State) { r.Ledger().Receipt("bank", c, []byte(id), s, 0) }

	s := r.submit(c, "id1")
	wantEvent(t, events, s, "sent")
	receipt("id1", message.StateDelivered)
	wantEvent(t, events, s, "delivered")
	receipt("id1", message.StateDelivered) // says nothing new
	rd := response(c, s.Number)
	rd.Status = message.StatusNotRead
	if v := r.Reads().Submit(relaytest.Deadline(t), rd); !v.IsAccepted() {
		t.Fatalf("not read: got %+v", v)
	}
	wantEvent(t, events, s, message.ChangeNotRead)
	r.read(c, s.Number)
	wantEvent(t, events, s, "read")
	r.tellings("bank")
	wantEvent(t, events, s, message.ChangeReported)

	for _, tt := range []struct {
		id    string
		state message.State
	}{{"id2", message.StateFailed}, {"id3", message.StateExpired}} {
		s := r.submit(c, tt.id)
		wantEvent(t, events, s, "sent")
		receipt(tt.id, tt.state)
		wantEvent(t, events, s, message.Change(tt.state.String()))
	}
	s = r.submit(c, "id4")
	wantEvent(t, events, s, "sent")
	rd = response(c, s.Number)
	rd.Status = message.StatusDeletedUnread
	if v := r.Reads().Submit(relaytest.Deadline(t), rd); !v.IsAccepted() {
		t.Fatalf("deleted: got %+v", v)
	}
	wantEvent(t, events, s, "deleted_unread")
	wantEvent(t, events, s, message.ChangeReported)
	r.wantNoRows()
}

// wantNoRows waits until the outbox of the events is empty.
func (r *running) wantNoRows() {
	r.t.Helper()
	for ctx := relaytest.Deadline(r.t); ctx.Err() == nil; {
		rows, err := r.index.Outbox(index.EventOutbox, 0, 0, 1)
		if err != nil {
			r.t.Fatal(err)
		}
		if len(rows) == 0 {
			return
		}
	}
	r.t.Fatal("events stay in the outbox")
}

// A message in parts is sent once, and delivered when all parts are.
func TestEventsOfParts(t *testing.T) {
	t.Parallel()
	r := start(t, eventOptions(t))
	events := r.eventsOf("bank")
	c := relaytest.Conversation(t, "10690001", "447700900123")
	var s *ledger.Sent
	for seq := uint8(1); seq <= 2; seq++ {
		s = tracked(c)
		s.Part = message.Part{Ref: 7, Total: 2, Seq: seq}
		if err := r.Ledger().Assign(s); err != nil {
			t.Fatal(err)
		}
		r.accept(s, string('a'+rune(seq)))
	}
	wantEvent(t, events, s, "sent")
	r.Ledger().Receipt("bank", c, []byte("b"), message.StateDelivered, 0)
	r.Ledger().Receipt("bank", c, []byte("c"), message.StateDelivered, 0)
	wantEvent(t, events, s, "delivered")
}

// What is not in the stream when the process dies is told after it, with the same id; what
// is in the stream is not told again.
func TestEventsOutliveCrash(t *testing.T) {
	t.Parallel()
	opt := eventOptions(t)
	store := t.TempDir()
	s := relaytest.NATS(t, store, -1)
	opt.NATS, opt.Logger = s.ClientURL(), nil
	r := start(t, opt)
	c := relaytest.Conversation(t, "10690001", "447700900123")
	first := r.submit(c, "id1")
	wantEvent(t, r.eventsOf("bank"), first, "sent")
	// The stream refuses what comes now.
	info, err := r.conn.Load().JS.Stream(relaytest.Deadline(t), streamEvents)
	if err != nil {
		t.Fatal(err)
	}
	stream := info.CachedInfo().Config
	stream.MaxMsgs, stream.Discard = 1, jetstream.DiscardNew
	if _, err := r.conn.Load().JS.UpdateStream(relaytest.Deadline(t), stream); err != nil {
		t.Fatal(err)
	}
	second := r.submit(c, "id2")
	r.crash()
	r = start(t, opt) // which puts the stream right
	events := r.eventsOf("bank")
	wantEvent(t, events, first, "sent")
	wantEvent(t, events, second, "sent")
	r.wantNoRows()
	if info, err := r.conn.Load().JS.Stream(relaytest.Deadline(t), streamEvents); err != nil || info.CachedInfo().State.Msgs != 2 {
		t.Errorf("stream: got %+v, %v, want two events", info.CachedInfo().State, err)
	}
}

// Events are told or not as the settings in force say; without them nothing is written.
func TestEventsOff(t *testing.T) {
	t.Parallel()
	opt := eventOptions(t)
	on := opt.Settings
	opt.Settings.Events = false
	r := start(t, opt)
	events := r.eventsOf("bank")
	c := relaytest.Conversation(t, "10690001", "447700900123")
	r.read(c, r.submit(c, "id1").Number)
	if rows, err := r.index.Outbox(index.EventOutbox, 0, 0, 1); err != nil || len(rows) > 0 {
		t.Errorf("got %d events, %v, want none", len(rows), err)
	}
	if err := r.Use(on); err != nil {
		t.Fatal(err)
	}
	wantEvent(t, events, r.submit(c, "id2"), "sent")
}

// The sender's view tells when the ESME knew.
func TestReportedAt(t *testing.T) {
	t.Parallel()
	opt := eventOptions(t)
	r := start(t, opt)
	events := r.eventsOf("bank")
	c := relaytest.Conversation(t, "10690001", "447700900123")
	s := r.submit(c, "id1")
	rd := response(c, s.Number)
	rd.Status = message.StatusNotRead
	if v := r.Reads().Submit(relaytest.Deadline(t), rd); !v.IsAccepted() {
		t.Fatalf("not read: got %+v", v)
	}
	m := r.view(c)
	if m.NotReadAt == nil || m.State != "sent" || m.ReadAt != nil {
		t.Errorf("not read: got %+v", m)
	}
	r.read(c, s.Number)
	if m := r.view(c); m.ReportedAt != nil || m.State != "read" {
		t.Errorf("read: got %+v", m)
	}
	told := make(chan bool)
	r.deliver("bank", func(context.Context, *message.Feedback) error { close(told); return nil })
	relaytest.Receive(t, told)
	for ev := relaytest.Receive(t, events); ev.Type != message.ChangeReported; {
		ev = relaytest.Receive(t, events)
	}
	if m := r.view(c); m.ReportedAt == nil || m.ReportedAt.Before(*m.ReadAt) {
		t.Errorf("reported: got %+v", m)
	}
	r.crash()
	r = start(t, opt)
	if m := r.view(c); m.ReportedAt == nil || m.NotReadAt == nil {
		t.Errorf("after a crash: got %+v", m)
	}
}

// view is how the one message of a conversation is shown.
func (r *running) view(c message.Conversation) reads.MessageView {
	r.t.Helper()
	v, err := r.conversation(c.Sender.String(), c.Receiver.String())
	if err != nil || len(v.Messages) != 1 {
		r.t.Fatalf("conversation: got %+v, %v", v, err)
	}
	return v.Messages[0]
}

// Whoever is erased is erased from the events too, and nobody else is.
func TestEventsErased(t *testing.T) {
	t.Parallel()
	r := start(t, eventOptions(t))
	events := r.eventsOf("bank")
	kept, erased := relaytest.Conversation(t, "10690001", "447700900124"), relaytest.Conversation(t, "10690001", "447700900123")
	r.submit(erased, "id1")
	r.submit(kept, "id2")
	relaytest.Receive(t, events)
	relaytest.Receive(t, events)
	if v := r.Erase(relaytest.Deadline(t), erased.Receiver); !v.IsAccepted() {
		t.Fatalf("erase: got %+v", v)
	}
	ev := relaytest.Receive(t, r.eventsOf("bank"))
	if ev.Receiver != kept.Receiver.String() {
		t.Errorf("got an event of %s, want those of %s only", ev.Receiver, kept.Receiver)
	}
}
