package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/config"
	"readback/internal/simulator"
	"readback/smpp"
)

// When a command of the pages is run.
const (
	asks    = iota // at any time
	never          // it takes long, or does not end by itself; its own tests run it
	drops          // it names a dead letter, which those after it send again
	last           // it changes something
	end            // it stops the gateway
	stopped        // it needs a gateway that does not run
)

// unusual are the commands that do not simply ask a running gateway, or nobody.
var unusual = map[string]int{
	"serve": never, "demo": never, "bench": never, "sim": never, "top": never, "trace": never,
	"sessions kick": last, "smsc kick": last, "dead replay": last, "dead drop": drops,
	"drain":       end,
	"store check": stopped, "store restore": stopped, "store repair": stopped,
}

// TestPagesRun runs the commands in the blocks of the pages, and the answers of what-to-do.md, in the order in which
// an operator could: first those that look, then those that change something, then those that stop the gateway, and
// those for the store of one that is stopped.
func TestPagesRun(t *testing.T) {
	g := newPagesGateway(t)
	phases := make(map[int][][]string)
	for _, c := range commandsOfThePages(t) {
		_, err := parse(c.Args, false)
		if !c.Inline || strings.HasPrefix(c.at, "docs/what-to-do.md:") && err == nil {
			when := unusual[nameOf(c.Args)]
			phases[when] = append(phases[when], c.Args)
		}
	}
	for _, when := range []int{asks, drops, last, end} {
		for _, args := range phases[when] {
			g.run(t, args)
		}
	}
	if err := g.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	for _, args := range phases[stopped] {
		g.run(t, args)
	}
}

// nameOf returns the name of the command that args call, such as "dead list".
func nameOf(args []string) string {
	cmd, err := parse(args, true)
	if err != nil {
		return "" // TestCommandsOfThePages says it
	}
	_, name, _ := strings.Cut(cmd.CommandPath(), " ")
	for _, all := range []string{"bench", "sim", "demo"} {
		if strings.HasPrefix(name, all) {
			return all
		}
	}
	return name
}

// pagesGateway is a gateway about which the commands of the pages have something to say.
type pagesGateway struct {
	*running
	dir    string // of the files that commands read and write
	config string
	event  string // of a dead letter
}

// newPagesGateway starts a gateway with the account bank: it has sent 17 messages to one receiver, the 1st was
// read, and the bank has refused to be told.
func newPagesGateway(t *testing.T) *pagesGateway {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	r := startService(t, func(cfg *config.Config) {
		bank := cfg.Account("bank")
		bank.MaxSessions = 4
		cfg.Accounts["bank"] = bank
	})
	esme, err := simulator.OpenESME(ctx, r.ESMEs(), simulator.ESMEOptions{
		Bind:      simulator.Bind{SystemID: "bank"},
		OnRequest: func(smpp.Frame) pdu.Status { return smpp.StatusPermApp },
	})
	if err != nil {
		t.Fatal(err)
	}
	r.exchange(ctx, t, esme, receiver(0))
	for range 16 {
		m := simulator.ShortMessage{From: simulator.Number("10690001"), To: simulator.Number(receiver(0)), UserData: []byte("Hello")}
		if _, err := esme.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0)); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	g := &pagesGateway{running: r, dir: dir, config: filepath.Join(dir, "readback.yaml"), event: awaitDead(ctx, t, r)}
	text := fmt.Sprintf("smsc: {addr: %q}\nrelay: {store: %q}\nops: {addr: %q}\nreads: {addr: %q}\n",
		r.cfg.SMSC.Addr, r.cfg.Relay.Store, r.Ops(), r.Reads())
	if err := os.WriteFile(g.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("READBACK_CONFIG", g.config)
	return g
}

// run runs a command with the names and files of this gateway in place of the page's.
func (g *pagesGateway) run(t *testing.T, args []string) {
	t.Helper()
	args = slices.Clone(args)
	for i, a := range args {
		switch {
		case i > 0 && args[i-1] == "--config":
			args[i] = g.config
		case i > 0 && args[i-1] == "--event":
			args[i] = g.event
		case i > 0 && args[i-1] == "kick":
			args[i] = g.session(t)
		case filepath.IsAbs(a):
			args[i] = filepath.Join(g.dir, a)
			if args[1] == "backup" {
				_ = os.RemoveAll(args[i]) // that of another page
			}
		}
	}
	cmd := newCommand()
	cmd.SetArgs(args)
	cmd.SetIn(strings.NewReader("secret\n"))
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Errorf("readback %s: %v\n%s", strings.Join(args, " "), err, &out)
	}
}

// session returns the ID of a session of the bank.
func (g *pagesGateway) session(t *testing.T) string {
	t.Helper()
	if _, err := simulator.OpenESME(t.Context(), g.ESMEs(), simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "bank"}}); err != nil {
		t.Fatal(err)
	}
	all := g.gateway.Sessions()
	return strconv.Itoa(int(all[len(all)-1].ID))
}
