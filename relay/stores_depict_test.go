package relay

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/broker"
	"readback/relay/feedback"
	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
	"readback/smpp/receipt"
)

// heldImage is a receipt as it is held in its stream.
type heldImage struct {
	Account   string    `json:"account"`
	Sender    string    `json:"sender"`
	Receiver  string    `json:"receiver"`
	Number    uint16    `json:"number"`
	MessageID string    `json:"message_id"`
	At        time.Time `json:"at"`
	Receipt   []byte    `json:"receipt"`
}

// depict runs the relay on a store, which it changes, and returns what is in it.
func depict(t testing.TB, store string) *depiction {
	t.Helper()
	opt := storeOptions(t, store)
	relay := openedStore(t, opt)
	var err error
	dead := deadBefore(t, relay)
	r := run(t, relay)
	defer func() {
		if err := r.stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	}()
	if err := r.WaitReady(relaytest.Deadline(t)); err != nil {
		t.Fatalf("relay is not ready: %v", err)
	}
	d := &depiction{Dead: dead, Routes: map[string]string{}, Parts: map[string]string{}, Merged: map[string]*message.Merged{}, Next: map[string]uint16{}}
	r.depictLog(d)
	r.depictIndex(d)
	d.Held = messages[heldImage](r, streamHeld)
	for _, ev := range messages[message.Event](r, streamEvents) {
		d.Events = append(d.Events, fmt.Sprintf("%s: %s %d to %s, %v, submitted at %s, at %s",
			ev.Event, ev.Type, ev.Number, ev.Receiver, ev.MessageIDs, ev.SubmittedAt.Format(time.RFC3339Nano), ev.At.Format(time.RFC3339Nano)))
	}
	r.wantOptOutAndErasure()
	d.Told = r.tellWaiting()
	for _, key := range []string{"4a7f0c", "4a7f0f"} {
		if d.Merged[key], err = r.merge(storeConversation(t, storeCut), key, byte(receipt.Delivered)); err != nil {
			t.Errorf("merge %s: %v", key, err)
		}
	}
	r.depictNext(d)
	noHold := opt.Settings
	noHold.Account = func(string) feedback.AccountSettings { return feedback.AccountSettings{Events: true} }
	if err := r.Use(noHold); err != nil {
		t.Fatal(err)
	}
	r.wantMessages(streamHeld, 0)
	d.Release = r.tellWaiting()
	return d
}

