package smpp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// Close ends the session at once.
func (s *Session) Close(cause error) {
	s.setCause(cause)
	s.out.fail()
	_ = s.conn.Close() // the reader and the writer see it
}

// Finish ends the session when what was put out is written; at the latest after
// UnbindTime, whether the peer reads and held responses are released or not.
func (s *Session) Finish(cause error) {
	s.setCause(cause)
	if s.out.end() {
		overdue := time.AfterFunc(UnbindTime, func() { s.Close(cause) })
		context.AfterFunc(s.written, func() { overdue.Stop() })
	}
}

// setCause keeps the first reason.
func (s *Session) setCause(cause error) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if s.cause == nil {
		s.cause = cause
	}
	s.state = Closed
}

func (s *Session) reason() error {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	return s.cause
}

// Gone tells whether err only says that the peer closed its connection.
func Gone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// hangUp closes the connection. When framing was lost there may be octets that
// nobody read: closing on those would reset the connection and take the
// generic_nack with it, so they are read, within bounds, and thrown away.
func (s *Session) hangUp() {
	var bad *FrameError
	if tcp, ok := s.conn.(*net.TCPConn); ok && errors.As(s.reason(), &bad) {
		// Only the close below matters if one of these fails.
		_ = tcp.CloseWrite()
		_ = tcp.SetReadDeadline(time.Now().Add(lingerTime))
		_, _ = io.CopyN(io.Discard, tcp, lingerOctets)
	}
	_ = s.conn.Close() // a second close changes nothing
}

const (
	lingerTime   = time.Second
	lingerOctets = 1 << 20
)

// writeError names the one write error that is the peer's doing.
func writeError(err error) error {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return ErrSlowPeer
	}
	return fmt.Errorf("write: %w", err)
}
