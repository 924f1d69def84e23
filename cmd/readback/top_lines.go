package main

import (
	"bytes"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"readback/internal/top"
)

// topLines returns what is shown of a gateway: a head, and a line for each account.
func topLines(v *top.View) []string {
	s := &v.Status
	state := "ready"
	for _, p := range s.Parts {
		if !p.Ready {
			state = p.Name + " not ready: " + p.Reason
			break
		}
	}
	smsc := map[bool]string{true: "up", false: "DOWN"}[s.SMSCUp]
	l := &v.Latency
	lines := []string{
		fmt.Sprintf("readback %s, up %s, %s mode, %s    %s", s.Version, v.At.Sub(s.Since).Round(time.Second), s.Mode, state, v.At.Local().Format(time.TimeOnly)),
		fmt.Sprintf("SMSC %s, %d sessions of %d accounts, %d not bound", smsc, s.Sessions-s.Unbound, s.Accounts, s.Unbound),
		fmt.Sprintf("messages/s: %s submitted, %s numbered, %s delivered, %s read", rate(v.Submits), rate(v.Numbered), rate(v.Delivered), rate(v.Read)),
		fmt.Sprintf("p50/p99: to SMSC %s, SMSC %s, to ESME %s, log %s", pair(l.ToSMSC), pair(l.SMSC), pair(l.ToESME), pair(l.Log)),
		fmt.Sprintf("held: %.0f requests, %.0f receipts; outbox %.0f, dead letters %.0f", v.Held, v.Receipts, v.Outbox, v.Dead),
		"",
	}
	for i := range lines {
		lines[i] = printable(lines[i], "")
	}
	return append(lines, accountLines(v.Accounts)...)
}

func pair(l top.Latency) string { return l.P50.String() + "/" + l.P99.String() }

func rate(r float64) string { return fmt.Sprintf("%.1f", r) }

func accountLines(all []top.AccountView) []string {
	var b bytes.Buffer
	out := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row(out, "ACCOUNT", "SUBMIT/S", "NUMBERED", "DELIVERED/S", "READ/S", "SESSIONS", "UNANSWERED", "WAITING", "OLDEST")
	for _, a := range all {
		numbered, oldest := "-", "-"
		if a.Submits > 0 {
			numbered = fmt.Sprintf("%.0f%%", 100*a.Numbered/a.Submits)
		}
		if a.Waiting > 0 {
			oldest = shortTime(a.Oldest)
		}
		row(out, a.Name, rate(a.Submits), numbered, rate(a.Delivered), rate(a.Read), a.Sessions, a.Unanswered, a.Waiting, oldest)
	}
	_ = out.Flush() // into memory
	return strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
}
