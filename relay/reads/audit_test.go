package reads

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"readback/relay/access"
	"readback/relay/index"
	"readback/relay/message"
)

func TestAudit(t *testing.T) {
	var log bytes.Buffer
	a := NewAudit(slog.New(slog.NewTextHandler(&log, nil)), true, message.Mask, verdictNumber)
	key := message.SubscriberKey("0123456789abcdef")
	a.NameSubscribers(key)
	rd := &Read{Receiver: "447700900123", Sender: "10690001", Number: 17, Status: 1, Way: "http", By: access.Caller{Name: "app"}}
	tests := []struct {
		name string
		log  func()
		want string
	}{
		{
			"accepted", func() { a.verdict(rd, message.Accept(), "") },
			`level=INFO msg="read response" way=http caller=app receiver=447********3 subscriber=` + key.Hash("447700900123") + ` sender=10690001 number=17 status=1 verdict=1`,
		},
		{
			"of a message", func() {
				about := *rd
				about.foundIn(&index.Entry{Account: []byte("bank"), Parts: []index.EntryPart{{ID: []byte("4A7F01")}}})
				about.Sender = "447700900124"
				a.verdict(&about, message.Accept(), "")
			},
			` sender=447********4 number=17 status=1 account=bank message_id=4A7F01 verdict=1`,
		},
		{
			"opted out", func() { a.verdict(rd, message.Accept(), "receiver has opted out") },
			`status=1 verdict=1 reason="receiver has opted out"`,
		},
		{
			"refused", func() {
				a.verdict(rd, message.Verdict{Kind: message.VerdictForbidden, Field: "proof", Reason: "is missing"}, "")
			},
			`verdict=4 field=proof reason="is missing"`,
		},
		{
			"not read at all", func() {
				a.verdict(&Read{Way: "nats"}, message.Verdict{Kind: message.VerdictUnauthenticated, Reason: "no credential"}, "")
			},
			`msg="read response" way=nats caller="" verdict=3 reason="no credential"`,
		},
		{
			"erased", func() { a.LogChange("erasure", &rd.By, "447700900123", message.Accept()) },
			`msg=erasure way=http caller=app receiver=447********3 subscriber=` + key.Hash("447700900123") + ` verdict=1`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log.Reset()
			tt.log()
			if got := strings.TrimSpace(log.String()); !strings.HasSuffix(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// The audit log has only so many entries of unauthenticated callers, and says how many it left
// out.
func TestAuditOfStrangers(t *testing.T) {
	var log bytes.Buffer
	a := NewAudit(slog.New(slog.NewTextHandler(&log, nil)), true, message.Mask, verdictNumber)
	refused := message.Verdict{Kind: message.VerdictUnauthenticated}
	for range 10 * anonymousBurst {
		a.verdict(&Read{Way: "http"}, refused, "")
		a.verdict(&Read{Way: "http", By: access.Caller{Name: access.AuthProof, NeedsProof: true}}, message.Verdict{Kind: message.VerdictForbidden}, "")
	}
	if got := strings.Count(log.String(), "\n"); got > 3*anonymousBurst {
		t.Errorf("got %d lines", got)
	}
	log.Reset()
	a.verdict(&Read{Way: "http", By: access.Caller{Name: "app"}}, message.Verdict{Kind: message.VerdictNotFound}, "")
	if got := log.String(); !strings.Contains(got, "verdict=5") || !strings.Contains(got, "left_out=") {
		t.Errorf("got %q, want a known caller's line, and how many were left out", got)
	}
}

// The lines about refused read responses of callers with a name are bounded as well. Accepted ones are not.
func TestAuditOfFlood(t *testing.T) {
	app := access.Caller{Name: "app"}
	for _, tt := range []struct {
		name    string
		verdict message.Verdict
		least   int
		most    int
	}{
		{"accepted", message.Accept(), 2 * namedBurst, 2 * namedBurst},
		{"no such message", message.NoSuchMessage(), namedBurst, 2*namedBurst - 1},
		{"too many at work", OverBudget(), anonymousBurst, namedBurst},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			a := NewAudit(slog.New(slog.NewTextHandler(&log, nil)), true, message.Mask, verdictNumber)
			for range 2 * namedBurst {
				a.verdict(&Read{Way: "http", By: app}, tt.verdict, "")
			}
			if got := strings.Count(log.String(), "\n"); got < tt.least || got > tt.most {
				t.Errorf("got %d lines, want %d to %d", got, tt.least, tt.most)
			}
		})
	}
}

// Without Audit, a verdict is logged at level debug only.
func TestAuditOff(t *testing.T) {
	var log bytes.Buffer
	a := NewAudit(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), false, message.Mask, verdictNumber)
	a.verdict(&Read{Way: "http"}, message.Accept(), "")
	if !strings.Contains(log.String(), "level=DEBUG") {
		t.Errorf("got %q, want a line at debug", log.String())
	}
}
