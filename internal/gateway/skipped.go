package gateway

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/numbering"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/smpp"
)

// Skipped is a message that passed without a number, or that had one and was refused by the SMSC.
type Skipped struct {
	Time     time.Time // when it came
	Account  string    // the system_id
	Session  message.Session
	Command  pdu.ID
	Sequence uint32         // sequence_number
	From, To string         // as submitted, with a + in front of an international number; empty if they cannot be read
	Skip     numbering.Skip // Numbered: the SMSC refused it, and another message gets its number

	FromTON, FromNPI, ToTON, ToNPI byte
	WantsReceipt                   bool // the ESME asked the SMSC for a receipt of the delivery

	// What the SMSC answered, as far as it has.
	Status    string // the name of the status; empty: no answer, or the gateway refused the message
	MessageID string
	Answered  time.Time // when the answer came
}

// What is kept of messages without a number, and of those that the SMSC refused. Most were not asked to have one, and an
// SMSC that is busy refuses many, so that only some of those are.
const (
	keptSkips = 50                     // of an account
	manyEvery = 100 * time.Millisecond // one of an account
)

// skippedMessages are the last messages of an account that passed without a number.
type skippedMessages struct {
	many atomic.Int64 // when the last one came that was not requested, or refused, in Unix nanoseconds

	mu   sync.Mutex
	kept []*Skipped // guarded by mu, and so is what they point to: a ring when it is full
	next int        // guarded by mu: the place of the oldest
}

// wants reports whether a message is to be noted.
func (s *skippedMessages) wants(skip numbering.Skip, at time.Time) bool {
	if skip != numbering.NotRequested && skip != numbering.Numbered {
		return true
	}
	now, last := at.UnixNano(), s.many.Load()
	return now-last >= int64(manyEvery) && s.many.CompareAndSwap(last, now)
}

func (s *skippedMessages) add(m *Skipped) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) < keptSkips {
		s.kept = append(s.kept, m)
		return
	}
	s.kept[s.next] = m
	s.next = (s.next + 1) % keptSkips
}

func (s *skippedMessages) all() []Skipped {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Skipped, len(s.kept))
	for i, m := range s.kept {
		all[i] = *m
	}
	return all
}

// answered notes the SMSC's answer to m, and when it came.
func (s *skippedMessages) answered(m *Skipped, f smpp.Frame, arrived time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.Status, m.MessageID, m.Answered = smpp.StatusName(f.Status()), messageIDText(f), arrived
}

// noteSkip notes a message that passes without a number, and why. It returns the note, which awaits the answer;
// nil if there is none.
func (s *submitter) noteSkip(f smpp.Frame, skip numbering.Skip) *Skipped {
	if skip == numbering.Numbered {
		return nil
	}
	s.logSkip(f, skip)
	last := &s.link.submits.last
	if !last.wants(skip, s.messages.arrived) {
		return nil
	}
	from, to, registered := addressesOf(f)
	m := &Skipped{
		Time: s.messages.arrived, Session: s.link.id, Command: f.ID(), Sequence: f.Seq(), Skip: skip, From: written(from), To: written(to),
		FromTON: from.TON, FromNPI: from.NPI, ToTON: to.TON, ToNPI: to.NPI, WantsReceipt: registered&smpp.RegisteredAnyOutcome != 0, // or 03, success only (SMPP 5.0 §4.7.21)
	}
	last.add(m)
	return m
}

// noteRefused notes a numbered message that the SMSC has refused.
func (l *link) noteRefused(s *ledger.Sent, command pdu.ID, sequence uint32, status pdu.Status) {
	kept := &l.submits.refused
	if !kept.wants(numbering.Numbered, s.At) {
		return
	}
	kept.add(&Skipped{
		Time: s.At, Session: s.Session, Command: command, Sequence: sequence, From: s.From.Written(), To: s.To.Written(),
		FromTON: s.From.TON, FromNPI: s.From.NPI, ToTON: s.To.TON, ToNPI: s.To.NPI, WantsReceipt: s.WantsReceipt, Answered: time.Now(), Status: smpp.StatusName(status),
	})
}

// noting returns the request r, whose answer is noted at a skipped message if there is a note.
func (s *submitter) noting(r *request, m *Skipped) *request {
	if m == nil {
		return r
	}
	if r == s.untracked {
		r = &request{link: s.link}
	}
	r.skipped = m
	return r
}

// addressesOf returns sender and receiver of a message, the first one of a submit_multi, and its registered_delivery; zero
// if they cannot be read.
func addressesOf(f smpp.Frame) (from, to smpp.Address, registered byte) {
	if f.ID() != pdu.SubmitMultiID {
		m, err := smpp.ParseLenient(f)
		if err == nil {
			registered = m.RegisteredDelivery()
		}
		return m.From, m.To, registered
	}
	if m, err := smpp.ParseMessage(f); err == nil {
		from, registered = m.From, m.RegisteredDelivery()
	}
	if m, _ := smpp.ParseMulti(f); len(m.To) > 0 {
		to = m.To[0]
	}
	return from, to, registered
}

// written returns an address as an operator reads it.
func written(a smpp.Address) string { return message.WriteAddress(a.TON, a.Addr) }

// Skipped returns the last messages that passed without a number, or with one and were refused by the SMSC, the newest
// first; of all accounts, if account is empty. Of each account 50 of either kind are kept; of those that did not ask for a
// number, and of those that were refused, ten a second at most.
func (g *Gateway) Skipped(account string) []Skipped {
	var all []Skipped
	for _, a := range g.metrics.submits.accounts() {
		if account != "" && account != a.account {
			continue
		}
		for _, m := range append(a.last.all(), a.refused.all()...) {
			m.Account = a.account
			all = append(all, m)
		}
	}
	slices.SortStableFunc(all, func(a, b Skipped) int { return b.Time.Compare(a.Time) })
	return all
}
