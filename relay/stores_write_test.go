package relay

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"readback/relay/feedback"
	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/ledger"
	"readback/relay/message"
	"readback/relay/relaytest"
)

var (
	storeDir    = flag.String("store", "", "write stores of this code into this directory (see testdata/stores/README.md)")
	storeKilled = flag.Bool("store.killed", false, "be the process that writes into -store and is killed")
)

// storeAge is how long a kept store keeps all it has: what is in one must not expire
// before the test of it has been forgotten. A time that long before now is after 1970.
const storeAge = 40 * 365 * 24 * time.Hour

// storeOptions are those with which stores are written and opened.
func storeOptions(t testing.TB, dir string) Options {
	opt := testOptions(t)
	opt.Store, opt.Keep = dir, storeAge
	opt.Settings = Settings{Settings: feedback.Settings{FeedbackKeep: storeAge, Events: true, Account: func(string) feedback.AccountSettings {
		return feedback.AccountSettings{Events: true, HoldReceipt: storeAge}
	}}}
	return opt
}

// The conversations of a store.
const (
	storeSender   = "10690001"
	storeReceiver = "+447700900101" // messages in each state
	storeParts    = "447700900102"  // messages in parts of the ESME's
	storeCut      = "447700900103"  // messages in parts of the gateway's
	storeDead     = "447700900104"  // feedback that was refused
	storeHeld     = "447700900105"  // a receipt that is held
	storeOptOut   = "447700900106"  // has opted out
	storeErased   = "447700900107"  // was erased
)

var storeReceivers = []string{storeReceiver, storeParts, storeCut, storeDead, storeHeld, storeOptOut, storeErased}

// storeConversation is the one with a receiver.
func storeConversation(t testing.TB, receiver string) message.Conversation {
	return relaytest.Conversation(t, storeSender, receiver)
}

// storeTime is when the messages were submitted, one after the other.
var storeTime = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

