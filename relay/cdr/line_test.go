package cdr

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"readback/relay/journal"
	"readback/relay/message"
	"readback/relay/relaytest"
)

// A line has all that is known of a message, and nothing of what is not.
func TestLine(t *testing.T) {
	c := relaytest.Conversation(t, "447700900999", "447700900123")
	reference := uint16(9)
	h := message.History{
		Account: "b\xe4nk", From: message.Address{TON: 1, NPI: 1, Addr: c.Sender}, To: message.Address{TON: 1, NPI: 1, Addr: c.Receiver},
		SubmittedAt: noon, Number: 42,
	}
	all := h
	all.Trail = message.Trail{Carriage: message.CarriageText, Split: true, Session: 12, Answered: 30}
	all.Reference, all.State, all.Total, all.Way = &reference, message.StateRead, 2, "http"
	all.Parts = []message.HistoryPart{{Seq: 1, ID: "4A7F01"}, {Seq: 2, ID: "4A7F02"}}
	all.FailedAt, all.DeliveredAt, all.ReadAt, all.ReceivedAt = noon.Add(time.Second), noon.Add(2*time.Second), noon.Add(3*time.Second), noon.Add(4*time.Second)
	all.Told = message.Told{State: message.ToldDone, At: noon.Add(5*time.Second + 5*time.Millisecond)}
	for _, tt := range []struct {
		name string
		h    message.History
		mask bool
		want string
	}{
		{"sent", h, false, `{"version":1,"id":"a-1-0","account":"bänk","sender":"+447700900999","receiver":"+447700900123","number":42,"total":1,"message_ids":[],"submitted_at":"2026-11-30T12:00:00.000Z","state":"sent"}`},
		{"masked", h, true, `{"version":1,"id":"a-1-0","account":"bänk","sender":"` + message.MaskSender("+447700900999") + `","receiver":"` + message.Mask("+447700900123") + `","number":42,"total":1,"message_ids":[],"submitted_at":"2026-11-30T12:00:00.000Z","state":"sent"}`},
		{"all", all, false, `{"version":1,"id":"a-1-0","account":"bänk","sender":"+447700900999","receiver":"+447700900123","number":42,"carriage":"text","split":true,"session":12,"total":2,"message_ids":["4A7F01","4A7F02"],"user_message_reference":9,` +
			`"submitted_at":"2026-11-30T12:00:00.000Z","accepted_at":"2026-11-30T12:00:00.030Z","state":"read","failed_at":"2026-11-30T12:00:01.000Z","delivered_at":"2026-11-30T12:00:02.000Z","read_at":"2026-11-30T12:00:03.000Z","received_at":"2026-11-30T12:00:04.000Z","way":"http","told":"told","told_at":"2026-11-30T12:00:05.005Z"}`},
	} {
		w := NewWriter(Options{Settings: Settings{Mask: tt.mask}})
		a := accepted{id: "a-1-0", part: message.Part{Total: tt.h.Total, Seq: min(1, tt.h.Total)}, place: journal.Place{Conv: c, Number: 42}, messageID: "4A7F01"}
		l, ok := w.lineOf(&a, &tt.h)
		got, err := l.octets()
		if string(got) != tt.want+"\n" || err != nil || !ok {
			t.Errorf("%s: got %s, %v, %t; want %s", tt.name, got, err, ok, tt.want)
		}
	}
}

// The receipt of a part that has no record does not take the line away.
func TestLineOfPartWithoutRecord(t *testing.T) {
	h := message.History{Total: 3, Parts: []message.HistoryPart{{Seq: 1}, {Seq: 2, ID: "b"}, {Seq: 3, ID: "c"}}}
	for seq, want := range map[uint8]bool{2: true, 3: false} {
		a := accepted{part: message.Part{Total: 3, Seq: seq}, messageID: h.Parts[seq-1].ID}
		if _, ok := NewWriter(Options{}).lineOf(&a, &h); ok != want {
			t.Errorf("part %d: got a line %t, want %t", seq, ok, want)
		}
	}
}

func TestValidate(t *testing.T) {
	good := Settings{Dir: "/srv/cdr", After: time.Hour, MaxSize: 1 << 20, Keep: time.Hour}
	if err := good.Validate(time.Hour); err != nil {
		t.Errorf("got %v", err)
	}
	off := Settings{After: 2 * time.Hour}
	if err := off.Validate(time.Hour); err != nil {
		t.Errorf("off: got %v", err)
	}
	for name, change := range map[string]func(*Settings){
		"after": func(s *Settings) { s.After++ }, "no after": func(s *Settings) { s.After = 0 },
		"size": func(s *Settings) { s.MaxSize = 0 }, "keep": func(s *Settings) { s.Keep = 0 },
	} {
		bad := good
		if change(&bad); bad.Validate(time.Hour) == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

// The page about the lines shows one as it is, and explains each field.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/cdr.md")
	if err != nil {
		t.Fatal(err)
	}
	c, reference := relaytest.Conversation(t, "10690001", "447700900123"), uint16(9)
	h := message.History{
		Account: "bank", From: message.Address{Addr: c.Sender}, To: message.Address{TON: 1, NPI: 1, Addr: c.Receiver}, SubmittedAt: noon, Number: 42,
		Trail: message.Trail{Carriage: message.CarriageText, Split: true, Session: 12, Answered: 30}, Reference: &reference, State: message.StateRead, Total: 2,
		Parts: []message.HistoryPart{{Seq: 1, ID: "4A7F01"}, {Seq: 2, ID: "4A7F02"}}, DeliveredAt: noon.Add(2 * time.Second),
		ReadAt: noon.Add(3 * time.Minute), ReceivedAt: noon.Add(3*time.Minute + 1250*time.Millisecond), Way: "http",
		Told: message.Told{State: message.ToldDone, At: noon.Add(3*time.Minute + 1300*time.Millisecond)},
	}
	a := accepted{id: "5f0c2a9d31b7e846-4711-0", part: message.Part{Total: 2, Seq: 1}, messageID: "4A7F01"}
	l, _ := NewWriter(Options{}).lineOf(&a, &h)
	if line, err := l.octets(); err != nil || !bytes.Contains(page, line) {
		t.Errorf("docs/cdr.md has no line %s (%v)", line, err)
	}
	for f := range reflect.TypeFor[Line]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !bytes.Contains(page, []byte("`"+name+"`")) {
			t.Errorf("docs/cdr.md does not explain %s", name)
		}
	}
}
