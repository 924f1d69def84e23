package simulation

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"readback/internal/promise"
)

// damage is something that happens to the store between two lives. It returns what there is to say of
// it, and false if it could not be done.
type damage func(*world) (promise.Event, bool)

var damages = map[string]damage{
	"gap in the log":                              (*world).cutGap,
	"tail of the log lost":                        (*world).cutTail,
	"octet of the log flipped":                    (*world).flipLog,
	"index lost, and an octet of the log flipped": (*world).flipLogOnly,
	"octet of the index flipped":                  (*world).flipIndex,
	"file of the index lost":                      (*world).loseFile,
	"file of the index cut":                       (*world).cutFile,
	"log wiped":                                   (*world).wipeLog,
	"log purged":                                  (*world).purgeLog,
	"older copy of the log":                       (*world).olderLog,
	"index lost":                                  (*world).loseIndex,
	"older copy of the index":                     (*world).olderIndex,
}

// harm damages the store now and then: log or index, and not again before the ledger was up.
func (w *world) harm() []promise.Event {
	if w.plan.calm || w.damaged || !w.chance(3) {
		return nil
	}
	names := slices.Sorted(maps.Keys(damages))
	name := names[w.rnd.IntN(len(names))]
	if !w.may(name) {
		return nil
	}
	e, done := damages[name](w)
	if !done {
		return nil
	}
	w.damaged = true
	if e.Text != "" {
		name += ", " + e.Text
	}
	e.Text = name
	events := []promise.Event{e}
	if e.Since > 0 || e.Kind == promise.Lost {
		events = []promise.Event{{Kind: promise.Damaged, Text: name, Reported: e.Reported}, {Kind: promise.Lost, Since: e.Since, Text: name}}
	}
	return events
}

// forgot returns the event of a log that has lost all batches behind a sequence. What the index has not
// is lost.
func (w *world) forgot(behind uint64) promise.Event {
	at, lost := w.log.since(max(behind, w.flushed))
	w.kept = nil // an index of another log would be of no use
	e := promise.Event{Kind: promise.Damaged, Reported: behind < w.flushed}
	w.forgetful = true
	w.flushed = min(w.flushed, behind) // sequences come again
	if lost {
		e.Kind, e.Since = promise.Lost, at
	}
	return e
}

func (w *world) cutTail() (promise.Event, bool) {
	n := len(w.log.batches)
	if n < 4 {
		return promise.Event{}, false
	}
	cut := 1 + w.rnd.IntN(min(n-2, 40))
	behind := w.log.batches[n-cut-1].seq
	if behind == w.flipped && !w.may("tail of the log lost, and its new end flipped") {
		return promise.Event{}, false
	}
	e := w.forgot(behind)
	e.Text = fmt.Sprintf("%d batches", cut)
	w.log.change(func(all []logged) []logged { return all[:n-cut] })
	w.log.last = behind
	return e, true
}

// cutGap removes batches that the index has.
func (w *world) cutGap() (promise.Event, bool) {
	i := slices.IndexFunc(w.log.batches, func(b logged) bool { return b.seq > w.flushed })
	if i < 0 {
		i = len(w.log.batches)
	}
	if i < 4 || i >= len(w.log.batches) {
		return promise.Event{}, false // the newest stays: a gap at the end is a cut
	}
	from := w.rnd.IntN(i - 2)
	to := min(from+1+w.rnd.IntN(20), i-1)
	w.log.change(func(all []logged) []logged { return slices.Delete(all, from, to) })
	w.forgetful = true
	return promise.Event{Kind: promise.Damaged, Text: fmt.Sprintf("%d batches", to-from)}, true
}

