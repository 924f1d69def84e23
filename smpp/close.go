package smpp

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// Close ends the session at once.
func (s *Session[R]) Close(cause error) {
	s.setCause(cause)
	s.out.fail()
	_ = s.conn.Close() // the reader and the writer see it
}

// Finish ends the session when what was put out is written; at the latest after
// UnbindTime, whether the peer reads and held responses are released or not.
func (s *Session[R]) Finish(cause error) {
	s.setCause(cause)
	if s.out.end() {
		s.startOverdue(cause)
	}
}

// startOverdue closes the session after UnbindTime, unless it hangs up before.
func (s *Session[R]) startOverdue(cause error) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if !s.hungUp {
		s.overdue = time.AfterFunc(UnbindTime, func() { s.Close(cause) })
	}
}

// stopOverdue notes that the session has hung up.
func (s *Session[R]) stopOverdue() {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	s.hungUp = true
	if s.overdue != nil {
		s.overdue.Stop()
	}
}

// setCause keeps the first reason, but for a panic, which must not go unnoticed.
func (s *Session[R]) setCause(cause error) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	if s.cause == nil || isPanic(cause) && !isPanic(s.cause) {
		s.cause = cause
	}
	s.state = Closed
}

func (s *Session[R]) reason() error {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	return s.cause
}

// Gone tells whether err only says that the peer closed its connection.
func Gone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// hangUp closes the connection. A close while the peer still sends would reset
// it and take our last PDUs with it, a generic_nack or the answers of a drain. So
// the peer is told that no more will come, and read until it closes as well,
// within bounds.
func (s *Session[R]) hangUp() {
	if half, ok := s.conn.(interface{ CloseWrite() error }); ok { // TCP and TLS
		// Only the close below matters if one of these fails; after Close all do.
		_ = half.CloseWrite()
		_ = s.conn.SetReadDeadline(time.Now().Add(lingerTime))
		select {
		case <-s.over: // the read goroutine took what it could
			_ = s.conn.SetReadDeadline(time.Now().Add(lingerTime)) // Await may have taken it back
			_, _ = io.CopyN(io.Discard, s.conn, lingerOctets)
		case <-time.After(lingerTime):
		}
	}
	_ = s.conn.Close() // a second close changes nothing
}

const (
	lingerTime   = time.Second
	lingerOctets = 1 << 20
)

// writeError names the one write error that is the peer's doing.
func writeError(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ErrSlowPeer
	}
	return fmt.Errorf("write: %w", err)
}
