package journal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"readback/relay/relaytest"
)

// scriptedLog is a client of a log, in whose place the test answers.
type scriptedLog struct {
	*JetStream
	t      *testing.T
	server *nats.Conn
}

func newScriptedLog(t *testing.T) *scriptedLog {
	t.Helper()
	// Without JetStream: the test answers in its place.
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { relaytest.Halt(s) })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("server does not start")
	}
	var conns [2]*nats.Conn
	for i := range conns {
		nc, err := nats.Connect(s.ClientURL())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
		conns[i] = nc
	}
	js, err := jetstream.New(conns[0])
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewJetStream(js, &jetstream.StreamInfo{Created: time.Unix(0, 0)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return &scriptedLog{JetStream: c, t: t, server: conns[1]}
}

// on calls answer with each request on a subject.
func (s *scriptedLog) on(subject string, answer func(*nats.Msg)) {
	s.t.Helper()
	sub, err := s.server.Subscribe(subject, answer)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = sub.Unsubscribe() })
	if err := s.server.Flush(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scriptedLog) respond(m *nats.Msg, body string) {
	if err := m.Respond([]byte(body)); err != nil {
		s.t.Error(err)
	}
}

// answer responds to each request on a subject with body.
func (s *scriptedLog) answer(subject, body string) {
	s.on(subject, func(m *nats.Msg) { s.respond(m, body) })
}

// A late reply to one append is not the acknowledgement of the next.
func TestLateReply(t *testing.T) {
	s := newScriptedLog(t)
	asked := make(chan *nats.Msg, 2)
	s.on(Subject, func(m *nats.Msg) { asked <- m })
	ctx, giveUp := context.WithCancel(relaytest.Deadline(t))
	first := make(chan error, 1)
	go func() { first <- s.Append(ctx, []byte("one")) }()
	late := relaytest.Receive(t, asked)
	giveUp()
	if err := relaytest.Receive(t, first); !errors.Is(err, context.Canceled) {
		t.Fatalf("append that nobody answers: got %v, want that it was cancelled", err)
	}

	second := make(chan error, 1)
	go func() { second <- s.Append(relaytest.Deadline(t), []byte("two")) }()
	next := relaytest.Receive(t, asked)
	if late.Reply == next.Reply {
		t.Errorf("both appends want their answer at %s", next.Reply)
	}
	s.respond(late, `{"seq":5}`)
	s.respond(next, `{"seq":7}`)
	if err := relaytest.Receive(t, second); err != nil || s.last != 7 {
		t.Errorf("got %v and the end at %d, want the answer to the second, 7", err, s.last)
	}
}

// An append has landed only if the log answers with a sequence. Each append names the sequence
// at which it expects the log to end.
func TestAppendAnswers(t *testing.T) {
	tests := []struct {
		name, answer string
		last         uint64
		err          string
	}{
		{"landed", `{"seq":9}`, 9, ""},
		{"another writer", `{"seq":9,"error":{"code":400,"err_code":10071,"description":"wrong last sequence"}}`, 8, "wrong last sequence"},
		{"nothing to read", `{"seq"`, 8, "answer of the log"},
	}
	s := newScriptedLog(t)
	asked, answers := make(chan *nats.Msg, 1), make(chan string, 1)
	s.on(Subject, func(m *nats.Msg) { asked <- m; s.respond(m, <-answers) })
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.last = 8
			answers <- tt.answer
			err := s.Append(relaytest.Deadline(t), []byte("data"))
			if err == nil != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %v, want %q", err, tt.err)
			}
			if s.last != tt.last {
				t.Errorf("end of the log: got %d, want %d", s.last, tt.last)
			}
			m := relaytest.Receive(t, asked)
			if got := m.Header.Get(nats.ExpectedLastSeqHdr); got != "8" || string(m.Data) != "data" {
				t.Errorf("asked: got %q that expects %s, want data that expects 8", m.Data, got)
			}
		})
	}
}

// Without a log, or without NATS, an append fails with ErrUnreachable and the more helpful reason. A
// closed connection is not ErrUnreachable, because it does not come back.
func TestNobodyAnswers(t *testing.T) {
	s := newScriptedLog(t)
	if err := s.Append(relaytest.Deadline(t), nil); !errors.Is(err, ErrUnreachable) || !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("no log: got %v, want that NATS is away, since nobody answers", err)
	}
	s.nc.Close()
	if err := s.Append(relaytest.Deadline(t), nil); errors.Is(err, ErrUnreachable) || !errors.Is(err, nats.ErrConnectionClosed) {
		t.Errorf("closed: got %v, want that the connection is closed", err)
	}
}

// The log has a second to answer.
func TestLogIsSilent(t *testing.T) {
	t.Parallel() // it waits for a time-out
	s := newScriptedLog(t)
	s.on(Subject, func(*nats.Msg) {})
	if err := s.Append(relaytest.Deadline(t), nil); !errors.Is(err, ErrUnreachable) || !errors.Is(err, errLogTimeout) {
		t.Errorf("got %v, want a time-out", err)
	}
	if s.last != 0 {
		t.Errorf("end of the log: got %d, want 0", s.last)
	}
}

