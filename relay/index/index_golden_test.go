package index

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
	"readback/smpp/receipt"
)

// The keys of the index are these octets.
func TestGoldenKeys(t *testing.T) {
	golden := journaltest.Golden(t, "index_keys.txt")
	c, p := &journaltest.Conversation, &journaltest.Place
	receiver := &c.Receiver
	for name, got := range map[string][]byte{
		"entry key":                    entryKey(nil, p),
		"entry key, all at their most": entryKey(nil, &journaltest.MostPlace),
		"day prefix":                   dayPrefix(nil, prefixEntry, p.Day),
		"receiver prefix":              receiverPrefix(nil, p.Day, receiver),
		"conversation prefix":          conversationPrefix(nil, p.Day, c),
		"head key":                     headKey(nil, c),
		"hashed head key":              hashedHeadKey(nil, c),
		"outbox key":                   outboxKey(nil, FeedbackOutbox, 1<<50, 999),
		"event key":                    outboxKey(nil, EventOutbox, 1<<50, 999),
		"route key":                    routeKey(nil, p.Day, []byte("4a7f01")),
		"route by key":                 routeByKey(nil, p.Day, []byte("4a7f01")),
		"owner key":                    ownerKey(nil, p.Day, "bank", []byte("4a7f01")),
		"owner in key":                 ownerInKey(nil, p.Day, c, []byte("4a7f01")),
		"owners prefix":                ownersTo(nil, p.Day, receiver, []byte("4a7f01")),
		"cut key":                      splitKey(nil, p.Day, []byte("4a7f01")),
		"part key":                     partKey(nil, p.Day, receiver, []byte("4a7f02")),
		"parts prefix":                 partsOf(nil, p.Day, receiver),
		"opt-out key":                  optOutKey(nil, receiver),
		"meta key":                     keyMeta,
		"applied key":                  keyApplied,
		"skip key":                     skipKey(nil, 3),
		"instance key":                 instanceKey(nil, 3),
		"cycle key":                    cycleKey(nil, c),
	} {
		if !bytes.Equal(got, golden[name]) {
			t.Errorf("%s: %s", name, journaltest.HexDiff(got, golden[name]))
		}
		delete(golden, name)
	}
	for name := range golden {
		t.Errorf("section [%s] is of no key", name)
	}
}

// An entry's key names its place. A key that is cut short or too long is an error.
func TestGoldenEntryKey(t *testing.T) {
	golden := journaltest.Golden(t, "index_keys.txt")
	for name, want := range map[string]journal.Place{"entry key": journaltest.Place, "entry key, all at their most": journaltest.MostPlace} {
		want.Ordinal = 0 // does not stand there
		checkGoldenValue(t, name, golden[name], want, parseEntryKey)
		if p, err := parseEntryKey(append(golden[name], 0)); err == nil {
			t.Errorf("%s and an octet: got %+v, want an error", name, p)
		}
	}
	for name, key := range golden {
		if p, err := parseEntryKey(key); err == nil && golden[name][0] != prefixEntry {
			t.Errorf("%s: got %+v, want an error: it is not of an entry", name, p)
		}
	}
}

// goldenEntry is an entry, changed by change.
func goldenEntry(change func(*Entry)) Entry {
	e := Entry{
		Ordinal: 1 << 40, Account: []byte("bank"), From: journaltest.From, To: journaltest.To, At: journaltest.Time,
		Parts: []EntryPart{{ID: []byte("4A7F01")}},
	}
	change(&e)
	return e
}

