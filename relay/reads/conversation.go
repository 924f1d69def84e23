package reads

import (
	"fmt"
	"slices"
	"time"

	"readback/relay/index"
	"readback/relay/message"
)

// maxView is how many messages of a conversation are shown: the newest ones.
const maxView = 1000

// ConversationView is a conversation as an app of its sender shows it.
type ConversationView struct {
	Sender   string        `json:"sender"`
	Receiver string        `json:"receiver"`
	Messages []MessageView `json:"messages"` // oldest first
	Shown    Shown         `json:"shown"`
}

// MessageView is a message of a conversation.
type MessageView struct {
	Number      uint16     `json:"number"`
	State       string     `json:"state"`
	Account     string     `json:"account"`
	MessageIDs  []string   `json:"message_ids"`
	Reference   *uint16    `json:"user_message_reference,omitempty"`
	SubmittedAt time.Time  `json:"submitted_at"`
	DeliveredAt *time.Time `json:"delivered_at,omitempty"`
	ReadAt      *time.Time `json:"read_at,omitempty"`
	NotReadAt   *time.Time `json:"not_read_at,omitempty"` // the receiver said: not yet
	ReportedAt  *time.Time `json:"reported_at,omitempty"` // the ESME has acknowledged the feedback
}

// Shown says which messages an app marks: Read is the number of the newest message that was read,
// and Sent that of the last one that was sent and not read. Each is nil if there is no such message.
// A message that failed or expired is neither.
type Shown struct {
	Read *uint16 `json:"read"`
	Sent *uint16 `json:"sent"`
}

// Conversations shows conversations.
type Conversations struct {
	ledger Ledger
	index  *index.Index
	budget *Budget
	keep   time.Duration // how long a message is shown
}

// NewConversations returns the views of a ledger's conversations. They show messages that are younger than
// keep. The work is done within b.
func NewConversations(l Ledger, ix *index.Index, b *Budget, keep time.Duration) *Conversations {
	return &Conversations{ledger: l, index: ix, budget: b, keep: keep}
}

// View returns the messages from sender to receiver that the index has: from the first of the senders with
// messages that sender may stand for. It shows those of the accounts that sees reports true for; nil is all.
// View itself takes no place of the budget.
func (vs *Conversations) View(sender string, receiver message.Addr, sees func(account []byte) bool) (ConversationView, error) {
	var q query
	if err := q.setSender(sender); err != nil {
		return ConversationView{}, fmt.Errorf("sender: %w", err)
	}
	c := message.Conversation{Sender: q.sender, Receiver: receiver}
	v := ConversationView{Sender: message.Shown(c.Sender.String()), Receiver: receiver.String(), Messages: []MessageView{}}
	vs.ledger.CatchUp()
	var err error
	vs.budget.Work(func() {
		for _, c.Sender = range q.senders() {
			if err = vs.fill(&v, &c, sees); err != nil || len(v.Messages) > 0 {
				v.Sender = message.Shown(c.Sender.String())
				return
			}
		}
	})
	return v, err
}

// fill adds the messages of a conversation to its view.
func (vs *Conversations) fill(v *ConversationView, c *message.Conversation, sees func(account []byte) bool) error {
	now := time.Now()
	var all []index.Found
	err := vs.index.EachEntry(c, func(f index.Found) bool {
		if !now.After(f.LastsUntil(vs.keep)) && (sees == nil || sees(f.Entry.Account)) {
			all = append(all, f)
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("conversation: %w", err)
	}
	slices.SortFunc(all, func(a, b index.Found) int {
		if a.Entry.Ordinal < b.Entry.Ordinal {
			return -1
		}
		return 1
	})
	all = all[max(0, len(all)-maxView):]
	for i := range all {
		v.Messages = append(v.Messages, viewOf(&all[i]))
		v.Shown.see(&all[i])
	}
	return nil
}

// shownIDs returns the message_ids of an entry as text.
func shownIDs(e *index.Entry) []string {
	ids := e.MessageIDs()
	for i := range ids {
		ids[i] = message.Shown(ids[i])
	}
	return ids
}

func viewOf(f *index.Found) MessageView {
	e := &f.Entry
	m := MessageView{
		Number: f.Place.Number, State: e.State.String(), Account: message.Shown(string(e.Account)),
		MessageIDs: shownIDs(e), SubmittedAt: message.Time(e.At),
	}
	if e.HasReference {
		m.Reference = &e.Reference
	}
	for to, ms := range map[**time.Time]int64{
		&m.DeliveredAt: e.DeliveredAt, &m.ReadAt: e.ReadAt, &m.NotReadAt: e.NotReadAt, &m.ReportedAt: e.ReportedAt,
	} {
		if ms != 0 {
			at := message.Time(ms)
			*to = &at
		}
	}
	return m
}

// see updates s by the next message of a conversation. The messages come oldest first.
func (s *Shown) see(f *index.Found) {
	switch f.Entry.State {
	case message.StateRead:
		s.Read = &f.Place.Number
	case message.StateSent, message.StateDelivered, message.StateDeletedUnread:
		s.Sent = &f.Place.Number
	}
}
