package ledger

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"readback/internal/seed"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// history is what a test knows of the messages of a ledger that goes through random events.
type history struct {
	*partition
	t    *testing.T
	rnd  *rand.Rand
	all  []message.Conversation
	sent map[message.Conversation][]*past
	ids  int
	down bool // the log is lost
}

// past is a message that got a number.
type past struct {
	*Sent
	id       string
	out      bool // neither accepted nor refused
	accepted bool
	recorded bool // it has to be in the index
	waits    bool // it has to be once the ledger has begun again
}

// numbersOfHistory is a cycle: short, but not too short to leave claims.
const numbersOfHistory = 96

func newHistory(t *testing.T, rnd *rand.Rand) *history {
	opt := ledgerOptionsOfTest()
	opt.Last = opt.First + numbersOfHistory - 1
	opt.Conversations = shards // heads come and go
	return &history{
		partition: runLedgerOn(t, new(journal.Memory), t.TempDir(), opt), t: t, rnd: rnd,
		all: relaytest.Conversations(t, 4), sent: make(map[message.Conversation][]*past),
	}
}

// anyOut returns one of the messages without an answer, or nil.
func (h *history) anyOut() *past {
	var all []*past
	for _, c := range h.all {
		for _, m := range h.sent[c] {
			if m.out {
				all = append(all, m)
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[h.rnd.IntN(len(all))]
}

// assign assigns a number, unless it would wait for answers. It must be a later one than all before, and
// only few may be skipped.
func (h *history) assign() {
	c := h.all[h.rnd.IntN(len(h.all))]
	sent := h.sent[c]
	n := 0
	for i, m := range sent {
		if m.out && (n+1 >= window/2 || len(sent)-i > window) {
			return
		}
		if m.out {
			n++
		}
	}
	s := toSend(c)
	if err := h.Assign(s); err != nil {
		if !h.down {
			h.t.Fatalf("assign: %v", err)
		}
		return
	}
	h.ids++
	if len(sent) > 0 {
		if last := sent[len(sent)-1].ordinal; s.ordinal <= last || s.ordinal > last+numbersOfHistory/2 {
			h.t.Fatalf("got ordinal %d after %d", s.ordinal, last)
		}
	}
	h.sent[c] = append(sent, &past{Sent: s, id: fmt.Sprint("m", h.ids), out: true})
}

// accept accepts a message. Its waiter must be told once.
func (h *history) accept() {
	m := h.anyOut()
	if m == nil {
		return
	}
	told := make(relaytest.Logged, 2)
	h.Accept(m.Sent, []byte(m.id), told, 0)
	relaytest.Receive(h.t, told)
	m.out, m.accepted, m.recorded, m.waits = false, true, !h.down, h.down
	if len(told) > 0 {
		h.t.Fatal("a waiter was told twice")
	}
}

func (h *history) refuse() {
	if m := h.anyOut(); m != nil {
		m.out = false
		h.Refuse(m.Sent)
	}
}

// late accepts a message that was refused before, if there is one.
func (h *history) late() {
	sent := h.sent[h.all[h.rnd.IntN(len(h.all))]]
	if len(sent) == 0 || h.down {
		return
	}
	m := sent[len(sent)-1-h.rnd.IntN(min(len(sent), 5))]
	if m.out || m.accepted {
		return
	}
	m.accepted, m.recorded = true, true
	h.AcceptLate(m.Sent, []byte(m.id))
	h.route("bank", "behind it")
}

// end ends this life and begins another one.
func (h *history) end() {
	if h.down {
		h.begin()
	}
	killed := h.rnd.IntN(3) > 0
	if killed {
		h.kill()
	} else if err := h.stop(); err != nil {
		h.t.Fatal(err)
	}
	for _, sent := range h.sent {
		for _, m := range sent {
			m.out = false
		}
	}
	h.partition = h.again()
	if h.rnd.IntN(2) == 0 {
		h.claims.Store(maxClaims - 1)
	}
}

// lose loses the log.
func (h *history) lose() {
	if h.down {
		return
	}
	h.log.SetFault(func([]byte) (bool, error) { return false, journal.ErrFenced })
	if err := h.Enqueue(journal.KindRoute, func(dst []byte) []byte { return journal.AppendRoute(dst, 1, "bank", []byte("x")) }); err != nil && !errors.Is(err, ErrDown) { // what was on its way may have lost it
		h.t.Fatal(err)
	}
	_ = h.lost()
	h.down = true
}

// begin begins again after the log was lost. What was accepted meanwhile is recorded then.
func (h *history) begin() {
	if !h.down {
		return
	}
	h.log.SetFault(nil)
	h.rise()
	h.down = false
	h.route("bank", "behind all")
	for _, sent := range h.sent {
		for _, m := range sent {
			m.recorded = m.recorded || m.waits
		}
	}
}

// check compares the index with what happened.
func (h *history) check() {
	h.t.Helper()
	h.CatchUp()
	for _, c := range h.all {
		newest := make(map[uint16]*past)
		for _, m := range h.sent[c] {
			newest[m.Number] = m
		}
		stands, err := h.Standing(&c)
		if err != nil {
			h.t.Fatal(err)
		}
		for number, m := range newest {
			f, err := h.index.FindNumber(&c, number, relaytest.Any)
			switch {
			case err != nil:
				h.t.Fatal(err)
			case f == nil && m.recorded:
				h.t.Fatalf("message %s of ordinal %d is lost", m.id, m.ordinal)
			case f == nil:
			case f.Entry.Ordinal > m.ordinal, f.Entry.Ordinal == m.ordinal && f.Entry.MessageIDs()[0] != m.id:
				h.t.Fatalf("number %d: got ordinal %d, message %s, want %d, %s", number, f.Entry.Ordinal, f.Entry.MessageIDs()[0], m.ordinal, m.id)
			case f.Entry.Ordinal < m.ordinal && (m.recorded || stands(&f.Place)):
				h.t.Fatalf("number %d: a read is for ordinal %d, but it was assigned to %d", number, f.Entry.Ordinal, m.ordinal)
			}
		}
	}
}

// Whatever happens in whatever order: no number is assigned twice in a cycle, no number stands for an
// older message than the newest that got it, and each accepted message is recorded.
func TestRandomHistories(t *testing.T) {
	rnd := seed.Rand(t)
	for range 12 {
		h := newHistory(t, seed.Split(rnd))
		for range 400 {
			switch n := h.rnd.IntN(100); {
			case n < 45:
				h.assign()
			case n < 75:
				h.accept()
			case n < 86:
				h.refuse()
			case n < 91:
				h.late()
			case n < 94:
				h.lose()
			case n < 97:
				h.begin()
			default:
				h.end()
				h.check()
			}
		}
		h.begin()
		h.check()
	}
}