// The fate of an append is unknown until the log says it.
func TestFateIsNotGuessed(t *testing.T) {
	const (
		none  = `{"error":{"code":404,"err_code":10037,"description":"no message found"}}`
		gone  = `{"error":{"code":404,"err_code":10059,"description":"stream not found"}}`
		at5   = `{"created":"1970-01-01T00:00:00Z","state":{"last_seq":5}}`
		at6   = `{"created":"1970-01-01T00:00:00Z","state":{"last_seq":6}}`
		fails = `{"error":{"code":503,"err_code":10008,"description":"system temporarily unavailable"}}`
		mine  = `{"message":{"seq":6,"data":"bWluZQ=="}}`
	)
	tests := []struct {
		name, message, info string
		want                Fate
		last                uint64
		err                 string
	}{
		{"landed", mine, at6, Landed, 6, ""},
		{"log ends where it did", "", at5, Lost, 5, ""},
		{"ends further on", mine, `{"created":"1970-01-01T00:00:00Z","state":{"last_seq":7}}`, Unknown, 5, "another writer"},
		{"next message is another one", `{"message":{"seq":6,"data":"dGhlaXJz"}}`, at6, Unknown, 5, "another writer"},
		{"next message is damaged", none, at6, Unknown, 5, "another writer"},
		{"next message cannot be read", fails, at6, Unknown, 5, "unavailable"},
		{"next message is nonsense", `{`, at6, Unknown, 5, "answer of the log"},
		{"end is unknown", mine, fails, Unknown, 5, "unavailable"},
		{"end is nonsense", mine, `{`, Unknown, 5, "answer of the log"},
		{"end is lost", mine, `{"created":"1970-01-01T00:00:00Z","state":{"last_seq":4}}`, Unknown, 5, "not the one that was opened"},
		{"made again", mine, `{"created":"1970-01-01T00:00:01Z","state":{"last_seq":5}}`, Unknown, 5, "made again"},
		{"gone", mine, gone, Unknown, 5, "is gone"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newScriptedLog(t)
			s.last = 5
			s.answer("$JS.API.STREAM.MSG.GET."+Stream, tt.message)
			s.answer("$JS.API.STREAM.INFO."+Stream, tt.info)
			got, err := s.Settle(relaytest.Deadline(t), []byte("mine"))
			if got != tt.want || s.last != tt.last {
				t.Errorf("got %d and the end at %d, want %d and %d", got, s.last, tt.want, tt.last)
			}
			if err == nil != (tt.err == "") || err != nil && !strings.Contains(fmt.Sprint(err), tt.err) {
				t.Errorf("got %v, want %q", err, tt.err)
			}
		})
	}
}

// Only the answer that says nothing but the sequence is read without JSON.
func TestParseAck(t *testing.T) {
	for _, tt := range []struct {
		answer string
		seq    uint64
	}{
		{`{"stream":"READBACK_LEDGER","seq":1}`, 1},
		{`{"stream":"READBACK_LEDGER","seq":123456789012345678}`, 123456789012345678},
		{`{"stream":"READBACK_LEDGER","seq":1234567890123456789}`, 0},
		{`{"stream":"READBACK_LEDGER","seq":0}`, 0},
		{`{"stream":"READBACK_LEDGER","seq":}`, 0},
		{`{"stream":"READBACK_LEDGER","seq":-1}`, 0},
		{`{"stream":"READBACK_LEDGER","seq":1`, 0},
		{`{"stream":"READBACK_LEDGER","seq":1,"duplicate":true}`, 0},
		{`{"stream":"READBACK_LEDGER","seq":5,"error":{"code":400,"err_code":10071}}`, 0},
		{`{"stream":"OTHER","seq":1}`, 0},
		{``, 0},
	} {
		if seq, ok := parseAck([]byte(tt.answer)); seq != tt.seq || ok != (tt.seq > 0) {
			t.Errorf("%s: got %d, %v, want %d", tt.answer, seq, ok, tt.seq)
		}
	}
}

// acks is a server that has taken each append.
type acks struct{ answer []byte }

func (a *acks) Ask(context.Context, string, []byte, []byte) ([]byte, error) { return a.answer, nil }
func (a *acks) Close()                                                      {}

// An append makes no garbage of its own.
func TestAppendAllocs(t *testing.T) {
	l := newScriptedLog(t).JetStream
	l.Close()
	l.asker = &acks{[]byte(`{"stream":"READBACK_LEDGER","seq":1234567}`)}
	data := make([]byte, 1000)
	if n := testing.AllocsPerRun(100, func() {
		if err := l.Append(t.Context(), data); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("got %v allocations an append, want none", n)
	}
}
