package broker

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/message"
	"readback/relay/relaytest"
)

// What the server says of a damaged store is in our log.
func TestDamageIsLogged(t *testing.T) {
	const said = "embedded NATS server says of the store"
	for name, damage := range map[string]func(dir string, block []byte) error{
		"octet flipped": func(dir string, block []byte) error {
			block[len(block)/2] ^= 1
			return os.WriteFile(filepath.Join(dir, "msgs", "1.blk"), block, 0o600)
		},
		"end lost": func(dir string, block []byte) error {
			return os.WriteFile(filepath.Join(dir, "msgs", "1.blk"), block[:len(block)-300], 0o600)
		},
		"block lost":       func(dir string, _ []byte) error { return os.Remove(filepath.Join(dir, "msgs", "1.blk")) },
		"stream forgotten": func(dir string, _ []byte) error { return os.Remove(filepath.Join(dir, "meta.inf")) },
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, nil)
			_, js := f.own(t)
			s, err := js.CreateStream(relaytest.Deadline(t), jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}})
			if err != nil {
				t.Fatal(err)
			}
			for range 100 {
				if _, err := js.Publish(relaytest.Deadline(t), "s", make([]byte, 1000)); err != nil {
					t.Fatal(err)
				}
			}
			f.Shutdown()
			if n := f.log.Count(said); n > 0 {
				t.Fatalf("intact: got %d lines %q", n, f.log.All)
			}
			dir := filepath.Join(f.opt.Store, "nats", "jetstream", "$G", "streams", s.CachedInfo().Config.Name)
			block, err := os.ReadFile(filepath.Join(dir, "msgs", "1.blk"))
			if err != nil {
				t.Fatal(err)
			}
			if err := damage(dir, block); err != nil {
				t.Fatal(err)
			}
			if err := f.Open(); err != nil {
				t.Fatal(err)
			}
			if f.log.Count(said) == 0 {
				t.Errorf("got %q, want what the server says", f.log.All)
			}
		})
	}
}

// The lines about the store name no subscriber. Others are not logged.
func TestStoreLinesAreMasked(t *testing.T) {
	lines := &relaytest.LogLines{}
	l := newServerLog(&Options{Log: lines.Logger(), Mask: message.Mask}, newLimitedLog(lines.Logger()), newFronts(nil))
	l.Warnf("JetStream dropped a message of %s", SubjectVerdictsOf+"447700900123")
	l.Warnf("127.0.0.1:1 - mid:2 - client of %s is slow", "447700900123")
	l.Noticef("Restored %d messages", 1)
	for range refusedBurst + 10 {
		l.Errorf("Filestore [S] is damaged")
	}
	if lines.Count("447700900123") > 0 || lines.Count("readback.verdicts.447********3") != 1 {
		t.Errorf("got %q, want it masked", lines.All[0])
	}
	if n := len(lines.All); n > refusedBurst+5 {
		t.Errorf("got %d lines, want a bound", n)
	}
}
