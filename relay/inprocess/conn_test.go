package inprocess

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// scripted is a connection to a server that says what the test wants.
type scripted struct {
	net.Conn // nil: its other methods are not called
	says     io.Reader
	heard    bytes.Buffer
}

func (s *scripted) Read(b []byte) (int, error)  { return s.says.Read(b) }
func (s *scripted) Write(b []byte) (int, error) { return s.heard.Write(b) }
func (s *scripted) Close() error                { return nil }

// connected returns a connection on which so many requests were made before.
func connected(asked uint64, says string) (*conn, *scripted) {
	s := &scripted{says: strings.NewReader(says)}
	return &conn{Conn: s, r: bufio.NewReader(s), inbox: "in.", asked: asked}, s
}

func TestProtocol(t *testing.T) {
	for _, tt := range []struct{ name, says, want, err, heard string }{
		{"an answer", "MSG in.7 1 4\r\ndata\r\n", "data", "", ""},
		{"with a reply subject", "MSG in.7 1 other 4\r\ndata\r\n", "data", "", ""},
		{"with headers", "HMSG in.7 1 12 16\r\nNATS/1.0\r\n\r\ndata\r\n", "data", "", ""},
		{"empty", "MSG in.7 1 0\r\n\r\n", "", "", ""},
		{"to an earlier request", "MSG in.6 1 4\r\nlate\r\nMSG in.7 1 4\r\ndata\r\n", "data", "", ""},
		{"to a longer number", "MSG in.77 1 4\r\nlate\r\nMSG in.7 1 4\r\ndata\r\n", "data", "", ""},
		{"after a question", "PING\r\nMSG in.7 1 4\r\ndata\r\n", "data", "", "PONG\r\n"},
		{"after news", "INFO {}\r\nPONG\r\n+OK\r\nMSG in.7 1 4\r\ndata\r\n", "data", "", ""},
		{"nobody there", "HMSG in.7 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n", "", ErrNoResponders.Error(), ""},
		{"an error", "-ERR 'Stale Connection'\r\n", "", "server refuses: Stale Connection", ""},
		{"no size", "MSG in.7\r\n", "", errProtocol.Error(), ""},
		{"a size that is none", "MSG in.7 1 four\r\ndata\r\n", "", errProtocol.Error(), ""},
		{"a size below zero", "MSG in.7 1 -4\r\ndata\r\n", "", errProtocol.Error(), ""},
		{"a size beyond all", "MSG in.7 1 99999999999\r\ndata\r\n", "", errProtocol.Error(), ""},
		{"more headers than octets", "HMSG in.7 1 12 4\r\ndata\r\n", "", errProtocol.Error(), ""},
		{"a wrong size", "MSG in.7 1 3\r\ndata\r\n", "", errProtocol.Error(), ""},
		{"a line without an end", strings.Repeat("x", 5000), "", bufio.ErrBufferFull.Error(), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, s := connected(6, tt.says)
			if err := c.request("subject", nil, nil); err != nil {
				t.Fatal(err)
			}
			heard := "PUB subject in.7 0\r\n\r\n" + tt.heard
			got, err := c.answer()
			if string(got) != tt.want || (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
				t.Errorf("got %q, %v, want %q, %s", got, err, tt.want, tt.err)
			}
			if s.heard.String() != heard {
				t.Errorf("server got %q, want %q", s.heard.String(), heard)
			}
		})
	}
}

// An answer that ends early, wherever, is none.
func TestAnswerCutShort(t *testing.T) {
	all := "PING\r\nHMSG in.1 1 12 16\r\nNATS/1.0\r\n\r\ndata\r\n"
	for n := range all {
		c, _ := connected(1, all[:n])
		if got, err := c.answer(); err == nil {
			t.Errorf("after %d octets: got %q", n, got)
		}
	}
}

// A server that does not answer is given up in time: when it is asked, and when it is connected to.
func TestSilent(t *testing.T) {
	for _, tt := range []struct{ name, says string }{
		{"to a request", "INFO {}\r\nPONG\r\n"},
		{"to the credential", "INFO {}\r\n"},
		{"from the beginning", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := New(Options{Timeout: time.Second, Dial: func() (net.Conn, error) {
					ours, theirs := net.Pipe()
					go func() { _, _ = io.Copy(io.Discard, theirs) }()
					go func() { _, _ = io.WriteString(theirs, tt.says) }()
					return ours, nil
				}})
				began := time.Now()
				_, err := c.Ask(t.Context(), "subject", nil, nil)
				if took := time.Since(began); !errors.Is(err, ErrTimeout) || took != time.Second {
					t.Errorf("got %v after %s, want a time-out after a second", err, took)
				}
			})
		})
	}
}

// endless says the same again and again.
type endless struct {
	says string
	at   int
}

func (e *endless) Read(b []byte) (int, error) {
	n := copy(b, e.says[e.at:])
	e.at = (e.at + n) % len(e.says)
	return n, nil
}

// A request makes no garbage.
func TestAskAllocs(t *testing.T) {
	s := &scripted{says: &endless{says: "MSG in.1 1 4\r\ndata\r\n"}}
	now := &conn{Conn: s, r: bufio.NewReader(s), inbox: "in."}
	c := New(Options{Timeout: time.Second})
	c.now.Store(now)
	ctx, end := context.WithCancel(t.Context())
	defer end()
	header, data := []byte("NATS/1.0\r\nKey: value\r\n\r\n"), make([]byte, 1000)
	ask := func() {
		now.asked = 0
		s.heard.Reset()
		if got, err := c.Ask(ctx, "subject", header, data); string(got) != "data" || err != nil {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	if n := testing.AllocsPerRun(100, ask); n > 0 {
		t.Errorf("got %v allocations a request, want none", n)
	}
}
