package index

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"

	"readback/relay/journal"
	"readback/relay/message"
)

// How far the numbers of an erased conversation got stands in the index under 'u' · 'h' ·
// hash, so that none of them is given again while an old message may still be read.
const (
	personHead   = 'h'
	personCycle  = 'c' // see cycle.go
	hashedOctets = 16
)

// hashedKey appends what stands for a conversation without its names.
func hashedKey(dst []byte, c *message.Conversation) []byte {
	var buf [2 * (1 + message.MaxAddr)]byte
	sum := sha256.Sum256(message.AppendConversation(buf[:0], c))
	return append(dst, sum[:hashedOctets]...)
}

// erasure takes what is known of one receiver out of the index.
type erasure struct {
	*Applier
	*lookup  // of the batch at hand and all before it
	receiver *message.Addr
}

// applyErase takes all entries of a receiver out, what is known of parts of its messages, the
// feedback about it that waits in the outbox, and its name from the heads. It goes through
// the whole outbox, which nothing finds by its receiver.
func applyErase(a *Applier, rec *journal.Record) error {
	a.came(Noted, nil)
	if !a.changes {
		return errors.New("batch was not said to change entries")
	}
	it, err := a.b.NewIter(nil)
	if err != nil {
		return err
	}
	e := erasure{Applier: a, lookup: &lookup{it: it}, receiver: &rec.Place.Conv.Receiver}
	err = firstError(e.entries(), e.heads(), e.parts(), e.owners(), e.splits(), e.outbox(FeedbackOutbox, &a.result.Taken), e.outbox(EventOutbox, new(int)))
	e.noteExpired()
	return firstError(err, e.err, a.b.Set(keyUnpurged, nil, nil), a.b.Set(keyUnpadded, appendSerial(nil, a.at.Serial), nil), it.Close())
}

// noteRows notes that the rows with a prefix are to be purged: those that the erasure deletes, those that an
// erasure before has deleted, and old values of both. common is how many octets the prefix has in common with
// those of other receivers.
func (e erasure) noteRows(prefix []byte, common int) {
	e.Index.purge.note(string(prefix[:common]), keyRange{prefix, upper(prefix), isNamed(prefix[0])})
}

// noteExpired notes that the rows of expired days are to be purged. They are deleted, whosever they are.
func (e erasure) noteExpired() {
	for _, prefix := range []byte{prefixEntry, prefixPart, prefixOwner, prefixOwnerTo, prefixSplit} {
		end := []byte{prefix + 1}
		if e.within([]byte{prefix}) {
			end = e.it.Key()[:3]
		}
		if first := dayPrefix(nil, prefix, 0); bytes.Compare(first, end) < 0 {
			e.Index.purge.note(string(prefix)+" expired", keyRange{first, end, false})
		}
	}
}

func (e erasure) entries() (failed error) {
	e.eachDay(func(day uint16) bool {
		prefix := receiverPrefix(nil, day, e.receiver)
		e.noteRows(prefix, 3)
		for ok := e.within(prefix); ok && failed == nil; ok = e.nextWithin(prefix) {
			failed = e.disownEntry(day)
		}
		if e.within(prefix) {
			failed = firstError(failed, e.b.DeleteRange(prefix, upper(prefix), nil))
		}
		return failed == nil
	})
	return failed
}

