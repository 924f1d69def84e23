package cdr

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"readback/relay/journal"
	"readback/relay/message"
)

// A message has its line when it is old enough, and no second one. What is in the log besides does not matter.
func TestWriter(t *testing.T) {
	d := newDesk(t)
	d.later(0) // the log is empty
	d.submit(1, 2)
	d.now = d.now.Add(time.Minute)
	d.submit(3)
	d.later(time.Hour - time.Minute - time.Millisecond)
	d.want()
	d.later(time.Millisecond)
	d.want("cdr-20261130-000001.jsonl: 1 2")
	d.later(0)
	d.restart()
	d.later(0)
	d.want("cdr-20261130-000001.jsonl: 1 2")
	d.later(time.Minute)
	d.want("cdr-20261130-000001.jsonl: 1 2 3")
	d.wantFailures(0)
	if got := testutil.ToFloat64(d.opt.Metrics.lines); got != 1 {
		t.Errorf("got %v lines since the restart, want 1", got)
	}
	if info, err := os.Stat(filepath.Join(d.dir, "cdr-20261130-000001.jsonl")); err != nil || info.Mode() != 0o640 {
		t.Errorf("got %v, %v; want mode 0640", info, err)
	}
}

// Several records of one batch may be due at different times.
func TestWriterInBatch(t *testing.T) {
	d := newDesk(t)
	first := d.submitted(1, message.Part{}, "id")
	d.now = d.now.Add(time.Minute)
	d.log(first, d.submitted(2, message.Part{}, "id"))
	d.later(time.Hour - time.Minute)
	d.want("cdr-20261130-000001.jsonl: 1")
	d.restart()
	d.later(time.Minute)
	d.want("cdr-20261130-000001.jsonl: 1 2")
}

// A message in parts has one line, whatever the order in which the SMSC answered, and in however many tries it comes.
func TestParts(t *testing.T) {
	for _, order := range [][]uint8{{1, 2, 3}, {3, 2, 1}, {2, 3}, {3}} {
		d := newDesk(t)
		for _, seq := range order {
			d.log(d.submitted(1, message.Part{Ref: 7, Total: 3, Seq: seq}, "same"))
		}
		d.submit(2)
		d.later(time.Hour)
		d.want("cdr-20261130-000001.jsonl: 1 2")
	}
}

// Of a message that is gone there is a line without anything about its receiver.
func TestGone(t *testing.T) {
	d := newDesk(t)
	d.log(d.submitted(1, message.Part{Ref: 7, Total: 2, Seq: 2}, "4A7F01"), d.submitted(1, message.Part{Ref: 7, Total: 2, Seq: 1}, "4A7F02"))
	d.gone[1] = true
	d.later(time.Hour)
	const want = `{"version":1,"id":"0000000000000abc-1-1","account":"bank","number":1,"total":2,"message_ids":[],"submitted_at":"2026-11-30T12:00:00.000Z","state":"gone"}` + "\n"
	if got, err := os.ReadFile(filepath.Join(d.dir, "cdr-20261130-000001.jsonl")); string(got) != want || err != nil {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
}

// A file that would get too large is followed by another one, and so is that of a day. Old ones are removed.
func TestRotation(t *testing.T) {
	d := newDesk(t)
	d.files.most = 600
	d.submit(1, 2, 3, 4, 5)
	d.later(time.Hour)
	d.want("cdr-20261130-000001.jsonl: 1 2", "cdr-20261130-000002.jsonl: 3 4", "cdr-20261130-000003.jsonl: 5")
	d.submit(6)
	d.later(11 * time.Hour) // midnight
	d.want("cdr-20261130-000001.jsonl: 1 2", "cdr-20261130-000002.jsonl: 3 4", "cdr-20261130-000003.jsonl: 5", "cdr-20261201-000004.jsonl: 6")
	d.later(48 * time.Hour)
	d.want("cdr-20261130-000001.jsonl: 1 2", "cdr-20261130-000002.jsonl: 3 4", "cdr-20261130-000003.jsonl: 5", "cdr-20261201-000004.jsonl: 6")
	d.later(time.Millisecond)
	d.want("cdr-20261201-000004.jsonl: 6")
	d.later(100 * time.Hour)
	d.want("cdr-20261201-000004.jsonl: 6") // the last one has its number
	d.submit(7)
	d.later(time.Hour)
	d.want("cdr-20261207-000005.jsonl: 7")
}

// One process writes to a directory.
func TestLock(t *testing.T) {
	d := newDesk(t)
	d.submit(1)
	d.later(time.Hour)
	held := d.files
	d.Writer = nil
	d.restart()
	d.later(time.Minute)
	d.wantFailures(1)
	held.close()
	d.later(time.Minute)
	d.wantFailures(1)
}

// When the directory goes, or another one takes its place, the records wait until it is there again. Only a restart
// begins anew.
func TestDirectoryGoes(t *testing.T) {
	for name, other := range map[string]bool{"nothing there": false, "another one": true} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.dir = filepath.Join(d.dir, "records")
			d.restart()
			d.submit(1)
			d.later(time.Hour)
			d.submit(2)
			away := d.dir + ".away"
			if err := os.Rename(d.dir, away); err != nil {
				t.Fatal(err)
			}
			if other {
				if err := os.Mkdir(d.dir, 0o750); err != nil {
					t.Fatal(err)
				}
			}
			d.later(time.Hour)
			d.later(time.Minute)
			d.later(time.Minute)
			d.want()
			d.wantFailures(3)
			if d.lines.Count("mount the directory again") != 1 {
				t.Errorf("got %q, want what to do", d.lines.All)
			}
			if _, err := os.Stat(d.dir); !other && !errors.Is(err, os.ErrNotExist) {
				t.Errorf("got %v, want that nothing was made where the directory was", err)
			}
			if err := errors.Join(os.RemoveAll(d.dir), os.Rename(away, d.dir)); err != nil {
				t.Fatal(err)
			}
			d.later(time.Minute)
			d.want("cdr-20261130-000001.jsonl: 1 2")
			if err := os.RemoveAll(d.dir); err != nil {
				t.Fatal(err)
			}
			d.restart()
			d.later(0)
			d.want("cdr-20261130-000001.jsonl: 1 2")
			if got := d.lines.Count("those of all messages in the log"); got != 2 {
				t.Errorf("got %d lines of a begin, want one each time; the log: %q", got, d.lines.All)
			}
		})
	}
}