// deadBefore returns the dead letters in the store of a relay that does not run yet. When it runs it
// drops those that are over a week old.
func deadBefore(t testing.TB, r *Relay) []feedback.DeadLetter {
	t.Helper()
	nc, err := r.broker.Connect(broker.ClientOptions{Log: r.log, Mask: r.mask, Connected: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	r.feedback.Connect(js)
	letters, _, err := r.feedback.DeadLetters(relaytest.Deadline(t), feedback.DeadQuery{Limit: feedback.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	return letters
}

// depictLog lists the kinds of record in the log of the store.
func (r *running) depictLog(d *depiction) {
	var seen [journal.Kinds]bool
	r.walk(journal.Stream, func(m *jetstream.RawStreamMsg) {
		b, err := journal.ParseBatch(m.Data)
		for rec := (journal.Record{}); err == nil && b.Next(&rec); {
			seen[rec.Kind] = true
		}
		if err := errors.Join(err, b.Err); err != nil {
			r.t.Errorf("log message %d: %v", m.Sequence, err)
		}
	})
	for k := journal.KindStart; k < journal.Kinds; k++ {
		if seen[k] {
			d.Kinds = append(d.Kinds, k.String())
		}
	}
}

// walk calls f with the messages of a stream, oldest first.
func (r *running) walk(stream string, f func(*jetstream.RawStreamMsg)) {
	r.t.Helper()
	s, err := r.conn.Load().JS.Stream(relaytest.Deadline(r.t), stream)
	if err != nil {
		r.t.Fatal(err)
	}
	for seq := uint64(1); ; seq++ {
		m, err := s.GetMsg(relaytest.Deadline(r.t), seq, jetstream.WithGetMsgSubject(">"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return
		}
		if err != nil {
			r.t.Fatal(err)
		}
		seq = m.Sequence
		f(m)
	}
}

// messages returns what stands in a stream.
func messages[T any](r *running, stream string) (all []T) {
	r.t.Helper()
	r.walk(stream, func(m *jetstream.RawStreamMsg) {
		var v T
		if err := json.Unmarshal(m.Data, &v); err != nil {
			r.t.Errorf("%s: %v", stream, err)
		}
		all = append(all, v)
	})
	return all
}

func (r *running) depictIndex(d *depiction) {
	r.t.Helper()
	for _, receiver := range storeReceivers {
		c := storeConversation(r.t, receiver)
		image := conversationImage{Entries: []entryImage{}}
		var err error
		if image.ConversationView, err = r.conversation(storeSender, receiver); err != nil {
			r.t.Fatal(err)
		}
		if err := r.index.EachEntry(&c, func(f index.Found) bool {
			image.Entries = append(image.Entries, imageOf(&f))
			return true
		}); err != nil {
			r.t.Fatal(err)
		}
		d.Conversations = append(d.Conversations, image)
		o, err := r.maintenance.optOuts.Get(&c.Receiver)
		if err != nil {
			r.t.Fatal(err)
		}
		d.OptOuts = append(d.OptOuts, o)
	}
	for _, id := range []string{"4a7f01", "4a7f02", "4a7f03", "4a7f20"} {
		d.Routes[id], _ = r.Ledger().Routed(message.Conversation{}, []byte(id))
	}
	for _, key := range []string{"4a7f0b", "4a7f0c", "4a7f0d", "4a7f0e", "4a7f0f"} {
		if p, ok := r.Ledger().PartOf("bank", message.Conversation{Receiver: relaytest.Addr(r.t, storeCut)}, []byte(key)); ok {
			d.Parts[key] = fmt.Sprint(p.Seq, " ", p.First)
		}
	}
}

// imageOf shows an entry.
func imageOf(f *index.Found) entryImage {
	e := &f.Entry
	show := func(a *message.Address) string { return fmt.Sprintf("%d %d %s", a.TON, a.NPI, a.Addr) }
	image := entryImage{
		Ordinal: e.Ordinal, Number: f.Place.Number, Day: f.Place.Day, From: show(&e.From), To: show(&e.To),
		WantsReceipt: e.WantsReceipt, ReadID: e.ReadID, ReceivedAt: e.ReceivedAt, Total: e.Total,
		Way: string(e.Way), ToldTo: uint32(e.ToldTo),
	}
	if t := e.Trail; t != (message.Trail{}) {
		image.Trail = fmt.Sprint(t.Carriage, " split:", t.Split, " session:", t.Session)
	}
	for _, p := range e.Parts {
		image.Parts = append(image.Parts, partImage{p.Seq, p.State.String(), string(p.ID)})
	}
	return image
}

// wantOptOutAndErasure: who has opted out is not reported, and of who was erased nothing is
// known.
func (r *running) wantOptOutAndErasure() {
	r.t.Helper()
	r.read(storeConversation(r.t, storeOptOut), 1) // dropped: nothing is told
	for number := range uint16(3) {
		v := r.Reads().Submit(relaytest.Deadline(r.t), response(storeConversation(r.t, storeErased), number+1))
		if v.Kind != message.VerdictNotFound {
			r.t.Errorf("read of what was erased: got %+v, want 404", v)
		}
	}
}

// tellWaiting tells what waits, all of it once.
func (r *running) tellWaiting() []*message.Feedback {
	r.t.Helper()
	told := make(chan *message.Feedback, 64)
	for _, account := range []string{"bank", "shop"} {
		leave := r.deliver(account, func(_ context.Context, fb *message.Feedback) error {
			told <- fb
			return nil
		})
		defer leave()
	}
	r.wantMessages(streamFeedback, 0)
	r.settled()
	all := []*message.Feedback{}
	for len(told) > 0 {
		all = append(all, <-told)
	}
	slices.SortFunc(all, func(a, b *message.Feedback) int { return cmp.Compare(a.Event, b.Event) })
	return all
}

// depictNext gives a number in each conversation.
func (r *running) depictNext(d *depiction) {
	r.t.Helper()
	for _, receiver := range storeReceivers {
		s := tracked(storeConversation(r.t, receiver))
		if err := r.Ledger().Assign(s); err != nil {
			r.t.Fatal(err)
		}
		d.Next[s.Conversation.Receiver.String()] = s.Number
		r.Ledger().Refuse(s)
	}
}
