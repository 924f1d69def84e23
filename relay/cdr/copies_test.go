package cdr

import (
	"testing"
	"time"

	"readback/relay/journal"
	"readback/relay/message"
)

// A message that was recorded once more, because its batch seemed to be lost, has one line. Others that come late have theirs.
func TestCopies(t *testing.T) {
	for _, tt := range []struct {
		name     string
		starts   int  // epochs between the record and its copy
		restarts bool // of the Writer, before the copy
	}{{"at once", 1, false}, {"later", 1, true}, {"after some epochs", 3, true}} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			first := d.submitted(1, message.Part{}, "id")
			again, late := *first, *d.submitted(2, message.Part{}, "id")
			again.Kind, late.Kind = journal.KindLate, journal.KindLate
			d.log(first)
			for range tt.starts {
				d.log(&journal.Record{Kind: journal.KindStart, At: d.now.UnixMilli(), First: 1, Last: 257, Instance: []byte("gw")})
			}
			if tt.restarts {
				d.later(time.Hour)
				d.want("cdr-20261130-000001.jsonl: 1")
				d.restart()
			}
			d.log(&again, &late)
			d.later(time.Hour)
			d.want("cdr-20261130-000001.jsonl: 1 2")
		})
	}
}
