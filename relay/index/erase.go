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
func (a *Applier) erase(rec *journal.Record) error {
	a.came(Noted, nil)
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

func (a *Applier) eraseEntries(l *lookup, receiver *message.Addr) (failed error) {
	err := l.eachDay(MaxDay, func(day uint16) bool {
		prefix := receiverPrefix(nil, day, receiver)
		if l.it.SeekGE(prefix) && bytes.HasPrefix(l.it.Key(), prefix) {
			failed = a.b.DeleteRange(prefix, upper(prefix), nil)
		}
		return failed == nil
	})
	return firstError(failed, err)
}

func (a *Applier) eraseHeads(l *lookup, receiver *message.Addr) error {
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

func (a *Applier) eraseParts(l *lookup, receiver *message.Addr) error {
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

func (a *Applier) eraseOutbox(l *lookup, receiver *message.Addr) error {
	for ok := l.it.SeekGE([]byte{FeedbackOutbox}); ok && l.it.Key()[0] == FeedbackOutbox; ok = l.it.Next() {
		if !IsAbout(l.it.Value(), *receiver) {
			continue
		}
		if err := a.b.Delete(l.it.Key(), nil); err != nil {
			return err
		}
		a.result.Taken++
	}
	return nil
}

// eraseEvents does the same in the outbox of the events.
func (a *Applier) eraseEvents(l *lookup, receiver *message.Addr) error {
	for ok := l.it.SeekGE([]byte{EventOutbox}); ok && l.it.Key()[0] == EventOutbox; ok = l.it.Next() {
		if !IsAbout(l.it.Value(), *receiver) {
			continue
		}
		if err := a.b.Delete(l.it.Key(), nil); err != nil {
			return err
		}
	}
	return nil
}

// IsAbout tells whether a feedback, in JSON, is about a receiver.
func IsAbout(feedback []byte, receiver message.Addr) bool {
	var fb struct {
		Receiver string `json:"receiver"`
	}
	if json.Unmarshal(feedback, &fb) != nil {
		return false
	}
	a, err := message.NormalAddr(fb.Receiver)
	return err == nil && a == receiver
}
