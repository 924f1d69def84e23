package smpp

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// Gone tells whether err only says that the peer closed its connection.
func Gone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// writeError names the one write error that is the peer's doing.
func writeError(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ErrSlowPeer
	}
	return fmt.Errorf("write: %w", err)
}
