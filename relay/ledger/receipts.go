package ledger

import (
	"bytes"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/crash"
	"readback/relay/journal"
	"readback/relay/message"
)

// Bounds of the receipts that are being looked at.
const (
	maxReceipts  = 1 << 16 // that just came, about 12 MB
	keptReceipts = 1 << 12 // room for so many is kept for later
	maxEarly     = 4096    // that came before the SMSC's answer to their message
	earlyWait    = 30 * time.Second

	// The same for a receipt by whose addresses no message is on its way. They may not be those of its
	// message, which gets to the index in a moment. But most such receipts are about no message of the ledger.
	maxStray  = 256
	strayWait = time.Second

	gatherFor = 5 * time.Millisecond // how long receipts wait for more, so that they share a round
	lookAgain = 500 * time.Millisecond
	idleLook  = time.Minute // while no receipt is early: ids may have expired
	fillRows  = 100_000     // of the index, that are read at a time
)

// passedReceipt is a delivery receipt that passed by.
type passedReceipt struct {
	account   string
	conv      message.Conversation // as its addresses say
	messageID []byte
	state     message.State
	session   message.Session // that took it; zero: none
	at        time.Time
	patience  time.Duration // how long after that its message may come
}

// receipts records the delivery receipts that pass through the gateway. They are taken in rounds: what comes
// while one is under way is for the next one.
type receipts struct {
	*owners
	table     *table
	taken     func(p *journal.Place, by message.Session)
	dropped   prometheus.Counter
	unmatched prometheus.Counter
	wake      chan struct{} // the first one of a round came

	// Owned by ResolveReceipts.
	early []passedReceipt // that have no message yet
	found []journal.Record
	spare []passedReceipt // is empty, and has room

	// Guarded by passedMu.
	passedMu sync.Mutex
	passed   []passedReceipt
}

// newReceipts returns the receipts of a ledger.
func newReceipts(o *owners, heads *table, taken func(*journal.Place, message.Session), m *metrics) *receipts {
	if taken == nil {
		taken = func(*journal.Place, message.Session) {}
	}
	return &receipts{
		owners: o, table: heads, taken: taken,
		dropped: m.receipts, unmatched: m.unmatched, wake: make(chan struct{}, 1),
	}
}

// Receipt notes that a delivery receipt of the account's for messageID passed by. By its addresses the
// message went from c.Sender to c.Receiver. The session has taken it; zero: none has. Receipt never waits:
// when too many receipts do, or the ledger is down, this one is dropped and counted.
func (rs *receipts) Receipt(account string, c message.Conversation, messageID []byte, state message.State, by message.Session) {
	defer crash.OnPanic()
	if len(messageID) == 0 || len(messageID) > journal.MaxMessageID {
		return
	}
	rc := passedReceipt{account: account, conv: c, messageID: bytes.Clone(messageID), state: state, session: by, at: time.Now()}
	if !rs.status.up.Load() || !rs.keep(&rc) {
		rs.dropped.Inc()
	}
}

// keep keeps a receipt for the next round. It returns false if there is no room.
func (rs *receipts) keep(rc *passedReceipt) bool {
	rs.passedMu.Lock()
	waiting := len(rs.passed)
	if waiting < maxReceipts {
		rs.passed = append(rs.passed, *rc)
	}
	rs.passedMu.Unlock()
	if waiting == 0 {
		select {
		case rs.wake <- struct{}{}:
		default:
		}
	}
	return waiting < maxReceipts
}
