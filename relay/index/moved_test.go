package index

import (
	"fmt"
	"slices"
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
)

// A message counts once in each state that it reaches, whatever is repeated, in one batch or in several.
func TestMessagesMoved(t *testing.T) {
	p := testPlace(t)
	sent := journaltest.AcceptedAt(p, "a") // at 1000
	delivered := func(at int64) journal.Record { return receiptAt(p, 0, message.StateDelivered, at) }
	read := func(at int64) journal.Record { return readAt(p, message.StatusRead, at) }
	reported := journal.Record{Kind: journal.KindReported, Place: p, At: 9000}
	ahead := readAt(p, message.StatusRead, 8000)
	ahead.At = 5000
	for _, tt := range []struct {
		name    string
		records []journal.Record
		want    []string
	}{
		{"only sent", []journal.Record{sent}, nil},
		{"all", []journal.Record{sent, delivered(1500), delivered(1600), read(3000), read(3100), delivered(3200), reported, reported}, []string{"delivered", "read 2s", "reported"}},
		{"read before the receipt", []journal.Record{sent, read(2500), delivered(3000)}, []string{"delivered", "read 1.5s"}},
		{"failed, and delivered after all", []journal.Record{sent, receiptAt(p, 0, message.StateFailed, 1500), receiptAt(p, 0, message.StateExpired, 1600), delivered(1700)}, []string{"failed", "delivered"}},
		{"deleted unread", []journal.Record{sent, delivered(1500), readAt(p, message.StatusNotRead, 1600), readAt(p, message.StatusDeletedUnread, 1700)}, []string{"delivered", "deleted_unread"}},
		{"in parts", []journal.Record{partAt(p, 1, "a", 1000), partAt(p, 2, "b", 1000), receiptAt(p, 1, message.StateDelivered, 1500), receiptAt(p, 2, message.StateDelivered, 1600)}, []string{"delivered"}},
		{"a clock that is ahead", []journal.Record{sent, delivered(1500), ahead}, []string{"delivered", "read 4s"}},
		{"a clock that is behind", []journal.Record{sent, delivered(1500), read(100)}, []string{"delivered", "read 0s"}},
	} {
		for _, together := range []bool{true, false} {
			l := newLogbook(t)
			var got []string
			for n := 0; n < len(tt.records); {
				batch := tt.records[n:]
				if !together {
					batch = batch[:1]
				}
				l.write(batch...)
				n += len(batch)
				for _, m := range l.result.Moved {
					if string(m.Account) != "bank" {
						t.Errorf("%s: of %q, want it of bank", tt.name, m.Account)
					}
					if text := string(m.To); m.To == "read" {
						got = append(got, fmt.Sprint(text, " ", m.Took))
					} else {
						got = append(got, text)
					}
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%s, together: %t: got %q, want %q", tt.name, together, got, tt.want)
			}
		}
	}
}