// TestWriteStore writes the stores that TestStores reads, of the code as it is. One is
// stopped, of the other the process is killed.
func TestWriteStore(t *testing.T) {
	if *storeDir == "" {
		t.Skip("no -store")
	}
	if *storeKilled {
		writeLastSession(start(t, storeOptions(t, *storeDir)))
		fmt.Println("written")
		select {} // until it is killed
	}
	for name, last := range map[string]func(*testing.T, string){"clean-stop": stopLastSession, "kill-9": killLastSession} {
		dir := filepath.Join(*storeDir, fmt.Sprintf("log%d-index%d-%s", journal.BatchVersion, index.Version, name))
		store := filepath.Join(dir, "store")
		r := start(t, storeOptions(t, store))
		writeFirstSession(r)
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		last(t, store)
		for _, lock := range []string{"LOCK", filepath.Join("index", "LOCK")} {
			if err := os.Remove(filepath.Join(store, lock)); err != nil {
				t.Error(err)
			}
		}
		want := jsonOf(t, depict(t, copyStore(t, store)))
		if err := os.WriteFile(filepath.Join(dir, "want.json"), want, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func stopLastSession(t *testing.T, store string) {
	r := start(t, storeOptions(t, store))
	writeLastSession(r)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
}

// killLastSession has another process write, and kills it.
func killLastSession(t *testing.T, store string) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestWriteStore$", "-store="+store, "-store.killed")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "written") {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != -1 {
		t.Fatalf("the process ended by itself: %v", err)
	}
}

// stored sends the n-th message of a store to a receiver; change may be nil.
func (r *running) stored(n int, receiver, id string, change func(*ledger.Sent)) *ledger.Sent {
	r.t.Helper()
	s := tracked(storeConversation(r.t, receiver))
	s.At = storeTime.Add(time.Duration(n) * time.Minute)
	if change != nil {
		change(s)
	}
	if err := r.Ledger().Assign(s); err != nil {
		r.t.Fatalf("assign: %v", err)
	}
	r.accept(s, id)
	return s
}

// word sends a read response that came a minute after the message.
func (r *running) word(s *ledger.Sent, status uint8, id string) {
	r.t.Helper()
	rd := response(s.Conversation, s.Number)
	rd.Status, rd.ReadAt, rd.ID = status, s.At.Add(time.Minute), id
	if v := r.Reads().Submit(relaytest.Deadline(r.t), rd); !v.IsAccepted() {
		r.t.Fatalf("read of %d: got %+v, want 202", s.Number, v)
	}
}

// passed notes the SMSC's receipt of a message, and waits for its state.
func (r *running) passed(s *ledger.Sent, id string, to message.State) {
	r.t.Helper()
	r.Ledger().Receipt(s.Conversation, []byte(id), to)
	r.awaitState(s.Conversation, s.Number, to.String())
}

// writeFirstSession brings a record of each kind into the log but the stop, which is
// written at the end of it.
func writeFirstSession(r *running) {
	told := r.stored(1, storeReceiver, "4A7F01", func(s *ledger.Sent) {
		s.Reference, s.HasReference, s.WantsReceipt = 42, true, true
		s.To.Addr = addrAsSubmitted(r.t, storeReceiver)
	})
	r.passed(told, "4A7F01", message.StateDelivered)
	r.word(told, message.StatusRead, "")
	r.wantMessages(streamFeedback, 1)
	leave := r.deliver("bank", func(context.Context, *message.Feedback) error { return nil })
	r.wantEmpty(streamFeedback)
	leave()
	r.awaitReported(told)

	dead := r.stored(2, storeDead, "4A7F02", func(s *ledger.Sent) { s.Account = "shop" })
	r.word(dead, message.StatusRead, "")
	leave = r.deliver("shop", refusing)
	r.awaitDead(1)
	leave()

	r.passed(r.stored(3, storeReceiver, "4A7F03", nil), "4A7F03", message.StateFailed)
	r.passed(r.stored(4, storeReceiver, "4A7F04", nil), "4A7F04", message.StateExpired)
	r.passed(r.stored(5, storeReceiver, "4A7F05", nil), "4A7F05", message.StateDelivered)
	refused := tracked(storeConversation(r.t, storeReceiver))
	if err := r.Ledger().Assign(refused); err != nil {
		r.t.Fatal(err)
	}
	r.Ledger().Refuse(refused) // number 5 has no message
	r.word(r.stored(6, storeReceiver, "4A7F06", nil), message.StatusNotRead, "")
	r.word(r.stored(7, storeReceiver, "4A7F07", nil), message.StatusDeletedUnread, "")
	r.word(r.stored(8, storeReceiver, "4A7F08", func(s *ledger.Sent) { s.WantsReceipt = true }), message.StatusRead, "read-8")

	part := func(seq uint8) func(*ledger.Sent) {
		return func(s *ledger.Sent) { s.Part = message.Part{Ref: 500, Wide: true, Total: 2, Seq: seq} }
	}
	first := r.stored(9, storeParts, "4A7F09", part(1))
	r.stored(10, storeParts, "4A7F0A", part(2))
	r.Ledger().Receipt(first.Conversation, []byte("4A7F09"), message.StateDelivered)
	r.awaitPart(first.Conversation, first.Number, 1)

	cut := storeConversation(r.t, storeCut)
	r.submitCut(cut, 1, "4A7F0B", "4A7F0C")
	r.mergeAll(cut, "4a7f0b", "4a7f0c")
	r.submitCut(cut, 1, "4A7F0D", "4A7F0E", "4A7F0F")
	r.mergeAll(cut, "4a7f0e", "4a7f0d") // and not yet 4a7f0f

	held := r.stored(11, storeHeld, "4A7F10", nil)
	kept, err := r.feedback.HoldReceipt(relaytest.Deadline(r.t), "bank", held.Conversation, []byte("4A7F10"), []byte("receipt of 4A7F10"))
	if err != nil || !kept {
		r.t.Errorf("got the receipt held %v, %v, want that it is", kept, err)
	}
	optedOut := r.stored(12, storeOptOut, "4A7F11", nil)
	r.optOutOf(storeOptOut)
	r.word(optedOut, message.StatusRead, "")
	for i := range 3 {
		r.word(r.stored(13+i, storeErased, fmt.Sprintf("4A7F1%d", 2+i), nil), message.StatusRead, "")
	}
	if v := r.Erase(relaytest.Deadline(r.t), relaytest.Addr(r.t, storeErased)); !v.IsAccepted() {
		r.t.Errorf("erase: got %+v, want 202", v)
	}
	r.route("bank", "4a7f01")
	r.route("shop", "4a7f02")
	r.settled()
}

// writeLastSession is the one that ends in one way or another.
func writeLastSession(r *running) {
	r.word(r.stored(20, storeReceiver, "4A7F20", nil), message.StatusRead, "")
	r.passed(r.stored(21, storeReceiver, "4A7F21", nil), "4A7F21", message.StateDelivered)
	r.stored(22, storeReceiver, "4A7F22", nil)
	r.stored(23, storeErased, "4A7F23", nil)
	r.route("shop", "4a7f20")
	r.settled()
}

// settled waits until the index has what was sent, and nothing is left in its outboxes.
func (r *running) settled() {
	r.t.Helper()
	r.wantNoRows()
	for ctx := relaytest.Deadline(r.t); ; {
		rows, err := r.index.OutboxRows()
		if err != nil || ctx.Err() != nil {
			r.t.Fatalf("feedback stays in the outbox: %d rows, %v", rows, err)
		}
		if rows == 0 {
			return
		}
	}
}

// awaitReported waits until the log knows that the ESME has acknowledged a feedback.
func (r *running) awaitReported(s *ledger.Sent) {
	r.t.Helper()
	for ctx := relaytest.Deadline(r.t); ctx.Err() == nil; {
		if f := r.found(s.Conversation, s.Number); f != nil && f.Entry.ReportedAt != 0 {
			return
		}
	}
	r.t.Fatalf("number %d is not reported", s.Number)
}

func (r *running) mergeAll(c message.Conversation, keys ...string) {
	r.t.Helper()
	for _, key := range keys {
		if _, err := r.merge(c, key, stateDelivered); err != nil {
			r.t.Fatalf("merge %s: %v", key, err)
		}
	}
}

func (r *running) optOutOf(receiver string) {
	r.t.Helper()
	a := relaytest.Addr(r.t, receiver)
	if v := r.maintenance.optOuts.Set(relaytest.Deadline(r.t), &a, true); !v.IsAccepted() {
		r.t.Fatalf("opt out: got %+v, want 202", v)
	}
}

// addrAsSubmitted is an address that is not normalised.
func addrAsSubmitted(t testing.TB, s string) message.Addr {
	a, err := message.NewAddr(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
