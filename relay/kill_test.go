package relay

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"readback/internal/seed"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// killedStore is the store of the process that TestSurvivesSIGKILL kills.
const killedStore = "READBACK_KILLED_STORE"

// killedLast is its last number: it sends fewer messages, so that each has a number of its own.
const killedLast = 60_000

func TestMain(m *testing.M) {
	if store := os.Getenv(killedStore); store != "" {
		if err := beKilled(store); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	// Most tests wait for a server of their own or for its disk.
	if err := flag.Set("test.parallel", "8"); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(m.Run())
}

// beKilled sends and reads messages until the process is killed. It prints what it knows
// as soon as it knows: given, logged, read.
func beKilled(store string) error {
	opt := DefaultOptions()
	opt.Store, opt.Last = store, killedLast
	r, err := Open(opt)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { _ = r.Run(ctx) }()
	if err := r.WaitReady(ctx); err != nil {
		return err
	}
	sender, err := message.NormalAddr("10690001")
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		receiver, err := message.NormalAddr(fmt.Sprintf("155501%02d", i%5))
		if err != nil {
			return err
		}
		c := message.Conversation{Sender: sender, Receiver: receiver}
		s := tracked(c)
		if err := r.Ledger().Assign(s); err != nil {
			return err
		}
		id := fmt.Sprintf("%s-%d", receiver, s.Number)
		fmt.Println("given", id)
		if i%7 == 3 {
			continue // never answered
		}
		done := make(relaytest.Logged, 1)
		r.Ledger().Accept(s, []byte(id), done, 0)
		<-done
		fmt.Println("logged", id)
		if i%3 == 0 {
			if v := r.Reads().Submit(ctx, response(c, s.Number)); v.IsAccepted() {
				fmt.Println("read", id)
			}
		}
	}
}

func TestSurvivesSIGKILL(t *testing.T) {
	opt, rnd := testOptions(t), seed.Rand(t)
	opt.Last = killedLast
	said := map[string]map[string]bool{"given": {}, "logged": {}, "read": {}}
	for range 3 {
		for _, line := range killAfter(t, opt.Store, 100+rnd.IntN(400)) {
			what, id, _ := strings.Cut(line, " ")
			if said[what][id] {
				t.Errorf("%s %s: got it twice", what, id)
			}
			said[what][id] = true
		}
	}
	r := start(t, opt)
	found := make(map[string]bool)
	for i := range 5 {
		v, err := r.conversation("10690001", fmt.Sprintf("155501%02d", i))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range v.Messages {
			found[m.MessageIDs[0]] = true
			if said["read"][m.MessageIDs[0]] && m.State != "read" {
				t.Errorf("message %s: got state %s, want read", m.MessageIDs[0], m.State)
			}
		}
	}
	for id := range said["logged"] {
		if !found[id] {
			t.Errorf("message %s was logged and is lost", id)
		}
	}
	told := r.tellings("bank")
	for n := len(said["read"]); n > 0; {
		if id := relaytest.Receive(t, told).MessageIDs[0]; said["read"][id] {
			delete(said["read"], id)
			n--
		}
	}
	t.Logf("%d given, %d logged", len(said["given"]), len(said["logged"]))
}

// killAfter runs this test binary on a store, kills it when it has printed so many lines,
// and returns all whole lines.
func killAfter(t *testing.T, store string, n int) (lines []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killedStore+"="+store)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(out)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			break // what it had begun to print does not count
		}
		lines = append(lines, strings.TrimSpace(line))
		if len(lines) == n {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(lines) < n {
		t.Errorf("process ended by itself after %d lines: %v", len(lines), err)
	}
	return lines
}

// Whatever is synced when, a crash of the process loses nothing.
func TestCrashBySync(t *testing.T) {
	t.Parallel()
	for name, sync := range map[string]time.Duration{"always": 0, "now and then": time.Second} {
		t.Run(name, func(t *testing.T) {
			opt := testOptions(t)
			opt.Sync, opt.Logger = sync, nil
			r := works(t, opt)
			r.crash()
			r = start(t, opt)
			if v, err := r.conversation("10690001", "447700900123"); err != nil || len(v.Messages) != 1 {
				t.Errorf("after a crash: got %+v, %v, want the message", v, err)
			}
		})
	}
}