// Of another log, as after a restore, the messages count that are newer than the last line.
func TestOtherLog(t *testing.T) {
	d := newDesk(t)
	d.submit(1)
	d.now = d.now.Add(time.Minute)
	d.submit(2)
	d.later(time.Hour - time.Minute)
	d.want("cdr-20261130-000001.jsonl: 1")
	d.files.position.Log = 77
	if err := d.files.writePosition(d.files.position); err != nil {
		t.Fatal(err)
	}
	d.restart()
	d.later(time.Minute)
	d.want("cdr-20261130-000001.jsonl: 1 2")
}

// A clock that was far ahead when a message was submitted holds nothing up.
func TestClockAhead(t *testing.T) {
	d := newDesk(t)
	d.now = noon.Add(1000 * time.Hour)
	d.submit(1)
	d.now = noon
	d.submit(2)
	d.later(time.Hour)
	d.want("cdr-20261130-000001.jsonl: 1 2")
}

// What is damaged in the log is said once, and what follows has lines.
func TestDamagedLog(t *testing.T) {
	d := newDesk(t)
	d.submit(1)
	if err := d.appends.Append(t.Context(), []byte("damaged")); err != nil {
		t.Fatal(err)
	}
	d.submit(2)
	d.later(time.Hour)
	d.later(time.Hour)
	d.want("cdr-20261130-000001.jsonl: 1 2")
	if got := d.lines.Count("cannot be read"); got != 1 {
		t.Errorf("got %d lines about what is lost, want 1", got)
	}
}

// Await returns when the lines are written of the messages that were looked up.
func TestAwait(t *testing.T) {
	d := newDesk(t)
	d.submit(1)
	lookup := d.opt.Lookup
	d.opt.Lookup = func(ctx context.Context, places []journal.Place) ([]*message.History, error) {
		ended, end := context.WithCancel(ctx)
		end()
		if err := d.Await(ended); err == nil || len(d.busy) == 0 {
			t.Error("Await does not wait for the lines")
		}
		return lookup(ctx, places)
	}
	d.later(time.Hour)
	if err := d.Await(t.Context()); err != nil {
		t.Error(err)
	}
	d.want("cdr-20261130-000001.jsonl: 1")
}

// A Writer looks each minute.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		d.opt.Now = time.Now
		d.now = time.Now()
		d.submit(1)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			d.Run(ctx, func(context.Context) (journal.Log, error) { return d.memory.Open(), nil })
		}()
		time.Sleep(time.Hour - time.Second) // of the bubble
		d.want()
		time.Sleep(time.Minute)
		d.want("cdr-20000101-000001.jsonl: 1")
		cancel()
		<-ended
	})
}

func TestNames(t *testing.T) {
	for _, name := range []string{nameOf(noon, 1), nameOf(noon, 1234567)} {
		if day, n, ok := parseName(name); !ok || nameOf(day, n) != name {
			t.Errorf("%s: got %v, %d, %t", name, day, n, ok)
		}
	}
	names := []string{"", "cdr-", "cdr-20261130-1.jsonl", "cdr-20261131-000001.jsonl", "cdr-20261130-000001.jsonl.gz", "x" + nameOf(noon, 1), "cdr-20261130--00001.jsonl"}
	if i := slices.IndexFunc(names, func(name string) bool { _, _, ok := parseName(name); return ok }); i >= 0 {
		t.Errorf("%q: want it to be no name", names[i])
	}
	if !strings.HasPrefix(nameOf(noon.In(time.FixedZone("", 13*3600)), 1), "cdr-20261130-") {
		t.Error("the day of a name is not that of UTC")
	}
}
