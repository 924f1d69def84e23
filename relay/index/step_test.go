package index

import (
	"fmt"
	"slices"
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
)

// Each step of a sampled message is noted once, with its times, whatever is repeated.
func TestSteps(t *testing.T) {
	p := testPlace(t)
	sent := journaltest.AcceptedAt(p, "a") // at 1000
	sent.Trail = message.Trail{Carriage: message.CarriageUDH, Answered: 40}
	delivered := func(at int64) journal.Record { return receiptAt(p, 0, message.StateDelivered, at) }
	read := readAt(p, message.StatusRead, 3000)
	reported := journal.Record{Kind: journal.KindReported, Place: p, At: 9000}
	for _, tt := range []struct {
		name    string
		records []journal.Record
		want    []string
	}{
		{
			"all",
			[]journal.Record{sent, delivered(1500), delivered(1600), read, read, delivered(3200), reported, reported},
			[]string{"sent true a 1000+40", "delivered 1500", fmt.Sprint("read ", read.At), "reported 9000"},
		},
		{
			"in parts",
			[]journal.Record{partAt(p, 1, "a", 1000), partAt(p, 2, "b", 1100), receiptAt(p, 1, message.StateDelivered, 1500), receiptAt(p, 2, message.StateDelivered, 1600)},
			[]string{"sent true a 1000+0", "sent false b 1100+0", "delivered 1600"},
		},
		{"failed", []journal.Record{sent, receiptAt(p, 0, message.StateFailed, 1500), delivered(1700)}, []string{"sent true a 1000+40", "failed 1500", "delivered 1700"}},
	} {
		for _, sampled := range []bool{true, false} {
			l := newLogbook(t)
			asked := 0
			l.a.Sampled = func(at *journal.Place) bool {
				if asked++; *at != p {
					t.Errorf("%s: asked for %v, want %v", tt.name, at, p)
				}
				return sampled
			}
			var got []string
			for _, r := range tt.records {
				l.write(r)
				for _, s := range l.result.Steps {
					text := fmt.Sprint(s.Change, " ", s.At)
					if s.Change == "sent" {
						text = fmt.Sprintf("sent %t %s %d+%d", s.First, s.ID, s.At, s.Trail.Answered)
					}
					got = append(got, text)
				}
			}
			if want := tt.want; sampled && !slices.Equal(got, want) || !sampled && len(got) > 0 || asked != len(want) {
				t.Errorf("%s, sampled %t: got %q, asked %d times, want %q", tt.name, sampled, got, asked, want)
			}
		}
	}
}

// A step outlives its batch.
func TestStepKeepsNothingOfItsBatch(t *testing.T) {
	e := Entry{Account: []byte("bank"), Way: []byte("http"), Parts: []EntryPart{{ID: []byte("a")}}}
	c := e.clone()
	e.Account[0], e.Way[0], e.Parts[0].ID[0], e.Parts[0].Seq = 'x', 'x', 'x', 9
	if string(c.Account) != "bank" || string(c.Way) != "http" || string(c.Parts[0].ID) != "a" || c.Parts[0].Seq != 0 {
		t.Errorf("got %+v, want a copy", c)
	}
}
