package cdr

import (
	"context"
	"errors"
	"fmt"
	"time"

	"readback/relay/journal"
	"readback/relay/message"
)

// atOnce is how many messages are looked up at a time. Their lines are synced together.
const atOnce = 1000

// errDone ends a replay: what follows is not due yet.
var errDone = errors.New("not due yet")

// accepted is what the Writer keeps of the record of a message, or a part of one, that the SMSC accepted.
type accepted struct {
	id        string
	place     journal.Place
	part      message.Part
	at        int64
	account   string
	messageID string
	next      cursor // behind the record
}

// cursor is a place in the log.
type cursor struct {
	Sequence uint64 `json:"sequence"` // of a batch
	Record   int    `json:"record"`   // in it, from 0
}

// follower goes through a log.
type follower struct {
	*Writer
	ctx    context.Context
	log    journal.Log
	now    time.Time
	starts []uint64        // the batches with which the last epochs began
	last   map[copied]bool // of the last batches of the epochs before them; nil: they are not read yet
	since  int64           // messages that were submitted until then have their lines already; ms
	at     cursor          // where the next record stands
	found  []accepted
}

// follow writes the lines of the messages in a log that are due.
func (w *Writer) follow(ctx context.Context, log journal.Log) error {
	info, pos := log.Info(), &w.files.position
	if info.Empty {
		return nil
	}
	f := &follower{Writer: w, ctx: ctx, log: log, now: w.opt.Now(), starts: pos.Starts, at: pos.Next}
	if pos.Log != info.Created {
		f.at, f.since, f.starts = cursor{Sequence: info.First}, pos.Submitted, nil
	}
	if f.at.Sequence < info.First {
		f.lack(f.at.Sequence, info.First-1) // they have expired
		f.at = cursor{Sequence: info.First}
	}
	if f.at.Sequence <= info.Last {
		if err := log.Replay(ctx, f.at.Sequence, f.batch); err != nil && !errors.Is(err, errDone) {
			return err
		}
	}
	if len(f.found) == 0 && f.at == pos.Next && pos.Log == info.Created {
		return nil
	}
	return f.flush()
}

// batch takes the messages of a batch that are due.
func (f *follower) batch(seq uint64, data []byte) error {
	r, err := journal.ParseBatch(data)
	if seq > f.at.Sequence {
		f.lack(f.at.Sequence, seq-1)
		f.at = cursor{Sequence: seq}
	}
	for i, rec := 0, (journal.Record{}); err == nil && r.Next(&rec); i++ {
		if rec.Kind == journal.KindStart {
			f.began(seq)
		}
		if i < f.at.Record || rec.Kind != journal.KindAccepted && rec.Kind != journal.KindLate {
			continue
		}
		if !f.isDue(rec.At) {
			return errDone
		}
		f.at.Record = i + 1
		if err := f.take(&rec, fmt.Sprintf("%016x-%d-%d", r.Header.Instance, r.Header.Serial, i)); err != nil {
			return err
		}
	}
	if newer, ok := errors.AsType[*journal.FormatError](r.Err); ok {
		return newer
	} else if r.Err != nil {
		f.lack(seq, seq)
	}
	f.at = cursor{Sequence: seq + 1}
	return nil
}

// lack says that batches are missing.
func (f *follower) lack(from, to uint64) {
	f.opt.Log.Error("batches of the log cannot be read: their messages have no call detail records", "from", from, "to", to)
}

// isDue reports whether a message that was submitted at a time in milliseconds gets its line. If that lies far
// ahead, the clock has been wrong.
func (f *follower) isDue(ms int64) bool {
	at := message.Time(ms)
	return !f.now.Before(at.Add(f.opt.After)) || at.After(f.now.Add(f.opt.After))
}

// take keeps what is needed of a record, which is valid only until the next one.
func (f *follower) take(rec *journal.Record, id string) error {
	isCopy, err := f.isCopy(rec)
	if err != nil || isCopy || rec.At <= f.since {
		return err
	}
	f.found = append(f.found, accepted{
		id: id, place: rec.Place, part: rec.Part, at: rec.At, account: string(rec.Account), messageID: string(rec.MessageID), next: f.at,
	})
	if len(f.found) < atOnce {
		return nil
	}
	return f.flush()
}

// flush writes the lines of what was found.
func (f *follower) flush() error {
	f.busy <- struct{}{}
	defer func() { <-f.busy }()
	places := make([]journal.Place, len(f.found))
	for i := range f.found {
		places[i] = f.found[i].place
	}
	var histories []*message.History
	if len(places) > 0 {
		var err error
		if histories, err = f.opt.Lookup(f.ctx, places); err != nil {
			return err
		}
	}
	pos := position{Log: f.log.Info().Created, Starts: f.starts, Submitted: max(f.files.position.Submitted, f.since)}
	for i := range f.found {
		a := &f.found[i]
		if pos.Next = a.next; a.at <= f.now.UnixMilli() {
			pos.Submitted = max(pos.Submitted, a.at)
		}
		line, ok := f.lineOf(a, histories[i])
		if !ok {
			continue
		}
		b, err := line.octets()
		if err == nil {
			err = f.files.add(b, f.now, pos)
		}
		if err != nil {
			return err
		}
	}
	f.found = f.found[:0]
	pos.Next = f.at
	return f.files.commit(pos)
}
