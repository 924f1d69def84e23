package feedback

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// receiversIn returns the receivers of what a stream has, in order.
func receiversIn(t *testing.T, js jetstream.JetStream, stream string) (all []string) {
	t.Helper()
	s, err := js.Stream(relaytest.Deadline(t), stream)
	if err != nil {
		t.Fatal(err)
	}
	for seq := uint64(1); ; seq++ {
		m, err := s.GetMsg(relaytest.Deadline(t), seq, jetstream.WithGetMsgSubject(">"))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		var fb message.Feedback
		if err := json.Unmarshal(m.Data, &fb); err != nil {
			t.Fatal(err)
		}
		seq, all = m.Sequence, append(all, fb.Receiver)
	}
}

func publishAbout(t *testing.T, js jetstream.JetStream, subject string, receivers ...string) {
	t.Helper()
	for _, receiver := range receivers {
		body := fmt.Appendf(nil, `{"account":"bank","receiver":%q,"at":%q}`, receiver, time.Now().Add(time.Hour).Format(time.RFC3339))
		if _, err := js.Publish(relaytest.Deadline(t), subject, body); err != nil {
			t.Fatal(err)
		}
	}
}

// subjectsOf are the streams that name receivers, and where the account bank publishes to.
var subjectsOf = map[string]string{
	heldStream: heldSubject + "bank", queueStream: queueSubject + "bank",
	deadStream: deadSubject + "bank", eventsStream: eventsSubject + "bank",
}

// An erasure removes the messages about the receiver from every stream.
func TestEraseGoesThroughEveryStream(t *testing.T) {
	f := servedFixture(t)
	const mine, other = "447700900123", "447700900124"
	for _, subject := range subjectsOf {
		publishAbout(t, f.js, subject, mine, other, "+"+mine, mine)
	}
	if err := f.Erase(relaytest.Deadline(t), relaytest.Addr(t, mine), time.Now()); err != nil {
		t.Fatal(err)
	}
	for stream := range subjectsOf {
		if got, want := receiversIn(t, f.js, stream), []string{other}; !slices.Equal(got, want) {
			t.Errorf("%s: got messages about %q, want %q", stream, got, want)
		}
	}
}

// An erasure fails if a stream cannot be searched, and can then be requested again.
func TestEraseIsNotDoneHalf(t *testing.T) {
	f := servedFixture(t)
	receiver := relaytest.Addr(t, "447700900123")
	for stream, subject := range subjectsOf {
		s, err := f.js.Stream(relaytest.Deadline(t), stream)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.js.DeleteStream(relaytest.Deadline(t), stream); err != nil {
			t.Fatal(err)
		}
		if err := f.Erase(relaytest.Deadline(t), receiver, time.Now()); !errors.Is(err, jetstream.ErrStreamNotFound) {
			t.Errorf("without %s: got %v, want %v", stream, err, jetstream.ErrStreamNotFound)
		}
		if _, err := f.js.CreateStream(relaytest.Deadline(t), s.CachedInfo().Config); err != nil {
			t.Fatal(err)
		}
		publishAbout(t, f.js, subject, receiver.String())
		if err := f.Erase(relaytest.Deadline(t), receiver, time.Now()); err != nil {
			t.Errorf("%s again: got %v", stream, err)
		}
		if got := receiversIn(t, f.js, stream); len(got) > 0 {
			t.Errorf("%s: got messages about %q, want none", stream, got)
		}
	}
}

// A purge searches only the messages that came after the last one. If the stream was made anew,
// it searches all of them.
func TestPurgeGoesOn(t *testing.T) {
	f := servedFixture(t)
	js := f.js
	const mine, other = "447700900123", "447700900124"
	subject, receiver := subjectsOf[deadStream], relaytest.Addr(t, mine)
	key := purgeKey{deadStream, receiver}
	purge := func(through uint64, want ...string) {
		t.Helper()
		if err := f.erasures.purge(relaytest.Deadline(t), deadStream, receiver); err != nil {
			t.Fatal(err)
		}
		if got := receiversIn(t, js, deadStream); !slices.Equal(got, want) {
			t.Errorf("got messages about %q, want %q", got, want)
		}
		if got, _ := f.erasures.purged.Get(key); got != through {
			t.Errorf("got gone through to %d, want %d", got, through)
		}
	}
	purge(0)
	publishAbout(t, js, subject, mine, other, mine)
	purge(3, other)
	publishAbout(t, js, subject, other, mine)
	purge(5, other, other)
	publishAbout(t, js, subject, mine)
	f.erasures.purged.Put(key, 6)
	purge(6, other, other, mine) // as if it had been gone through
	s, err := js.Stream(relaytest.Deadline(t), deadStream)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(relaytest.Deadline(t), deadStream); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(relaytest.Deadline(t), s.CachedInfo().Config); err != nil {
		t.Fatal(err)
	}
	publishAbout(t, js, subject, mine, other)
	purge(2, other)
}

// A purge succeeds if a message is settled, and thus removed, meanwhile. It fails if the stream
// does not answer.
func TestPurgeOfWhatIsTold(t *testing.T) {
	f := servedFixture(t)
	js := f.js
	receiver := relaytest.Addr(t, "447700900123")
	publishAbout(t, js, subjectsOf[deadStream], "447700900123", "447700900123")
	ctx, cancel := context.WithCancel(relaytest.Deadline(t))
	defer cancel()
	f.js = &fakeJS{JetStream: js, stream: func(s jetstream.Stream) jetstream.Stream {
		settled := func(seq uint64) error { return errors.Join(s.DeleteMsg(ctx, seq), s.SecureDeleteMsg(ctx, seq)) }
		return &fakeStream{Stream: s, secureRemove: settled}
	}}
	if err := f.erasures.purge(relaytest.Deadline(t), deadStream, receiver); err != nil {
		t.Errorf("settled meanwhile: got %v", err)
	}
	if got := receiversIn(t, js, deadStream); len(got) > 0 {
		t.Errorf("got messages about %q, want none", got)
	}
	f.js = withoutDelete(js)
	publishAbout(t, js, subjectsOf[deadStream], "447700900123")
	for range 2 { // what could not be deleted is not taken for gone through
		if err := f.erasures.purge(relaytest.Deadline(t), deadStream, receiver); !errors.Is(err, journal.ErrUnreachable) {
			t.Errorf("a stream that does not answer: got %v, want %v", err, journal.ErrUnreachable)
		}
	}
	f.js = js
	if err := f.erasures.purge(relaytest.Deadline(t), deadStream, receiver); err != nil || len(receiversIn(t, js, deadStream)) > 0 {
		t.Errorf("at last: got %v and messages about %q, want none", err, receiversIn(t, js, deadStream))
	}
	f.js = &fakeJS{JetStream: js, stream: func(s jetstream.Stream) jetstream.Stream {
		cancel() // when the purge has its stream
		return s
	}}
	publishAbout(t, js, subjectsOf[deadStream], "447700900123")
	if err := f.erasures.purge(ctx, deadStream, receiver); !errors.Is(err, context.Canceled) {
		t.Errorf("without time: got %v, want %v", err, context.Canceled)
	}
}
