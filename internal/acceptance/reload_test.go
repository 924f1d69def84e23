//go:build e2e

package acceptance

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"readback/internal/simulator"
)

// TestHangups reloads a hundred times under load, with one configuration and another in turn, and a broken one now
// and then. No session and no message is lost, and each reload says what it has changed.
func TestHangups(t *testing.T) {
	for mode, s := range modes(t) {
		t.Run(mode, func(t *testing.T) { hangups(t, s) })
	}
}

const (
	reloads     = 100
	brokenEvery = 10
)

func hangups(t *testing.T, s settings) {
	ctx := within(t)
	c := startSMSC(t, listen(t, ""), simulator.Options{NoReceipts: true})
	before := free(t).with(s).with(settings{"smsc.addr": c.addr, "feedback.form": "sme-ack", "accounts.bank.window": 1000})
	after := before.with(settings{"feedback.form": "receipt", "accounts.bank.window": 2000, "accounts.extra.track.when": "off"})
	if hash := s["accounts.bank.password_hash"]; hash != nil {
		after["accounts.extra.password_hash"] = hash
	}
	config := before.write(t)
	g := startGateway(ctx, t, config)
	l := startSenders(ctx, t, g.addr)
	l.awaitOK(ctx, binds)
	bound := sessionsOf(ctx, t, g)
	var applied, refused int
	for i := range reloads {
		next := []settings{after, before}[applied%2]
		if i%brokenEvery == brokenEvery-1 {
			next = next.with(settings{"track.when": "never"})
			refused++
		} else {
			applied++
		}
		if err := os.Rename(next.write(t), config); err != nil {
			t.Fatal(err)
		}
		if err := g.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		g.awaitReloads(ctx, applied, refused)
		l.awaitOK(ctx, binds) // SMS goes on
	}
	if got := sessionsOf(ctx, t, g); got != bound {
		t.Errorf("sessions: got %s, want %s", got, bound)
	}
	r := l.stop(ctx, nil)
	t.Logf("%d sent, %d ok, refused %v", r.sent, r.ok, r.failed)
	if r.ok == 0 || r.sent != r.ok || r.none > 0 || r.many > 0 || int(c.Accepted()) != r.ok {
		t.Errorf("got %v and %d at the SMSC, want each message accepted once", r, c.Accepted())
	}
	g.expectChanges(applied, refused)
	g.terminate()
	g.awaitExit(ctx)
}

// awaitReloads waits until so many reloads have been applied, and refused.
func (g *gateway) awaitReloads(ctx context.Context, applied, refused int) {
	g.Helper()
	if !poll(ctx, func() bool {
		return g.log.count(`"msg":"configuration reloaded"`) == applied && g.log.count(`"msg":"configuration not reloaded`, "track.when") == refused
	}) {
		g.Fatalf("got no reload %d, with %d refused: %v", applied, refused, context.Cause(ctx))
	}
}

// expectChanges wants the changes of each reload in the log: there and back in turn.
func (g *gateway) expectChanges(applied, refused int) {
	g.Helper()
	there, back := (applied+1)/2, applied/2
	changed := func(key, from, to string) []string {
		return []string{`"msg":"setting changed"`, fmt.Sprintf(`"key":%q,"from":%q,"to":%q`, key, from, to)}
	}
	for _, tt := range []struct {
		words []string
		want  int
	}{
		{changed("feedback.form", "sme-ack", "receipt"), there},
		{changed("feedback.form", "receipt", "sme-ack"), back},
		{changed("accounts.bank.window", "1000", "2000"), there},
		{changed("accounts.bank.window", "2000", "1000"), back},
		{changed("accounts.extra", "not listed", "listed"), there},
		{changed("accounts.extra", "listed", "not listed"), back},
		{[]string{`"accounts_added":1,"accounts_removed":0,"accounts_changed":1`}, there},
		{[]string{`"accounts_added":0,"accounts_removed":1,"accounts_changed":1`}, back},
		{[]string{"not reloaded", "unknown value", "hint: requested, all or off"}, refused},
	} {
		if got := g.log.count(tt.words...); got != tt.want {
			g.Errorf("got %d lines with %q, want %d", got, tt.words, tt.want)
		}
	}
}

// sessionsOf returns the IDs of the sessions and the accounts, in JSON without what changes all the time.
func sessionsOf(ctx context.Context, t *testing.T, g *gateway) string {
	t.Helper()
	var ids []string
	for part := range strings.SplitSeq(get(ctx, "http://"+g.ops+"/v1/sessions"), `{"id":`) {
		if id, rest, ok := strings.Cut(part, ","); ok && strings.Contains(rest, `"account":"bank"`) {
			ids = append(ids, id)
		}
	}
	if len(ids) != binds {
		t.Errorf("got the sessions %v, want %d", ids, binds)
	}
	return strings.Join(ids, " ")
}