func goldenEntries() map[string]Entry {
	read := func(e *Entry) {
		e.State, e.ReadAt, e.ReceivedAt, e.ReadID = message.StateRead, journaltest.Time+2, journaltest.Time+3, 77
	}
	most := message.Address{TON: 255, NPI: 255, Addr: journaltest.MostAddr}
	id := journaltest.Many("m", 255)
	return map[string]Entry{
		"entry, sent":             goldenEntry(func(*Entry) {}),
		"entry, no parts":         goldenEntry(func(e *Entry) { e.Parts = nil }),
		"entry, a reference":      goldenEntry(func(e *Entry) { e.Reference, e.HasReference = 42, true }),
		"entry, reference 0":      goldenEntry(func(e *Entry) { e.HasReference = true }),
		"entry, a receipt wanted": goldenEntry(func(e *Entry) { e.WantsReceipt = true }),
		"entry, expired":          goldenEntry(func(e *Entry) { e.State, e.Parts[0].State = message.StateExpired, message.StateExpired }),
		"entry, failed":           goldenEntry(func(e *Entry) { e.State, e.Parts[0].State = message.StateFailed, message.StateFailed }),
		"entry, delivered": goldenEntry(func(e *Entry) {
			e.State, e.Parts[0].State, e.DeliveredAt = message.StateDelivered, message.StateDelivered, journaltest.Time+1
		}),
		"entry, read": goldenEntry(read),
		"entry, deleted unread": goldenEntry(func(e *Entry) {
			e.State, e.ReadAt, e.ReceivedAt = message.StateDeletedUnread, journaltest.Time+2, journaltest.Time+3
		}),
		"entry, not read yet": goldenEntry(func(e *Entry) { e.NotReadAt = journaltest.Time + 4 }),
		"entry, reported":     goldenEntry(func(e *Entry) { read(e); e.ReportedAt = journaltest.Time + 5 }),
		"entry, a trail": goldenEntry(func(e *Entry) {
			e.Trail = message.Trail{Carriage: message.CarriageUDH, Split: true, Session: 300, Answered: 120}
		}),
		"entry, told": goldenEntry(func(e *Entry) {
			read(e)
			e.ReportedAt, e.Way, e.ToldTo = journaltest.Time+5, []byte("http"), 300
		}),
		"entry, failed, with the time": goldenEntry(func(e *Entry) {
			e.State, e.Parts[0].State, e.FailedAt = message.StateFailed, message.StateFailed, journaltest.Time+5
		}),
		"entry, two parts": goldenEntry(func(e *Entry) {
			e.Total, e.Parts = 2, []EntryPart{{Seq: 1, State: message.StateDelivered, ID: []byte("4A7F01")}, {Seq: 2, ID: []byte("4A7F02")}}
		}),
		"entry, all at their most": {
			Ordinal: journaltest.MostOrdinal, Account: journaltest.Many("a", 64), From: most, To: most, At: journaltest.MostTime, Reference: math.MaxUint16, HasReference: true,
			WantsReceipt: true, State: message.StateDeletedUnread, DeliveredAt: journaltest.MostTime, ReadAt: journaltest.MostTime, ReceivedAt: journaltest.MostTime,
			ReadID: math.MaxUint64, NotReadAt: journaltest.MostTime, ReportedAt: journaltest.MostTime, Total: 255, FailedAt: journaltest.MostTime,
			Trail: message.Trail{Carriage: message.CarriageText, Split: true, Session: math.MaxUint32, Answered: math.MaxUint32},
			Way:   journaltest.Many("w", 16), ToldTo: math.MaxUint32,
			Parts: []EntryPart{{254, message.StateDeletedUnread, id}, {255, message.StateDeletedUnread, id}},
		},
	}
}

// headValue is what parseHeadValue returns.
type headValue struct{ epoch, next uint64 }

func parseHead(value []byte) (h headValue, err error) {
	h.epoch, h.next, err = parseHeadValue(value)
	return h, err
}

func parsePartOfDay(value []byte) (journal.SplitPart, error) { return parsePart(20780, value) }

// The values of the index are these octets, and these octets are read as those values.
func TestGoldenValues(t *testing.T) {
	golden := journaltest.Golden(t, "index_values.txt")
	check := func(name string, got []byte) []byte {
		octets := golden[name]
		if !bytes.Equal(got, octets) {
			t.Errorf("%s: %s", name, journaltest.HexDiff(got, octets))
		}
		delete(golden, name)
		return octets
	}
	for name, want := range goldenEntries() {
		checkGoldenValue(t, name, check(name, appendEntry(nil, &want)), want, parseEntry)
	}
	for name, want := range map[string]headValue{"head": {3, 300}, "head, all at their most": {math.MaxUint64, journaltest.MostOrdinal}} {
		checkGoldenValue(t, name, check(name, appendHeadValue(nil, want.epoch, want.next)), want, parseHead)
	}
	for name, want := range goldenPositions() {
		checkGoldenValue(t, name, check(name, appendPosition(nil, &want)), want, parsePosition)
	}
	checkGoldenFollowing(t, check)
	for name, want := range map[string]journal.SplitPart{
		"part":                    {Seq: 2, First: "4a7f01", Day: 20780},
		"part, all at their most": {Seq: 255, First: string(journaltest.Many("f", 255)), Day: 20780},
	} {
		checkGoldenValue(t, name, check(name, appendPart(nil, &want)), want, parsePartOfDay)
	}
	for name, want := range goldenOwners() {
		checkGoldenValue(t, name, check(name, journal.AppendIDOwner(nil, &want, want.Account)), want, journal.ParseIDOwner)
	}
	for name, want := range goldenCuts() {
		checkGoldenValue(t, name, check(name, appendSplitState(nil, &want)), want, parseSplitState)
	}
	check("meta", metaValue(0x1122334455667788))
	delete(golden, "opt-out") // see TestGoldenIndex
	for name := range golden {
		t.Errorf("section [%s] is of no value", name)
	}
}

