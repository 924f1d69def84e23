package ledger

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"readback/internal/crash"
	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp/receipt"
)

// owners knows which message a message_id belongs to: the newest one that got it from the SMSC.
type owners struct {
	*writer
	index *index.Index
	keep  time.Duration // how long a message can be read
	ids   receipt.IDs   // how the SMSC writes message_ids

	parts   atomic.Bool // there may be parts that the gateway made, here or in the index
	earlier atomic.Bool // the index may have parts from an earlier release

	queued atomic.Int32 // len(pending)

	// Guarded by mu.
	mu      sync.Mutex
	serial  uint64
	pending map[string][]owner // by key, oldest first: queued, and not yet in the index
}

// owner is an owner on its way to the index.
type owner struct {
	key    string
	serial uint64
	is     journal.IDOwner
}

func newOwners(rec *writer, ix *index.Index, keep time.Duration, ids receipt.IDs) *owners {
	o := &owners{writer: rec, index: ix, keep: keep, ids: ids, pending: make(map[string][]owner)}
	o.parts.Store(true) // as long as the log has not been read
	o.earlier.Store(true)
	return o
}

// add notes the owner of an id whose record is queued.
func (o *owners) add(key []byte, is *journal.IDOwner) owner {
	if is.Kind == journal.OwnerSplit {
		o.parts.Store(true)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.serial++
	added := owner{key: string(key), serial: o.serial, is: *is}
	o.pending[added.key] = append(o.pending[added.key], added)
	o.queued.Store(int32(len(o.pending)))
	return added
}

// noteAccepted notes that s has messageID. Its record is in b. While no message is in parts, a receipt that
// overtakes the record finds the message a moment later.
func (o *owners) noteAccepted(b *batch, s *Sent, messageID []byte) {
	if !o.parts.Load() {
		return
	}
	if key := bounded(receipt.Key(o.ids.OfResponse(messageID))); len(key) > 0 {
		b.owners = append(b.owners, o.add(key, s.owner(journal.OwnerNumbered)))
	}
}

// settle forgets owners: the index knows them, or never will.
func (o *owners) settle(all ...owner) {
	if len(all) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, gone := range all {
		left := slices.DeleteFunc(o.pending[gone.key], func(p owner) bool { return p.serial == gone.serial })
		if o.pending[gone.key] = left; len(left) == 0 {
			delete(o.pending, gone.key)
		}
	}
	o.queued.Store(int32(len(o.pending)))
}

// find returns the newest pending owner of an id that fits; nil when there is none.
func (o *owners) find(key []byte, fits func(*journal.IDOwner) bool) *journal.IDOwner {
	if o.queued.Load() == 0 { // as for most messages
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.pending[string(key)]
	for i := len(all) - 1; i >= 0; i-- {
		if is := all[i].is; fits(&is) {
			return &is
		}
	}
	return nil
}

// days returns today, and how many days back the index is asked.
func (o *owners) days() (today, back uint16) {
	return message.DayOf(time.Now().UnixMilli()), uint16(o.keep/(24*time.Hour)) + 2
}

// ownerOf returns the message that a receipt is about, by the key of its message_id. c is what the
// addresses of the receipt say. account is empty if it is not known. Of the messages with the id, these
// count, the first that there is, and of several the newest:
//
//   - one of the conversation, also if the receipt does not have the addresses exchanged
//   - one to the receiver, from another sender
//   - one of the account: then byID is true
func (o *owners) ownerOf(account string, c *message.Conversation, key []byte) (is *journal.IDOwner, byID bool, err error) {
	if len(key) == 0 || len(key) > journal.MaxMessageID {
		return nil, false, nil
	}
	var newest *journal.IDOwner
	if account != "" {
		newest, err = o.newest(account, key)
		if err != nil || newest == nil || newest.Place.Conv == *c {
			return newest, false, err
		}
	}
	swapped := message.Conversation{Sender: c.Receiver, Receiver: c.Sender}
	for _, c := range []*message.Conversation{c, &swapped} {
		if is, err = o.in(account, c, key); is != nil || err != nil {
			return is, false, err
		}
	}
	for _, c := range []*message.Conversation{c, &swapped} {
		if newest != nil && newest.Place.Conv.Receiver == c.Receiver {
			return newest, false, nil
		}
		if is, err = o.to(account, &c.Receiver, key); is != nil || err != nil {
			return is, false, err
		}
	}
	return newest, newest != nil, nil
}

// Owner returns the newest message of the account that has a message_id, as the SMSC's response has the id. It
// returns nil if there is none, or if the index cannot be read.
func (o *owners) Owner(account string, id []byte) *journal.IDOwner {
	defer crash.OnPanic()
	key := receipt.Key(o.ids.OfResponse(id))
	if len(key) == 0 || len(key) > journal.MaxMessageID {
		return nil
	}
	is, err := o.newest(account, key)
	if err != nil {
		return nil
	}
	return is
}

// newest returns the newest message of an account that has an id.
func (o *owners) newest(account string, key []byte) (*journal.IDOwner, error) {
	if is := o.find(key, func(is *journal.IDOwner) bool { return is.Account == account }); is != nil {
		return is, nil
	}
	if !o.index.MayOwn(key) {
		return nil, nil
	}
	today, back := o.days()
	return o.index.OwnerOf(account, key, today, back)
}

// in returns the newest message of a conversation that has an id, if it is of the account.
func (o *owners) in(account string, c *message.Conversation, key []byte) (*journal.IDOwner, error) {
	is := o.find(key, func(is *journal.IDOwner) bool { return is.Place.Conv == *c })
	if is == nil {
		var err error
		today, back := o.days()
		if is, err = o.index.OwnerIn(c, key, today, back); err != nil {
			return nil, err
		}
	}
	if is != nil && account != "" && is.Account != account {
		return nil, nil
	}
	return is, nil
}

// to returns the newest message of the account to a receiver that has an id.
func (o *owners) to(account string, receiver *message.Addr, key []byte) (*journal.IDOwner, error) {
	is := o.find(key, func(is *journal.IDOwner) bool {
		return is.Place.Conv.Receiver == *receiver && (account == "" || is.Account == account)
	})
	if is != nil {
		return is, nil
	}
	today, back := o.days()
	return o.index.OwnerTo(receiver, account, key, today, back)
}

// Take notes that the SMSC gave id to a message of the account without a number, which the ledger does not
// follow: the message that had the id before loses it. If always is false, that is recorded only if the
// ledger knows the id. Take never waits.
func (o *owners) Take(account string, c *message.Conversation, id []byte, always bool) {
	defer crash.OnPanic()
	var room [64]byte
	key := bounded(receipt.AppendKey(room[:0], o.ids.OfResponse(id)))
	if len(key) == 0 || account == "" || len(account) > journal.MaxAccount || c.Sender.IsZero() || c.Receiver.IsZero() {
		return
	}
	if !always && !o.mustTake(account, c, key) {
		return
	}
	is := journal.IDOwner{
		Kind: journal.OwnerUnnumbered, Account: account,
		Place: journal.Place{Conv: *c, Day: message.DayOf(time.Now().UnixMilli())},
	}
	if b := o.queue.begin(journal.KindSplit); b != nil {
		o.append(b, &is, key, 1, 0)
		o.queue.end(b)
	}
}

// mustTake reports whether an id belongs to another message of the account.
func (o *owners) mustTake(account string, c *message.Conversation, key []byte) bool {
	if is, err := o.newest(account, key); err != nil || is != nil {
		return err == nil && (is.Kind != journal.OwnerUnnumbered || is.Place.Conv != *c)
	}
	_, ok := o.partOfEarlier(c, key)
	return ok
}

// append adds the record of an owner to a batch.
func (o *owners) append(b *batch, is *journal.IDOwner, key []byte, total, wanted uint8) {
	b.buf = journal.AppendSplit(b.buf, &journal.Record{
		Place: is.Place, Part: message.Part{Total: total}, PartSeq: max(1, is.Seq),
		Split: journal.SplitRecord{First: journal.AppendName(nil, is), Key: key, Wanted: wanted},
	})
	b.owners = append(b.owners, o.add(key, is))
}