// flipLog flips an octet in a batch.
func (w *world) flipLog() (promise.Event, bool) {
	if len(w.log.batches) == 0 {
		return promise.Event{}, false
	}
	i := w.rnd.IntN(len(w.log.batches))
	b := w.log.batches[i]
	b.data = slices.Clone(b.data)
	b.data[w.rnd.IntN(len(b.data))] ^= 1 << w.rnd.IntN(8)
	w.log.change(func(all []logged) []logged {
		all = slices.Clone(all)
		all[i] = b
		return all
	})
	w.kept, w.flipped = nil, b.seq
	e := promise.Event{Kind: promise.Damaged, Text: fmt.Sprintf("sequence %d", b.seq)}
	if b.seq > w.flushed { // the index may have it nevertheless
		e.Kind, e.Since = promise.Lost, b.at
	}
	w.forgetful = true
	return e, true
}

// flipLogOnly flips an octet in a batch, and removes the index: the batch has to be read.
func (w *world) flipLogOnly() (promise.Event, bool) {
	known := !w.forgetful // the log has it all
	w.flushed = 0
	e, done := w.flipLog()
	if done {
		w.disk, e.Reported = make(image), true
	}
	if !known {
		e.Since = 0
	}
	return e, done
}

func (w *world) wipeLog() (promise.Event, bool) {
	if len(w.log.batches) == 0 {
		return promise.Event{}, false
	}
	e := w.forgot(0)
	w.log.replace(logState{created: w.log.created + 1, first: 1})
	return e, true
}

func (w *world) purgeLog() (promise.Event, bool) {
	if len(w.log.batches) == 0 {
		return promise.Event{}, false
	}
	e := w.forgot(0)
	w.log.replace(logState{created: w.log.created, first: w.log.last + 1, last: w.log.last})
	return e, true
}

func (w *world) olderLog() (promise.Event, bool) {
	if len(w.kept) == 0 {
		return promise.Event{}, false
	}
	k := &w.kept[w.rnd.IntN(len(w.kept))]
	if k.log.last >= w.log.last || k.log.created != w.log.created {
		return promise.Event{}, false
	}
	e := w.forgot(k.log.last) // forgets k as well
	e.Text = "of " + k.at.Round(time.Second).String()
	w.log.replace(k.log)
	return e, true
}

// indexGone returns the event of an index that has to be made of the log again.
func (w *world) indexGone() promise.Event {
	w.flushed = 0
	if w.forgetful { // the index was the only one that knew
		return promise.Event{Kind: promise.Lost, Since: 0}
	}
	return promise.Event{Kind: promise.Damaged}
}

func (w *world) loseIndex() (promise.Event, bool) {
	w.disk = make(image)
	return w.indexGone(), true
}

func (w *world) olderIndex() (promise.Event, bool) {
	if len(w.kept) == 0 {
		return promise.Event{}, false
	}
	k := &w.kept[w.rnd.IntN(len(w.kept))]
	if k.log.created != w.log.created {
		return promise.Event{}, false
	}
	e := w.indexGone()
	w.disk, w.flushed = k.disk.clone(), k.flushed
	return e, true
}

// someFile draws a file of the index that is not empty.
func (w *world) someFile() (string, bool) {
	names := slices.Sorted(maps.Keys(w.disk))
	names = slices.DeleteFunc(names, func(n string) bool { return len(w.disk[n]) == 0 })
	if len(names) == 0 {
		return "", false
	}
	return names[w.rnd.IntN(len(names))], true
}

func (w *world) flipIndex() (promise.Event, bool) {
	name, ok := w.someFile()
	if !ok {
		return promise.Event{}, false
	}
	data := slices.Clone(w.disk[name])
	for range 1 + w.rnd.IntN(20) {
		data[w.rnd.IntN(len(data))] ^= 1 << w.rnd.IntN(8)
	}
	w.disk[name] = data
	e := w.indexGone()
	e.Text = name
	return e, true
}

func (w *world) loseFile() (promise.Event, bool) {
	name, ok := w.someFile()
	delete(w.disk, name)
	e := w.indexGone()
	e.Text = name
	return e, ok
}

func (w *world) cutFile() (promise.Event, bool) {
	name, ok := w.someFile()
	if !ok {
		return promise.Event{}, false
	}
	w.disk[name] = w.disk[name][:w.rnd.IntN(len(w.disk[name]))]
	e := w.indexGone()
	e.Text = name
	return e, true
}
