package ops

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"readback/relay/message"
)

// What is not UTF-8 is shown as Latin-1.
func TestLoggerShowsOctets(t *testing.T) {
	for _, mask := range []bool{true, false} {
		var out bytes.Buffer
		log, err := newLogger(&out, "info", "json", mask)
		if err != nil {
			t.Fatal(err)
		}
		log.Info("bound", "account", "caf\xe9", "receiver", "M\xfcllers")
		want := map[bool]string{true: `"receiver":"Mül***s"`, false: `"receiver":"Müllers"`}[mask]
		if got := out.String(); !strings.Contains(got, `"account":"café"`) || !strings.Contains(got, want) {
			t.Errorf("got %s, want café and %s", got, want)
		}
	}
}

// Durations have a unit in both formats.
func TestLoggerDurations(t *testing.T) {
	for format, want := range map[string]string{"json": `"within":"312ms"`, "text": "within=312ms"} {
		var out bytes.Buffer
		log, err := newLogger(&out, "info", format, true)
		if err != nil {
			t.Fatal(err)
		}
		if log.Warn("no answer", "within", 312*time.Millisecond); !strings.Contains(out.String(), want) {
			t.Errorf("%s: got %s, want %s", format, &out, want)
		}
	}
}

func TestLoggerHides(t *testing.T) {
	for _, format := range []string{"json", "text"} {
		for _, mask := range []bool{true, false} {
			var out bytes.Buffer
			log, err := newLogger(&out, "info", format, mask)
			if err != nil {
				t.Fatal(err)
			}
			log.With("sender", "441234567890").WithGroup("read").Info("read",
				"receiver", "8613800138000", "password", "pw-in-clear", "short_message", []byte("text-in-clear"),
				slog.Group("m", "text", "text-in-clear", "destination_addr", "8613800138000"), "number", 17)
			got := out.String()
			if strings.Contains(got, "in-clear") {
				t.Errorf("%s: a secret in %s", format, got)
			}
			if masked := !strings.Contains(got, "8613800138000") && !strings.Contains(got, "441234567890"); masked != mask {
				t.Errorf("%s: masked: got %v, want %v in %s", format, masked, mask, got)
			}
			if mask && strings.Count(got, "861*********0") != 2 {
				t.Errorf("%s: want the masked number twice in %s", format, got)
			}
			if !strings.Contains(got, "17") || strings.Count(got, "[hidden]") != 3 {
				t.Errorf("%s: want the number 17 and three [hidden] in %s", format, got)
			}
		}
	}
}

// Each key that stands for a subscriber is masked, each that stands for a secret is hidden.
func TestLoggerKeys(t *testing.T) {
	const value = "8613800138000"
	for key, want := range map[string]string{
		"sender": "861*********0", "receiver": "861*********0", "msisdn": "861*********0",
		"source_addr": "861*********0", "destination_addr": "861*********0",
		"password": "[hidden]", "text": "[hidden]", "short_message": "[hidden]", "message_payload": "[hidden]",
		"account": value,
	} {
		var out bytes.Buffer
		log, err := newLogger(&out, "info", "text", true)
		if err != nil {
			t.Fatal(err)
		}
		log.Info("told", key, value)
		if got := strings.TrimSpace(out.String()); !strings.HasSuffix(got, key+"="+want) {
			t.Errorf("got %s, want %s=%s", got, key, want)
		}
	}
}

