package index

import (
	"log/slog"
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
)

// Records see what earlier ones of the same batch have brought, in a replay too.
func TestReplayWithinBatch(t *testing.T) {
	p := testPlace(t)
	split := func(kind journal.Kind, seq uint8) journal.Record {
		return journal.Record{
			Kind: kind, Place: journal.Place{Conv: message.Conversation{Receiver: p.Conv.Receiver}, Day: p.Day}, Part: message.Part{Total: 2}, PartSeq: seq,
			Split: journal.SplitRecord{First: []byte("a"), Key: []byte{'a' - 1 + seq}, Wanted: 1}, Notes: message.PartReceipt{State: messageDelivered},
		}
	}
	cycle := func(from uint64) journal.Record {
		return journal.Record{Kind: journal.KindCycle, Place: journal.Place{Conv: p.Conv, Ordinal: from - 1}, Bound: from, First: 1, Last: 99}
	}
	erase := journal.Record{Kind: journal.KindErase, Place: journal.Place{Conv: message.Conversation{Receiver: p.Conv.Receiver}}, At: 4}
	start := journal.Record{Kind: journal.KindStart, First: 1, Last: 257, At: 1000}
	for _, tt := range []struct {
		name    string
		serial  uint64
		records []journal.Record
	}{
		{"a start behind lost batches", 4, []journal.Record{start}},
		{"receipts of all parts", 2, []journal.Record{
			split(journal.KindSplit, 1), split(journal.KindSplit, 2), split(journal.KindMerge, 1), split(journal.KindMerge, 2),
		}},
		{"two cycles", 2, []journal.Record{cycle(5), cycle(9)}},
		{"two skips", 2, []journal.Record{{Kind: journal.KindSkip, Skip: 100, At: 1}, {Kind: journal.KindSkip, Skip: 200, At: 2}}},
		{"a message and its erasure", 2, []journal.Record{journaltest.AcceptedAt(p, "a"), erase}},
		{"a part and another one", 2, []journal.Record{acceptedPart(p, 1), acceptedPart(p, 2), readAt(p, message.StatusRead, 7)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			first, _ := (&logbook{seq: 1}).bytes(start, journaltest.AcceptedAt(placeOf(t, 9), "b"))
			second, _ := (&logbook{seq: tt.serial, messages: 1}).bytes(tt.records...)
			applied, replayed := newLogbook(t), newLogbook(t)
			for i, batch := range [][]byte{first, second} {
				if _, err := applied.a.Apply(uint64(i+1), batch, true); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := replayed.a.Replay(t.Context(), logOf(1, first, second), slog.New(slog.DiscardHandler)); err != nil {
				t.Fatal(err)
			}
			want, meta := indexRows(t, applied.ix), indexRows(t, replayed.ix)[string(keyMeta)]
			if want[string(keyMeta)] = meta; meta == "" {
				t.Error("no log is noted")
			}
			wantRows(t, replayed.ix, want)
		})
	}
}

func acceptedPart(p journal.Place, seq uint8) journal.Record {
	r := journaltest.AcceptedAt(p, string('a'+rune(seq)))
	r.Part = message.Part{Ref: 1, Total: 2, Seq: seq}
	return r
}
