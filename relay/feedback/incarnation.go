package feedback

import (
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// incarnation is the stream whose sequences a schedule knows. A stream that was deleted and made again,
// or restored from a backup, gives its sequences to other feedback. Those of each incarnation therefore
// count from where the one before ended.
type incarnation struct {
	created time.Time
	base    uint64 // added to the sequences of the stream
	highest uint64 // sequence that was seen, with base
}

// sequence returns the sequence in the schedule of one in the stream.
func (i *incarnation) sequence(inStream uint64) uint64 {
	seq := i.base + inStream
	i.highest = max(i.highest, seq)
	return seq
}

// isOther reports whether the stream is another one than before, and notes that it is.
func (i *incarnation) isOther(info *jetstream.StreamInfo) bool {
	before := *i
	if i.created = info.Created; before.created.IsZero() {
		return false
	}
	if before.created.Equal(i.created) && before.base+info.State.LastSeq >= before.highest {
		return false
	}
	i.base = before.highest
	return true
}

// attach notes from which stream feedback is taken from now on. If it is another one than before, what
// is held is delivered without it: there is nothing to acknowledge any more.
func (o *schedule) attach(info *jetstream.StreamInfo) {
	if !o.incarnation.isOther(info) {
		return
	}
	for _, h := range o.held {
		h.msg = detached{h.msg}
	}
}

// detached is a message whose stream is gone. In the stream of the same name its acknowledgement would be
// that of another message.
type detached struct{ jetstream.Msg }

func (detached) Ack() error { return nil }

func (detached) Nak() error { return nil }

func (detached) Term() error { return nil }

func (detached) InProgress() error { return nil }

func (detached) Reply() string { return "" }
