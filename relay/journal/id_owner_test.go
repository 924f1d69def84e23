package journal_test

import (
	"testing"

	"readback/relay/journal"
	"readback/relay/journal/journaltest"
	"readback/relay/message"
)

// named is the record by which a receipt finds an owner.
func named(o journal.IDOwner, total, wanted uint8) journal.Record {
	return journal.Record{
		Kind: journal.KindSplit, Place: journal.Place{Conv: message.Conversation{Receiver: o.Place.Conv.Receiver}, Day: o.Place.Day},
		Part: message.Part{Total: total}, PartSeq: max(1, o.Seq),
		Split: journal.SplitRecord{First: journal.AppendName(nil, &o), Key: []byte("4a7f02"), Wanted: wanted},
	}
}

// A name says which message it is. A key of an earlier release, and a name that is cut short, is no name.
func TestParseName(t *testing.T) {
	for _, want := range []journal.IDOwner{
		{Kind: journal.OwnerSplit, Account: "bank", Place: journaltest.Place, Seq: 2},
		{Kind: journal.OwnerUnnumbered, Account: "bank", Place: journal.Place{Conv: journaltest.Conversation, Day: 20780}},
		{Kind: journal.OwnerSplit, Account: "bank", Place: journaltest.Place, Seq: 2, Lasts: 5},
	} {
		rec := named(want, 2, 1)
		if got, ok := journal.ParseName(&rec); !ok || got != want {
			t.Errorf("got %+v, %v, want %+v", got, ok, want)
		}
		name := rec.Split.First
		for i := range name {
			rec.Split.First = name[:i]
			if got, ok := journal.ParseName(&rec); ok {
				t.Errorf("cut at %d: got %+v, want no name", i, got)
			}
		}
	}
	for _, key := range []string{"", "4a7f01", "0"} {
		rec := journal.Record{Split: journal.SplitRecord{First: []byte(key)}}
		if got, ok := journal.ParseName(&rec); ok {
			t.Errorf("key %q: got %+v, want no name", key, got)
		}
	}
}

// Two messages never have one name.
func TestNamesDiffer(t *testing.T) {
	base := journal.IDOwner{Kind: journal.OwnerSplit, Account: "bank", Place: journaltest.Place}
	seen := map[string]string{string(journal.AppendName(nil, &base)): "the first"}
	for what, change := range map[string]func(*journal.IDOwner){
		"account":  func(o *journal.IDOwner) { o.Account = "shop" },
		"sender":   func(o *journal.IDOwner) { o.Place.Conv.Sender = journaltest.MostAddr },
		"receiver": func(o *journal.IDOwner) { o.Place.Conv.Receiver = journaltest.MostAddr },
		"number":   func(o *journal.IDOwner) { o.Place.Number++ },
		"ordinal":  func(o *journal.IDOwner) { o.Place.Ordinal += 257 },
	} {
		o := base
		change(&o)
		name := string(journal.AppendName(nil, &o))
		if other, ok := seen[name]; ok {
			t.Errorf("another %s: got the name of %s", what, other)
		}
		seen[name] = what
	}
}
