package relay

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"readback/relay/feedback"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// withRecords runs a relay that writes call detail records until there are so many, and returns what they say.
func withRecords(t *testing.T, opt Options, want float64) (all []string) {
	t.Helper()
	reg := prometheus.NewRegistry()
	opt.Registerer = reg
	opt.CDR.Dir = t.TempDir()
	r := start(t, opt)
	for ctx := relaytest.Deadline(t); relaytest.Metric(t, reg, "readback_cdr_lines_total", "") < want; {
		if ctx.Err() != nil {
			t.Fatal("there are too few records")
		}
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(opt.CDR.Dir, "cdr-*.jsonl"))
	for _, path := range paths {
		b, failed := os.ReadFile(path)
		err = errors.Join(err, failed)
		for line := range strings.Lines(string(b)) {
			var l struct {
				Account, Receiver, State, Told string
				IDs                            []string `json:"message_ids"`
			}
			err = errors.Join(err, json.Unmarshal([]byte(line), &l))
			all = append(all, strings.Join([]string{l.Account, l.Receiver, strings.Join(l.IDs, ","), l.State, l.Told}, " "))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// agedOf sends a message, or a part of one, that counts as sent two hours ago.
func (r *running) agedOf(account, receiver, id string, part message.Part) *ledger.Sent {
	r.t.Helper()
	s := tracked(relaytest.Conversation(r.t, "10690001", receiver))
	s.Account, s.At, s.Part = account, time.Now().Add(-2*time.Hour), part
	if err := r.Ledger().Assign(s); err != nil {
		r.t.Fatal(err)
	}
	r.accept(s, id)
	return s
}

// Each message that is old enough has a record of what became of it.
func TestRecords(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.CDR.After = time.Hour
	opt.Account = func(account string) feedback.AccountSettings {
		return feedback.AccountSettings{Quiet: account == "quiet"}
	}
	r := start(t, opt)
	one := message.Part{}
	r.agedOf("bank", "447700900101", "id1", one)
	delivered := r.agedOf("bank", "447700900102", "id2", one)
	failed := r.agedOf("bank", "447700900103", "id3", one)
	told := r.agedOf("bank", "447700900104", "id4", one)
	dead := r.agedOf("shop", "447700900105", "id5", one)
	waits := r.agedOf("club", "447700900106", "id6", one)
	quiet := r.agedOf("quiet", "447700900107", "id7", one)
	for seq, id := range map[uint8]string{1: "id8", 2: "id9"} {
		r.agedOf("bank", "447700900108", id, message.Part{Ref: 5, Total: 2, Seq: seq})
	}
	erased := r.agedOf("bank", "447700900109", "id10", one)
	r.submit(relaytest.Conversation(t, "10690001", "447700900110"), "new")

	r.Ledger().Receipt("bank", delivered.Conversation, []byte("id2"), message.StateDelivered, 0)
	r.Ledger().Receipt("bank", failed.Conversation, []byte("id3"), message.StateFailed, 0)
	for _, s := range []*ledger.Sent{told, dead, waits, quiet, erased} {
		r.read(s.Conversation, s.Number)
	}
	r.deliver("bank", func(context.Context, *message.Feedback) error { return nil })
	r.deliver("shop", refusing)
	r.awaitDead(1)
	r.awaitTold("id4", message.ToldDone)
	r.awaitState(delivered.Conversation, delivered.Number, "delivered")
	r.awaitState(failed.Conversation, failed.Number, "failed")
	if v := r.Erase(relaytest.Deadline(t), erased.Conversation.Receiver); !v.IsAccepted() {
		t.Fatalf("erase: got %+v", v)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"bank   gone ",
		"bank +447700900101 id1 sent ",
		"bank +447700900102 id2 delivered ",
		"bank +447700900103 id3 failed ",
		"bank +447700900104 id4 read told",
		"bank +447700900108 id8,id9 sent ",
		"club +447700900106 id6 read waiting",
		"quiet +447700900107 id7 read off",
		"shop +447700900105 id5 read dead",
	}
	if got := withRecords(t, opt, float64(len(want))); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What call detail records are written by is checked with the other options.
func TestRecordsOptions(t *testing.T) {
	opt := testOptions(t)
	opt.CDR.Dir, opt.CDR.After = t.TempDir(), opt.Keep+1
	if err := opt.Validate(); err == nil || !strings.Contains(err.Error(), "cdr: after") {
		t.Errorf("got %v, want an error", err)
	}
}

// An erasure is done when no record is being written of what was known before.
func TestEraseAwaitsRecords(t *testing.T) {
	t.Parallel()
	opt := testOptions(t)
	opt.CDR.Dir = t.TempDir()
	r := start(t, opt)
	await := r.settle
	r.settle = func(context.Context) error { return context.Canceled }
	c := relaytest.Conversation(t, "10690001", "447700900123")
	if v := r.Erase(relaytest.Deadline(t), c.Receiver); v.IsAccepted() {
		t.Error("the erasure was accepted while a record was being written")
	}
	r.settle = await
	if v := r.Erase(relaytest.Deadline(t), c.Receiver); !v.IsAccepted() {
		t.Errorf("got %+v, want it to be accepted", v)
	}
}