// Beside a masked number is its hash, so that the lines about one subscriber can be found. Senders that are no subscribers
// are shown.
func TestLoggerNamesSubscribers(t *testing.T) {
	key := message.SubscriberKey("0123456789abcdef")
	const number = "+447700900101"
	for _, tt := range []struct {
		name  string
		attrs []any
		mask  bool
		want  string
	}{
		{"a receiver", []any{"sender", "10690001", "receiver", number}, true, "sender=10690001 receiver=+44*********1 subscriber=" + key.Hash(number)},
		{"in another notation", []any{"receiver", "00447700900101"}, true, "receiver=004**********1 subscriber=" + key.Hash(number)},
		{"a sender with a name", []any{"sender", "BANK"}, true, "sender=BANK"},
		{"a subscriber who sends", []any{"sender", number, "receiver", "10690001"}, true, "sender=+44*********1 sender_subscriber=" + key.Hash(number) + " receiver=106****1 subscriber=" + key.Hash("10690001")},
		{"in a group", []any{slog.Group("m", "destination_addr", number)}, true, "m.destination_addr=+44*********1 m.subscriber=" + key.Hash(number)},
		{"masked before", []any{"receiver", "+44*********1"}, true, "receiver=+44*********1"},
		{"no address", []any{"receiver", "447700900101447700900101"}, true, "receiver=447********************1"},
		{"not masked", []any{"receiver", number}, false, "receiver=" + number},
	} {
		var out bytes.Buffer
		settings := new(LogSettings)
		log, err := NewLogger(&out, "text", settings)
		if err = errors.Join(err, settings.Set("info", tt.mask)); err != nil {
			t.Fatal(err)
		}
		settings.NameSubscribers(key)
		for _, l := range []func(){func() { log.Info("told", tt.attrs...) }, func() { log.With(tt.attrs...).Info("told") }} {
			out.Reset()
			l()
			if _, got, _ := strings.Cut(strings.TrimSpace(out.String()), "msg=told "); got != tt.want {
				t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
			}
		}
	}
}

// Warnings that repeat are folded.
func TestLoggerFolds(t *testing.T) {
	var out bytes.Buffer
	log, err := newLogger(&out, "info", "json", true)
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		log.Warn("no answer of the SMSC")
	}
	if got := strings.Count(out.String(), "\n"); got > 100 {
		t.Errorf("got %d lines of 1000", got)
	}
}

func TestLoggerLevels(t *testing.T) {
	for level, want := range map[string]int{"debug": 4, "info": 3, "warn": 2, "error": 1} {
		var out bytes.Buffer
		log, err := newLogger(&out, level, "json", true)
		if err != nil {
			t.Fatal(err)
		}
		log.Debug("a")
		log.Info("b")
		log.Warn("c")
		log.Error("d")
		if got := strings.Count(out.String(), "\n"); got != want {
			t.Errorf("%s: got %d lines, want %d", level, got, want)
		}
		for line := range strings.Lines(out.String()) {
			if !json.Valid([]byte(line)) {
				t.Errorf("%s: not JSON: %s", level, line)
			}
		}
	}
	for _, bad := range [][2]string{{"loud", "json"}, {"", "json"}, {"info", "xml"}} {
		if log, err := newLogger(&bytes.Buffer{}, bad[0], bad[1], true); err == nil {
			t.Errorf("level %q, format %q: got %v, want an error", bad[0], bad[1], log)
		}
	}
}

func newLogger(w io.Writer, level, format string, mask bool) (*slog.Logger, error) {
	s := new(LogSettings)
	if err := s.Set(level, mask); err != nil {
		return nil, err
	}
	return NewLogger(w, format, s)
}

// A change holds for loggers that were made of the first one before it.
func TestLoggerChanges(t *testing.T) {
	var out bytes.Buffer
	s := new(LogSettings)
	if err := s.Set("warn", true); err != nil {
		t.Fatal(err)
	}
	log, err := NewLogger(&out, "text", s)
	if err != nil {
		t.Fatal(err)
	}
	log = log.With("part", "relay")
	log.Info("unseen", "receiver", "8613800138000")
	log.Warn("masked", "receiver", "8613800138000")
	if err := s.Set("info", false); err != nil {
		t.Fatal(err)
	}
	log.Info("whole", "receiver", "8613800138000")
	if err := s.Set("loud", true); err == nil {
		t.Error("level loud: got nil, want an error")
	}
	log.Info("still whole", "receiver", "8613800138000")
	got := out.String()
	if strings.Contains(got, "unseen") || strings.Count(got, "861*********0") != 1 || strings.Count(got, "8613800138000") != 2 {
		t.Errorf("got %s", got)
	}
}
