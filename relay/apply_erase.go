package relay

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"readback/relay/journal"
	"readback/relay/message"
)

// How far the numbers of an erased conversation got stands in the index under 'u' · 'h' ·
// hash, so that none of them is given again while an old message may still be read.
const (
	personHead   = 'h'
	hashedOctets = 16
)

// hashedHeadKey stands for headKey of a conversation that was erased.
func hashedHeadKey(dst []byte, c *message.Conversation) []byte {
	var buf [2 * (1 + message.MaxAddr)]byte
	sum := sha256.Sum256(message.AppendConversation(buf[:0], c))
	return append(append(dst, prefixPerson, personHead), sum[:hashedOctets]...)
}

// erase takes all entries of a receiver out, what is known of parts of its messages, the
// feedback about it that waits in the outbox, and its name from the heads. It goes through
// the whole outbox, which nothing finds by its receiver.
func (a *applier) erase(rec *journal.Record) error {
	a.came(outcomeNoted, nil)
	if !a.changes {
		return errors.New("batch was not said to change entries")
	}
	it, err := a.b.NewIter(nil)
	if err != nil {
		return err
	}
	l := &lookup{it: it} // of this batch and all before it
	receiver := &rec.Place.Conv.Receiver
	return firstError(a.eraseEntries(l, receiver), a.eraseHeads(l, receiver), a.eraseParts(l, receiver),
		a.eraseOutbox(l, receiver), a.eraseEvents(l, receiver), it.Error(), it.Close())
}

func (a *applier) eraseEntries(l *lookup, receiver *message.Addr) (failed error) {
	err := l.eachDay(maxDay, func(day uint16) bool {
		prefix := receiverPrefix(nil, day, receiver)
		if l.it.SeekGE(prefix) && bytes.HasPrefix(l.it.Key(), prefix) {
			failed = a.b.DeleteRange(prefix, upper(prefix), nil)
		}
		return failed == nil
	})
	return firstError(failed, err)
}

func (a *applier) eraseHeads(l *lookup, receiver *message.Addr) error {
	prefix := journal.AppendString([]byte{prefixHead}, receiver.Bytes())
	for ok := l.it.SeekGE(prefix); ok && bytes.HasPrefix(l.it.Key(), prefix); ok = l.it.Next() {
		d := journal.Decoder{B: l.it.Key(), Off: len(prefix)}
		c := message.Conversation{Sender: d.Addr("sender"), Receiver: *receiver}
		err := firstError(d.Err,
			a.b.Set(hashedHeadKey(nil, &c), l.it.Value(), nil),
			a.b.Delete(l.it.Key(), nil))
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *applier) eraseParts(l *lookup, receiver *message.Addr) error {
	for ok := l.it.SeekGE([]byte{prefixPart}); ok && l.it.Key()[0] == prefixPart; {
		day := binary.BigEndian.Uint16(l.it.Key()[1:])
		prefix := partsOf(nil, day, receiver)
		for ok = l.it.SeekGE(prefix); ok && bytes.HasPrefix(l.it.Key(), prefix); ok = l.it.Next() {
			part, err := parsePart(day, l.it.Value())
			err = firstError(err, a.b.Delete(l.it.Key(), nil), a.b.Delete(cutKey(nil, day, []byte(part.First)), nil))
			if err != nil {
				return err
			}
		}
		ok = l.it.SeekGE(upper(dayPrefix(nil, prefixPart, day)))
	}
	return nil
}

func (a *applier) eraseOutbox(l *lookup, receiver *message.Addr) error {
	for ok := l.it.SeekGE([]byte{prefixOutbox}); ok && l.it.Key()[0] == prefixOutbox; ok = l.it.Next() {
		if !isAbout(l.it.Value(), *receiver) {
			continue
		}
		if err := a.b.Delete(l.it.Key(), nil); err != nil {
			return err
		}
		a.result.taken++
	}
	return nil
}

// eraseEvents does the same in the outbox of the events.
func (a *applier) eraseEvents(l *lookup, receiver *message.Addr) error {
	for ok := l.it.SeekGE([]byte{prefixEvent}); ok && l.it.Key()[0] == prefixEvent; ok = l.it.Next() {
		if !isAbout(l.it.Value(), *receiver) {
			continue
		}
		if err := a.b.Delete(l.it.Key(), nil); err != nil {
			return err
		}
	}
	return nil
}
