package index

import (
	"bytes"
	"encoding/binary"

	"readback/relay/journal"
)

// Row is a feedback that is not yet in its queue, or an event not yet in its stream.
type Row struct {
	Seq, Index uint64 // where its record stands in the log
	Body       []byte // JSON
}

// Outbox returns the first rows after seq and index.
func (ix *Index) Outbox(prefix byte, seq, index uint64, limit int) ([]Row, error) {
	l, err := ix.lookup()
	if err != nil {
		return nil, err
	}
	var rows []Row
	ok := l.seek(outboxKey(nil, prefix, seq, index+1))
	for ; ok && len(rows) < limit; ok = l.next() {
		key := l.it.Key()
		if len(key) != outboxKeyLen || key[0] != prefix {
			break
		}
		rows = append(rows, Row{
			Seq:   binary.BigEndian.Uint64(key[1:]),
			Index: uint64(binary.BigEndian.Uint32(key[9:])),
			Body:  bytes.Clone(l.it.Value()),
		})
	}
	return rows, l.close()
}

// OutboxRows counts the rows of the outbox.
func (ix *Index) OutboxRows() (int, error) {
	l, err := ix.lookup()
	if err != nil {
		return 0, err
	}
	n := 0
	prefix := []byte{FeedbackOutbox}
	for ok := l.within(prefix); ok; ok = l.nextWithin(prefix) {
		n++
	}
	return n, l.close()
}

// fed takes a feedback out of the outbox.
func (a *Applier) fed(rec *journal.Record) error {
	a.result.Taken++
	return a.b.Delete(outboxKey(nil, FeedbackOutbox, rec.Seq, rec.Index), nil)
}

const outboxKeyLen = 13

// outboxKey is a prefix, of feedback or of events, and where their record stands in the log.
func outboxKey(dst []byte, prefix byte, seq, index uint64) []byte {
	dst = binary.BigEndian.AppendUint64(append(dst, prefix), seq)
	return binary.BigEndian.AppendUint32(dst, uint32(index))
}
