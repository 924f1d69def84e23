package relay

import (
	"bufio"
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
		if err := os.Remove(filepath.Join(store, "LOCK")); err != nil {
			t.Error(err)
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