func goldenOwners() map[string]journal.IDOwner {
	return map[string]journal.IDOwner{
		"owner":             {Kind: journal.OwnerNumbered, Account: "bank", Place: journaltest.Place},
		"owner, split":      {Kind: journal.OwnerSplit, Account: "bank", Place: journaltest.Place, Seq: 2},
		"owner, lasting":    {Kind: journal.OwnerNumbered, Account: "bank", Place: journaltest.Place, Lasts: 5},
		"owner, unnumbered": {Kind: journal.OwnerUnnumbered, Account: "bank", Place: journal.Place{Conv: journaltest.Conversation, Day: 20780}},
		"owner, all at their most": {
			Kind: journal.OwnerUnnumbered, Account: string(journaltest.Many("a", 64)), Place: journaltest.MostPlace, Seq: 255, Lasts: 65535,
		},
	}
}

func goldenPositions() map[string]Position {
	const most = journaltest.MostOrdinal
	usual := Cycle{First: 1, Last: 257, Since: 2}
	return map[string]Position{
		"applied":            {Seq: 9, Serial: 12, Sum: 0x11223344, Epoch: 3, Messages: 300, Missing: 1, Time: journaltest.Time, Used: true, Cycle: usual},
		"applied, stopped":   {Seq: 9, Serial: 12, Epoch: 3, Stopped: true, Cycle: usual},
		"applied, unclaimed": {Seq: 9, Serial: 12, Epoch: 3, Used: true, Unclaimed: true, Cycle: usual},
		"applied, all at their most": {
			Seq: most, Serial: most, Sum: math.MaxUint32, Epoch: most, Messages: most, Missing: most, Time: journaltest.MostTime,
			Stopped: true, Used: true, Unclaimed: true, Cycle: Cycle{math.MaxUint16, math.MaxUint16, most},
		},
	}
}

// checkGoldenFollowing compares the values that say what is not known of the log, and who wrote it.
func checkGoldenFollowing(t *testing.T, check func(name string, got []byte) []byte) {
	t.Helper()
	const most = journaltest.MostOrdinal
	for name, want := range map[string]Skip{
		"skip": {Epoch: 3, Own: 8, Other: 300, At: journaltest.Time}, "skip, all at their most": {3, most, most, journaltest.MostTime},
	} {
		parse := func(value []byte) (Skip, error) { return parseSkip(skipKey(nil, 3), value) }
		checkGoldenValue(t, name, check(name, appendSkip(nil, &want)), want, parse)
	}
	for name, want := range map[string]writer{
		"instance": {0x1122334455667788, Cycle{First: 1, Last: 257}}, "instance, all at their most": {math.MaxUint64, Cycle{First: math.MaxUint16, Last: math.MaxUint16}},
	} {
		checkGoldenValue(t, name, check(name, appendInstance(nil, want.instance, want.First, want.Last)), want, parseWriter)
	}
	changes := []CycleChange{{290, 300, 1, 257}, {890, 900, 10, 99}}
	if got, err := parseCycleChanges(check("cycle changes", appendCycleChanges(nil, changes))); err != nil || !reflect.DeepEqual(got, changes) {
		t.Errorf("cycle changes: got %+v, %v, want %+v", got, err, changes)
	}
}

// writer is what parseInstance returns.
type writer struct {
	instance uint64
	Cycle
}

func parseWriter(value []byte) (w writer, err error) {
	w.instance, w.Cycle, err = parseInstance(value)
	return w, err
}

func goldenCuts() map[string]receipt.Merge {
	return map[string]receipt.Merge{
		"cut, no receipt yet": {Wanted: 1, States: []byte{0, 0, 0}},
		"cut, complete": {
			Wanted: 1, Closing: 2, States: []byte{2, 5}, Worst: receipt.Part{State: 5, Err: "021", Network: "\x03\x00\x15"},
			ID: "4A7F01", Text: "Your table",
		},
		"cut, all at their most": {
			Wanted: 255, Closing: 255, States: journaltest.Many("\x08", 255),
			Worst: receipt.Part{State: 255, Err: string(journaltest.Many("e", 64)), Network: string(journaltest.Many("n", 64))},
			ID:    string(journaltest.Many("m", 64)), Text: string(journaltest.Many("t", 64)),
		},
	}
}

// checkGoldenValue parses octets: whole, cut anywhere, and with each octet changed.
func checkGoldenValue[T any](t *testing.T, name string, octets []byte, want T, parse func([]byte) (T, error)) {
	t.Helper()
	if got, err := parse(octets); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, %v, want %+v", name, got, err, want)
	}
	for i := range octets {
		if got, err := parse(octets[:i:i]); err == nil {
			t.Errorf("%s: cut at octet %d: got %+v, want an error", name, i, got)
		}
		for _, bit := range []byte{0x01, 0x02, 0x40, 0x80} {
			other := bytes.Clone(octets)
			other[i] ^= bit
			if strings.HasPrefix(name, "applied") && bit >= 0x40 && other[i]&^bit <= positionStopped|positionUsed|positionUnclaimed {
				continue // no flag
			}
			if got, err := parse(other); err == nil && reflect.DeepEqual(got, want) {
				t.Errorf("%s: octet %d changed by %02x: got the same", name, i, bit)
			}
		}
	}
}
