// Package conversation is the sender's side: it keeps what an ESME sent to whom and
// how far each message got, and answers what to show. It knows no SMPP session: an
// ESME tells it what it submits, what it is answered, and what is delivered to it,
// in any order and as often as it comes.
//
//	book.Submitted(conversation.Submit{Key: "order-7", Sender: "10690001", Receiver: "447700900101", At: time.Now()})
//	book.Answered("order-7", "4A7F01")          // submit_sm_resp
//	if news, ok := conversation.ParseDeliver(d); ok { // receipt or feedback
//		book.Tell(news)
//	}
//	view, _ := book.Conversation("10690001", "447700900101")
package conversation

import (
	"container/list"
	"sync"
	"time"
)

// Options bound what a Book keeps. Zero values stand for the defaults.
type Options struct {
	// Conversations: of more, the one that was not written to for longest is forgotten.
	// Default: 10000.
	Conversations int
	// Messages of one conversation; the oldest are forgotten. Default: 100.
	Messages int
	// Early is how much is kept of what comes before it can be placed: answers before
	// their Submitted, and news before the answer that names their message. Default: 10000
	// of each.
	Early int
}

func (o Options) withDefaults() Options {
	if o.Conversations == 0 {
		o.Conversations = 10_000
	}
	if o.Messages == 0 {
		o.Messages = 100
	}
	if o.Early == 0 {
		o.Early = 10_000
	}
	return o
}

// Book keeps conversations. Its methods may be called from any goroutine.
//
// A book stores everything it is told as facts that add up and are never taken back. So
// neither order nor repetition makes a difference, and a state only moves forward.
type Book struct {
	opt Options // static

	mu            sync.Mutex
	conversations map[pair]*conversation // guarded by mu, as all below
	recent        list.List              // of *conversation, the one written to last in front
	byKey         map[string]*message
	byID          map[string]*part

	// What came early, the oldest first. Some of it may be placed by now.
	earlyMessages []*message
	earlyParts    []*part
}

// New returns an empty book.
func New(opt Options) *Book {
	return &Book{
		opt: opt.withDefaults(), conversations: make(map[pair]*conversation),
		byKey: make(map[string]*message), byID: make(map[string]*part),
	}
}

// Submit is a message that the ESME sends.
type Submit struct {
	// Key is the ESME's own name of the message, which Answered uses. It is unique among the
	// messages that are kept. It may be empty if there are MessageIDs.
	Key string
	// MessageIDs of the answers, if they are known already.
	MessageIDs       []string
	Sender, Receiver string    // source_addr and destination_addr
	At               time.Time // orders the conversation
	// Parts is how many submit_sm the message takes; zero stands for one.
	Parts int
}

// maxParts is how many parts a message can have (TS 23.040 §9.2.3.24.1).
const maxParts = 255

// Submitted notes a message. A message without Key and MessageIDs is not kept, since nothing
// could refer to it.
func (b *Book) Submitted(s Submit) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m := b.find(s.Key, s.MessageIDs)
	if m == nil {
		m = b.begin(s.Key)
	}
	b.link(m, s.MessageIDs)
	if m.in == nil && (m.key != "" || len(m.parts) > 0) {
		m.at, m.want = s.At, min(max(s.Parts, 1), maxParts)
		b.place(m, pair{normal(s.Sender), normal(s.Receiver)})
	}
}

// Answered notes the message_ids that the SMSC gave to a message: one for each part,
// together or one after the other.
func (b *Book) Answered(key string, messageIDs ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.link(b.await(key), messageIDs)
}

// Refused notes that the SMSC did not take a message, or a part of it.
func (b *Book) Refused(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.await(key).refused = true
}

// News is what became of a message: a receipt, or feedback on a read response.
type News struct {
	// MessageIDs of the message; one of them is enough for a state beyond Delivered. A
	// receipt is about the part whose message_id it has.
	MessageIDs []string
	State      State // zero: the state does not change
	ReadAt     time.Time
	Number     *uint16 // of the message in its conversation, if it is known
}

// Tell notes news. It reports whether the state of a submitted message has changed by it. If
// not, the news is a repetition, comes early, or is about a message that the book does not
// have.
func (b *Book) Tell(n News) (changed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.parts(n.MessageIDs) {
		before := p.message.state()
		p.tell(&n)
		changed = changed || p.message != nil && p.message.in != nil && p.message.state() != before
	}
	return changed
}
