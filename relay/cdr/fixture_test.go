package cdr

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"readback/internal/metric"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// noon is when the first message is submitted.
var noon = time.Date(2026, time.November, 30, 12, 0, 0, 0, time.UTC)

// desk is a Writer with a log in memory, and the messages in it.
type desk struct {
	*Writer
	t     *testing.T
	dir   string
	now   time.Time
	lines relaytest.LogLines

	memory  journal.Memory
	appends journal.Log
	serial  uint64
	gone    map[uint16]bool
	parts   map[uint16][]message.HistoryPart
	total   map[uint16]uint8
	at      map[uint16]time.Time
}

func newDesk(t *testing.T) *desk {
	d := &desk{
		t: t, dir: t.TempDir(), now: noon, gone: make(map[uint16]bool), parts: make(map[uint16][]message.HistoryPart), at: make(map[uint16]time.Time),
		total: make(map[uint16]uint8),
	}
	d.appends = d.memory.Open()
	d.restart()
	return d
}

// restart makes another Writer for the same directory, as after a kill.
func (d *desk) restart() {
	if d.Writer != nil {
		d.files.close()
	}
	d.Writer = NewWriter(Options{
		Settings: Settings{Dir: d.dir, After: time.Hour, MaxSize: 1 << 20, Keep: 48 * time.Hour},
		Lookup:   d.lookup, Now: func() time.Time { return d.now }, Log: d.lines.Logger(), Metrics: NewMetrics(metric.With(nil)),
	})
	d.t.Cleanup(d.files.close)
}

// lookup knows every message that is not gone.
func (d *desk) lookup(_ context.Context, places []journal.Place) (all []*message.History, err error) {
	for _, p := range places {
		if d.gone[p.Number] {
			all = append(all, nil)
			continue
		}
		all = append(all, &message.History{
			Account: "bank", From: message.Address{TON: 5, Addr: p.Conv.Sender}, To: message.Address{TON: 1, NPI: 1, Addr: p.Conv.Receiver},
			Number: p.Number, SubmittedAt: d.at[p.Number], State: message.StateDelivered, DeliveredAt: d.at[p.Number].Add(time.Second),
			Total: d.total[p.Number], Parts: d.parts[p.Number],
		})
	}
	return all, nil
}

// submitted returns the record of a message that is submitted now, or of a part of it.
func (d *desk) submitted(number uint16, part message.Part, id string) *journal.Record {
	c := relaytest.Conversation(d.t, "bank", "447700900123")
	d.parts[number] = append(d.parts[number], message.HistoryPart{Seq: part.Seq, ID: id, State: message.StateDelivered})
	slices.SortFunc(d.parts[number], func(a, b message.HistoryPart) int { return int(a.Seq) - int(b.Seq) })
	d.at[number], d.total[number] = d.now, part.Total
	return &journal.Record{
		Kind: journal.KindAccepted, Place: journal.Place{Conv: c, Day: message.DayOf(d.now.UnixMilli()), Number: number, Ordinal: uint64(number)},
		Bound: uint64(number) + 1, At: d.now.UnixMilli(), Account: []byte("bank"), MessageID: []byte(id), Part: part,
		From: message.Address{Addr: c.Sender}, To: message.Address{Addr: c.Receiver},
	}
}

// log appends a batch with records.
func (d *desk) log(all ...*journal.Record) {
	d.t.Helper()
	d.serial++
	b := journal.AppendHeader(nil, journal.Header{Epoch: 1, Instance: 0xabc, Serial: d.serial})
	for _, r := range all {
		b = journal.Append(b, r)
	}
	if err := d.appends.Append(d.t.Context(), journal.Seal(b)); err != nil {
		d.t.Fatal(err)
	}
}

// submit logs messages of their own.
func (d *desk) submit(numbers ...uint16) {
	d.t.Helper()
	for _, n := range numbers {
		d.log(d.submitted(n, message.Part{}, "id"))
	}
}

// later writes what is due after a while.
func (d *desk) later(after time.Duration) {
	d.t.Helper()
	d.now = d.now.Add(after)
	d.try(d.t.Context(), func(context.Context) (journal.Log, error) { return d.memory.Open(), nil })
}

// want wants these files, each with the numbers of its lines.
func (d *desk) want(want ...string) {
	d.t.Helper()
	if got := d.read(); strings.Join(got, "; ") != strings.Join(want, "; ") {
		d.t.Fatalf("got %q, want %q", got, want)
	}
}

// read returns the files, each with the numbers of its lines.
func (d *desk) read() (got []string) {
	d.t.Helper()
	paths, err := filepath.Glob(filepath.Join(d.dir, "cdr-*"))
	for _, path := range paths {
		b, failed := os.ReadFile(path)
		err = errors.Join(err, failed)
		var numbers []string
		for line := range bytes.Lines(b) {
			_, rest, _ := strings.Cut(string(line), `"number":`)
			n, _, _ := strings.Cut(rest, ",")
			if !strings.HasSuffix(rest, "}\n") {
				n += "?"
			}
			numbers = append(numbers, n)
		}
		got = append(got, filepath.Base(path)+": "+strings.Join(numbers, " "))
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return got
}

// wantFailures wants so many tries to have failed since the restart.
func (d *desk) wantFailures(want float64) {
	d.t.Helper()
	if got := testutil.ToFloat64(d.opt.Metrics.failures); got != want {
		d.t.Fatalf("got %v failures, want %v; the log: %s", got, want, d.lines.All)
	}
}
