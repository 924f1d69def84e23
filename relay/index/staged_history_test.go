package index

import (
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/vfs"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// stagedHistory is a log, and two indexes of it.
type stagedHistory struct {
	t               *testing.T
	r               *rand.Rand
	log             *scriptedLog
	mem             vfs.FS
	crashing, quiet *life
	messages        uint64
	next            map[message.Conversation]uint64
	follows         map[message.Conversation]bool // the next message is another part of the last one
	sent            []journal.Record
}

func newStagedHistory(t *testing.T, r *rand.Rand) *stagedHistory {
	h := &stagedHistory{t: t, r: r, log: logOf(1), mem: vfs.NewMem(), next: make(map[message.Conversation]uint64), follows: make(map[message.Conversation]bool)}
	h.crashing = begin(t, h.mem, h.log, 0)
	h.quiet = begin(t, vfs.NewMem(), h.log, 0)
	h.quiet.ids.refill(false) // and never filled: it has all rows of all owners
	h.append(journal.Record{Kind: journal.KindStart, First: 1, Last: 5, At: 1000})
	return h
}

// write appends a batch of records of all kinds that change staged rows, and of some that do not.
func (h *stagedHistory) write() {
	var all []journal.Record
	for range 1 + h.r.IntN(5) {
		all = append(all, h.record())
	}
	h.append(all...)
}

func (h *stagedHistory) append(all ...journal.Record) {
	h.log.last++
	b := journal.AppendHeader(nil, journal.Header{Epoch: 1, Instance: 77, Serial: h.log.last, Messages: h.messages})
	changes := false
	for i := range all {
		b = journal.Append(b, &all[i])
		changes = changes || all[i].Kind.Changes()
		if all[i].Kind == journal.KindAccepted || all[i].Kind == journal.KindLate {
			h.messages++
		}
	}
	b = journal.Seal(b)
	h.log.batches[h.log.last] = b
	for _, l := range []*life{h.crashing, h.quiet} {
		if _, err := l.a.Apply(h.log.last, b, true); err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *stagedHistory) record() journal.Record {
	c := relaytest.Conversation(h.t, fmt.Sprint("1069000", h.r.IntN(3)), fmt.Sprint("44770090010", h.r.IntN(3)))
	if len(h.sent) == 0 || h.r.IntN(3) == 0 {
		return h.accepted(c)
	}
	old := h.sent[h.r.IntN(len(h.sent))]
	switch h.r.IntN(8) {
	case 0:
		return readAt(old.Place, uint8(h.r.IntN(3)), int64(2000+h.r.IntN(100)))
	case 1:
		return journal.Record{Kind: journal.KindReported, Place: old.Place, At: 3000}
	case 2:
		old.Kind, old.MessageID = journal.KindLate, fmt.Append(nil, "late", h.r.IntN(9))
		return old
	case 3:
		o := journal.IDOwner{Kind: journal.OwnerUnnumbered + journal.OwnerKind(-h.r.IntN(2)), Account: "bank", Place: old.Place, Seq: 1}
		if o.Kind == journal.OwnerUnnumbered {
			o.Place.Number, o.Place.Ordinal, o.Seq = 0, 0, 0
		}
		return cutOf(o, fmt.Sprint("id", h.r.IntN(12)))
	case 4:
		next := h.next[c] + uint64(h.r.IntN(3))
		h.next[c] = next
		return journal.Record{Kind: journal.KindHead, Place: journal.Place{Conv: c}, Bound: next}
	case 5:
		if h.r.IntN(4) == 0 {
			return journal.Record{Kind: journal.KindErase, Place: old.Place, At: 4}
		}
		fallthrough
	default:
		return receiptAt(old.Place, old.Part.Seq, []message.State{message.StateDelivered, message.StateFailed}[h.r.IntN(2)], 1500)
	}
}

func (h *stagedHistory) accepted(c message.Conversation) journal.Record {
	n := h.next[c]
	p := journal.Place{Conv: c, Day: 20780 + uint16(h.r.IntN(3)), Number: uint16(n%5 + 1), Ordinal: n}
	rec := journaltest.AcceptedAt(p, fmt.Sprint("id", h.r.IntN(12)))
	if h.r.IntN(4) == 0 {
		rec.At = int64(p.Day-uint16(h.r.IntN(2))) * 86_400_000 // it lasts, or not
	}
	if h.r.IntN(4) == 0 {
		rec.Account = []byte("shop")
	}
	if rec.Part = (message.Part{}); h.follows[c] || h.r.IntN(4) == 0 {
		rec.Part = message.Part{Ref: uint16(n), Total: 2, Seq: uint8(1 + h.r.IntN(2))}
	}
	if h.follows[c] = rec.Part.Total > 0 && h.r.IntN(2) == 0; !h.follows[c] {
		h.next[c]++
	}
	h.sent = append(h.sent, rec)
	return rec
}

// disturb writes some of what the crashing index has, or has it crash.
func (h *stagedHistory) disturb() {
	ix := h.crashing.Index
	var err error
	switch h.r.IntN(12) {
	case 0:
		err = ix.Flush()
	case 1:
		err = ix.writeStaged()
	case 2, 3:
		err = ix.db.Flush() // without what is staged
	case 4:
		// A replay from before an expiry may find what has expired, or not bring it in.
		err = firstError(ix.Flush(), ix.Expire(20781), ix.Flush(), h.quiet.Expire(20781))
		h.crashing.a.Expired, h.quiet.a.Expired = 20781, 20781
	case 5:
		h.restart()
	case 6:
		err = ix.fill(ix.heads, 1+h.r.IntN(5))
	case 7, 8:
		err = ix.FillIDs(1 + h.r.IntN(50))
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// restart ends the crashing index as a crash would, and begins it again.
func (h *stagedHistory) restart() {
	limit, expired := h.crashing.staged.limit, h.crashing.a.Expired
	if err := h.crashing.Discard(); err != nil {
		h.t.Fatal(err)
	}
	l := &life{Index: NewIn(h.mem, "index", slog.New(slog.DiscardHandler))}
	if err := l.Open(); err != nil {
		h.t.Fatal(err)
	}
	l.staged.limit = limit
	l.a = &Applier{Index: l.Index, Expired: expired}
	if _, err := l.a.Replay(h.t.Context(), h.log, slog.New(slog.DiscardHandler)); err != nil {
		h.t.Fatal(err)
	}
	if err := l.Expire(expired); err != nil { // as a relay does that begins
		h.t.Fatal(err)
	}
	h.crashing = l
	h.t.Cleanup(func() { _ = l.Discard() })
}

// compare wants the same rows in both, and looks up by all ways what is staged in the quiet one.
func (h *stagedHistory) compare() {
	h.t.Helper()
	h.crashing.FillHeads(h.t.Context())
	looked := h.lookUp(h.quiet.Index)
	if got := h.lookUp(h.crashing.Index); !maps.Equal(got, looked) {
		for _, what := range slices.Sorted(maps.Keys(looked)) {
			if got[what] != looked[what] {
				h.t.Errorf("looked up %s: got %s, want %s", what, got[what], looked[what])
			}
		}
	}
	got, want := indexRows(h.t, h.crashing.Index), indexRows(h.t, h.quiet.Index)
	for _, rows := range []map[string]string{got, want} { // what they are good for is looked up
		maps.DeleteFunc(rows, func(key, _ string) bool { return key[0] == prefixOwnerTo })
	}
	if !maps.Equal(got, want) {
		for _, key := range slices.Sorted(maps.Keys(want)) {
			if got[key] != want[key] {
				h.t.Errorf("row %q: got %q, want %q", key, got[key], want[key])
			}
		}
		for _, key := range slices.Sorted(maps.Keys(got)) {
			if _, ok := want[key]; !ok {
				h.t.Errorf("row %q: got %q, want none", key, got[key])
			}
		}
	}
	if again := h.lookUp(h.quiet.Index); !maps.Equal(again, looked) {
		h.t.Errorf("written:\n got %v\nwant %v", again, looked)
	}
}

// erase takes a receiver out of both.
func (h *stagedHistory) erase() {
	h.t.Helper()
	c := relaytest.Conversation(h.t, "10690001", "447700900101")
	h.append(journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: c}, At: 4})
	receiver := string(c.Receiver.Bytes())
	for key, value := range indexRows(h.t, h.crashing.Index) {
		if strings.Contains(key+value, receiver) {
			h.t.Errorf("row %q: %q is left of the receiver", key, value)
		}
	}
}

// lookUp returns what the lookups find.
func (h *stagedHistory) lookUp(ix *Index) map[string]string {
	all := make(map[string]string)
	add := func(what string, found any, err error) {
		if err != nil {
			h.t.Errorf("%s: %v", what, err)
		}
		all[what] = fmt.Sprintf("%+v", found)
	}
	for c := range h.next {
		epoch, next, err := ix.Head(&c)
		add(fmt.Sprint("head ", c), []uint64{epoch, next}, err)
		err = ix.EachEntry(&c, func(f Found) bool {
			add(fmt.Sprint("entry ", f.Place), f, nil)
			return true
		})
		add(fmt.Sprint("entries ", c), nil, err)
		for n := range uint16(6) {
			f, err := ix.FindNumber(&c, n, relaytest.Any)
			add(fmt.Sprint("number ", c, n), value(f), err)
			found, err := ix.FindReceiver(&c.Receiver, n)
			add(fmt.Sprint("receiver ", c, n), found, err)
		}
		for n := range 12 {
			key := fmt.Append(nil, "id", n)
			o, err := ix.OwnerIn(&c, key, 20783, 9)
			add(fmt.Sprint("owner in ", c, n), value(o), err)
			for _, account := range []string{"", "bank", "shop"} {
				o, err = ix.OwnerTo(&c.Receiver, account, key, 20783, 9)
				add(fmt.Sprint("owner to ", c, account, n), value(o), err)
				o, err = ix.OwnerOf(account, key, 20783, 9)
				add(fmt.Sprint("owner of ", account, n), value(o), err)
			}
		}
	}
	return all
}

func value[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}
