package relay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"testing"

	"readback/relay/feedback"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/reads"
)

// storesDir holds stores that released code wrote.
const storesDir = "../testdata/stores"

// depiction is all that is to be found in a store.
type depiction struct {
	Kinds         []string                   `json:"kinds"` // of the records in its log
	Conversations []conversationImage        `json:"conversations"`
	Routes        map[string]string          `json:"routes"` // accounts by message_id
	OptOuts       []reads.OptOut             `json:"opt_outs"`
	Parts         map[string]string          `json:"parts"` // of split messages: "seq key of the first part" by key
	Dead          []feedback.DeadLetter      `json:"dead"`
	Held          []heldImage                `json:"held"`
	Events        []string                   `json:"events"`
	Told          []*message.Feedback        `json:"told"`    // what waited
	Merged        map[string]*message.Merged `json:"merged"`  // what the last receipt of a message comes to, by key of its part
	Next          map[string]uint16          `json:"next"`    // the next number by receiver
	Release       []*message.Feedback        `json:"release"` // the receipts that were held, when their time is over
}

// conversationImage is a conversation with what its view does not show.
type conversationImage struct {
	reads.ConversationView
	Entries []entryImage `json:"entries"`
}

type entryImage struct {
	Ordinal      uint64      `json:"ordinal"`
	Number       uint16      `json:"number"`
	Day          uint16      `json:"day"`
	From         string      `json:"from"`
	To           string      `json:"to"`
	WantsReceipt bool        `json:"wants_receipt,omitempty"`
	ReadID       uint64      `json:"read_id,omitempty"`
	ReceivedAt   int64       `json:"received_at,omitempty"`
	Total        uint8       `json:"total,omitempty"`
	Trail        string      `json:"trail,omitempty"`
	Way          string      `json:"way,omitempty"`
	ToldTo       uint32      `json:"told_to,omitempty"`
	Parts        []partImage `json:"parts"`
}

type partImage struct {
	Seq   uint8  `json:"seq"`
	State string `json:"state"`
	ID    string `json:"message_id"`
}

// copyStore copies a store to a directory of the test.
func copyStore(t testing.TB, store string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	if err := os.CopyFS(dir, os.DirFS(store)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestStores opens the stores of earlier releases, and finds in them what was there. Each is
// opened as it is, and with an index that must be built again. It must pass in ten years: a
// store expires after storeAge.
func TestStores(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(storesDir, "*", "want.json"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no stores: %v", err)
	}
	var seen sync.Map
	t.Run("stores", func(t *testing.T) {
		for _, want := range dirs {
			for name, withoutIndex := range map[string]bool{"as it is": false, "without its index": true} {
				dir := filepath.Dir(want)
				t.Run(filepath.Base(dir)+" "+name, func(t *testing.T) {
					t.Parallel()
					for _, k := range checkStore(t, dir, withoutIndex) {
						seen.Store(k, true)
					}
				})
			}
		}
	})
	for k := journal.KindStart; k < journal.Kinds; k++ {
		if _, ok := seen.Load(k.String()); !ok {
			t.Errorf("no store has a record of kind %s: add one, see %s/README.md", k, storesDir)
		}
	}
}

// checkStore opens a copy of a store, and returns the kinds of record in its log.
func checkStore(t *testing.T, dir string, withoutIndex bool) (kinds []string) {
	store := copyStore(t, filepath.Join(dir, "store"))
	if withoutIndex {
		if err := os.RemoveAll(filepath.Join(store, "index")); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(filepath.Join(dir, "want.json"))
	if err != nil {
		t.Fatal(err)
	}
	d := depict(t, store)
	for _, difference := range differences(t, jsonOf(t, d), want) {
		t.Error(difference)
	}
	return d.Kinds
}

func jsonOf(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}

// differences lists where JSON is not what is wanted.
func differences(t testing.TB, got, want []byte) []string {
	t.Helper()
	c := comparison{want: want}
	c.compare("", decoded(t, got), decoded(t, want))
	slices.Sort(c.found)
	return c.found
}

// comparison finds differences of JSON.
type comparison struct {
	want  []byte // all of it
	found []string
}

func (c *comparison) differ(path string, got, want any) {
	c.found = append(c.found, fmt.Sprintf("%s: got %v, want %v", path, got, want))
}

// compare compares two values. A field whose name stands nowhere in what is wanted is of a
// later release: it makes no difference.
func (c *comparison) compare(path string, got, want any) {
	g, w := fieldsOf(got), fieldsOf(want)
	if g == nil || w == nil || isArray(want) && len(g) != len(w) {
		if !reflect.DeepEqual(got, want) {
			c.differ(path, got, want)
		}
		return
	}
	for name := range w {
		if _, ok := g[name]; !ok {
			c.differ(path+"."+name, "nothing", w[name])
		}
	}
	for name := range g {
		_, ok := w[name]
		switch {
		case ok:
			c.compare(path+"."+name, g[name], w[name])
		case bytes.Contains(c.want, []byte(strconv.Quote(name)+":")):
			c.differ(path+"."+name, g[name], "nothing")
		}
	}
}

func isArray(v any) bool { _, ok := v.([]any); return ok }

// fieldsOf returns the fields of an object, or the items of an array; nil of what is neither.
func fieldsOf(v any) map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return v
	case []any:
		fields := make(map[string]any)
		for i, item := range v {
			fields[strconv.Itoa(i)] = item
		}
		return fields
	}
	return nil
}

func decoded(t testing.TB, data []byte) (v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}
