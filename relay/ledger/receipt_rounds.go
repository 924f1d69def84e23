package ledger

import (
	"context"
	"time"

	"readback/internal/crash"
	"readback/relay/journal"
	"readback/relay/message"
)

// takePassed returns the receipts of a round. The caller gives them back with reuse.
func (rs *receipts) takePassed() []passedReceipt {
	rs.passedMu.Lock()
	defer rs.passedMu.Unlock()
	all := rs.passed
	rs.passed, rs.spare = rs.spare, nil
	return all
}

// reuse keeps the room of a round for a later one.
func (rs *receipts) reuse(all []passedReceipt) {
	if clear(all); cap(all) <= keptReceipts {
		rs.spare = all[:0]
	}
}

// ResolveReceipts finds the message of each receipt and records it, until ctx ends. A receipt may
// come before the SMSC's answer to its message. Such a receipt is looked at again: see patienceFor.
func (rs *receipts) ResolveReceipts(ctx context.Context) {
	pace := lookAgain
	again := time.NewTimer(pace)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			if rs.status.up.Load() { // else they wait until it is
				rs.round()
			}
			return
		case <-rs.wake:
			rs.gather(ctx)
			rs.round()
		case now := <-again.C:
			rs.again(now)
			pace = idleLook
			again.Reset(pace)
		}
		if pace > lookAgain && rs.mustLookAgain() {
			pace = lookAgain
			again.Reset(pace)
		}
	}
}

// mustLookAgain reports whether receipts are early, or the index has yet to learn which ids have no owner.
func (rs *receipts) mustLookAgain() bool { return len(rs.early) > 0 || !rs.index.HasFilledIDs() }

// gather waits until there are more receipts: each round costs an append to the log.
func (rs *receipts) gather(ctx context.Context) {
	select {
	case <-time.After(gatherFor):
	case <-ctx.Done():
	}
}

// round resolves the receipts that have come.
func (rs *receipts) round() {
	all := rs.takePassed()
	rs.CatchUp() // a receipt that comes behind the answer to its message finds it
	for i := range all {
		rc := &all[i]
		patience, most := rs.patienceFor(rc) // asked first: it may get to the index in between
		switch {
		case rs.resolve(rc):
		case len(rs.early) < most:
			rc.patience = patience
			rs.early = append(rs.early, *rc)
		case patience == earlyWait:
			rs.dropped.Inc()
		default:
			rs.unmatched.Inc()
		}
	}
	rs.reuse(all)
	rs.record()
}

// again looks at the early receipts again.
func (rs *receipts) again(now time.Time) {
	up := rs.status.up.Load()
	if up {
		_ = rs.index.FillIDs(fillRows) // whoever looks an id up sees the error
	}
	left := rs.early[:0]
	for _, rc := range rs.early {
		switch {
		case up && rs.resolve(&rc):
		case now.Sub(rc.at) < rc.patience:
			left = append(left, rc)
		default:
			rs.unmatched.Inc()
		}
	}
	clear(rs.early[len(left):])
	rs.early = left
	rs.record()
}

// patienceFor returns how long a receipt is looked at again that has no message yet, if fewer than most are
// looked at.
func (rs *receipts) patienceFor(rc *passedReceipt) (patience time.Duration, most int) {
	if rs.OnItsWay(&rc.conv) {
		return earlyWait, maxEarly
	}
	return strayWait, maxStray
}

// OnItsWay reports whether a message of the conversation is on its way to the index.
func (rs *receipts) OnItsWay(c *message.Conversation) bool {
	defer crash.OnPanic()
	sh, key := rs.table.at(c)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	h := sh.get(key, c)
	return h != nil && len(h.out) > 0
}

// resolve finds the message, and adds its record to those of the round. It returns false if there is no such
// message yet.
func (rs *receipts) resolve(rc *passedReceipt) bool {
	p, seq, err := rs.Find(rc.account, &rc.conv, rc.messageID)
	if err != nil {
		rs.dropped.Inc()
		return true
	}
	if p == nil {
		return false
	}
	if rc.session != 0 {
		rs.taken(p, rc.session) // before feedback that waits for the record goes out
	}
	rs.found = append(rs.found, journal.Record{Place: *p, PartSeq: seq, State: rc.state, At: rc.at.UnixMilli()})
	return true
}

// record queues the records of the round.
func (rs *receipts) record() {
	rs.queue.addAll(journal.KindReceipt, len(rs.found), func(i int, dst []byte) []byte {
		return journal.AppendReceipt(dst, &rs.found[i])
	})
	if clear(rs.found); cap(rs.found) > keptReceipts {
		rs.found = nil
	}
	rs.found = rs.found[:0]
}
