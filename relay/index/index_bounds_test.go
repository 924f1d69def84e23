package index

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
)

// Feedback that an earlier release put in the queue is delivered with all its fields.
func TestGoldenFeedbackIsRead(t *testing.T) {
	var got message.Feedback
	if err := json.Unmarshal([]byte(goldenFeedback), &got); err != nil {
		t.Fatal(err)
	}
	e := goldenEntry(func(e *Entry) {
		e.Reference, e.HasReference, e.State = 42, true, message.StateRead
		e.DeliveredAt, e.ReadAt, e.ReceivedAt = journaltest.Time, journaltest.Time+1, journaltest.Time+2
	})
	if want := NewFeedback(&journaltest.Place, &e); !reflect.DeepEqual(&got, want) {
		t.Errorf("got  %+v\nwant %+v", got, *want)
	}
}

// over has values at their bounds, and the same values one above.
var over = []struct{ most, more string }{
	{"FF FF 03", "80 80 04"},                                           // 65535
	{"80 80 80 80 80 80 40", "81 80 80 80 80 80 40"},                   // 2^48
	{"80 80 80 80 80 80 80 80 40", "81 80 80 80 80 80 80 80 40"},       // 2^62
	{"FF FF FF FF FF FF FF FF FF 01", "FF FF FF FF FF FF FF FF FF 02"}, // 2^64-1
	{"80 80 04", "81 80 04"},                                           // 65536
	{"14" + " 31 32 33 34 35 36 37 38 39 30 31 32 33 34 35 36 37 38 39 30", "15 30 31 32 33 34 35 36 37 38 39 30 31 32 33 34 35 36 37 38 39 30"},
}

// longer returns the octets with each value that is at its most, and each run of octets behind
// its length, made one longer.
func longer(t *testing.T, golden []byte) (all [][]byte) {
	t.Helper()
	replaced := func(at int, old, new []byte) {
		all = append(all, slices.Concat(golden[:at], new, golden[at+len(old):]))
	}
	for i := range golden {
		for _, o := range over {
			most, more := spelled(t, o.most), spelled(t, o.more)
			if bytes.HasPrefix(golden[i:], most) && (i == 0 || most[0] != 0x80 || golden[i-1] < 0x80) {
				replaced(i, most, more)
			}
		}
		n, size := binary.Uvarint(golden[i:])
		run := golden[i+max(size, 0):]
		if slices.Contains([]uint64{64, 65, 255}, n) && n <= uint64(len(run)) && len(bytes.Trim(run[:n], string(run[:1]))) == 0 {
			replaced(i, golden[i:i+size], append(binary.AppendUvarint(nil, n+1), run[0]))
		}
	}
	return all
}

func spelled(t *testing.T, text string) (all []byte) {
	for _, token := range strings.Fields(text) {
		all = append(all, journaltest.Octets(t, token)...)
	}
	return all
}

// A value over its bound is an error, in every field.
func TestOverTheMost(t *testing.T) {
	n := 0
	refused := func(name string, golden []byte, parse func([]byte) error) {
		for _, value := range longer(t, golden) {
			n++
			if err := parse(value); err == nil {
				t.Errorf("%s: %s\ngot no error", name, journaltest.HexDiff(value, golden))
			}
		}
	}
	for name, golden := range journaltest.Golden(t, "log_*.txt") {
		if !strings.HasSuffix(name, "at their most") {
			continue
		}
		batch := journal.AppendHeader(nil, journal.Header{Epoch: 3})
		refused(name, golden, func(value []byte) error {
			if strings.HasPrefix(name, "header") {
				_, err := journal.ParseBatch(journal.Seal(value))
				return err
			}
			_, err := journaltest.OnlyRecord(append(bytes.Clone(batch), value...))
			return err
		})
	}
	values := journaltest.Golden(t, "index_values.txt")
	refused("entry", values["entry, all at their most"], func(v []byte) error { _, err := parseEntry(v); return err })
	refused("head", values["head, all at their most"], func(v []byte) error { _, err := parseHead(v); return err })
	refused("applied", values["applied, all at their most"], func(v []byte) error { _, err := parsePosition(v); return err })
	refused("part", values["part, all at their most"], func(v []byte) error { _, err := parsePartOfDay(v); return err })
	refused("owner", values["owner, all at their most"], func(v []byte) error { _, err := journal.ParseIDOwner(v); return err })
	refused("cut", values["cut, all at their most"], func(v []byte) error { _, err := parseSplitState(v); return err })
	if n < 50 {
		t.Errorf("%d values were over the most, want more", n)
	}
}

// A release that adds a kind of record must be refused by this one, even if its newest message has
// none of that kind: it does so by another version of the index.
func TestKindsGoWithTheIndex(t *testing.T) {
	if journal.Kinds != 20 || Version != 8 {
		t.Errorf("got %d kinds of records and version %d of the index; a new kind needs another version, and stores: see testdata/stores/README.md", journal.Kinds-1, Version)
	}
}