// disownEntry takes out what is known of the ids of the entry at hand, under its day. The account is that of its
// first part.
func (e erasure) disownEntry(day uint16) error {
	entry, err := parseEntry(e.it.Value())
	if err != nil {
		return err
	}
	accounts := map[string]struct{}{string(entry.Account): {}}
	if entry.Total > 1 {
		accounts = e.Index.accounts.load()
	}
	for _, p := range entry.Parts {
		for _, key := range keysOf(p.ID) {
			if err := e.disownKey(accounts, day, key); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e erasure) heads() error {
	prefix := journal.AppendString([]byte{prefixHead}, e.receiver.Bytes())
	e.noteRows(prefix, 1)
	for ok := e.within(prefix); ok; ok = e.nextWithin(prefix) {
		d := journal.Decoder{B: e.it.Key(), Off: len(prefix)}
		c := message.Conversation{Sender: d.Addr("sender"), Receiver: *e.receiver}
		e.Index.persons.note([]byte{prefixPerson, personHead})
		err := firstError(d.Err,
			e.b.Set(hashedHeadKey(nil, &c), e.it.Value(), nil),
			e.b.Delete(e.it.Key(), nil))
		if err != nil {
			return err
		}
	}
	return nil
}

func (e erasure) parts() error {
	for ok := e.within([]byte{prefixPart}); ok; {
		day := binary.BigEndian.Uint16(e.it.Key()[1:])
		prefix := partsOf(nil, day, e.receiver)
		e.noteRows(prefix, 3)
		for ok = e.within(prefix); ok; ok = e.nextWithin(prefix) {
			part, err := parsePart(day, e.it.Value())
			err = firstError(err, e.b.Delete(e.it.Key(), nil), e.deleteSplit(day, []byte(part.First)))
			if err != nil {
				return err
			}
		}
		ok = e.seek(upper(dayPrefix(nil, prefixPart, day))) && e.it.Key()[0] == prefixPart
	}
	return nil
}

// owners takes out what is known of message_ids, and the receipts of split messages.
func (e erasure) owners() error {
	for ok := e.within([]byte{prefixOwnerTo}); ok; {
		day := binary.BigEndian.Uint16(e.it.Key()[1:])
		prefix := journal.AppendString(dayPrefix(nil, prefixOwnerTo, day), e.receiver.Bytes())
		e.noteRows(prefix, 3)
		for ok = e.within(prefix); ok; ok = e.nextWithin(prefix) {
			o, err := journal.ParseIDOwner(e.it.Value())
			key, _, _ := bytes.Cut(e.it.Key()[len(prefix):], []byte{0})
			if err = firstError(err, e.b.Delete(e.it.Key(), nil), e.disown(&o, day, key)); err != nil {
				return err
			}
		}
		ok = e.seek(upper(dayPrefix(nil, prefixOwnerTo, day))) && e.it.Key()[0] == prefixOwnerTo
	}
	return nil
}

// splits takes out what the receipts of split messages say. All of their ids may have newer owners, so it goes
// through the senders of each account.
func (e erasure) splits() error {
	for ok := e.within([]byte{prefixSplit}); ok; {
		day, name := binary.BigEndian.Uint16(e.it.Key()[1:]), bytes.Clone(e.it.Key()[3:])
		o, named := journal.ParseName(&journal.Record{Place: journal.Place{Day: day}, Split: journal.SplitRecord{First: name}})
		if !named { // of an earlier release: see parts
			ok = e.nextWithin([]byte{prefixSplit})
			continue
		}
		sender := splitKey(nil, day, journal.AppendSender(name[:2:2], &o))
		to := journal.AppendString(bytes.Clone(sender), e.receiver.Bytes())
		for ok = e.within(to); ok; ok = e.nextWithin(to) {
			if err := e.deleteSplit(day, bytes.Clone(e.it.Key()[3:])); err != nil {
				return err
			}
		}
		ok = e.seek(upper(sender)) && e.it.Key()[0] == prefixSplit
	}
	return nil
}

// disown takes out what is known of an owner beside the row by its receiver under this day. An owner of another
// account may have had this row before.
func (e erasure) disown(o *journal.IDOwner, day uint16, key []byte) error {
	return firstError(e.disownKey(e.Index.accounts.load(), day, key), e.deleteSplit(o.Place.Day, journal.AppendName(nil, o)))
}

// disownKey takes the rows by account of the owners of an id out that are of the receiver.
func (e erasure) disownKey(accounts map[string]struct{}, day uint16, key []byte) error {
	for account := range accounts {
		byAccount := ownerKey(nil, day, account, key)
		e.Index.purge.noteKey(byAccount, len(byAccount)-len(key), false) // its value before may be of the receiver
		value, err := copyOf(e.b.Get(byAccount))
		if err != nil {
			return err
		}
		if newest, err := journal.ParseIDOwner(value); err != nil || newest.Place.Conv.Receiver != *e.receiver {
			continue
		}
		if err := e.b.Delete(byAccount, nil); err != nil {
			return err
		}
	}
	return nil
}

// deleteSplit takes out what the receipts of a split message say.
func (e erasure) deleteSplit(day uint16, first []byte) error {
	key := splitKey(nil, day, first)
	e.Index.purge.noteKey(key, 3, true)
	return e.b.Delete(key, nil)
}

// outbox takes the rows about the receiver out of an outbox, and counts them.
func (e erasure) outbox(kind byte, taken *int) error {
	e.noteRows([]byte{kind}, 1) // also what has left it
	for ok := e.within([]byte{kind}); ok; ok = e.nextWithin([]byte{kind}) {
		if !IsAbout(e.it.Value(), *e.receiver) {
			continue
		}
		if err := e.b.Delete(e.it.Key(), nil); err != nil {
			return err
		}
		*taken++
	}
	return nil
}

// IsAbout tells whether a feedback, in JSON, is about a receiver.
func IsAbout(feedback []byte, receiver message.Addr) bool {
	var fb struct {
		Receiver       string `json:"receiver"`
		message.Octets `json:"octets"`
	}
	if json.Unmarshal(feedback, &fb) != nil {
		return false
	}
	fb.Restore(message.Text{Name: "receiver", S: &fb.Receiver})
	a, err := message.NormalAddr(fb.Receiver)
	return err == nil && a == receiver
}
